package diffargs

import (
	"math"
	"reflect"
	"sync/atomic"
	"unsafe"
)

// A numberRow is numbers in memory, each stride bytes behind the one before.
type numberRow struct {
	data   unsafe.Pointer
	count  int
	stride uintptr
	kind   reflect.Kind
}

// rowFuncs are what can be done with n numbers from at on, for one kind of
// number. A boolean is 0 or 1, a complex number is two numbers.
type rowFuncs struct {
	appendTo   func(x []float64, at unsafe.Pointer, n int, stride uintptr) []float64
	squares    func(at unsafe.Pointer, n int, stride uintptr) float64
	words      func(at unsafe.Pointer, n int, stride uintptr) uint64
	statistics func(at unsafe.Pointer, n int) partialStatistics
}

var rowFuncsOf = [...]rowFuncs{
	reflect.Bool:    rowFuncsFor[uint8, uint8](),
	reflect.Int:     rowFuncsFor[int, int](),
	reflect.Int8:    rowFuncsFor[int8, int8](),
	reflect.Int16:   rowFuncsFor[int16, int16](),
	reflect.Int32:   rowFuncsFor[int32, int32](),
	reflect.Int64:   rowFuncsFor[int64, int64](),
	reflect.Uint:    rowFuncsFor[uint, uint](),
	reflect.Uint8:   rowFuncsFor[uint8, uint8](),
	reflect.Uint16:  rowFuncsFor[uint16, uint16](),
	reflect.Uint32:  rowFuncsFor[uint32, uint32](),
	reflect.Uint64:  rowFuncsFor[uint64, uint64](),
	reflect.Float32: rowFuncsFor[float32, uint32](),
	reflect.Float64: rowFuncsFor[float64, uint64](),
}

type wholeNumber interface {
	~int | ~int8 | ~int16 | ~int32 | ~int64 | ~uint | ~uint8 | ~uint16 | ~uint32 | ~uint64
}

type realNumber interface {
	wholeNumber | ~float32 | ~float64
}

// rowFuncsFor is for numbers N that have the bits of a word W.
func rowFuncsFor[N realNumber, W wholeNumber]() rowFuncs {
	return rowFuncs{appendNumbers[N], finiteSquares[N], sumOfWords[W], statisticsOf[N]}
}

// numberSize returns the bytes of a number in memory, which are not those of
// its encoding on machines of 32 bits.
func numberSize(kind reflect.Kind) uintptr {
	if kind == reflect.Int || kind == reflect.Uint {
		return unsafe.Sizeof(int(0))
	}
	return uintptr(numberWidth(kind))
}

// at returns where number i is.
func (r *numberRow) at(i int) unsafe.Pointer { return unsafe.Add(r.data, uintptr(i)*r.stride) }

// appendTo appends n numbers from number first on to x.
func (r *numberRow) appendTo(x []float64, first, n int) []float64 {
	return rowFuncsOf[r.kind].appendTo(x, r.at(first), n, r.stride)
}

func appendNumbers[N realNumber](x []float64, at unsafe.Pointer, n int, stride uintptr) []float64 {
	for i := range n {
		x = append(x, float64(*(*N)(unsafe.Add(at, uintptr(i)*stride))))
	}
	return x
}

// perChunk returns how many numbers of the row are in one chunk of its
// encoding.
func (r *numberRow) perChunk() int { return chunkSize / numberWidth(r.kind) }

// squares returns the sum of the squares of all numbers.
func (r *numberRow) squares() float64 {
	return rowFuncsOf[r.kind].squares(r.data, r.count, r.stride)
}

// finiteSquares leaves out what has no finite square. Products are converted so
// that no machine adds them up before it has rounded them.
func finiteSquares[N realNumber](at unsafe.Pointer, n int, stride uintptr) float64 {
	if sum := sumOfSquares[N](at, n, stride); sum < math.Inf(1) {
		return sum
	}
	sum := 0.0
	for i := range n {
		x := float64(*(*N)(unsafe.Add(at, uintptr(i)*stride)))
		if square := float64(x * x); square < math.Inf(1) {
			sum += square
		}
	}
	return sum
}

func sumOfSquares[N realNumber](at unsafe.Pointer, n int, stride uintptr) float64 {
	var a, b, c, d float64
	if stride == unsafe.Sizeof(N(0)) {
		rest := unsafe.Slice((*N)(at), n)
		for len(rest) >= 4 {
			x := (*[4]N)(rest)
			a += float64(float64(x[0]) * float64(x[0]))
			b += float64(float64(x[1]) * float64(x[1]))
			c += float64(float64(x[2]) * float64(x[2]))
			d += float64(float64(x[3]) * float64(x[3]))
			rest = rest[4:]
		}
		n, at = len(rest), unsafe.Pointer(unsafe.SliceData(rest))
	}
	for i := range n {
		x := float64(*(*N)(unsafe.Add(at, uintptr(i)*stride)))
		a += float64(x * x)
	}
	return (a + b) + (c + d)
}

// words returns the sum of the bits of all numbers, as words.
func (r *numberRow) words() uint64 {
	chunks := (r.count + r.perChunk() - 1) / r.perChunk()
	if !isForAllCores(chunks) {
		return rowFuncsOf[r.kind].words(r.data, r.count, r.stride)
	}
	var sum atomic.Uint64
	onAllCores(chunks, func(i int) { sum.Add(r.chunkWords(i)) })
	return sum.Load()
}

// chunkWords returns the sum of those in chunk i.
func (r *numberRow) chunkWords(i int) uint64 {
	first := i * r.perChunk()
	return rowFuncsOf[r.kind].words(r.at(first), min(r.perChunk(), r.count-first), r.stride)
}

func sumOfWords[W wholeNumber](at unsafe.Pointer, n int, stride uintptr) uint64 {
	var a, b, c, d uint64
	if stride == unsafe.Sizeof(W(0)) {
		rest := unsafe.Slice((*W)(at), n)
		for len(rest) >= 8 {
			x := (*[8]W)(rest)
			a += uint64(x[0]) + uint64(x[4])
			b += uint64(x[1]) + uint64(x[5])
			c += uint64(x[2]) + uint64(x[6])
			d += uint64(x[3]) + uint64(x[7])
			rest = rest[8:]
		}
		n, at = len(rest), unsafe.Pointer(unsafe.SliceData(rest))
	}
	for i := range n {
		a += uint64(*(*W)(unsafe.Add(at, uintptr(i)*stride)))
	}
	return a + b + c + d
}
