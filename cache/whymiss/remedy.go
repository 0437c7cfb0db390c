package whymiss

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"labbook/diffargs"
	"labbook/runlog/display"
	"labbook/runlog/record"
)

// String is the remedy in a sentence.
func (r *Remedy) String() string {
	text := r.Advice
	if r.Caveat != "" {
		text += " (" + r.Caveat + ")"
	}
	return text
}

// OnceMore says that calls may miss one more time when a remedy is followed, since
// their keys change with it. It is "" where no remedy is code that is yet to be
// written.
func OnceMore(list []Remedy) string {
	for i := range list {
		if list[i].Code != "" && list[i].Evidence != isSoAlready {
			return "keys change with that: the next run may compute such calls once more, later ones hit"
		}
	}
	return ""
}

// remediesFor is what can be done where an entry did not serve.
func remediesFor(kind record.ReasonKind) []Remedy {
	switch kind {
	case record.Bypassed:
		return []Remedy{{Advice: "switch caching on: unset LABBOOK_CACHE, and clear Options.Off"}}
	case record.Corrupt:
		return []Remedy{{Advice: "none is needed: the entry has been replaced; if it happens again, check the disk"}}
	case record.StoreFailed:
		return []Remedy{{Advice: "see to the error that it names; the next call stores its result if it can"}}
	case record.Evicted:
		return []Remedy{{Advice: "keep the cache folder, and keep it from being cleaned; the result is stored again now"}}
	case record.Expired:
		return []Remedy{{Advice: "give cache.ExpiresAfter a longer age", Caveat: "older results count then"}}
	default:
		return []Remedy{}
	}
}

// remedies says what would make such calls hit, where something honest can be
// said: one remedy for each part that differs, or none at all, since the others
// would not help alone.
func remedies(ctx context.Context, h History, call *record.CallDetail, n *neighbour, e *Explanation) ([]Remedy, error) {
	list := []Remedy{}
	if len(n.parts) == 0 || e.Nearest == nil {
		return list, nil
	}
	if e.Reason.Kind != record.ArgumentChanged {
		return append(list, codeRemedies(call, n, e)...), nil
	}
	together := reordered(n.parts)
	if len(together) > 1 {
		list = append(list, orderingTogether(together))
	}
	for i := range n.parts {
		pair := &n.parts[i]
		if len(together) > 1 && slices.Contains(together, pair.part().Name) {
			continue
		}
		found, err := argumentRemedies(ctx, h, call, pair, e, len(n.parts) == 1)
		if err != nil || len(found) == 0 {
			return []Remedy{}, err
		}
		list = append(list, found...)
	}
	return list, nil
}

// codeRemedies is for what changes all keys of a function.
func codeRemedies(call *record.CallDetail, n *neighbour, e *Explanation) []Remedy {
	kinds := map[record.PartKind]bool{}
	for i := range n.parts {
		kinds[n.parts[i].part().Kind] = true
	}
	if kinds[record.PartArgument] || kinds[record.PartOption] {
		return nil
	}
	var list []Remedy
	if e.Reason.Kind == record.CodeChanged && call.Code.CodeKind == "build" {
		list = append(list, Remedy{
			Advice: "run the program where its source is, built without -trimpath and not older than it: then only edits of what the function reaches count",
		})
	}
	if e.Nearest.Result != ResultEqual {
		return list
	}
	if kinds[record.PartDependency] {
		return append(list, Remedy{
			Advice:   "leave " + listed(namesOf(n.parts, record.PartDependency)) + " out of cache.DependsOn, if results do not depend on it",
			Caveat:   "calls then share results whatever it is",
			Evidence: "the result was equal all the same",
		})
	}
	return append(list, Remedy{
		Advice:   "if the change has no influence on results, name the code's version by hand",
		Code:     `cache.Version("1")`,
		Caveat:   "results of older code are served until you change the version",
		Evidence: "the result was equal all the same",
	})
}

func namesOf(parts []partPair, kind record.PartKind) (names []string) {
	for i := range parts {
		if p := parts[i].part(); p.Kind == kind {
			names = append(names, p.Name)
		}
	}
	return names
}

// argumentRemedies is for one argument that differs. Only says that nothing else
// does.
func argumentRemedies(ctx context.Context, h History, call *record.CallDetail, pair *partPair, e *Explanation, only bool) ([]Remedy, error) {
	if pair.before == nil || pair.after == nil || len(pair.differences) == 0 {
		return nil, nil
	}
	if list := normalising(pair); len(list) > 0 || !only {
		return list, nil
	}
	return leavingOut(ctx, h, call, pair, e)
}

// leavingOut is for an argument, or a field of it, that had no influence on
// any result on record.
func leavingOut(ctx context.Context, h History, call *record.CallDetail, pair *partPair, e *Explanation) ([]Remedy, error) {
	if isData(pair) {
		return nil, nil // equal results say little of it: other data would have given others
	}
	if field, ok := onlyField(pair); ok {
		if e.Nearest.Result != ResultEqual {
			return nil, nil
		}
		return []Remedy{{ // and no other field: nobody has tried these
			Advice:   fmt.Sprintf("leave the field %s out of the key, if it has no influence on results", field.path),
			Code:     fmt.Sprintf("%s %s `labbook:\"-\"`", field.name, field.typ),
			Caveat:   "calls that differ in nothing else then share one result",
			Evidence: "the result was equal all the same",
		}}, nil
	}
	ignored, err := h.Ignoring(ctx, call.Function, pair.after.Name)
	if err != nil || ignored.SameResult < enoughResults || ignored.OtherResult > 0 {
		return nil, err
	}
	return []Remedy{{
		Advice:   fmt.Sprintf("leave %s out of the key, if it has no influence on results", pair.after.Name),
		Code:     fmt.Sprintf("cache.Ignore(%q)", pair.after.Name),
		Caveat:   "calls that differ in nothing else then share one result",
		WouldHit: ignored.WouldHit, SavedSeconds: ignored.Saved.Seconds(),
		Evidence: evidence(&ignored),
	}}, nil
}

// mostSettings is how many elements make a row that is no setting any more.
const mostSettings = 16

// isData reports whether an argument is what the function works on rather than a
// setting. Where its value is not stored, what is too long for a preview is data.
func isData(pair *partPair) bool {
	if pair.isValue == nil {
		return !isWhole(pair.after.Preview)
	}
	return hasLongRow(pair.isValue.Root)
}

func hasLongRow(n *diffargs.Node) bool {
	switch n.Form {
	case diffargs.Numbers, diffargs.Sequence, diffargs.Map:
		if n.Len > mostSettings {
			return true
		}
	default:
	}
	return slices.ContainsFunc(n.Children, hasLongRow)
}

// enoughResults is how many equal results it takes to say that an argument may
// have no influence on them: one can be equal by chance.
const enoughResults = 2

// evidence words what ignoring an argument would have done.
func evidence(i *record.Ignored) string {
	misses := display.Plural(i.Misses, "recorded miss", "recorded misses")
	if i.Bounded {
		misses = fmt.Sprintf("the newest %d recorded misses", i.Misses)
	}
	text := fmt.Sprintf("would have hit in %d of %s, which took %s", i.WouldHit, misses, display.Duration(i.Saved))
	if i.SameResult == i.WouldHit {
		return text + "; the results were equal in all"
	}
	return text + fmt.Sprintf("; the results were equal in all %d whose results are on record", i.SameResult)
}

// A field is one of a struct.
type field struct{ path, name, typ string }

// onlyField returns the field in which alone an argument differs.
func onlyField(pair *partPair) (field, bool) {
	if pair.after.Kind != record.PartArgument || pair.isValue == nil {
		return field{}, false
	}
	common := pair.differences[0].Path
	for i := range pair.differences {
		common = commonPath(common, pair.differences[i].Path)
	}
	path, isIn := strings.CutPrefix(common, pair.after.Name)
	place, found := pair.place(path)
	if !isIn || !found || place.parent == nil || place.parent.Form != diffargs.Struct {
		return field{}, false
	}
	switch place.node.Form {
	case diffargs.Scalar, diffargs.Text, diffargs.Instant:
	default:
		return field{}, false // it is data rather than a setting
	}
	return field{pair.after.Name + place.path, strings.TrimPrefix(place.node.Step, "."), place.typ()}, true
}

// commonPath is how much of two paths is the same, in whole steps.
func commonPath(a, b string) string {
	n := 0
	for n < len(a) && n < len(b) && a[n] == b[n] {
		n++
	}
	if isStep := func(s string) bool { return len(s) == n || s[n] == '.' || s[n] == '[' }; isStep(a) && isStep(b) {
		return a[:n]
	}
	return a[:max(strings.LastIndexAny(a[:n], ".["), 0)]
}
