package persist

import (
	"errors"
	"fmt"
	"reflect"

	"labbook/cache/persist/npy"
)

// maxEmptyRows bounds how many slices of nothing an array of numpy's makes.
const maxEmptyRows = 1 << 16

// isNumpy reports whether the stream is a file of numpy's. As CBOR it would be
// an array of 19 items, of which hardly one begins so.
func (d *decoder) isNumpy() bool {
	return d.pos == 0 && d.available(npy.HeadSize) && string(d.rest()[:len(npy.Magic)]) == npy.Magic
}

// numpy reads an array of numpy's into a variable: an npy.Array, or slices that
// are nested as deep as the array has dimensions.
func (d *decoder) numpy(variable reflect.Value) error {
	size, err := npy.HeaderSize(d.rest()[:npy.HeadSize])
	if err != nil {
		return fromNumpy(err)
	}
	head, err := d.take(uint64(size))
	if err != nil {
		return err
	}
	h, err := npy.ParseHeader(head)
	if err != nil {
		return fromNumpy(err)
	}
	set, depth, elem := arrayOf(variable)
	if set == nil && (depth == 0 || depth != len(h.Shape)) {
		return &MismatchError{Want: typeName(variable.Type()), Found: fmt.Sprintf("an array of numpy's, of %s and of shape %v: load it as an npy.Array", h.Descr, h.Shape)}
	}
	var content []byte
	share := d.keep > 0
	if d.mapped != nil {
		content, err = d.takeMapped(uint64(h.Bytes()))
	} else if d.source == nil {
		content, err = d.take(uint64(h.Bytes()))
	} else {
		share = true
		content, err = d.collect(uint64(h.Bytes()))
	}
	if err != nil {
		return err
	}
	var shared bool
	if set != nil {
		shared, err = set(h, content, share)
	} else {
		shared, err = setSlices(variable, elem, h, content, share)
	}
	if err != nil {
		return fromNumpy(err)
	}
	if d.keep > 0 && !shared && len(content) > 0 {
		d.copied++
	}
	return d.end()
}

// arrayOf tells how a variable takes an array: by its method, or as slices of
// elements.
func arrayOf(variable reflect.Value) (set func(npy.Header, []byte, bool) (bool, error), depth int, elem reflect.Type) {
	type setter interface {
		SetNPY(h npy.Header, content []byte, share bool) (bool, error)
	}
	if a, ok := reflect.TypeAssert[setter](variable.Addr()); ok {
		return a.SetNPY, 0, nil
	}
	elem = variable.Type()
	for elem.Kind() == reflect.Slice {
		elem = elem.Elem()
		depth++
	}
	if _, numeric := numbersOf(elem); !numeric && elem.Kind() != reflect.Bool {
		return nil, 0, nil
	}
	return nil, depth, elem
}

func setSlices(variable reflect.Value, elem reflect.Type, h npy.Header, content []byte, share bool) (shared bool, err error) {
	rows := 1
	for _, n := range h.Shape[:len(h.Shape)-1] {
		if rows *= n; h.Count() == 0 && rows > maxEmptyRows {
			return false, &npy.SyntaxError{Problem: fmt.Sprintf("its shape is %v, and there is nothing in it", h.Shape)}
		}
	}
	data, shared, err := npy.Elements(h, content, elem, share)
	if err != nil {
		return false, err
	}
	flat := reflect.SliceAt(elem, data, h.Count())
	nest(variable, flat, h.Shape)
	return shared, nil
}

// nest makes a variable slices of slices, of which the innermost are pieces of
// flat.
func nest(variable, flat reflect.Value, shape []int) {
	if len(shape) == 1 {
		variable.Set(flat.Slice3(0, shape[0], shape[0]).Convert(variable.Type()))
		return
	}
	variable.Set(reflect.MakeSlice(variable.Type(), shape[0], shape[0]))
	if shape[0] == 0 {
		return
	}
	each := flat.Len() / shape[0]
	for i := range shape[0] {
		nest(variable.Index(i), flat.Slice(i*each, (i+1)*each), shape[1:])
	}
}

// fromNumpy says in this package's words what is wrong.
func fromNumpy(err error) error {
	if e, ok := errors.AsType[*npy.TypeError](err); ok {
		return &MismatchError{Want: typeName(e.Want), Found: fmt.Sprintf("an array of numpy's with elements %s: %s", e.Descr, e.Hint)}
	}
	if e, ok := errors.AsType[*npy.SyntaxError](err); ok {
		return &SyntaxError{Problem: e.Error()}
	}
	return err
}
