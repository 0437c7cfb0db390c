package diffargs

import "math/bits"

// lineOfIntegers finds the simplest line that is exact: a factor, an offset,
// both. At least two values tell a factor or an offset, three both.
func lineOfIntegers(x, y []int64) (line, bool) {
	if len(x) == 0 {
		return line{}, false
	}
	largest, other := 0, -1
	for i := range x {
		if magnitudeOf(x[i]) > magnitudeOf(x[largest]) {
			largest = i
		}
	}
	x0, y0 := x[largest], y[largest]
	otherMagnitude, third, differing := false, false, 0
	for i := range x {
		otherMagnitude = otherMagnitude || x[i] != 0 && magnitudeOf(x[i]) != magnitudeOf(x0)
		if other < 0 && x[i] != x0 {
			other = i
		}
		third = third || other >= 0 && x[i] != x0 && x[i] != x[other]
		if x[i] != y[i] {
			differing++
		}
	}
	all := func(fits func(x, y int64) bool) bool {
		for i := range x {
			if !fits(x[i], y[i]) {
				return false
			}
		}
		return true
	}
	switch {
	case y0 != 0 && otherMagnitude && all(func(x, y int64) bool { return sameProducts(y, x0, x, y0) }):
		return line{factor: float64(y0) / float64(x0)}, true
	case other >= 0 && all(func(x, y int64) bool { return y-x == y0-x0 }):
		return line{1, float64(y0 - x0)}, true
	case !third || 2*differing <= len(x):
		return line{}, false
	}
	dx, dy := x[other]-x0, y[other]-y0
	if dy == 0 || !all(func(x, y int64) bool { return sameProducts(y-y0, dx, x-x0, dy) }) {
		return line{}, false
	}
	factor := float64(dy) / float64(dx)
	return line{factor, float64(y0) - factor*float64(x0)}, true
}

func magnitudeOf(n int64) uint64 {
	if n < 0 {
		return uint64(-n)
	}
	return uint64(n)
}

// sameProducts reports whether a·b = c·d.
func sameProducts(a, b, c, d int64) bool {
	high, low := bits.Mul64(magnitudeOf(a), magnitudeOf(b))
	otherHigh, otherLow := bits.Mul64(magnitudeOf(c), magnitudeOf(d))
	sign := func(a, b int64) bool { return (a < 0) != (b < 0) }
	return high == otherHigh && low == otherLow && (high|low == 0 || sign(a, b) == sign(c, d))
}
