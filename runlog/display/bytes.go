package display

import "strconv"

// Bytes returns a size in binary units, at most 8 cells wide: "0 B", "1.2 KiB",
// "640 MiB".
func Bytes(n int64) string {
	if n < 0 {
		return "?" // no size is negative: this one is not known
	}
	if n < 1024 {
		return strconv.FormatInt(n, 10) + " B"
	}
	value := float64(n)
	for _, unit := range []string{"KiB", "MiB", "GiB", "TiB", "PiB"} {
		value /= 1024
		if text, fits := significant(value, 1024); fits {
			return text + " " + unit
		}
	}
	return strconv.FormatFloat(value/1024, 'f', 1, 64) + " EiB"
}

// Count returns n with its thousands set apart: "12 345".
func Count(n int64) string {
	text := strconv.FormatInt(n, 10)
	first := 0
	if n < 0 {
		first = 1
	}
	for i := len(text) - 3; i > first; i -= 3 {
		text = text[:i] + " " + text[i:]
	}
	return text
}

// Percent returns the share of part in whole, "" if there is no whole. Only the
// whole itself is "100 %", only nothing is "0 %".
func Percent(part, whole int64) string {
	if whole <= 0 {
		return ""
	}
	percent := int64(float64(part)/float64(whole)*100 + 0.5)
	switch {
	case percent >= 100 && part < whole:
		percent = 99
	case percent <= 0 && part > 0:
		percent = 1
	}
	return strconv.FormatInt(percent, 10) + " %"
}
