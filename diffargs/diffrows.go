package diffargs

import (
	"bytes"
	"fmt"
	"slices"
	"strconv"
)

// rows compares numbers in a row.
func (d *differ) rows(path string, a, b *Node) {
	if d.nilness(path, a, b) || a.Number != b.Number {
		return
	}
	stored := a.Data != nil && b.Data != nil
	if a.Len != b.Len {
		d.rowLengths(path, a, b, stored)
		return
	}
	if !stored {
		d.add(Difference{
			Path: path, Kind: Value, Before: a.Preview, After: b.Preview,
			Detail: placeInChunks(a, b, "element", "elements") + "; the values were not stored" + means(a, b),
		})
		return
	}
	t := tally{}
	t.row("", a, b)
	if t.differing > 1 && sameMultiset(a, b) {
		d.add(Difference{
			Path: path, Kind: Order, Before: t.before.String(), After: t.after.String(),
			Detail: orderDetail(a.Len, t.differing, t.first),
		})
		return
	}
	t.report(d, path)
}

func (d *differ) rowLengths(path string, a, b *Node, stored bool) {
	if !stored {
		d.add(lengthDifference(path, a, b, placeInChunks(a, b, "element", "elements")+"; the values were not stored"))
		return
	}
	at, detail := lengthDetail(a.Len, b.Len, func(i, j int) bool {
		return bytes.Equal(a.numberAt(i).data, b.numberAt(j).data)
	})
	d.add(lengthDifference(path, a, b, detail))
	if at >= 0 {
		t := tally{}
		t.pair(indexStep(at), at, a.numberAt(at), b.numberAt(at))
		t.report(d, path)
	}
}

// commonPrefix returns how many numbers, or bytes of text, are equal from the
// beginning.
func commonPrefix(a, b *Node) int {
	n := min(len(a.Data), len(b.Data))
	i := 0
	for i < n && a.Data[i] == b.Data[i] {
		i++
	}
	return i / a.width()
}

// placeInChunks says where rows differ as far as the digests of their chunks
// tell.
func placeInChunks(a, b *Node, one, many string) string {
	x, y := a.chunks(), b.chunks()
	perChunk := chunkSize / a.width()
	first, differing := -1, 0
	for i := range max(len(x), len(y)) {
		if i >= len(x) || i >= len(y) || x[i] != y[i] {
			if first < 0 {
				first = i
			}
			differing++
		}
	}
	if first < 0 {
		// Too short for chunks, and still not stored.
		return fmt.Sprintf("somewhere in [0:%d]", max(a.Len, b.Len))
	}
	place := fmt.Sprintf("[%d:%d]", first*perChunk, min((first+1)*perChunk, max(a.Len, b.Len)))
	if differing == 1 {
		return "somewhere in " + place
	}
	return fmt.Sprintf("in %d of %d chunks of %s, the first at %s",
		differing, max(len(x), len(y)), counted(perChunk, one, many), place)
}

// means compares statistics.
func means(a, b *Node) string {
	if a.Statistics == nil || b.Statistics == nil {
		return ""
	}
	return fmt.Sprintf("; mean %.6g before, %.6g after", a.Statistics.Mean, b.Statistics.Mean)
}

func sameMultiset(a, b *Node) bool {
	sorted := func(n *Node) [][]byte {
		numbers := make([][]byte, n.Len)
		for i := range numbers {
			numbers[i] = n.numberAt(i).data
		}
		slices.SortFunc(numbers, bytes.Compare)
		return numbers
	}
	return slices.EqualFunc(sorted(a), sorted(b), bytes.Equal)
}

// isMatrix reports whether both sequences are rows of numbers, or rows of such
// rows, of one shape, with all values stored.
func (x index) isMatrix(a, b *Node, depth int) bool {
	a, b = x.whole(a), x.whole(b)
	if a.Form == Numbers && b.Form == Numbers {
		return a.Len == b.Len && a.Number == b.Number && a.Data != nil && b.Data != nil && a.TypeDigest == b.TypeDigest
	}
	if depth > maxDimensions || a.Form != Sequence || b.Form != Sequence ||
		a.Len != b.Len || a.Nil != b.Nil || !a.isComplete() || !b.isComplete() {
		return false
	}
	for i := range a.Children {
		if !x.isMatrix(a.Children[i], b.Children[i], depth+1) || a.Children[i].Nil != b.Children[i].Nil {
			return false
		}
	}
	return true
}

// A tally sums up how numbers differ, so that thousands of them make one
// Difference.
type tally struct {
	total, differing int
	kinds            map[Kind]int
	largest          contrast // by relative difference

	step          string // of the first that differs
	first         int
	before, after number
}

// matrix adds the rows of two matrices. It reports whether any differ.
func (t *tally) matrix(x index, step string, a, b *Node) bool {
	a, b = x.whole(a), x.whole(b)
	if a.Form == Numbers {
		t.row(step, a, b)
		return t.differing > 0
	}
	for i := range a.Children {
		t.matrix(x, step+indexStep(i), a.Children[i], b.Children[i])
	}
	return t.differing > 0
}

func (t *tally) row(step string, a, b *Node) {
	t.total += a.Len
	if a.Digest == b.Digest {
		return
	}
	const block = 64 // Most of a long row is equal; that is quicker to see in blocks.
	width := a.width()
	for from := 0; from < a.Len; from += block {
		to := min(from+block, a.Len)
		if bytes.Equal(a.Data[from*width:to*width], b.Data[from*width:to*width]) {
			continue
		}
		for i := from; i < to; i++ {
			if x, y := a.numberAt(i), b.numberAt(i); !bytes.Equal(x.data, y.data) {
				t.pair(step+indexStep(i), i, x, y)
			}
		}
	}
}

// pair adds two numbers that differ.
func (t *tally) pair(step string, i int, a, b number) {
	if t.differing++; t.differing == 1 {
		t.step, t.first, t.before, t.after = step, i, a, b
		t.kinds = map[Kind]int{}
	}
	c := contrastOf(a, b)
	t.kinds[c.kind]++
	if c.relative > t.largest.relative {
		t.largest = c
	}
}

// report adds the sum as one Difference of the value at path.
func (t *tally) report(d *differ, path string) {
	if t.differing == 0 {
		return
	}
	difference := Difference{Path: path, Kind: Value, Before: t.before.String(), After: t.after.String()}
	for kind, n := range t.kinds {
		if n == t.differing {
			difference.Kind = kind
		}
	}
	if t.differing == 1 {
		difference.Path = path + t.step
		difference.Detail = t.largest.describe()
		d.add(difference)
		return
	}
	difference.Detail = fmt.Sprintf("%d of %d elements differ, first at %s", t.differing, t.total, t.step)
	if t.largest.relative > 0 {
		difference.Detail += "; largest relative difference " + strconv.FormatFloat(t.largest.relative, 'g', 2, 64)
		if t.largest.ulps > 0 && t.largest.ulps < 1000 {
			difference.Detail += " (" + counted(int(t.largest.ulps), "ulp", "ulps") + ")"
		}
	}
	d.add(difference)
}
