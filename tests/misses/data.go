package misses

import (
	"math"
	"math/rand/v2"
	"slices"
)

// readings are n numbers as an instrument gives them: of no pattern, and the same
// each time.
func readings(n int) []float64 { return otherReadings(n, 1) }

// otherReadings are those of another day.
func otherReadings(n int, day uint64) []float64 {
	random := rand.New(rand.NewPCG(day, 0))
	x := make([]float64, n)
	for i := range x {
		x[i] = 20 + 5*random.NormFloat64()
	}
	return x
}

// features are a table: a row for each sample.
func features(samples, columns int) [][]float64 {
	x := make([][]float64, samples)
	for i := range x {
		x[i] = otherReadings(columns, uint64(i+1))
	}
	return x
}

// picture is an image of so many pixels.
func picture(pixels int) []uint8 {
	random := rand.New(rand.NewPCG(3, 0))
	image := make([]uint8, pixels)
	for i := range image {
		image[i] = uint8(random.Uint32())
	}
	return image
}

// shuffled is in another order, the same each time.
func shuffled[E any](x []E) []E {
	y := slices.Clone(x)
	rand.New(rand.NewPCG(4, 0)).Shuffle(len(y), func(i, j int) { y[i], y[j] = y[j], y[i] })
	return y
}

// each has f applied to every number.
func each(x []float64, f func(float64) float64) []float64 {
	y := make([]float64, len(x))
	for i, v := range x {
		y[i] = f(v)
	}
	return y
}

// eachRow has f applied to every number of a table.
func eachRow(x [][]float64, f func(float64) float64) [][]float64 {
	y := make([][]float64, len(x))
	for i, row := range x {
		y[i] = each(row, f)
	}
	return y
}

// with has one number replaced.
func with(x []float64, i int, v float64) []float64 {
	y := slices.Clone(x)
	y[i] = v
	return y
}

// groupSums adds readings by group, in the order of a map that is walked up or
// down: Go walks maps in any order, and here both must happen.
func groupSums(groups int, backwards bool) []float64 {
	sums := make([]float64, groups)
	for g := range sums {
		parts := otherReadings(50, uint64(g+10))
		if backwards {
			slices.Reverse(parts)
		}
		sums[g] = Sum(parts)
	}
	return sums
}

func mean(x []float64) float64 { return Sum(x) / float64(len(x)) }

func deviation(x []float64) float64 {
	m := mean(x)
	return math.Sqrt(mean(each(x, func(v float64) float64 { return (v - m) * (v - m) })))
}
