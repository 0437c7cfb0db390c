package diffargs

import (
	"encoding/binary"
	"strconv"
	"unsafe"
)

// sliceHeader is how a slice lies in memory.
type sliceHeader struct {
	data     unsafe.Pointer
	len, cap int
}

func appendCount(b []byte, n uint64) []byte { return binary.AppendUvarint(b, n) }

func encodeString(e *encoder, p unsafe.Pointer) error {
	s := *(*string)(p)
	e.text(unsafe.Pointer(unsafe.StringData(s)), len(s))
	return nil
}

// text writes n bytes as a string.
func (e *encoder) text(data unsafe.Pointer, n int) {
	e.buf = appendCount(e.buf, uint64(n))
	e.memory(data, n, exact)
}

func (e *encoder) slice(pl *plan, p unsafe.Pointer) error {
	s := (*sliceHeader)(p)
	if s.data == nil {
		e.buf = appendCount(e.buf, 0)
		return nil
	}
	e.buf = appendCount(e.buf, uint64(s.len)+1)
	return e.items(pl.elem, s.data, s.len)
}

// items writes n elements that lie in a row.
func (e *encoder) items(elem *plan, data unsafe.Pointer, n int) error {
	switch {
	case elem.fixed == 0:
		return nil
	case elem.fixed > 0 && elem.layout != scattered:
		if size := n * int(elem.size); size > chunkSize && e.records != nil {
			first := len(e.leaves)
			e.leaves = append(e.leaves, e.records.leaves(elem, data, n)...)
			e.endTree(uint64(size), first)
		} else {
			e.memory(data, size, elem.layout)
		}
		return nil
	}
	s := e.beginStream(elem.fixed < 0)
	parts := e.partsOf(elem, data, n)
	for i := range n {
		start := len(e.buf)
		if err := elem.encode(e, unsafe.Add(data, uintptr(i)*elem.size)); err != nil {
			return below("["+strconv.Itoa(i)+"]", err)
		}
		if parts != nil {
			parts.add(hashEncoding(e.buf[start:]))
		}
		e.flushChunks(s)
	}
	e.endStream(s)
	return nil
}

// memory writes n bytes of memory that are their own encoding, but for NaNs.
func (e *encoder) memory(data unsafe.Pointer, n int, layout layout) {
	bytes := unsafe.Slice((*byte)(data), n)
	if n <= chunkSize {
		if layout.isCanonical(bytes) {
			e.buf = append(e.buf, bytes...)
		} else {
			e.buf = layout.appendCanonical(e.buf, bytes)
		}
		return
	}
	first := len(e.leaves)
	e.leaves = appendLeaves(e.leaves, bytes, layout)
	e.endTree(uint64(n), first)
}

// A stream is a sequence that is written to the buffer and turned into a tree
// as soon as it exceeds one chunk.
type stream struct {
	marked bool // a byte in front says whether it is a tree
	start  int  // in the buffer
	leaf   int  // its first, in the leaves
}

// beginStream begins a sequence. It is marked unless a reader could tell its
// length in bytes from the number of its elements.
func (e *encoder) beginStream(marked bool) stream {
	if marked {
		e.buf = append(e.buf, 0)
	}
	return stream{marked, len(e.buf), len(e.leaves)}
}

// flushChunks hashes the chunks that are full. The last one, full or not, stays
// for the end: only then is it known whether the sequence exceeds a chunk.
func (e *encoder) flushChunks(s stream) {
	at := s.start
	for len(e.buf)-at > chunkSize {
		e.leaves = append(e.leaves, leaf(e.buf[at:at+chunkSize]))
		at += chunkSize
	}
	if at > s.start {
		e.buf = append(e.buf[:s.start], e.buf[at:]...)
	}
}

func (e *encoder) endStream(s stream) {
	if len(e.leaves) == s.leaf {
		return
	}
	total := uint64(len(e.leaves)-s.leaf)*chunkSize + uint64(len(e.buf)-s.start)
	e.leaves = append(e.leaves, leaf(e.buf[s.start:]))
	if s.marked {
		e.buf[s.start-1] = 1
	}
	e.buf = e.buf[:s.start]
	e.endTree(total, s.leaf)
}

// elements returns the encodings of fixed size of n elements, one behind the
// other.
func (e *encoder) elements(elem *plan, data unsafe.Pointer, n int) []byte {
	b := make([]byte, 0, n*elem.fixed)
	if elem.layout != scattered {
		return elem.layout.appendCanonical(b, unsafe.Slice((*byte)(data), n*int(elem.size)))
	}
	outer := e.buf
	e.buf = b
	for i := range n {
		// Numbers and times have no errors.
		_ = elem.encode(e, unsafe.Add(data, uintptr(i)*elem.size))
	}
	b, e.buf = e.buf, outer
	return b
}

// leavesOf returns the leaves of the tree of n such elements.
func (e *encoder) leavesOf(elem *plan, data unsafe.Pointer, n int) []Digest {
	if elem.layout != scattered && e.records != nil {
		return e.records.leaves(elem, data, n)
	}
	if elem.layout != scattered {
		return appendLeaves(nil, unsafe.Slice((*byte)(data), n*int(elem.size)), elem.layout)
	}
	var leaves []Digest
	perLeaf := chunkSize / elem.fixed
	for i := 0; i < n; i += perLeaf {
		first := unsafe.Add(data, uintptr(i)*elem.size)
		leaves = append(leaves, leaf(e.elements(elem, first, min(n-i, perLeaf))))
	}
	return leaves
}
