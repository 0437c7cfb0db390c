package whymiss

import (
	"context"
	"strings"

	"labbook/diffargs"
	"labbook/runlog/record"
)

// A partPair is one part as it was in the earlier call and in the missed one;
// nil where it was not there.
type partPair struct {
	before, after *record.Part
	renamed       bool // the same argument under another name

	// Once the call is a contender:
	differences       []Difference
	wasValue, isValue *diffargs.Snapshot // of an argument, as far as they are stored
	read              int                // bytes of snapshots

	home string // name of the package that the function is in
}

func (p *partPair) part() *record.Part {
	if p.after != nil {
		return p.after
	}
	return p.before
}

// differingParts pairs the parts of two keys and keeps the pairs that differ.
func differingParts(before, after []record.Part) []partPair {
	was, is := byIdentity(before), byIdentity(after)
	var pairs []partPair
	for _, id := range is.order {
		if old := was.parts[id]; old == nil || old.Digest != is.parts[id].Digest {
			pairs = append(pairs, partPair{before: old, after: is.parts[id]})
		}
	}
	for _, id := range was.order {
		if is.parts[id] != nil {
			continue
		}
		if renamed := sameArgument(pairs, was.parts[id]); renamed != nil {
			renamed.before, renamed.renamed = was.parts[id], true
			continue
		}
		pairs = append(pairs, partPair{before: was.parts[id]})
	}
	return pairs
}

// sameArgument finds an argument that only the later key has by that name, and
// that is the given one in value and place. It returns nil if there is none.
func sameArgument(pairs []partPair, before *record.Part) *partPair {
	for i := range pairs {
		p := &pairs[i]
		if p.before == nil && p.after.Kind == record.PartArgument && before.Kind == record.PartArgument &&
			p.after.Digest == before.Digest && p.after.Position == before.Position {
			return p
		}
	}
	return nil
}

// A partIdentity tells which part of one key is which of another.
type partIdentity struct {
	kind  record.PartKind
	name  string
	count int // of the earlier parts of the same name: nobody keeps a program from naming two arguments alike
}

type partIndex struct {
	order []partIdentity
	parts map[partIdentity]*record.Part
}

func byIdentity(parts []record.Part) partIndex {
	index := partIndex{parts: make(map[partIdentity]*record.Part, len(parts))}
	for i := range parts {
		id := partIdentity{kind: parts[i].Kind, name: parts[i].Name}
		for index.parts[id] != nil {
			id.count++
		}
		index.order = append(index.order, id)
		index.parts[id] = &parts[i]
	}
	return index
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
	values := remember(h)
	before, err := values.snapshot(ctx, pair.before.Digest, &pair.read)
	if err != nil {
		return nil, err
	}
	after, err := values.snapshot(ctx, pair.after.Digest, &pair.read)
	if err != nil {
		return nil, err
	}
	pair.wasValue, pair.isValue = before, after
	if before == nil || after == nil {
		return []Difference{previewDifference(pair, valuesMissing(pair, before == nil, after == nil))}, nil
	}
	var list []Difference
	for _, d := range values.diff(before, after) {
		list = append(list, Difference{
			Part: pair.after.Name, Path: pair.after.Name + d.Path, Kind: d.Kind, Before: d.Before, After: d.After, Detail: d.Detail,
		})
	}
	return list, nil
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
