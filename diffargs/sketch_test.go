package diffargs

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
)

// shared counts the buckets that two values have in common.
func shared(t testing.TB, a, b any) int {
	t.Helper()
	x, y := mustTake(t, a, Limits{}).Sketch, mustTake(t, b, Limits{}).Sketch
	return sharedBuckets(x, y)
}

func sharedBuckets(a, b []uint64) int {
	count := 0
	for _, bucket := range a {
		if slices.Contains(b, bucket) {
			count++
		}
	}
	return count
}

func normals(r *rand.Rand, n int) []float64 {
	x := make([]float64, n)
	for i := range x {
		x[i] = r.NormFloat64()
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

// near are changes that a value must be found again after.
var near = map[string]func(r *rand.Rand, x []float64) any{
	"noise of 1e-15": func(r *rand.Rand, x []float64) any { return withNoise(r, x, 1e-15) },
	"noise of 1e-6":  func(r *rand.Rand, x []float64) any { return withNoise(r, x, 1e-6) },
	"float32":        func(_ *rand.Rand, x []float64) any { return converted[float32](x) },
	"float32 and back": func(_ *rand.Rand, x []float64) any {
		return converted[float64](converted[float32](x))
	},
	"one changed": func(r *rand.Rand, x []float64) any {
		y := slices.Clone(x)
		y[r.IntN(len(y))] += 1000
		return y
	},
	"first changed": func(_ *rand.Rand, x []float64) any {
		y := slices.Clone(x)
		y[0] += 1000
		return y
	},
	"last changed": func(_ *rand.Rand, x []float64) any {
		y := slices.Clone(x)
		y[len(y)-1] = 0.123
		return y
	},
	"shuffled":       func(r *rand.Rand, x []float64) any { return shuffled(r, x) },
	"appended":       func(r *rand.Rand, x []float64) any { return append(slices.Clone(x), r.NormFloat64()) },
	"prepended":      func(r *rand.Rand, x []float64) any { return append([]float64{r.NormFloat64()}, x...) },
	"first removed":  func(_ *rand.Rand, x []float64) any { return x[1:] },
	"last removed":   func(_ *rand.Rand, x []float64) any { return x[:len(x)-1] },
	"middle removed": func(_ *rand.Rand, x []float64) any { return slices.Delete(slices.Clone(x), len(x)/2, len(x)/2+1) },
	"shifted":        func(r *rand.Rand, x []float64) any { return append(slices.Clone(x[1:]), r.NormFloat64()) },
	"rotated":        func(_ *rand.Rand, x []float64) any { return append(slices.Clone(x[1:]), x[0]) },
	"scaled":         func(_ *rand.Rand, x []float64) any { return affine(x, 2.54, 0) },
	"scaled by -1":   func(_ *rand.Rand, x []float64) any { return affine(x, -1, 0) },
	"moved":          func(_ *rand.Rand, x []float64) any { return affine(x, 1, 273.15) },
	"affine":         func(_ *rand.Rand, x []float64) any { return affine(x, 1.8, 32) },
	"rows":           func(_ *rand.Rand, x []float64) any { return slices.Collect(slices.Chunk(x, max(len(x)/5, 2))) },
	"transposed":     func(_ *rand.Rand, x []float64) any { return transposed(x, 5) },
	"rows shuffled": func(r *rand.Rand, x []float64) any {
		return shuffled(r, slices.Collect(slices.Chunk(x, max(len(x)/10, 2))))
	},
	"in a struct": func(_ *rand.Rand, x []float64) any {
		type values []float64
		return struct{ X values }{x}
	},
	"reversed": func(_ *rand.Rand, x []float64) any {
		y := slices.Clone(x)
		slices.Reverse(y)
		return y
	},
}

func withNoise(r *rand.Rand, x []float64, size float64) []float64 {
	y := slices.Clone(x)
	for i := range y {
		y[i] *= 1 + size*(2*r.Float64()-1)
	}
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

func transposed(x []float64, rows int) [][]float64 {
	columns := len(x) / rows
	y := make([][]float64, columns)
	for i := range y {
		for j := range rows {
			y[i] = append(y[i], x[j*columns+i])
		}
	}
	return y
}

func TestTmpRates(t *testing.T) {
	kinds := map[string]func(r *rand.Rand, n int) []float64{
		"normal": normals,
		"pixels": func(r *rand.Rand, n int) []float64 { return digits(r, n, 256) },
		"0-9":    func(r *rand.Rand, n int) []float64 { return digits(r, n, 10) },
		"labels": func(r *rand.Rand, n int) []float64 { return digits(r, n, 2) },
		"sparse": func(r *rand.Rand, n int) []float64 {
			x := make([]float64, n)
			for i := range x {
				if r.IntN(10) == 0 {
					x[i] = r.NormFloat64()
				}
			}
			return x
		},
		"times": func(r *rand.Rand, n int) []float64 {
			x := make([]float64, n)
			for i := range x {
				x[i] = 1.7e9 + float64(r.IntN(100000))
			}
			return x
		},
		"walk": func(r *rand.Rand, n int) []float64 {
			x := normals(r, n)
			for i := range x[1:] {
				x[i+1] = x[i] + x[i+1]/10
			}
			return x
		},
		"z-scores": func(r *rand.Rand, n int) []float64 {
			x := normals(r, n)
			m := 0.0
			for _, v := range x {
				m += v
			}
			return affine(x, 1, -m/float64(n))
		},
	}
	for _, kind := range []string{"normal", "z-scores", "walk", "pixels", "0-9", "times", "sparse", "labels"} {
		for _, n := range []int{10, 20, 30, 40, 100, 1000, 10000, 100000} {
			trials := 200
			if n >= 10000 {
				trials = 40
			}
			line := ""
			for name, change := range near {
				found, sum := 0, 0
				for trial := range trials {
					r := rand.New(rand.NewPCG(uint64(trial), 7))
					x := kinds[kind](r, n)
					if c := shared(t, x, change(r, x)); c > 0 {
						found++
						sum += c
					}
				}
				if found*100 < trials*99 {
					line += fmt.Sprintf(" %s:%d%%(%d)", name, 100*found/trials, sum/trials)
				}
			}
			var sketches [][]uint64
			for trial := range trials {
				r := rand.New(rand.NewPCG(uint64(trial), 7))
				sketches = append(sketches, mustTake(t, kinds[kind](r, n), Limits{}).Sketch)
			}
			wrong, pairs, size := 0, 0, 0
			for i := range sketches {
				size += len(sketches[i])
				for j := range i {
					pairs++
					if sharedBuckets(sketches[i], sketches[j]) > 0 {
						wrong++
					}
				}
			}
			t.Logf("%s %d: buckets %d, false %.3f%% missed%s", kind, n, size/trials, 100*float64(wrong)/float64(pairs), line)
		}
	}
}
