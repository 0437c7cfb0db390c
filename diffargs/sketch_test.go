package diffargs

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
	"unsafe"

	"github.com/google/go-cmp/cmp"
)

// sketchBy returns the sketch of v as Take does, with the given plans.
func sketchBy(t testing.TB, plans *planner, v reflect.Value) []uint64 {
	t.Helper()
	e := &encoder{plans: plans, records: newRecords()}
	at, err := addressOf(v)
	if err != nil {
		t.Fatal(err)
	}
	pl := e.planOf(v.Type())
	if _, err := e.value(pl, at); err != nil {
		t.Fatal(err)
	}
	e.records.complete = true
	return sketchOf(e, pl, at)
}

func sketch(t testing.TB, v any) []uint64 { return sketchBy(t, nativePlans, reflect.ValueOf(v)) }

func inCommon(a, b []uint64) int {
	count := 0
	for _, bucket := range a {
		if slices.Contains(b, bucket) {
			count++
		}
	}
	return count
}

// Random numbers of many kinds.
func normals(r *rand.Rand, n int) []float64 {
	x := make([]float64, n)
	for i := range x {
		x[i] = r.NormFloat64()
	}
	return x
}

func scores(r *rand.Rand, n int) []float64 {
	x, sum := normals(r, n), 0.0
	for _, v := range x {
		sum += v
	}
	return affine(x, 1, -sum/float64(n))
}

func walks(r *rand.Rand, n int) []float64 {
	x := normals(r, n)
	for i := range x[1:] {
		x[i+1] = x[i] + x[i+1]/10
	}
	return x
}

func digits(r *rand.Rand, n, values int) []float64 {
	x := make([]float64, n)
	for i := range x {
		x[i] = float64(r.IntN(values))
	}
	return x
}

func sparse(r *rand.Rand, n int) []float64 {
	x := make([]float64, n)
	for i := range x {
		if r.IntN(10) == 0 {
			x[i] = r.NormFloat64()
		}
	}
	return x
}

type numbersOf struct {
	name  string
	make  func(r *rand.Rand, n int) []float64
	sizes []int
}

// tellingNumbers are found after every change, and nothing else is.
var tellingNumbers = []numbersOf{
	{"normal", normals, []int{10, 23, 30, 47, 48, 100, 129, 1000, 5000}},
	{"mean 0", scores, []int{10, 100, 1000, 5000}},
	{"random walk", walks, []int{10, 100, 1000, 5000}},
	{"pixels", func(r *rand.Rand, n int) []float64 { return digits(r, n, 256) }, []int{10, 30, 100, 1000, 5000}},
	{"0 to 9", func(r *rand.Rand, n int) []float64 { return digits(r, n, 10) }, []int{20, 30, 47, 100, 1000, 5000}},
}

// changes are what numbers must be found again after.
var numberChanges = map[string]func(r *rand.Rand, x []float64) any{
	"noise of 1e-15":   func(r *rand.Rand, x []float64) any { return withNoise(r, x, 1e-15) },
	"noise of 1e-9":    func(r *rand.Rand, x []float64) any { return withNoise(r, x, 1e-9) },
	"noise of 1e-6":    func(r *rand.Rand, x []float64) any { return withNoise(r, x, 1e-6) },
	"float32":          func(_ *rand.Rand, x []float64) any { return converted[float32](x) },
	"float32 and back": func(_ *rand.Rand, x []float64) any { return converted[float64](converted[float32](x)) },
	"one changed":      func(r *rand.Rand, x []float64) any { return withOne(x, r.IntN(len(x)), 1000) },
	"first changed":    func(_ *rand.Rand, x []float64) any { return withOne(x, 0, -0.123) },
	"last changed":     func(_ *rand.Rand, x []float64) any { return withOne(x, len(x)-1, 1e300) },
	"one NaN":          func(r *rand.Rand, x []float64) any { return withOne(x, r.IntN(len(x)), math.NaN()) },
	"shuffled":         func(r *rand.Rand, x []float64) any { return shuffled(r, x) },
	"reversed":         func(_ *rand.Rand, x []float64) any { y := slices.Clone(x); slices.Reverse(y); return y },
	"appended":         func(r *rand.Rand, x []float64) any { return append(slices.Clone(x), r.NormFloat64()) },
	"prepended":        func(r *rand.Rand, x []float64) any { return append([]float64{r.NormFloat64()}, x...) },
	"first removed":    func(_ *rand.Rand, x []float64) any { return x[1:] },
	"last removed":     func(_ *rand.Rand, x []float64) any { return x[:len(x)-1] },
	"one removed": func(_ *rand.Rand, x []float64) any {
		return slices.Delete(slices.Clone(x), len(x)/2, len(x)/2+1)
	},
	"shifted":    func(r *rand.Rand, x []float64) any { return append(slices.Clone(x[1:]), r.NormFloat64()) },
	"rotated":    func(_ *rand.Rand, x []float64) any { return append(slices.Clone(x[1:]), x[0]) },
	"scaled":     func(_ *rand.Rand, x []float64) any { return affine(x, 2.54, 0) },
	"negated":    func(_ *rand.Rand, x []float64) any { return affine(x, -1, 0) },
	"moved":      func(_ *rand.Rand, x []float64) any { return affine(x, 1, 273.15) },
	"affine":     func(_ *rand.Rand, x []float64) any { return affine(x, 1.8, 32) },
	"in rows":    func(_ *rand.Rand, x []float64) any { return rowsOf(x, 5) },
	"transposed": func(_ *rand.Rand, x []float64) any { return transposed(rowsOf(x, 5)) },
	"in a struct": func(_ *rand.Rand, x []float64) any {
		type vector []float64
		return struct {
			Name string
			X    *vector
		}{"x", (*vector)(&x)}
	},
}

func withNoise(r *rand.Rand, x []float64, size float64) []float64 {
	y := slices.Clone(x)
	for i := range y {
		y[i] *= 1 + size*(2*r.Float64()-1)
	}
	return y
}

func withOne(x []float64, i int, value float64) []float64 {
	y := slices.Clone(x)
	y[i] = value
	return y
}

func converted[To, From realNumber](x []From) []To {
	y := make([]To, len(x))
	for i := range x {
		y[i] = To(x[i])
	}
	return y
}

func shuffled[E any](r *rand.Rand, x []E) []E {
	y := slices.Clone(x)
	r.Shuffle(len(y), func(i, j int) { y[i], y[j] = y[j], y[i] })
	return y
}

func affine(x []float64, factor, offset float64) []float64 {
	y := slices.Clone(x)
	for i := range y {
		y[i] = y[i]*factor + offset
	}
	return y
}

func rowsOf(x []float64, rows int) [][]float64 {
	return slices.Collect(slices.Chunk(x, (len(x)+rows-1)/rows))
}

func transposed(x [][]float64) [][]float64 {
	y := make([][]float64, len(x[0]))
	for _, row := range x {
		for i, v := range row {
			y[i] = append(y[i], v)
		}
	}
	return y
}

const sketchTrials = 200

func TestSketchFindsNumbers(t *testing.T) {
	t.Parallel()
	for _, kind := range tellingNumbers {
		for _, n := range kind.sizes {
			t.Run(fmt.Sprint(kind.name, " ", n), func(t *testing.T) {
				t.Parallel()
				for name, change := range numberChanges {
					found, buckets := 0, 0
					for trial := range uint64(sketchTrials) {
						r := rand.New(rand.NewPCG(trial, uint64(n)))
						x := kind.make(r, n)
						if n := inCommon(sketch(t, x), sketch(t, change(r, x))); n > 0 {
							found++
							buckets += n
						}
					}
					if found < sketchTrials*99/100 {
						t.Errorf("%s: found %d times of %d", name, found, sketchTrials)
					}
					t.Logf("%s: found %.1f %%, %.1f buckets", name, 100*float64(found)/sketchTrials, float64(buckets)/sketchTrials)
				}
			})
		}
	}
}

func TestSketchFindsLongRows(t *testing.T) {
	t.Parallel()
	for _, n := range []int{100_000, 1_000_000} {
		r := rand.New(rand.NewPCG(1, uint64(n)))
		x := normals(r, n)
		before := sketch(t, x)
		for name, change := range numberChanges {
			if inCommon(before, sketch(t, change(r, x))) == 0 {
				t.Errorf("%s of %d numbers: not found", name, n)
			}
		}
		if n := inCommon(before, sketch(t, normals(r, n))); n > 0 {
			t.Errorf("other numbers have %d buckets in common", n)
		}
	}
}

func TestSketchFindsRows(t *testing.T) {
	t.Parallel()
	changes := map[string]func(r *rand.Rand, x [][]float64) any{
		"shuffled":         func(r *rand.Rand, x [][]float64) any { return shuffled(r, x) },
		"a tenth left out": func(r *rand.Rand, x [][]float64) any { return shuffled(r, x)[len(x)/10:] },
		"appended":         func(r *rand.Rand, x [][]float64) any { return append(slices.Clone(x), normals(r, len(x[0]))) },
		"prepended":        func(r *rand.Rand, x [][]float64) any { return append([][]float64{normals(r, len(x[0]))}, x...) },
		"first removed":    func(_ *rand.Rand, x [][]float64) any { return x[1:] },
		"last removed":     func(_ *rand.Rand, x [][]float64) any { return x[:len(x)-1] },
		"shifted":          func(r *rand.Rand, x [][]float64) any { return append(slices.Clone(x[1:]), normals(r, len(x[0]))) },
		"transposed":       func(_ *rand.Rand, x [][]float64) any { return transposed(x) },
		"flat":             func(_ *rand.Rand, x [][]float64) any { return slices.Concat(x...) },
		"flat, transposed": func(_ *rand.Rand, x [][]float64) any { return slices.Concat(transposed(x)...) },
		"float32": func(_ *rand.Rand, x [][]float64) any {
			var y [][]float32
			for _, row := range x {
				y = append(y, converted[float32](row))
			}
			return y
		},
	}
	for _, shape := range [][2]int{{10, 10}, {10, 100}, {150, 4}, {1797, 64}} {
		trials := uint64(min(sketchTrials, 100_000/(shape[0]*shape[1])))
		for name, change := range changes {
			found := 0
			for trial := range max(trials, 3) {
				r := rand.New(rand.NewPCG(trial, 1))
				x := rowsOf(normals(r, shape[0]*shape[1]), shape[0])
				if inCommon(sketch(t, x), sketch(t, change(r, x))) > 0 {
					found++
				}
			}
			if uint64(found)*100 < max(trials, 3)*99 {
				t.Errorf("%d × %d, %s: found %d times of %d", shape[0], shape[1], name, found, max(trials, 3))
			}
		}
	}
}

func TestSketchesOfUnrelatedNumbers(t *testing.T) {
	t.Parallel()
	labels := func(values int) func(r *rand.Rand, n int) []float64 {
		return func(r *rand.Rand, n int) []float64 { return digits(r, n, values) }
	}
	const few = 0.01
	for _, row := range []struct {
		numbersOf
		most float64 // of all pairs
	}{
		{tellingNumbers[0], few},
		{tellingNumbers[1], few},
		{tellingNumbers[2], few},
		{tellingNumbers[3], few},
		{tellingNumbers[4], few},
		{numbersOf{"0 to 9, few", labels(10), []int{10}}, few},
		{numbersOf{"sparse", sparse, []int{100, 1000, 5000}}, few},
		{numbersOf{"labels", labels(2), []int{10_000}}, few},
		// Those that have as many ones are permutations of one another.
		{numbersOf{"labels", labels(2), []int{1000}}, 0.025},
		{numbersOf{"few labels", labels(2), []int{20}}, 0.2},
	} {
		for _, n := range row.sizes {
			var sketches [][]uint64
			for trial := range uint64(sketchTrials) {
				sketches = append(sketches, sketch(t, row.make(rand.New(rand.NewPCG(trial, uint64(n))), n)))
			}
			wrong, pairs := 0, 0
			for i := range sketches {
				for j := range i {
					pairs++
					if inCommon(sketches[i], sketches[j]) > 0 {
						wrong++
					}
				}
			}
			rate := float64(wrong) / float64(pairs)
			if rate > row.most {
				t.Errorf("%d × %s: %.2f %% of unrelated pairs have a bucket in common, want at most %.0f %%",
					n, row.name, 100*rate, 100*row.most)
			}
			t.Logf("%d × %s: %.3f %%", n, row.name, 100*rate)
		}
	}
}

// The same numbers have the same buckets whatever they are stored in, but for
// those of the path to them.
func TestSketchesOfKindsAgree(t *testing.T) {
	t.Parallel()
	type count int16
	whole := digits(rand.New(rand.NewPCG(1, 1)), 1000, 100)
	want := sketch(t, whole)
	array := [1000]float32(converted[float32](whole))
	points := make([]struct{ X, Y int8 }, 500)
	complexes := make([]complex64, 500)
	for i := range points {
		points[i].X, points[i].Y = int8(whole[2*i]), int8(whole[2*i+1])
		complexes[i] = complex(float32(whole[2*i]), float32(whole[2*i+1]))
	}
	for _, v := range []any{
		converted[float32](whole), converted[int](whole), converted[int8](whole), converted[int16](whole),
		converted[int32](whole), converted[int64](whole), converted[uint](whole), converted[uint8](whole),
		converted[uint16](whole), converted[uint32](whole), converted[uint64](whole), converted[count](whole),
		array, &array, rowsOf(whole, 10), points, complexes, []any{whole}, struct{ X any }{converted[uint](whole)},
	} {
		if n := inCommon(want, sketch(t, v)); n < len(want)-1 {
			t.Errorf("%T: %d of %d buckets", v, n, len(want))
		}
	}
}

func TestSketchFindsParts(t *testing.T) {
	t.Parallel()
	type inner struct {
		Rate  float64
		Sizes []int
		Tags  []string
	}
	type config struct {
		Name    string
		Depth   int
		Verbose bool
		Model   *inner
		Extra   any
		Start   time.Time
	}
	type record struct {
		ID   int
		Name string
		X    float64
	}
	names := func(n int) []string {
		s := make([]string, n)
		for i := range s {
			s[i] = fmt.Sprint("name ", i*i)
		}
		return s
	}
	base := func() config {
		return config{"run", 12, true, &inner{0.001, []int{64, 32}, []string{"a", "b"}}, 2.5, time.Unix(1e9, 0)}
	}
	with := func(change func(c *config)) config { c := base(); change(&c); return c }
	entries := func(n int) map[string]float64 {
		m := map[string]float64{}
		for i := range n {
			m[fmt.Sprint("key ", i)] = 1 / float64(i+1)
		}
		return m
	}
	set := func(n int) map[string]struct{} {
		m := map[string]struct{}{}
		for i := range n {
			m[fmt.Sprint("key ", i)] = struct{}{}
		}
		return m
	}
	records := func(n int) []record {
		s := make([]record, n)
		for i := range s {
			s[i] = record{i, fmt.Sprint("name ", i), math.Sqrt(float64(i))}
		}
		return s
	}
	text := strings.Repeat("It was the best of times, it was the worst of times. ", 3) + strings.Join(names(100), ", ")
	r := rand.New(rand.NewPCG(5, 5))
	for name, pair := range map[string][2]any{
		"a field":              {base(), with(func(c *config) { c.Depth = 13 })},
		"a field to zero":      {base(), with(func(c *config) { c.Verbose = false })},
		"a nested field":       {base(), with(func(c *config) { c.Model.Rate = 0.1 })},
		"a nested element":     {base(), with(func(c *config) { c.Model.Sizes[1] = 16 })},
		"a field to nil":       {base(), with(func(c *config) { c.Model = nil })},
		"an interface":         {base(), with(func(c *config) { c.Extra = "other" })},
		"a time":               {base(), with(func(c *config) { c.Start = time.Time{} })},
		"a pointer to it":      {base(), func() *config { c := base(); return &c }()},
		"strings shuffled":     {names(1000), shuffled(r, names(1000))},
		"few strings shuffled": {names(5), shuffled(r, names(5))},
		"a string changed":     {names(1000), append(names(999), "other")},
		"of few, one changed":  {names(5), append(names(4), "other")},
		"a string removed":     {names(17), names(16)},
		"a string more than 8": {names(8), names(7)},
		"a tenth left out":     {names(1000), shuffled(r, names(1000))[100:]},
		"strings in any":       {[]any{"a", 1, 2.5, "b"}, []any{"b", 2.5, 1, "c"}},
		"records shuffled":     {records(1000), shuffled(r, records(1000))},
		"a record changed":     {records(30), append(records(29), record{1, "x", 2})},
		"a record of few":      {records(5), append(records(4), record{1, "x", 2})},
		"a record added":       {records(16), records(17)},
		"an entry changed":     {entries(1000), with2(entries(1000), "key 5", 7)},
		"an entry of few":      {entries(5), with2(entries(5), "key 3", 7)},
		"an entry added":       {entries(16), entries(17)},
		"entries 7 and 8":      {entries(7), entries(8)},
		"all entries with noise": {entries(1000), func() map[string]float64 {
			m := entries(1000)
			for k := range m {
				m[k] *= 1 + 1e-15*r.Float64()
			}
			return m
		}()},
		"all values changed": {entries(100), func() map[string]float64 {
			m := entries(100)
			for k := range m {
				m[k] += 5
			}
			return m
		}()},
		"a member added":     {set(100), set(101)},
		"a member of few":    {set(4), set(5)},
		"a map in a struct":  {struct{ M map[string]float64 }{entries(50)}, struct{ M map[string]float64 }{entries(51)}},
		"a word":             {"the quick brown fox jumps", "the quick red fox jumps"},
		"a word added":       {"train on fold 3", "train on every fold 3"},
		"words in order":     {"alpha beta gamma delta", "delta alpha gamma beta"},
		"a name":             {"data_2023.csv", "data_2024.csv"},
		"an anagram":         {"abcdefg", "gfedcba"},
		"a long text, begin": {text, "X" + text},
		"a long text, end":   {text, text + "X"},
		"a long text, word":  {text, strings.Replace(text, "best", "better", 2)},
		"a huge text":        {strings.Repeat(text, 100), strings.Repeat(text, 100)[1000:]},
		"sentences in order": {text[:600] + text[700:1200], text[700:1200] + text[:600]},
		"times":              {[]time.Time{time.Unix(1, 0), time.Unix(2, 0)}, []time.Time{time.Unix(2, 0), time.Unix(3, 0)}},
		"slices of strings":  {[][]string{names(3), names(9)}, [][]string{names(9), {"x"}}},
		"numbers in a map":   {map[string][]float64{"x": {1, 2, 3}, "y": {4, 5}}, map[string][]float64{"x": {1, 2, 3}, "y": {4, 6}}},
	} {
		if n := inCommon(sketch(t, pair[0]), sketch(t, pair[1])); n == 0 {
			t.Errorf("%s: not found", name)
		} else {
			t.Logf("%s: %d buckets", name, n)
		}
	}
	for name, pair := range map[string][2]any{
		"strings": {names(100), shuffled(r, names(200))[:0]},
		"maps":    {entries(100), map[string]float64{"a": 9, "b": 10, "c": 11}},
		"texts":   {"the quick brown fox", "0123456789"},
		"words":   {strings.Join(names(100), " "), strings.Repeat("qwertyuiop", 30)},
	} {
		if n := inCommon(sketch(t, pair[0]), sketch(t, pair[1])); n > 0 {
			t.Errorf("unlike %s have %d buckets in common", name, n)
		}
	}
}

func with2[K comparable, V any](m map[K]V, key K, value V) map[K]V {
	m = maps.Clone(m)
	m[key] = value
	return m
}

func TestSketchesOfUnrelatedCollections(t *testing.T) {
	t.Parallel()
	word := func(r *rand.Rand) string {
		b := make([]byte, 3+r.IntN(8))
		for i := range b {
			b[i] = byte('a' + r.IntN(26))
		}
		return string(b)
	}
	for name, of := range map[string]func(r *rand.Rand) any{
		"text": func(r *rand.Rand) any { return word(r) + word(r) + " " + word(r) },
		"long text": func(r *rand.Rand) any {
			s := ""
			for range 200 {
				s += word(r) + " "
			}
			return s
		},
		"strings": func(r *rand.Rand) any {
			s := make([]string, 100)
			for i := range s {
				s[i] = word(r)
			}
			return s
		},
		"map": func(r *rand.Rand) any {
			m := map[string]float64{}
			for range 100 {
				m[word(r)] = r.Float64()
			}
			return m
		},
		"number": func(r *rand.Rand) any { return math.Exp(20 * r.NormFloat64()) },
	} {
		var sketches [][]uint64
		for trial := range uint64(sketchTrials) {
			sketches = append(sketches, sketch(t, of(rand.New(rand.NewPCG(trial, 3)))))
		}
		wrong, pairs := 0, 0
		for i := range sketches {
			for j := range i {
				pairs++
				if inCommon(sketches[i], sketches[j]) > 0 {
					wrong++
				}
			}
		}
		if wrong*100 > pairs {
			t.Errorf("%s: %d of %d unrelated pairs", name, wrong, pairs)
		}
		t.Logf("%s: %.3f %%", name, 100*float64(wrong)/float64(pairs))
	}
}

// Whatever edge a number is at, noise does not hide it.
func TestSketchFindsScalars(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 9))
	for range 20_000 {
		x := math.Exp(30*r.NormFloat64()) * float64(1-2*r.IntN(2))
		if r.IntN(2) == 0 {
			// One of the edges of the coarse grids, or next to it.
			bits := math.Float64bits(x) &^ (1<<42 - 1)
			bits -= goldenBits>>22 - uint64(r.IntN(2))<<41
			x = math.Float64frombits(bits + uint64(r.IntN(3)) - 1)
		}
		y := x * (1 + 1e-9*(2*r.Float64()-1))
		if n := inCommon(sketch(t, x), sketch(t, y)); n < 2 {
			t.Fatalf("%v and %v have %d buckets in common", x, y, n)
		}
	}
	if inCommon(sketch(t, 42), sketch(t, 42.0)) == 0 || inCommon(sketch(t, float32(0.1)), sketch(t, 0.1)) == 0 {
		t.Error("the type of a number hides it")
	}
	if inCommon(sketch(t, 0.001), sketch(t, 0.002)) != 0 {
		t.Error("numbers are near that are not")
	}
}

// Equal values have equal sketches, on all machines.
func TestSketchesOfEqualValues(t *testing.T) {
	t.Parallel()
	for seed := range uint64(3000) {
		a, b := randomPair(seed)
		x, errX := OfValue(a)
		y, errY := OfValue(b)
		if errX != nil || errY != nil {
			continue
		}
		native, portable := sketchBy(t, nativePlans, a), sketchBy(t, portablePlans, a)
		if diff := cmp.Diff(native, portable); diff != "" {
			t.Fatalf("seed %d, %s, by memory and by element:\n%s", seed, a.Type(), diff)
		}
		if len(native) > maxSketch || !slices.IsSorted(native) || len(slices.Compact(slices.Clone(native))) < len(native) {
			t.Fatalf("seed %d: buckets %v", seed, native)
		}
		if other := sketchBy(t, nativePlans, b); x == y && !slices.Equal(native, other) {
			t.Fatalf("seed %d, %s: equal values have sketches\n%v\n%v", seed, a.Type(), native, other)
		}
	}
	for name, v := range different() {
		if v == nil {
			continue
		}
		if a, b := sketch(t, v), sketch(t, different()[name]); !slices.Equal(a, b) {
			t.Errorf("%s: sketches\n%v\n%v", name, a, b)
		}
	}
}

func TestSketchOfNumbersThatAreNone(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(8, 8))
	x := normals(r, 1000)
	for i := 0; i < len(x); i += 7 {
		x[i] = []float64{math.NaN(), math.Inf(1), math.Inf(-1), 1e200, 5e-324}[i%5]
	}
	if inCommon(sketch(t, x), sketch(t, shuffled(r, x))) == 0 {
		t.Error("numbers with NaN and infinities are not found after a shuffle")
	}
	if inCommon(sketch(t, x), sketch(t, withNoise(r, x, 1e-12))) < 4 {
		t.Error("numbers with NaN and infinities are not found after noise")
	}
	for _, x := range [][]float64{
		make([]float64, 1000), nans(1000, 0xFFF8000000000001), slices.Repeat([]float64{math.Inf(1)}, 1000),
		slices.Repeat([]float64{1e300}, 1000), slices.Repeat([]float64{1, -1}, 500), {0, 5e-324},
	} {
		_ = sketch(t, x)
	}
	if inCommon(sketch(t, make([]float64, 1000)), sketch(t, make([]float64, 1001))) > 0 {
		t.Error("all that is zero has a bucket in common")
	}
	if inCommon(sketch(t, make([]float64, 1000)), sketch(t, make([]int, 1000))) == 0 {
		t.Error("zeros of another type are not found")
	}
}

// Work is bounded for what has no end, or no size.
func TestSketchEnds(t *testing.T) {
	t.Parallel()
	type self []self
	endless := make(self, 20)
	for i := range endless {
		endless[i] = endless
	}
	twice := any(1)
	for range 100 {
		twice = []any{twice, twice}
	}
	cyclic := map[string]any{}
	for i := range 30 {
		cyclic[fmt.Sprint(i)] = cyclic
	}
	for _, v := range []any{
		endless, twice, cyclic, make([]struct{}, 1<<40), make([][0]int, 1<<40), [1 << 40][0]string{}, chainOf(5000, 1),
	} {
		if got := len(sketch(t, v)); got > maxSketch {
			t.Errorf("%T: %d buckets", v, got)
		}
	}
}

func TestBottomKeepsTheSmallest(t *testing.T) {
	t.Parallel()
	for seed := range uint64(500) {
		r := rand.New(rand.NewPCG(seed, 4))
		b := bottom{most: 1 + r.IntN(8)}
		var all []uint64
		for range r.IntN(30) {
			h := uint64(r.IntN(20))
			all = append(all, h)
			b.add(h)
		}
		slices.Sort(all)
		all = slices.Compact(all)
		if want := all[:min(len(all), b.most)]; !slices.Equal(b.hashes(), want) {
			t.Fatalf("seed %d: %v, want %v", seed, b.hashes(), want)
		}
	}
}

// A gram does not depend on what was before it.
func TestGramsDependOnTheirCodesOnly(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(6, 6))
	for _, n := range []int{3, 4, 5, 8, 12, 16, 24} {
		codes := make([]uint64, n)
		for i := range codes {
			codes[i] = r.Uint64()
		}
		before, all := []uint64{r.Uint64(), r.Uint64()}, bottom{most: 8}
		grams(&all, append(before, codes...), n, 1)
		alone := bottom{most: 8}
		grams(&alone, codes, n, 1)
		if alone.count != 1 || all.count != 3 || !slices.Contains(all.hashes(), alone.hashes()[0]) {
			t.Errorf("grams of %d: %v alone, %v behind others", n, alone.hashes(), all.hashes())
		}
		for i := range codes {
			other := slices.Clone(codes)
			other[i]++
			changed := bottom{most: 8}
			grams(&changed, other, n, 1)
			if changed.hashes()[0] == alone.hashes()[0] {
				t.Errorf("grams of %d do not depend on code %d", n, i)
			}
		}
	}
}

// TestGoldenSketches holds sketches against those that were published: they are
// stored, and looked up by others. A change here means a new sketchVersion.
func TestGoldenSketches(t *testing.T) {
	t.Parallel()
	type config struct {
		Name  string
		Rate  float32
		Sizes []int
		Any   any
		M     map[string]float64
	}
	numbers := make([]float64, 20_000)
	for i := range numbers {
		numbers[i] = float64(i*i%1009) / 3
	}
	noisy := slices.Clone(numbers)
	noisy[7], noisy[8], noisy[9], noisy[10] = math.NaN(), math.Inf(-1), math.Copysign(0, -1), 1e-310
	m := map[string]float64{}
	for i := range 100 {
		m[fmt.Sprint(i)] = math.Sqrt(float64(i))
	}
	var b strings.Builder
	for _, row := range []struct {
		name  string
		value any
	}{
		{"nothing", []int(nil)},
		{"number", 0.1},
		{"text", "the quick brown fox jumps over the lazy dog"},
		{"few numbers", numbers[:10]},
		{"numbers", noisy[:1000]},
		{"many numbers", noisy},
		{"float32", converted[float32](numbers)},
		{"int", converted[int](numbers)},
		{"labels", converted[int8](affine(numbers, 1.0/300, 0))},
		{"rows", rowsOf(numbers, 100)},
		{"complex", []complex128{1i, 2, 3 + 4i, 5}},
		{"config", config{"a", 0.5, []int{3, 1}, config{Name: "b"}, m}},
		{"map", m},
		{"strings", strings.Fields(strings.Repeat("a bc def ghij klmno p qr ", 9))},
		{"records", manyLabels(7)},
		{"long text", strings.Repeat("0123456789 abcdefghijklmnopqrstuvwxyz, ", 1000)},
		{"times", []time.Time{time.Unix(1, 0).UTC(), time.Unix(2, 0).UTC()}},
	} {
		fmt.Fprintf(&b, "%s %016x\n", row.name, sketch(t, row.value))
		if portable := sketchBy(t, portablePlans, reflect.ValueOf(row.value)); !slices.Equal(portable, sketch(t, row.value)) {
			t.Errorf("%s: element by element %016x", row.name, portable)
		}
	}
	checkGolden(t, "sketches.golden", b.String())
}

func TestSketchOfSnapshots(t *testing.T) {
	t.Parallel()
	s := mustTake(t, map[string]any{"a": []float64{1, 2.5, 7}}, Limits{})
	if want := sketch(t, map[string]any{"a": []float64{1, 2.5, 7}}); len(want) == 0 || !slices.Equal(s.Sketch, want) {
		t.Fatalf("sketch %v, want %v", s.Sketch, want)
	}
	good := mustMarshal(t, s)
	head := len(snapshotMagic) + 2 + 8*len(s.Sketch)
	for n := range len(good) + 1 {
		got, err := SketchOf(good[:n])
		if n >= head && (err != nil || !slices.Equal(got, s.Sketch)) || n < head && err == nil {
			t.Errorf("of the first %d bytes, %d of them before the types: %v, %v", n, head, got, err)
		}
	}
	var version *SnapshotVersionError
	if _, err := SketchOf([]byte("LBSNAP\x03\x00")); !errors.As(err, &version) || version.Version != 3 {
		t.Errorf("a newer version: %v", err)
	}
	if _, err := SketchOf([]byte("something else")); !errors.Is(err, errNoSnapshot) {
		t.Errorf("no snapshot: %v", err)
	}
	many := append([]byte("LBSNAP\x02\x19"), make([]byte, 25*8)...)
	if _, err := SketchOf(many); !errors.Is(err, errDamaged) {
		t.Errorf("25 buckets: %v", err)
	}
	huge := append([]byte("LBSNAP\x02"), 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01)
	if _, err := SketchOf(huge); !errors.Is(err, errDamaged) {
		t.Errorf("a count that cannot be: %v", err)
	}
	s.Sketch = make([]uint64, maxSketch+1)
	if _, err := s.MarshalBinary(); err == nil {
		t.Error("a sketch that nobody can read is written")
	}
}

// Snapshots of the version before are in lab-books.
func TestSnapshotOfVersion1(t *testing.T) {
	t.Parallel()
	blob, err := os.ReadFile("testdata/version1.snapshot")
	if err != nil {
		t.Fatal(err)
	}
	if sketch, err := SketchOf(blob); sketch != nil || err != nil {
		t.Errorf("sketch %v, %v", sketch, err)
	}
	s := Snapshot{Sketch: []uint64{1}}
	if err := s.UnmarshalBinary(blob); err != nil || s.Sketch != nil {
		t.Fatalf("sketch %v, %v", s.Sketch, err)
	}
	value := struct {
		Name  string
		X     []float64
		ByKey map[string]int
	}{"abc", make([]float64, 20), map[string]int{"a": 1}}
	now := mustTake(t, value, Limits{ArrayBytes: 64})
	if diff := cmp.Diff(now.Root, s.Root); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	written := mustMarshal(t, now)
	body := len(snapshotMagic) + 2 + 8*len(now.Sketch)
	if !bytes.Equal(written[body:], blob[len(snapshotMagic)+1:]) {
		t.Error("what follows the sketch is not what version 1 wrote")
	}
	for n := range blob {
		if err := s.UnmarshalBinary(blob[:n]); err == nil {
			t.Errorf("the first %d of %d bytes are a snapshot", n, len(blob))
		}
	}
}

func FuzzSketchOf(f *testing.F) {
	f.Add(mustMarshal(f, mustTake(f, []float64{1, 2, 3}, Limits{})))
	f.Add([]byte("LBSNAP\x01\x00"))
	f.Add([]byte("LBSNAP\x02\x18"))
	f.Fuzz(func(t *testing.T, data []byte) {
		got, err := SketchOf(data)
		if err != nil && got != nil || len(got) > maxSketch {
			t.Fatalf("%d buckets, %v", len(got), err)
		}
		var s Snapshot
		if s.UnmarshalBinary(data) == nil && (err != nil || !slices.Equal(got, s.Sketch)) {
			t.Fatalf("sketch %v, %v, of a snapshot with %v", got, err, s.Sketch)
		}
	})
}

// FuzzSketch sketches numbers of any bits.
func FuzzSketch(f *testing.F) {
	f.Add(bytes.Repeat([]byte{1, 2, 3, 0xF0}, 100))
	f.Fuzz(func(t *testing.T, data []byte) {
		x := make([]float64, len(data)/8)
		for i := range x {
			x[i] = math.Float64frombits(binary.LittleEndian.Uint64(data[8*i:]))
		}
		wide := struct {
			F []float64
			W []uint32
			S string
		}{x, unsafe.Slice((*uint32)(unsafe.Pointer(unsafe.SliceData(x))), 2*len(x)), string(data)}
		v := reflect.ValueOf(wide)
		native, portable := sketchBy(t, nativePlans, v), sketchBy(t, portablePlans, v)
		if !slices.Equal(native, portable) || len(native) > maxSketch {
			t.Fatalf("%d buckets by memory, %d by element", len(native), len(portable))
		}
	})
}
