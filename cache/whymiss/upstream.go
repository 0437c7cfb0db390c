package whymiss

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
	"unicode/utf8"

	"labbook/runlog/display"
	"labbook/runlog/record"
	"labbook/runlog/sqlbook"
)

const (
	// maxUpstream bounds how many calls stand behind one another on the way to a
	// root.
	maxUpstream = 8

	// telling is from how many characters of a preview on a value is taken for
	// one that only one call can have returned, and tellingPair of both where the
	// nearest call's was returned by the same function, too. A result that is 4 says
	// nothing of an argument that is 4.
	telling, tellingPair = 8, 5
)

// An ascent goes from a call up to those whose results it was given. Calls can
// be reached by as many ways as there are arguments, at each step anew: a step of
// a loop gets all results of the one before.
type ascent struct {
	h        History
	compared map[[2]record.CallID]Reason // of two calls that returned different values; explained once
}

// upstreamOf finds the calls whose results the changed arguments of a call are,
// and why these are not what the nearest call was given.
func upstreamOf(ctx context.Context, h History, call *record.CallDetail, near *neighbour) ([]Upstream, error) {
	a := ascent{h: h, compared: map[[2]record.CallID]Reason{}}
	return a.from(ctx, call, near, maxUpstream)
}

// from finds those above a call. Depth bounds how far up it looks.
func (a *ascent) from(ctx context.Context, call *record.CallDetail, near *neighbour, depth int) ([]Upstream, error) {
	list := []Upstream{}
	if depth == 0 || call.ID.IsZero() {
		return list, nil
	}
	changed := slices.DeleteFunc(slices.Clone(near.parts), func(p partPair) bool {
		return p.before == nil || p.after == nil || near.kindOf(&p) != record.ArgumentChanged
	})
	if len(changed) == 0 {
		return list, nil
	}
	is, err := producers(ctx, a.h, call.ID.Run, changed, func(p *partPair) *record.Part { return p.after })
	if err != nil || len(is) == 0 {
		return list, err
	}
	was, err := producers(ctx, a.h, near.call.ID.Run, changed, func(p *partPair) *record.Part { return p.before })
	if err != nil {
		return nil, err
	}
	for i := range changed {
		u, found, err := a.link(ctx, &changed[i], call, &near.call, is, was, depth)
		if err != nil {
			return nil, err
		}
		if found {
			list = append(list, u)
		}
	}
	return list, nil
}

// producers asks for the calls that returned one side of the pairs.
func producers(ctx context.Context, h History, run int64, pairs []partPair, side func(*partPair) *record.Part) (map[string][]record.Produced, error) {
	digests := make([]string, len(pairs))
	for i := range pairs {
		digests[i] = side(&pairs[i]).Digest
	}
	return h.Producers(ctx, run, digests)
}

// link says whose result one argument is. Found is false if nobody's, or if
// that may be a coincidence.
func (a *ascent) link(ctx context.Context, pair *partPair, call, near *record.CallDetail, is, was map[string][]record.Produced, depth int) (u Upstream, found bool, err error) {
	after, err := producerBefore(ctx, a.h, is[pair.after.Digest], call)
	if err != nil || after == nil {
		return u, false, err
	}
	before, err := producerBefore(ctx, a.h, was[pair.before.Digest], near)
	if err != nil {
		return u, false, err
	}
	paired := before != nil && before.call.Function == after.call.Function && before.path == after.path
	least := telling
	if paired {
		least = tellingPair
	}
	if utf8.RuneCountInString(pair.after.Preview) < least {
		return u, false, nil
	}
	u = Upstream{
		Argument: pair.after.Name, Path: after.path, Call: after.made, Function: after.call.Function,
		Differences: []Difference{}, Upstream: []Upstream{},
	}
	if paired {
		u.Before = before.made
		err = a.compare(ctx, &u, &before.call, &after.call, depth)
	}
	return u, true, err
}

// A producer is a call that computed a value.
type producer struct {
	made record.CallID     // the call of the run that returned it, maybe a hit
	call record.CallDetail // the one that computed it
	path string
}

// clockTick is by how much clocks of some systems can be behind: what ended so
// little after a call began may have ended before.
const clockTick = 20 * time.Millisecond

// producerBefore returns the latest producer that ran before the call, nil if
// there is none that the lab-book still has. One that had not ended when the call
// began, be it at the same time or around it, returned the same by coincidence.
func producerBefore(ctx context.Context, h History, candidates []record.Produced, call *record.CallDetail) (*producer, error) {
	for i := len(candidates) - 1; i >= 0; i-- {
		c := &candidates[i]
		if c.Call == call.ID || c.Call == call.Parent || c.Call.Pack() > call.ID.Pack() {
			continue
		}
		id := c.Call
		if !c.Origin.IsZero() {
			id = c.Origin
		}
		detail, err := h.Call(ctx, id)
		if errors.Is(err, sqlbook.ErrNoCall) {
			continue // it went with its run
		}
		if err != nil {
			return nil, err
		}
		if c.Origin.IsZero() && detail.Started.Add(detail.Duration).After(call.Started.Add(clockTick)) {
			continue
		}
		return &producer{made: c.Call, call: detail, path: c.Path}, nil
	}
	return nil, nil //nolint:nilnil // there need be none
}

// compare says why two calls returned different values.
func (a *ascent) compare(ctx context.Context, u *Upstream, before, after *record.CallDetail, depth int) (err error) {
	pair := [2]record.CallID{before.ID, after.ID}
	if reason, isDone := a.compared[pair]; isDone {
		u.Reason = reason
		return nil
	}
	defer func() { a.compared[pair] = u.Reason }()
	if before.Key == after.Key {
		u.Reason = Reason{Kind: record.ArgumentChanged, Summary: fmt.Sprintf(
			"%s returned another value for the same key (calls %s and %s): it is not deterministic, or depends on what is not part of its key",
			display.Function(after.Function), before.ID, after.ID)}
		return nil
	}
	n := neighbour{call: *before, parts: differingParts(before.Parts, after.Parts)}
	if err := n.compare(ctx, a.h, after); err != nil {
		return err
	}
	reasons := n.reasons(after)
	u.Reason, u.Differences = reasons[0], n.differences()
	for _, also := range reasons[1:] {
		u.Reason.Summary += "; also, " + also.Summary
	}
	u.Upstream, err = a.from(ctx, after, &n, depth-1)
	return err
}

// root returns the call furthest up, whose result changed first.
func (u *Upstream) root() *Upstream {
	for len(u.Upstream) > 0 {
		u = &u.Upstream[0]
	}
	return u
}

// String says whose result the argument equals: that it was passed on is likely, and not
// on record.
func (u *Upstream) String() string {
	what := "the result"
	if u.Path != "" {
		what = u.Path + " of the result"
	}
	text := fmt.Sprintf("%s equals %s of %s (call %s)", u.Argument, what, display.Function(u.Function), u.Call)
	if u.Reason.Kind == "" {
		return text
	}
	return fmt.Sprintf("%s, which was another in call %s: %s", text, u.Before, u.Reason.Summary)
}
