package diffargs

import (
	"fmt"
	"slices"
	"strings"
)

// types compares values of different types.
func (d *differ) types(path string, a, b *Node) {
	if a.Type == b.Type && a.Form == b.Form {
		// One type whose definition changed, or that holds such a type.
		explained := d.count()
		d.values(path, a, b)
		if d.count() == explained {
			d.add(Difference{Path: path, Kind: Type, Before: a.Type, After: b.Type, Detail: d.definitionDetail(a, b)})
		}
		return
	}
	difference := Difference{Path: path, Kind: Type, Before: a.Type, After: b.Type}
	like, isOtherKind := d.sameNumbers(a, b)
	switch like {
	case equalNumbers:
		difference.Detail = "the numbers are equal"
	case roundedNumbers:
		difference.Detail = "the numbers are equal when rounded to the less precise type"
	case otherNumbers:
		difference.Detail = "the numbers differ as well"
	case noNumbers:
		difference.Detail = d.likenessDetail(a, b)
	}
	if like >= roundedNumbers && isOtherKind {
		difference.Kind = DType
	}
	d.add(difference)
	if a.Form == Struct && b.Form == Struct {
		d.fields(path, a, b)
	}
}

// definitionDetail says how the definition of a type changed, as far as the
// snapshots tell.
func (d *differ) definitionDetail(a, b *Node) string {
	if a.Form == Struct && a.isComplete() && b.isComplete() {
		x, y := stepsOf(a), stepsOf(b)
		switch {
		case slices.Equal(x, y) && sameTypes(a, b) && mayEmbed(a):
			return "the same fields: the type, or that of a field, comes from another package, or a field is embedded now or was before"
		case slices.Equal(x, y) && sameTypes(a, b):
			return "the same fields: the type comes from another package"
		case !slices.Equal(x, y) && slices.Equal(slices.Sorted(slices.Values(x)), slices.Sorted(slices.Values(y))):
			return fmt.Sprintf("the same fields in another order: %s before, %s after", fieldNames(x), fieldNames(y))
		}
	}
	return "the definition of the type, or of one that it is made of, changed, or it comes from another package"
}

func stepsOf(n *Node) []string {
	steps := make([]string, len(n.Children))
	for i, child := range n.Children {
		steps[i] = child.Step
	}
	return steps
}

func sameTypes(a, b *Node) bool {
	return slices.EqualFunc(a.Children, b.Children, func(x, y *Node) bool { return x.TypeDigest == y.TypeDigest })
}

// mayEmbed reports whether a field has the name of its type, as embedded ones
// do.
func mayEmbed(n *Node) bool {
	return slices.ContainsFunc(n.Children, func(child *Node) bool {
		return unqualified(child.Type) == fieldName(child)
	})
}

// unqualified returns the name of a type without its package, and of what it
// points to if it is a pointer.
func unqualified(name string) string {
	name = strings.TrimPrefix(name, "*")
	return name[strings.LastIndexByte(name, '.')+1:]
}

func fieldNames(steps []string) string {
	const most = 12
	names := make([]string, 0, most)
	for _, step := range steps[:min(len(steps), most)] {
		names = append(names, strings.TrimPrefix(step, "."))
	}
	text := strings.Join(names, ", ")
	if len(steps) > most {
		text += ", …"
	}
	return text
}

// likenessDetail says what two values of different types share that are no
// numbers of one shape.
func (d *differ) likenessDetail(a, b *Node) string {
	x, y := d.flatten(a), d.flatten(b)
	switch {
	case x != nil && y != nil && x.len() > 0 && x.len() == y.len() && len(x.shape) != len(y.shape) &&
		d.affords(len(x.data)+len(y.data)) && likenessOf(x, y) == equalNumbers:
		return "the same numbers in other dimensions"
	case a.Form == Text && b.Form == Text:
		if a.Len == b.Len && a.Data != nil && string(a.Data) == string(b.Data) {
			return "the texts are equal"
		}
		return "the texts differ as well"
	case a.Form == Text && b.Form == Scalar && string(a.Data) == b.numberAt(0).String(),
		b.Form == Text && a.Form == Scalar && string(b.Data) == a.numberAt(0).String():
		return "the text is the number"
	case pointsTo(a, b) || pointsTo(b, a):
		return "the same value, in one of them behind a pointer"
	case a.Form == Struct && b.Form == Struct && a.Len > 0 && a.isComplete() && b.isComplete() &&
		unqualified(a.Type) == unqualified(b.Type) && slices.Equal(stepsOf(a), stepsOf(b)) && sameTypes(a, b):
		return "the type has the same name and fields in another package"
	default:
		return ""
	}
}

func pointsTo(pointer, value *Node) bool {
	return pointer.Form == Pointer && len(pointer.Children) == 1 && pointer.Children[0].Digest == value.Digest
}

type likeness uint8

const (
	noNumbers      likeness = iota // not comparable as numbers
	otherNumbers                   // of the same shape
	roundedNumbers                 // float32 is what float64 rounds to
	equalNumbers
)

// sameNumbers compares numbers of different types, and rows of such, and says
// whether they are of other kinds.
func (d *differ) sameNumbers(a, b *Node) (like likeness, isOtherKind bool) {
	x, y := d.flatten(a), d.flatten(b)
	if x == nil || y == nil || (a.Form == Scalar) != (b.Form == Scalar) || x.len() != y.len() ||
		!slices.EqualFunc(x.rows, y.rows, func(p, q arrayRow) bool { return p.start == q.start && p.step == q.step }) ||
		!d.affords(len(x.data)+len(y.data)) {
		return noNumbers, false
	}
	return likenessOf(x, y), x.kind != y.kind
}

func likenessOf(x, y *array) likeness {
	like := equalNumbers
	for i := 0; i < x.len() && like > otherNumbers; i++ {
		like = min(like, sameNumber(x.numberAt(i), y.numberAt(i)))
	}
	return like
}
