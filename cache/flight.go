package cache

import (
	"context"
	"fmt"
	"reflect"
	"sync"
	"time"

	"labbook/cache/store"
	"labbook/runlog/event"
	"labbook/runlog/record"
)

// A flight is a computation under way, for equal calls to wait for.
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
	other, underWay := inv.flights.LoadOrStore(inv.key.digest, mine)
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
	defer func() { // also when the function panics
		parents.Delete(self)
		if mine != nil {
			inv.flights.CompareAndDelete(inv.key.digest, mine)
			close(mine.landed)
		}
	}()
	// Between the look that found nothing and now, another flight may have
	// landed: before this one took off, or as the one that it waited for.
	if results, ok := inv.load(entries); ok {
		return results
	}
	computed := inv.compute(entries, record.Miss)
	if mine != nil {
		mine.computed = computed
	}
	return computed.results
}

// giveUp ends a call whose context ended while it waited.
func (inv *invocation) giveUp(cause error) []reflect.Value {
	number := inv.register()
	inv.recordKey(number)
	inv.rec.Emit(&event.CallEnd{
		Call: inv.number, Scope: inv.scope, Function: number, Key: inv.key.digest[:], Outcome: record.Error,
		Detail: "its context ended while it waited for an equal call", Started: inv.begun, Duration: time.Since(inv.begun), Error: cause.Error(),
	})
	return inv.fail(cause)
}

// wait returns what another call has computed, in a copy of its own. It is
// false if there is nothing to share, since the other failed: then this call
// tries for itself, as it would have without a cache.
func (inv *invocation) wait(theirs *flight) ([]reflect.Value, bool) {
	select {
	case <-theirs.landed:
	case <-inv.ctx.Done():
		if inv.hasError {
			return inv.giveUp(context.Cause(inv.ctx)), true
		}
		<-theirs.landed
	}
	if theirs.computed.payload == nil {
		return nil, false
	}
	results, _, err := decodeStored(theirs.computed.payload, inv.stored)
	if err != nil {
		return nil, false
	}
	inv.detail = fmt.Sprintf("waited for call %d of the run, which was computing it", theirs.call)
	waited := time.Since(inv.begun)
	inv.recordHit(theirs.computed.hit, waited)
	return inv.withError(results), true
}
