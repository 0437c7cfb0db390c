package cache

import (
	"os"
	"strings"
	"sync"
	"testing"

	"labbook/cache/store"
	"labbook/diffargs"
)

func itemOf(name string, size int) *item {
	return &item{key: diffargs.Sum([]byte(name)), entry: &store.Entry{Payload: make([]byte, size)}}
}

func (t *tier) has(name string) bool {
	key := diffargs.Sum([]byte(name))
	return t.get(&key) != nil
}

func TestTierThrowsOutTheLeastRecentlyUsed(t *testing.T) {
	t.Parallel()
	tier := tier{limit: 3 * (itemCost + 100)}
	for _, name := range []string{"a", "b", "c"} {
		tier.put(itemOf(name, 100), 0)
	}
	if !tier.has("a") {
		t.Fatal("a is not there")
	}
	tier.put(itemOf("d", 100), 0)
	for name, want := range map[string]bool{"a": true, "b": false, "c": true, "d": true} {
		if tier.has(name) != want {
			t.Errorf("%s is there: %v, want %v", name, !want, want)
		}
	}
	tier.put(itemOf("a", 50), 0)
	if want := int64(3*itemCost + 250); tier.held != want {
		t.Errorf("it counts %d bytes, want %d", tier.held, want)
	}
	tier.remove(diffargs.Sum([]byte("a")))
	if tier.has("a") || tier.held != 2*(itemCost+100) {
		t.Errorf("after removing a it counts %d bytes", tier.held)
	}
}

func TestTierRefuses(t *testing.T) {
	t.Parallel()
	small := tier{limit: itemCost}
	small.put(itemOf("more than fits", 1), 0)
	none := tier{limit: -1}
	none.put(itemOf("empty", 0), 0)
	large := tier{limit: 1 << 30}
	large.put(itemOf("no small result", smallResult+1), 0)
	if len(small.items)+len(none.items)+len(large.items) > 0 {
		t.Error("a tier holds what it should not")
	}
	// What was read before something was deleted may be what was deleted.
	generation := large.generation()
	large.clear()
	large.put(itemOf("read before", 1), generation)
	if large.has("read before") {
		t.Error("a deleted result came back to memory")
	}
}

func TestTierInUse(t *testing.T) {
	t.Parallel()
	tier := tier{limit: 10 * itemCost}
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			for n := range 2000 {
				name := string(rune('a' + n%26))
				if !tier.has(name) {
					tier.put(itemOf(name, n%7), tier.generation())
				}
				if n%100 == 0 {
					tier.remove(diffargs.Sum([]byte(name)))
				}
			}
		})
	}
	group.Wait()
	var total int64
	count := 0
	for i := tier.root.next; i != &tier.root; i = i.next {
		total += i.cost()
		count++
	}
	if total != tier.held || count != len(tier.items) || total > tier.limit {
		t.Errorf("%d items of %d bytes in the ring, %d items of %d bytes counted", count, total, len(tier.items), tier.held)
	}
}

// Results in memory need no disk, and are as private as those from disk.
func TestHitsFromMemory(t *testing.T) {
	t.Parallel()
	m := memory(t)
	cached := Wrap(m, letters)
	first := cached(t.Name(), 3)
	for _, file := range entryFiles(t, m) {
		if err := os.Remove(file); err != nil {
			t.Fatal(err)
		}
	}
	second := cached(t.Name(), 3)
	if n := runs(t.Name()); n != 1 || strings.Join(second, "") != "abc" {
		t.Fatalf("it ran %d times and returned %q", n, second)
	}
	first[0], second[0] = "x", "y"
	if third := cached(t.Name(), 3); third[0] != "a" {
		t.Error("changing a loaded result has changed the one in memory")
	}
	Wrap(New(m.dir, Options{MemoryBytes: -1}), letters)(t.Name(), 3)
	if n := runs(t.Name()); n != 1 {
		t.Errorf("without memory, and without an entry, it ran %d times", n)
	}
}

func letters(test string, n int) []string {
	count(test).Add(1)
	return strings.Split("abcdefghijklmnopqrstuvwxyz"[:n], "")
}
