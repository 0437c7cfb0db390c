package persist

import (
	"bytes"
	"errors"
	"reflect"
	"unsafe"
)

// CheckType reports whether values of type t can be stored: nil, or an
// [*UnsupportedError] with the path to the part that cannot. What an interface
// holds shows only when a value is stored.
func CheckType(t reflect.Type) error {
	if t == nil {
		return nil
	}
	_, err := planOf(t)
	return err
}

// Marshal returns v as a stream. It is to be read into a variable of the same
// type as v, or of the type that v points to unless that is a pointer, slice,
// map or interface.
func Marshal(v any) ([]byte, error) {
	e := pooledEncoder()
	defer e.release()
	if err := encodeRoot(e, v); err != nil {
		return nil, err
	}
	return e.result(), nil
}

// Unmarshal reads what [Marshal] returned, or [Encode] wrote, into the variable
// that into points to. After an error that variable is zero, never half filled.
// The variable does not share memory with data.
func Unmarshal(data []byte, into any) error {
	if codecOfStream(data) != None {
		return new(options).load(bytes.NewReader(data), int64(len(data)), func(d *decoder) error { return decodeRoot(d, into) })
	}
	d := pooledDecoder(data, 0)
	defer d.release()
	return decodeRoot(d, into)
}

// streamStart is what this package's streams begin with.
var streamStart = string(newEncoder(nil).buf)

// A root is a value that an encoder starts from.
type root struct {
	plan *plan
	at   unsafe.Pointer
}

func encodeRoot(e *encoder, v any) error {
	if v == nil {
		e.null()
		return nil
	}
	value := reflect.ValueOf(v)
	p, err := planOf(value.Type())
	if err != nil {
		return err
	}
	r := root{p, addressable(value)}
	if err := e.findShared(append(e.roots[:0], r)); err != nil {
		return err
	}
	return p.encode(e, r.at)
}

var errNotPointer = errors.New("decode value: the target is not a pointer to a variable")

func decodeRoot(d *decoder, into any) (err error) {
	target := reflect.ValueOf(into)
	if target.Kind() != reflect.Pointer || target.IsNil() {
		return errNotPointer
	}
	variable := target.Elem()
	variable.SetZero()
	p, err := planOf(variable.Type())
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			variable.SetZero()
		}
	}()
	if d.isNumpy() {
		return d.numpy(variable)
	}
	if err := d.streamHead(); err != nil {
		return err
	}
	// A pointer may have been stored, and the value point back to itself.
	if !p.isNode() && d.tag(tagShareable) {
		d.slots = append(d.slots, slot{reflect.PointerTo(p.typ), target.UnsafePointer()})
	}
	if err := p.decode(d, target.UnsafePointer()); err != nil {
		return err
	}
	return d.end()
}

// streamHead takes the marks at the beginning of a stream, if they are there.
func (d *decoder) streamHead() error {
	if d.available(len(streamStart)) && string(d.rest()[:len(streamStart)]) == streamStart {
		d.pos += len(streamStart)
		return nil
	}
	if !d.tag(tagSelf) {
		return nil
	}
	before := d.pos
	h, err := d.head()
	if err != nil {
		return err
	}
	if h.major != majorTag || h.n&^0xffff != tagStream {
		d.pos = before // somebody else's marked CBOR
		return nil
	}
	if version := int(h.n & 0xffff); version != formatVersion {
		return &VersionError{Version: version}
	}
	return nil
}

func (d *decoder) end() error {
	switch {
	case d.available(1):
		return d.damaged("something follows the value")
	case d.failure != nil:
		return d.failure
	default:
		return nil
	}
}

// addressable returns the address of v, or of a copy.
func addressable(v reflect.Value) unsafe.Pointer {
	if v.CanAddr() {
		return v.Addr().UnsafePointer()
	}
	c := reflect.New(v.Type())
	c.Elem().Set(v)
	return c.UnsafePointer()
}
