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
	numbersPlain  // numbers that have nothing else to tell
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
	parts   bottom // what is not zero
	zeros   bottom // what is
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
	s.parts.most, s.zeros.most = partsKept, partsKept
	s.walk(pl, p, 0, 0)
	s.addNumbers()
	s.addParts()
	s.addTexts()
	s.buckets = s.buckets[:min(len(s.buckets), maxSketch)]
	slices.Sort(s.buckets)
	return slices.Clone(slices.Compact(s.buckets))
}

// release makes the sketcher ready for another value.
func (s *sketcher) release() {
	clear(s.rows)
	clear(s.texts)
	*s = sketcher{rows: s.rows[:0], texts: s.texts[:0], window: s.window[:0], codes: s.codes[:0], buckets: s.buckets[:0]}
	if cap(s.rows) > maxKeptMemory {
		s.rows = nil
	}
	sketchers.Put(s)
}

// bucket adds the bucket of a feature.
func (s *sketcher) bucket(f feature, hash uint64) {
	s.buckets = append(s.buckets, mix(hash+mix(sketchVersion<<32+uint64(f))))
}

// addParts falls back on parts that are zero, which unlike values share, only
// where there are not enough others.
func (s *sketcher) addParts() {
	hashes := append(s.parts.hashes(), s.zeros.hashes()...)
	for _, h := range hashes[:min(len(hashes), partsKept)] {
		s.bucket(partOfValue, h)
	}
}
