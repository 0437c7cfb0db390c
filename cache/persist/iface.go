package persist

import (
	"reflect"
	"unicode/utf8"
	"unsafe"
)

var (
	typeBool    = reflect.TypeFor[bool]()
	typeInt     = reflect.TypeFor[int]()
	typeFloat64 = reflect.TypeFor[float64]()
	typeString  = reflect.TypeFor[string]()
)

// bare reports whether values of type t stand in an empty interface without
// the name of their type: CBOR's own types for these say it.
func bare(t reflect.Type) bool {
	return t == typeBool || t == typeInt || t == typeFloat64 || t == typeString
}

func planInterface(p *plan) {
	t := p.typ
	p.least, p.nodes = 1, manyNodes
	p.encode = func(e *encoder, at unsafe.Pointer) error {
		held := reflect.NewAt(t, at).Elem().Elem()
		if !held.IsValid() {
			e.null()
			return nil
		}
		dynamic := held.Type()
		name, ok := registeredName(dynamic)
		if !ok {
			return unsupported(dynamic, "it is held by an interface and not registered; call persist.Register["+typeName(dynamic)+"]() before")
		}
		inner, err := planOf(dynamic)
		if err != nil {
			return err
		}
		if !bare(dynamic) || t.NumMethod() > 0 {
			e.head(majorTag, tagObject)
			e.head(majorArray, 2)
			e.text(name)
		}
		if err := e.descend(t); err != nil {
			return err
		}
		err = inner.encode(e, addressable(held))
		e.ascend()
		return err
	}
	p.decode = func(d *decoder, at unsafe.Pointer) error {
		if d.null() {
			return nil
		}
		dynamic, err := d.dynamicType(t)
		if err != nil {
			return err
		}
		inner, err := planOf(dynamic)
		if err != nil {
			return err
		}
		if err := d.descend(); err != nil {
			return err
		}
		held := reflect.New(dynamic)
		if err := inner.decode(d, held.UnsafePointer()); err != nil {
			return err
		}
		reflect.NewAt(t, at).Elem().Set(held.Elem())
		d.ascend()
		return nil
	}
	p.walk = func(w *walker, at unsafe.Pointer) error {
		held := reflect.NewAt(t, at).Elem().Elem()
		if !held.IsValid() {
			return nil
		}
		inner, err := planOf(held.Type())
		if err != nil {
			return err
		}
		if inner.walk == nil {
			return nil
		}
		if err := w.descend(t); err != nil {
			return err
		}
		err = inner.walk(w, addressable(held))
		w.ascend()
		return err
	}
}

// dynamicType takes the name of the type that an interface of type t holds, or
// sees from the item which it is.
func (d *decoder) dynamicType(t reflect.Type) (reflect.Type, error) {
	start := d.pos
	first, err := d.peek()
	if err != nil {
		return nil, err
	}
	if t.NumMethod() == 0 {
		switch major := first &^ 0x1f; {
		case first == itemTrue || first == itemFalse:
			return typeBool, nil
		case major == majorUint || major == majorNeg:
			return typeInt, nil
		case major == majorText || major == majorBytes:
			return typeString, nil
		case first == itemFloat16 || first == itemFloat32 || first == itemFloat64:
			return typeFloat64, nil
		}
	}
	if !d.tag(tagObject) {
		return nil, d.mismatch(start, "a value for "+typeName(t))
	}
	pair := d.pos
	if h, err := d.head(); err != nil {
		return nil, err
	} else if h.major != majorArray || h.indefinite || h.n != 2 {
		return nil, d.mismatch(pair, "an array of a type name and a value")
	}
	h, err := d.head()
	if err != nil {
		return nil, err
	}
	name, err := d.bytes(h)
	if err != nil {
		return nil, err
	}
	if h.major != majorText || !utf8.Valid(name) {
		return nil, d.damaged("the name of a type is no text")
	}
	dynamic, ok := registeredType(string(name))
	if !ok {
		return nil, &MismatchError{Want: "a registered type", Found: brief(name) + ", which this program has not registered with persist.Register"}
	}
	if !dynamic.AssignableTo(t) {
		return nil, &MismatchError{Want: "a type that implements " + typeName(t), Found: brief(name)}
	}
	return dynamic, nil
}
