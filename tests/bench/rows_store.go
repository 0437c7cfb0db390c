package main

import (
	"context"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"labbook/cache/store"
)

// evictedShare is which part of a full cache is evicted: of 100,000 entries
// 10,000.
const evictedShare = 10

func storeRows(set settings) []row {
	evicted := set.entries / evictedShare
	return []row{
		{
			name: fmt.Sprintf("%d entries: a pass over the size limit", set.entries), joblib: "pass",
			budget: 10 * time.Millisecond, best: 6 * time.Millisecond,
			open: func(l *lab) (*contest, error) {
				f, err := fullStore(l)
				if err != nil {
					return nil, err
				}
				within := store.Limits{MaxEntries: int64(l.entries) * 2}
				return &contest{
					ours: prepared(f.touch, func() error {
						c, err := f.store.Collect(context.Background(), within)
						if err == nil && (c.Entries != int64(l.entries) || c.Evicted != 0) {
							err = fmt.Errorf("the pass found and evicted %+v", c)
						}
						return err
					}),
					close: f.store.Close,
				}, nil
			},
		},
		{
			name: fmt.Sprintf("%d entries: evict %d", set.entries, evicted), joblib: "evict",
			budget: 100 * time.Millisecond, best: 75 * time.Millisecond,
			limit: fmt.Sprintf("unlink %d files of that size", evicted),
			open:  evicting,
		},
	}
}

// A full is a store with as many entries as the flags say.
type full struct {
	store *store.Store
	next  int // number of the next entry
}

const (
	fullFunction = "example.com/bench.Function"
	entrySize    = 1 << 10
)

func fullStore(l *lab) (*full, error) {
	dir, err := l.fresh()
	if err != nil {
		return nil, err
	}
	f := &full{store: store.Open(dir, store.Limits{})}
	return f, f.put(l.entries)
}

// put adds entries.
func (f *full) put(entries int) error {
	payload := make([]byte, entrySize)
	for range entries {
		if err := f.store.Put(fullFunction, f.key(f.next), store.Meta{}, payload); err != nil {
			return err
		}
		f.next++
	}
	return nil
}

// key spreads entries over the folders, as digests do.
func (f *full) key(n int) (key store.Key) {
	binary.LittleEndian.PutUint64(key[:], uint64(n)*0x9e3779b97f4a7c15)
	return key
}

// touch uses some entries, so that a pass has news to take in.
func (f *full) touch() error {
	for n := f.next - 100; n < f.next; n++ {
		if _, err := f.store.Get(fullFunction, f.key(n)); err != nil {
			return err
		}
	}
	return nil
}

func evicting(l *lab) (*contest, error) {
	f, err := fullStore(l)
	if err != nil {
		return nil, err
	}
	evicted := l.entries / evictedShare
	// A pass may go somewhat below its limit, so that the next one is not due
	// at once: the limit is such that it evicts as many as it is to.
	limits := store.Limits{MaxEntries: int64(l.entries - evicted)}
	missing := 0 // what the pass before took
	bare := &bareFiles{lab: l, files: evicted}
	return &contest{
		ours: prepared(
			func() error { return f.put(missing) },
			func() error {
				c, err := f.store.Collect(context.Background(), limits)
				missing = int(c.Evicted)
				if err == nil && missing < evicted {
					err = fmt.Errorf("the pass found and evicted %+v", c)
				}
				return err
			},
		),
		limit: prepared(bare.create, bare.unlink),
		close: f.store.Close,
	}, nil
}

// bareFiles are files in 256 folders.
type bareFiles struct {
	lab   *lab
	files int
	paths []string
}

func (b *bareFiles) create() error {
	dir, err := b.lab.fresh()
	if err != nil {
		return err
	}
	b.paths = b.paths[:0]
	content := make([]byte, entrySize)
	for i := range b.files {
		folder := filepath.Join(dir, strconv.Itoa(i%256))
		if i < 256 {
			if err := os.Mkdir(folder, 0o700); err != nil {
				return err
			}
		}
		path := filepath.Join(folder, strconv.Itoa(i))
		if err := os.WriteFile(path, content, 0o600); err != nil {
			return err
		}
		b.paths = append(b.paths, path)
	}
	return nil
}

func (b *bareFiles) unlink() error {
	for _, path := range b.paths {
		if err := os.Remove(path); err != nil {
			return err
		}
	}
	return nil
}
