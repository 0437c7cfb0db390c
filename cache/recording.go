package cache

import (
	"sync"
	"time"

	"labbook/cache/store"
	"labbook/cache/whymiss"
	"labbook/diffargs"
	"labbook/runlog"
	"labbook/runlog/event"
	"labbook/runlog/record"
)

// A registration is what a run has been told of a function.
type registration struct {
	rec    *runlog.Recorder
	number int64
	keys   sync.Map // diffargs.Digest → struct{}: keys whose parts are on record
	values sync.Map // diffargs.Digest → struct{}: arguments whose snapshots are
}

// register tells the run of the function, once, and returns its number there.
func (inv *invocation) register() int64 {
	if r := inv.registered.Load(); r != nil && r.rec == inv.rec {
		return r.number
	}
	registering.Lock()
	defer registering.Unlock()
	if r := inv.registered.Load(); r != nil && r.rec == inv.rec {
		return r.number
	}
	r := &registration{rec: inv.rec, number: inv.rec.NextFunction()}
	self := inv.self()
	function := record.Function{
		Name: self.name, CodeDigest: self.code.Code.String(), CodeKind: self.codeKind(), File: self.code.File, Line: self.code.Line,
	}
	inv.rec.Emit(&event.Function{Number: r.number, Function: function})
	for _, source := range self.code.Sources {
		inv.rec.Emit(&event.Source{CodeDigest: function.CodeDigest, Source: record.Source{Name: source.Name, Text: source.Text}})
	}
	if r.number == 1 && inv.rec.Debug() {
		inv.rec.AtEnd(whymiss.Summarise)
	}
	inv.registered.Store(r)
	return r.number
}

// registering serialises registrations; they are rare.
var registering sync.Mutex

// codeKind says how the code is identified in keys.
func (id *identity) codeKind() string {
	if len(id.parts) > 0 && id.parts[0].kind == record.PartOption {
		return "version"
	}
	return string(id.code.Kind)
}

// recordKey puts on record what the key is made of, once a run; in debug mode
// the arguments' snapshots too. It comes before the function runs, which might
// change its arguments.
func (inv *invocation) recordKey(number int64) {
	r := inv.registered.Load()
	if r == nil || !inv.rec.Recording() {
		return
	}
	if _, known := r.keys.LoadOrStore(inv.key.digest, struct{}{}); known {
		return
	}
	if inv.rec.Debug() {
		inv.recordSnapshots(r)
	}
	if inv.parts == nil {
		inv.parts = inv.key.records()
	}
	inv.rec.Emit(&event.Key{Key: inv.key.digest[:], Function: number, Parts: inv.parts})
}

func (inv *invocation) recordSnapshots(r *registration) {
	for i := range inv.key.parts {
		part := &inv.key.parts[i]
		if part.kind != record.PartArgument {
			continue
		}
		if _, known := r.values.LoadOrStore(part.digest, struct{}{}); known {
			continue
		}
		snapshot, err := diffargs.Take(part.value, diffargs.Limits{})
		if err != nil {
			continue // it could be keyed, so this is a value too large to be of use
		}
		if blob, err := snapshot.MarshalBinary(); err == nil {
			inv.rec.Emit(&event.Snapshot{Digest: part.digest.String(), Blob: blob})
		}
	}
}

// A hit is what the lab-book wants to know of a loaded result.
type hit struct {
	originRun  string
	originCall int64
	took       time.Duration // computing it
	payload    [32]byte
	bytes      int64
}

func hitOf(e *store.Entry) hit {
	return hit{
		originRun: e.OriginRun, originCall: e.OriginCall, took: e.Duration,
		payload: e.PayloadDigest, bytes: int64(len(e.Payload)),
	}
}

// recordHit records a call that took that long.
func (inv *invocation) recordHit(h hit, took time.Duration) {
	number := inv.register()
	inv.recordKey(number)
	inv.rec.EmitCallEnd(&event.CallEnd{
		Call: inv.number, Scope: inv.scope, Function: number, Key: inv.key.digest[:], Outcome: record.Hit, Detail: inv.detail,
		OriginRun: h.originRun, OriginCall: h.originCall, Started: inv.begun, Duration: took, Saved: max(0, h.took-took),
		ResultDigest: h.payload[:], ResultBytes: h.bytes,
	})
}
