package diffargs

import (
	"fmt"
	"strconv"
)

// rows compares numbers in a row.
func (d *differ) rows(path string, a, b *Node) {
	if d.nilness(path, a, b) || a.Number != b.Number {
		return
	}
	x, y := d.flatten(a), d.flatten(b)
	if x == nil || y == nil {
		d.unstored(path, a, b)
		return
	}
	if !d.affords(len(x.data) + len(y.data)) {
		return
	}
	if a.Len == b.Len {
		d.arrays(path, x, y)
		return
	}
	d.rowLengths(path, x, y)
}

// arrays compares two arrays of the same rows and kind. Its sum is one
// Difference.
func (d *differ) arrays(path string, x, y *array) {
	c := compare(x, y, differingPlaces(x, y))
	switch len(c.places) {
	case 0:
		return
	case 1:
		i := c.places[0]
		d.add(numberDifference(path+x.step(i), x.numberAt(i), y.numberAt(i), ""))
		return
	}
	e := c.explain()
	switch e.kind {
	case Order, Shift, Transposed, ByteOrder:
		// Sums say nothing of numbers that moved.
	case Offset:
		e.lines = append(e.lines, c.statisticsLine())
	default:
		e.lines = append(e.lines, c.countLine(), c.largestLine(), c.statisticsLine())
	}
	e.lines = append(e.lines, asText(x, y))
	d.add(Difference{
		Path: path, Kind: e.kind, Detail: joinLines(e.lines),
		Before: x.numberAt(c.places[0]).String(), After: y.numberAt(c.places[0]).String(),
	})
}

// A comparison is where and how the numbers of two arrays differ.
type comparison struct {
	x, y   *array
	places []int // at which they differ, in ascending order
	kinds  map[Kind]int

	relative   contrast // the one with the largest relative difference
	relativeAt int
	absolute   float64 // the largest difference
	absoluteAt int

	// What explanations share, made when the first needs it.
	xSymbols, ySymbols []uint64
	xFloats, yFloats   []float64
}

func compare(x, y *array, places []int) *comparison {
	c := &comparison{x: x, y: y, places: places, kinds: map[Kind]int{}}
	for _, i := range places {
		one := contrastOf(x.numberAt(i), y.numberAt(i))
		c.kinds[one.kind]++
		if one.relative > c.relative.relative {
			c.relative, c.relativeAt = one, i
		}
		if one.absolute > c.absolute {
			c.absolute, c.absoluteAt = one.absolute, i
		}
	}
	return c
}

func (c *comparison) symbols() (x, y []uint64) {
	if c.xSymbols == nil {
		c.xSymbols, c.ySymbols = symbolsOf(c.x, c.y)
	}
	return c.xSymbols, c.ySymbols
}

func (c *comparison) floats() (x, y []float64) {
	if c.xFloats == nil {
		c.xFloats, c.yFloats = c.x.floats(), c.y.floats()
	}
	return c.xFloats, c.yFloats
}

// explain tries the explanations in the order that Kind documents.
func (c *comparison) explain() explanation {
	for _, try := range []func() (explanation, bool){
		c.rearranged, c.rearrangedColumns, c.allAlike, c.byteOrder, c.rounded, c.throughFloat32, c.scaled,
		c.scaledInParts, c.roundedBefore, c.substituted, c.shifted, c.shiftedColumns,
	} {
		if e, ok := try(); ok {
			return e
		}
	}
	return explanation{Value, c.nearMiss()}
}

// countLine says how many numbers differ, where, and by how much at most.
func (c *comparison) countLine() string {
	line := fmt.Sprintf("%d of %d elements differ, ", len(c.places), c.x.len())
	if place := placeOf(c.x, c.places); place != "" {
		line += place + ", "
	}
	line += "first at " + c.x.step(c.places[0])
	if c.relative.relative > 0 {
		line += "; largest relative difference " + strconv.FormatFloat(c.relative.relative, 'g', 2, 64)
		if c.relative.ulps > 0 && c.relative.ulps < 1000 {
			line += " (" + counted(int(c.relative.ulps), "ulp", "ulps") + ")"
		}
		if c.relativeAt != c.places[0] {
			line += " at " + c.x.step(c.relativeAt)
		}
	}
	return line
}

func (c *comparison) largestLine() string {
	line := ""
	if c.absolute > 0 {
		line = fmt.Sprintf("largest difference %s at %s", c.x.magnitude(c.absolute), c.x.step(c.absoluteAt))
	}
	if noise := c.kinds[FloatNoise]; noise > 0 && noise < len(c.places) {
		if line != "" {
			line += "; "
		}
		line += fmt.Sprintf("%d of those that differ do by float noise only", noise)
	}
	return line
}

// magnitude writes a difference between numbers of a: three digits of one
// between floats, all of one between integers.
func (a *array) magnitude(f float64) string {
	if a.isReal() && !a.isFloat() {
		return strconv.FormatFloat(f, 'f', 0, 64)
	}
	return strconv.FormatFloat(f, 'g', 3, 64)
}

// rearranged says how the same numbers moved.
func (c *comparison) rearranged() (explanation, bool) {
	x, y := c.symbols()
	e, ok := rearranged(x, y, elementUnit, c.directions)
	if !ok || e.kind == Shift || len(c.places) == 2 {
		return e, ok
	}
	if rows, columns, ok := c.transposed(x, y); ok {
		return explanation{Transposed, []string{transposedLine(rows, columns)}}, true
	}
	if columns, ok := c.rearrangedColumns(); ok {
		return columns, true
	}
	return e, true
}

func (c *comparison) transposed(x, y []uint64) (rows, columns int, ok bool) {
	if c.x.columns() == 0 {
		return transposition(x, y)
	}
	rows, columns = c.x.shape[0], c.x.columns()
	return rows, columns, len(c.x.shape) == 2 && isTransposed(x, y, rows)
}

func transposedLine(rows, columns int) string {
	return fmt.Sprintf("transposed: %d×%d before, %d×%d after", rows, columns, columns, rows)
}

// rearrangedColumns says how the same columns of a matrix moved.
func (c *comparison) rearrangedColumns() (explanation, bool) {
	if c.x.columns() < 2 {
		return explanation{}, false
	}
	x, y := columnSymbols(c.x, c.y)
	return rearranged(x, y, columnUnit, neverSorted)
}

// directions returns how the numbers before and after are sorted. NaNs can be
// at either end.
func (c *comparison) directions() (before, after direction) {
	if !c.x.isReal() {
		return unsorted, unsorted
	}
	return c.x.direction(), c.y.direction()
}

func (a *array) direction() direction {
	if a.isFloat() {
		floats := a.floats()
		for len(floats) > 0 && floats[0] != floats[0] {
			floats = floats[1:]
		}
		for len(floats) > 0 && floats[len(floats)-1] != floats[len(floats)-1] {
			floats = floats[:len(floats)-1]
		}
		return directionOf(len(floats), func(i, j int) int { return compareFloats(floats[i], floats[j]) })
	}
	return directionOf(a.len(), func(i, j int) int { return compareNumbers(a.numberAt(i), a.numberAt(j)) })
}

// shifted says by how many places numbers moved if some were lost.
func (c *comparison) shifted() (explanation, bool) {
	if len(c.x.rows) > 1 {
		return explanation{}, false
	}
	x, y := c.symbols()
	return shifted(x, y, elementUnit)
}

func (c *comparison) shiftedColumns() (explanation, bool) {
	if c.x.columns() < 2 {
		return explanation{}, false
	}
	x, y := columnSymbols(c.x, c.y)
	return shifted(x, y, columnUnit)
}
