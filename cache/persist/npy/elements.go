package npy

import (
	"fmt"
	"reflect"
	"slices"
	"unsafe"
)

// Elements returns the elements of an array as values of type t, the last index
// running fastest: a pointer to the first. They share memory with content if
// share allows it and nothing has to be changed.
func Elements(h Header, content []byte, t reflect.Type, share bool) (data unsafe.Pointer, shared bool, err error) {
	swap, err := h.typeFor(t)
	if err != nil {
		return nil, false, err
	}
	if len(content) != h.Bytes() {
		return nil, false, &SyntaxError{fmt.Sprintf("%d bytes follow the header, and not %d", len(content), h.Bytes())}
	}
	if t.Kind() == reflect.Bool {
		if i := slices.IndexFunc(content, func(b byte) bool { return b > 1 }); i >= 0 {
			return nil, false, &SyntaxError{fmt.Sprintf("element %d is neither true nor false", i)}
		}
	}
	turn := h.Fortran && len(h.Shape) > 1
	aligned := uintptr(unsafe.Pointer(unsafe.SliceData(content)))%uintptr(t.Align()) == 0
	if share && !swap && !turn && aligned && len(content) > 0 {
		return unsafe.Pointer(unsafe.SliceData(content)), true, nil
	}
	own := clone(content)
	width := int(t.Size())
	if turn {
		turned := newMemory(len(content))
		reorder(turned, content, width, h.Shape)
		own = turned
	}
	if swap {
		number := width
		if t.Kind() == reflect.Complex64 || t.Kind() == reflect.Complex128 {
			number /= 2
		}
		for n := range slices.Chunk(own, number) {
			slices.Reverse(n)
		}
	}
	if len(own) == 0 {
		return reflect.MakeSlice(reflect.SliceOf(t), 0, 0).UnsafePointer(), false, nil
	}
	return unsafe.Pointer(unsafe.SliceData(own)), false, nil
}

// reorder copies elements of width bytes from Fortran's order to C's.
func reorder(dst, src []byte, width int, shape []int) {
	strides := make([]int, len(shape)) // in src
	for i, step := 0, 1; i < len(shape); i++ {
		strides[i] = step
		step *= shape[i]
	}
	index := make([]int, len(shape))
	from := 0
	for at := 0; at < len(dst); at += width {
		copy(dst[at:at+width], src[from*width:])
		for i := len(shape) - 1; i >= 0; i-- {
			index[i]++
			from += strides[i]
			if index[i] < shape[i] {
				break
			}
			from -= index[i] * strides[i]
			index[i] = 0
		}
	}
}
