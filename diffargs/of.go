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
// bytes that is. It holds no more than 2 MiB of it, and hashes what is longer
// than a chunk on all cores.
func SumReader(r io.Reader) (Digest, int64, error) {
	first := make([]byte, chunkSize)
	n, err := io.ReadFull(r, first)
	total := uint64(n)
	var leaves []Digest
	for block := []byte(nil); err == nil; {
		if block == nil {
			block = make([]byte, readBlock)
		}
		if n, err = io.ReadFull(r, block); n == 0 {
			break
		}
		if leaves == nil {
			leaves = append(leaves, leaf(first))
		}
		total += uint64(n)
		leaves = appendLeaves(leaves, block[:n], exact)
	}
	switch {
	case err != io.EOF && !errors.Is(err, io.ErrUnexpectedEOF):
		return Digest{}, int64(total), err
	case leaves == nil:
		return Sum(first[:total]), int64(total), nil
	}
	return sumOfLeaves(total, leaves), int64(total), nil
}

// readBlock is how much is read before it is hashed: enough for all cores.
const readBlock = 32 * chunkSize

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
