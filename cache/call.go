package cache

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"sync"
	"time"

	"labbook/cache/persist"
	"labbook/cache/store"
	"labbook/diffargs"
	"labbook/runlog"
	"labbook/runlog/event"
	"labbook/runlog/record"
)

// inlineParts is for how many digests of a key there is room without making it.
const inlineParts = 12

// digestRooms are for the keys of hits, which nobody keeps.
var digestRooms = sync.Pool{New: func() any { return new([inlineParts]diffargs.Digest) }}

// An invocation is one call of a cached function on its way, once it is known
// that it is no hit from memory.
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
	reason  record.ReasonKind
	detail  string
	refused refusal
	// printed are the parts of the key, printed before the function runs, which
	// may change its arguments or leave somebody behind who does.
	printed []record.Part
}

// A refusal is a stored result that was judged not to serve. Nobody is asked
// about it twice.
type refusal struct {
	payload [32]byte
	created time.Time
	reason  record.ReasonKind // "" for none
	detail  string
}

func (r *refusal) isOf(e *store.Entry) bool {
	return r.reason != "" && r.payload == e.PayloadDigest && r.created.Equal(e.Created)
}

// call does what the function does, or loads what it did.
func (f *function) call(args []reflect.Value) []reflect.Value { return f.invoke(args, false) }

// recompute does what the function does, and stores it.
func (f *function) recompute(args []reflect.Value) []reflect.Value { return f.invoke(args, true) }

func (f *function) invoke(args []reflect.Value, forced bool) []reflect.Value {
	begun := time.Now()
	rec := runlog.Active()
	ctx := f.contextOf(args)
	entries, err := f.memory.entries()
	if entries == nil || f.self().name == "" || f.clashes {
		return f.bypass(ctx, rec, args, begun, err)
	}
	room := digestRooms.Get().(*[inlineParts]diffargs.Digest)
	k, err := f.key(args, room[:0])
	if err != nil {
		return f.refuse(err)
	}
	var refused refusal
	if !forced {
		results, ok, judged := f.recall(ctx, rec, &k, args, begun)
		if refused = judged; ok {
			digestRooms.Put(room)
			return results
		}
	}
	inv := &invocation{function: f, refused: refused, rec: rec, ctx: ctx, args: args, key: k.clone(), begun: begun, scope: runlog.ScopeOf(ctx), number: rec.NextCall()}
	if forced {
		inv.reason, inv.detail = record.Invalidated, "it was to be computed again, by Recompute"
		return inv.compute(entries, record.Miss).results
	}
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
	if f.context >= 0 {
		if ctx, ok := reflect.TypeAssert[context.Context](args[f.context]); ok && ctx != nil {
			return ctx
		}
	}
	return context.Background()
}

// bypass runs the function without a look at what is stored.
func (f *function) bypass(ctx context.Context, rec *runlog.Recorder, args []reflect.Value, begun time.Time, err error) []reflect.Value {
	inv := &invocation{function: f, rec: rec, ctx: ctx, args: args, begun: begun, scope: runlog.ScopeOf(ctx), number: rec.NextCall()}
	inv.reason, inv.detail = record.Bypassed, "caching is off for this function"
	switch {
	case err != nil:
		inv.reason, inv.detail = record.StoreFailed, err.Error()
	case f.clashes:
		inv.detail = "another function has its name and version"
	}
	return inv.compute(nil, record.Bypass).results
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

// recall returns the result that memory holds, if it does and the result
// serves.
func (f *function) recall(ctx context.Context, rec *runlog.Recorder, k *key, args []reflect.Value, begun time.Time) ([]reflect.Value, bool, refusal) {
	f.memory.heedDeletions()
	held := f.memory.tier.get(&k.digest)
	if held == nil {
		return nil, false, refusal{}
	}
	if f.settings.valid != nil && !held.entry.HasHeader() {
		return nil, false, refusal{} // a callback asks for more than is at hand here
	}
	if refused := f.judged(held.entry); refused.reason != "" {
		f.memory.tier.remove(k.digest) // there may be a newer result on disk
		return nil, false, refused
	}
	results, err := persist.UnmarshalValues(held.entry.Payload, f.stored)
	if err != nil {
		return nil, false, refusal{}
	}
	held.use.Touch()
	h := hitOf(held.entry)
	took := time.Since(begun)
	var number int64
	if rec.Recording() {
		registered := f.register(rec)
		number = rec.NextCall()
		if held.known.Load() != registered {
			f.recordKey(registered, number, k, args, nil)
			held.known.Store(registered)
		}
		recordHit(registered, number, runlog.ScopeOf(ctx), k, &h, "", begun, took)
	}
	f.countHit(&h, args, took)
	if f.memory.verification != nil {
		inv := &invocation{function: f, rec: rec, ctx: ctx, args: args, key: k.clone(), number: number, scope: runlog.ScopeOf(ctx)}
		inv.verify(nil, held.entry, results, nil)
	}
	return f.withError(results), true, refusal{}
}

// countHit counts a hit, and tells of it.
func (f *function) countHit(h *hit, args []reflect.Value, took time.Duration) {
	f.tally.hits.Add(1)
	f.tally.saved.Add(int64(max(0, h.took-took)))
	f.tellLoaded(h, args)
}

// load returns the stored results, if they serve. If not, it leaves the reason
// in inv, unless there simply is no entry.
func (inv *invocation) load(entries *store.Store) ([]reflect.Value, bool) {
	generation := inv.memory.tier.generation()
	if inv.isRefusedStill(entries) {
		return nil, false
	}
	stored, err := inv.get(entries, &inv.key)
	if err != nil {
		inv.explain(err)
		return nil, false
	}
	entry := stored.Entry
	if !inv.refused.isOf(entry) {
		inv.refused = inv.judged(entry)
	}
	if inv.refused.reason != "" {
		inv.reason, inv.detail = inv.refused.reason, inv.refused.detail
		_ = entry.Unmap() // nobody has seen what is mapped
		return nil, false
	}
	if inv.reason != "" {
		inv.reason, inv.detail = "", "" // of an entry that was there before
	}
	results, outputs, err := stored.decode(inv.stored)
	if err != nil {
		inv.reason, inv.detail = record.Corrupt, fmt.Sprintf("the stored result cannot be read: %v", err)
		_ = entry.Unmap() // nobody has seen what is mapped
		return nil, false
	}
	detail, problem := restoreFiles(entries, outputs)
	if problem != "" {
		inv.reason, inv.detail = record.Invalidated, problem
		return nil, false
	}
	if detail != "" {
		inv.detail = detail
	}
	inv.remember(entries, entry, generation)
	inv.hit(hitOf(entry))
	if inv.memory.verification != nil {
		inv.verify(entries, entry, results, outputs)
	}
	return inv.withError(results), true
}

// isRefusedStill reports whether there is nothing new since a stored result was
// refused: neither that nor another one needs to be read then.
func (inv *invocation) isRefusedStill(entries *store.Store) bool {
	if inv.refused.reason == "" {
		return false
	}
	info, err := entries.Stat(inv.name(), keyOf(inv.key.digest))
	if err != nil || info.PayloadDigest != inv.refused.payload || !info.Created.Equal(inv.refused.created) {
		return false
	}
	inv.reason, inv.detail = inv.refused.reason, inv.refused.detail
	return true
}

// remember keeps an entry in memory. A hit of a function that makes files has to
// look at these in any case.
func (inv *invocation) remember(entries *store.Store, entry *store.Entry, generation uint64) {
	if len(entry.Payload) > smallResult || entry.Mapped() || inv.returnFiles {
		return
	}
	inv.memory.tier.put(&item{
		key: inv.key.digest, entry: entry, use: entries.Use(inv.name(), keyOf(inv.key.digest)),
	}, generation)
}

// hit records that the call was one.
func (inv *invocation) hit(h hit) {
	took := time.Since(inv.begun)
	if inv.rec.Recording() {
		registered := inv.register(inv.rec)
		inv.recordKey(registered, inv.number, &inv.key, inv.args, nil)
		recordHit(registered, inv.number, inv.scope, &inv.key, &h, inv.detail, inv.begun, took)
	}
	inv.countHit(&h, inv.args, took)
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
		inv.memory.warn("folder", err)
	}
}
