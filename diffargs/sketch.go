package diffargs

import (
	"slices"
	"sync"
	"unsafe"
)

// maxSketch is how many buckets a sketch has at most.
const maxSketch = 24

// sketchVersion is part of every bucket. A change in how any of them is made
// takes another version.
const sketchVersion = 1

// A feature is what a bucket is about. Buckets of different features are never
// the same.
type feature uint64

const (
	numbersOfAll   feature = iota + 1 // which numbers there are, in whatever order
	numbersAtFront                    // the numbers at a place, counted from the first one
	numbersAtBack                     // from the last one
	shapeAtFront                      // the same but for scale and offset
	shapeAtBack
	numbersInARow // some numbers in a row, wherever they are
	numbersAlike  // one number, so many times
	numberCoarse  // a single number
	numberFine
	partOfValue // a leaf, an element, an entry
	textInARow  // some characters in a row
	textOfAll   // which characters there are, in whatever order
)

// A sketcher makes the sketch of a value: it walks the value for its numbers,
// its parts and its texts, and makes buckets of each.
type sketcher struct {
	e       *encoder
	visits  int // values that may still be looked into
	rows    []numberRow
	numbers int    // in all rows
	bytes   int    // that they are encoded in
	leaves  bottom // fields, and what else is looked into
	wholes  bottom // elements and entries, as a whole
	zeros   bottom // leaves that are zero
	texts   []string

	window  []float64 // room
	codes   []uint64
	buckets []uint64
}

var sketchers = sync.Pool{New: func() any { return new(sketcher) }}

// sketchOf returns the sketch of the value at p, which can be digested.
func sketchOf(e *encoder, pl *plan, p unsafe.Pointer) []uint64 {
	s := sketchers.Get().(*sketcher)
	defer s.release()
	s.e, s.visits = e, maxVisits
	s.leaves.most, s.wholes.most, s.zeros.most = leavesKept, wholesKept, leavesKept
	s.walk(pl, p, 0, 0)
	s.addNumbers()
	s.addParts()
	s.addTexts()
	s.buckets = s.buckets[:min(len(s.buckets), maxSketch)]
	slices.Sort(s.buckets)
	return append([]uint64(nil), slices.Compact(s.buckets)...)
}

// maxKeptRows is how many rows there is room for that is kept for the next value.
const maxKeptRows = 1 << 16

// release makes the sketcher ready for another value.
func (s *sketcher) release() {
	clear(s.rows)
	clear(s.texts)
	*s = sketcher{rows: s.rows[:0], texts: s.texts[:0], window: s.window[:0], codes: s.codes[:0], buckets: s.buckets[:0]}
	if cap(s.rows) > maxKeptRows {
		s.rows = nil
	}
	sketchers.Put(s)
}

// bucket adds the bucket of a feature.
func (s *sketcher) bucket(f feature, hash uint64) {
	s.buckets = append(s.buckets, mix(hash+mix(sketchVersion<<32+uint64(f))))
}

// addParts falls back on leaves that are zero, which unlike values share, only
// where there are not enough others.
func (s *sketcher) addParts() {
	s.addBottom(partOfValue, &s.leaves)
	s.zeros.count = min(s.zeros.count, leavesKept-s.leaves.count)
	s.addBottom(partOfValue, &s.zeros)
	s.addBottom(partOfValue, &s.wholes)
}

func (s *sketcher) addBottom(f feature, b *bottom) {
	for _, h := range b.hashes() {
		s.bucket(f, h)
	}
}
