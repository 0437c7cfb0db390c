package persist

import (
	"bytes"
	"cmp"
	"fmt"
	"reflect"
	"slices"
	"unsafe"
)

func (c *compiler) planMap(p *plan) error {
	t := p.typ
	if reason := unfitKey(t.Key()); reason != "" {
		return at(unsupported(t.Key(), reason), "[key]")
	}
	key, err := c.plan(t.Key())
	if err != nil {
		return at(err, "[key]")
	}
	elem, err := c.plan(t.Elem())
	if err != nil {
		return at(err, "[]")
	}
	p.least, p.nodes = 1, oneNode.plus(elem.nodes.each())
	p.encode = func(e *encoder, at unsafe.Pointer) error {
		m := reflect.NewAt(t, at).Elem()
		if m.IsNil() {
			e.null()
			return nil
		}
		if e.share(node{at: m.UnsafePointer(), typ: t}) {
			return nil
		}
		return e.mapping(key, elem, m)
	}
	p.decode = func(d *decoder, at unsafe.Pointer) error {
		if d.null() {
			return nil
		}
		if d.tag(tagReference) {
			from, err := d.reference(t)
			*(*unsafe.Pointer)(at) = from
			return err
		}
		return d.mapping(key, elem, reflect.NewAt(t, at).Elem(), d.reserve(t))
	}
	p.walk = func(w *walker, at unsafe.Pointer) error {
		m := reflect.NewAt(t, at).Elem()
		if m.IsNil() || !w.enter(node{at: m.UnsafePointer(), typ: t}) || elem.walk == nil {
			return nil
		}
		if err := w.descend(t); err != nil {
			return err
		}
		value := reflect.New(t.Elem())
		for entries := m.MapRange(); entries.Next(); {
			value.Elem().SetIterValue(entries)
			if err := elem.walk(w, value.UnsafePointer()); err != nil {
				return atKey(err, entries.Key())
			}
		}
		w.ascend()
		return nil
	}
	return nil
}

// unfitKey says why t cannot be, or be part of, a key: the identity of a
// pointer is what makes it a key, and that ends with the process.
func unfitKey(t reflect.Type) string {
	switch t.Kind() {
	case reflect.Pointer, reflect.Chan, reflect.UnsafePointer:
		return "a key cannot hold a pointer, which is another one in every process"
	case reflect.Array:
		return unfitKey(t.Elem())
	case reflect.Struct:
		if t == typeTime || ownForm(t) {
			return ""
		}
		for f := range t.Fields() {
			if reason := unfitKey(f.Type); reason != "" && f.Tag.Get("labbook") != leftOut {
				return reason
			}
		}
	}
	return ""
}

// An entry is a key of a map, by where its bytes are, and its value.
type entry struct{ index, start, end int }

// mapping writes a map in the order of its encoded keys, so that equal maps
// have equal bytes.
func (e *encoder) mapping(key, elem *plan, m reflect.Value) error {
	n := m.Len()
	keys := encoder{inKey: true, depth: e.depth}
	order := make([]entry, 0, n)
	values := reflect.MakeSlice(reflect.SliceOf(elem.typ), n, n)
	k := reflect.New(key.typ)
	for entries := m.MapRange(); entries.Next(); {
		i := len(order)
		if i == n {
			return unsupported(m.Type(), "it changes while it is being stored")
		}
		k.Elem().SetIterKey(entries)
		values.Index(i).SetIterValue(entries)
		start := len(keys.buf)
		if err := key.encode(&keys, k.UnsafePointer()); err != nil {
			return at(err, "[key]")
		}
		order = append(order, entry{i, start, len(keys.buf)})
	}
	encoded := func(x entry) []byte { return keys.buf[x.start:x.end] }
	slices.SortFunc(order, func(x, y entry) int {
		return cmp.Or(bytes.Compare(encoded(x), encoded(y)), cmp.Compare(x.index, y.index))
	})

	e.head(majorMap, uint64(len(order)))
	if err := e.descend(m.Type()); err != nil {
		return err
	}
	for i, x := range order {
		if i > 0 && bytes.Equal(encoded(order[i-1]), encoded(x)) {
			return unsupported(m.Type(), "two of its keys look the same once they are stored, such as two NaN")
		}
		e.buf = append(e.buf, encoded(x)...)
		if err := elem.encode(e, values.Index(x.index).Addr().UnsafePointer()); err != nil {
			return at(err, keyStep(key, encoded(x)))
		}
		if err := e.flushFull(); err != nil {
			return err
		}
	}
	e.ascend()
	return nil
}

func (d *decoder) mapping(key, elem *plan, variable reflect.Value, slot int) error {
	t := variable.Type()
	start := d.pos
	h, err := d.head()
	if err != nil {
		return err
	}
	if h.major != majorMap {
		return d.mismatch(start, typeName(t))
	}
	n, err := d.count(h, key.least+elem.least)
	if err != nil {
		return err
	}
	if err := d.descend(); err != nil {
		return err
	}
	room := d.room(n, key.least+elem.least, int(t.Key().Size()+t.Elem().Size()))
	m := reflect.MakeMapWithSize(t, room)
	variable.Set(m)
	d.place(slot, m.UnsafePointer())
	k, v := reflect.New(t.Key()), reflect.New(t.Elem())
	for i := range n {
		k.Elem().SetZero()
		v.Elem().SetZero()
		start := d.pos
		if err := key.decode(d, k.UnsafePointer()); err != nil {
			return at(err, "[key]")
		}
		end := d.pos
		if err := elem.decode(d, v.UnsafePointer()); err != nil {
			return at(err, keyStep(key, d.between(start, end)))
		}
		if !k.Elem().Comparable() {
			return &MismatchError{Want: "a key of " + typeName(t), Found: "a value that cannot be compared"}
		}
		m.SetMapIndex(k.Elem(), v.Elem())
		if m.Len() != i+1 {
			d.pos = start
			return d.damaged("a map holds a key twice")
		}
	}
	d.ascend()
	return nil
}

// keyStep is a step of a path, from a key's bytes: paths are only made once
// something went wrong.
func keyStep(key *plan, encoded []byte) string {
	k := reflect.New(key.typ)
	if key.decode(&decoder{data: encoded}, k.UnsafePointer()) != nil {
		return "[key]"
	}
	return step(k.Elem())
}

func atKey(err error, key reflect.Value) error { return at(err, step(key)) }

func step(key reflect.Value) string {
	switch key.Kind() {
	case reflect.String:
		return "[" + brief([]byte(key.String())) + "]"
	case reflect.Bool, reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64,
		reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64,
		reflect.Float32, reflect.Float64, reflect.Complex64, reflect.Complex128:
		return fmt.Sprintf("[%v]", key)
	default:
		return "[" + typeName(key.Type()) + "]"
	}
}
