package persist

import (
	"math/big"
	"reflect"
	"unsafe"
)

var typeBigInt = reflect.TypeFor[big.Int]()

func planBigInt(p *plan) {
	p.least, p.nodes = 1, noNode
	p.encode = func(e *encoder, at unsafe.Pointer) error { return e.bigInt((*big.Int)(at)) }
	p.decode = func(d *decoder, at unsafe.Pointer) error { return d.bigInt((*big.Int)(at)) }
}

func (e *encoder) bigInt(n *big.Int) error {
	// A negative number is stored as what it lacks to -1.
	negative := n.Sign() < 0
	magnitude := n
	if negative {
		magnitude = new(big.Int).Not(n)
	}
	if magnitude.IsUint64() {
		major := byte(majorUint)
		if negative {
			major = majorNeg
		}
		e.head(major, magnitude.Uint64())
		return nil
	}
	tag := uint64(tagPositiveBig)
	if negative {
		tag = tagNegativeBig
	}
	e.head(majorTag, tag)
	return e.bytes(magnitude.Bytes())
}

func (d *decoder) bigInt(n *big.Int) error {
	start := d.pos
	h, err := d.head()
	if err != nil {
		return err
	}
	switch {
	case h.major == majorUint || h.major == majorNeg:
		n.SetUint64(h.n)
	case h.major == majorTag && (h.n == tagPositiveBig || h.n == tagNegativeBig):
		content, err := d.head()
		if err != nil {
			return err
		}
		if content.major != majorBytes {
			return d.mismatch(start, "a big integer")
		}
		b, err := d.bytes(content)
		if err != nil {
			return err
		}
		n.SetBytes(b)
	default:
		return d.mismatch(start, "a big integer")
	}
	if h.major == majorNeg || h.major == majorTag && h.n == tagNegativeBig {
		n.Not(n)
	}
	return nil
}
