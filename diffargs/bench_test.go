package diffargs

import (
	"crypto/sha256"
	"fmt"
	"math/rand/v2"
	"reflect"
	"runtime"
	"slices"
	"sync"
	"testing"
	"time"
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

// What a sketch costs on top of the digest that a snapshot needs anyway, in
// hundredths of that: both are measured in turns.
func BenchmarkSketch(b *testing.B) {
	for _, row := range sketchShapes() {
		b.Run(row.name, func(b *testing.B) {
			v := reflect.New(reflect.TypeOf(row.value)).Elem()
			v.Set(reflect.ValueOf(row.value))
			pl := nativePlans.get(v.Type())
			at := v.Addr().UnsafePointer()
			measure := func(sketching bool) float64 {
				start := time.Now()
				rounds := 0
				for ; time.Since(start) < time.Millisecond || rounds == 0; rounds++ {
					e := newEncoder()
					if sketching {
						e.records = newRecords()
					}
					if _, err := e.value(pl, at); err != nil {
						b.Fatal(err)
					}
					if sketching {
						sketchOf(e, pl, at)
					}
					e.release()
				}
				return float64(time.Since(start).Nanoseconds()) / float64(rounds)
			}
			var without, with []float64
			for range 5 {
				measure(true)
			}
			for b.Loop() {
				without = append(without, measure(false))
				with = append(with, measure(true))
			}
			slices.Sort(without)
			slices.Sort(with)
			// The fastest rounds are those that nothing else disturbed.
			digest, both := without[len(without)/4], with[len(with)/4]
			b.ReportMetric(digest, "digest-ns")
			b.ReportMetric(both-digest, "sketch-ns")
			b.ReportMetric(100*(both-digest)/digest, "%")
			b.ReportMetric(0, "ns/op")
		})
	}
}

type namedShape struct {
	name  string
	value any
}

func sketchShapes() []namedShape {
	r := rand.New(rand.NewPCG(1, 2))
	type record struct {
		ID   int
		Name string
		X, Y float64
	}
	rows := make([][]float64, 1797)
	for i := range rows {
		rows[i] = normals(r, 64)
	}
	short := make([][]float64, 20_000)
	for i := range short {
		short[i] = normals(r, 8)
	}
	names, numbers := map[string]string{}, map[string]float64{}
	texts, records, pointers, points := make([]string, 1000), make([]record, 1000), make([]*record, 1000), make([]struct{ X, Y float64 }, 1000)
	for i := range 1000 {
		key := fmt.Sprint("key", i)
		names[key], numbers[key] = fmt.Sprint("value", i), r.Float64()
		texts[i] = fmt.Sprint("element ", i)
		records[i] = record{i, key, r.Float64(), r.Float64()}
		pointers[i] = &records[i]
		points[i].X = r.Float64()
	}
	letters := make([]byte, 100_000)
	for i := range letters {
		letters[i] = byte('a' + r.IntN(26))
	}
	return []namedShape{
		{"float64", 2.5},
		{"string", "abc"},
		{"struct", records[0]},
		{"10 float64", normals(r, 10)},
		{"100 float64", normals(r, 100)},
		{"1000 float64", normals(r, 1000)},
		{"1000 float32", converted[float32](normals(r, 1000))},
		{"1000 int", converted[int](affine(normals(r, 1000), 1000, 0))},
		{"1000 labels", converted[int](digits(r, 1000, 2))},
		{"1000 bytes", letters[:1000]},
		{"1000 points", points},
		{"10k float64", normals(r, 10_000)},
		{"100k float64", normals(r, 100_000)},
		{"100k float32", converted[float32](normals(r, 100_000))},
		{"100k int", converted[int](affine(normals(r, 100_000), 1000, 0))},
		{"100k bytes", letters},
		{"100k text", string(letters)},
		{"100 MB float64", normals(r, 12_500_000)},
		{"50 MB float32", converted[float32](normals(r, 12_500_000))},
		{"1797 × 64 float64", rows},
		{"20k × 8 float64", short},
		{"1000 strings", texts},
		{"1000 structs", records},
		{"1000 pointers", pointers},
		{"map of 1000 strings", names},
		{"map of 1000 float64", numbers},
	}
}
