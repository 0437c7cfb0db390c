// Package npy reads and writes the arrays of numpy, as numpy.save keeps them in
// files that end in .npy.
//
//	a, err := npy.Load[float64]("features.npy")
//	row := a.Data[i*a.Shape[1]:][:a.Shape[1]]
//
// Versions 1 to 3 of the format are read, and versions 1 and 2 written. Elements
// are booleans, integers, floats of 32 or 64 bits, or complex numbers, in
// either byte order. What has no counterpart in Go, or would lose something, is
// refused with a [*TypeError]: objects (which are Python's pickles), records,
// texts, times, and floats of other widths. An array in Fortran's order comes
// back in C's, the last index running fastest.
//
// Damaged or hostile input is a [*SyntaxError]; it never makes a reader panic,
// or take more than some small multiple of the input's size in memory.
//
// persist.Load reads such files too, and maps them.
//
// # Format
//
//	file   = 93 "NUMPY" major minor length header content
//	length = 2 bytes in version 1, 4 in 2 and 3, little endian: of the header
//	header = {'descr': '<f8', 'fortran_order': False, 'shape': (3, 4), }
//	         a literal of Python's, filled with blanks and a line feed so that the content
//	         starts at a multiple of 64
package npy

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"reflect"
	"slices"
	"strings"
	"unsafe"
)

// A Number is an element of an array.
type Number interface {
	~bool | ~int | ~int8 | ~int16 | ~int32 | ~int64 |
		~uint | ~uint8 | ~uint16 | ~uint32 | ~uint64 |
		~float32 | ~float64 | ~complex64 | ~complex128
}

// An Array has as many elements as the product of its shape, the last index
// running fastest. A shape without dimensions is that of a single number.
type Array[T Number] struct {
	Data  []T
	Shape []int
}

// Load reads the file at path.
func Load[T Number](path string) (Array[T], error) {
	a, err := load[T](path)
	if err != nil {
		return Array[T]{}, fmt.Errorf("load array from %s: %w", path, err)
	}
	return a, nil
}

func load[T Number](path string) (Array[T], error) {
	f, err := os.Open(path)
	if err != nil {
		return Array[T]{}, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return Array[T]{}, err
	}
	if !info.Mode().IsRegular() {
		return Read[T](f)
	}
	return read[T](f, info.Size())
}

// step is how much memory a reader gets on the word of a header.
const step = 1 << 20

// Read reads an array from r, and nothing that follows it.
func Read[T Number](r io.Reader) (Array[T], error) { return read[T](r, -1) }

// read reads from r, which holds size bytes, or nobody knows how many.
func read[T Number](r io.Reader, size int64) (Array[T], error) {
	var start [HeadSize]byte
	if _, err := io.ReadFull(r, start[:]); err != nil {
		return Array[T]{}, cut(err)
	}
	n, err := HeaderSize(start[:])
	if err != nil {
		return Array[T]{}, err
	}
	head := append(start[:], make([]byte, n-HeadSize)...)
	if _, err := io.ReadFull(r, head[HeadSize:]); err != nil {
		return Array[T]{}, cut(err)
	}
	h, err := ParseHeader(head)
	if err != nil {
		return Array[T]{}, err
	}
	if _, err := h.typeFor(reflect.TypeFor[T]()); err != nil {
		return Array[T]{}, err
	}
	var content []byte
	if size >= 0 {
		if int64(h.Bytes()) > size-int64(n) {
			return Array[T]{}, cut(io.EOF)
		}
		content = newMemory(h.Bytes())
		if _, err := io.ReadFull(r, content); err != nil {
			return Array[T]{}, cut(err)
		}
	} else {
		for len(content) < h.Bytes() {
			more := min(h.Bytes()-len(content), max(len(content), step))
			longer := newMemory(len(content) + more)
			at := copy(longer, content)
			content = longer
			if _, err := io.ReadFull(r, content[at:]); err != nil {
				return Array[T]{}, cut(err)
			}
		}
	}
	var a Array[T]
	_, err = a.SetNPY(h, content, true)
	return a, err
}

// newMemory returns n bytes that are aligned for any number.
func newMemory(n int) []byte {
	words := make([]uint64, (n+7)/8)
	return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(words))), n)
}

func cut(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return &SyntaxError{"the data ends within the array"}
	}
	return err
}

// SetNPY makes the array what a file holds, the header and the content of which
// these are. If share is set the array may share memory with content; shared
// tells whether it does.
func (a *Array[T]) SetNPY(h Header, content []byte, share bool) (shared bool, err error) {
	data, shared, err := Elements(h, content, reflect.TypeFor[T](), share)
	if err != nil {
		return false, err
	}
	a.Data = unsafe.Slice((*T)(data), h.Count())
	a.Shape = h.Shape
	return shared, nil
}

// Write writes the array to w, in this machine's byte order.
func Write[T Number](w io.Writer, a Array[T]) error {
	h := Header{Descr: descrOf(reflect.TypeFor[T]()), Shape: a.Shape}
	if count, ok := product(a.Shape); !ok || count != len(a.Data) {
		return fmt.Errorf("write array: %d elements do not have the shape %v", len(a.Data), a.Shape)
	}
	if _, err := w.Write(h.append(nil)); err != nil {
		return fmt.Errorf("write array: %w", err)
	}
	if len(a.Data) == 0 {
		return nil
	}
	content := unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(a.Data))), len(a.Data)*int(unsafe.Sizeof(a.Data[0])))
	if _, err := w.Write(content); err != nil {
		return fmt.Errorf("write array: %w", err)
	}
	return nil
}

// A SyntaxError is a file that is none of numpy's, or damaged.
type SyntaxError struct{ Problem string }

func (e *SyntaxError) Error() string { return "damaged .npy file: " + e.Problem }

// A TypeError is an array whose elements do not fit the Go type, or none.
type TypeError struct {
	Descr string // numpy's name for what is there: "<f8"
	Want  reflect.Type
	Hint  string
}

func (e *TypeError) Error() string {
	return fmt.Sprintf("the array's elements are %s, not %v: %s", e.Descr, e.Want, e.Hint)
}

// littleEndian is this machine's byte order.
var littleEndian = binary.NativeEndian.Uint16([]byte{1, 0}) == 1

// product is the number of elements of a shape, unless it is absurd.
func product(shape []int) (n int, ok bool) {
	n = 1
	for _, d := range shape {
		if d < 0 || d > 0 && n > math.MaxInt/16/d {
			return 0, false
		}
		n *= d
	}
	return n, true
}

// descrOf is what numpy calls a Go type on this machine.
func descrOf(t reflect.Type) string {
	order := "<"
	if !littleEndian {
		order = ">"
	}
	if t.Size() == 1 {
		order = "|"
	}
	return fmt.Sprintf("%s%c%d", order, letterOf(t), t.Size())
}

func letterOf(t reflect.Type) byte {
	switch t.Kind() {
	case reflect.Bool:
		return 'b'
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return 'i'
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return 'u'
	case reflect.Float32, reflect.Float64:
		return 'f'
	case reflect.Complex64, reflect.Complex128:
		return 'c'
	default:
		return 0
	}
}

// append appends the header as version 1, or 2 if it is too long for that.
func (h Header) append(b []byte) []byte {
	var text strings.Builder
	fmt.Fprintf(&text, "{'descr': '%s', 'fortran_order': False, 'shape': (", h.Descr)
	for i, d := range h.Shape {
		if i > 0 {
			text.WriteByte(' ')
		}
		fmt.Fprintf(&text, "%d,", d)
	}
	text.WriteString("), }")
	literal := text.String()
	if len(h.Shape) > 1 { // as Python writes it: a comma ends tuples of one alone
		literal = strings.Replace(literal, ",), }", "), }", 1)
	}
	fixed := len(Magic) + 2 + 2
	version := byte(1)
	if len(literal)+contentAlignment > math.MaxUint16 {
		fixed, version = fixed+2, 2
	}
	blanks := -(fixed + len(literal) + 1) & (contentAlignment - 1)
	size := len(literal) + blanks + 1
	b = append(b, Magic...)
	b = append(b, version, 0)
	if version == 1 {
		b = binary.LittleEndian.AppendUint16(b, uint16(size))
	} else {
		b = binary.LittleEndian.AppendUint32(b, uint32(size))
	}
	b = append(b, literal...)
	b = append(b, bytes.Repeat([]byte{' '}, blanks)...)
	return append(b, '\n')
}

const contentAlignment = 64

// clone copies content to memory that fits any number.
func clone(content []byte) []byte {
	own := newMemory(len(content))
	copy(own, content)
	return slices.Clip(own)
}
