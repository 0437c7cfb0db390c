package diffargs

import (
	"bytes"
	"encoding/binary"
	"math"
	"reflect"
	"slices"
	"sort"
	"strconv"
	"strings"
)

const (
	// maxDimensions bounds how deep rows of rows are looked at as one array: a
	// slice can hold itself.
	maxDimensions = 8
	// maxRows and maxArrayBytes bound an array: rows that are kept once can make
	// a large one.
	maxRows       = 1 << 16
	maxArrayBytes = 64 << 20
	// rowCost is what a row costs besides its numbers, in bytes of the budget.
	rowCost = 64
)

// An array is a number, numbers in a row, or rows of rows of them, as one row.
type array struct {
	kind  reflect.Kind
	data  []byte
	rows  []arrayRow // where the rows of numbers begin
	shape []int      // lengths from the outermost in; nil if they are not the same in all rows
}

type arrayRow struct {
	start int // index of its first number
	step  string
	isNil bool
}

// flatten returns the numbers in n as an array. It is nil if n holds anything
// else, or if its numbers were not kept.
func (d *differ) flatten(n *Node) *array {
	if n = d.index.whole(n); n.Form == Numbers || n.Form == Scalar {
		if n.Data == nil && n.Len > 0 || n.width() == 0 {
			return nil
		}
		a := &array{kind: n.Number, data: n.Data, rows: []arrayRow{{isNil: n.Nil}}}
		a.shape = []int{a.len()}
		return a
	}
	a := &array{}
	shape, ok := d.gather(a, "", n, 0)
	if !ok || a.kind == reflect.Invalid {
		return nil
	}
	if !slices.Contains(shape, -1) {
		a.shape = shape
	}
	return a
}

// gather adds the rows of a sequence. It returns the shape, with -1 where
// lengths are not the same.
func (d *differ) gather(a *array, step string, n *Node, depth int) (shape []int, ok bool) {
	n = d.index.whole(n)
	switch {
	case n.Form == Numbers:
		if n.Data == nil && n.Len > 0 || n.width() == 0 || a.kind != reflect.Invalid && a.kind != n.Number ||
			len(a.rows) == maxRows || len(a.data)+len(n.Data) > maxArrayBytes || !d.affords(rowCost+len(n.Data)) {
			return nil, false
		}
		a.kind = n.Number
		a.rows = append(a.rows, arrayRow{a.len(), step, n.Nil})
		a.data = append(a.data, n.Data...)
		return []int{n.Len}, true
	case n.Form != Sequence || n.Len == 0 || !n.isComplete() || depth == maxDimensions:
		return nil, false
	}
	for i, child := range n.Children {
		inner, ok := d.gather(a, step+indexStep(i), child, depth+1)
		if !ok || i > 0 && len(inner) != len(shape) {
			return nil, false
		}
		if i == 0 {
			shape = inner
			continue
		}
		for k := range inner {
			if inner[k] != shape[k] {
				shape[k] = -1
			}
		}
	}
	return append([]int{n.Len}, shape...), true
}

func (a *array) width() int { return numberWidth(a.kind) }

func (a *array) len() int { return len(a.data) / a.width() }

// numberAt returns the number at index i of all.
func (a *array) numberAt(i int) number {
	width := a.width()
	return number{a.kind, a.data[i*width : (i+1)*width]}
}

// step returns the path to the number at index i of all.
func (a *array) step(i int) string {
	row := a.rows[sort.Search(len(a.rows), func(k int) bool { return a.rows[k].start > i })-1]
	return row.step + indexStep(i-row.start)
}

// sameRows reports whether two arrays have the same numbers of numbers in the
// same rows, none of which is nil in one and empty in the other.
func (a *array) sameRows(b *array) bool { return a.len() == b.len() && slices.Equal(a.rows, b.rows) }

// columns returns how many numbers are in each row, 0 if there are no rows of
// one length.
func (a *array) columns() int {
	if len(a.shape) < 2 {
		return 0
	}
	return a.shape[len(a.shape)-1]
}

// shapeText returns a shape as people write it: 3×5.
func shapeText(shape []int) string {
	lengths := make([]string, len(shape))
	for i, n := range shape {
		lengths[i] = strconv.Itoa(n)
	}
	return strings.Join(lengths, "×")
}

// isReal reports whether the numbers have an order.
func (a *array) isReal() bool {
	return a.kind != reflect.Bool && a.kind != reflect.Complex64 && a.kind != reflect.Complex128
}

func (a *array) isFloat() bool { return a.kind == reflect.Float32 || a.kind == reflect.Float64 }

// floats returns the numbers as float64s, the parts of complex ones one after
// the other. Integers above 2^53 are rounded.
func (a *array) floats() []float64 {
	if a.kind == reflect.Complex64 || a.kind == reflect.Complex128 {
		half := reflect.Float64
		if a.kind == reflect.Complex64 {
			half = reflect.Float32
		}
		return (&array{kind: half, data: a.data}).floats()
	}
	floats := make([]float64, a.len())
	switch a.kind {
	case reflect.Float64:
		for i := range floats {
			floats[i] = math.Float64frombits(binary.LittleEndian.Uint64(a.data[8*i:]))
		}
	case reflect.Float32:
		for i := range floats {
			floats[i] = float64(math.Float32frombits(binary.LittleEndian.Uint32(a.data[4*i:])))
		}
	default:
		for i := range floats {
			floats[i] = a.numberAt(i).float()
		}
	}
	return floats
}

// exactIntegers returns the numbers if they are integers that a float64 can
// hold.
func (a *array) exactIntegers() ([]int64, bool) {
	const most = 1 << 53
	integers := make([]int64, a.len())
	for i := range integers {
		n := a.numberAt(i)
		switch {
		case n.isSigned():
			integers[i] = n.signed()
		case n.isUnsigned() && n.bits() <= most:
			integers[i] = int64(n.bits())
		default:
			return nil, false
		}
		if integers[i] > most || integers[i] < -most {
			return nil, false
		}
	}
	return integers, true
}

// symbolsOf returns a symbol for each number of two arrays of one kind: equal
// numbers have equal symbols.
func symbolsOf(a, b *array) (x, y []uint64) {
	if a.width() == 16 {
		known := map[[16]byte]uint64{}
		of := func(a *array) []uint64 {
			symbols := make([]uint64, a.len())
			for i := range symbols {
				value := [16]byte(a.data[16*i:])
				symbol, ok := known[value]
				if !ok {
					symbol = uint64(len(known))
					known[value] = symbol
				}
				symbols[i] = symbol
			}
			return symbols
		}
		return of(a), of(b)
	}
	of := func(a *array) []uint64 {
		symbols := make([]uint64, a.len())
		for i := range symbols {
			symbols[i] = a.numberAt(i).bits()
		}
		return symbols
	}
	return of(a), of(b)
}

// symbolsOfNodes returns a symbol for each node: equal values have equal ones.
func symbolsOfNodes(a, b []*Node) (x, y []uint64) {
	known := map[Digest]uint64{}
	of := func(nodes []*Node) []uint64 {
		symbols := make([]uint64, len(nodes))
		for i, n := range nodes {
			symbol, ok := known[n.Digest]
			if !ok {
				symbol = uint64(len(known))
				known[n.Digest] = symbol
			}
			symbols[i] = symbol
		}
		return symbols
	}
	return of(a), of(b)
}

// columnSymbols returns a symbol for each column of two matrices: equal columns
// have equal ones.
func columnSymbols(a, b *array) (x, y []uint64) {
	known := map[string]uint64{}
	of := func(a *array) []uint64 {
		width, columns := a.width(), a.columns()
		symbols := make([]uint64, columns)
		column := make([]byte, 0, len(a.data)/max(columns, 1))
		for j := range symbols {
			column = column[:0]
			for at := j * width; at < len(a.data); at += columns * width {
				column = append(column, a.data[at:at+width]...)
			}
			symbol, ok := known[string(column)]
			if !ok {
				symbol = uint64(len(known))
				known[string(column)] = symbol
			}
			symbols[j] = symbol
		}
		return symbols
	}
	return of(a), of(b)
}

// differingPlaces returns the indexes at which two arrays of one length differ.
func differingPlaces(a, b *array) []int {
	const block = 512 // bytes: most of a long row is equal; that is quicker to see in blocks
	var places []int
	width := a.width()
	for from := 0; from < len(a.data); from += block {
		to := min(from+block, len(a.data))
		if bytes.Equal(a.data[from:to], b.data[from:to]) {
			continue
		}
		for at := from; at < to; at += width {
			if !bytes.Equal(a.data[at:at+width], b.data[at:at+width]) {
				places = append(places, at/width)
			}
		}
	}
	return places
}
