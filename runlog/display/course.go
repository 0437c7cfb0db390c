package display

import (
	"math"
	"slices"
	"strconv"
	"time"

	"labbook/runlog/record"
)

// MemoryCourse returns how much memory a run has used over its time, as a
// sparkline of at most the given number of cells that begins at nothing, and
// the least and the most: "▁▃▇█▆  12 MiB … 640 MiB". It is "" if too little is
// known for that.
func MemoryCourse(samples []record.Sample, cells int) string {
	values := spread(samples, cells, func(s []record.Sample, from, to time.Time) float64 {
		most := int64(0) // of what was seen in between, and at both ends
		for i := range s {
			if !s[i].At.Before(from) && !s[i].At.After(to) {
				most = max(most, s[i].RSS)
			}
		}
		if most == 0 { // nothing was seen in between
			return at(s, to, func(s *record.Sample) float64 { return float64(s.RSS) })
		}
		return float64(most)
	})
	if len(values) == 0 || slices.Max(values) <= 0 {
		return ""
	}
	low, high := slices.MinFunc(samples, byRSS).RSS, slices.MaxFunc(samples, byRSS).RSS
	return Sparkline(values, 0, slices.Max(values), cells) + "  " + Bytes(low) + " … " + Bytes(high)
}

// CPUCourse returns how many cores a run has kept busy over its time, as a
// sparkline of at most the given number of cells that begins at none, and the
// mean and the most of a cell: "▁█▇▇▁  1.6 cores, 2.0 at most". It is "" if too
// little is known for that.
func CPUCourse(samples []record.Sample, cells int) string {
	spent := func(s *record.Sample) float64 { return float64(s.CPU) }
	values := spread(samples, cells, func(s []record.Sample, from, to time.Time) float64 {
		return max((at(s, to, spent)-at(s, from, spent))/float64(to.Sub(from)), 0)
	})
	if len(values) == 0 || samples[len(samples)-1].CPU <= 0 {
		return ""
	}
	first, last := samples[0], samples[len(samples)-1]
	mean, high := max(float64(last.CPU-first.CPU)/float64(last.At.Sub(first.At)), 0), slices.Max(values)
	return Sparkline(values, 0, high, cells) + "  " + cores(mean) + " cores, " + cores(max(high, mean)) + " at most"
}

func cores(n float64) string { return strconv.FormatFloat(n, 'f', 1, 64) }

func byRSS(a, b record.Sample) int {
	switch {
	case a.RSS < b.RSS:
		return -1
	case a.RSS > b.RSS:
		return 1
	}
	return 0
}

// spread cuts the time of a series in equal parts, as many as there are cells
// or fewer if the samples are, and returns what value makes of each. It returns
// nothing if the series takes no time.
func spread(samples []record.Sample, cells int, value func(s []record.Sample, from, to time.Time) float64) []float64 {
	parts := min(cells, len(samples)-1)
	if parts < 1 {
		return nil
	}
	first := samples[0].At
	length := samples[len(samples)-1].At.Sub(first)
	if length < time.Duration(parts) {
		return nil
	}
	values := make([]float64, parts)
	border := func(i int) time.Time {
		return first.Add(time.Duration(math.Round(float64(length) * float64(i) / float64(parts))))
	}
	for i := range values {
		values[i] = value(samples, border(i), border(i+1))
	}
	return values
}

// at returns a value at a moment, on the line between the samples around it.
func at(samples []record.Sample, moment time.Time, value func(s *record.Sample) float64) float64 {
	for i := range samples {
		s := &samples[i]
		if s.At.Before(moment) {
			continue
		}
		if i == 0 || s.At.Equal(moment) {
			return value(s)
		}
		before := &samples[i-1]
		share := float64(moment.Sub(before.At)) / float64(s.At.Sub(before.At))
		return value(before) + share*(value(s)-value(before))
	}
	return value(&samples[len(samples)-1])
}
