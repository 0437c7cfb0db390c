package diffargs

import (
	"bytes"
	"fmt"
	"slices"
)

// sequences compares rows of things that are no numbers.
func (d *differ) sequences(path string, a, b *Node) {
	if d.nilness(path, a, b) {
		return
	}
	if !a.isComplete() || !b.isComplete() {
		if a.Len != b.Len {
			d.add(lengthDifference(path, a, b, ""))
		}
		d.children(path, a, b)
		return
	}
	if a.Len != b.Len {
		at, detail := lengthDetail(a.Len, b.Len, func(i, j int) bool { return a.Children[i].Digest == b.Children[j].Digest })
		d.add(lengthDifference(path, a, b, detail))
		if at >= 0 {
			d.nodes(path+indexStep(at), a.Children[at], b.Children[at])
		}
		return
	}
	if places, ok := permuted(a, b); ok {
		first := places[0]
		d.add(Difference{
			Path: path, Kind: Order, Before: a.Children[first].Preview, After: b.Children[first].Preview,
			Detail: orderDetail(a.Len, len(places), first),
		})
		return
	}
	t := tally{}
	if d.index.isMatrix(a, b, 0) && t.matrix(d.index, "", a, b) {
		t.report(d, path)
		return
	}
	d.children(path, a, b)
}

// permuted reports whether both sequences have the same elements, and at which
// places they differ.
func permuted(a, b *Node) ([]int, bool) {
	sorted := func(n *Node) []Digest {
		digests := make([]Digest, len(n.Children))
		for i, child := range n.Children {
			digests[i] = child.Digest
		}
		slices.SortFunc(digests, func(x, y Digest) int { return bytes.Compare(x[:], y[:]) })
		return digests
	}
	if !slices.Equal(sorted(a), sorted(b)) {
		return nil, false
	}
	var places []int
	for i := range a.Children {
		if a.Children[i].Digest != b.Children[i].Digest {
			places = append(places, i)
		}
	}
	return places, len(places) > 0
}

func orderDetail(length, places, first int) string {
	return fmt.Sprintf("the same %d elements in another order: %d are elsewhere, first at [%d]", length, places, first)
}

func lengthDifference(path string, a, b *Node, detail string) Difference {
	return Difference{
		Path: path, Kind: Length,
		Before: counted(a.Len, "element", "elements"), After: counted(b.Len, "element", "elements"), Detail: detail,
	}
}

// lengthDetail says how the longer of two sequences came from the shorter one,
// if that is by elements at one place. Else it returns the first index at which
// they differ; equal compares element i of one with element j of the other.
func lengthDetail(before, after int, equal func(i, j int) bool) (at int, detail string) {
	shorter := min(before, after)
	prefix := 0
	for prefix < shorter && equal(prefix, prefix) {
		prefix++
	}
	suffix := 0
	for suffix < shorter-prefix && equal(before-1-suffix, after-1-suffix) {
		suffix++
	}
	verb, n := "added", after-before
	if n < 0 {
		verb, n = "removed", -n
	}
	elements := counted(n, "element", "elements")
	switch {
	case prefix+suffix < shorter:
		return prefix, fmt.Sprintf("%s %s, and others differ from [%d] on", elements, verb, prefix)
	case prefix == shorter:
		return -1, fmt.Sprintf("%s %s at the end", elements, verb)
	case prefix == 0:
		return -1, fmt.Sprintf("%s %s at the beginning", elements, verb)
	default:
		return -1, fmt.Sprintf("%s %s at [%d]", elements, verb, prefix)
	}
}
