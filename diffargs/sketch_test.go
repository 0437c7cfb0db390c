package diffargs

import (
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"
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

func sketch(t testing.TB, v any) []uint64 {
	t.Helper()
	return sketchBy(t, nativePlans, reflect.ValueOf(v))
}

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

// sketchTrials is how often each change is tried, with other numbers each time.
const sketchTrials = 200

func TestSketchFindsNumbers(t *testing.T) {
	t.Parallel()
	trials := sketchTrials
	if raceEnabled {
		trials /= 10
	}
	for _, kind := range tellingNumbers {
		for _, n := range kind.sizes {
			t.Run(fmt.Sprint(kind.name, " ", n), func(t *testing.T) {
				t.Parallel()
				for name, change := range numberChanges {
					found, buckets := 0, 0
					for trial := range uint64(trials) {
						r := rand.New(rand.NewPCG(trial, uint64(n)))
						x := kind.make(r, n)
						if n := inCommon(sketch(t, x), sketch(t, change(r, x))); n > 0 {
							found++
							buckets += n
						}
					}
					if found < trials*99/100 {
						t.Errorf("%s: found %d times of %d", name, found, trials)
					}
					t.Logf("%s: found %.1f %%, %.1f buckets", name, 100*float64(found)/float64(trials), float64(buckets)/float64(trials))
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

// A margin of zeros neither hides what a picture shows nor makes all pictures
// near.
func TestSketchesOfPictures(t *testing.T) {
	t.Parallel()
	picture := func(seed uint64) []float64 {
		const side, margin = 28, 5
		r := rand.New(rand.NewPCG(seed, 6))
		x := make([]float64, side*side)
		for i := margin; i < side-margin; i++ {
			for j := margin; j < side-margin; j++ {
				x[i*side+j] = float64(r.IntN(256))
			}
		}
		return x
	}
	const pictures = 100
	var sketches [][]uint64
	for seed := range uint64(pictures) {
		x := picture(seed)
		sketches = append(sketches, sketch(t, x))
		r := rand.New(rand.NewPCG(seed, 7))
		for name, change := range numberChanges {
			if inCommon(sketches[seed], sketch(t, change(r, x))) == 0 {
				t.Errorf("picture %d, %s: not found", seed, name)
			}
		}
	}
	for i := range sketches {
		for j := range i {
			if n := inCommon(sketches[i], sketches[j]); n > 0 {
				t.Errorf("pictures %d and %d have %d buckets in common", i, j, n)
			}
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
		array, &array, rowsOf(whole, 10), points, complexes,
		[]any{whole},
		struct{ X any }{converted[uint](whole)},
	} {
		if n := inCommon(want, sketch(t, v)); n < len(want)-1 {
			t.Errorf("%T: %d of %d buckets", v, n, len(want))
		}
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
