package whymiss

import (
	"cmp"
	"context"
	"math"
	"slices"
	"strconv"
	"strings"

	"labbook/diffargs"
	"labbook/runlog/display"
	"labbook/runlog/record"
)

const (
	// maxCandidates bounds how many earlier calls are compared part by part.
	maxCandidates = 300
	// maxContenders bounds how many of the best are compared value by value, and
	// maxCompareBytes how large the snapshots are together that are read for it, but
	// for those of the first.
	maxContenders   = 12
	maxCompareBytes = 2 << 20
)

// A neighbour is an earlier call and where it differs.
type neighbour struct {
	call  record.CallDetail
	parts []partPair // that differ
	apart float64    // how far, by their previews

	common int // what the sketches of arguments have in common, as of record.Candidate
}

// findNearest finds the earlier call of the function that differs least: one of
// the lowest rank, among those the one that differs in the least telling way or
// by the least, the newest of several; one of an earlier run if there is any. It is
// nil if there is none.
func findNearest(ctx context.Context, h History, call *record.CallDetail) (*neighbour, error) {
	candidates, err := h.Candidates(ctx, call, maxCandidates)
	if err != nil || len(candidates) == 0 {
		return nil, err
	}
	neighbours := make([]neighbour, len(candidates))
	for i := range candidates {
		n := neighbour{call: candidates[i].CallDetail, common: candidates[i].Common, parts: differingParts(candidates[i].Parts, call.Parts)}
		for j := range n.parts {
			n.apart += n.parts[j].apart()
		}
		neighbours[i] = n
	}
	slices.SortStableFunc(neighbours, func(a, b neighbour) int {
		return cmp.Or(a.rank()-b.rank(), b.common-a.common, cmp.Compare(a.apart, b.apart))
	})
	// Nothing was edited between two calls of one run: a call of an earlier run
	// says more of why this one missed, unless its sibling differs by accident.
	earlier := slices.DeleteFunc(slices.Clone(neighbours), func(n neighbour) bool { return n.call.ID.Run == call.ID.Run })
	siblings := slices.DeleteFunc(neighbours, func(n neighbour) bool { return n.call.ID.Run != call.ID.Run })
	best, err := leastDifferent(ctx, h, call, earlier)
	if err != nil || len(siblings) == 0 || best != nil && best.rank() < otherArguments {
		return best, err
	}
	sibling, err := leastDifferent(ctx, h, call, siblings)
	if err != nil || best == nil || sibling.isAccident() {
		return sibling, err
	}
	return best, nil
}

// leastDifferent compares the first of the neighbours by their values. It is nil
// if there are none.
func leastDifferent(ctx context.Context, h History, call *record.CallDetail, neighbours []neighbour) (*neighbour, error) {
	if len(neighbours) == 0 {
		return nil, nil //nolint:nilnil // there need be none
	}
	contenders := neighbours[:min(len(neighbours), maxContenders)]
	best, bestDistance, read := 0, 0.0, 0
	for i := range contenders {
		if contenders[i].rank() > contenders[0].rank() || contenders[i].common < contenders[0].common/2 || read > maxCompareBytes {
			break
		}
		if err := contenders[i].compare(ctx, h, call); err != nil {
			return nil, err
		}
		for j := range contenders[i].parts {
			read += contenders[i].parts[j].read
		}
		if distance := contenders[i].distance(); i == 0 || distance < bestDistance {
			best, bestDistance = i, distance
		}
	}
	return &contenders[best], nil
}

// isAccident reports whether a person would call the arguments of both calls equal.
func (n *neighbour) isAccident() bool {
	return !slices.ContainsFunc(n.differences(), func(d Difference) bool { return !isAccident(d.Kind) })
}

// otherArguments ranks calls with other arguments behind all that have the same.
const otherArguments = 1 << 20

// rank orders neighbours by the parts that differ. A call with the very same
// arguments comes first, whatever else has changed: that is the call that would
// have been a hit. After it, the fewer parts the better.
func (n *neighbour) rank() int {
	rank := len(n.parts)
	for i := range n.parts {
		if !n.parts[i].renamed && n.parts[i].part().Kind == record.PartArgument {
			return rank + otherArguments
		}
	}
	return rank
}

// argumentsChanged counts the call's arguments that the neighbour does not have.
func (n *neighbour) argumentsChanged() (count int) {
	for i := range n.parts {
		if p := &n.parts[i]; !p.renamed && p.after != nil && p.after.Kind == record.PartArgument {
			count++
		}
	}
	return count
}

// distance ranks neighbours that differ in equally many parts: what looks like
// an accident is nearer than what looks meant, and a small change nearer than a
// large one.
func (n *neighbour) distance() float64 {
	total := n.apart
	for i := range n.parts {
		// A dependency that only one of them has is farther than another value of it.
		// With an argument it is the other way: an option decides whether it counts.
		if p := &n.parts[i]; (p.before == nil || p.after == nil) && p.part().Kind != record.PartArgument {
			total += 60
		}
	}
	for _, d := range n.differences() {
		switch d.Kind {
		case diffargs.FloatNoise, diffargs.NegativeZero, diffargs.TimeZone, diffargs.NilVsEmpty:
			total++
		case diffargs.DType, diffargs.Order, diffargs.Renamed, diffargs.Type, diffargs.NaN,
			diffargs.Float32, diffargs.Shift, diffargs.Transposed, diffargs.Case, diffargs.Whitespace:
			total += 10
		case diffargs.Length, diffargs.Added, diffargs.Removed:
			total += 50
		case diffargs.Scale, diffargs.Offset, diffargs.ByteOrder:
			total += 20
		default:
			total += 100
		}
	}
	return total
}

// apart says how far apart the two sides of a part look, from 0 to 1, by their
// previews alone.
func (p *partPair) apart() float64 {
	if p.before == nil || p.after == nil {
		return 1
	}
	if p.renamed {
		return 0
	}
	a, b := p.before.Preview, p.after.Preview
	x, errX := strconv.ParseFloat(a, 64)
	y, errY := strconv.ParseFloat(b, 64)
	if size := math.Abs(x) + math.Abs(y); errX == nil && errY == nil && size > 0 && size <= math.MaxFloat64 {
		return math.Abs(x-y) / size
	}
	same, longer := 0, max(len(a), len(b))
	for same < min(len(a), len(b)) && a[same] == b[same] {
		same++
	}
	for end := 1; end <= min(len(a), len(b))-same && a[len(a)-end] == b[len(b)-end]; end++ {
		longer--
	}
	if longer == 0 {
		return 0
	}
	return 1 - float64(same)/float64(longer)
}

// differences lists all that compare found, in the order of the parts.
func (n *neighbour) differences() []Difference {
	list := []Difference{}
	for i := range n.parts {
		list = append(list, n.parts[i].differences...)
	}
	return list
}

// compare finds where call differs from the neighbour, part by part.
func (n *neighbour) compare(ctx context.Context, h History, call *record.CallDetail) error {
	for i := range n.parts {
		pair := &n.parts[i]
		pair.home, _, _ = strings.Cut(display.Function(call.Function), ".")
		var err error
		switch {
		case pair.before == nil:
			pair.differences = []Difference{{Part: pair.after.Name, Path: pair.after.Name, Kind: diffargs.Added, After: pair.after.Preview, Detail: describeMissing(pair.after)}}
		case pair.after == nil:
			pair.differences = []Difference{{Part: pair.before.Name, Path: pair.before.Name, Kind: diffargs.Removed, Before: pair.before.Preview, Detail: describeMissing(pair.before)}}
		case pair.renamed:
			pair.differences = []Difference{{
				Part: pair.after.Name, Path: pair.after.Name, Kind: diffargs.Renamed, Before: pair.before.Name, After: pair.after.Name,
				Detail: "the value is equal: " + pair.after.Preview,
			}}
		case pair.after.Kind == record.PartArgument:
			pair.differences, err = argumentDifferences(ctx, h, pair)
		case pair.after.Kind == record.PartCode && pair.after.Name == "code":
			pair.differences, err = codeDifferences(ctx, h, pair, n, call)
		default:
			pair.differences = []Difference{previewDifference(pair, "")}
		}
		if err != nil {
			return err
		}
	}
	return nil
}
