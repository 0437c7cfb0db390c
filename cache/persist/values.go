package persist

import (
	"bytes"
	"fmt"
	"io"
	"reflect"
)

// MarshalValues returns the values as one stream, an array. What they share
// comes back shared. A value of interface type is stored as what it holds.
func MarshalValues(values []reflect.Value) ([]byte, error) {
	e := pooledEncoder()
	defer e.release()
	if err := encodeValues(e, values); err != nil {
		return nil, err
	}
	return e.result(), nil
}

func encodeValues(e *encoder, values []reflect.Value) error {
	roots := e.roots[:0]
	for i, v := range values {
		p, err := planOf(v.Type())
		if err != nil {
			return atResult(err, i)
		}
		roots = append(roots, root{p, addressable(v)})
	}
	if err := e.findShared(roots); err != nil {
		return err
	}
	e.head(majorArray, uint64(len(roots)))
	for i, r := range roots {
		if err := r.plan.encode(e, r.at); err != nil {
			return atResult(err, i)
		}
	}
	return nil
}

// UnmarshalValues reads what [MarshalValues] returned, or [EncodeValues] wrote,
// for values of these types. They do not share memory with data.
func UnmarshalValues(data []byte, types []reflect.Type) ([]reflect.Value, error) {
	if codecOfStream(data) != None {
		return DecodeValues(bytes.NewReader(data), types)
	}
	d := pooledDecoder(data, 0)
	defer d.release()
	return decodeValues(d, types)
}

// UnmarshalValuesKeep is UnmarshalValues for data that stays as it is, such as
// a file that is mapped: numeric slices of 256 bytes or more share memory with
// data, if they are in this machine's byte order and aligned, as they are where
// data starts at a multiple of 64. Data is never written to, and may be memory
// that cannot be; the slices must then not be written to either, nor used once
// data is gone. Nothing else shares memory with data, and nothing at all does if
// data is compressed.
func UnmarshalValuesKeep(data []byte, types []reflect.Type) ([]reflect.Value, error) {
	if codecOfStream(data) != None {
		return DecodeValues(bytes.NewReader(data), types)
	}
	d := pooledDecoder(data, mapSize)
	defer d.release()
	return decodeValues(d, types)
}

// UnmarshalValuesMapped is UnmarshalValuesKeep for a file that is mapped, and
// still open: mapping is what file holds from offset 0 on, and what stays in no
// slice is read from file. Where slices are few and long that is several times
// faster, since nothing of the mapping is touched before it is used.
func UnmarshalValuesMapped(file io.ReaderAt, mapping []byte, types []reflect.Type) ([]reflect.Value, error) {
	d := &decoder{keep: mapSize, input: newMappedInput(file, mapping)}
	defer d.mapped.close()
	d.fill(sniffSize) // or as much as there is
	if codecOfStream(d.data) != None {
		return DecodeValues(io.NewSectionReader(file, 0, int64(len(mapping))), types)
	}
	return decodeValues(d, types)
}

func decodeValues(d *decoder, types []reflect.Type) ([]reflect.Value, error) {
	if err := d.streamHead(); err != nil {
		return nil, err
	}
	start := d.pos
	h, err := d.head()
	if err != nil {
		return nil, err
	}
	if h.major != majorArray || h.indefinite || h.n != uint64(len(types)) {
		return nil, d.mismatch(start, fmt.Sprintf("an array of %d results", len(types)))
	}
	values := make([]reflect.Value, len(types))
	for i, t := range types {
		p, err := planOf(t)
		if err != nil {
			return nil, atResult(err, i)
		}
		v := reflect.New(t)
		if err := p.decode(d, v.UnsafePointer()); err != nil {
			return nil, atResult(err, i)
		}
		values[i] = v.Elem()
	}
	return values, d.end()
}

func atResult(err error, i int) error { return at(err, fmt.Sprintf("result %d", i)) }

// EncodeValues writes the values as one stream: compressed or not, what
// [MarshalValues] returns.
func EncodeValues(w io.Writer, values []reflect.Value, opts ...Option) error {
	o, err := toStore(opts, None)
	if err != nil {
		return err
	}
	return o.store(w, func(e *encoder) error { return encodeValues(e, values) })
}

// DecodeValues reads what [EncodeValues] wrote for values of these types.
func DecodeValues(r io.Reader, types []reflect.Type, opts ...Option) (values []reflect.Value, err error) {
	o, err := toLoad(opts)
	if err == nil && o.modeSet {
		err = &OptionError{"Map", "map the file, and use UnmarshalValuesKeep"}
	}
	if err != nil {
		return nil, err
	}
	err = o.load(r, sizeOf(r), func(d *decoder) error {
		values, err = decodeValues(d, types)
		return err
	})
	return values, err
}
