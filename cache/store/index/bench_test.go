package index

import (
	"context"
	"encoding/binary"
	"math/rand/v2"
	"path/filepath"
	"testing"
)

// BenchmarkMillion is what an index of a million entries takes, without the
// files themselves.
func BenchmarkMillion(b *testing.B) {
	const n = 1_000_000
	keys := make([]Key, n)
	random := rand.New(rand.NewPCG(1, 1))
	for i := range keys {
		for j := 0; j < 32; j += 8 {
			binary.LittleEndian.PutUint64(keys[i][j:], random.Uint64())
		}
	}
	list := func(_ context.Context, yield func(string, Key, int64, int64)) error {
		for _, key := range keys {
			yield("p.f", key, 100, 1)
		}
		return nil
	}
	dir := filepath.Join(b.TempDir(), "index")
	merge := func(b *testing.B, x *Index) {
		b.Helper()
		err := x.Update(b.Context(), true, list, func(p *Pass) error {
			if entries, _ := p.Totals(); entries < n {
				b.Errorf("%d entries", entries)
			}
			return nil
		})
		if err != nil {
			b.Fatal(err)
		}
	}
	x := New(dir, Options{})
	merge(b, x)
	b.Run("Record", func(b *testing.B) {
		b.ReportAllocs()
		i := 0
		for b.Loop() {
			mark := x.Put("p.f", &keys[i%n], 100)
			mark.Done()
			i++
		}
	})
	b.Run("Pass", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			merge(b, x)
		}
	})
	b.Run("FirstRecord", func(b *testing.B) {
		for b.Loop() {
			other := New(dir, Options{})
			mark := other.Put("p.f", &keys[0], 100)
			mark.Done()
			if err := other.Close(); err != nil {
				b.Fatal(err)
			}
		}
	})
	if err := x.Close(); err != nil {
		b.Fatal(err)
	}
}
