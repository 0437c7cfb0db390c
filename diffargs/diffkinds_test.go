package diffargs

import (
	"encoding/binary"
	"math"
	"math/bits"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// mustDiff returns the differences between two values, which have to differ.
func mustDiff(t testing.TB, before, after any) []Difference {
	t.Helper()
	differences, err := DiffValues(before, after)
	if err != nil {
		t.Fatal(err)
	}
	if len(differences) == 0 {
		t.Fatalf("no differences between %s and %s", Preview(before, 200), Preview(after, 200))
	}
	return differences
}

// A transformation changes a row of numbers so that the difference has a kind.
type transformation struct {
	name  string
	kind  Kind
	after func(r *rand.Rand, x []float64) []float64
}

func mapped(x []float64, f func(i int, v float64) float64) []float64 {
	y := make([]float64, len(x))
	for i, v := range x {
		y[i] = f(i, v)
	}
	return y
}

func numberOf(v float64) number {
	return number{reflect.Float64, binary.LittleEndian.AppendUint64(nil, math.Float64bits(v))}
}

func swappedBytes(v float64) float64 {
	return math.Float64frombits(bits.ReverseBytes64(math.Float64bits(v)))
}

// factors are drawn with their units rather than at random, now and then.
func randomFactor(r *rand.Rand) float64 {
	if r.IntN(2) == 0 {
		return []float64{1000, 1.0 / 255, 100, math.Pi / 180, 0.5, -1, 3, 1e-9, -2.5}[r.IntN(9)]
	}
	return r.NormFloat64()*10 + 20
}

var transformations = []transformation{
	{"noise", FloatNoise, func(r *rand.Rand, x []float64) []float64 {
		return mapped(x, func(_ int, v float64) float64 { return math.Nextafter(v, 1e9*(r.Float64()-0.5)) })
	}},
	{"through float32", Float32, func(_ *rand.Rand, x []float64) []float64 {
		return mapped(x, func(_ int, v float64) float64 { return float64(float32(v)) })
	}},
	{"one through float32", Float32, func(r *rand.Rand, x []float64) []float64 {
		one := slices.IndexFunc(x, func(v float64) bool {
			return contrastOfFloats(numberOf(v), numberOf(float64(float32(v)))).kind == Float32
		})
		return mapped(x, func(i int, v float64) float64 {
			if i == one {
				return float64(float32(v))
			}
			return v
		})
	}},
	{"scaled", Scale, func(r *rand.Rand, x []float64) []float64 {
		k := randomFactor(r)
		return mapped(x, func(_ int, v float64) float64 { return v * k })
	}},
	{"divided", Scale, func(r *rand.Rand, x []float64) []float64 {
		k := randomFactor(r)
		return mapped(x, func(_ int, v float64) float64 { return v / k })
	}},
	{"moved", Offset, func(r *rand.Rand, x []float64) []float64 {
		c := []float64{1, -0.5, 3.25, 1e6, r.NormFloat64() + 10}[r.IntN(5)]
		return mapped(x, func(_ int, v float64) float64 { return v + c })
	}},
	{"standardised", Scale, func(_ *rand.Rand, x []float64) []float64 {
		m := momentsOf(x)
		return mapped(x, func(_ int, v float64) float64 { return (v - m.mean) / m.deviation })
	}},
	{"scaled to the unit", Scale, func(_ *rand.Rand, x []float64) []float64 {
		m := momentsOf(x)
		return mapped(x, func(_ int, v float64) float64 { return (v - m.low) / (m.high - m.low) })
	}},
	{"scaled and moved", Scale, func(r *rand.Rand, x []float64) []float64 {
		k, c := randomFactor(r), randomFactor(r)
		return mapped(x, func(_ int, v float64) float64 { return v*k + c })
	}},
	{"bytes reversed", ByteOrder, func(_ *rand.Rand, x []float64) []float64 {
		return mapped(x, func(_ int, v float64) float64 { return swappedBytes(v) })
	}},
	{"rolled", Shift, func(r *rand.Rand, x []float64) []float64 {
		k := 1 + r.IntN(len(x)-1)
		return slices.Concat(x[k:], x[:k])
	}},
	{"shifted forward", Shift, func(r *rand.Rand, x []float64) []float64 {
		k := 1 + r.IntN(len(x)/2)
		return append(mapped(x[:k], func(int, float64) float64 { return r.Float64() }), x[:len(x)-k]...)
	}},
	{"shifted back", Shift, func(r *rand.Rand, x []float64) []float64 {
		k := 1 + r.IntN(len(x)/2)
		return append(slices.Clone(x[k:]), mapped(x[:k], func(int, float64) float64 { return r.Float64() })...)
	}},
	{"transposed", Transposed, func(r *rand.Rand, x []float64) []float64 {
		rows := []int{2, 3, 4, 6, 12}[r.IntN(5)] // the rows all have a length that is a multiple of 12
		columns := len(x) / rows
		return mapped(x, func(i int, _ float64) float64 { return x[i%rows*columns+i/rows] })
	}},
	{"shuffled", Order, func(r *rand.Rand, x []float64) []float64 {
		y := slices.Clone(x)
		r.Shuffle(len(y), func(i, j int) { y[i], y[j] = y[j], y[i] })
		y[0], y[len(y)-1] = y[len(y)-1], y[0]
		if slices.Equal(x, y) {
			y[0], y[1] = y[1], y[0]
		}
		return y
	}},
	{"sorted", Order, func(_ *rand.Rand, x []float64) []float64 { return slices.Sorted(slices.Values(x)) }},
	{"reversed", Order, func(_ *rand.Rand, x []float64) []float64 {
		y := slices.Clone(x)
		slices.Reverse(y)
		return y
	}},
	{"some became NaN", NaN, func(r *rand.Rand, x []float64) []float64 {
		one, other := r.IntN(len(x)), r.IntN(len(x))
		return mapped(x, func(i int, v float64) float64 {
			if i == one || i == other {
				return math.NaN()
			}
			return v
		})
	}},
	{"appended", Length, func(r *rand.Rand, x []float64) []float64 {
		return append(slices.Clip(x), mapped(x[:1+r.IntN(5)], func(int, float64) float64 { return r.Float64() })...)
	}},
	{"some removed", Length, func(r *rand.Rand, x []float64) []float64 {
		at := r.IntN(len(x))
		return slices.Concat(x[:at], x[at+1:])
	}},
	{"some changed", Value, func(r *rand.Rand, x []float64) []float64 {
		return mapped(x, func(i int, v float64) float64 {
			if i%5 == 2 {
				return v*(2+r.Float64()) + r.Float64()
			}
			return v
		})
	}},
}

func randomRow(r *rand.Rand) []float64 {
	scale, centre := math.Exp(4*r.NormFloat64()), 10*r.NormFloat64()
	return mapped(make([]float64, 12*(2+r.IntN(20))), func(int, float64) float64 { return scale * (r.NormFloat64() + centre) })
}

func TestKindsOfRows(t *testing.T) {
	t.Parallel()
	for _, change := range transformations {
		t.Run(change.name, func(t *testing.T) {
			t.Parallel()
			for seed := range uint64(300) {
				r := rand.New(rand.NewPCG(seed, 1))
				x := randomRow(r)
				y := change.after(r, slices.Clone(x))
				if got := mustDiff(t, x, y); got[0].Kind != change.kind || len(got) != 1 {
					t.Fatalf("seed %d: %+v", seed, got)
				}
			}
		})
	}
}

// A single number among many that is not what the kind says takes the kind
// away, and what is true of the others is still said.
func TestImpostorsOfRows(t *testing.T) {
	t.Parallel()
	words := map[string]string{
		"noise": "do by float noise only", "through float32": "all but 1 of the", "scaled": "all but 1 of the", "divided": "all but 1 of the", "moved": "all but 1 of the",
		"shuffled": "in another order", "sorted": "in another order", "reversed": "in another order", "rolled": "",
		"standardised": "", "scaled to the unit": "", "scaled and moved": "", "bytes reversed": "", "transposed": "in another order",
	}
	for _, change := range transformations {
		want, tried := words[change.name]
		if !tried {
			continue
		}
		t.Run(change.name, func(t *testing.T) {
			t.Parallel()
			for seed := range uint64(200) {
				r := rand.New(rand.NewPCG(seed, 1))
				x := randomRow(r)
				y := change.after(r, slices.Clone(x))
				// At neither end, so that no shift hides it.
				i := len(y)/2 - 1
				y[i] = 1.7*y[i] + 0.123*momentsOf(x).deviation
				got := mustDiff(t, x, y)
				if got[0].Kind == change.kind && (change.kind != Shift || !strings.Contains(got[0].Detail, "new at")) {
					t.Fatalf("seed %d: %+v", seed, got)
				}
				if !strings.Contains(got[0].Detail, want) {
					t.Fatalf("seed %d: %+v does not say %q", seed, got, want)
				}
			}
		})
	}
}

// What is true of float64s is of the other kinds of numbers.
func TestKindsOfOtherNumbers(t *testing.T) {
	t.Parallel()
	swapped := func(v []int32) []int32 {
		y := slices.Clone(v)
		for i := range y {
			y[i] = int32(bits.ReverseBytes32(uint32(y[i])))
		}
		return y
	}
	for _, test := range []struct {
		reason        string
		before, after any
		kind          Kind
	}{
		{"integers scaled", []int{1, 2, 3}, []int{1000, 2000, 3000}, Scale},
		{"by a fraction", []int64{-4, 2, 6, 0}, []int64{-6, 3, 9, 0}, Scale},
		{"large integers scaled", []int64{1 << 50, 3, 5}, []int64{1 << 51, 6, 10}, Scale},
		{"all but the last bit of a large one", []int64{1 << 50, 3, 5}, []int64{1<<51 + 1, 6, 10}, Value},
		{"integers moved", []uint8{1, 2, 250}, []uint8{2, 3, 251}, Offset},
		{"both", []int{1, 2, 4}, []int{5, 7, 11}, Scale},
		{"integers too large to be sure of", []int64{1 << 60, 1 << 59}, []int64{1 << 61, 1 << 60}, Value},
		{"float32s scaled", []float32{0.1, 0.7, 3.3}, []float32{0.1 / 255, 0.7 / 255, 3.3 / 255}, Scale},
		{"float32s moved", []float32{0.1, 0.7, 3.3}, []float32{5.1, 5.7, 8.3}, Offset},
		{"complex numbers scaled", []complex128{1 + 2i, 3, 0.5i}, []complex128{2 + 4i, 6, 1i}, Scale},
		{"complex numbers rolled", []complex128{1 + 2i, 3, 0.5i}, []complex128{0.5i, 1 + 2i, 3}, Shift},
		{"bytes of integers", []int32{1, 2, 77, 1 << 20}, swapped([]int32{1, 2, 77, 1 << 20}), ByteOrder},
		{"one value only tells no factor", []float64{2, 2, 2}, []float64{3, 3, 3}, Value},
		{"three that are one but for the sign do", []float64{2, -2, 0}, []float64{3, -3, 0}, Scale},
		{"two values tell no line", []float64{2, 3, 2}, []float64{7, 9.5, 7}, Value},
		{"three do", []float64{2, 3, 4}, []float64{7, 9.5, 12}, Scale},
		{"no factor of nothing", []float64{1, 2, 3}, []float64{0, 0, 0}, Value},
		{"infinities are scaled", []float64{1, 2, math.Inf(1)}, []float64{2, 4, math.Inf(1)}, Scale},
		{"to the other side", []float64{1, 2, math.Inf(1)}, []float64{2, 4, math.Inf(-1)}, Value},
		{"NaN stays NaN", []float64{1, 2, math.NaN()}, []float64{2, 4, math.NaN()}, Scale},
		{"an overflow to infinity as a float32", []float64{0.1, 1e300}, []float64{float64(float32(0.1)), math.Inf(1)}, Float32},
		{"zeros of either sign", []float64{0, math.Copysign(0, -1), 1}, []float64{math.Copysign(0, -1), math.Copysign(0, -1), 1}, NegativeZero},
		{"texts rolled", []string{"a", "b", "c", "d"}, []string{"d", "a", "b", "c"}, Shift},
		{"texts shifted", []string{"a", "b", "c", "d"}, []string{"b", "c", "d", "e"}, Shift},
		{"equal but for one", []string{"a", "a", "a", "a"}, []string{"a", "a", "b", "b"}, Value},
	} {
		got := mustDiff(t, test.before, test.after)
		if got[0].Kind != test.kind {
			t.Errorf("%s: %+v, want kind %s", test.reason, got[0], test.kind)
		}
	}
}

func randomMatrix(r *rand.Rand) [][]float64 {
	m := make([][]float64, 3+r.IntN(8))
	columns := 3 + r.IntN(8)
	for i := range m {
		m[i] = mapped(make([]float64, columns), func(int, float64) float64 { return r.NormFloat64() })
	}
	return m
}

func mappedMatrix(rows, columns int, f func(i, j int) float64) [][]float64 {
	m := make([][]float64, rows)
	for i := range m {
		m[i] = mapped(make([]float64, columns), func(j int, _ float64) float64 { return f(i, j) })
	}
	return m
}

func TestKindsOfMatrices(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name  string
		kind  Kind
		words string
		after func(r *rand.Rand, m [][]float64) [][]float64
	}{
		{"transposed", Transposed, "transposed: ", func(_ *rand.Rand, m [][]float64) [][]float64 {
			return mappedMatrix(len(m[0]), len(m), func(i, j int) float64 { return m[j][i] })
		}},
		{"rows swapped", Order, "rows in another order", func(_ *rand.Rand, m [][]float64) [][]float64 {
			return append([][]float64{m[2], m[1], m[0]}, m[3:]...)
		}},
		{"rows rolled", Shift, "from the end to the beginning", func(_ *rand.Rand, m [][]float64) [][]float64 {
			return append([][]float64{m[len(m)-1]}, m[:len(m)-1]...)
		}},
		{"columns swapped", Order, "columns in another order: column 0 and column 2 changed places", func(_ *rand.Rand, m [][]float64) [][]float64 {
			return mappedMatrix(len(m), len(m[0]), func(i, j int) float64 { return m[i][map[int]int{0: 2, 2: 0}[j]+j*b2i(j != 0 && j != 2)] })
		}},
		{"columns rolled", Shift, "columns moved", func(_ *rand.Rand, m [][]float64) [][]float64 {
			return mappedMatrix(len(m), len(m[0]), func(i, j int) float64 { return m[i][(j+1)%len(m[0])] })
		}},
		{"mirrored", Order, "columns reversed", func(_ *rand.Rand, m [][]float64) [][]float64 {
			c := len(m[0])
			return mappedMatrix(len(m), c+c%2*0, func(i, j int) float64 { return m[i][c-1-j] })
		}},
		{"columns standardised", Scale, "every column is scaled on its own", func(r *rand.Rand, m [][]float64) [][]float64 {
			k := mapped(make([]float64, 20), func(int, float64) float64 { return 1 + r.Float64() })
			return mappedMatrix(len(m), len(m[0]), func(i, j int) float64 { return (m[i][j] - k[j+10]) / k[j] })
		}},
		{"rows scaled", Scale, "every row is scaled on its own, by a factor", func(r *rand.Rand, m [][]float64) [][]float64 {
			k := mapped(make([]float64, 20), func(int, float64) float64 { return 2 + r.Float64() })
			return mappedMatrix(len(m), len(m[0]), func(i, j int) float64 { return m[i][j] * k[i] })
		}},
		{"a row appended", Length, "1 row added at the end", func(r *rand.Rand, m [][]float64) [][]float64 {
			return append(slices.Clip(m), randomMatrix(r)[0])
		}},
		{"a row inserted", Length, "1 row added at [1]", func(_ *rand.Rand, m [][]float64) [][]float64 {
			return slices.Insert(slices.Clone(m), 1, make([]float64, len(m[0])))
		}},
		{"a column removed", Length, "1 column removed at column 1", func(_ *rand.Rand, m [][]float64) [][]float64 {
			return mappedMatrix(len(m), len(m[0])-1, func(i, j int) float64 { return m[i][j+b2i(j > 0)] })
		}},
		{"one column changed", Value, "only in column 1", func(r *rand.Rand, m [][]float64) [][]float64 {
			return mappedMatrix(len(m), len(m[0]), func(i, j int) float64 { return m[i][j] + r.Float64()*float64(b2i(j == 1)) })
		}},
		{"one row changed", Value, "only in row 1", func(r *rand.Rand, m [][]float64) [][]float64 {
			return mappedMatrix(len(m), len(m[0]), func(i, j int) float64 { return m[i][j] + r.Float64()*float64(b2i(i == 1)) })
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			for seed := range uint64(200) {
				r := rand.New(rand.NewPCG(seed, 1))
				m := randomMatrix(r)
				if test.name == "mirrored" && len(m[0]) < 4 {
					continue // that swaps two columns
				}
				got := mustDiff(t, m, test.after(r, m))
				if len(got) != 1 || got[0].Kind != test.kind || !strings.Contains(got[0].Detail, test.words) {
					t.Fatalf("seed %d: %+v", seed, got)
				}
			}
		})
	}
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

// Diff is empty exactly if digests are equal, also of rows that share much.
func FuzzDiffOfRows(f *testing.F) {
	f.Add([]byte{1, 2, 3, 4, 5, 6, 7, 8}, []byte{2, 3, 4, 5, 6, 7, 8, 9}, uint8(0))
	f.Add([]byte{0, 0, 0, 0, 1, 0, 0, 0}, []byte{0, 0, 0, 1, 0, 0, 0, 0}, uint8(4))
	f.Add([]byte("the learning rate"), []byte("the learning speed\r\n"), uint8(8))
	f.Add([]byte("caf\xc3\xa9 \xc2\xa0"), []byte("cafe\xcc\x81"), uint8(8))
	f.Fuzz(func(t *testing.T, x, y []byte, as uint8) {
		before, after := rowOf(x, as%10), rowOf(y, as%10)
		got, err := DiffValues(before, after)
		if err != nil {
			t.Fatal(err)
		}
		if equal := mustDigest(t, before) == mustDigest(t, after); equal != (len(got) == 0) {
			t.Fatalf("equal is %t, differences %v", equal, got)
		}
		for _, d := range got {
			if d.Kind == "" || strings.HasSuffix(d.Detail, "\n") || strings.Contains(d.Detail, "\n\n") {
				t.Errorf("%+v", d)
			}
		}
	})
}

// rowOf makes a value of bytes.
func rowOf(b []byte, as uint8) any {
	switch as {
	case 0:
		return b
	case 1:
		return rowOfNumbers[int16](b, 2)
	case 2:
		return rowOfNumbers[float32](b, 4)
	case 3:
		return rowOfNumbers[float64](b, 8)
	case 4:
		rows := make([][]uint8, 0, len(b)/4)
		for row := range slices.Chunk(b, 4) {
			rows = append(rows, row)
		}
		return rows
	case 5:
		texts := strings.Split(string(b), " ")
		return texts
	case 6:
		counts := map[string]int{}
		for word := range strings.FieldsSeq(string(b)) {
			counts[word]++
		}
		return counts
	case 7:
		set := map[byte]struct{}{}
		for _, c := range b {
			set[c] = struct{}{}
		}
		return set
	case 8:
		return string(b)
	default:
		type point struct{ X, Y byte }
		var points []point
		for i := 1; i < len(b); i += 2 {
			points = append(points, point{b[i-1], b[i]})
		}
		return points
	}
}

func rowOfNumbers[N any](b []byte, width int) []N {
	row := make([]N, len(b)/width)
	if _, err := binary.Decode(b[:len(row)*width], binary.LittleEndian, row); err != nil {
		panic(err)
	}
	return row
}

// FuzzDiffOfSnapshots compares snapshots that no value has. It never panics,
// comes to an end, and finds something exactly if the digests differ.
func FuzzDiffOfSnapshots(f *testing.F) {
	var seeds [][]byte
	for _, v := range []any{
		1, "abc",
		[]float64{1, 2, 3},
		[][]int{{1, 2}, {3, 4}},
		map[string]any{"a": nil},
		[]any{[]int8{1}, &ring{}},
		different()["cyclic"],
		map[int]struct{}{1: {}},
		layer{Width: 3},
		[]label{"a", "B "},
		randomTimes(),
	} {
		seeds = append(seeds, mustMarshal(f, mustTake(f, v, Limits{})))
	}
	for i := range seeds {
		f.Add(seeds[i], seeds[(i+1)%len(seeds)], uint16(i))
	}
	f.Fuzz(func(t *testing.T, x, y []byte, salt uint16) {
		var a, b Snapshot
		if a.UnmarshalBinary(x) != nil || b.UnmarshalBinary(y) != nil {
			return
		}
		if salt%2 == 1 {
			// Other digests over the same, as damage makes them.
			if b.UnmarshalBinary(x) != nil {
				t.Fatal("read once, not twice")
			}
			salted(b.Root, byte(salt>>1))
		}
		for _, pair := range [][2]*Snapshot{{&a, &b}, {&b, &a}} {
			if got := Diff(pair[0], pair[1]); (len(got) == 0) != (a.Digest() == b.Digest()) {
				t.Fatalf("digests %s and %s, differences %v", a.Digest(), b.Digest(), got)
			}
		}
	})
}

func salted(n *Node, salt byte) {
	n.Digest[3] += salt
	if salt%3 == 0 {
		n.TypeDigest[3] += salt
	}
	for _, child := range n.Children {
		salted(child, salt)
	}
}

func randomTimes() any {
	v := reflect.New(reflect.TypeFor[[]tree]()).Elem()
	randomFill(rand.New(rand.NewPCG(1, 1)), v, 3)
	return v.Interface()
}
