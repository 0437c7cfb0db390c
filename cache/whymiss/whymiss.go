// Package whymiss says why a call of a cached function was computed rather than
// loaded. It reads what the lab-book holds of the call and of earlier ones; what
// is not certain from that it does not claim.
//
// The order of the questions is: Was something wrong with the entry? Was the
// same call computed or loaded before, and what became of its result? Which earlier call
// of the function is nearest, and in which parts does it differ? If there is no
// earlier call, this was the first. If several parts differ all are named, what
// changes every call of the function before what changes one: code, what it
// depends on, the toolchain, options, arguments.
//
// An argument may be the result of another cached call of the run. Then that
// call is compared with the one that returned what the argument was before, and
// so on up to the first that differs by itself. Causes of a whole run are
// brought together by these roots.
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
	// LoadedBefore finds an earlier call with the same key that is a hit.
	LoadedBefore(ctx context.Context, call *record.Call) (record.Call, bool, error)
	// CalledBefore reports whether the function was called before, be it a hit.
	CalledBefore(ctx context.Context, call *record.Call) (bool, error)
	// Candidates lists what the function was computed for before and is near the
	// call, newest first, each key once.
	Candidates(ctx context.Context, call *record.CallDetail, count int) ([]record.Candidate, error)
	// Snapshot returns the snapshot of the value with that digest, nil if
	// there is none.
	Snapshot(ctx context.Context, digest string) ([]byte, error)
	Sources(ctx context.Context, codeDigest string) ([]record.Source, error)
	// Producers finds the calls of a run that returned values with these
	// digests.
	Producers(ctx context.Context, run int64, digests []string) (map[string][]record.Produced, error)
	// Ignoring says what had become of the function's recorded misses if an
	// argument did not count.
	Ignoring(ctx context.Context, function, argument string) (record.Ignored, error)
	// Cache says where the run of a call keeps the results of its function.
	Cache(ctx context.Context, call record.CallID) (record.Cache, error)
	// Recomputed says how often results of a function were computed again.
	Recomputed(ctx context.Context, function string) (record.Recomputed, error)
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
