package diffargs

import "unsafe"

// rowRecords keep what was computed of long rows of numbers while a snapshot is
// taken, so that none is read more than once from memory: a row is part of the
// digests of all that is around it, and of the sketch.
type rowRecords map[rowPlace]rowRecord

type rowPlace struct {
	data unsafe.Pointer
	size int // bytes
}

type rowRecord struct {
	leaves  []Digest
	squares []float64 // of each chunk; nil if it consists of other things than numbers of one kind
}

// leaves returns the leaves of the tree of n elements, whose memory is their
// encoding.
func (rs rowRecords) leaves(elem *plan, data unsafe.Pointer, n int) []Digest {
	place := rowPlace{data, n * int(elem.size)}
	if known, found := rs[place]; found {
		return known.leaves
	}
	var record rowRecord
	var also func(int)
	if r := row(data, n, elem); r.hasSquares() {
		record.squares = make([]float64, (place.size+chunkSize-1)/chunkSize)
		also = func(chunk int) { record.squares[chunk] = r.chunkSquares(chunk) }
	}
	memory := unsafe.Slice((*byte)(data), place.size)
	record.leaves = appendLeavesAnd(nil, memory, elem.layout, also)
	rs[place] = record
	return record.leaves
}
