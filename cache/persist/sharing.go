package persist

import (
	"fmt"
	"reflect"
	"slices"
	"unsafe"
)

// A node is memory that several places of a value may refer to: what a pointer
// points to, a map, or the elements of a slice.
type node struct {
	at  unsafe.Pointer
	len int // of a slice
	typ reflect.Type
}

// What an encoder knows of a node that the walker met.
const (
	metOnce  = 0
	metAgain = -1 // and not written yet; once it is, its number and one more
)

func (p *plan) isNode() bool {
	switch p.typ.Kind() {
	case reflect.Pointer, reflect.Slice, reflect.Map:
		return true
	default:
		return false
	}
}

// A walker goes through a value before it is written, in order to find the
// nodes that are reached more than once. It enters each node once, so that its
// cost is linear whatever refers to whatever.
type walker struct {
	met   map[node]int
	depth int
	size  int // of the numeric slices
}

// findShared prepares the encoder for roots.
func (e *encoder) findShared(roots []root) error {
	nodes := noNode
	for _, r := range roots {
		nodes = nodes.plus(r.plan.nodes)
	}
	if nodes != manyNodes {
		return nil
	}
	w := walker{met: make(map[node]int)}
	for i, r := range roots {
		if r.plan.walk == nil {
			continue
		}
		if err := r.plan.walk(&w, r.at); err != nil {
			if len(roots) > 1 {
				err = at(err, fmt.Sprintf("result %d", i))
			}
			return err
		}
	}
	e.shared = w.met
	if e.out == nil {
		e.buf = slices.Grow(e.buf, w.size)
	}
	return nil
}

// enter reports whether n is met for the first time and has to be walked.
func (w *walker) enter(n node) bool {
	if _, again := w.met[n]; again {
		w.met[n] = metAgain
		return false
	}
	w.met[n] = metOnce
	return true
}

func (w *walker) descend(t reflect.Type) error {
	if w.depth++; w.depth > maxDepth {
		return tooDeep(t)
	}
	return nil
}

func (w *walker) ascend() { w.depth-- }

// share writes a reference to n and returns true if n was written before. Else
// it marks n, if it will be referred to, and the caller has to write it.
func (e *encoder) share(n node) (written bool) {
	state, met := e.shared[n]
	switch {
	case !met || state == metOnce:
		return false
	case state == metAgain:
		e.head(majorTag, tagShareable)
		e.sharing++
		e.shared[n] = e.sharing
		return false
	default:
		e.head(majorTag, tagReference)
		e.head(majorUint, uint64(state-1))
		return true
	}
}

// A slot is a node that was read: what a pointer, slice or map variable of
// type typ has to hold in order to refer to it, at the address given.
type slot struct {
	typ reflect.Type
	at  unsafe.Pointer // the pointer or map itself; the address of a slice; nil while it is being read
}

// reference reads what stands in the place of a node that was read before.
func (d *decoder) reference(t reflect.Type) (unsafe.Pointer, error) {
	start := d.pos
	h, err := d.head()
	if err != nil {
		return nil, err
	}
	if h.major != majorUint || h.n >= uint64(len(d.slots)) {
		d.pos = start
		return nil, d.damaged("a reference to a value that is not there")
	}
	s := d.slots[h.n]
	if s.typ != t {
		return nil, &MismatchError{Want: typeName(t), Found: "a reference to a value of type " + typeName(s.typ)}
	}
	if s.at == nil {
		d.pos = start
		return nil, d.damaged("a reference to a value from within itself")
	}
	return s.at, nil
}

// reserve takes the mark of a node that will be referred to, and returns the
// index of its slot, or -1, for the call of place as soon as the node is there.
func (d *decoder) reserve(t reflect.Type) int {
	if !d.tag(tagShareable) {
		return -1
	}
	d.slots = append(d.slots, slot{typ: t})
	return len(d.slots) - 1
}

func (d *decoder) place(slot int, at unsafe.Pointer) {
	if slot >= 0 {
		d.slots[slot].at = at
	}
}
