package diffargs

import (
	"cmp"
	"encoding/binary"
	"math"
	"math/big"
	"math/bits"
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

func (n number) isUnsigned() bool { return n.kind >= reflect.Uint && n.kind <= reflect.Uint64 }

// float returns a real number, or a boolean as 0 or 1. Large integers are
// rounded.
func (n number) float() float64 {
	switch {
	case n.kind == reflect.Float32:
		return float64(math.Float32frombits(uint32(n.bits())))
	case n.kind == reflect.Float64:
		return math.Float64frombits(n.bits())
	case n.isSigned():
		return float64(n.signed())
	default:
		return float64(n.bits())
	}
}

// swapped returns the bytes of a number in reverse, as a snapshot holds what
// they make.
func (n number) swapped() uint64 {
	reversed := bits.ReverseBytes64(n.bits()) >> (64 - 8*len(n.data))
	switch n.kind {
	case reflect.Float32:
		return uint64(canonicalBits32(uint32(reversed)))
	case reflect.Float64:
		return canonicalBits64(reversed)
	default:
		return reversed
	}
}

// compareNumbers compares real numbers of one kind, NaN with none.
func compareNumbers(a, b number) int {
	switch {
	case a.isFloat():
		return compareFloats(a.float(), b.float())
	case a.isSigned():
		return cmp.Compare(a.signed(), b.signed())
	default:
		return cmp.Compare(a.bits(), b.bits())
	}
}

// compareFloats takes −0 for 0.
func compareFloats(a, b float64) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	default:
		return 0
	}
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
	absolute float64 // difference; 0 unless both are finite
	relative float64 // difference by the larger magnitude; 0 unless both are finite floats
	ulps     uint64  // floats from one to the other; of real ones only
}

func contrastOf(a, b number) contrast {
	switch {
	case a.isFloat():
		return contrastOfFloats(a, b)
	case a.isComplex():
		return contrastOfComplex(a, b)
	case a.kind == reflect.Bool:
		return contrast{kind: Value}
	default:
		return contrast{kind: Value, absolute: float64(distance(a, b))}
	}
}

// distance returns by how much two integers differ.
func distance(a, b number) uint64 {
	if a.isSigned() {
		x, y := a.signed(), b.signed()
		return uint64(max(x, y)) - uint64(min(x, y))
	}
	return max(a.bits(), b.bits()) - min(a.bits(), b.bits())
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
	c.absolute = min(math.Abs(x-y), math.MaxFloat64)
	larger := max(math.Abs(x), math.Abs(y))
	if c.relative = math.Abs(x-y) / larger; math.IsInf(c.relative, 0) {
		c.relative = math.Abs(x/larger - y/larger)
	}
	switch {
	case c.ulps <= noiseUlps || c.relative <= noiseRelative:
		c.kind = FloatNoise
	case a.kind == reflect.Float64 && (becameFloat32(x, y) || becameFloat32(y, x)):
		c.kind = Float32
	}
	return c
}

// ulps returns how many floats it is from one float to the other.
func ulps(a, b number) uint64 {
	rank := func(n number) int64 {
		sign := uint64(1) << (8*len(n.data) - 1)
		if b := n.bits(); b&sign != 0 {
			return -int64(b &^ sign)
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
	c.ulps, c.relative, c.absolute = 0, 0, 0
	x, y := complex(aRe.float(), aIm.float()), complex(bRe.float(), bIm.float())
	if distance := cmplx.Abs(x - y); distance > 0 && !math.IsInf(distance, 0) {
		c.absolute = distance
		c.relative = distance / max(cmplx.Abs(x), cmplx.Abs(y))
	}
	return c
}
