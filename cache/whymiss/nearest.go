package whymiss

import (
	"context"
	"slices"
	"strings"

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
	call        record.CallDetail
	parts       []partPair // that differ
	differences []Difference
}

// A partPair is one part as it was in the earlier call and in the missed one;
// nil where it was not there.
type partPair struct{ before, after *record.Part }

func (p *partPair) part() *record.Part {
	if p.after != nil {
		return p.after
	}
	return p.before
}

// findNearest finds the earlier call of the function that differs least: one of
// the lowest rank, among those the one that differs in the least telling way,
// the newest of several. It is nil if there is none.
func findNearest(ctx context.Context, h History, call *record.CallDetail) (*neighbour, error) {
	candidates, err := h.Candidates(ctx, call.ID, maxCandidates)
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
		if contenders[i].differences, err = differences(ctx, h, &contenders[i], call); err != nil {
			return nil, err
		}
		if distance := distance(contenders[i].differences); i == 0 || distance < bestDistance {
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

// differingParts pairs the parts of two keys and keeps the pairs that differ.
func differingParts(before, after []record.Part) []partPair {
	type identity struct {
		kind record.PartKind
		name string
	}
	old := map[identity]*record.Part{}
	for i := range before {
		old[identity{before[i].Kind, before[i].Name}] = &before[i]
	}
	var pairs []partPair
	for i := range after {
		id := identity{after[i].Kind, after[i].Name}
		was := old[id]
		delete(old, id)
		if was == nil || was.Digest != after[i].Digest {
			pairs = append(pairs, partPair{before: was, after: &after[i]})
		}
	}
	for i := range before { // in their order, not the map's
		if old[identity{before[i].Kind, before[i].Name}] != nil {
			pairs = append(pairs, partPair{before: &before[i]})
		}
	}
	return pairs
}

// distance ranks neighbours that differ in equally many parts: what looks like
// an accident is nearer than what looks meant.
func distance(differences []Difference) int {
	total := 0
	for _, d := range differences {
		switch d.Kind {
		case diffargs.FloatNoise, diffargs.NegativeZero, diffargs.TimeZone, diffargs.NilVsEmpty:
			total++
		case diffargs.DType, diffargs.Order, diffargs.Renamed, diffargs.Type, diffargs.NaN:
			total += 10
		default:
			total += 100
		}
	}
	return total
}

// differences lists where call differs from the neighbour, part by part.
func differences(ctx context.Context, h History, n *neighbour, call *record.CallDetail) ([]Difference, error) {
	list := []Difference{}
	for i := range n.parts {
		pair := &n.parts[i]
		var found []Difference
		var err error
		switch {
		case pair.before == nil:
			found = []Difference{{Part: pair.after.Name, Path: pair.after.Name, Kind: diffargs.Added, After: pair.after.Preview, Detail: describeMissing(pair.after)}}
		case pair.after == nil:
			found = []Difference{{Part: pair.before.Name, Path: pair.before.Name, Kind: diffargs.Removed, Before: pair.before.Preview, Detail: describeMissing(pair.before)}}
		case pair.after.Kind == record.PartArgument:
			found, err = argumentDifferences(ctx, h, pair)
		case pair.after.Kind == record.PartCode && pair.after.Name == "code":
			found, err = codeDifferences(ctx, h, pair, n, call)
		default:
			found = []Difference{previewDifference(pair, "")}
		}
		if err != nil {
			return nil, err
		}
		list = append(list, found...)
	}
	return list, nil
}

func describeMissing(p *record.Part) string {
	switch p.Kind {
	case record.PartArgument:
		return "an argument that counts in one of the two keys only: cache.Ignore, or the function's parameters, have changed"
	case record.PartModule:
		return "a module that only one of the two uses"
	default:
		return "a part of one of the two keys only"
	}
}

func previewDifference(pair *partPair, detail string) Difference {
	return Difference{
		Part: pair.after.Name, Path: pair.after.Name, Kind: diffargs.Value,
		Before: pair.before.Preview, After: pair.after.Preview, Detail: detail,
	}
}

// argumentDifferences descends into the snapshots of both values, if both are
// there.
func argumentDifferences(ctx context.Context, h History, pair *partPair) ([]Difference, error) {
	before, err := readSnapshot(ctx, h, pair.before.Digest)
	if err != nil {
		return nil, err
	}
	after, err := readSnapshot(ctx, h, pair.after.Digest)
	if err != nil {
		return nil, err
	}
	if before == nil || after == nil {
		return []Difference{previewDifference(pair, valuesMissing(pair, before == nil, after == nil))}, nil
	}
	var list []Difference
	for _, d := range diffargs.Diff(before, after) {
		list = append(list, Difference{
			Part: pair.after.Name, Path: pair.after.Name + d.Path, Kind: d.Kind, Before: d.Before, After: d.After, Detail: d.Detail,
		})
	}
	if len(list) == 0 {
		// The digests differ, so something does; the snapshots do not reach
		// that deep.
		list = append(list, previewDifference(pair, "the values differ deeper than their snapshots reach"))
	}
	return list, nil
}

// readSnapshot returns nil for a snapshot that is missing or cannot be read.
func readSnapshot(ctx context.Context, h History, digest string) (*diffargs.Snapshot, error) {
	blob, err := h.Snapshot(ctx, digest)
	if err != nil || blob == nil {
		return nil, err
	}
	var s diffargs.Snapshot
	if err := s.UnmarshalBinary(blob); err != nil {
		return nil, nil //nolint:nilnil,nilerr // damaged or of a newer format: as good as missing
	}
	return &s, nil
}

// valuesMissing says why a difference is not shown in detail, unless the
// previews say it all.
func valuesMissing(pair *partPair, before, after bool) string {
	if isWhole(pair.before.Preview) && isWhole(pair.after.Preview) && pair.before.Preview != pair.after.Preview {
		return ""
	}
	whose := "of neither call"
	switch {
	case !before:
		whose = "of this call"
	case !after:
		whose = "of the nearest call"
	}
	if before && after {
		return "the values " + whose + " were stored: run with JOBLIB_DEBUG=1 to see which elements differ the next time"
	}
	return "the value " + whose + " was not stored: run with JOBLIB_DEBUG=1 to see which elements differ the next time"
}

// isWhole reports whether a preview is all of a value rather than its
// beginning.
func isWhole(preview string) bool { return !strings.Contains(preview, "…") }
