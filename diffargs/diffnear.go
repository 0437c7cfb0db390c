package diffargs

import (
	"fmt"
	"math"
	"slices"
)

// An explanation that holds for all but a few elements is told as such if it
// holds for at least fewestNear, and fails for at most one in farthestNear.
const (
	fewestNear   = 8
	farthestNear = 10
	nearSample   = 1000
)

// nearMiss says what is true of most of the numbers, or of those that differ,
// where nothing explains all of them.
func (c *comparison) nearMiss() []string {
	for _, try := range []func() string{c.subsetLine, c.nearLine, c.nearFloat32, c.nearOrder} {
		if line := try(); line != "" {
			return []string{line}
		}
	}
	return nil
}

// pick returns an array of the numbers at some places of another.
func (a *array) pick(places []int) *array {
	width := a.width()
	picked := &array{kind: a.kind, rows: []arrayRow{{}}, shape: []int{len(places)}}
	for _, i := range places {
		picked.data = append(picked.data, a.data[i*width:(i+1)*width]...)
	}
	return picked
}

// subsetLine says what line those numbers lie on that differ.
func (c *comparison) subsetLine() string {
	if len(c.places) < 3 || len(c.places) == c.x.len() {
		return ""
	}
	l, ok := (&comparison{x: c.x.pick(c.places), y: c.y.pick(c.places), places: c.places}).line()
	if !ok {
		return ""
	}
	return "those that differ are the earlier ones " + l.text()
}

// nearLine says what factor or offset most numbers share.
func (c *comparison) nearLine() string {
	if !c.x.isReal() || 2*c.kinds[FloatNoise] > len(c.places) {
		return ""
	}
	x, y := c.floats()
	bits := 8 * c.x.width()
	if !c.x.isFloat() {
		bits = 64
	}
	// What nearly all share, nearly all of a sample share, and it is checked.
	var ratios, offsets []float64
	for i := 0; i < len(x); i += 1 + len(x)/nearSample {
		if isFinite(x[i]) && isFinite(y[i]) {
			offsets = append(offsets, y[i]-x[i])
			if x[i] != 0 {
				ratios = append(ratios, y[i]/x[i])
			}
		}
	}
	if factor := knownFactor(median(ratios), 4*closeness*roundoff(bits)); isFinite(factor) && factor != 1 && factor != 0 {
		line := c.exceptions("are the earlier ones "+timesText(factor), func(i int) bool {
			return isNear(y[i], factor*x[i], 4*math.Abs(y[i]), bits)
		})
		if line != "" {
			return line
		}
	}
	if offset := sharpened(median(offsets), x, y, bits); isFinite(offset) && offset != 0 {
		return c.exceptions("are the earlier ones "+plusText(offset), func(i int) bool {
			return isNear(y[i], x[i]+offset, 4*max(math.Abs(x[i]), math.Abs(y[i]), math.Abs(offset)), bits)
		})
	}
	return ""
}

// sharpened returns the offset between the smallest numbers that have nearly a
// given one: the larger ones know fewer of its digits.
func sharpened(offset float64, x, y []float64, bits int) float64 {
	best, least := offset, math.Inf(1)
	largest := 0.0
	for i := range x {
		if isFinite(x[i]) {
			largest = max(largest, math.Abs(x[i]))
		}
	}
	slack := min(closeness*roundoff(bits)*largest, math.Abs(offset)/1000)
	for i := range x {
		magnitude := max(math.Abs(x[i]), math.Abs(y[i]))
		if magnitude < least && math.Abs(y[i]-x[i]-offset) <= slack {
			best, least = y[i]-x[i], magnitude
		}
	}
	return best
}

// median returns the one in the middle, 0 of none.
func median(floats []float64) float64 {
	if len(floats) == 0 {
		return 0
	}
	slices.Sort(floats)
	return floats[len(floats)/2]
}

// nearFloat32 says whether most numbers that differ went through float32.
func (c *comparison) nearFloat32() string {
	if c.x.width() != 8 || !c.x.isFloat() || c.kinds[Float32]*2 < len(c.places) {
		return ""
	}
	x, y := c.floats()
	for _, sides := range []struct {
		x, y  []float64
		words string
	}{{x, y, "are the earlier ones rounded to float32"}, {y, x, "were the later ones rounded to float32"}} {
		if line := c.exceptions(sides.words, func(i int) bool {
			return isFloat32Of(sides.x[i], sides.y[i]) || sides.x[i] != sides.x[i] && sides.y[i] != sides.y[i]
		}); line != "" {
			return line
		}
	}
	return ""
}

// exceptions says for which few elements something does not hold.
func (c *comparison) exceptions(what string, holds func(i int) bool) string {
	n, count, first := c.x.len(), 0, -1
	for i := range n {
		if holds(i) {
			continue
		}
		if first < 0 {
			first = i
		}
		if count++; count*farthestNear > n {
			return ""
		}
	}
	if count == 0 || n-count < fewestNear {
		return ""
	}
	return fmt.Sprintf("all but %d of the %d elements %s; not so at %s, %s → %s",
		count, n, what, c.x.step(first), c.x.numberAt(first), c.y.numberAt(first))
}

// nearOrder says whether most numbers are the same ones in another order.
func (c *comparison) nearOrder() string {
	x, y := c.symbols()
	if leastMissing(x, y)*farthestNear > len(x) {
		return ""
	}
	common := commonElements(x, y)
	missing := len(x) - common
	if common < fewestNear || missing*farthestNear > len(x) || len(c.places) < 2*missing+2 {
		return ""
	}
	return fmt.Sprintf("all but %d of the %d elements are the earlier ones in another order", missing, len(x))
}

// leastMissing returns how many elements of one of two rows of one length are
// surely not in the other. It is quick where most are not: rows that share
// elements put them in the same buckets.
func leastMissing(x, y []uint64) int {
	const bucketBits = 16
	counts := make([]int32, 1<<bucketBits)
	for i := range x {
		counts[mixed(x[i])>>(64-bucketBits)]++
		counts[mixed(y[i])>>(64-bucketBits)]--
	}
	missing := 0
	for _, n := range counts {
		missing += int(max(n, 0))
	}
	return missing
}

// commonElements returns how many elements two rows share, in any order.
func commonElements(x, y []uint64) int {
	x, y = slices.Sorted(slices.Values(x)), slices.Sorted(slices.Values(y))
	common := 0
	for i, j := 0, 0; i < len(x) && j < len(y); {
		switch {
		case x[i] < y[j]:
			i++
		case x[i] > y[j]:
			j++
		default:
			common, i, j = common+1, i+1, j+1
		}
	}
	return common
}
