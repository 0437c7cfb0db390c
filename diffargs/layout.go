package diffargs

import (
	"encoding/binary"
	"math"
	"reflect"
	"unsafe"
)

// layout says how the memory of a value relates to its encoding on this
// machine.
type layout uint8

const (
	scattered layout = iota // the encoding has to be put together
	exact                   // the memory is the encoding
	floats32                // it is, once NaNs are canonical: nothing but float32
	floats64                // the same for float64
)

// The one NaN that stands for all in an encoding.
const (
	canonicalNaN32 = 0x7FC00000
	canonicalNaN64 = 0x7FF8000000000000
)

// littleEndian is a property of the machine. Where it is false every value goes
// the portable way, element by element.
var littleEndian = binary.NativeEndian.Uint16([]byte{1, 0}) == 1

// scalarLayout returns the layout of a kind of number.
func scalarLayout(kind reflect.Kind) layout {
	switch kind {
	case reflect.Bool, reflect.Int8, reflect.Uint8, reflect.Int16, reflect.Uint16,
		reflect.Int32, reflect.Uint32, reflect.Int64, reflect.Uint64:
		return exact
	case reflect.Int, reflect.Uint:
		if unsafe.Sizeof(int(0)) == 8 {
			return exact
		}
	case reflect.Float32, reflect.Complex64:
		return floats32
	case reflect.Float64, reflect.Complex128:
		return floats64
	}
	return scattered
}

// isCanonical reports whether memory can be hashed as it is.
func (l layout) isCanonical(memory []byte) bool {
	switch l {
	case floats32:
		return !anyNaN32(words[uint32](memory))
	case floats64:
		return !anyNaN64(words[uint64](memory))
	default:
		return true
	}
}

// appendCanonical appends memory to b with every NaN made canonical.
func (l layout) appendCanonical(b, memory []byte) []byte {
	switch l {
	case floats32:
		for _, bits := range words[uint32](memory) {
			b = binary.LittleEndian.AppendUint32(b, canonicalBits32(bits))
		}
		return b
	case floats64:
		for _, bits := range words[uint64](memory) {
			b = binary.LittleEndian.AppendUint64(b, canonicalBits64(bits))
		}
		return b
	default:
		return append(b, memory...)
	}
}

// words views memory, which holds numbers of that width, as those numbers.
func words[W uint32 | uint64](memory []byte) []W {
	var w W
	return unsafe.Slice((*W)(unsafe.Pointer(unsafe.SliceData(memory))), len(memory)/int(unsafe.Sizeof(w)))
}

// anyNaN64 looks for NaNs without a branch per number: without its sign, a NaN
// is above infinity, so that adding the rest of the range carries into the sign.
func anyNaN64(bits []uint64) bool {
	const magnitude, carry = 1<<63 - 1, 1<<63 - 1 - 0x7FF0000000000000
	var a, b, c, d uint64
	for len(bits) >= 16 {
		w := (*[16]uint64)(bits)
		a |= (w[0]&magnitude + carry) | (w[4]&magnitude + carry) | (w[8]&magnitude + carry) | (w[12]&magnitude + carry)
		b |= (w[1]&magnitude + carry) | (w[5]&magnitude + carry) | (w[9]&magnitude + carry) | (w[13]&magnitude + carry)
		c |= (w[2]&magnitude + carry) | (w[6]&magnitude + carry) | (w[10]&magnitude + carry) | (w[14]&magnitude + carry)
		d |= (w[3]&magnitude + carry) | (w[7]&magnitude + carry) | (w[11]&magnitude + carry) | (w[15]&magnitude + carry)
		bits = bits[16:]
	}
	for _, w := range bits {
		a |= w&magnitude + carry
	}
	return (a|b|c|d)>>63 != 0
}

func anyNaN32(bits []uint32) bool {
	const magnitude, carry = 1<<31 - 1, 1<<31 - 1 - 0x7F800000
	var a, b, c, d uint32
	for len(bits) >= 16 {
		w := (*[16]uint32)(bits)
		a |= (w[0]&magnitude + carry) | (w[4]&magnitude + carry) | (w[8]&magnitude + carry) | (w[12]&magnitude + carry)
		b |= (w[1]&magnitude + carry) | (w[5]&magnitude + carry) | (w[9]&magnitude + carry) | (w[13]&magnitude + carry)
		c |= (w[2]&magnitude + carry) | (w[6]&magnitude + carry) | (w[10]&magnitude + carry) | (w[14]&magnitude + carry)
		d |= (w[3]&magnitude + carry) | (w[7]&magnitude + carry) | (w[11]&magnitude + carry) | (w[15]&magnitude + carry)
		bits = bits[16:]
	}
	for _, w := range bits {
		a |= w&magnitude + carry
	}
	return (a|b|c|d)>>31 != 0
}

func canonicalBits32(bits uint32) uint32 {
	if f := math.Float32frombits(bits); f != f {
		return canonicalNaN32
	}
	return bits
}

func canonicalBits64(bits uint64) uint64 {
	if f := math.Float64frombits(bits); f != f {
		return canonicalNaN64
	}
	return bits
}
