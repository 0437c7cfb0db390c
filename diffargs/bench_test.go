package diffargs

import (
	"crypto/sha256"
	"fmt"
	"reflect"
	"runtime"
	"slices"
	"sync"
	"testing"
	"unsafe"

	"github.com/zeebo/blake3"
)

func BenchmarkOf(b *testing.B) {
	type three struct {
		C    float64
		Seed int
		Name string
	}
	strings := map[string]string{}
	for i := range 1000 {
		strings[fmt.Sprint("key", i)] = fmt.Sprint("value", i)
	}
	ints := make([]int, 10_000)
	floats := make([]float64, 12_500_000)
	for i := range floats {
		floats[i] = float64(i)
	}
	pointers := make([]*three, 1000)
	for i := range pointers {
		pointers[i] = &three{Seed: i}
	}
	for _, row := range []struct {
		name  string
		value any
		bytes int64
	}{
		{"tuple", []any{1, 2.5, "abc"}, 0},
		{"struct", three{1, 42, "abc"}, 0},
		{"10k ints", ints, 0},
		{"map of 1000 strings", strings, 0},
		{"1000 pointers", pointers, 0},
		{"100 MB of float64", floats, 8 * int64(len(floats))},
		{"list of 100k", chainOf(100_000, 0), 0},
	} {
		b.Run(row.name, func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(row.bytes)
			for b.Loop() {
				if _, err := Of(row.value); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	b.Run("100 MB bare", func(b *testing.B) {
		data := unsafe.Slice((*byte)(unsafe.Pointer(&floats[0])), 8*len(floats))
		cores := runtime.GOMAXPROCS(0)
		b.SetBytes(int64(len(data)))
		for b.Loop() {
			var group sync.WaitGroup
			for part := range slices.Chunk(data, (len(data)+cores-1)/cores) {
				group.Go(func() { blake3.Sum256(part) })
			}
			group.Wait()
		}
	})
	b.Run("SHA-256 bare, as of the tuple", func(b *testing.B) {
		message := make([]byte, 154)
		for b.Loop() {
			_ = sha256.Sum256(message)
		}
	})
}

// What each hit of a cached function pays for its arguments.
func BenchmarkArguments(b *testing.B) {
	for _, row := range []struct {
		name  string
		value any
	}{
		{"int", 1 << 30}, {"float64", 2.5}, {"string", "abc"}, {"1000 float64", make([]float64, 1000)},
	} {
		v := reflect.ValueOf(row.value)
		b.Run(row.name+"/OfValue", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := OfValue(v); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run(row.name+"/Hasher", func(b *testing.B) {
			hasher := For(v.Type())
			b.ReportAllocs()
			for b.Loop() {
				if _, err := hasher.OfValue(v); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	b.Run("SHA-256 bare, as of an int", func(b *testing.B) {
		message := make([]byte, 41)
		for b.Loop() {
			_ = sha256.Sum256(message)
		}
	})
}

func BenchmarkPreview(b *testing.B) {
	for _, v := range []any{42, layer{Width: 1, Name: "x"}, make([]float64, 1_000_000)} {
		b.Run(fmt.Sprintf("%T", v), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				_ = Preview(v, 80)
			}
		})
	}
}

func BenchmarkSnapshot(b *testing.B) {
	digits := matrix(1797, 64)
	before := mustTake(b, digits, Limits{})
	digits[900][17]++
	after := mustTake(b, digits, Limits{})
	blob := mustMarshal(b, before)
	b.Run("take", func(b *testing.B) {
		for b.Loop() {
			mustTake(b, digits, Limits{})
		}
	})
	b.Run("marshal", func(b *testing.B) {
		for b.Loop() {
			mustMarshal(b, before)
		}
	})
	b.Run("unmarshal", func(b *testing.B) {
		var s Snapshot
		for b.Loop() {
			if err := s.UnmarshalBinary(blob); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("diff", func(b *testing.B) {
		for b.Loop() {
			if len(Diff(before, after)) != 1 {
				b.Fatal("want one difference")
			}
		}
	})
}
