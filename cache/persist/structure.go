package persist

import (
	"fmt"
	"reflect"
	"unsafe"
)

// leftOut is the value of the tag labbook that takes a field out of what a
// struct is.
const leftOut = "-"

type field struct {
	name   string
	key    []byte // the name as an item
	offset uintptr
	plan   *plan
}

func (c *compiler) planStruct(p *plan) error {
	t := p.typ
	var fields []field
	p.least, p.nodes = 1, noNode
	for f := range t.Fields() {
		if f.Name == "_" || f.Tag.Get("labbook") == leftOut {
			continue
		}
		if !f.IsExported() {
			return at(unsupported(f.Type, "the field is not exported; export it, give "+typeName(t)+
				` the methods MarshalBinary and UnmarshalBinary, or leave out what holds it with the tag labbook:"-"`), "."+f.Name)
		}
		fp, err := c.plan(f.Type)
		if err != nil {
			return at(err, "."+f.Name)
		}
		key := append(appendHead(nil, majorText, uint64(len(f.Name))), f.Name...)
		fields = append(fields, field{f.Name, key, f.Offset, fp})
		p.nodes = p.nodes.plus(fp.nodes)
		p.least = min(p.least+len(key)+fp.least, maxLeast)
	}
	p.encode = func(e *encoder, at unsafe.Pointer) error { return e.structure(t, fields, at) }
	p.decode = func(d *decoder, at unsafe.Pointer) error { return d.structure(t, fields, at) }
	if p.nodes != noNode {
		p.walk = func(w *walker, at unsafe.Pointer) error { return w.structure(t, fields, at) }
	}
	return nil
}

func (e *encoder) structure(t reflect.Type, fields []field, from unsafe.Pointer) error {
	e.head(majorMap, uint64(len(fields)))
	if err := e.descend(t); err != nil {
		return err
	}
	for i := range fields {
		f := &fields[i]
		e.buf = append(e.buf, f.key...)
		if err := f.plan.encode(e, unsafe.Add(from, f.offset)); err != nil {
			return at(err, "."+f.name)
		}
	}
	e.ascend()
	return nil
}

func (w *walker) structure(t reflect.Type, fields []field, from unsafe.Pointer) error {
	if err := w.descend(t); err != nil {
		return err
	}
	for i := range fields {
		f := &fields[i]
		if f.plan.nodes == noNode {
			continue
		}
		if err := f.plan.walk(w, unsafe.Add(from, f.offset)); err != nil {
			return at(err, "."+f.name)
		}
	}
	w.ascend()
	return nil
}

func (d *decoder) structure(t reflect.Type, fields []field, into unsafe.Pointer) error {
	start := d.pos
	h, err := d.head()
	if err != nil {
		return err
	}
	if h.major != majorMap {
		return d.mismatch(start, typeName(t))
	}
	if h.indefinite {
		return d.damaged("maps of indefinite length are not supported")
	}
	if err := d.descend(); err != nil {
		return err
	}
	// As many as there should be, all known, none twice: then all are there.
	var seen []bool
	for i := range h.n {
		f, err := d.field(t, fields, int(i), &seen)
		if err != nil {
			return err
		}
		if err := f.plan.decode(d, unsafe.Add(into, f.offset)); err != nil {
			return at(err, "."+f.name)
		}
	}
	if h.n < uint64(len(fields)) {
		return &MismatchError{Want: fmt.Sprintf("the %d fields of %s", len(fields), typeName(t)), Found: fmt.Sprintf("%d fields", h.n)}
	}
	d.ascend()
	return nil
}

// field takes the name of the i-th pair of a struct and returns the field. The
// names come in the order of the fields, unless somebody else wrote them;
// seen is kept from the first name on that does not.
func (d *decoder) field(t reflect.Type, fields []field, i int, seen *[]bool) (*field, error) {
	if *seen == nil && i < len(fields) {
		key := fields[i].key
		if d.available(len(key)) && string(d.rest()[:len(key)]) == string(key) {
			d.pos += len(key)
			return &fields[i], nil
		}
	}
	start := d.pos
	h, err := d.head()
	if err != nil {
		return nil, err
	}
	if h.major != majorText {
		return nil, d.mismatch(start, "the name of a field of "+typeName(t))
	}
	name, err := d.bytes(h)
	if err != nil {
		return nil, err
	}
	if *seen == nil {
		*seen = make([]bool, len(fields))
		for before := range min(i, len(fields)) {
			(*seen)[before] = true
		}
	}
	for j := range fields {
		if fields[j].name == string(name) && !(*seen)[j] {
			(*seen)[j] = true
			return &fields[j], nil
		}
	}
	return nil, &MismatchError{
		Want:  fmt.Sprintf("the %d fields of %s", len(fields), typeName(t)),
		Found: fmt.Sprintf("a field %s that it does not have, or twice", brief(name)),
	}
}

// brief quotes a name that may be anything of any length.
func brief(name []byte) string {
	if len(name) > 60 {
		return fmt.Sprintf("%q…", name[:60])
	}
	return fmt.Sprintf("%q", name)
}
