package cache

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"reflect"
	"time"

	"labbook/cache/store"
	"labbook/runlog"
	"labbook/runlog/event"
	"labbook/runlog/record"
)

// A computation is what running the function came to.
type computation struct {
	results []reflect.Value // all of them
	payload []byte          // the results without the error, nil if they are not stored
	hit     hit             // of the entry, for those who waited
}

// compute runs the function, stores its results in entries unless that is nil,
// and records both.
func (inv *invocation) compute(entries *store.Store, outcome record.Outcome) computation {
	registered := inv.register(inv.rec)
	var keyBytes []byte
	if outcome != record.Bypass {
		keyBytes = inv.key.digest[:]
		inv.printed = inv.parts(&inv.key, inv.args)
		inv.recordKey(registered, inv.number, &inv.key, inv.args, inv.printed)
	}
	inv.rec.Emit(&event.CallStart{
		Call: inv.number, Scope: inv.scope, Function: registered.number, Key: keyBytes,
		Reason: inv.reason, Detail: inv.detail, Started: inv.begun,
	})
	end := event.CallEnd{
		Call: inv.number, Scope: inv.scope, Function: registered.number, Key: keyBytes, Outcome: outcome,
		Reason: inv.reason, Detail: inv.detail, Started: inv.begun,
	}
	inv.tellComputing()
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
		if inv.settings.mapped && end.StoreError == "" {
			computed.results = inv.mapped(entries, results)
		}
	}
	end.Duration = time.Since(inv.begun)
	inv.rec.Emit(&end)
	if end.Outcome == record.Miss {
		inv.recordResults(registered, stored, &end)
	}
	inv.count(&end, took)
	return computed
}

// count counts a call that was computed, and tells of it.
func (inv *invocation) count(end *event.CallEnd, took time.Duration) {
	inv.tally.computing.Add(int64(took))
	switch end.Outcome {
	case record.Bypass:
		inv.tally.bypasses.Add(1)
	case record.Error:
		inv.tally.errors.Add(1)
	default:
		inv.tally.misses.Add(1)
	}
	inv.tellComputed(end, took)
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
			inv.count(end, time.Since(begun))
		}
	}()
	results = inv.apply(ctx, inv.args)
	returned = true
	return results, time.Since(begun)
}

// apply calls the function itself, with ctx in the place of the context among its
// arguments.
func (f *function) apply(ctx context.Context, args []reflect.Value) []reflect.Value {
	if i := f.context; i >= 0 && !args[i].IsNil() {
		args = append([]reflect.Value(nil), args...)
		args[i] = reflect.ValueOf(&ctx).Elem()
	}
	if f.variadic {
		return f.value.CallSlice(args)
	}
	return f.value.Call(args)
}

// keep stores results. That this fails is no concern of the caller: the
// lab-book and a warning say so.
func (inv *invocation) keep(entries *store.Store, results []reflect.Value, took time.Duration, end *event.CallEnd) ([]byte, hit) {
	generation := inv.memory.tier.generation()
	meta := store.Meta{
		// By the wall clock, as it will be read from disk: the other one stands
		// still while the machine sleeps.
		Created: time.Now().Round(0), Duration: took, OriginRun: inv.rec.UUID(), OriginCall: inv.number, Parts: inv.printed,
	}
	var kept kept
	values, err := inv.withOutputs(entries, results)
	if err == nil {
		kept, err = inv.put(entries, &inv.key, meta, values)
	}
	if kept.bytes > 0 {
		end.ResultDigest, end.ResultBytes = kept.digest[:], kept.bytes
	}
	h := hit{
		originRun: meta.OriginRun, originCall: meta.OriginCall, created: meta.Created, took: took,
		payload: kept.digest, bytes: kept.bytes,
	}
	if inv.reason != "" {
		// There may have been another result, which somebody may be loading.
		inv.memory.forget(inv.key.digest)
		generation = inv.memory.tier.generation()
	}
	switch {
	case err != nil:
		end.StoreError = err.Error()
		inv.warnNotKept(err)
	case kept.payload != nil && inv.settings.valid == nil: // a callback asks for more than is at hand here
		inv.remember(entries, &store.Entry{
			Created: meta.Created, Duration: took, OriginRun: meta.OriginRun, OriginCall: meta.OriginCall,
			PayloadDigest: kept.digest, Payload: kept.payload,
		}, generation)
	}
	return kept.payload, h
}

// warnNotKept says what keeps results from being stored: the folder, which
// concerns every function, or the values.
func (inv *invocation) warnNotKept(err error) {
	kind := "keep " + inv.name()
	if _, ok := errors.AsType[*fs.PathError](err); ok {
		kind = "folder"
	}
	if _, ok := errors.AsType[*os.LinkError](err); ok {
		kind = "folder"
	}
	inv.memory.warn(kind, fmt.Errorf("keep the result of %s: %w", inv.name(), err))
}

// mapped returns the stored results in the place of those that were computed,
// if they can be mapped: so the first call returns what later ones do.
func (inv *invocation) mapped(entries *store.Store, results []reflect.Value) []reflect.Value {
	stored, err := inv.get(entries, &inv.key)
	if err != nil || !stored.Mapped() {
		return results
	}
	loaded, _, err := stored.decode(inv.stored)
	if err != nil {
		return results
	}
	return inv.withError(loaded)
}
