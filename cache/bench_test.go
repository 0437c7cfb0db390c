package cache

import "testing"

func tiny(x int) int { return x + 1 }

// BenchmarkHit is a hit of a tiny result from disk, in a program that records
// nothing; the recorded ones are in tests/bench.
func BenchmarkHit(b *testing.B) {
	cached := Wrap(New(b.TempDir(), Options{}), tiny)
	cached(1)
	b.ReportAllocs()
	for b.Loop() {
		cached(1)
	}
}

func BenchmarkMiss(b *testing.B) {
	cached := Wrap(New(b.TempDir(), Options{}), tiny)
	cached(0)
	n := 0
	b.ReportAllocs()
	for b.Loop() {
		n++
		cached(n)
	}
}

func BenchmarkContains(b *testing.B) {
	f := NewFunction(New(b.TempDir(), Options{}), tiny)
	f.Call(1)
	b.ReportAllocs()
	for b.Loop() {
		if has, err := f.Contains(1); !has || err != nil {
			b.Fatal(has, err)
		}
	}
}
