package diffargs

import (
	"errors"
	"io"
	"reflect"
	"unsafe"
)

// Of returns the digest of v. The error is an *UnkeyableError if v holds
// something that cannot be part of a key.
//
// Of may be called by many goroutines at once, but v must not change meanwhile.
func Of(v any) (Digest, error) {
	e := newEncoder()
	defer e.release()
	return e.untyped(v)
}

// OfValue returns the digest of v with its static type: that of a variable of
// an interface type covers the interface type and the type of what it holds.
// For any other type it is what Of returns. The digest of the zero Value is
// that of an untyped nil.
func OfValue(v reflect.Value) (Digest, error) {
	if !v.IsValid() {
		return nilDigest, nil
	}
	e := newEncoder()
	defer e.release()
	return e.reflected(e.planOf(v.Type()), v)
}

// Sum returns the digest of bytes: that of a string of them.
func Sum(data []byte) Digest {
	e := newEncoder()
	defer e.release()
	e.buf = append(e.buf, tagValue)
	e.buf = append(e.buf, stringDigest[:]...)
	e.text(unsafe.Pointer(unsafe.SliceData(data)), len(data))
	return hash(e.buf)
}

// SumReader returns what Sum returns for all that r has to give, and how many
// bytes that is. It holds no more than a chunk of it.
func SumReader(r io.Reader) (Digest, int64, error) {
	e := newEncoder()
	defer e.release()
	chunk := make([]byte, chunkSize)
	var total uint64
	for {
		n, err := io.ReadFull(r, chunk)
		if total += uint64(n); total > chunkSize && n > 0 {
			if len(e.leaves) == 0 {
				e.leaves = append(e.leaves, leaf(e.buf))
			}
			e.leaves = append(e.leaves, leaf(chunk[:n]))
		} else {
			e.buf = append(e.buf, chunk[:n]...)
		}
		if err == io.EOF || errors.Is(err, io.ErrUnexpectedEOF) {
			break
		}
		if err != nil {
			return Digest{}, int64(total), err
		}
	}
	if total <= chunkSize {
		return Sum(e.buf), int64(total), nil
	}
	return sumOfLeaves(total, e.leaves), int64(total), nil
}

// sumOfLeaves returns the digest of a string of total bytes, more than one
// chunk.
func sumOfLeaves(total uint64, leaves []Digest) Digest {
	message := append([]byte{tagValue}, stringDigest[:]...)
	message = appendCount(message, total)
	root := hash(appendTree(nil, total, leaves))
	return hash(append(message, root[:]...))
}

var (
	nilDigest    = hash(append([]byte{tagValue}, nilType[:]...))
	stringDigest = typeDigest(reflect.TypeFor[string]())
)

// untyped returns the digest of v by its dynamic type.
func (e *encoder) untyped(v any) (Digest, error) {
	if v == nil {
		return nilDigest, nil
	}
	return e.boxed(e.planOf(reflect.TypeOf(v)), v)
}

// boxed returns the digest of v, whose plan is pl.
func (e *encoder) boxed(pl *plan, v any) (Digest, error) {
	e.word = dataWord(&v)
	if pl.direct {
		return e.value(pl, unsafe.Pointer(&e.word))
	}
	return e.value(pl, e.word)
}

var errUnexported = errors.New(
	"digest a reflect.Value from an unexported field that is not addressable: pass the struct around it, or a pointer to it")

// addressOf returns where v is, or a copy of it.
func addressOf(v reflect.Value) (unsafe.Pointer, error) {
	if v.CanAddr() {
		return v.Addr().UnsafePointer(), nil
	}
	if !v.CanInterface() {
		return nil, errUnexported
	}
	c := reflect.New(v.Type())
	c.Elem().Set(v)
	return c.UnsafePointer(), nil
}
