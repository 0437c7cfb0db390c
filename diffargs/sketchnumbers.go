package diffargs

import (
	"math"
	"reflect"
	"slices"
)

// How much of long rows is looked at: so many numbers from each end, and one in
// windowPart of all if that is more.
const (
	minWindow  = 64
	windowPart = 64
	maxWindow  = 1 << 13
)

// addNumbers makes buckets of all numbers of the value, in order, however they
// are divided among rows, fields and types.
func (s *sketcher) addNumbers() {
	switch s.numbers {
	case 0:
		return
	case 1:
		s.addSingle()
		return
	}
	size := min(s.numbers, max(minWindow, min(s.numbers/windowPart, maxWindow)))
	if s.numbers <= 2*minWindow {
		size = s.numbers
	}
	front := s.front(s.window[:0], size)
	back := front
	if size < s.numbers {
		s.window = s.back(front, size)
		front, back = s.window[:size], s.window[size:]
	} else {
		s.window = front
	}
	s.addSquares()
	before := len(s.buckets)
	s.addBlocks(front, back)
	s.addGrams(front, back)
	if len(s.buckets) == before {
		ends := join(coarse(front[0]), coarse(back[len(back)-1]))
		s.bucket(numbersPlain, join(uint64(s.numbers), ends))
	}
}

// addSingle makes buckets of one number: what it is close to, and what it is
// very close to. Either way there are two grids, and noise that crosses an edge
// of one is far from those of the other.
func (s *sketcher) addSingle() {
	x := s.front(s.window[:0], 1)[0]
	for grid := range uint64(2) {
		s.bucket(numberCoarse, join(grid, rounded(x, coarseBits, grid)))
		s.bucket(numberFine, join(grid, rounded(x, fineBits, grid)))
	}
}

// front appends the first n numbers to x.
func (s *sketcher) front(x []float64, n int) []float64 {
	for i := range s.rows {
		r := &s.rows[i]
		some := min(n, r.count)
		if x = r.appendTo(x, 0, some); some == n {
			break
		}
		n -= some
	}
	return x
}

// back appends the last n numbers to x.
func (s *sketcher) back(x []float64, n int) []float64 {
	first, skip := len(s.rows), n
	for skip > 0 {
		first--
		skip -= s.rows[first].count
	}
	skip = -skip // of the first row that is in it
	for i := first; i < len(s.rows); i++ {
		r := &s.rows[i]
		x = r.appendTo(x, skip, r.count-skip)
		skip = 0
	}
	return x
}

// addSquares makes the one bucket that knows which numbers there are, whatever
// their order.
func (s *sketcher) addSquares() {
	sum := 0.0
	for i := range s.rows {
		r := &s.rows[i]
		if !r.hasSquares() {
			return
		}
		known := s.e.records.squares(r)
		if known == nil {
			known = r.allSquares()
		}
		for _, part := range known {
			sum += part
		}
	}
	if sum >= math.SmallestNonzeroFloat64*(1<<52) {
		s.bucket(numbersOfAll, join(uint64(s.numbers), rounded(sum, moments, 0)))
	}
}

// hasSquares is false for long rows of small numbers: to square each of those
// takes longer than to hash them.
func (r *numberRow) hasSquares() bool {
	const fewNumbers = 4096
	return r.kind != reflect.Invalid && (numberWidth(r.kind) >= 4 || r.count <= fewNumbers)
}

// Places of blocks, counted from an end. The first ones that have something to
// tell are taken.
var blockPlaces = [...]int{0, 32, 256, 1024, 4096}

const (
	blocksKept   = 2 // at each end
	blockLength  = 16
	blockLonger  = 4 // times as long where numbers are alike, twice
	blockChanges = 6
)

// addBlocks makes buckets of numbers at certain places.
func (s *sketcher) addBlocks(front, back []float64) {
	s.blocksOf(front, numbersAtFront, false, plainCodes)
	s.blocksOf(front, shapeAtFront, false, shapeCodes)
	if len(front) > blockLength || len(back) < s.numbers {
		s.blocksOf(back, numbersAtBack, true, plainCodes)
		s.blocksOf(back, shapeAtBack, true, shapeCodes)
	}
}

// A coder appends the codes of numbers to codes, none if they cannot be coded.
type coder func(codes []uint64, x []float64) []uint64

func (s *sketcher) blocksOf(window []float64, f feature, fromEnd bool, code coder) {
	kept := 0
	for _, place := range blockPlaces {
		rest := len(window) - place
		if rest < blockLength && place > 0 || kept == blocksKept {
			return
		}
		for length := blockLength; ; length *= blockLonger {
			length = min(length, rest)
			block := window[place : place+length]
			if fromEnd {
				block = window[rest-length : rest]
			}
			s.codes = code(s.codes[:0], block)
			if h, tells := codesHash(s.codes); tells {
				s.bucket(f, join(uint64(place), h))
				kept++
				break
			}
			if length == rest || length == blockLength*blockLonger*blockLonger {
				break
			}
		}
	}
}

// codesHash reports whether codes change often enough to be told from others.
func codesHash(codes []uint64) (h uint64, tells bool) {
	if len(codes) == 0 {
		return 0, false
	}
	changes, last := 0, codes[0]
	for _, code := range codes {
		if code != last {
			changes++
		}
		last = code
		h = (h<<5 | h>>59) * golden
		h ^= code * stirs1
	}
	return mix(h), changes >= min(blockChanges, len(codes)/2)
}

func plainCodes(codes []uint64, x []float64) []uint64 {
	for _, x := range x {
		codes = append(codes, coarse(x))
	}
	return codes
}

const (
	shapeLevels  = 64
	shortestForm = 6               // numbers
	leastRange   = 1.0 / (1 << 40) // of the largest number; less is rounding errors
)

// shapeCodes are where numbers are between the smallest and the largest, which
// no scale and no offset changes. A negative factor turns them round, so the
// extreme that comes first counts as the lower one.
func shapeCodes(codes []uint64, x []float64) []uint64 {
	if len(x) < shortestForm {
		return codes
	}
	low, high := 0, 0
	for i, v := range x {
		if v < x[low] {
			low = i
		}
		if v > x[high] {
			high = i
		}
	}
	base, span := x[low], x[high]-x[low]
	if !(span > leastRange*max(math.Abs(x[low]), math.Abs(x[high]))) || math.IsInf(span, 0) {
		return codes
	}
	if high < low {
		base, span = x[high], -span
	}
	scale := shapeLevels / span
	for _, v := range x {
		level := float64((v-base)*scale) + goldenPart
		if level != level {
			level = 2 * shapeLevels
		}
		codes = append(codes, uint64(level))
	}
	return codes
}

const (
	gramsKept   = 3 // of each end and length
	sampleCodes = 64
	fewValues   = 5
	manyValues  = 10
)

// gramLengths are how many numbers make a gram: the longer, the less a number
// tells and the more there are, so that unlike values have none in common.
// Bounds overlap, so that no small change leaves two values without a length in
// common.
var gramLengths = [...]struct {
	length, changes     int
	leastRow, mostRow   int // numbers
	leastKind, mostKind int // different ones
}{
	{3, 1, 3, 9, fewValues, math.MaxInt},
	{5, 2, 6, 47, fewValues, math.MaxInt},
	{8, 4, 24, math.MaxInt, fewValues, math.MaxInt},
	{12, 4, 12, 47, 2, fewValues},
	{24, 6, 32, math.MaxInt, 2, fewValues},
}

// addGrams makes buckets of numbers in a row, wherever they are.
func (s *sketcher) addGrams(front, back []float64) {
	keep := uint(coarseBits)
	values := distinctCodes(front, keep)
	if values <= manyValues {
		if fine := distinctCodes(front, fineBits); fine >= 2*values {
			keep, values = fineBits, fine
		}
	}
	s.gramsOf(front, keep, values)
	if len(back) < s.numbers {
		s.gramsOf(back, keep, values)
	}
}

func (s *sketcher) gramsOf(window []float64, keep uint, values int) {
	s.codes = s.codes[:0]
	for _, x := range window {
		s.codes = append(s.codes, rounded(x, keep, 0))
	}
	for i := range gramLengths {
		g := &gramLengths[i]
		if s.numbers < g.leastRow || s.numbers > g.mostRow || values < g.leastKind || values > g.mostKind {
			continue
		}
		kept := bottom{most: gramsKept}
		if len(window) == s.numbers {
			kept.most = 2 * gramsKept
		}
		grams(&kept, s.codes, g.length, g.changes)
		s.addBottom(numbersInARow, &kept)
	}
}

func (s *sketcher) addBottom(f feature, b *bottom) {
	for _, h := range b.hashes() {
		s.bucket(f, h)
	}
}

// distinctCodes counts the codes of the first numbers, up to more than
// manyValues.
func distinctCodes(x []float64, keep uint) int {
	var room [manyValues + 1]uint64
	seen := room[:0]
	for _, x := range x[:min(len(x), sampleCodes)] {
		if code := rounded(x, keep, 0); !slices.Contains(seen, code) {
			if seen = append(seen, code); len(seen) > manyValues {
				break
			}
		}
	}
	return len(seen)
}
