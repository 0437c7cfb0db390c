package store_test

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"labbook/cache/store"
)

// scattered returns the nth of keys that lie like digests.
func scattered(n int) (key store.Key) {
	r := rand.New(rand.NewPCG(uint64(n), 7))
	for i := 0; i < len(key); i += 8 {
		binary.LittleEndian.PutUint64(key[i:], r.Uint64())
	}
	return key
}

// fill puts n small entries the quick way: as another program did, which is dead.
func fill(b *testing.B, dir string, n int) {
	b.Helper()
	s := store.Open(dir, store.Limits{})
	for i := range n {
		if err := s.Put(function, scattered(i), store.Meta{}, []byte("tiny")); err != nil {
			b.Fatal(err)
		}
	}
	if err := s.Close(); err != nil {
		b.Fatal(err)
	}
}

// BenchmarkPass looks at limits that nothing exceeds.
func BenchmarkPass(b *testing.B) {
	for _, n := range []int{10_000, 100_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			dir := b.TempDir()
			fill(b, dir, n)
			s := store.Open(dir, store.Limits{})
			limits := store.Limits{MaxEntries: int64(n)}
			if c := collect(b, s, limits); c.Entries != int64(n) {
				b.Fatalf("%+v", c)
			}
			for b.Loop() {
				collect(b, s, limits)
			}
			b.StopTimer()
			if err := s.Close(); err != nil {
				b.Fatal(err)
			}
		})
	}
}

// BenchmarkEvict removes a tenth of the entries, and as many files without
// knowing why.
func BenchmarkEvict(b *testing.B) {
	const n = 100_000
	var evict, bare time.Duration
	for range b.N {
		b.StopTimer()
		dir := b.TempDir()
		fill(b, dir, n)
		s := store.Open(dir, store.Limits{})
		collect(b, s, store.Limits{})
		b.StartTimer()
		begun := time.Now()
		if c := collect(b, s, store.Limits{MaxEntries: n / 10 * 9}); c.Evicted != n/10 {
			b.Fatalf("%+v", c)
		}
		evict += time.Since(begun)
		b.StopTimer()
		var paths []string
		for i := n - n/10; i < n; i++ {
			paths = append(paths, s.Path(function, scattered(i)))
		}
		begun = time.Now()
		for _, p := range paths {
			if err := os.Remove(p); err != nil {
				b.Fatal(err)
			}
		}
		bare += time.Since(begun)
		if err := s.Close(); err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
	}
	b.ReportMetric(evict.Seconds()/bare.Seconds(), "times-bare")
}

func BenchmarkTouch(b *testing.B) {
	s := store.Open(b.TempDir(), store.Limits{})
	var uses []*store.Use
	for i := range 16 {
		put(b, s, keyOf(i), nil)
		uses = append(uses, s.Use(function, keyOf(i)))
	}
	for _, shape := range []struct {
		name string
		mask int
	}{{"one", 0}, {"several", 15}} {
		b.Run(shape.name, func(b *testing.B) {
			b.ReportAllocs()
			i := 0
			for b.Loop() {
				uses[i&shape.mask].Touch()
				i++
			}
		})
	}
	b.Cleanup(func() { _ = s.Close() })
}

// BenchmarkBare is what the system takes for the same.
func BenchmarkBare(b *testing.B) {
	dir := b.TempDir()
	path := filepath.Join(dir, "entry")
	content := make([]byte, 500)
	if err := os.WriteFile(path, content, 0o600); err != nil {
		b.Fatal(err)
	}
	b.Run("stat", func(b *testing.B) {
		for b.Loop() {
			if _, err := os.Lstat(path); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("read", func(b *testing.B) {
		for b.Loop() {
			if _, err := os.ReadFile(path); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("write and rename", func(b *testing.B) {
		n := 0
		for b.Loop() {
			n++
			if err := os.WriteFile(path, content, 0o600); err != nil {
				b.Fatal(err)
			}
			if err := os.Rename(path, filepath.Join(dir, fmt.Sprint(n))); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func TestTouchAllocatesNothing(t *testing.T) { //nolint:paralleltest // it counts what the process allocates
	s := store.Open(t.TempDir(), store.Limits{})
	put(t, s, keyOf(1), nil)
	u := s.Use(function, keyOf(1))
	u.Touch()
	runtime.GC()
	if n := testing.AllocsPerRun(1000, u.Touch); n > 0 {
		t.Errorf("%v allocations", n)
	}
}

// BenchmarkGetMapped reads an array of 80 MB where it lies.
func BenchmarkGetMapped(b *testing.B) {
	s := store.Open(b.TempDir(), store.Limits{})
	put(b, s, keyOf(1), make([]byte, 80<<20))
	for b.Loop() {
		e, err := s.GetMapped(function, keyOf(1))
		if err != nil {
			b.Fatal(err)
		}
		if err := e.Unmap(); err != nil {
			b.Fatal(err)
		}
	}
}
