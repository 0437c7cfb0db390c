package diffargs

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Moments sum up real numbers; NaNs are counted and left out.
type moments struct {
	mean, deviation, low, high float64 // NaN if there are none
	nans                       int
}

// momentsOf takes two passes, since one loses the deviation of large numbers
// that are near to each other.
func momentsOf(floats []float64) moments {
	m := moments{low: math.NaN(), high: math.NaN()}
	sum, n := 0.0, 0.0
	for _, f := range floats {
		if f != f {
			m.nans++
			continue
		}
		if n == 0 {
			m.low, m.high = f, f
		}
		m.low, m.high = min(m.low, f), max(m.high, f)
		sum += f
		n++
	}
	m.mean = sum / n
	squares := 0.0
	for _, f := range floats {
		if f == f {
			squares += (f - m.mean) * (f - m.mean)
		}
	}
	m.deviation = math.Sqrt(squares / n)
	return m
}

// Rounding in a sum of millions is far below this.
const momentsTolerance = 1e-6

func (m moments) isCentred() bool { return math.Abs(m.mean) <= momentsTolerance*m.deviation }

func (m moments) isStandard() bool {
	return m.isCentred() && math.Abs(m.deviation-1) <= momentsTolerance
}

func (m moments) isUnit() bool { return m.low == 0 && math.Abs(m.high-1) <= momentsTolerance }

// manyDiffer is from how many differing numbers on statistics say more than
// examples.
const manyDiffer = 10

// statisticsLine compares the statistics of all numbers, if many differ.
func (c *comparison) statisticsLine() string {
	if !c.x.isReal() || len(c.places) < manyDiffer {
		return ""
	}
	x, y := c.floats()
	before, after := momentsOf(x), momentsOf(y)
	return sideBySide(
		figure{"mean", before.mean, after.mean},
		figure{"standard deviation", before.deviation, after.deviation},
		figure{"min", before.low, after.low},
		figure{"max", before.high, after.high},
		figure{"NaNs", float64(before.nans), float64(after.nans)},
	)
}

// storedStatistics compares the statistics that snapshots hold.
func storedStatistics(a, b *Statistics) string {
	if a == nil || b == nil {
		return ""
	}
	return sideBySide(
		figure{"mean", a.Mean, b.Mean},
		figure{"min", a.Min, b.Min},
		figure{"max", a.Max, b.Max},
		figure{"zeros", float64(a.Zeros), float64(b.Zeros)},
		figure{"NaNs", float64(a.NaNs), float64(b.NaNs)},
	)
}

// A figure is one number of statistics before and after.
type figure struct {
	name          string
	before, after float64
}

// sideBySide writes figures, those that are equal once, and counts that are 0
// in both not at all.
func sideBySide(figures ...figure) string {
	var parts []string
	for _, f := range figures {
		before, after := f.texts()
		switch {
		case before != after:
			parts = append(parts, fmt.Sprintf("%s %s → %s", f.name, before, after))
		case f.before != 0 || f.name != "NaNs" && f.name != "zeros":
			parts = append(parts, f.name+" "+before)
		}
	}
	return strings.Join(parts, ", ")
}

// texts writes both sides with six digits, or as many as show a difference
// that is more than rounding.
func (f figure) texts() (before, after string) {
	for _, digits := range []int{6, 9, 12} {
		before = strconv.FormatFloat(f.before, 'g', digits, 64)
		after = strconv.FormatFloat(f.after, 'g', digits, 64)
		if before != after || f.before == f.after {
			return before, after
		}
	}
	before = strconv.FormatFloat(f.before, 'g', 6, 64)
	return before, before
}

// joinLines joins lines, but for empty ones.
func joinLines(lines []string) string {
	var b strings.Builder
	for _, line := range lines {
		if line != "" && b.Len() > 0 {
			b.WriteByte('\n')
		}
		b.WriteString(line)
	}
	return b.String()
}
