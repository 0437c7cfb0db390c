package cache

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"time"

	"labbook/cache/store"
	"labbook/cache/whymiss"
	"labbook/diffargs"
	"labbook/runlog"
	"labbook/runlog/display"
	"labbook/runlog/record"
	"labbook/runlog/sqlbook"
)

// An Explanation says what a call would do, before it is made.
type Explanation struct {
	Hit   bool
	Key   diffargs.Digest
	Entry *Entry // the stored result, also one that does not serve; nil if there is none

	// Of a call that would be computed: why, as labbook why-miss would say once
	// it was made, and what differs from the nearest earlier call.
	Reason      record.ReasonKind
	Summary     string
	Differences []whymiss.Difference
	Remedy      string

	// Cost is what computing took the last time: for these arguments, else for
	// those of the nearest earlier call; 0 if that is not known.
	Cost time.Duration
}

// String says it in a few lines.
func (e *Explanation) String() string {
	var b strings.Builder
	switch {
	case e.Hit:
		fmt.Fprintf(&b, "hit: computed in %s on %s", display.Duration(e.Cost), e.Entry.Created.Format(time.DateTime))
	default:
		fmt.Fprintf(&b, "miss: %s", e.Summary)
		if e.Cost > 0 {
			fmt.Fprintf(&b, "; computing took %s the last time", display.Duration(e.Cost))
		}
	}
	for _, d := range e.Differences {
		fmt.Fprintf(&b, "\n  %s: %s → %s", d.Path, d.Before, d.After)
		if d.Detail != "" {
			fmt.Fprintf(&b, " (%s)", d.Detail)
		}
	}
	if e.Remedy != "" {
		fmt.Fprintf(&b, "\n  %s", e.Remedy)
	}
	return b.String()
}

// Explain says what a call with these arguments would do: load a stored result,
// or compute, and then why. It runs nothing, changes no stored result and
// records no call. A stored result is read and verified. For a miss the lab-book
// is asked, which takes some milliseconds; without one, only what the stored
// result itself shows is known. A context among the arguments bounds it.
func (f *Function[F]) Explain(args ...any) (Explanation, error) {
	core := f.core
	entries, k, values, err := core.look(args)
	if err != nil {
		return Explanation{}, err
	}
	if entries == nil {
		return Explanation{Reason: record.Bypassed, Summary: "caching is off"}, nil
	}
	e := Explanation{Key: k.digest}
	if core.inspect(entries, &k, &e); e.Hit {
		return e, nil
	}
	err = core.explainMiss(core.contextOf(values), &k, values, &e)
	return e, err
}

// inspect says what the stored result has to say.
func (f *function) inspect(entries *store.Store, k *key, e *Explanation) {
	stored, err := entries.Get(f.name(), keyOf(k.digest))
	if err != nil {
		if errors.Is(err, store.ErrNotFound) {
			return
		}
		inv := invocation{function: f}
		inv.explain(err)
		e.Reason, e.Summary = inv.reason, inv.detail
		return
	}
	entry, err := entryOf(stored)
	if err != nil {
		e.Reason, e.Summary = record.Corrupt, err.Error()
		return
	}
	e.Entry, e.Cost = &entry, stored.Duration
	if e.Reason, e.Summary = f.judge(stored); e.Reason != "" {
		return
	}
	_, outputs, err := decodePayload(stored.Payload, f.stored)
	if err != nil {
		e.Reason, e.Summary = record.Corrupt, fmt.Sprintf("the stored result cannot be read: %v", err)
		return
	}
	if problem := filesProblem(entries, outputs); problem != "" {
		e.Reason, e.Summary = record.Invalidated, problem
		return
	}
	e.Hit = true
}

// explainMiss asks the lab-book as if the call had been made just now.
func (f *function) explainMiss(ctx context.Context, k *key, args []reflect.Value, e *Explanation) error {
	self := f.self()
	call := record.CallDetail{
		Call: record.Call{
			Function: self.name, Key: k.digest.String(), Outcome: record.Miss, Reason: e.Reason, Detail: e.Summary,
			Started: time.Now(), Task: -1,
		},
		Code:  record.Function{Name: self.name, CodeDigest: self.code.Code.String(), CodeKind: self.codeKind(), File: self.code.File, Line: self.code.Line},
		Parts: f.parts(k, args),
	}
	book, err := runlog.Active().Book(ctx)
	if errors.Is(err, runlog.ErrNotRecording) {
		if e.Reason == "" {
			e.Summary = "no result is stored for these arguments; nothing is recorded, so that there are no earlier calls to compare with"
		}
		return nil
	}
	if err != nil {
		return fmt.Errorf("explain call of %s: %w", self.name, err)
	}
	why, err := whymiss.ExplainCall(ctx, &forecast{book, f, k, args}, &call)
	if err != nil {
		return fmt.Errorf("explain call of %s: %w", self.name, err)
	}
	e.Reason, e.Summary, e.Differences, e.Remedy = why.Reason.Kind, why.Summary(), why.Differences, why.Remedy
	if e.Cost == 0 && why.Nearest != nil {
		nearest, err := book.Call(ctx, why.Nearest.Call)
		if err != nil {
			return fmt.Errorf("explain call of %s: %w", self.name, err)
		}
		e.Cost = nearest.Duration
	}
	return nil
}

// A forecast is the history of a call that was not made: what the lab-book
// holds, and what only this process has.
type forecast struct {
	*sqlbook.Book
	function *function
	key      *key
	args     []reflect.Value
}

// Snapshot takes those of the arguments at hand.
func (h *forecast) Snapshot(ctx context.Context, digest string) ([]byte, error) {
	for i := range h.function.self().varying {
		part := &h.function.self().varying[i]
		if part.kind != record.PartArgument || h.key.varying[i].String() != digest {
			continue
		}
		snapshot, err := diffargs.Take(h.function.keyed(h.args, part.param), diffargs.Limits{})
		if err != nil {
			return nil, nil //nolint:nilerr // too large a value to be of use: as good as none
		}
		return snapshot.MarshalBinary()
	}
	return h.Book.Snapshot(ctx, digest)
}

// Sources knows those of the function as it is.
func (h *forecast) Sources(ctx context.Context, codeDigest string) ([]record.Source, error) {
	code := h.function.self().code
	if code.Code.String() != codeDigest {
		return h.Book.Sources(ctx, codeDigest)
	}
	sources := make([]record.Source, len(code.Sources))
	for i := range code.Sources {
		sources[i] = recordedSource(&code.Sources[i])
	}
	return sources, nil
}
