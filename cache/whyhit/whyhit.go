// Package whyhit says where the result of a call that was a hit came from, and
// what has changed since that its key does not cover. It reads what the lab-book
// holds of the two runs, and claims nothing beyond that: whether the result is
// still right only computing it again can tell, see `labbook verify`.
package whyhit

import (
	"context"
	"errors"
	"fmt"

	"labbook/runlog/display"
	"labbook/runlog/record"
	"labbook/runlog/sqlbook"
)

// History is what a lab-book tells of calls and runs. What is not there is a
// sqlbook.ErrNoCall or sqlbook.ErrNoRun.
type History interface {
	Call(ctx context.Context, id record.CallID) (record.CallDetail, error)
	Run(ctx context.Context, id int64) (record.RunDetail, error)
}

// MissError says that a call was no hit, so that there is nothing to explain.
type MissError struct{ Call record.Call }

func (e *MissError) Error() string {
	what := map[record.Outcome]string{
		record.Miss:    "was computed",
		record.Error:   "was computed, and failed",
		record.Bypass:  "was computed past the cache",
		record.Running: "has not ended, and is being computed",
	}[e.Call.Outcome]
	if what == "" {
		what = "came to " + string(e.Call.Outcome)
	}
	return fmt.Sprintf("call %s of %s was no hit: it %s; labbook why-miss %s says why", e.Call.ID, display.Function(e.Call.Function), what, e.Call.ID)
}

// Explain says where the result of call id came from. A call that is no hit is a
// *MissError.
func Explain(ctx context.Context, h History, id record.CallID) (Explanation, error) {
	call, err := h.Call(ctx, id)
	if err != nil {
		return Explanation{}, err
	}
	if call.Outcome != record.Hit {
		return Explanation{}, &MissError{Call: call.Call}
	}
	e := Explanation{
		Call: call.ID, Function: call.Function, When: call.Started, LoadSeconds: call.Duration.Seconds(), SavedSeconds: call.Saved.Seconds(),
		Detail: call.Detail, Key: coverage(&call), Changes: []Change{}, Masked: []string{}, Verify: "labbook verify " + call.ID.String(),
	}
	if call.Origin.IsZero() {
		e.State = Unknown
		return e, nil
	}
	e.Origin = &Origin{Call: call.Origin, Run: call.Origin.Run}
	origin, err := h.Call(ctx, call.Origin)
	if errors.Is(err, sqlbook.ErrNoCall) {
		e.State = Removed
		return e, nil
	}
	if err != nil {
		return Explanation{}, err
	}
	before, err := h.Run(ctx, call.Origin.Run)
	if errors.Is(err, sqlbook.ErrNoRun) {
		e.State = Removed
		return e, nil
	}
	if err != nil {
		return Explanation{}, err
	}
	e.Origin.describe(&origin, &before)
	e.Origin.SameResult = origin.ResultDigest == call.ResultDigest
	if before.ID == call.ID.Run {
		e.State = SameRun
		return e, nil
	}
	after, err := h.Run(ctx, call.ID.Run)
	if err != nil {
		return Explanation{}, err
	}
	c := comparison{before: &before, after: &after, origin: &origin, call: &call}
	e.Changes, e.Masked = c.changes()
	e.State = Unchanged
	if e.matters() {
		e.State = Changed
	}
	return e, nil
}

// matters reports whether anything has changed that could change a result.
func (e *Explanation) matters() bool {
	for i := range e.Changes {
		if !e.Changes[i].Covered && e.Changes[i].Matters != Unlikely {
			return true
		}
	}
	return false
}
