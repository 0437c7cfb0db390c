package diffargs

import (
	"fmt"
	"math"
	"reflect"
	"strconv"
	"strings"
)

// maxDecimals is the most decimals that numbers count as rounded to.
const maxDecimals = 12

// rounded says whether the later numbers are the earlier ones rounded.
func (c *comparison) rounded() (explanation, bool) {
	x, y := c.floatsThatDiffer()
	n, ok := roundedTo(x, y, 8*c.x.width())
	return explanation{Value, []string{"the later ones are the earlier ones " + decimals(n)}}, ok
}

// roundedBefore says whether the earlier numbers are the later ones rounded.
func (c *comparison) roundedBefore() (explanation, bool) {
	x, y := c.floatsThatDiffer()
	n, ok := roundedTo(y, x, 8*c.x.width())
	return explanation{Value, []string{"the earlier ones are the later ones " + decimals(n)}}, ok
}

func decimals(n int) string {
	if n == 0 {
		return "rounded to whole numbers"
	}
	return "rounded to " + counted(n, "decimal", "decimals")
}

// floatsThatDiffer returns the numbers that differ, none for kinds other than
// floats.
func (c *comparison) floatsThatDiffer() (x, y []float64) {
	if !c.x.isFloat() {
		return nil, nil
	}
	allX, allY := c.floats()
	x, y = make([]float64, len(c.places)), make([]float64, len(c.places))
	for k, i := range c.places {
		x[k], y[k] = allX[i], allY[i]
	}
	return x, y
}

// roundedTo returns to how many decimals y is x rounded: each of y has at most
// as many, and is at most half a unit of the last one away. They are floats of
// so many bits.
func roundedTo(x, y []float64, bits int) (n int, ok bool) {
	farthest := 0.0
	for i := range x {
		if math.IsNaN(x[i]) || math.IsInf(x[i], 0) || math.IsInf(y[i], 0) || math.IsNaN(y[i]) {
			return 0, false
		}
		if math.Abs(x[i]-y[i]) > 0.5000001 {
			return 0, false
		}
		if n = max(n, decimalsOf(y[i], bits)); n > maxDecimals {
			return 0, false
		}
		// A half is rounded up or to even, and neither is exact in binary.
		farthest = max(farthest, math.Abs(x[i]-y[i])-4*math.Abs(y[i])*roundoff(bits))
	}
	return n, len(x) > 0 && farthest <= 0.5*math.Pow10(-n)*(1+1e-9)
}

// decimalsOf returns how many decimals a number has, more than maxDecimals if
// they are many.
func decimalsOf(f float64, bits int) int {
	if math.Abs(f) < 1e-6 && f != 0 {
		return maxDecimals + 1
	}
	text := strconv.FormatFloat(f, 'f', -1, bits)
	if point := strings.IndexByte(text, '.'); point >= 0 {
		return len(text) - point - 1
	}
	return 0
}

// losesDecimals reports whether y is x rounded, and to how many decimals, for
// numbers on their own: it has to lose four decimals or more, since any number
// is near some round one.
func losesDecimals(x, y float64, bits int) (n int, ok bool) {
	const fewest = 4
	n, ok = roundedTo([]float64{x}, []float64{y}, bits)
	return n, ok && decimalsOf(x, bits) >= n+fewest
}

// roundedNumber says whether one number is the other rounded.
func roundedNumber(x, y float64, bits int) string {
	if n, ok := losesDecimals(x, y, bits); ok {
		return "the later one is the earlier one " + decimals(n)
	}
	if n, ok := losesDecimals(y, x, bits); ok {
		return "the earlier one is the later one " + decimals(n)
	}
	return ""
}

// becameFloat32 reports whether y is x after a conversion to float32 and back,
// and not as well x rounded to few decimals.
func becameFloat32(x, y float64) bool {
	if !isFloat32Of(x, y) {
		return false
	}
	_, rounded := losesDecimals(x, y, 64)
	return !rounded
}

// throughFloat32 says whether all that differ went through float32.
func (c *comparison) throughFloat32() (explanation, bool) {
	if c.x.kind != reflect.Float64 {
		return explanation{}, false
	}
	x, y := c.floatsThatDiffer()
	later, earlier, overflowed := true, true, 0
	for i := range x {
		later = later && isFloat32Of(x[i], y[i])
		earlier = earlier && isFloat32Of(y[i], x[i])
		if math.IsInf(x[i], 0) != math.IsInf(y[i], 0) {
			overflowed++
		}
	}
	var line string
	switch {
	case later:
		line = "the later ones are the earlier ones rounded to float32"
	case earlier:
		line = "the earlier ones are the later ones rounded to float32"
	default:
		return explanation{}, false
	}
	if overflowed > 0 {
		line += fmt.Sprintf("; %d of them overflowed to infinity", overflowed)
	}
	return explanation{Float32, []string{line}}, true
}

// isFloat32Of reports whether y is x after a conversion to float32 and back.
func isFloat32Of(x, y float64) bool { return y == float64(float32(x)) }
