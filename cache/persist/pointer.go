package persist

import (
	"reflect"
	"unsafe"
)

func (c *compiler) planPointer(p *plan) error {
	t := p.typ
	elem, err := c.plan(t.Elem())
	if err != nil {
		return err
	}
	// A pointer to something that may be null itself is not null, and has to
	// look different.
	wrapped := false
	switch t.Elem().Kind() {
	case reflect.Pointer, reflect.Slice, reflect.Map, reflect.Interface:
		wrapped = true
	}
	// Pointers to things without a size may all be equal, and say nothing.
	shareable := t.Elem().Size() > 0

	p.least, p.nodes = 1, oneNode.plus(elem.nodes)
	p.encode = func(e *encoder, at unsafe.Pointer) error {
		to := *(*unsafe.Pointer)(at)
		if to == nil {
			e.null()
			return nil
		}
		if e.inKey {
			return unsupported(t, "a key cannot hold a pointer, which is another one in every process")
		}
		if shareable && e.share(node{at: to, typ: t}) {
			return nil
		}
		if wrapped {
			e.head(majorArray, 1)
		}
		if err := e.descend(t); err != nil {
			return err
		}
		err := elem.encode(e, to)
		e.ascend()
		return err
	}
	p.decode = func(d *decoder, at unsafe.Pointer) error {
		if d.null() {
			return nil
		}
		if d.tag(tagReference) {
			to, err := d.reference(t)
			*(*unsafe.Pointer)(at) = to
			return err
		}
		slot := d.reserve(t)
		if wrapped {
			start := d.pos
			if h, err := d.head(); err != nil {
				return err
			} else if h.major != majorArray || h.indefinite || h.n != 1 {
				return d.mismatch(start, "an array of 1, for "+typeName(t))
			}
		}
		to := reflect.New(t.Elem()).UnsafePointer()
		*(*unsafe.Pointer)(at) = to
		d.place(slot, to)
		if err := d.descend(); err != nil {
			return err
		}
		err := elem.decode(d, to)
		d.ascend()
		return err
	}
	p.walk = func(w *walker, at unsafe.Pointer) error {
		to := *(*unsafe.Pointer)(at)
		if to == nil || shareable && !w.enter(node{at: to, typ: t}) || elem.walk == nil {
			return nil
		}
		if err := w.descend(t); err != nil {
			return err
		}
		err := elem.walk(w, to)
		w.ascend()
		return err
	}
	return nil
}
