package diagnose

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

func (d *diagnosis) simple(h head) error {
	switch h.info {
	case 20, 21:
		return d.write(strconv.FormatBool(h.info == 21))
	case 22:
		return d.write("null")
	case 23:
		return d.write("undefined")
	case 25:
		return d.write(formatFloat(halfFloat(uint16(h.arg)), 32))
	case 26:
		return d.write(formatFloat(float64(math.Float32frombits(uint32(h.arg))), 32))
	case 27:
		return d.write(formatFloat(math.Float64frombits(h.arg), 64))
	case indefinite:
		return ErrNoCBOR // a break, and nothing to break off
	}
	return d.write(fmt.Sprintf("simple(%d)", h.arg))
}

// formatFloat writes a float such that nobody takes it for an integer.
func formatFloat(x float64, bits int) string {
	switch {
	case math.IsInf(x, 1):
		return "Infinity"
	case math.IsInf(x, -1):
		return "-Infinity"
	}
	text := strconv.FormatFloat(x, 'g', -1, bits)
	if strings.Trim(text, "-0123456789") == "" {
		text += ".0"
	}
	return text
}

// halfFloat is the value of IEEE 754's binary16.
func halfFloat(b uint16) float64 {
	exponent, fraction := int(b>>10&31), float64(b&1023)
	x := math.Ldexp(1+fraction/1024, exponent-15)
	switch exponent {
	case 0:
		x = math.Ldexp(fraction, -24)
	case 31:
		if x = math.Inf(1); fraction != 0 {
			x = math.NaN()
		}
	}
	if b>>15 == 1 {
		x = -x
	}
	return x
}
