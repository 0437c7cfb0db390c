package main

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"labbook/cache"
	"labbook/cache/store"
)

func increment(x int) int { return x + 1 }

func cacheRows(set settings) []row {
	const opening = "open, read and close of a file of the entry's size"
	full := fmt.Sprintf(", with %d entries", set.entries)
	return []row{
		{
			name: "cache hit, recorded, in memory", joblib: "hit",
			budget: 2 * time.Microsecond,
			open:   func(l *lab) (*contest, error) { return hitting(l, 1, true) },
		},
		{
			name: "cache hit, recorded, from disk", joblib: "hit",
			budget: 5 * time.Microsecond, best: 2300 * time.Nanosecond, limit: opening,
			open: func(l *lab) (*contest, error) { return hitting(l, 1, false) },
		},
		{
			name: "cache hit, recorded, in memory" + full, joblib: "hit-full",
			budget: 6 * time.Microsecond,
			open:   func(l *lab) (*contest, error) { return hitting(l, l.entries, true) },
		},
		{
			name: "cache hit, recorded, from disk" + full, joblib: "hit-full",
			budget: 6 * time.Microsecond, best: 2300 * time.Nanosecond, limit: opening,
			open: func(l *lab) (*contest, error) { return hitting(l, l.entries, false) },
		},
		{
			name: "Contains", joblib: "contains",
			budget: 2 * time.Microsecond, best: time.Microsecond, limit: "stat",
			open: containing,
		},
		{
			name: "cache miss overhead, recorded", joblib: "miss",
			budget: 25 * time.Microsecond, best: 15 * time.Microsecond,
			limit: "create, write, close and rename of a file of the entry's size",
			open:  missing,
		},
		{
			name: "cache hit, recorded, on an 80 MB array, mapped", joblib: "hit-mapped",
			budget: 10 * time.Microsecond, best: 3500 * time.Nanosecond,
			limit: "open, stat, map, close and unmap",
			open:  hittingMapped,
		},
	}
}

// hot is among how many entries the hits of a full cache are spread.
const hot = 1000

// hitting measures hits in a cache of so many entries. Nothing is asked of the
// system for those in memory, so that they have no limit to be compared with.
func hitting(l *lab, entries int, inMemory bool) (*contest, error) {
	dir, err := l.fresh()
	if err != nil {
		return nil, err
	}
	m := cache.New(dir, memoryOptions(inMemory))
	cached := cache.Wrap(m, increment)
	called := min(entries, hot)
	for i := range called {
		cached(i)
	}
	path, err := anEntry(dir)
	if err != nil {
		return nil, err
	}
	if err := fill(dir, entries-called); err != nil {
		return nil, err
	}
	c := &contest{
		ours: each(func(i int) error {
			if i %= called; cached(i) != i+1 {
				return errWrong
			}
			return nil
		}),
		close: m.Close,
	}
	if !inMemory {
		c.limit = each(bareRead(path))
	}
	return c, nil
}

func memoryOptions(inMemory bool) cache.Options {
	if inMemory {
		return cache.Options{}
	}
	return cache.Options{MemoryBytes: -1}
}

var errWrong = errors.New("a wrong result")

// fill puts entries beside those of the one function in a cache.
func fill(dir string, entries int) error {
	s := store.Open(dir, store.Limits{})
	for name, err := range s.Functions() {
		if err != nil {
			return err
		}
		for i := range entries {
			var key store.Key
			// Entries are spread over the folders as real ones are.
			binary.LittleEndian.PutUint64(key[:], uint64(i)*0x9e3779b97f4a7c15)
			if err := s.Put(name, key, store.Meta{}, []byte{byte(i)}); err != nil {
				return err
			}
		}
		return nil
	}
	return errors.New("the cache has no function yet")
}

// anEntry returns the path of an entry.
func anEntry(dir string) (path string, err error) {
	err = filepath.WalkDir(dir, func(p string, d fs.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() && len(d.Name()) == 62 && filepath.Dir(filepath.Dir(filepath.Dir(p))) == dir {
			path = p
			return fs.SkipAll
		}
		return err
	})
	if err == nil && path == "" {
		err = fmt.Errorf("find an entry in %s: there is none", dir)
	}
	return path, err
}

func containing(l *lab) (*contest, error) {
	dir, err := l.fresh()
	if err != nil {
		return nil, err
	}
	m := cache.New(dir, cache.Options{})
	f := cache.NewFunction(m, increment)
	f.Call(1)
	path, err := anEntry(dir)
	if err != nil {
		return nil, err
	}
	return &contest{
		ours: each(func(int) error {
			if has, err := f.Contains(1); err != nil || !has {
				return errors.Join(err, errWrong)
			}
			return nil
		}),
		limit: each(bareStat(path)),
		close: m.Close,
	}, nil
}

func missing(l *lab) (*contest, error) {
	dir, err := l.fresh()
	if err != nil {
		return nil, err
	}
	m := cache.New(dir, cache.Options{})
	cached := cache.Wrap(m, increment)
	cached(-1)
	path, err := anEntry(dir)
	if err != nil {
		return nil, err
	}
	content, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	bare, err := l.fresh()
	if err != nil {
		return nil, err
	}
	return &contest{
		ours: each(func(i int) error {
			if cached(i) != i+1 {
				return errWrong
			}
			return nil
		}),
		limit: each(bareWrite(bare, content)),
		close: m.Close,
	}, nil
}

func zeros(n int) []float64 { return make([]float64, n) }

// hittingMapped measures hits each of which maps the result anew. What is
// mapped stays so until the program ends, which the limit need not pay for.
func hittingMapped(l *lab) (*contest, error) {
	dir, err := l.fresh()
	if err != nil {
		return nil, err
	}
	m := cache.New(dir, cache.Options{})
	cached := cache.Wrap(m, zeros, cache.MMap())
	length := l.array(10_000_000)
	cached(length)
	path, err := anEntry(dir)
	if err != nil {
		return nil, err
	}
	return &contest{
		ours: each(func(int) error {
			if len(cached(length)) != length {
				return errWrong
			}
			return nil
		}),
		limit: each(bareMap(path)),
		close: m.Close,
	}, nil
}
