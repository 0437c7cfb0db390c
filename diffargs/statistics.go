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
// that have none.
func statisticsAt(elem *plan, data unsafe.Pointer, n int) *Statistics {
	switch elem.kind {
	case reflect.Int:
		return statistics(unsafe.Slice((*int)(data), n))
	case reflect.Int8:
		return statistics(unsafe.Slice((*int8)(data), n))
	case reflect.Int16:
		return statistics(unsafe.Slice((*int16)(data), n))
	case reflect.Int32:
		return statistics(unsafe.Slice((*int32)(data), n))
	case reflect.Int64:
		return statistics(unsafe.Slice((*int64)(data), n))
	case reflect.Uint:
		return statistics(unsafe.Slice((*uint)(data), n))
	case reflect.Uint8:
		return statistics(unsafe.Slice((*uint8)(data), n))
	case reflect.Uint16:
		return statistics(unsafe.Slice((*uint16)(data), n))
	case reflect.Uint32:
		return statistics(unsafe.Slice((*uint32)(data), n))
	case reflect.Uint64:
		return statistics(unsafe.Slice((*uint64)(data), n))
	case reflect.Float32:
		return statistics(unsafe.Slice((*float32)(data), n))
	case reflect.Float64:
		return statistics(unsafe.Slice((*float64)(data), n))
	}
	return nil
}

type realNumber interface {
	~int | ~int8 | ~int16 | ~int32 | ~int64 | ~uint | ~uint8 | ~uint16 | ~uint32 | ~uint64 | ~float32 | ~float64
}

func statistics[N realNumber](numbers []N) *Statistics {
	s := &Statistics{Min: math.Inf(1), Max: math.Inf(-1)}
	sum := 0.0
	for _, number := range numbers {
		f := float64(number)
		if f != f {
			s.NaNs++
			continue
		}
		if f == 0 {
			s.Zeros++
		}
		s.Min, s.Max = min(s.Min, f), max(s.Max, f)
		sum += f
	}
	counted := len(numbers) - s.NaNs
	if counted == 0 {
		return &Statistics{NaNs: s.NaNs}
	}
	s.Mean = sum / float64(counted)
	return s
}
