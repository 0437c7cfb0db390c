package diffargs

import (
	"fmt"
	"math/bits"
	"slices"
)

// A unit is what a row consists of.
type unit struct{ one, many string }

var (
	elementUnit = unit{"element", "elements"}
	rowUnit     = unit{"row", "rows"}
	columnUnit  = unit{"column", "columns"}
	lineUnit    = unit{"line", "lines"}
	valueUnit   = unit{"value", "values"}
	byteUnit    = unit{"byte", "bytes"}
)

func (u unit) counted(n int) string { return counted(n, u.one, u.many) }

// at names the place of one.
func (u unit) at(i int) string {
	switch u {
	case columnUnit:
		return fmt.Sprintf("column %d", i)
	case lineUnit:
		return fmt.Sprintf("line %d", i+1) // as editors count
	default:
		return indexStep(i)
	}
}

// An explanation says what differs in one kind and a few lines.
type explanation struct {
	kind  Kind
	lines []string
}

// A direction says how a row is sorted.
type direction int8

const (
	unsorted direction = iota
	ascending
	descending
)

// rearranged says how the same elements moved. x and y are the symbols of the
// elements before and after; sorted tells how each of the two rows is sorted.
func rearranged(x, y []uint64, u unit, sorted func() (before, after direction)) (explanation, bool) {
	if !sameMultiset(x, y) {
		return explanation{}, false
	}
	places := placesOf(x, y)
	if len(places) == 0 {
		return explanation{}, false
	}
	if len(places) > 2 {
		if by := rotation(x, y); by != 0 {
			return explanation{Shift, []string{rotationLine(len(x), by, u)}}, true
		}
	}
	return explanation{Order, []string{orderLine(x, y, places, u, sorted)}}, true
}

func placesOf(x, y []uint64) []int {
	var places []int
	for i := range x {
		if x[i] != y[i] {
			places = append(places, i)
		}
	}
	return places
}

// sameMultiset reports whether two rows have the same elements. Sums tell most
// of the others apart without sorting.
func sameMultiset(x, y []uint64) bool {
	if len(x) != len(y) {
		return false
	}
	sum := uint64(0)
	for i := range x {
		sum += mixed(x[i]) - mixed(y[i])
	}
	if sum != 0 {
		return false
	}
	return slices.Equal(slices.Sorted(slices.Values(x)), slices.Sorted(slices.Values(y)))
}

func mixed(x uint64) uint64 {
	high, low := bits.Mul64(x^0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9)
	return high ^ low
}

// rotation returns by how many places y is x moved forward round the end, or
// back if that is nearer; 0 if it is not.
func rotation(x, y []uint64) int {
	n := len(x)
	if n == 0 {
		return 0
	}
	// y begins in x x at each place that it can begin with.
	m := newMatcher(y)
	state, first, last := 0, -1, -1
	for i := range 2*n - 1 {
		state = m.next(state, x[i%n])
		if state == n {
			if first < 0 {
				first = i - n + 1
			}
			last = i - n + 1
		}
	}
	switch {
	case first <= 0:
		return 0
	case n-last < first:
		return n - last
	default:
		return -first
	}
}

func rotationLine(n, by int, u unit) string {
	if by > 0 {
		return fmt.Sprintf("the same %s moved forward by %s, %s from the end to the beginning",
			u.counted(n), counted(by, "place", "places"), lastOnes(by))
	}
	return fmt.Sprintf("the same %s moved back by %s, %s from the beginning to the end",
		u.counted(n), counted(-by, "place", "places"), firstOnes(-by))
}

func lastOnes(n int) string {
	if n == 1 {
		return "the last"
	}
	return fmt.Sprintf("the last %d", n)
}

func firstOnes(n int) string {
	if n == 1 {
		return "the first"
	}
	return fmt.Sprintf("the first %d", n)
}

// shifted says whether elements moved with some lost at one end and new ones at
// the other. At least half of them have to be there still, not all the same,
// and it has to say less than where the two rows differ.
func shifted(x, y []uint64, u unit) (explanation, bool) {
	n, differing := len(x), len(placesOf(x, y))
	forward := overlap(x, y) // the beginning of x is the end of y
	back := overlap(y, x)
	kept, by := y[n-forward:], n-forward
	if back > forward {
		kept, by = y[:back], n-back
	}
	if 2*len(kept) < n || by >= differing || isUniform(kept) {
		return explanation{}, false
	}
	gone, came, where := "the last", "the beginning", "forward"
	if back > forward {
		gone, came, where = "the first", "the end", "back"
	}
	lost := gone + " is gone"
	if by > 1 {
		lost = fmt.Sprintf("%s %d are gone", gone, by)
	}
	return explanation{Shift, []string{fmt.Sprintf("%s moved %s by %s: %s, %d new at %s",
		u.counted(len(kept)), where, counted(by, "place", "places"), lost, by, came)}}, true
}

// overlap returns how many of the first of x are the last of y.
func overlap(x, y []uint64) int {
	m := newMatcher(x)
	state := 0
	for _, symbol := range y {
		state = m.next(state, symbol)
	}
	return state
}

func isUniform(x []uint64) bool {
	for _, symbol := range x {
		if symbol != x[0] {
			return false
		}
	}
	return true
}

// A matcher finds a row in another one as Knuth, Morris and Pratt do.
type matcher struct {
	pattern []uint64
	border  []int32 // of the first i+1, how many begin and end it
}

func newMatcher(pattern []uint64) matcher {
	m := matcher{pattern, make([]int32, len(pattern))}
	for i := 1; i < len(pattern); i++ {
		m.border[i] = int32(m.next(int(m.border[i-1]), pattern[i]))
	}
	return m
}

// next returns how many elements of the pattern end at a symbol, where state of
// them ended at the one before.
func (m matcher) next(state int, symbol uint64) int {
	for state > 0 && (state == len(m.pattern) || m.pattern[state] != symbol) {
		state = int(m.border[state-1])
	}
	if state < len(m.pattern) && m.pattern[state] == symbol {
		state++
	}
	return state
}

func orderLine(x, y []uint64, places []int, u unit, sorted func() (before, after direction)) string {
	same := "the same " + u.counted(len(x))
	if len(places) == 2 {
		return fmt.Sprintf("%s in another order: %s and %s changed places", same, u.at(places[0]), u.at(places[1]))
	}
	elsewhere := fmt.Sprintf("%d are elsewhere, first at %s", len(places), u.at(places[0]))
	if isReversed(x, y) {
		return same + " reversed"
	}
	switch before, after := sorted(); {
	case after == ascending:
		return same + " sorted ascending: " + elsewhere
	case after == descending:
		return same + " sorted descending: " + elsewhere
	case before == ascending:
		return same + " in another order, sorted ascending before: " + elsewhere
	case before == descending:
		return same + " in another order, sorted descending before: " + elsewhere
	}
	return same + " in another order: " + elsewhere
}

func isReversed(x, y []uint64) bool {
	for i := range x {
		if x[i] != y[len(y)-1-i] {
			return false
		}
	}
	return true
}

// neverSorted is how elements without an order are sorted.
func neverSorted() (before, after direction) { return unsorted, unsorted }

// directionOf returns how n elements are sorted; compare compares element i
// with element j. Rows of equal elements are not.
func directionOf(n int, compare func(i, j int) int) direction {
	up, down := true, true
	for i := 1; i < n && (up || down); i++ {
		c := compare(i-1, i)
		up, down = up && c <= 0, down && c >= 0
	}
	switch {
	case up == down:
		return unsorted
	case up:
		return ascending
	default:
		return descending
	}
}

// transposition returns how many rows and columns x has if y is x with rows for
// columns.
func transposition(x, y []uint64) (rows, columns int, ok bool) {
	n := len(x)
	for rows = 2; rows <= n/2; rows++ {
		if n%rows == 0 && isTransposed(x, y, rows) {
			return rows, n / rows, true
		}
	}
	return 0, 0, false
}

// isTransposed reports whether y is x, which has so many rows, with rows for
// columns.
func isTransposed(x, y []uint64, rows int) bool {
	columns, at := len(x)/rows, 0
	for j := range columns {
		for i := range rows {
			if y[at] != x[i*columns+j] {
				return false
			}
			at++
		}
	}
	return true
}
