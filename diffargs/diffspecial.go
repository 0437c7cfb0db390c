package diffargs

import (
	"fmt"
	"math"
	"reflect"
)

// allAlike says what all numbers that differ have in common: NaN, the sign of
// zero, or noise.
func (c *comparison) allAlike() (explanation, bool) {
	for _, kind := range []Kind{NaN, NegativeZero, FloatNoise} {
		if c.kinds[kind] != len(c.places) {
			continue
		}
		e := explanation{kind: kind}
		if kind == NaN && c.x.isFloat() {
			e.lines = c.nans()
		}
		return e, true
	}
	return explanation{}, false
}

// nans says what NaNs became, or what became NaN.
func (c *comparison) nans() []string {
	x, y := c.floats()
	gone, came := 0, 0
	var filler, filled float64
	oneFiller, oneFilled := true, true
	for _, i := range c.places {
		if x[i] != x[i] {
			oneFiller = oneFiller && (gone == 0 || y[i] == filler)
			filler = y[i]
			gone++
		} else {
			oneFilled = oneFilled && (came == 0 || x[i] == filled)
			filled = x[i]
			came++
		}
	}
	switch {
	case came == 0 && oneFiller:
		return []string{fmt.Sprintf("%s replaced by %s", wereCounted(gone, "NaN", "NaNs"), numberText(filler))}
	case came == 0:
		return []string{fmt.Sprintf("%s replaced by numbers", wereCounted(gone, "NaN", "NaNs"))}
	case gone == 0 && oneFilled && came > 1:
		return []string{fmt.Sprintf("%d elements that were %s are NaN", came, numberText(filled))}
	case gone == 0:
		return []string{fmt.Sprintf("%s replaced by NaN", wereCounted(came, "number", "numbers"))}
	default:
		return []string{fmt.Sprintf("%s replaced by numbers, and %s by NaN", wereCounted(gone, "NaN", "NaNs"), counted(came, "number", "numbers"))}
	}
}

func wereCounted(n int, one, many string) string {
	if n == 1 {
		return "1 " + one + " was"
	}
	return fmt.Sprintf("%d %s were", n, many)
}

// byteOrder says whether the bytes of every number are reversed.
func (c *comparison) byteOrder() (explanation, bool) {
	if c.x.width() < 2 || c.x.kind == reflect.Complex64 || c.x.kind == reflect.Complex128 {
		return explanation{}, false
	}
	for i := range c.x.len() {
		if !isByteSwapped(c.x.numberAt(i), c.y.numberAt(i)) {
			return explanation{}, false
		}
	}
	return explanation{ByteOrder, []string{fmt.Sprintf("the %d bytes of every number are reversed: big endian was taken for little endian, or the other way round", c.x.width())}}, true
}

// isByteSwapped reports whether the bytes of one number are those of the other
// in reverse. All NaNs have the same bytes in a snapshot.
func isByteSwapped(a, b number) bool {
	x, y := a.swapped(), b.swapped()
	return x == b.bits() || y == a.bits()
}

// substituted says whether all that differ became one value: one was replaced
// by another, a flag was flipped, or values beyond a limit were cut to it.
func (c *comparison) substituted() (explanation, bool) {
	if c.x.kind == reflect.Bool {
		if len(c.places) == c.x.len() {
			return explanation{Value, []string{"every one is flipped"}}, true
		}
		return explanation{}, false
	}
	x, y := c.symbols()
	first := c.places[0]
	oneBefore, oneAfter := true, true
	for _, i := range c.places {
		oneBefore = oneBefore && x[i] == x[first]
		oneAfter = oneAfter && y[i] == y[first]
	}
	before, after := c.x.numberAt(first), c.y.numberAt(first)
	switch {
	case oneBefore && oneAfter:
		line := fmt.Sprintf("%d elements that were %s are %s", len(c.places), before, after)
		return explanation{Value, []string{line}}, true
	case oneAfter && len(c.places) == len(y):
		return explanation{Value, []string{fmt.Sprintf("all are %s", after)}}, true
	}
	return c.clipped()
}

// clipped says whether the later numbers are the earlier ones within limits.
func (c *comparison) clipped() (explanation, bool) {
	if !c.x.isReal() {
		return explanation{}, false
	}
	x, y := c.floats()
	low, high := math.Inf(-1), math.Inf(1)
	for _, i := range c.places {
		if y[i] > x[i] {
			low = max(low, y[i])
		} else {
			high = min(high, y[i])
		}
	}
	if math.IsNaN(low) || math.IsNaN(high) || low > high {
		return explanation{}, false
	}
	for i := range x {
		if y[i] != min(max(x[i], low), high) && (y[i] == y[i] || x[i] == x[i]) {
			return explanation{}, false
		}
	}
	raised := 0
	for _, i := range c.places {
		if y[i] > x[i] {
			raised++
		}
	}
	// A single one is at its own limit.
	lowered := len(c.places) - raised
	if raised == 1 || lowered == 1 {
		return explanation{}, false
	}
	var line string
	switch {
	case raised == 0:
		line = fmt.Sprintf("all above %s were set to it", numberText(high))
	case lowered == 0:
		line = fmt.Sprintf("all below %s were set to it", numberText(low))
	default:
		line = fmt.Sprintf("all below %s and above %s were set to these", numberText(low), numberText(high))
	}
	return explanation{Value, []string{line}}, true
}
