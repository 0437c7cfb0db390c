package whymiss

import (
	"context"
	"slices"

	"labbook/diffargs"
	"labbook/runlog/record"
)

const (
	// maxCandidates bounds how many earlier calls are compared part by part.
	maxCandidates = 300
	// maxContenders bounds how many of the best are compared value by value.
	maxContenders = 12
)

// A neighbour is an earlier call and where it differs.
type neighbour struct {
	call  record.CallDetail
	parts []partPair // that differ
}

// findNearest finds the earlier call of the function that differs least: one of
// the lowest rank, among those the one that differs in the least telling way,
// the newest of several. It is nil if there is none.
func findNearest(ctx context.Context, h History, call *record.CallDetail) (*neighbour, error) {
	candidates, err := h.Candidates(ctx, call, maxCandidates)
	if err != nil || len(candidates) == 0 {
		return nil, err
	}
	neighbours := make([]neighbour, len(candidates))
	for i := range candidates {
		neighbours[i] = neighbour{call: candidates[i], parts: differingParts(candidates[i].Parts, call.Parts)}
	}
	slices.SortStableFunc(neighbours, func(a, b neighbour) int { return a.rank() - b.rank() })
	contenders := neighbours[:min(len(neighbours), maxContenders)]
	best, bestDistance := 0, 0
	for i := range contenders {
		if contenders[i].rank() > contenders[0].rank() {
			break
		}
		if err := contenders[i].compare(ctx, h, call); err != nil {
			return nil, err
		}
		if distance := contenders[i].distance(); i == 0 || distance < bestDistance {
			best, bestDistance = i, distance
		}
	}
	return &contenders[best], nil
}

// rank orders neighbours by the parts that differ. A call with the very same
// arguments comes first, whatever else has changed: that is the call that would
// have been a hit. After it, the fewer parts the better.
func (n *neighbour) rank() int {
	const otherArguments = 1 << 20
	rank := len(n.parts)
	for i := range n.parts {
		if n.parts[i].part().Kind == record.PartArgument {
			return rank + otherArguments
		}
	}
	return rank
}

// distance ranks neighbours that differ in equally many parts: what looks like
// an accident is nearer than what looks meant.
func (n *neighbour) distance() int {
	total := 0
	for _, d := range n.differences() {
		switch d.Kind {
		case diffargs.FloatNoise, diffargs.NegativeZero, diffargs.TimeZone, diffargs.NilVsEmpty:
			total++
		case diffargs.DType, diffargs.Order, diffargs.Renamed, diffargs.Type, diffargs.NaN,
			diffargs.Float32, diffargs.Shift, diffargs.Transposed, diffargs.Case, diffargs.Whitespace:
			total += 10
		case diffargs.Scale, diffargs.Offset, diffargs.ByteOrder:
			total += 20
		default:
			total += 100
		}
	}
	return total
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
		var err error
		switch {
		case pair.before == nil:
			pair.differences = []Difference{{Part: pair.after.Name, Path: pair.after.Name, Kind: diffargs.Added, After: pair.after.Preview, Detail: describeMissing(pair.after)}}
		case pair.after == nil:
			pair.differences = []Difference{{Part: pair.before.Name, Path: pair.before.Name, Kind: diffargs.Removed, Before: pair.before.Preview, Detail: describeMissing(pair.before)}}
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
