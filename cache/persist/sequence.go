package persist

import (
	"fmt"
	"reflect"
	"unsafe"
)

// maxEmpty bounds how many elements without a size are stored: in memory they
// take nothing, whatever their number, in a stream they take a byte each.
const maxEmpty = 1 << 24

// A sliceHeader is what a slice variable holds.
type sliceHeader struct {
	data     unsafe.Pointer
	len, cap int
}

func (c *compiler) planSlice(p *plan) error {
	t := p.typ
	elem, err := c.plan(t.Elem())
	if err != nil {
		return at(err, "[]")
	}
	size := t.Elem().Size()
	layout, numeric := numbersOf(t.Elem())
	numeric = numeric && !ownForm(t.Elem())

	p.least, p.nodes = 1, oneNode.plus(elem.nodes.each())
	p.encode = func(e *encoder, at unsafe.Pointer) error {
		s := *(*sliceHeader)(at)
		if s.data == nil {
			e.null()
			return nil
		}
		if s.len*int(size) > 0 && e.share(node{s.data, s.len, t}) {
			return nil
		}
		if numeric {
			return layout.encode(e, s.data, s.len)
		}
		return e.elements(elem, s.data, s.len, size)
	}
	p.decode = func(d *decoder, at unsafe.Pointer) error {
		if d.null() {
			return nil
		}
		if d.tag(tagReference) {
			from, err := d.reference(t)
			if err == nil {
				reflect.NewAt(t, at).Elem().Set(reflect.NewAt(t, from).Elem())
			}
			return err
		}
		slot := d.reserve(t)
		first, err := d.peek()
		if err != nil {
			return err
		}
		if numeric && first&^0x1f != majorArray {
			if err := d.numbers(layout, t, at); err != nil {
				return err
			}
			d.place(slot, at)
			return nil
		}
		return d.slice(elem, t, at, slot)
	}
	p.walk = func(w *walker, at unsafe.Pointer) error {
		s := *(*sliceHeader)(at)
		if s.len*int(size) == 0 || !w.enter(node{s.data, s.len, t}) {
			return nil
		}
		if numeric {
			w.size += layout.room(s.len)
		}
		if elem.walk == nil {
			return nil
		}
		return w.elements(elem, s.data, s.len, size)
	}
	return nil
}

func (c *compiler) planArray(p *plan) error {
	t := p.typ
	elem, err := c.plan(t.Elem())
	if err != nil {
		return at(err, "[]")
	}
	size, n := t.Elem().Size(), t.Len()
	if size == 0 && n > maxEmpty/elem.least {
		return tooManyEmpty(t)
	}
	layout, numeric := numbersOf(t.Elem())
	numeric = numeric && !ownForm(t.Elem())

	p.least, p.nodes = 1, noNode
	if n > 0 {
		p.nodes = elem.nodes
		if n > 1 {
			p.nodes = elem.nodes.each()
		}
		p.walk = func(w *walker, at unsafe.Pointer) error { return w.elements(elem, at, n, size) }
		if elem.nodes == noNode {
			p.walk = nil
		}
		p.least = elem.times(n)
	}
	p.encode = func(e *encoder, at unsafe.Pointer) error {
		if numeric {
			return layout.encode(e, at, n)
		}
		return e.elements(elem, at, n, size)
	}
	p.decode = func(d *decoder, at unsafe.Pointer) error {
		start := d.pos
		first, err := d.peek()
		if err != nil {
			return err
		}
		if numeric && first&^0x1f != majorArray {
			content, little, _, err := layout.content(d, t)
			if err != nil {
				return err
			}
			if found := len(content) / layout.stream / layout.parts; found != n {
				return &MismatchError{Want: typeName(t), Found: fmt.Sprintf("%d numbers", found)}
			}
			return layout.store(at, content, little, t)
		}
		h, err := d.head()
		if err != nil {
			return err
		}
		if h.major != majorArray || h.indefinite || h.n != uint64(n) {
			return d.mismatch(start, typeName(t))
		}
		if err := d.descend(); err != nil {
			return err
		}
		for i := range n {
			if err := elem.decode(d, unsafe.Add(at, uintptr(i)*size)); err != nil {
				return atIndex(err, i)
			}
		}
		d.ascend()
		return nil
	}
	return nil
}

func (e *encoder) elements(elem *plan, from unsafe.Pointer, n int, size uintptr) error {
	if size == 0 && n > maxEmpty/elem.least {
		return tooManyEmpty(reflect.SliceOf(elem.typ))
	}
	e.head(majorArray, uint64(n))
	if err := e.descend(elem.typ); err != nil {
		return err
	}
	for i := range n {
		if err := elem.encode(e, unsafe.Add(from, uintptr(i)*size)); err != nil {
			return atIndex(err, i)
		}
		if err := e.flushFull(); err != nil {
			return err
		}
	}
	e.ascend()
	return nil
}

func (w *walker) elements(elem *plan, from unsafe.Pointer, n int, size uintptr) error {
	if err := w.descend(elem.typ); err != nil {
		return err
	}
	for i := range n {
		if err := elem.walk(w, unsafe.Add(from, uintptr(i)*size)); err != nil {
			return atIndex(err, i)
		}
	}
	w.ascend()
	return nil
}

// numbers reads a typed array into the slice variable at.
func (d *decoder) numbers(layout numbers, t reflect.Type, at unsafe.Pointer) error {
	content, little, own, err := layout.content(d, t)
	if err != nil {
		return err
	}
	n := len(content) / layout.stream / layout.parts
	from := unsafe.Pointer(unsafe.SliceData(content))
	fits := n > 0 && layout.memory == layout.stream && uintptr(from)%uintptr(t.Elem().Align()) == 0
	if own && fits {
		if d.keep > 0 && len(content) >= d.keep {
			d.copied++
		}
		if layout.memory > 1 && little != littleEndian {
			reverseEach(content, layout.memory)
		}
		*(*sliceHeader)(at) = sliceHeader{from, n, n}
		return nil
	}
	if d.keep > 0 && len(content) >= d.keep {
		if fits && (layout.memory == 1 || little == littleEndian) && !own {
			*(*sliceHeader)(at) = sliceHeader{from, n, n}
			return nil
		}
		d.copied++
	}
	s := reflect.MakeSlice(t, n, n)
	reflect.NewAt(t, at).Elem().Set(s)
	return layout.store(s.UnsafePointer(), content, little, t)
}

// slice reads an array into the slice variable at.
func (d *decoder) slice(elem *plan, t reflect.Type, at unsafe.Pointer, slot int) error {
	start := d.pos
	h, err := d.head()
	if err != nil {
		return err
	}
	if h.major != majorArray {
		return d.mismatch(start, typeName(t))
	}
	n, err := d.count(h, elem.least)
	if err != nil {
		return err
	}
	if err := d.descend(); err != nil {
		return err
	}
	size := int(t.Elem().Size())
	room := d.room(n, elem.least, size)
	s := reflect.MakeSlice(t, room, room)
	variable := reflect.NewAt(t, at).Elem()
	if room == n {
		variable.Set(s)
		d.place(slot, at) // elements may refer to the slice that they are part of
	}
	for i := range n {
		if i == room {
			room = min(n, 2*room)
			longer := reflect.MakeSlice(t, room, room)
			reflect.Copy(longer, s)
			s = longer
		}
		if err := elem.decode(d, unsafe.Add(s.UnsafePointer(), i*size)); err != nil {
			return atIndex(err, i)
		}
	}
	variable.Set(s)
	d.place(slot, at)
	d.ascend()
	return nil
}

func tooManyEmpty(t reflect.Type) error {
	return unsupported(t, fmt.Sprintf("it holds more than %d elements without a size; store their number", maxEmpty))
}

func atIndex(err error, i int) error { return at(err, fmt.Sprintf("[%d]", i)) }
