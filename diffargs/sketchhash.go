package diffargs

import (
	"math"
	"math/bits"
)

// Sketches are stored and compared with those of other versions and machines:
// nothing here may change unless sketchVersion does.
const (
	golden = 0x9E3779B97F4A7C15 // odd: 2^64 by the golden ratio
	stirs1 = 0xBF58476D1CE4E5B9
	stirs2 = 0x94D049BB133111EB
)

// mix spreads each bit of x over all (the finalizer of SplitMix64, by Steele,
// Lea and Flood). Only 0 becomes 0.
func mix(x uint64) uint64 {
	x = (x ^ x>>30) * stirs1
	x = (x ^ x>>27) * stirs2
	return x ^ x>>31
}

// join returns a hash of two hashes in this order.
func join(a, b uint64) uint64 { return mix(bits.RotateLeft64(a, 23)*golden + b + 1) }

// How many bits of the mantissa a rounded number keeps.
const (
	coarseBits = 10
	entryBits  = 16 // of a number that stands alone in its part
	fineBits   = 24
	momentBits = 28
)

const codeOfNaN = 1 << 63

// How far the edge between two codes is from a number of few bits, in parts of
// the distance between two such numbers: the golden section is far from all
// fractions, so that whole numbers, halves, thirds and tenths are not on an
// edge, where the least noise would tell.
const (
	goldenPart = 0.3819660112501051
	goldenBits = 0x61C8864680B583EB // of 2^64
)

// rounded returns x with so many bits of its mantissa kept, as a code. grid 1
// has its edges half-way between those of grid 0.
func rounded(x float64, keep uint, grid uint64) uint64 {
	switch {
	case x == 0: // also −0
		return 0
	case x != x:
		return codeOfNaN
	}
	drop := 52 - keep
	return (math.Float64bits(x) + goldenBits>>(64-drop) + grid<<(drop-1)) >> drop
}

// coarse is rounded(x, coarseBits, 0).
func coarse(x float64) uint64 {
	const drop = 52 - coarseBits
	switch {
	case x == 0:
		return 0
	case x != x:
		return codeOfNaN
	}
	return (math.Float64bits(x) + goldenBits>>(64-drop)) >> drop
}

// A bottom keeps the smallest of the hashes that it is given, each once: of two
// sets that have much in common, the smallest are likely to be the same (MinHash
// in the bottom-k form; Broder 1997, Cohen and Kaplan 2007).
type bottom struct {
	most   int // at most len(smallest)
	count  int
	common [8]uint64
}

func (b *bottom) hashes() []uint64 { return b.common[:b.count] }

// limit is what a hash has to be below to be kept.
func (b *bottom) limit() uint64 {
	if b.count < b.most {
		return math.MaxUint64
	}
	return b.common[b.count-1]
}

func (b *bottom) add(h uint64) {
	if h >= b.limit() {
		return
	}
	at := b.count
	for at > 0 && b.common[at-1] >= h {
		at--
		if b.common[at] == h {
			return
		}
	}
	if b.count < b.most {
		b.count++
	}
	copy(b.common[at+1:b.count], b.common[at:])
	b.common[at] = h
}
