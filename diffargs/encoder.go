package diffargs

import (
	"errors"
	"sync"
	"unsafe"
)

// An encoder writes the encodings of one digest. All of them are written to
// one buffer, the encoding of a part behind that of the whole around it.
type encoder struct {
	buf    []byte
	leaves []Digest    // of the sequences at hand
	spans  []entrySpan // of the maps at hand
	plans  *planner
	recent recentPlans

	memo  objectMap[Digest] // zero while the object is being encoded
	depth int               // objects being encoded
	graph *graph            // not nil once the value is known to be cyclic or deep

	records *records // of what is met, while a snapshot is taken

	graphed int // nodes of all graphs since the encoder was taken from the pool

	word unsafe.Pointer // the value, if it is one word
	held any            // the value, if it is an interface
}

// An object is something that is encoded by its digest, so that it need be
// encoded only once however often it occurs: what a pointer points to, or a
// slice, a map, or the contents of an interface.
type object struct {
	plan    *plan
	address unsafe.Pointer
	length  int // of a slice
}

// maxDepth bounds how deep the stack of an encoder grows. A deeper value is
// encoded as a cyclic one is, which takes no stack, to the same digest.
const maxDepth = 500

// Buffers above these sizes are not kept for the next digest.
const (
	maxKeptBytes  = 256 << 10
	maxKeptMemory = 4096
)

var encoders = sync.Pool{New: func() any { return &encoder{plans: nativePlans} }}

func newEncoder() *encoder { return encoders.Get().(*encoder) }

// release makes the encoder ready for another digest.
func (e *encoder) release() {
	e.word, e.held, e.graph, e.records, e.depth, e.graphed = nil, nil, nil, nil, 0, 0
	e.buf, e.leaves, e.spans = e.buf[:0], e.leaves[:0], e.spans[:0]
	if cap(e.buf) > maxKeptBytes {
		e.buf = nil
	}
	if cap(e.leaves) > maxKeptMemory {
		e.leaves = nil
	}
	if cap(e.spans) > maxKeptMemory {
		e.spans = nil
	}
	e.memo.empty(maxKeptMemory)
	encoders.Put(e)
}

// value returns the digest of the value at p, whatever its depth and cycles.
func (e *encoder) value(pl *plan, p unsafe.Pointer) (Digest, error) {
	if pl.err != nil {
		return Digest{}, pl.err
	}
	d, err := e.digest(pl, p)
	if errors.Is(err, errCyclic) || errors.Is(err, errDeep) {
		return e.graphDigest(pl, p)
	}
	return d, err
}

// digest returns the digest of the value at p, or errCyclic or errDeep.
func (e *encoder) digest(pl *plan, p unsafe.Pointer) (Digest, error) {
	start := len(e.buf)
	e.buf = append(e.buf, tagValue)
	e.buf = append(e.buf, pl.digest[:]...)
	if err := pl.body(e, p); err != nil {
		return Digest{}, err
	}
	d := hash(e.buf[start:])
	e.buf = e.buf[:start]
	return d, nil
}
