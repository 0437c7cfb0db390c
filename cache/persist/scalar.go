package persist

import (
	"encoding/binary"
	"fmt"
	"math"
	"math/big"
	"reflect"
	"unicode/utf8"
	"unsafe"
)

func planBool(p *plan) {
	p.least, p.nodes = 1, noNode
	p.encode = func(e *encoder, at unsafe.Pointer) error {
		if *(*bool)(at) {
			e.buf = append(e.buf, itemTrue)
		} else {
			e.buf = append(e.buf, itemFalse)
		}
		return nil
	}
	p.decode = func(d *decoder, at unsafe.Pointer) error {
		start := d.pos
		first, err := d.peek()
		if err != nil {
			return err
		}
		if first != itemTrue && first != itemFalse {
			return d.mismatch(start, "a boolean")
		}
		d.pos++
		*(*bool)(at) = first == itemTrue
		return nil
	}
}

func planInt(p *plan) {
	p.least, p.nodes = 1, noNode
	size := p.typ.Size()
	bits := 8 * int(size)
	p.encode = func(e *encoder, at unsafe.Pointer) error {
		e.int(loadInt(at, size))
		return nil
	}
	p.decode = func(d *decoder, at unsafe.Pointer) error {
		start := d.pos
		h, err := d.head()
		if err != nil {
			return err
		}
		n := int64(h.n)
		if h.major == majorNeg {
			n = ^n
		}
		switch {
		case h.major != majorUint && h.major != majorNeg:
			return d.mismatch(start, typeName(p.typ))
		case h.n > math.MaxInt64 || n<<(64-bits)>>(64-bits) != n:
			return outOfRange(p.typ, h)
		}
		storeInt(at, size, n)
		return nil
	}
}

func planUint(p *plan) {
	p.least, p.nodes = 1, noNode
	size := p.typ.Size()
	bits := 8 * int(size)
	p.encode = func(e *encoder, at unsafe.Pointer) error {
		// The sign extension of a narrow number is cut off again.
		e.head(majorUint, uint64(loadInt(at, size))<<(64-bits)>>(64-bits))
		return nil
	}
	p.decode = func(d *decoder, at unsafe.Pointer) error {
		start := d.pos
		h, err := d.head()
		switch {
		case err != nil:
			return err
		case h.major != majorUint && h.major != majorNeg:
			return d.mismatch(start, typeName(p.typ))
		case h.major == majorNeg || h.n<<(64-bits)>>(64-bits) != h.n:
			return outOfRange(p.typ, h)
		}
		storeInt(at, size, int64(h.n))
		return nil
	}
}

func outOfRange(t reflect.Type, h head) error {
	found := fmt.Sprint(h.n)
	if h.major == majorNeg {
		found = new(big.Int).Not(new(big.Int).SetUint64(h.n)).String()
	}
	return &MismatchError{Want: typeName(t), Found: found + ", which it cannot hold"}
}

func loadInt(at unsafe.Pointer, size uintptr) int64 {
	switch size {
	case 1:
		return int64(*(*int8)(at))
	case 2:
		return int64(*(*int16)(at))
	case 4:
		return int64(*(*int32)(at))
	default:
		return *(*int64)(at)
	}
}

func storeInt(at unsafe.Pointer, size uintptr, n int64) {
	switch size {
	case 1:
		*(*int8)(at) = int8(n)
	case 2:
		*(*int16)(at) = int16(n)
	case 4:
		*(*int32)(at) = int32(n)
	default:
		*(*int64)(at) = n
	}
}

func planFloat(p *plan) {
	size := p.typ.Size()
	p.least, p.nodes = 3, noNode // a reader takes 16 bits too
	p.encode = func(e *encoder, at unsafe.Pointer) error {
		e.float(at, size)
		return nil
	}
	p.decode = func(d *decoder, at unsafe.Pointer) error { return d.float(at, p.typ) }
}

func planComplex(p *plan) {
	size := p.typ.Size() / 2
	part := reflect.TypeFor[float64]()
	if size == 4 {
		part = reflect.TypeFor[float32]()
	}
	p.least, p.nodes = 7, noNode
	p.encode = func(e *encoder, at unsafe.Pointer) error {
		e.head(majorArray, 2)
		e.float(at, size)
		e.float(unsafe.Add(at, size), size)
		return nil
	}
	p.decode = func(d *decoder, at unsafe.Pointer) error {
		start := d.pos
		h, err := d.head()
		if err != nil {
			return err
		}
		if h.major != majorArray || h.indefinite || h.n != 2 {
			return d.mismatch(start, "an array of 2 floats, for "+typeName(p.typ))
		}
		if err := d.float(at, part); err != nil {
			return err
		}
		return d.float(unsafe.Add(at, size), part)
	}
}

// float writes the bits of a float as they are: a conversion could change
// those of a NaN.
func (e *encoder) float(at unsafe.Pointer, size uintptr) {
	if size == 4 {
		e.buf = binary.BigEndian.AppendUint32(append(e.buf, itemFloat32), *(*uint32)(at))
		return
	}
	e.buf = binary.BigEndian.AppendUint64(append(e.buf, itemFloat64), *(*uint64)(at))
}

// float reads a float of at most the width of t.
func (d *decoder) float(at unsafe.Pointer, t reflect.Type) error {
	start := d.pos
	h, err := d.head()
	if err != nil {
		return err
	}
	width := uintptr(0)
	if h.major == majorOther && h.info >= itemFloat16&0x1f && h.info <= itemFloat64&0x1f {
		width = 2 << (h.info - itemFloat16&0x1f)
	}
	switch {
	case width == 0 || width > t.Size():
		return d.mismatch(start, typeName(t))
	case width == t.Size() && width == 8:
		*(*uint64)(at) = h.n
	case width == t.Size():
		*(*uint32)(at) = uint32(h.n)
	default:
		f := math.Float32frombits(uint32(h.n))
		if width == 2 {
			f = float16(uint16(h.n))
		}
		if t.Size() == 8 {
			*(*float64)(at) = float64(f)
		} else {
			*(*float32)(at) = f
		}
	}
	return nil
}

// float16 widens a float of 16 bits, which other writers prefer for values
// that fit.
func float16(bits uint16) float32 {
	sign, exponent, fraction := uint32(bits>>15), uint32(bits>>10&0x1f), uint32(bits&0x3ff)
	switch exponent {
	case 0:
		f := float32(math.Ldexp(float64(fraction), -24))
		return math.Float32frombits(math.Float32bits(f) | sign<<31)
	case 0x1f:
		return math.Float32frombits(sign<<31 | 0xff<<23 | fraction<<13)
	default:
		return math.Float32frombits(sign<<31 | (exponent+127-15)<<23 | fraction<<13)
	}
}

func planString(p *plan) {
	p.least, p.nodes = 1, noNode
	p.encode = func(e *encoder, at unsafe.Pointer) error {
		s := *(*string)(at)
		major := byte(majorText)
		if !utf8.ValidString(s) {
			major = majorBytes
		}
		e.head(major, uint64(len(s)))
		return e.content(unsafe.Slice(unsafe.StringData(s), len(s)))
	}
	p.decode = func(d *decoder, at unsafe.Pointer) error {
		start := d.pos
		h, err := d.head()
		if err != nil {
			return err
		}
		if h.major != majorText && h.major != majorBytes {
			return d.mismatch(start, typeName(p.typ))
		}
		b, err := d.bytes(h)
		if err != nil {
			return err
		}
		*(*string)(at) = string(b)
		return nil
	}
}
