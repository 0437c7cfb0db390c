package persist_test

import (
	"path/filepath"
	"testing"

	"labbook/cache/persist"
)

func BenchmarkMarshal(b *testing.B) {
	b.Run("8MB", func(b *testing.B) { benchMarshal(b, make([]float64, 1<<20), 8<<20) })
	b.Run("rows", func(b *testing.B) { benchMarshal(b, rows(1797, 64), 1797*64*8) })
	b.Run("struct", func(b *testing.B) { benchMarshal(b, point{1, 2}, 0) })
	b.Run("structs", func(b *testing.B) { benchMarshal(b, make([]point, 10_000), 160_000) })
	b.Run("map", func(b *testing.B) { benchMarshal(b, words(1000), 0) })
}

func BenchmarkUnmarshal(b *testing.B) {
	b.Run("8MB", func(b *testing.B) { benchUnmarshal(b, make([]float64, 1<<20), 8<<20) })
	b.Run("rows", func(b *testing.B) { benchUnmarshal(b, rows(1797, 64), 1797*64*8) })
	b.Run("struct", func(b *testing.B) { benchUnmarshal(b, point{1, 2}, 0) })
	b.Run("structs", func(b *testing.B) { benchUnmarshal(b, make([]point, 10_000), 160_000) })
	b.Run("map", func(b *testing.B) { benchUnmarshal(b, words(1000), 0) })
}

func BenchmarkFile(b *testing.B) {
	path := filepath.Join(b.TempDir(), "v")
	v := make([]float64, 10<<20)
	for i := range v {
		v[i] = float64(i)
	}
	b.Run("dump/80MB", func(b *testing.B) {
		b.SetBytes(80 << 20)
		for b.Loop() {
			if err := persist.Dump(path, v); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("load/80MB", func(b *testing.B) {
		b.SetBytes(80 << 20)
		for b.Loop() {
			if _, err := persist.Load[[]float64](path); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func benchMarshal[T any](b *testing.B, v T, size int64) {
	b.SetBytes(size)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := persist.Marshal(v); err != nil {
			b.Fatal(err)
		}
	}
}

func benchUnmarshal[T any](b *testing.B, v T, size int64) {
	data, err := persist.Marshal(v)
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(size)
	b.ReportAllocs()
	for b.Loop() {
		var into T
		if err := persist.Unmarshal(data, &into); err != nil {
			b.Fatal(err)
		}
	}
}

func rows(n, width int) [][]float64 {
	m := make([][]float64, n)
	for i := range m {
		m[i] = make([]float64, width)
	}
	return m
}

func words(n int) map[string]string {
	m := make(map[string]string, n)
	for i := range n {
		m[string(rune('a'+i%26))+string(rune(0x400+i))] = "value"
	}
	return m
}
