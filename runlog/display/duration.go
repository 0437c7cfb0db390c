package display

import (
	"fmt"
	"math"
	"strconv"
	"time"
)

// Duration returns d to two or three digits, at most 9 cells wide up to a
// hundred days: "850 ns", "1.2 s", "47 s", "3 m 04 s", "2 h 05 m", "3 d 04 h".
func Duration(d time.Duration) string {
	switch {
	case d == math.MinInt64: // which has no positive counterpart
		return Duration(d + 1)
	case d < 0:
		return "−" + Duration(-d)
	case d < time.Microsecond:
		return strconv.FormatInt(int64(d), 10) + " ns"
	}
	for _, unit := range []struct {
		name string
		size time.Duration
		next float64 // of these make the next unit
	}{{"µs", time.Microsecond, 1000}, {"ms", time.Millisecond, 1000}, {"s", time.Second, 60}} {
		if text, fits := significant(float64(d)/float64(unit.size), unit.next); fits {
			return text + " " + unit.name
		}
	}
	if seconds := int64(d.Round(time.Second) / time.Second); seconds < 60*60 {
		return fmt.Sprintf("%d m %02d s", seconds/60, seconds%60)
	}
	if minutes := int64(d.Round(time.Minute) / time.Minute); minutes < 24*60 {
		return fmt.Sprintf("%d h %02d m", minutes/60, minutes%60)
	}
	hours := int64(d.Round(time.Hour) / time.Hour)
	return fmt.Sprintf("%d d %02d h", hours/24, hours%24)
}

// significant writes n with one decimal below 10 and none above. It does not
// fit if it would then read as limit or more.
func significant(n, limit float64) (text string, fits bool) {
	if rounded := math.Round(n*10) / 10; rounded < 10 {
		return strconv.FormatFloat(rounded, 'f', 1, 64), true
	}
	rounded := math.Round(n)
	return strconv.FormatFloat(rounded, 'f', 0, 64), rounded < limit
}
