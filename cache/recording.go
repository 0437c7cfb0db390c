package cache

import (
	"path/filepath"
	"reflect"
	"sync"
	"time"

	"labbook/cache/codeid"
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
	keys   told // whose parts are on record
	values told // arguments whose snapshots are

	results []diffargs.Hasher // for what the function returns, without the error
}

// register tells the run of the function, once.
func (f *function) register(rec *runlog.Recorder) *registration {
	if r := f.registered.Load(); r != nil && r.rec == rec {
		return r
	}
	registering.Lock()
	defer registering.Unlock()
	if r := f.registered.Load(); r != nil && r.rec == rec {
		return r
	}
	r := &registration{rec: rec, number: rec.NextFunction(), results: f.resultHashers()}
	self := f.self()
	function := record.Function{
		Name: self.name, CodeDigest: self.code.Code.String(), CodeKind: self.codeKind(), File: self.code.File, Line: self.code.Line,
	}
	rec.Emit(&event.Function{Number: r.number, Function: function, Cache: f.kept()})
	for _, source := range self.code.Sources {
		rec.Emit(&event.Source{CodeDigest: function.CodeDigest, Source: recordedSource(&source)})
	}
	if r.number == 1 && rec.Debug() {
		rec.AtEnd(whymiss.Summarise)
	}
	f.registered.Store(r)
	return r
}

// kept says where the function's results are.
func (f *function) kept() record.Cache {
	entries, err := f.memory.entries()
	if err != nil || entries == nil {
		return record.Cache{}
	}
	dir, err := filepath.Abs(entries.Dir())
	if err != nil {
		dir = entries.Dir()
	}
	return record.Cache{Folder: dir, IsNew: !entries.Knows(f.name()), Limits: f.memory.options.inWords()}
}

func recordedSource(s *codeid.Source) record.Source {
	return record.Source{Name: s.Name, Text: s.Text, Via: s.Via, File: s.File, Line: s.Line}
}

// registering serialises registrations; they are rare.
var registering sync.Mutex

// codeKind says how the code is identified in keys.
func (id *identity) codeKind() string {
	if len(id.constants) > 0 && id.constants[0].kind == record.PartOption {
		return "version"
	}
	return string(id.code.Kind)
}

// recordKey puts on record what the key of a call is made of, as a rule once a run; in
// debug mode the arguments' snapshots too. It comes before the function runs, which might
// change its arguments. The parts are printed unless they are given.
func (f *function) recordKey(r *registration, call int64, k *key, args []reflect.Value, parts []record.Part) {
	if !r.rec.Recording() {
		return
	}
	if !r.keys.add(k.digest) {
		return
	}
	if r.rec.Debug() {
		f.recordSnapshots(r, k, args)
	}
	if parts == nil {
		parts = f.parts(k, args)
	}
	digest := k.digest // so that k can stay on the stack of a hit
	r.rec.Emit(&event.Key{Key: digest[:], Function: r.number, Parts: parts, Call: call})
}

func (f *function) recordSnapshots(r *registration, k *key, args []reflect.Value) {
	for i := range f.self().varying {
		part := &f.self().varying[i]
		if part.kind != record.PartArgument {
			continue
		}
		digest := k.varying[i]
		if !r.values.add(digest) {
			continue
		}
		snapshot, err := diffargs.Take(f.keyed(args, part.param), diffargs.Limits{})
		if err != nil {
			continue // it could be keyed, so this is a value too large to be of use
		}
		if blob, err := snapshot.MarshalBinary(); err == nil {
			r.rec.Emit(&event.Snapshot{Digest: digest.String(), Blob: blob})
		}
	}
}

// A hit is what the lab-book wants to know of a loaded result.
type hit struct {
	originRun  string
	originCall int64
	created    time.Time
	took       time.Duration // computing it
	payload    [32]byte
	bytes      int64
}

func hitOf(e *store.Entry) hit {
	return hit{
		originRun: e.OriginRun, originCall: e.OriginCall, created: e.Created, took: e.Duration,
		payload: e.PayloadDigest, bytes: int64(len(e.Payload)),
	}
}

func hitOfInfo(info *store.Info) hit {
	return hit{
		originRun: info.OriginRun, originCall: info.OriginCall, created: info.Created, took: info.Duration,
		payload: info.PayloadDigest, bytes: info.PayloadSize,
	}
}

// recordHit records a call that took that long.
func recordHit(r *registration, call int64, scope event.Scope, k *key, h *hit, detail string, begun time.Time, took time.Duration) {
	r.rec.EmitCallEnd(&event.CallEnd{
		Call: call, Scope: scope, Function: r.number, Key: k.digest[:], Outcome: record.Hit, Detail: detail,
		OriginRun: h.originRun, OriginCall: h.originCall, Started: begun, Duration: took, Saved: max(0, h.took-took),
		ResultDigest: h.payload[:], ResultBytes: h.bytes,
	})
}
