package diffargs

import (
	"fmt"
	"slices"
	"strings"
)

func lengthDifference(path string, before, after int, u unit, detail string) Difference {
	return Difference{Path: path, Kind: Length, Before: u.counted(before), After: u.counted(after), Detail: detail}
}

// rowLengths compares numbers in rows of different lengths.
func (d *differ) rowLengths(path string, x, y *array) {
	symbolsX, symbolsY := symbolsOf(x, y)
	detail, changed := d.lengthDetail(symbolsX, symbolsY, elementUnit, func(later bool, i int) string {
		if later {
			return y.numberAt(i).String()
		}
		return x.numberAt(i).String()
	})
	detail = joinLines([]string{detail, asText(x, y)})
	d.add(lengthDifference(path, x.len(), y.len(), elementUnit, detail))
	if len(changed) == 1 {
		p := changed[0]
		d.add(numberDifference(path+indexStep(p[1]), x.numberAt(p[0]), y.numberAt(p[1]), ""))
	} else if len(changed) > 1 {
		before, after := make([]int, len(changed)), make([]int, len(changed))
		for k, p := range changed {
			before[k], after[k] = p[0], p[1]
		}
		// Their own places mean nothing any more.
		first := changed[0]
		d.add(Difference{
			Path: path + indexStep(first[1]), Kind: Value,
			Before: x.numberAt(first[0]).String(), After: y.numberAt(first[1]).String(),
			Detail: compare(x.pick(before), y.pick(after), upTo(len(changed))).changedLine(first[1]),
		})
	}
}

func upTo(n int) []int {
	numbers := make([]int, n)
	for i := range numbers {
		numbers[i] = i
	}
	return numbers
}

// changedLine sums up elements that changed in a row of another length.
func (c *comparison) changedLine(first int) string {
	line := fmt.Sprintf("%d elements changed besides, first at [%d]", len(c.places), first)
	if c.kinds[FloatNoise] == len(c.places) {
		line += ", all by float noise"
	}
	return line
}

// lengths compares sequences of different lengths.
func (d *differ) lengths(path string, a, b *Node, x, y []uint64, u unit) {
	detail, changed := d.lengthDetail(x, y, u, func(later bool, i int) string {
		if later {
			return b.Children[i].Preview
		}
		return a.Children[i].Preview
	})
	d.add(lengthDifference(path, a.Len, b.Len, u, detail))
	places := make([][2]*Node, len(changed))
	for i, p := range changed {
		places[i] = [2]*Node{a.Children[p[0]], b.Children[p[1]]}
	}
	d.alike(path, places, b.Len, u, true)
}

// lengthDetail says how the longer of two rows came from the shorter one, and
// returns the pairs of elements that changed besides. text is what an element of
// one of them looks like.
func (d *differ) lengthDetail(x, y []uint64, u unit, text func(later bool, i int) string) (detail string, changed [][2]int) {
	longer, shorter, verb, later := y, x, "added", true
	if len(x) > len(y) {
		longer, shorter, verb, later = x, y, "removed", false
	}
	n := len(longer) - len(shorter)
	if at, ok := oneRun(longer, shorter); ok {
		detail = fmt.Sprintf("%s %s %s", u.counted(n), verb, runPlace(at, len(shorter), u))
		return detail + runRemark(longer, shorter, at, func(i int) string { return text(later, i) }), nil
	}
	if detail = duplicates(longer, shorter, u, later); detail != "" {
		return detail, nil
	}
	if places, ok := lacking(longer, shorter); ok {
		detail = fmt.Sprintf("%s %s, %s", u.counted(n), verb, severalPlaces(places, len(longer), u))
		return detail + sameRemark(longer, places, func(i int) string { return text(later, i) }), nil
	}
	if commonElements(x, y) == len(shorter) {
		return fmt.Sprintf("%s %s, and the others are in another order", u.counted(n), verb), nil
	}
	if hunks, ok := d.align(x, y); ok {
		if detail, changed = alignedDetail(hunks, u); 2*len(changed) <= len(shorter)+1 {
			return detail, changed
		}
	}
	prefix := 0
	for shorter[prefix] == longer[prefix] {
		prefix++
	}
	return fmt.Sprintf("%s %s, and others differ from %s on", u.counted(n), verb, u.at(prefix)), [][2]int{{prefix, prefix}}
}

// oneRun returns where the longer row has a run of elements that the shorter
// one has not, if that is all.
func oneRun(longer, shorter []uint64) (at int, ok bool) {
	prefix := 0
	for prefix < len(shorter) && longer[prefix] == shorter[prefix] {
		prefix++
	}
	return prefix, slices.Equal(longer[len(longer)-len(shorter)+prefix:], shorter[prefix:])
}

func runPlace(at, shorter int, u unit) string {
	switch at {
	case shorter:
		return "at the end"
	case 0:
		return "at the beginning"
	default:
		return "at " + u.at(at)
	}
}

// runRemark says what the elements of a run are, if that is remarkable.
func runRemark(longer, shorter []uint64, at int, text func(i int) string) string {
	run := longer[at : at+len(longer)-len(shorter)]
	switch {
	case len(run) > 1 && isUniform(run):
		return ", all " + text(at)
	case len(shorter) > 1 && at == len(shorter) && slices.Equal(run, shorter):
		return ": the others once more"
	}
	return ""
}

// duplicates says whether the shorter row is the longer one without
// duplicates.
func duplicates(longer, shorter []uint64, u unit, later bool) string {
	seen := make(map[uint64]int, len(shorter)) // place in the shorter one
	for i, symbol := range shorter {
		if _, known := seen[symbol]; known {
			return ""
		}
		seen[symbol] = i
	}
	found := make(map[uint64]bool, len(shorter))
	inOrder := true
	for _, symbol := range longer {
		place, known := seen[symbol]
		if !known {
			return ""
		}
		if !found[symbol] {
			inOrder = inOrder && place == len(found)
			found[symbol] = true
		}
	}
	if len(found) < len(shorter) {
		return ""
	}
	detail := counted(len(longer)-len(shorter), "duplicate", "duplicates")
	if later {
		detail += " added"
	} else {
		detail += " dropped"
	}
	if !inOrder {
		detail += ", and the " + u.many + " are in another order"
	}
	return detail
}

// lacking returns which elements of the longer row the shorter one lacks, if
// the others are in the same order.
func lacking(longer, shorter []uint64) (places []int, ok bool) {
	j := 0
	for i, symbol := range longer {
		if j < len(shorter) && shorter[j] == symbol {
			j++
		} else {
			places = append(places, i)
		}
	}
	return places, j == len(shorter)
}

// severalPlaces names places, or how they are spread.
func severalPlaces(places []int, length int, u unit) string {
	kept, every := length-len(places), 0
	if kept > 1 {
		every = (length + kept - 1) / kept
	}
	for _, p := range places {
		if every < 2 || p%every == 0 {
			every = 0
			break
		}
	}
	switch {
	case every > 0 && kept == (length+every-1)/every:
		return fmt.Sprintf("all but every %s", ordinal(every))
	case len(places) <= 3:
		names := make([]string, len(places))
		for i, p := range places {
			names[i] = u.at(p)
		}
		return "at " + strings.Join(names[:len(names)-1], ", ") + " and " + names[len(names)-1]
	default:
		return fmt.Sprintf("first at %s", u.at(places[0]))
	}
}

// sameRemark says what elements are, if they are all the same.
func sameRemark(row []uint64, places []int, text func(i int) string) string {
	for _, p := range places {
		if row[p] != row[places[0]] {
			return ""
		}
	}
	return ", all " + text(places[0])
}

// alignedDetail sums up an alignment, and returns the pairs that changed.
func alignedDetail(hunks []hunk, u unit) (detail string, changed [][2]int) {
	added, removed, _ := editCounts(hunks)
	for _, h := range hunks {
		for k := range min(h.toX-h.fromX, h.toY-h.fromY) {
			changed = append(changed, [2]int{h.fromX + k, h.fromY + k})
		}
	}
	var parts []string
	for _, part := range []struct {
		n    int
		verb string
	}{{added, "added"}, {removed, "removed"}, {len(changed), "changed"}} {
		switch {
		case part.n > 0 && len(parts) == 0:
			parts = append(parts, u.counted(part.n)+" "+part.verb)
		case part.n > 0:
			parts = append(parts, fmt.Sprintf("%d %s", part.n, part.verb))
		}
	}
	detail = strings.Join(parts, ", ")
	if first := u.at(hunks[0].fromY); len(hunks) == 1 {
		detail += ", from " + first + " on"
	} else {
		detail += fmt.Sprintf(", in %d places, first at %s", len(hunks), first)
	}
	return detail, changed
}

// reshaped says whether two arrays of different shapes hold the same numbers.
func (d *differ) reshaped(path string, x, y *array) bool {
	if x.len() != y.len() || x.shape == nil || y.shape == nil || x.len() == 0 || len(x.shape) != len(y.shape) {
		return false
	}
	difference := Difference{Path: path, Before: shapeText(x.shape), After: shapeText(y.shape)}
	symbolsX, symbolsY := symbolsOf(x, y)
	shapes := shapeText(x.shape) + " before, " + shapeText(y.shape) + " after"
	switch {
	case slices.Equal(symbolsX, symbolsY):
		difference.Kind, difference.Detail = Length, "the same numbers in other rows: "+shapes
	case len(x.shape) == 2 && x.shape[0] == y.shape[1] && isTransposed(symbolsX, symbolsY, x.shape[0]):
		difference.Kind, difference.Detail = Transposed, "transposed: "+shapes
	case len(x.shape) > 2 && axesMoved(x, y, symbolsX, symbolsY):
		difference.Kind, difference.Detail = Transposed, "the axes changed places: "+shapes
	default:
		return false
	}
	d.add(difference)
	return true
}

// axesMoved reports whether the first axes of an array became its last ones.
func axesMoved(x, y *array, symbolsX, symbolsY []uint64) bool {
	outer := 1
	for k := 1; k < len(x.shape); k++ {
		outer *= x.shape[k-1]
		if slices.Equal(append(slices.Clone(x.shape[k:]), x.shape[:k]...), y.shape) && isTransposed(symbolsX, symbolsY, outer) {
			return true
		}
	}
	return false
}

// columnLengths compares matrices of as many rows, of which one has more
// columns.
func (d *differ) columnLengths(path string, x, y *array) bool {
	n, m := x.columns(), y.columns()
	if n == 0 || m == 0 || n == m || len(x.shape) != 2 || len(y.shape) != 2 {
		return false
	}
	symbolsX, symbolsY := columnSymbols(x, y)
	// A column is shown by its first number.
	detail, _ := d.lengthDetail(symbolsX, symbolsY, columnUnit, func(later bool, i int) string {
		if later {
			return y.numberAt(i).String() + " …"
		}
		return x.numberAt(i).String() + " …"
	})
	d.add(lengthDifference(path, n, m, columnUnit, detail))
	return true
}
