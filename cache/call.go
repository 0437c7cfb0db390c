package cache

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"time"

	"labbook/cache/store"
	"labbook/runlog"
	"labbook/runlog/event"
	"labbook/runlog/record"
)

// An invocation is one call of a cached function on its way.
type invocation struct {
	*function
	rec    *runlog.Recorder
	ctx    context.Context //nolint:containedctx // an invocation lives no longer than the call that it is
	args   []reflect.Value
	key    key
	number int64
	scope  event.Scope
	begun  time.Time

	// reason and detail are why no stored result serves, where that is known.
	reason record.ReasonKind
	detail string
	// parts are printed before the function runs, which may change its
	// arguments or leave somebody behind who does.
	parts []record.Part
}

// call does what the function does, or loads what it did.
func (f *function) call(args []reflect.Value) []reflect.Value {
	inv := invocation{function: f, rec: runlog.Active(), ctx: f.contextOf(args), args: args, begun: time.Now()}
	inv.scope = runlog.ScopeOf(inv.ctx)
	entries, err := f.memory.entries()
	if entries == nil {
		inv.number = inv.rec.NextCall()
		inv.reason, inv.detail = record.Bypassed, "caching is off for this function"
		if err != nil {
			inv.reason, inv.detail = record.StoreFailed, err.Error()
		}
		return inv.compute(nil, record.Bypass).results
	}
	if inv.key, err = f.key(args); err != nil {
		return f.refuse(err)
	}
	inv.number = inv.rec.NextCall()
	if results, ok := inv.load(entries); ok {
		return results
	}
	mine, theirs := inv.takeOff()
	if theirs != nil {
		if results, ok := inv.wait(theirs); ok {
			return results
		}
		// The other failed. Like it, this call tries for itself, at once: to
		// join the next flight would make equal calls that fail queue up.
	}
	return inv.land(mine, entries)
}

// contextOf returns the context among the arguments.
func (f *function) contextOf(args []reflect.Value) context.Context {
	for i, p := range f.params {
		if p.name != "" {
			continue
		}
		if ctx, ok := reflect.TypeAssert[context.Context](args[i]); ok {
			return ctx
		}
	}
	return context.Background()
}

// refuse ends a call whose arguments cannot be keyed.
func (f *function) refuse(err error) []reflect.Value {
	if !f.hasError {
		panic(err)
	}
	return f.fail(err)
}

// fail makes the results of a call that ends with err.
func (f *function) fail(err error) []reflect.Value {
	results := make([]reflect.Value, f.typ.NumOut())
	for i := range results {
		results[i] = reflect.Zero(f.typ.Out(i))
	}
	results[len(results)-1] = reflect.ValueOf(&err).Elem()
	return results
}

// withError completes loaded results by the nil error.
func (f *function) withError(results []reflect.Value) []reflect.Value {
	if f.hasError {
		results = append(results, reflect.Zero(errorType))
	}
	return results
}

// load returns the stored results, if they serve. If not, it leaves the reason
// in inv, unless there simply is no entry.
func (inv *invocation) load(entries *store.Store) ([]reflect.Value, bool) {
	entry, err := entries.Get(inv.name(), inv.key.digest)
	if err != nil {
		inv.explain(err)
		return nil, false
	}
	results, outputs, err := decodeStored(entry.Payload, inv.stored)
	if err != nil {
		inv.reason, inv.detail = record.Corrupt, fmt.Sprintf("the stored result cannot be read: %v", err)
		return nil, false
	}
	detail, problem := restoreFiles(entries, outputs)
	if problem != "" {
		inv.reason, inv.detail = record.Invalidated, problem
		return nil, false
	}
	inv.detail = detail
	inv.recordHit(hitOf(entry), time.Since(inv.begun))
	return inv.withError(results), true
}

// explain turns an error of the store into a reason.
func (inv *invocation) explain(err error) {
	var corrupt *store.CorruptError
	var newer *store.VersionError
	switch {
	case errors.Is(err, store.ErrNotFound):
	case errors.As(err, &corrupt):
		inv.reason, inv.detail = record.Corrupt, err.Error()
	case errors.As(err, &newer):
		inv.reason, inv.detail = record.KeyFormatChanged, err.Error()
	default:
		inv.reason, inv.detail = record.StoreFailed, err.Error()
		inv.memory.warn(err)
	}
}

// A computation is what running the function came to.
type computation struct {
	results []reflect.Value // all of them
	payload []byte          // the results without the error, nil if they are not stored
	hit     hit             // of the entry, for those who waited
}

// compute runs the function, stores its results in entries unless that is nil,
// and records both.
func (inv *invocation) compute(entries *store.Store, outcome record.Outcome) computation {
	number := inv.register()
	var keyBytes []byte
	if outcome != record.Bypass {
		keyBytes = inv.key.digest[:]
		inv.parts = inv.key.records()
		inv.recordKey(number)
	}
	inv.rec.Emit(&event.CallStart{
		Call: inv.number, Scope: inv.scope, Function: number, Key: keyBytes,
		Reason: inv.reason, Detail: inv.detail, Started: inv.begun,
	})
	end := event.CallEnd{
		Call: inv.number, Scope: inv.scope, Function: number, Key: keyBytes, Outcome: outcome,
		Reason: inv.reason, Detail: inv.detail, Started: inv.begun,
	}
	results, took := inv.run(&end)

	computed := computation{results: results}
	stored := results
	if inv.hasError {
		stored = results[:len(results)-1]
		if err, _ := reflect.TypeAssert[error](results[len(results)-1]); err != nil {
			end.Outcome, end.Error = record.Error, err.Error()
		}
	}
	if entries != nil && end.Outcome == record.Miss {
		computed.payload, computed.hit = inv.keep(entries, stored, took, &end)
	}
	end.Duration = time.Since(inv.begun)
	inv.rec.Emit(&end)
	return computed
}

// run calls the function itself and measures it. If it does not return, since
// it panics, the end of the call is on record before the panic goes on.
func (inv *invocation) run(end *event.CallEnd) (results []reflect.Value, took time.Duration) {
	inner := inv.scope
	inner.Call = inv.number
	ctx, leave := runlog.Enter(inv.ctx, inner, inv.name())
	returned := false
	begun := time.Now()
	defer func() {
		leave()
		if !returned {
			end.Outcome, end.Error, end.Duration = record.Error, "the function did not return: it panicked or ended its goroutine", time.Since(inv.begun)
			inv.rec.Emit(end)
		}
	}()
	args := inv.args
	for i, p := range inv.params {
		if p.name == "" && !args[i].IsNil() {
			args = append([]reflect.Value(nil), args...)
			args[i] = reflect.ValueOf(&ctx).Elem()
			break
		}
	}
	if inv.typ.IsVariadic() {
		results = inv.value.CallSlice(args)
	} else {
		results = inv.value.Call(args)
	}
	returned = true
	return results, time.Since(begun)
}

// keep stores results. That this fails is no concern of the caller: the
// lab-book and a warning say so.
func (inv *invocation) keep(entries *store.Store, results []reflect.Value, took time.Duration, end *event.CallEnd) ([]byte, hit) {
	payload, err := inv.encodeStored(entries, results)
	if err != nil {
		end.StoreError = err.Error()
		inv.memory.warn(fmt.Errorf("keep the result of %s: %w", inv.name(), err))
		return nil, hit{}
	}
	digest := store.Digest(payload)
	end.ResultDigest, end.ResultBytes = digest[:], int64(len(payload))
	h := hit{
		originRun: inv.rec.UUID(), originCall: inv.number, took: took,
		payload: digest, bytes: int64(len(payload)),
	}
	meta := store.Meta{
		Created: time.Now(), Duration: took, OriginRun: inv.rec.UUID(), OriginCall: inv.number,
		Parts: inv.parts, PayloadDigest: digest,
	}
	if err := entries.Put(inv.name(), inv.key.digest, meta, payload); err != nil {
		end.StoreError = err.Error()
		inv.memory.warn(fmt.Errorf("keep the result of %s: %w", inv.name(), err))
	}
	return payload, h
}
