package diffargs

import (
	"fmt"
	"math"
	"strconv"
)

// A conversion is a factor that people multiply by, and why.
type conversion struct {
	factor   float64
	text     string
	from, to string // units, "" if there is nothing to say
}

// conversions are looked up from the first on, each of them and its inverse.
var conversions = []conversion{
	{1000, "1000", "seconds", "milliseconds"},
	{1e6, "1e6", "seconds", "microseconds"},
	{1e9, "1e9", "seconds", "nanoseconds"},
	{60, "60", "minutes", "seconds"},
	{3600, "3600", "hours", "seconds"},
	{86400, "86400", "days", "seconds"},
	{100, "100", "fractions", "percent"},
	{255, "255", "fractions", "bytes"},
	{1024, "1024", "KiB", "bytes"},
	{1 << 20, "1048576", "MiB", "bytes"},
	{1 << 30, "1073741824", "GiB", "bytes"},
	{180 / math.Pi, "180/π", "radians", "degrees"},
	{2.54, "2.54", "inches", "centimetres"},
	{0.3048, "0.3048", "feet", "metres"},
	{1.609344, "1.609344", "miles", "kilometres"},
	{0.45359237, "0.45359237", "pounds", "kilograms"},
	{math.Ln2, "ln 2", "", ""},
	{math.Ln10, "ln 10", "", ""},
	{math.Pi, "π", "", ""},
	{math.Sqrt2, "√2", "", ""},
}

// knownFactor returns the well-known factor that is within a relative tolerance
// of another one: a conversion, a whole number, a fraction of small numbers or a
// short decimal; else the factor itself.
func knownFactor(factor, tolerance float64) float64 {
	near := func(known float64) bool { return math.Abs(factor-known) <= tolerance*math.Abs(factor) }
	for _, c := range conversions {
		if near(c.factor) {
			return c.factor
		}
		if near(1 / c.factor) {
			return 1 / c.factor
		}
	}
	for q := 1.0; q <= 12; q++ {
		if p := math.Round(factor * q); p != 0 && math.Abs(p) < 1e9 && near(p/q) {
			return p / q
		}
	}
	if n := math.Round(1 / factor); n != 0 && math.Abs(n) < 1e9 && near(1/n) {
		return 1 / n
	}
	if short := shortened(factor); near(short) {
		return short
	}
	return factor
}

// shortened returns the number of at most 9 digits next to f.
func shortened(f float64) float64 {
	short, err := strconv.ParseFloat(strconv.FormatFloat(f, 'g', 9, 64), 64)
	if err != nil {
		return f
	}
	return short
}

// factorText writes a factor: "1000", "1/255", "3/2", "π/180", "0.123".
func factorText(factor float64) string {
	if text, _, _ := conversionOf(factor); text != "" {
		return text
	}
	if factor < 0 {
		return "−" + factorText(-factor)
	}
	for q := 1.0; q <= 12; q++ {
		if p := math.Round(factor * q); p != 0 && p < 1e9 && p/q == factor {
			switch {
			case q == 1:
				return strconv.FormatFloat(p, 'f', 0, 64)
			case decimalsOf(factor, 64) <= 3:
				if p == 1 {
					return fmt.Sprintf("1/%g", q)
				}
				return numberText(factor)
			}
			return fmt.Sprintf("%g/%g", p, q)
		}
	}
	if n := math.Round(1 / factor); n < 1e9 && 1/n == factor {
		return "1/" + strconv.FormatFloat(n, 'f', 0, 64)
	}
	return numberText(factor)
}

// conversionOf returns how a well-known factor is written, and its units.
func conversionOf(factor float64) (text, from, to string) {
	for _, c := range conversions {
		switch factor {
		case c.factor:
			return c.text, c.from, c.to
		case 1 / c.factor:
			if c.text == "180/π" {
				return "π/180", c.to, c.from
			}
			return "1/" + c.text, c.to, c.from
		}
	}
	return "", "", ""
}

// timesText says what a factor does, as a number is "… times 1000".
func timesText(factor float64) string {
	if factor == -1 {
		return "with the other sign"
	}
	return "times " + factorText(factor) + unitsText(factor)
}

// unitsText says for what a factor is known.
func unitsText(factor float64) string {
	if _, from, to := conversionOf(factor); from != "" {
		return fmt.Sprintf(" (as from %s to %s)", from, to)
	}
	return ""
}

// plusText says what an offset does.
func plusText(offset float64) string {
	if offset < 0 {
		return "minus " + numberText(-offset)
	}
	return "plus " + numberText(offset)
}

// numberText writes a number with at most six digits, or all of a whole one.
func numberText(f float64) string {
	if f == math.Trunc(f) && math.Abs(f) < 1<<53 {
		return strconv.FormatFloat(f, 'f', -1, 64)
	}
	return strconv.FormatFloat(f, 'g', 6, 64)
}
