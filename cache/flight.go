package cache

import (
	"context"
	"fmt"
	"reflect"
	"sync"
	"time"

	"labbook/cache/persist"
	"labbook/cache/store"
	"labbook/runlog/event"
	"labbook/runlog/record"
)

// A flight is a computation under way in this process, for equal calls to wait
// for.
type flight struct {
	run      string
	call     int64
	landed   chan struct{}
	computed computation // valid once landed; without payload, there is nothing to share
}

// parents says for each cached call that is being computed in which one it was
// made, so that a function that waits for itself is found out.
var parents sync.Map // callKey → int64

type callKey struct {
	run  string
	call int64
}

// takeOff starts a flight for the key, or finds the one under way.
func (inv *invocation) takeOff() (mine, theirs *flight) {
	mine = &flight{run: inv.rec.UUID(), call: inv.number, landed: make(chan struct{})}
	other, underWay := inv.memory.flights.LoadOrStore(inv.key.digest, mine)
	if !underWay {
		return mine, nil
	}
	theirs = other.(*flight)
	if inv.isInside(theirs) {
		// Equal calls inside each other would wait forever. Left alone the
		// function does what it does without a cache: it recurses.
		return nil, nil
	}
	return nil, theirs
}

// isInside reports whether this call was made by the flight, directly or not.
func (inv *invocation) isInside(f *flight) bool {
	for call := inv.scope.Call; call != 0; {
		if call == f.call && inv.rec.UUID() == f.run {
			return true
		}
		parent, ok := parents.Load(callKey{inv.rec.UUID(), call})
		if !ok {
			return false
		}
		call = parent.(int64)
	}
	return false
}

// land computes, and tells those who wait.
func (inv *invocation) land(mine *flight, entries *store.Store) []reflect.Value {
	self := callKey{inv.rec.UUID(), inv.number}
	parents.Store(self, inv.scope.Call)
	var claim *store.Claim
	defer func() { // also when the function panics
		parents.Delete(self)
		claim.Release()
		if mine != nil {
			inv.memory.flights.CompareAndDelete(inv.key.digest, mine)
			close(mine.landed)
		}
	}()
	if mine != nil {
		var results []reflect.Value
		if claim, results = inv.claim(entries); results != nil {
			return results
		}
		if claim != nil {
			claimed.Store(self, inv.key.digest)
			defer claimed.Delete(self)
		}
	}
	// Between the look that found nothing and now, another flight or another
	// process may have landed.
	if results, ok := inv.load(entries); ok {
		return results
	}
	if inv.reason == "" {
		inv.detail = "" // whoever was waited for left nothing
	}
	computed := inv.compute(entries, record.Miss)
	if mine != nil {
		mine.computed = computed
	}
	return computed.results
}

const (
	// firstPoll is how long a call waits before it looks again whether another
	// process has computed its result; later it waits for a twentieth of the
	// time that it has waited already, so that not much more is lost by looking
	// too late, and for lastPoll at most.
	firstPoll = 500 * time.Microsecond
	lastPoll  = 50 * time.Millisecond

	// patience is how long a call waits for another process that might wait for
	// this one in turn.
	patience = time.Minute
)

// claim keeps other processes from computing the same meanwhile. If one is at
// it already, claim waits for it, and returns what came of it. Without a claim
// nothing is lost but time.
//
// Processes could wait for each other in a circle, for functions that recurse
// and whose depth is no part of the key. Where each waits for a greater key than
// those that it has claimed already there is no circle; others have patience,
// and then compute by themselves.
func (inv *invocation) claim(entries *store.Store) (*store.Claim, []reflect.Value) {
	poll := time.NewTimer(0)
	defer poll.Stop()
	ordered := inv.isBeyondItsClaims()
	for told := false; ; {
		claim, err := entries.Claim(keyOf(inv.key.digest))
		if claim != nil || err != nil {
			return claim, nil
		}
		inv.detail = "waited for another process, which was computing it"
		if results, ok := inv.load(entries); ok {
			return nil, results
		}
		if !told && inv.verbosity() >= tellComputed {
			inv.tell("waiting for another process that computes %s", inv.shown(inv.args))
			told = true
		}
		if !ordered && time.Since(inv.begun) > patience {
			return nil, nil
		}
		poll.Reset(min(max(firstPoll, time.Since(inv.begun)/20), lastPoll))
		select {
		case <-poll.C:
		case <-inv.cancelled():
			return nil, inv.giveUp(context.Cause(inv.ctx))
		}
	}
}

// cancelled is closed when a call that waits may be given up: one that has a
// context, and an error to say so.
func (inv *invocation) cancelled() <-chan struct{} {
	if !inv.hasError {
		return nil
	}
	return inv.ctx.Done()
}

// giveUp ends a call whose context ended while it waited.
func (inv *invocation) giveUp(cause error) []reflect.Value {
	registered := inv.register(inv.rec)
	inv.recordKey(registered, inv.number, &inv.key, inv.args, nil)
	inv.rec.Emit(&event.CallEnd{
		Call: inv.number, Scope: inv.scope, Function: registered.number, Key: inv.key.digest[:], Outcome: record.Error,
		Detail: "its context ended while it waited for an equal call", Started: inv.begun, Duration: time.Since(inv.begun), Error: cause.Error(),
	})
	inv.tally.errors.Add(1)
	return inv.fail(cause)
}

// wait returns what another call has computed, in a copy of its own. It is
// false if there is nothing to share, since the other failed: then this call
// tries for itself, as it would have without a cache.
func (inv *invocation) wait(theirs *flight) ([]reflect.Value, bool) {
	over, ok := inv.beginWait(theirs)
	if !ok {
		return nil, false
	}
	defer over()
	select {
	case <-theirs.landed:
	case <-inv.cancelled():
		return inv.giveUp(context.Cause(inv.ctx)), true
	}
	if theirs.computed.payload == nil {
		return nil, false
	}
	// Others wait too: the results must not keep parts of what all of them read.
	values, err := persist.UnmarshalValues(theirs.computed.payload, inv.stored)
	if err != nil {
		return nil, false
	}
	results, _ := takeOutputs(values, inv.stored)
	inv.detail = fmt.Sprintf("waited for call %d of the run, which was computing it", theirs.call)
	inv.hit(theirs.computed.hit)
	return inv.withError(results), true
}
