package diffargs

import (
	"math"
	"math/bits"
)

// A line is y = factor·x + offset.
type line struct{ factor, offset float64 }

// closeness is how many units of rounding a number may be off a line: about 4
// ulps, since the factor itself is rounded.
const closeness = 8

// roundoff returns the largest relative error of rounding to a float of so many
// bits.
func roundoff(bits int) float64 {
	if bits == 32 {
		return 0x1p-24
	}
	return 0x1p-53
}

// smallest returns the smallest positive float of so many bits.
func smallest(bits int) float64 {
	if bits == 32 {
		return math.SmallestNonzeroFloat32
	}
	return math.SmallestNonzeroFloat64
}

// scaled says whether every number is the earlier one times a factor, plus a
// constant, or both.
func (c *comparison) scaled() (explanation, bool) {
	l, ok := c.line()
	text := "every element is the earlier one " + l.text()
	switch {
	case !ok:
		return explanation{}, false
	case l.factor == 1:
		text += c.centred()
	case l.offset != 0:
		text += c.normalised()
	}
	return explanation{l.kind(), []string{text}}, true
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

// line returns the line on which all pairs of numbers lie.
func (c *comparison) line() (line, bool) {
	switch {
	case c.x.isReal() && !c.x.isFloat():
		x, ok := c.x.exactIntegers()
		y, okY := c.y.exactIntegers()
		if !ok || !okY {
			return line{}, false
		}
		return lineOfIntegers(x, y)
	case c.x.isReal():
		x, y := c.floats()
		return lineOfFloats(x, y, 8*c.x.width())
	case c.x.width() >= 8: // complex
		x, y := c.floats()
		factor, ok := factorOfFloats(x, y, 4*c.x.width())
		return line{factor: factor}, ok
	default:
		return line{}, false
	}
}

// lineOfFloats finds the simplest line: a factor, an offset, both.
func lineOfFloats(x, y []float64, bits int) (line, bool) {
	if factor, ok := factorOfFloats(x, y, bits); ok {
		return line{factor: factor}, true
	}
	if offset, ok := offsetOfFloats(x, y, bits); ok {
		return line{1, offset}, true
	}
	return slopeOfFloats(x, y, bits)
}

// factorOfFloats returns the factor that makes every y of x. At least two
// values of x that are not zero have to agree on it.
func factorOfFloats(x, y []float64, bits int) (float64, bool) {
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
			if !isNear(y[i], factor*x[i], math.Abs(y[i]), bits) {
				return false
			}
		}
		return true
	}
	if known := knownFactor(factor, closeness*roundoff(bits)); known != factor && fits(known) {
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
func isNear(y, want, magnitude float64, bits int) bool {
	if !isFinite(y) || !isFinite(want) {
		// A product can overflow in a float32 before it does here.
		overflows := bits == 32 && math.IsInf(y, 0) && math.Abs(want) > math.MaxFloat32 && y*want > 0
		return y == want || y != y && want != want || overflows
	}
	return math.Abs(y-want) <= closeness*roundoff(bits)*magnitude+4*smallest(bits)
}

func isFinite(f float64) bool { return f-f == 0 }

// offsetOfFloats returns the constant by which every finite y is more than x.
func offsetOfFloats(x, y []float64, bits int) (float64, bool) {
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
			if !isNear(y[i], x[i]+offset, max(magnitude(i), math.Abs(offset)), bits) {
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
func slopeOfFloats(x, y []float64, bits int) (line, bool) {
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
		if !isNear(y[i], l.factor*x[i]+l.offset, magnitude, bits) {
			return line{}, false
		}
		if x[i] != y[i] {
			differing++
		}
	}
	return l, third && 2*differing > len(x)
}

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

// scaledInParts says whether every column or every row of a matrix lies on a
// line of its own.
func (c *comparison) scaledInParts() (explanation, bool) {
	n := c.x.columns()
	if n < 2 || len(c.x.shape) != 2 || !c.x.isFloat() {
		return explanation{}, false
	}
	x, y := c.floats()
	m := c.x.shape[0]
	if columns, words := linesOf(x, y, n, m, 1, n, 8*c.x.width()); columns {
		return explanation{Scale, []string{"every column is scaled on its own" + words}}, true
	}
	if rows, words := linesOf(x, y, m, n, n, 1, 8*c.x.width()); rows {
		return explanation{Scale, []string{"every row is scaled on its own" + words}}, true
	}
	return explanation{}, false
}

// linesOf reports whether each of so many parts of a matrix, of size numbers,
// lies on a line. Numbers are stride apart, and parts begin partStride apart. At
// least two parts need a line that could have been missed; parts that are
// constant have one anyway.
func linesOf(x, y []float64, parts, size, partStride, stride, bits int) (all bool, words string) {
	partX, partY := make([]float64, size), make([]float64, size)
	real, standardised, ranged, factors := 0, true, true, true
	for part := range parts {
		for i := range size {
			at := part*partStride + i*stride
			partX[i], partY[i] = x[at], y[at]
		}
		if isConstant(partX) {
			if !isConstant(partY) {
				return false, ""
			}
			continue
		}
		l, ok := lineOfFloats(partX, partY, bits)
		if !ok {
			return false, ""
		}
		real++
		s := momentsOf(partY)
		standardised = standardised && s.isStandard()
		ranged = ranged && s.isUnit()
		factors = factors && l.offset == 0
	}
	switch {
	case real < 2:
		return false, ""
	case standardised:
		words = ": mean 0 and standard deviation 1 now"
	case ranged:
		words = ": from 0 to 1 now"
	case factors:
		words = ", by a factor"
	default:
		words = ", by a factor and a constant"
	}
	return true, words
}

func isConstant(x []float64) bool {
	for _, f := range x {
		if f != x[0] && (f == f || x[0] == x[0]) {
			return false
		}
	}
	return true
}

// centred and normalised say what became of all numbers, if it is well known.
func (c *comparison) centred() string {
	x, y := c.floats()
	if momentsOf(y).isCentred() && !momentsOf(x).isCentred() {
		return ": the mean is 0 now"
	}
	return ""
}

func (c *comparison) normalised() string {
	x, y := c.floats()
	switch before, after := momentsOf(x), momentsOf(y); {
	case after.isStandard():
		return ": mean 0 and standard deviation 1 now"
	case after.isUnit():
		return ": from 0 to 1 now"
	case before.isStandard():
		return ": mean 0 and standard deviation 1 before"
	case before.isUnit():
		return ": from 0 to 1 before"
	}
	return ""
}
