package diffargs

import (
	"encoding/binary"
	"reflect"
	"unsafe"
)

type bodyFunc = func(e *encoder, p unsafe.Pointer) error

// scalarBody returns how a number or a boolean is encoded, and in how many
// bytes.
func scalarBody(kind reflect.Kind) (int, bodyFunc) {
	switch kind {
	case reflect.Bool, reflect.Int8, reflect.Uint8:
		return 1, encode8
	case reflect.Int16, reflect.Uint16:
		return 2, encode16
	case reflect.Int32, reflect.Uint32:
		return 4, encode32
	case reflect.Int64, reflect.Uint64:
		return 8, encode64
	case reflect.Int:
		return 8, encodeInt
	case reflect.Uint:
		return 8, encodeUint
	case reflect.Float32:
		return 4, encodeFloat32
	case reflect.Float64:
		return 8, encodeFloat64
	case reflect.Complex64:
		return 8, encodeComplex64
	case reflect.Complex128:
		return 16, encodeComplex128
	}
	panic("diffargs: no scalar: " + kind.String())
}

func encodeNothing(*encoder, unsafe.Pointer) error { return nil }

func encode8(e *encoder, p unsafe.Pointer) error {
	e.buf = append(e.buf, *(*uint8)(p))
	return nil
}

func encode16(e *encoder, p unsafe.Pointer) error {
	e.buf = binary.LittleEndian.AppendUint16(e.buf, *(*uint16)(p))
	return nil
}

func encode32(e *encoder, p unsafe.Pointer) error {
	e.buf = binary.LittleEndian.AppendUint32(e.buf, *(*uint32)(p))
	return nil
}

func encode64(e *encoder, p unsafe.Pointer) error {
	e.buf = binary.LittleEndian.AppendUint64(e.buf, *(*uint64)(p))
	return nil
}

func encodeInt(e *encoder, p unsafe.Pointer) error {
	e.buf = binary.LittleEndian.AppendUint64(e.buf, uint64(*(*int)(p)))
	return nil
}

func encodeUint(e *encoder, p unsafe.Pointer) error {
	e.buf = binary.LittleEndian.AppendUint64(e.buf, uint64(*(*uint)(p)))
	return nil
}

func encodeFloat32(e *encoder, p unsafe.Pointer) error {
	e.buf = binary.LittleEndian.AppendUint32(e.buf, canonicalBits32(*(*uint32)(p)))
	return nil
}

func encodeFloat64(e *encoder, p unsafe.Pointer) error {
	e.buf = binary.LittleEndian.AppendUint64(e.buf, canonicalBits64(*(*uint64)(p)))
	return nil
}

func encodeComplex64(e *encoder, p unsafe.Pointer) error {
	_ = encodeFloat32(e, p)
	return encodeFloat32(e, unsafe.Add(p, 4))
}

func encodeComplex128(e *encoder, p unsafe.Pointer) error {
	_ = encodeFloat64(e, p)
	return encodeFloat64(e, unsafe.Add(p, 8))
}
