package diffargs

import "math/bits"

// grams adds to b the hashes of all stretches of n codes that lie in a row and
// change at least changes times within. The hash rolls: each code pushes the one
// n places before it out at the top.
func grams(b *bottom, codes []uint64, n, changes int) {
	shift := 64 / uint(n)
	kept := ^uint64(0) >> (64 - uint(n)*shift)
	within := ^uint64(0) >> (64 - uint(n-1)) // the changes between n codes
	var rolling, changed, last uint64
	limit := b.limit()
	for i, code := range codes {
		changed <<= 1
		if code != last {
			changed |= 1
		}
		last = code
		spread := code * golden
		rolling = rolling<<shift + (spread ^ spread>>32)
		if i < n-1 {
			continue
		}
		if h := (rolling & kept) * stirs1; h < limit && bits.OnesCount64(changed&within) >= changes {
			b.add(h)
			limit = b.limit()
		}
	}
}
