package diffargs

import (
	"encoding/binary"
	"math"
	"math/big"
	"math/cmplx"
	"reflect"
	"strconv"
)

// A number is one number out of a node's Data.
type number struct {
	kind reflect.Kind
	data []byte
}

// numberAt returns the number at index i of a row; a single number has index 0.
func (n *Node) numberAt(i int) number {
	width := n.width()
	return number{n.Number, n.Data[i*width : (i+1)*width]}
}

func (n number) bits() uint64 {
	switch len(n.data) {
	case 1:
		return uint64(n.data[0])
	case 2:
		return uint64(binary.LittleEndian.Uint16(n.data))
	case 4:
		return uint64(binary.LittleEndian.Uint32(n.data))
	default:
		return binary.LittleEndian.Uint64(n.data)
	}
}

func (n number) isFloat() bool { return n.kind == reflect.Float32 || n.kind == reflect.Float64 }

func (n number) isComplex() bool { return n.kind == reflect.Complex64 || n.kind == reflect.Complex128 }

func (n number) isSigned() bool { return n.kind >= reflect.Int && n.kind <= reflect.Int64 }

// signed returns a signed integer.
func (n number) signed() int64 {
	unused := 64 - 8*len(n.data)
	return int64(n.bits()<<unused) >> unused
}

func (n number) float() float64 {
	if n.kind == reflect.Float32 {
		return float64(math.Float32frombits(uint32(n.bits())))
	}
	return math.Float64frombits(n.bits())
}

// parts returns the real and the imaginary part of a complex number.
func (n number) parts() (number, number) {
	half, kind := len(n.data)/2, reflect.Float64
	if n.kind == reflect.Complex64 {
		kind = reflect.Float32
	}
	return number{kind, n.data[:half]}, number{kind, n.data[half:]}
}

func (n number) String() string {
	switch {
	case n.kind == reflect.Bool:
		return strconv.FormatBool(n.bits() != 0)
	case n.isFloat():
		return strconv.FormatFloat(n.float(), 'g', -1, 8*len(n.data))
	case n.isComplex():
		re, im := n.parts()
		return strconv.FormatComplex(complex(re.float(), im.float()), 'g', -1, 8*len(n.data))
	case n.isSigned():
		return strconv.FormatInt(n.signed(), 10)
	default:
		return strconv.FormatUint(n.bits(), 10)
	}
}

// exact returns the number without rounding, nil if it is not a finite real
// one.
func (n number) exact() *big.Float {
	switch {
	case n.kind == reflect.Bool, n.isComplex(), n.isFloat() && (math.IsNaN(n.float()) || math.IsInf(n.float(), 0)):
		return nil
	case n.isFloat():
		return new(big.Float).SetFloat64(n.float())
	case n.isSigned():
		return new(big.Float).SetInt64(n.signed())
	default:
		return new(big.Float).SetUint64(n.bits())
	}
}

// sameNumber compares numbers of different kinds.
func sameNumber(a, b number) likeness {
	switch {
	case a.isFloat() && b.isFloat():
		x, y := a.float(), b.float()
		switch {
		case math.Float64bits(x) == math.Float64bits(y) || x != x && y != y:
			return equalNumbers
		case a.kind != b.kind && math.Float32bits(float32(x)) == math.Float32bits(float32(y)):
			return roundedNumbers
		}
		return otherNumbers
	case a.isComplex() && b.isComplex():
		aRe, aIm := a.parts()
		bRe, bIm := b.parts()
		return min(sameNumber(aRe, bRe), sameNumber(aIm, bIm))
	case a.kind == b.kind:
		if a.bits() == b.bits() {
			return equalNumbers
		}
		return otherNumbers
	case a.kind == reflect.Bool || b.kind == reflect.Bool || a.isComplex() || b.isComplex():
		return noNumbers
	}
	x, y := a.exact(), b.exact()
	if x == nil || y == nil || x.Cmp(y) != 0 {
		return otherNumbers
	}
	return equalNumbers
}

// Two floats differ by noise if at most so many others lie between them, or so
// small a part of the larger one: what another order of additions or another
// math library does.
const (
	noiseUlps     = 4
	noiseRelative = 1e-9
)

// A contrast is how two numbers of one kind differ.
type contrast struct {
	kind     Kind
	relative float64 // difference by the larger magnitude; 0 unless both are finite floats
	ulps     uint64  // floats from one to the other; of real ones only
}

func contrastOf(a, b number) contrast {
	switch {
	case a.isFloat():
		return contrastOfFloats(a, b)
	case a.isComplex():
		return contrastOfComplex(a, b)
	default:
		return contrast{kind: Value}
	}
}

func contrastOfFloats(a, b number) contrast {
	x, y := a.float(), b.float()
	switch {
	case math.IsNaN(x) != math.IsNaN(y):
		return contrast{kind: NaN}
	case x == y && a.bits() != b.bits():
		return contrast{kind: NegativeZero}
	case math.IsInf(x, 0) || math.IsInf(y, 0):
		return contrast{kind: Value}
	}
	c := contrast{kind: Value, ulps: ulps(a, b)}
	larger := max(math.Abs(x), math.Abs(y))
	if c.relative = math.Abs(x-y) / larger; math.IsInf(c.relative, 0) {
		c.relative = math.Abs(x/larger - y/larger)
	}
	if c.ulps <= noiseUlps || c.relative <= noiseRelative {
		c.kind = FloatNoise
	}
	return c
}

// ulps returns how many floats it is from one float to the other.
func ulps(a, b number) uint64 {
	rank := func(n number) int64 {
		sign := uint64(1) << (8*len(n.data) - 1)
		if bits := n.bits(); bits&sign != 0 {
			return -int64(bits &^ sign)
		}
		return int64(n.bits())
	}
	x, y := rank(a), rank(b)
	return uint64(max(x, y)) - uint64(min(x, y))
}

// contrastOfComplex goes by the parts that differ, if they differ alike.
func contrastOfComplex(a, b number) contrast {
	aRe, aIm := a.parts()
	bRe, bIm := b.parts()
	var c contrast
	switch {
	case aRe.bits() == bRe.bits():
		c = contrastOfFloats(aIm, bIm)
	case aIm.bits() == bIm.bits():
		c = contrastOfFloats(aRe, bRe)
	default:
		re, im := contrastOfFloats(aRe, bRe), contrastOfFloats(aIm, bIm)
		c.kind = re.kind
		if re.kind != im.kind {
			c.kind = Value
		}
	}
	c.ulps, c.relative = 0, 0
	x, y := complex(aRe.float(), aIm.float()), complex(bRe.float(), bIm.float())
	if distance := cmplx.Abs(x - y); distance > 0 && !math.IsInf(distance, 0) {
		c.relative = distance / max(cmplx.Abs(x), cmplx.Abs(y))
	}
	return c
}

// describe returns what a person wants to know of one contrast.
func (c contrast) describe() string {
	switch {
	case c.ulps > 0 && c.kind == FloatNoise && c.ulps < 1000:
		return counted(int(c.ulps), "ulp", "ulps")
	case c.relative > 0:
		return "relative difference " + strconv.FormatFloat(c.relative, 'g', 2, 64)
	default:
		return ""
	}
}
