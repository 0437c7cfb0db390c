package cache

import (
	"sync"
	"sync/atomic"

	"labbook/cache/store"
	"labbook/diffargs"
)

const (
	// defaultMemoryBytes bounds the results in memory unless told otherwise.
	defaultMemoryBytes = 64 << 20
	// smallResult is up to which size a result is kept in memory: loading a
	// larger one is dominated by decoding it.
	smallResult = 64 << 10
	// itemCost is about what keeping an item takes besides its bytes.
	itemCost = 512
)

// A tier keeps the stored form of recent small results in memory, so that
// loading them again costs no system call. It holds bytes, not values: what is
// loaded belongs to the caller, who may change it. The key is the whole truth
// about a result, so that nothing in memory can be out of date; only what was
// deleted by other programs is still found. Its bound is kept by throwing out
// what was not used for the longest time.
type tier struct {
	limit int64 // bytes; negative for a tier that keeps nothing

	mu      sync.Mutex
	held    int64
	items   map[diffargs.Digest]*item
	root    item // of the ring of items: next is the newest
	cleared uint64
}

// An item is a result in memory. What it holds does not change.
type item struct {
	key         diffargs.Digest
	entry       *store.Entry
	use         *store.Use // tells the store that it was used
	newer, next *item

	// known is the registration of the run whose lab-book knows the parts of
	// the key.
	known atomic.Pointer[registration]
}

func (i *item) cost() int64 { return int64(len(i.entry.Payload)) + itemCost }

// get returns the item with a key, nil if there is none.
func (t *tier) get(key *diffargs.Digest) *item {
	t.mu.Lock()
	i := t.items[*key]
	if i != nil && t.root.next != i {
		t.unlink(i)
		t.link(i)
	}
	t.mu.Unlock()
	return i
}

// generation tells put whether the tier was cleared, or an item removed, since.
func (t *tier) generation() uint64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.cleared
}

// put keeps a result, in the place of one with the same key, unless something
// was deleted since the generation: then this may have been it.
func (t *tier) put(i *item, generation uint64) {
	if t.limit < 0 || len(i.entry.Payload) > smallResult || i.cost() > t.limit {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.cleared != generation {
		return
	}
	if t.items == nil {
		t.items = map[diffargs.Digest]*item{}
		t.root.newer, t.root.next = &t.root, &t.root
	}
	t.drop(i.key)
	t.items[i.key] = i
	t.link(i)
	for t.held += i.cost(); t.held > t.limit; {
		t.drop(t.root.newer.key)
	}
}

func (t *tier) remove(key diffargs.Digest) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.cleared++
	t.drop(key)
}

// clear forgets everything.
func (t *tier) clear() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.cleared++
	t.held, t.items = 0, nil
}

func (t *tier) drop(key diffargs.Digest) {
	if i := t.items[key]; i != nil {
		delete(t.items, key)
		t.unlink(i)
		t.held -= i.cost()
	}
}

func (t *tier) link(i *item) {
	i.newer, i.next = &t.root, t.root.next
	i.next.newer = i
	t.root.next = i
}

func (t *tier) unlink(i *item) {
	i.newer.next, i.next.newer = i.next, i.newer
}
