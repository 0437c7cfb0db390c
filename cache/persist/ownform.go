package persist

import (
	"encoding"
	"encoding/gob"
	"fmt"
	"reflect"
	"slices"
	"unsafe"
)

// A form is a pair of methods by which a type turns its values into bytes and
// back.
type form struct {
	encoder, decoder reflect.Type
	major            byte
	encode           func(v any) ([]byte, error)
	decode           func(v any, b []byte) error
}

var binaryForms = []form{
	{
		reflect.TypeFor[encoding.BinaryMarshaler](), reflect.TypeFor[encoding.BinaryUnmarshaler](), majorBytes,
		func(v any) ([]byte, error) { return v.(encoding.BinaryMarshaler).MarshalBinary() },
		func(v any, b []byte) error { return v.(encoding.BinaryUnmarshaler).UnmarshalBinary(b) },
	},
	{
		reflect.TypeFor[gob.GobEncoder](), reflect.TypeFor[gob.GobDecoder](), majorBytes,
		func(v any) ([]byte, error) { return v.(gob.GobEncoder).GobEncode() },
		func(v any, b []byte) error { return v.(gob.GobDecoder).GobDecode(b) },
	},
}

var textualForm = form{
	reflect.TypeFor[encoding.TextMarshaler](), reflect.TypeFor[encoding.TextUnmarshaler](), majorText,
	func(v any) ([]byte, error) { return v.(encoding.TextMarshaler).MarshalText() },
	func(v any, b []byte) error { return v.(encoding.TextUnmarshaler).UnmarshalText(b) },
}

// fits reports whether t, which is no pointer and no interface, has these
// methods by itself.
func (f form) fits(t reflect.Type) bool {
	if t.Kind() == reflect.Pointer || t.Kind() == reflect.Interface || !f.within(t) {
		return false
	}
	// A struct has the methods of what it embeds, and these do not know its
	// other fields. Whether it has methods besides cannot be told, so that it
	// is stored field by field.
	if t.Kind() == reflect.Struct {
		for field := range t.Fields() {
			if field.Anonymous && f.within(field.Type) {
				return false
			}
		}
	}
	return true
}

// within reports whether t or a pointer to it has the methods.
func (f form) within(t reflect.Type) bool {
	if t.Kind() != reflect.Interface && t.Kind() != reflect.Pointer {
		t = reflect.PointerTo(t)
	}
	return t.Implements(f.encoder) && t.Implements(f.decoder)
}

// ownForm reports whether values of type t are always stored as what its own
// methods say.
func ownForm(t reflect.Type) bool {
	for _, f := range binaryForms {
		if f.fits(t) {
			return true
		}
	}
	return false
}

func textForm(t reflect.Type) bool { return textualForm.fits(t) }

func planBinary(p *plan) bool {
	for _, f := range binaryForms {
		if f.fits(p.typ) {
			planForm(p, f)
			return true
		}
	}
	return false
}

func planText(p *plan) { planForm(p, textualForm) }

func planForm(p *plan, f form) {
	t := p.typ
	p.least, p.nodes, p.walk = 1, noNode, nil
	p.encode = func(e *encoder, at unsafe.Pointer) error {
		var b []byte
		err := guard(func() (err error) {
			b, err = f.encode(reflect.NewAt(t, at).Interface())
			return err
		})
		if err != nil {
			return unsupported(t, fmt.Sprintf("its method %s: %v", f.encoder.Method(0).Name, err))
		}
		e.head(f.major, uint64(len(b)))
		return e.content(b)
	}
	p.decode = func(d *decoder, at unsafe.Pointer) error {
		start := d.pos
		h, err := d.head()
		if err != nil {
			return err
		}
		if h.major != f.major {
			return d.mismatch(start, typeName(t))
		}
		b, err := d.bytes(h)
		if err != nil {
			return err
		}
		if d.keep > 0 {
			b = slices.Clone(b) // it may be memory that cannot be written, and goes away
		}
		// Capped, so that appending to it cannot reach what follows.
		err = guard(func() error { return f.decode(reflect.NewAt(t, at).Interface(), slices.Clip(b)) })
		if err != nil {
			return &MismatchError{Want: typeName(t), Found: fmt.Sprintf("%d bytes that its method %s refuses: %v", len(b), f.decoder.Method(0).Name, err)}
		}
		return nil
	}
}

// guard calls a method of somebody else's type. Storing a result must not
// bring down the program that computed it.
func guard(call func() error) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("panic: %v", r)
		}
	}()
	return call()
}
