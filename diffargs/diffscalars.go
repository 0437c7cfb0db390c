package diffargs

import (
	"bytes"
	"math"
	"reflect"
	"strconv"
	"strings"
	"time"
)

func (d *differ) scalars(path string, a, b *Node) {
	if a.Number != b.Number {
		// One named type, defined otherwise.
		return
	}
	if bytes.Equal(a.Data, b.Data) {
		return
	}
	difference := numberDifference(path, a.numberAt(0), b.numberAt(0), a.Type)
	difference.Before, difference.After = a.Preview, b.Preview
	d.addOf(difference, a, b)
}

// numberDifference says how two numbers of one kind differ. typ is the name of
// their type, "" if it does not matter.
func numberDifference(path string, a, b number, typ string) Difference {
	c := contrastOf(a, b)
	difference := Difference{Path: path, Kind: c.kind, Before: a.String(), After: b.String()}
	switch {
	case c.kind == FloatNoise && c.ulps > 0 && c.ulps < 1000:
		difference.Detail = counted(int(c.ulps), "ulp", "ulps")
	case c.kind == Float32:
		difference.Detail = "the earlier one is the later one rounded to float32"
		if becameFloat32(a.float(), b.float()) {
			difference.Detail = "the later one is the earlier one rounded to float32"
		}
	case c.kind == Value && a.isFloat():
		difference.Detail = floatDetail(a, b, c)
	case c.kind == Value && (a.isSigned() || a.isUnsigned()):
		difference.Detail = integerDetail(a, b, typ)
	case c.relative > 0:
		difference.Detail = c.relativeText()
	}
	return difference
}

func (c contrast) relativeText() string {
	return "relative difference " + strconv.FormatFloat(c.relative, 'g', 2, 64)
}

// floatDetail says what is known of two floats: the sign, a factor between
// units, or a rounding; else by how much they differ.
func floatDetail(a, b number, c contrast) string {
	x, y, bits := a.float(), b.float(), 8*len(a.data)
	switch {
	case c.relative == 0:
		return "" // an infinity
	case x == -y:
		return "the sign changed"
	}
	if x != 0 && y != 0 {
		factor := knownFactor(y/x, closeness*roundoff(bits))
		if units := unitsText(factor); units != "" {
			return "times " + factorText(factor) + units
		}
	}
	if line := roundedNumber(x, y, bits); line != "" {
		return c.relativeText() + "; " + line
	}
	return c.relativeText()
}

// integerDetail says what is known of two integers: the sign, a factor between
// units, or that they are one apart.
func integerDetail(a, b number, typ string) string {
	more := " more"
	if compareNumbers(a, b) > 0 {
		more = " less"
	}
	apart := distance(a, b)
	switch {
	case typ == "time.Duration" && a.kind == reflect.Int64 && apart <= math.MaxInt64:
		return time.Duration(apart).String() + more + durationFactor(a, b)
	case a.isSigned() && a.signed() == -b.signed():
		return "the sign changed"
	case apart == 1:
		return "1" + more
	}
	return integerUnits(a, b)
}

// integerUnits says by what factor integers differ if it is one between units
// of time or of memory.
func integerUnits(a, b number) string {
	x, okX := (&array{kind: a.kind, data: a.data}).exactIntegers()
	y, okY := (&array{kind: b.kind, data: b.data}).exactIntegers()
	if !okX || !okY || x[0] == 0 || y[0] == 0 {
		return ""
	}
	factor := 0.0
	switch {
	case y[0]%x[0] == 0:
		factor = float64(y[0] / x[0])
	case x[0]%y[0] == 0:
		factor = 1 / float64(x[0]/y[0])
	}
	// Fractions are no integers.
	if _, from, to := conversionOf(factor); from == "" || from == "fractions" || to == "fractions" {
		return ""
	}
	return "times " + factorText(factor) + unitsText(factor)
}

// durationFactor says whether a duration was given in another unit: a bare
// number counts nanoseconds.
func durationFactor(a, b number) string {
	units := integerUnits(a, b)
	for _, factor := range []string{"times 1000", "times 1e6", "times 1e9", "times 1/1000", "times 1/1e6", "times 1/1e9", "times 60", "times 1/60"} {
		if strings.HasPrefix(units, factor+" ") {
			return ": " + factor
		}
	}
	return ""
}
