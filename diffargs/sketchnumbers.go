package diffargs

import (
	"math"
	"math/bits"
	"slices"
)

// How much of long rows is looked at: so many numbers from each end, or one for
// each windowBytes of all if that is more.
const (
	minWindow   = 64
	maxWindow   = 1 << 13
	windowBytes = 512
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
	s.addSums()
	size := max(minWindow, min(s.bytes/windowBytes, maxWindow))
	if s.numbers <= 2*size {
		size = s.numbers
	}
	if !s.loadFront(size) {
		s.bucket(numbersAlike, join(uint64(s.numbers), coarse(s.window[0])))
		return
	}
	s.addBlocks(numbersAtFront, shapeAtFront)
	s.addGrams()
	if s.numbers <= blockLength {
		return // Both ends are one.
	}
	s.loadBack(size)
	s.addBlocks(numbersAtBack, shapeAtBack)
	// What is moved by less than a window is in that of the front still.
	if s.numbers > fewNumbers {
		s.addGrams()
	}
}

// loadFront loads the window of size numbers at the front. If it begins with a
// long run of one number, like the margin of a picture, it is the one where that
// ends. It reports whether there are other numbers, unless they are too far.
func (s *sketcher) loadFront(size int) (differ bool) {
	s.window = s.front(s.window[:0], size)
	run := 1
	for run < size && s.window[run] == s.window[0] {
		run++
	}
	if run > size/2 {
		n := min(s.numbers, max(fewNumbers, size))
		s.window = s.front(s.window[:0], n)
		for run < n && s.window[run] == s.window[0] {
			run++
		}
		if run == s.numbers {
			return false
		}
		s.window = s.window[:copy(s.window, s.window[run-1:])]
		s.window = s.window[:min(len(s.window), size)]
	}
	s.encodeWindow()
	return true
}

// loadBack loads that at the back.
func (s *sketcher) loadBack(size int) {
	s.window = s.back(s.window[:0], size)
	run := 1
	for run < size && s.window[size-1-run] == s.window[size-1] {
		run++
	}
	if run > size/2 {
		n := min(s.numbers, max(fewNumbers, size))
		s.window = s.back(s.window[:0], n)
		for run < n && s.window[n-1-run] == s.window[n-1] {
			run++
		}
		s.window = s.window[:n-run+1]
		s.window = s.window[:copy(s.window, s.window[max(0, len(s.window)-size):])]
	}
	s.encodeWindow()
}

func (s *sketcher) encodeWindow() {
	s.codes = s.codes[:0]
	for _, x := range s.window {
		s.codes = append(s.codes, coarse(x))
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

// fewNumbers is up to how many numbers order-free sums go by values. Beyond,
// they go by bits, which costs less.
const fewNumbers = 4096

// addSums makes the one bucket that knows which numbers there are, whatever
// their order. Of few numbers it knows the sum of their squares, whatever their
// types: unlike a plain sum it does not drown in rounding errors where the mean
// is 0. Of many it knows the sum of their bits.
func (s *sketcher) addSums() {
	if s.numbers > fewNumbers {
		var sum uint64
		for i := range s.rows {
			if !s.rows[i].hasWords() {
				return
			}
			sum += s.e.records.wordsOf(&s.rows[i])
		}
		s.bucket(numbersOfAll, join(uint64(s.numbers), sum))
		return
	}
	sum := 0.0
	for i := range s.rows {
		sum += s.rows[i].squares()
	}
	const leastNormal = 0x1p-1022
	if sum >= leastNormal {
		s.bucket(numbersOfAll, join(uint64(s.numbers), rounded(sum, momentBits, 0)))
	}
}

// hasWords is false for small numbers: to add up those takes longer than to hash
// them.
func (r *numberRow) hasWords() bool { return numberWidth(r.kind) >= 4 }

// Places of blocks, counted from an end. The first ones that have something to
// tell are taken.
var blockPlaces = [...]int{0, 32, 256, 1024, 4096}

const (
	blocksKept   = 2 // at each end
	blockLength  = 16
	blockLonger  = 4 // times as long where numbers are alike
	blockLongest = 256
	blockChanges = 6
)

// addBlocks makes buckets of numbers at certain places of the window.
func (s *sketcher) addBlocks(plain, shape feature) {
	s.placesOf(plain, func(first, end int) (uint64, bool) { return codesHash(s.codes[first:end]) })
	s.placesOf(shape, func(first, end int) (uint64, bool) { return shapeHash(s.window[first:end]) })
}

func (s *sketcher) placesOf(f feature, hash func(first, end int) (h uint64, tells bool)) {
	kept := 0
	for _, place := range blockPlaces {
		rest := len(s.window) - place
		if rest < blockLength && place > 0 || kept == blocksKept {
			return
		}
		for length := blockLength; ; length *= blockLonger {
			length = min(length, rest)
			first := place
			if f == numbersAtBack || f == shapeAtBack {
				first = rest - length
			}
			if h, tells := hash(first, first+length); tells {
				s.bucket(f, join(uint64(place), h))
				kept++
				break
			}
			if length == rest || length == blockLongest {
				break
			}
		}
	}
}

// A changes counter hashes codes and tells whether they change often enough to
// be told from others.
type changes struct {
	hash         uint64
	last         uint64
	count, codes int
}

func (c *changes) add(code uint64) {
	if code != c.last && c.codes > 0 {
		c.count++
	}
	c.last = code
	c.codes++
	c.hash = (bits.RotateLeft64(c.hash, 5) ^ code) * golden
}

func (c *changes) tell() bool { return c.count >= min(blockChanges, c.codes/2) && c.count > 0 }

func codesHash(codes []uint64) (uint64, bool) {
	var c changes
	for _, code := range codes {
		c.add(code)
	}
	return c.hash, c.tell()
}

const (
	shapeLevels   = 64
	shortestShape = 6               // numbers
	leastRange    = 1.0 / (1 << 40) // of the largest number; less is rounding errors
)

// shapeHash is of where numbers are between the smallest and the largest, which
// no scale and no offset changes. A negative factor turns them round, so the
// extreme that comes first counts as the lower one.
func shapeHash(x []float64) (uint64, bool) {
	if len(x) < shortestShape {
		return 0, false
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
	if !(span > leastRange*max(math.Abs(x[low]), math.Abs(x[high]))) {
		return 0, false // also if the first one is NaN
	}
	if high < low {
		base, span = x[high], -span
	}
	scale := shapeLevels / span
	if scale == 0 || math.IsInf(scale, 0) {
		return 0, false
	}
	var c changes
	for _, v := range x {
		level := float64((v-base)*scale) + goldenPart
		if !(level >= 0 && level <= shapeLevels+1) {
			level = 2 * shapeLevels // NaN
		}
		c.add(uint64(level))
	}
	return c.hash, c.tell()
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
	{5, 2, 6, 11, fewValues - 1, fewValues - 1},
	{5, 2, 6, 47, fewValues, math.MaxInt},
	{8, 4, 24, math.MaxInt, fewValues, math.MaxInt},
	{12, 4, 12, 47, 2, fewValues},
	{24, 6, 32, math.MaxInt, 2, fewValues},
}

// addGrams makes buckets of numbers in a row, wherever in the window they are.
func (s *sketcher) addGrams() {
	codes := s.codes
	values := distinct(codes)
	if values <= manyValues {
		// Large numbers that are close to each other are told apart by more bits.
		for _, x := range s.window {
			s.codes = append(s.codes, rounded(x, fineBits, 0))
		}
		coarse, fine := s.codes[:len(codes)], s.codes[len(codes):]
		s.codes, codes = coarse, coarse
		if more := distinct(fine); more >= 2*values {
			codes, values = fine, more
		}
	}
	for i := range gramLengths {
		g := &gramLengths[i]
		if s.numbers < g.leastRow || s.numbers > g.mostRow || values < g.leastKind || values > g.mostKind {
			continue
		}
		kept := bottom{most: gramsKept}
		if s.numbers <= 2*minWindow {
			kept.most = 2 * gramsKept
		}
		grams(&kept, codes, g.length, g.changes)
		s.addBottom(numbersInARow, &kept)
	}
}

// distinct counts the codes among the first ones, up to more than manyValues.
func distinct(codes []uint64) int {
	var room [manyValues + 1]uint64
	seen := room[:0]
	for _, code := range codes[:min(len(codes), sampleCodes)] {
		if !slices.Contains(seen, code) {
			if seen = append(seen, code); len(seen) > manyValues {
				break
			}
		}
	}
	return len(seen)
}
