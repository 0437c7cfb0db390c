package display

import (
	"math"
	"strings"
)

var sparks = []rune("▁▂▃▄▅▆▇█")

// Sparkline draws values between low and high in at most the given number of
// cells, each of them the last value of its share. What is no number leaves a
// gap.
func Sparkline(values []float64, low, high float64, cells int) string {
	var b strings.Builder
	cells = min(len(values), cells)
	for i := range cells {
		v := values[(i+1)*len(values)/cells-1]
		// Halves, because the range itself may overflow.
		share := (v/2 - low/2) / (high/2 - low/2)
		switch {
		case math.IsNaN(v):
			b.WriteByte(' ')
		case math.IsNaN(share): // all alike, or infinite
			b.WriteRune(sparks[0])
		default:
			b.WriteRune(sparks[max(min(int(share*float64(len(sparks))), len(sparks)-1), 0)])
		}
	}
	return b.String()
}
