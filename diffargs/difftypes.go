package diffargs

import "reflect"

// types compares values of different types.
func (d *differ) types(path string, a, b *Node) {
	if a.Type == b.Type && a.Form == b.Form {
		// One type whose definition changed, or that holds such a type.
		explained := d.count()
		d.values(path, a, b)
		if d.count() == explained {
			d.add(Difference{
				Path: path, Kind: Type, Before: a.Type, After: b.Type,
				Detail: "the definition of the type, or of one that it is made of, changed, or it comes from another package",
			})
		}
		return
	}
	difference := Difference{Path: path, Kind: Type, Before: a.Type, After: b.Type}
	switch d.index.sameNumbers(a, b, 0) {
	case equalNumbers:
		difference.Detail = "the numbers are equal"
		if d.index.elementKind(a) != d.index.elementKind(b) {
			difference.Kind = DType
		}
	case roundedNumbers:
		difference.Kind = DType
		difference.Detail = "the numbers are equal when rounded to the less precise type"
	case otherNumbers:
		difference.Detail = "the numbers differ as well"
	}
	d.add(difference)
	if a.Form == Struct && b.Form == Struct {
		d.fields(path, a, b)
	}
}

type likeness uint8

const (
	noNumbers      likeness = iota // not comparable as numbers
	otherNumbers                   // of the same shape
	roundedNumbers                 // float32 is what float64 rounds to
	equalNumbers
)

// maxDimensions bounds how deep rows of rows are looked at as one array: a
// slice can hold itself.
const maxDimensions = 8

// sameNumbers compares numbers of different types, and rows of such.
func (x index) sameNumbers(a, b *Node, depth int) likeness {
	a, b = x.whole(a), x.whole(b)
	switch {
	case depth > maxDimensions:
		return noNumbers
	case a.Form == Scalar && b.Form == Scalar, a.Form == Numbers && b.Form == Numbers:
		if a.Data == nil || b.Data == nil || len(a.Data)/a.width() != len(b.Data)/b.width() {
			return noNumbers
		}
		like := equalNumbers
		for i := 0; i*a.width() < len(a.Data) && like > otherNumbers; i++ {
			like = min(like, sameNumber(a.numberAt(i), b.numberAt(i)))
		}
		return like
	case a.Form == Sequence && b.Form == Sequence:
		if a.Len != b.Len || a.Len == 0 || !a.isComplete() || !b.isComplete() {
			return noNumbers
		}
		like := equalNumbers
		for i := range a.Children {
			if like = min(like, x.sameNumbers(a.Children[i], b.Children[i], depth+1)); like == noNumbers {
				break
			}
		}
		return like
	default:
		return noNumbers
	}
}

// elementKind returns the kind of the numbers in a row, or in rows of rows.
func (x index) elementKind(n *Node) reflect.Kind {
	n = x.whole(n)
	for depth := 0; n.Form == Sequence && len(n.Children) > 0 && depth <= maxDimensions; depth++ {
		n = x.whole(n.Children[0])
	}
	return n.Number
}
