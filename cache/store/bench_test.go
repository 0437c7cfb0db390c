package store_test

import (
	"encoding/binary"
	"testing"

	"labbook/cache/store"
)

func BenchmarkGet(b *testing.B) {
	for _, size := range []struct {
		name  string
		bytes int
	}{{"tiny", 16}, {"8MB", 8 << 20}} {
		b.Run(size.name, func(b *testing.B) {
			s := store.Open(b.TempDir(), store.Limits{})
			put(b, s, keyOf(1), make([]byte, size.bytes))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := s.Get(function, keyOf(1)); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkContains(b *testing.B) {
	s := store.Open(b.TempDir(), store.Limits{})
	put(b, s, keyOf(1), nil)
	for b.Loop() {
		if !s.Contains(function, keyOf(1)) {
			b.Fatal("not there")
		}
	}
}

func BenchmarkPut(b *testing.B) {
	s := store.Open(b.TempDir(), store.Limits{})
	put(b, s, store.Key{}, nil)
	b.ReportAllocs()
	var n uint64
	for b.Loop() {
		// All in one folder, which is there: making folders is not what a miss
		// costs in the long run.
		n++
		var key store.Key
		binary.LittleEndian.PutUint64(key[8:], n)
		put(b, s, key, []byte("tiny"))
	}
}
