package main

import (
	"fmt"
	"testing"

	"labbook/cache"
	"labbook/runlog"
)

// record makes the benchmark a recorded program whose output is left alone.
func record(b *testing.B) {
	b.Helper()
	b.Setenv("LABBOOK_DIR", b.TempDir())
	b.Setenv("LABBOOK_CAPTURE", "off")
	run := runlog.Start()
	b.Cleanup(func() { run.End(nil) })
}

// BenchmarkHit is a recorded hit of a tiny result from disk.
func BenchmarkHit(b *testing.B) {
	record(b)
	cached := cache.Wrap(cache.New("", cache.Options{}), increment)
	cached(1)
	b.ReportAllocs()
	for b.Loop() {
		if cached(1) != 2 {
			b.Fatal("a wrong result")
		}
	}
}

// BenchmarkMiss is a recorded miss of a tiny result, stored in a folder that
// fills up.
func BenchmarkMiss(b *testing.B) {
	record(b)
	cached := cache.Wrap(cache.New("", cache.Options{}), increment)
	n := 0
	b.ReportAllocs()
	for b.Loop() {
		n++
		if cached(n) != n+1 {
			b.Fatal("a wrong result")
		}
	}
}

// BenchmarkHitOfArray is a recorded hit that hashes an array argument first.
func BenchmarkHitOfArray(b *testing.B) {
	for _, n := range []int{1_000, 100_000, 10_000_000} {
		b.Run(fmt.Sprintf("%d floats", n), func(b *testing.B) {
			record(b)
			cached := cache.Wrap(cache.New("", cache.Options{}), sum)
			x := make([]float64, n)
			cached(x)
			b.SetBytes(int64(8 * n))
			for b.Loop() {
				cached(x)
			}
		})
	}
}

func sum(xs []float64) (total float64) {
	for _, x := range xs {
		total += x
	}
	return total
}
