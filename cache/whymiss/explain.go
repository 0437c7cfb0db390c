package whymiss

import (
	"context"
	"fmt"

	"labbook/runlog/display"
	"labbook/runlog/record"
)

// Explain says why call id was computed. A hit is a *HitError.
func Explain(ctx context.Context, h History, id record.CallID) (Explanation, error) {
	call, err := h.Call(ctx, id)
	if err != nil {
		return Explanation{}, err
	}
	if call.Outcome == record.Hit {
		return Explanation{}, &HitError{Call: call.Call}
	}
	return ExplainCall(ctx, h, &call)
}

// ExplainCall says why a call is computed that need not have been made yet:
// without an ID, it is compared with all that the lab-book holds. It has to have
// function, key, parts and code.
func ExplainCall(ctx context.Context, h History, call *record.CallDetail) (Explanation, error) {
	e := Explanation{
		Call: call.ID, Function: call.Function, Outcome: call.Outcome, LostSeconds: call.Duration.Seconds(),
		Also: []Reason{}, Upstream: []Upstream{}, Differences: []Difference{}, Remedies: []Remedy{},
	}
	x := explainer{h: remember(h), call: call, e: &e}
	if err := x.explain(ctx); err != nil {
		return Explanation{}, err
	}
	if len(e.Remedies) > 0 {
		e.Remedy = e.Remedies[0].String()
	}
	return e, nil
}

// An explainer fills in the explanation of one call.
type explainer struct {
	h    *memory
	call *record.CallDetail
	e    *Explanation
}

// explain asks one question after the other until one is answered.
func (x *explainer) explain(ctx context.Context) error {
	if x.wasCertain() {
		return nil
	}
	if found, err := x.wasComputedBefore(ctx); found || err != nil {
		return err
	}
	near, err := findNearest(ctx, x.h, x.call)
	if err != nil {
		return err
	}
	if near == nil {
		return x.isFirst(ctx)
	}
	return x.differsFrom(ctx, near)
}

// wasCertain takes the reason that was known when the call was made.
func (x *explainer) wasCertain() bool {
	if x.call.Outcome == record.Bypass && x.call.Reason == "" {
		x.call.Reason = record.Bypassed
	}
	if x.call.Reason == "" {
		return false
	}
	x.e.Reason = Reason{Kind: x.call.Reason, Summary: certain(x.call)}
	x.e.Remedies = remediesFor(x.call.Reason)
	return true
}

// wasComputedBefore says what became of the result of an equal call.
func (x *explainer) wasComputedBefore(ctx context.Context) (bool, error) {
	before, found, err := x.h.ComputedBefore(ctx, &x.call.Call)
	if err == nil && !found {
		return x.wasLoadedBefore(ctx)
	}
	if err != nil || before.Outcome == record.Bypass {
		return false, err
	}
	if notStored(&x.call.Call, &before).Kind != "" {
		// Somebody else may have stored the result since.
		if loaded, isLoaded, err := x.h.LoadedBefore(ctx, &x.call.Call); err != nil || isLoaded && loaded.ID.Pack() > before.ID.Pack() {
			return x.wasLoadedBefore(ctx)
		}
	}
	x.isEqualTo(&before)
	return true, x.lostResult(ctx, &before)
}

// wasLoadedBefore says that an equal call found a result that is not there any more.
// What had computed it went with its run, or is in another lab-book.
func (x *explainer) wasLoadedBefore(ctx context.Context) (bool, error) {
	before, found, err := x.h.LoadedBefore(ctx, &x.call.Call)
	if err != nil || !found {
		return false, err
	}
	x.isEqualTo(&before)
	x.e.Reason = Reason{record.Evicted, fmt.Sprintf("call %s loaded its result %s earlier, but no entry of it was in the cache folder: it was evicted or deleted, or stored in another folder",
		before.ID, display.Duration(x.call.Started.Sub(before.Started)))}
	x.e.Remedies = remediesFor(x.e.Reason.Kind)
	return true, nil
}

// isEqualTo compares the call with one that had the same key.
func (x *explainer) isEqualTo(before *record.Call) {
	x.e.Nearest = nearestTo(x.call, before)
	x.e.Nearest.Equal, x.e.Nearest.Of = arguments(x.call.Parts), arguments(x.call.Parts)
}

// isFirst says that there is nothing to compare the call with.
func (x *explainer) isFirst(ctx context.Context) error {
	x.e.Reason = Reason{Kind: record.FirstCall, Summary: "it is the first call of " + display.Function(x.call.Function) + " in this lab-book"}
	wasCalled, err := x.h.CalledBefore(ctx, &x.call.Call)
	if err != nil {
		return err
	}
	if wasCalled {
		x.e.Reason.Summary += " that computed a result to keep: those before it loaded theirs, or went past the cache"
	}
	removed, err := x.h.RunsRemoved(ctx, x.call.ID.Run)
	if removed {
		x.e.Reason.Summary += "; runs before it were removed, and with them what it might be compared with"
	}
	return err
}

// differsFrom says what is other than in the nearest call, and what follows.
func (x *explainer) differsFrom(ctx context.Context, near *neighbour) (err error) {
	x.e.Nearest = nearestTo(x.call, &near.call.Call)
	x.e.Nearest.Of = arguments(x.call.Parts)
	x.e.Nearest.Equal = x.e.Nearest.Of - near.argumentsChanged()
	x.e.Differences = near.differences()
	reasons := near.reasons(x.call)
	x.e.Reason, x.e.Also = reasons[0], append(x.e.Also, reasons[1:]...)
	if x.e.Upstream, err = upstreamOf(ctx, x.h, x.call, near); err != nil {
		return err
	}
	x.e.Remedies, err = remedies(ctx, x.h, x.call, near, x.e)
	return err
}

func nearestTo(call *record.CallDetail, before *record.Call) *Nearest {
	n := &Nearest{Call: before.ID, Run: before.ID.Run, When: before.Started}
	if call.ResultDigest != "" && before.ResultDigest != "" {
		n.Result = map[bool]string{true: ResultEqual, false: ResultDifferent}[call.ResultDigest == before.ResultDigest]
	}
	return n
}

// arguments counts those among the parts of a key.
func arguments(parts []record.Part) (count int) {
	for i := range parts {
		if parts[i].Kind == record.PartArgument {
			count++
		}
	}
	return count
}

// knownAtOnce words the reasons that are known when a call is made.
var knownAtOnce = map[record.ReasonKind]string{
	record.Corrupt:          "its stored result was damaged and has been computed again",
	record.Bypassed:         "caching was off",
	record.StoreFailed:      "its stored result could not be read",
	record.Expired:          "its stored result had expired",
	record.Invalidated:      "its stored result was judged no longer valid",
	record.Evicted:          "its stored result had been evicted",
	record.Raced:            "an equal call was computing at the same time",
	record.KeyFormatChanged: "its stored result is in a newer format",
	record.Verified:         "it computed a stored result again, to compare the two",
}

// certain words what was known when the call was made.
func certain(call *record.CallDetail) string {
	summary := knownAtOnce[call.Reason]
	if summary == "" {
		summary = string(call.Reason)
	}
	if call.Detail != "" {
		summary += ": " + call.Detail
	}
	return summary
}
