package whymiss_test

import (
	"cmp"
	"context"
	"errors"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"labbook/diffargs"
	"labbook/runlog/record"
)

const train = "example.com/lab/model.Train"

var epoch = time.Unix(1_700_000_000, 0).UTC()

// A history is a lab-book in memory.
type history struct {
	t         testing.TB
	calls     []record.CallDetail // oldest first
	snapshots map[string][]byte
	sources   map[string][]record.Source
	results   map[record.CallID][]record.ResultValue
	caches    map[int64]record.Cache // by run
	fail      map[string]error       // by method
	mutex     sync.Mutex             // for what follows
	asked     []string               // methods, in order
}

func newHistory(t testing.TB) *history {
	t.Helper()
	return &history{t: t, snapshots: map[string][]byte{}, sources: map[string][]record.Source{}, results: map[record.CallID][]record.ResultValue{}, caches: map[int64]record.Cache{}, fail: map[string]error{}}
}

var errNoCall = errors.New("no such call")

func (h *history) ask(method string) error {
	h.mutex.Lock()
	defer h.mutex.Unlock()
	h.asked = append(h.asked, method)
	return h.fail[method]
}

func (h *history) at(id record.CallID) (int, error) {
	i := slices.IndexFunc(h.calls, func(c record.CallDetail) bool { return c.ID == id })
	if i < 0 {
		return 0, errNoCall
	}
	return i, nil
}

// before returns the calls before one that may not have been made yet.
func (h *history) before(call *record.Call) []record.CallDetail {
	if i, err := h.at(call.ID); err == nil {
		return h.calls[:i]
	}
	return h.calls
}

func (h *history) Call(_ context.Context, id record.CallID) (record.CallDetail, error) {
	if err := h.ask("Call"); err != nil {
		return record.CallDetail{}, err
	}
	i, err := h.at(id)
	if err != nil {
		return record.CallDetail{}, err
	}
	return h.calls[i], nil
}

func (h *history) Calls(_ context.Context, query record.CallQuery) ([]record.Call, error) {
	if err := h.ask("Calls"); err != nil {
		return nil, err
	}
	var list []record.Call
	for _, c := range h.calls {
		if c.ID.Run == query.Filter.Run && slices.Contains(query.Filter.Outcomes, c.Outcome) &&
			(query.Filter.Reasons == nil || slices.Contains(query.Filter.Reasons, c.Reason)) {
			list = append(list, c.Call)
		}
	}
	if query.Order == record.ByDuration {
		slices.SortStableFunc(list, func(a, b record.Call) int { return cmp.Compare(b.Duration, a.Duration) })
	}
	if at := slices.IndexFunc(list, func(c record.Call) bool { return c.ID == query.After }); at >= 0 {
		list = list[at+1:]
	}
	return list[:min(len(list), query.Limit)], nil
}

func (h *history) ComputedBefore(_ context.Context, call *record.Call) (record.Call, bool, error) {
	if err := h.ask("ComputedBefore"); err != nil {
		return record.Call{}, false, err
	}
	for _, c := range slices.Backward(h.before(call)) {
		if c.Key != "" && c.Key == call.Key && c.Outcome != record.Hit {
			return c.Call, true, nil
		}
	}
	return record.Call{}, false, nil
}

func (h *history) LoadedBefore(_ context.Context, call *record.Call) (record.Call, bool, error) {
	if err := h.ask("LoadedBefore"); err != nil {
		return record.Call{}, false, err
	}
	for _, c := range slices.Backward(h.before(call)) {
		if c.Key != "" && c.Key == call.Key && c.Outcome == record.Hit {
			return c.Call, true, nil
		}
	}
	return record.Call{}, false, nil
}

func (h *history) CalledBefore(_ context.Context, call *record.Call) (bool, error) {
	return slices.ContainsFunc(h.before(call), func(c record.CallDetail) bool { return c.Function == call.Function }), h.ask("CalledBefore")
}

func (h *history) Candidates(_ context.Context, call *record.CallDetail, count int) ([]record.Candidate, error) {
	if err := h.ask("Candidates"); err != nil {
		return nil, err
	}
	var list []record.Candidate
	seen := map[string]bool{call.Key: true}
	for _, c := range slices.Backward(h.before(&call.Call)) {
		if c.Function == call.Function && c.Outcome != record.Hit && !seen[c.Key] && len(list) < count {
			seen[c.Key] = true
			list = append(list, record.Candidate{CallDetail: c})
		}
	}
	return list, nil
}

func (h *history) Snapshot(_ context.Context, digest string) ([]byte, error) {
	if err := h.ask("Snapshot"); err != nil {
		return nil, err
	}
	return h.snapshots[digest], nil
}

func (h *history) Sources(_ context.Context, codeDigest string) ([]record.Source, error) {
	if err := h.ask("Sources"); err != nil {
		return nil, err
	}
	return h.sources[codeDigest], nil
}

func (h *history) Producers(_ context.Context, run int64, digests []string) (map[string][]record.Produced, error) {
	if err := h.ask("Producers"); err != nil {
		return nil, err
	}
	found := map[string][]record.Produced{}
	for i := range h.calls {
		c := &h.calls[i]
		values := h.results[c.ID]
		if c.Outcome == record.Hit {
			values = h.results[c.Origin]
		}
		for _, v := range values {
			if c.ID.Run == run && slices.Contains(digests, v.Digest) {
				found[v.Digest] = append(found[v.Digest], record.Produced{Call: c.ID, Origin: c.Origin, Path: v.Path, Outcome: c.Outcome})
			}
		}
	}
	return found, nil
}

func (h *history) Ignoring(_ context.Context, function, argument string) (i record.Ignored, err error) {
	if err := h.ask("Ignoring"); err != nil {
		return i, err
	}
	first := map[string]*record.CallDetail{} // by all arguments but that
	for at := range h.calls {
		c := &h.calls[at]
		if c.Function != function || c.Outcome != record.Miss {
			continue
		}
		i.Misses++
		others := ""
		for _, p := range c.Parts {
			if p.Name != argument {
				others += p.Name + p.Digest
			}
		}
		before := first[others]
		switch {
		case before == nil:
			first[others] = c
			continue
		case c.ResultDigest == "" || before.ResultDigest == "":
			i.UnknownResult++
		case c.ResultDigest == before.ResultDigest:
			i.SameResult++
		default:
			i.OtherResult++
		}
		i.WouldHit++
		i.Saved += c.Duration
	}
	return i, nil
}

func (h *history) Cache(_ context.Context, call record.CallID) (record.Cache, error) {
	return h.caches[call.Run], h.ask("Cache")
}

func (h *history) Recomputed(_ context.Context, function string) (r record.Recomputed, err error) {
	computed := map[string]bool{}
	for i := range h.calls {
		c := &h.calls[i]
		if c.Function != function || c.Outcome != record.Miss {
			continue
		}
		if computed[c.Key] {
			r.Again++
			r.Spent += c.Duration
		} else {
			r.Keys++
			r.Bytes += c.ResultBytes
		}
		computed[c.Key] = true
	}
	return r, h.ask("Recomputed")
}

// returns says what a call returned, and that it did.
func returns(value any) change {
	return func(h *history, c *record.CallDetail) {
		digest, err := diffargs.Of(value)
		if err != nil {
			h.t.Fatal(err)
		}
		h.results[c.ID] = []record.ResultValue{{Digest: digest.String()}}
		c.ResultDigest = sum("stored " + digest.String())
	}
}

// called makes it a call of another function.
func called(function string) change {
	return func(_ *history, c *record.CallDetail) { c.Function, c.Code.Name = function, function }
}

// id reads "2.1".
func (h *history) id(text string) record.CallID {
	h.t.Helper()
	id, err := record.ParseCallID(text)
	if err != nil {
		h.t.Fatal(err)
	}
	return id
}

// A change makes a call other than the usual one.
type change func(h *history, c *record.CallDetail)

// compute adds a miss of train that took a second. Each call starts a minute
// after the one before.
func (h *history) compute(id string, changes ...change) {
	h.t.Helper()
	c := record.CallDetail{Call: record.Call{
		ID: h.id(id), Task: -1, Function: train, Outcome: record.Miss,
		Started: epoch.Add(time.Duration(len(h.calls)) * time.Minute), Duration: time.Second,
	}}
	c.Code = record.Function{Name: train, CodeKind: "source"}
	code("func Train() {}")(h, &c)
	part(record.PartToolchain, "go", "go1.26.0")(h, &c)
	for _, change := range changes {
		change(h, &c)
	}
	if c.Outcome != record.Bypass {
		key := c.Function
		for i := range c.Parts {
			c.Parts[i].Position = i
			key += c.Parts[i].Name + c.Parts[i].Digest
		}
		c.Key = sum(key)
	}
	h.calls = append(h.calls, c)
}

func sum(text string) string { return diffargs.Sum([]byte(text)).String() }

// part sets a part that is no argument.
func part(kind record.PartKind, name, value string) change {
	return func(_ *history, c *record.CallDetail) {
		set(c, record.Part{Kind: kind, Name: name, Digest: sum(value), Preview: value})
	}
}

func set(c *record.CallDetail, p record.Part) {
	for i := range c.Parts {
		if c.Parts[i].Kind == p.Kind && c.Parts[i].Name == p.Name {
			c.Parts[i] = p
			return
		}
	}
	c.Parts = append(c.Parts, p)
}

// without takes a part away.
func without(name string) change {
	return func(_ *history, c *record.CallDetail) {
		c.Parts = slices.DeleteFunc(c.Parts, func(p record.Part) bool { return p.Name == name })
	}
}

// arg sets an argument and keeps its snapshot, as debug mode does.
func arg(name string, value any) change {
	return func(h *history, c *record.CallDetail) {
		blind(name, value)(h, c)
		s, err := diffargs.Take(reflect.ValueOf(value), diffargs.Limits{})
		if err != nil {
			h.t.Fatal(err)
		}
		blob, err := s.MarshalBinary()
		if err != nil {
			h.t.Fatal(err)
		}
		h.snapshots[s.Digest().String()] = blob
	}
}

// blind sets an argument of which no snapshot is kept.
func blind(name string, value any) change {
	return func(h *history, c *record.CallDetail) {
		digest, err := diffargs.Of(value)
		if err != nil {
			h.t.Fatal(err)
		}
		set(c, record.Part{Kind: record.PartArgument, Name: name, Digest: digest.String(), Preview: diffargs.Preview(value, 40)})
	}
}

// code sets the functions behind the call; the name of each is the second word
// of its text.
func code(texts ...string) change {
	return func(h *history, c *record.CallDetail) {
		digest := sum("code " + strings.Join(texts, "\x00"))
		h.sources[digest] = nil
		for _, text := range texts {
			name, _, _ := strings.Cut(strings.Fields(text)[1], "(")
			h.sources[digest] = append(h.sources[digest], record.Source{Name: "example.com/lab/model." + name, Text: text})
		}
		c.Code.CodeDigest = digest
		set(c, record.Part{Kind: record.PartCode, Name: "code", Digest: digest, Preview: "source: " + strconv.Itoa(len(texts))})
	}
}

// identifiedBy says how the code was identified.
func identifiedBy(kind string) change {
	return func(h *history, c *record.CallDetail) {
		c.Code.CodeKind = kind
		set(c, record.Part{Kind: record.PartCode, Name: "code", Digest: sum(kind + c.ID.String()), Preview: kind})
	}
}

// that makes any other change.
func that(f func(c *record.Call)) change {
	return func(_ *history, c *record.CallDetail) { f(&c.Call) }
}

func took(d time.Duration) change { return that(func(c *record.Call) { c.Duration = d }) }

func outcome(o record.Outcome) change { return that(func(c *record.Call) { c.Outcome = o }) }
