package diffargs

import "math"

// A line is y = factor·x + offset.
type line struct{ factor, offset float64 }

// closeness is how many units of rounding a number may be off a line: about 4
// ulps, since the factor itself is rounded.
const closeness = 8

// roundoff returns the largest relative error of rounding to a float of so many
// bits.
func roundoff(floatBits int) float64 {
	if floatBits == 32 {
		return 0x1p-24
	}
	return 0x1p-53
}

// smallest returns the smallest positive float of so many bits.
func smallest(floatBits int) float64 {
	if floatBits == 32 {
		return math.SmallestNonzeroFloat32
	}
	return math.SmallestNonzeroFloat64
}

func (l line) kind() Kind {
	if l.factor == 1 {
		return Offset
	}
	return Scale
}

// text says what became of the earlier numbers.
func (l line) text() string {
	switch {
	case l.offset == 0:
		return timesText(l.factor)
	case l.factor == 1:
		return plusText(l.offset)
	default:
		return "times " + factorText(l.factor) + " " + plusText(l.offset)
	}
}

// lineOfFloats finds the simplest line: a factor, an offset, both.
func lineOfFloats(x, y []float64, floatBits int) (line, bool) {
	if factor, ok := factorOfFloats(x, y, floatBits); ok {
		return line{factor: factor}, true
	}
	if offset, ok := offsetOfFloats(x, y, floatBits); ok {
		return line{1, offset}, true
	}
	return slopeOfFloats(x, y, floatBits)
}

// factorOfFloats returns the factor that makes every y of x. At least two
// values of x that are not zero have to agree on it.
func factorOfFloats(x, y []float64, floatBits int) (float64, bool) {
	largest := -1
	for i := range x {
		if isFinite(x[i]) && (largest < 0 || math.Abs(x[i]) > math.Abs(x[largest])) {
			largest = i
		}
	}
	if largest < 0 || x[largest] == 0 {
		return 0, false
	}
	factor := y[largest] / x[largest]
	if factor == 0 || !isFinite(factor) || !hasOtherMagnitude(x, x[largest]) {
		return 0, false
	}
	fits := func(factor float64) bool {
		for i := range x {
			if !isNear(y[i], factor*x[i], math.Abs(y[i]), floatBits) {
				return false
			}
		}
		return true
	}
	if known := knownFactor(factor, closeness*roundoff(floatBits)); known != factor && fits(known) {
		factor = known
	}
	return factor, factor != 1 && fits(factor)
}

// hasOtherMagnitude reports whether x has a finite number other than ±value
// and 0.
func hasOtherMagnitude(x []float64, value float64) bool {
	for _, f := range x {
		if isFinite(f) && f != 0 && math.Abs(f) != math.Abs(value) {
			return true
		}
	}
	return false
}

// isNear reports whether y is what it should be but for rounding of numbers of
// that magnitude. NaN and the infinities have to be what they should be.
func isNear(y, want, magnitude float64, floatBits int) bool {
	if !isFinite(y) || !isFinite(want) {
		// A product can overflow in a float32 before it does here.
		overflows := floatBits == 32 && math.IsInf(y, 0) && math.Abs(want) > math.MaxFloat32 && y*want > 0
		return y == want || y != y && want != want || overflows
	}
	return math.Abs(y-want) <= closeness*roundoff(floatBits)*magnitude+4*smallest(floatBits)
}

func isFinite(f float64) bool { return f-f == 0 }

// offsetOfFloats returns the constant by which every finite y is more than x.
func offsetOfFloats(x, y []float64, floatBits int) (float64, bool) {
	best, differing, finite := -1, 0, 0
	magnitude := func(i int) float64 { return max(math.Abs(x[i]), math.Abs(y[i])) }
	for i := range x {
		if !isFinite(x[i]) {
			continue
		}
		finite++
		if x[i] != y[i] {
			differing++
		}
		// The smallest numbers tell the offset most exactly.
		if best < 0 || magnitude(i) < magnitude(best) {
			best = i
		}
	}
	if best < 0 || differing < finite || !hasOther(x, x[best]) {
		return 0, false
	}
	offset := y[best] - x[best]
	fits := func(offset float64) bool {
		for i := range x {
			if !isNear(y[i], x[i]+offset, max(magnitude(i), math.Abs(offset)), floatBits) {
				return false
			}
		}
		return true
	}
	if short := shortened(offset); short != offset && fits(short) {
		offset = short
	}
	return offset, isFinite(offset) && fits(offset)
}

// hasOther reports whether x has a finite number other than value.
func hasOther(x []float64, value float64) bool {
	for _, f := range x {
		if isFinite(f) && f != value {
			return true
		}
	}
	return false
}

// slopeOfFloats finds a line with a factor and an offset. Two values of x make
// one, and at least one more has to be on it.
func slopeOfFloats(x, y []float64, floatBits int) (line, bool) {
	near, far, third := -1, -1, false
	for i := range x {
		if isFinite(x[i]) && (near < 0 || math.Abs(x[i]) < math.Abs(x[near])) {
			near = i
		}
	}
	if near < 0 {
		return line{}, false
	}
	for i := range x {
		if isFinite(x[i]) && (far < 0 || math.Abs(x[i]-x[near]) > math.Abs(x[far]-x[near])) {
			far = i
		}
	}
	l := line{factor: (y[far] - y[near]) / (x[far] - x[near])}
	l.offset = y[near] - l.factor*x[near]
	if l.factor == 0 || !isFinite(l.factor) || !isFinite(l.offset) {
		return line{}, false
	}
	differing := 0
	for i := range x {
		third = third || isFinite(x[i]) && x[i] != x[near] && x[i] != x[far]
		magnitude := math.Abs(l.factor*x[i]) + math.Abs(l.offset) + math.Abs(y[i])
		if !isNear(y[i], l.factor*x[i]+l.offset, magnitude, floatBits) {
			return line{}, false
		}
		if x[i] != y[i] {
			differing++
		}
	}
	return l, third && 2*differing > len(x)
}
