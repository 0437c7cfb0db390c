package diffargs

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
func linesOf(x, y []float64, parts, size, partStride, stride, floatBits int) (all bool, words string) {
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
		l, ok := lineOfFloats(partX, partY, floatBits)
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
