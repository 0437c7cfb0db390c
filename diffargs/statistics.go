package diffargs

import (
	"math"
	"reflect"
	"unsafe"
)

// Statistics sum up numbers that were too many to keep. Min, Max and Mean leave
// NaNs out; they are 0 if there is nothing else.
type Statistics struct {
	Min, Max, Mean float64
	NaNs, Zeros    int
}

// statisticsAt returns the statistics of n numbers in memory, nil for kinds
// that have none. It works on all cores; their number does not show in the
// result.
func statisticsAt(elem *plan, data unsafe.Pointer, n int) *Statistics {
	if elem.kind == reflect.Bool || elem.kind > reflect.Float64 {
		return nil
	}
	row := numberRow{data: data, count: n, stride: elem.size, kind: elem.kind}
	parts := make([]partialStatistics, (n+row.perChunk()-1)/row.perChunk())
	forEachChunk(len(parts), func(i int) {
		first := i * row.perChunk()
		parts[i] = rowFuncsOf[row.kind].statistics(row.at(first), min(row.perChunk(), n-first))
	})
	all := partialStatistics{low: math.Inf(1), high: math.Inf(-1)}
	for _, part := range parts {
		all.low, all.high = min(all.low, part.low), max(all.high, part.high)
		all.sum += part.sum
		all.nans += part.nans
		all.zeros += part.zeros
	}
	counted := n - all.nans
	if counted == 0 {
		return &Statistics{NaNs: all.nans}
	}
	return &Statistics{Min: all.low, Max: all.high, Mean: all.sum / float64(counted), NaNs: all.nans, Zeros: all.zeros}
}

// partialStatistics are those of some of the numbers.
type partialStatistics struct {
	low, high, sum float64
	nans, zeros    int
}

func statisticsOf[N realNumber](at unsafe.Pointer, n int) partialStatistics {
	s := partialStatistics{low: math.Inf(1), high: math.Inf(-1)}
	for _, number := range unsafe.Slice((*N)(at), n) {
		f := float64(number)
		if f != f {
			s.nans++
			continue
		}
		if f == 0 {
			s.zeros++
		}
		s.low, s.high = min(s.low, f), max(s.high, f)
		s.sum += f
	}
	return s
}
