package diffargs

import "slices"

// A hunk is where two rows differ: x[fromX:toX] became y[fromY:toY].
type hunk struct{ fromX, toX, fromY, toY int }

// Two rows are aligned if no more elements have to be added and removed than
// maxEdits, or fewer if the rows are long: maxAlignment bounds the work.
const (
	maxEdits     = 400
	maxAlignment = 1 << 22
)

// editsFor returns how many edits rows of so many elements in all may need.
func editsFor(length int) int { return min(maxEdits, max(8, maxAlignment/max(length, 1))) }

// align returns where two rows differ so that as few elements as possible are
// added and removed, in ascending order. It gives up if these are too many.
//
// Source: E. W. Myers, An O(ND) Difference Algorithm and Its Variations, 1986.
func align[T comparable](x, y []T) (hunks []hunk, ok bool) {
	prefix := 0
	for prefix < min(len(x), len(y)) && x[prefix] == y[prefix] {
		prefix++
	}
	suffix := 0
	for suffix < min(len(x), len(y))-prefix && x[len(x)-1-suffix] == y[len(y)-1-suffix] {
		suffix++
	}
	edits, ok := editsOf(x[prefix:len(x)-suffix], y[prefix:len(y)-suffix])
	if !ok {
		return nil, false
	}
	for _, e := range edits {
		e.fromX, e.toX, e.fromY, e.toY = e.fromX+prefix, e.toX+prefix, e.fromY+prefix, e.toY+prefix
		if n := len(hunks); n > 0 && hunks[n-1].toX == e.fromX && hunks[n-1].toY == e.fromY {
			hunks[n-1].toX, hunks[n-1].toY = e.toX, e.toY
		} else {
			hunks = append(hunks, e)
		}
	}
	return hunks, true
}

// editsOf returns the edits of one element each.
func editsOf[T comparable](x, y []T) ([]hunk, bool) {
	limit := editsFor(len(x) + len(y))
	// reach[k+limit+1] is how far in x one gets on diagonal k, where i−j = k.
	var rounds [][]int32
	reach := make([]int32, 2*limit+3)
	for d := 0; d <= limit; d++ {
		for k := -d; k <= d; k += 2 {
			at := k + limit + 1
			i := int(reach[at-1]) + 1 // one removed
			if k == -d || k < d && reach[at+1] > reach[at-1] {
				i = int(reach[at+1]) // one added
			}
			for j := i - k; i < len(x) && j < len(y) && x[i] == y[j]; j++ {
				i++
			}
			reach[at] = int32(i)
			if i == len(x) && i-k == len(y) {
				return backtrack(rounds, len(x), len(y)), true
			}
		}
		// Only the diagonals of this round are needed on the way back.
		rounds = append(rounds, slices.Clone(reach[limit+1-d:limit+2+d]))
	}
	return nil, false
}

// backtrack follows the rounds back from the end; each of them holds 2d+1
// diagonals.
func backtrack(rounds [][]int32, i, j int) []hunk {
	var edits []hunk
	for d := len(rounds); d > 0; d-- {
		before := rounds[d-1]
		reach := func(k int) int { // -1 beyond the round
			if k < -(d-1) || k > d-1 {
				return -1
			}
			return int(before[k+d-1])
		}
		k := i - j
		if added := k == -d || k < d && reach(k+1) > reach(k-1); added {
			i = reach(k + 1)
			j = i - k - 1
			edits = append(edits, hunk{i, i, j, j + 1})
		} else {
			i = reach(k - 1)
			j = i - k + 1
			edits = append(edits, hunk{i, i + 1, j, j})
		}
	}
	slices.Reverse(edits)
	return edits
}
