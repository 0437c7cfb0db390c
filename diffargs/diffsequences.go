package diffargs

import (
	"bytes"
	"cmp"
	"slices"
)

// sequences compares rows of things that are no numbers.
func (d *differ) sequences(path string, a, b *Node) {
	if d.nilness(path, a, b) {
		return
	}
	if !a.isComplete() || !b.isComplete() {
		if a.Len != b.Len {
			d.add(lengthDifference(path, a.Len, b.Len, elementUnit, "their elements were not all stored: they are too many"))
		}
		d.each(path, a, b)
		return
	}
	if !d.affords(len(Digest{}) * (a.Len + b.Len)) {
		return
	}
	u := elementUnit
	x, y := d.flatten(a), d.flatten(b)
	isArray := x != nil && y != nil && x.kind == y.kind && a.TypeDigest == b.TypeDigest
	if isArray {
		u = rowUnit
		if !d.affords(len(x.data) + len(y.data)) {
			return
		}
	}
	symbolsX, symbolsY := symbolsOfNodes(a.Children, b.Children)
	if a.Len != b.Len {
		if !isArray || !d.reshaped(path, x, y) {
			d.lengths(path, a, b, symbolsX, symbolsY, u)
		}
		return
	}
	if e, ok := rearranged(symbolsX, symbolsY, u, func() (before, after direction) {
		return textDirection(a.Children), textDirection(b.Children)
	}); ok {
		if rows, columns := transposedNodes(x, y); isArray && rows > 0 {
			e = explanation{Transposed, []string{transposedLine(rows, columns)}}
		}
		d.addElements(path, a, b, placesOf(symbolsX, symbolsY)[0], e)
		return
	}
	if e, ok := shifted(symbolsX, symbolsY, u); ok {
		d.addElements(path, a, b, placesOf(symbolsX, symbolsY)[0], e)
		return
	}
	switch {
	case isArray && x.sameRows(y):
		d.arrays(path, x, y)
	case isArray && d.columnLengths(path, x, y):
	case d.inserted(path, a, b, symbolsX, symbolsY):
	default:
		d.each(path, a, b)
	}
}

// addElements adds a difference between sequences, with the elements at one
// place as an example.
func (d *differ) addElements(path string, a, b *Node, place int, e explanation) {
	d.add(Difference{
		Path: path, Kind: e.kind, Detail: joinLines(e.lines),
		Before: a.Children[place].Preview, After: b.Children[place].Preview,
	})
}

// transposedNodes returns the rows and columns of a square matrix that is
// another one with rows for columns; 0 if it is not.
func transposedNodes(x, y *array) (rows, columns int) {
	if x == nil || len(x.shape) != 2 || !x.sameRows(y) {
		return 0, 0
	}
	symbolsX, symbolsY := symbolsOf(x, y)
	if isTransposed(symbolsX, symbolsY, x.shape[0]) {
		return x.shape[0], x.shape[1]
	}
	return 0, 0
}

// textDirection returns how texts are sorted.
func textDirection(nodes []*Node) direction {
	for _, n := range nodes {
		if n.Form != Text || n.Data == nil {
			return unsorted
		}
	}
	return directionOf(len(nodes), func(i, j int) int { return bytes.Compare(nodes[i].Data, nodes[j].Data) })
}

// inserted adds elements that are new or gone in sequences of one length, if
// that says less than all places at which they differ. It reports whether.
func (d *differ) inserted(path string, a, b *Node, x, y []uint64) bool {
	hunks, ok := d.align(x, y)
	if !ok {
		return false
	}
	added, removed, changed := editCounts(hunks)
	if changed > 0 || 2*(added+removed) > len(placesOf(x, y)) {
		return false
	}
	for _, h := range hunks {
		for i := h.fromX; i < h.toX; i++ {
			d.add(Difference{Path: path + indexStep(i), Kind: Removed, Before: a.Children[i].Preview})
		}
		for j := h.fromY; j < h.toY; j++ {
			d.add(Difference{Path: path + indexStep(j), Kind: Added, After: b.Children[j].Preview})
		}
	}
	return true
}

// align is the alignment of two rows, if that is within the budget.
func (d *differ) align(x, y []uint64) ([]hunk, bool) {
	n := len(x) + len(y)
	if !d.affords(n * min(n, editsFor(n)) / 16) {
		return nil, false
	}
	return align(x, y)
}

// editCounts sums up hunks: elements that were added, removed, and changed,
// which are those that have one in the same place of the hunk.
func editCounts(hunks []hunk) (added, removed, changed int) {
	for _, h := range hunks {
		both := min(h.toX-h.fromX, h.toY-h.fromY)
		changed += both
		removed += h.toX - h.fromX - both
		added += h.toY - h.fromY - both
	}
	return added, removed, changed
}

// each compares sequences place by place, and sums up what differs alike.
func (d *differ) each(path string, a, b *Node) {
	places := make([][2]*Node, min(len(a.Children), len(b.Children)))
	for i := range places {
		places[i] = [2]*Node{a.Children[i], b.Children[i]}
	}
	d.alike(path, places, max(a.Len, b.Len), elementUnit, a.isComplete() && b.isComplete())
}

// byFrequency returns the keys of counts, the most frequent first.
func byFrequency[K cmp.Ordered](counts map[K]int) []K {
	keys := make([]K, 0, len(counts))
	for key := range counts {
		keys = append(keys, key)
	}
	slices.SortFunc(keys, func(a, b K) int { return cmp.Or(cmp.Compare(counts[b], counts[a]), cmp.Compare(a, b)) })
	return keys
}
