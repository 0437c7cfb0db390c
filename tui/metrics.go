package tui

import (
	"fmt"
	"math"
	"strconv"

	"labbook/runlog/display"
	"labbook/runlog/record"
)

// maxSpark is how many cells a sparkline takes at most.
const maxSpark = 24

// A series is all values of one metric in the order of their steps.
type series struct {
	name   string
	values []float64
}

// metricSeries groups metrics by name, in the order in which the names first
// came.
func metricSeries(metrics []record.Metric) []series {
	var all []series
	place := map[string]int{}
	for _, m := range metrics {
		i, ok := place[m.Name]
		if !ok {
			i = len(all)
			place[m.Name] = i
			all = append(all, series{name: m.Name})
		}
		all[i].values = append(all[i].values, m.Value)
	}
	return all
}

// summary returns the last value, and of several their course and range.
func (s *series) summary() string {
	last := metricValue(s.values[len(s.values)-1])
	if len(s.values) == 1 {
		return last
	}
	low, high := math.Inf(1), math.Inf(-1)
	for _, v := range s.values {
		if !math.IsNaN(v) {
			low, high = min(low, v), max(high, v)
		}
	}
	if low > high {
		return last
	}
	return fmt.Sprintf("%s  %s  %s … %s in %d steps", last, display.Sparkline(s.values, low, high, maxSpark),
		metricValue(low), metricValue(high), len(s.values))
}

func metricValue(v float64) string { return strconv.FormatFloat(v, 'g', 6, 64) }
