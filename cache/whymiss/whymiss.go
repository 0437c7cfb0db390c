// Package whymiss says why a call of a cached function was computed rather than
// loaded. It reads what the lab-book holds of the call and of earlier ones; what
// is not certain from that it does not claim.
//
// The order of the questions is: Was something wrong with the entry? Was the
// same call computed before, and what became of its result? Which earlier call
// of the function is nearest, and in which parts does it differ? If there is no
// earlier call, this was the first.
package whymiss

import (
	"context"
	"fmt"

	"labbook/runlog/display"
	"labbook/runlog/record"
)

// History is what a lab-book tells of calls.
type History interface {
	Call(ctx context.Context, id record.CallID) (record.CallDetail, error)
	Calls(ctx context.Context, query record.CallQuery) ([]record.Call, error)
	// ComputedBefore finds the newest earlier call with the same key that is
	// no hit. A call without an ID has not been made yet.
	ComputedBefore(ctx context.Context, call *record.Call) (record.Call, bool, error)
	// Candidates lists what the function was computed for before, newest
	// first, each key once.
	Candidates(ctx context.Context, call *record.CallDetail, count int) ([]record.CallDetail, error)
	// Snapshot returns the snapshot of the value with that digest, nil if
	// there is none.
	Snapshot(ctx context.Context, digest string) ([]byte, error)
	Sources(ctx context.Context, codeDigest string) ([]record.Source, error)
}

// HitError says that a call was no miss, so that there is nothing to explain.
type HitError struct{ Call record.Call }

func (e *HitError) Error() string {
	text := fmt.Sprintf("call %s of %s was a hit: nothing was computed", e.Call.ID, display.Function(e.Call.Function))
	if !e.Call.Origin.IsZero() {
		text += fmt.Sprintf("; it loaded what call %s had computed", e.Call.Origin)
	}
	return text
}

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
		Call: call.ID, Function: call.Function, Outcome: call.Outcome,
		Differences: []Difference{}, LostSeconds: call.Duration.Seconds(),
	}
	if call.Outcome == record.Bypass && call.Reason == "" {
		call.Reason = record.Bypassed
	}
	if call.Reason != "" {
		e.Reason = Reason{Kind: call.Reason, Summary: certain(call)}
		e.Remedy = remedyFor(call.Reason)
		return e, nil
	}
	before, found, err := h.ComputedBefore(ctx, &call.Call)
	if err != nil {
		return Explanation{}, err
	}
	if found && before.Outcome != record.Bypass {
		e.Nearest = &Nearest{Call: before.ID, Run: before.ID.Run, When: before.Started}
		e.Reason = whatBecame(&call.Call, &before)
		if before.Outcome != record.Running { // which names no error to see to
			e.Remedy = remedyFor(e.Reason.Kind)
		}
		return e, nil
	}
	near, err := findNearest(ctx, h, call)
	if err != nil {
		return Explanation{}, err
	}
	if near == nil {
		e.Reason = Reason{Kind: record.FirstCall, Summary: "it is the first call of " + display.Function(call.Function) + " in this lab-book"}
		if removed, err := runsRemoved(ctx, h, call.ID); err != nil {
			return Explanation{}, err
		} else if removed {
			e.Reason.Summary += "; runs before it were removed, and with them what it might be compared with"
		}
		return e, nil
	}
	e.Nearest = &Nearest{Call: near.call.ID, Run: near.call.ID.Run, When: near.call.Started}
	e.Differences = near.differences()
	e.Reason = near.reason(call)
	e.Remedy = near.remedy()
	return e, nil
}

// runsRemoved reports whether runs before a call are no longer there, as far as h
// can tell.
func runsRemoved(ctx context.Context, h History, call record.CallID) (bool, error) {
	forgetful, ok := h.(interface {
		RunsRemoved(ctx context.Context, before int64) (bool, error)
	})
	if !ok {
		return false, nil
	}
	return forgetful.RunsRemoved(ctx, call.Run)
}

// certain words the reasons that were known when the call was made.
func certain(call *record.CallDetail) string {
	summary := map[record.ReasonKind]string{
		record.Corrupt:          "its stored result was damaged and has been computed again",
		record.Bypassed:         "caching was off",
		record.StoreFailed:      "its stored result could not be read",
		record.Expired:          "its stored result had expired",
		record.Invalidated:      "its stored result was judged no longer valid",
		record.Evicted:          "its stored result had been evicted",
		record.Raced:            "an equal call was computing at the same time",
		record.KeyFormatChanged: "its stored result is in a newer format",
		record.Verified:         "it computed a stored result again, to compare the two",
	}[call.Reason]
	if summary == "" {
		summary = string(call.Reason)
	}
	if call.Detail != "" {
		summary += ": " + call.Detail
	}
	return summary
}

// whatBecame says why the result that an equal call computed before was not
// there.
func whatBecame(call, before *record.Call) Reason {
	end := before.Started.Add(before.Duration)
	switch {
	case before.Outcome == record.Error:
		return Reason{record.StoreFailed, fmt.Sprintf("the same call returned an error before (%s: %s), and errors are not stored", before.ID, before.Error)}
	case before.StoreError != "":
		return Reason{record.StoreFailed, fmt.Sprintf("call %s computed the same but could not store its result: %s", before.ID, before.StoreError)}
	case before.Outcome == record.Running:
		return Reason{record.StoreFailed, fmt.Sprintf("call %s began to compute the same but has not ended: it was cut short, or is still at it", before.ID)}
	case end.After(call.Started):
		return Reason{record.Raced, fmt.Sprintf("call %s was computing the same at the same time and had not stored its result yet", before.ID)}
	}
	return Reason{record.Evicted, fmt.Sprintf("call %s computed and stored the same %s earlier, but no entry of it was in the cache folder: it was evicted or deleted, or stored in another folder",
		before.ID, display.Duration(call.Started.Sub(before.Started)))}
}

func remedyFor(kind record.ReasonKind) string {
	switch kind {
	case record.Bypassed:
		return "switch caching on: unset LABBOOK_CACHE, and clear Options.Off"
	case record.Corrupt:
		return "none is needed: the entry has been replaced; if it happens again, check the disk"
	case record.StoreFailed:
		return "see to the error that it names; the next call stores its result if it can"
	case record.Evicted:
		return "keep the cache folder, and keep it from being cleaned; the result is stored again now"
	default:
		return ""
	}
}
