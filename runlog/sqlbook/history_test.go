package sqlbook

import (
	"fmt"
	"testing"

	"labbook/runlog/event"
	"labbook/runlog/record"
)

func TestHistory(t *testing.T) {
	t.Parallel()
	b := create(t)
	otherKey := call(3, record.Miss, 1)
	otherKey.Key = digest(3)
	apply(t, b, runUUID, append(aRun("digits", call(1, record.Miss, 1), call(2, record.Hit, 1)),
		&event.Key{Key: digest(3), Function: 1, Parts: []record.Part{{Kind: record.PartArgument, Name: "x", Digest: hexDigest(4)}}},
		otherKey, call(4, record.Miss, 1),
		&event.Source{CodeDigest: hexDigest(9), Source: record.Source{Name: "lab/model.train", Text: "func train() {}"}},
		&event.Snapshot{Digest: hexDigest(2), Blob: []byte("snap")})...)
	id := func(n int64) record.CallID { return record.CallID{Run: 1, Call: n} }

	detail := func(n int64) *record.CallDetail {
		d, err := b.Call(t.Context(), id(n))
		if err != nil {
			t.Fatal(err)
		}
		return &d
	}
	before, found, err := b.ComputedBefore(t.Context(), &detail(4).Call)
	if err != nil || !found || before.ID != id(1) {
		t.Errorf("computed before 1.4: %v, %v, %v; want 1.1: a hit computes nothing", before.ID, found, err)
	}
	if _, found, err := b.ComputedBefore(t.Context(), &detail(1).Call); err != nil || found {
		t.Errorf("something was computed before the first call: %v, %v", found, err)
	}
	candidates, err := b.Candidates(t.Context(), detail(4), 10)
	if err != nil || len(candidates) != 1 || candidates[0].ID != id(3) || len(candidates[0].Parts) != 1 {
		t.Errorf("candidates of 1.4: %v, %v; want 1.3 with its part", candidates, err)
	}
	// A call that has not been made yet comes after all.
	unmade := *detail(4)
	unmade.ID = record.CallID{}
	if before, found, err := b.ComputedBefore(t.Context(), &unmade.Call); err != nil || !found || before.ID != id(4) {
		t.Errorf("computed before a call that is not made yet: %v, %v, %v; want 1.4", before.ID, found, err)
	}
	unmade.Key = hexDigest(99)
	if _, found, err := b.ComputedBefore(t.Context(), &unmade.Call); err != nil || found {
		t.Errorf("a key that nobody has was computed before: %v, %v", found, err)
	}
	candidates, err = b.Candidates(t.Context(), &unmade, 10)
	if err != nil || len(candidates) != 2 || candidates[0].ID != id(4) || candidates[1].ID != id(3) {
		t.Errorf("candidates of a call that is not made yet: %v, %v; want 1.4 and 1.3", candidates, err)
	}
	if sources, err := b.Sources(t.Context(), hexDigest(9)); err != nil || len(sources) != 1 || sources[0].Text != "func train() {}" {
		t.Errorf("sources: %v, %v", sources, err)
	}
	if blob, err := b.Snapshot(t.Context(), hexDigest(2)); err != nil || string(blob) != "snap" {
		t.Errorf("snapshot: %q, %v", blob, err)
	}
	if blob, err := b.Snapshot(t.Context(), hexDigest(8)); err != nil || blob != nil {
		t.Errorf("a snapshot that is not there: %q, %v", blob, err)
	}
}

// The call with the very same arguments is a candidate, however many others the
// function was called with since.
func TestOldCandidateWithSameArguments(t *testing.T) {
	t.Parallel()
	b := create(t)
	events := aRun("digits")
	for n := range int64(400) {
		key := append(make([]byte, 24), fmt.Sprintf("%08d", n)...)
		miss := call(n+1, record.Miss, 1)
		miss.Key = key
		events = append(events, &event.Key{Key: key, Function: 1, Parts: []record.Part{
			{Position: 0, Kind: record.PartCode, Name: "code", Digest: hexDigest(9)},
			{Position: 1, Kind: record.PartArgument, Name: "x", Digest: fmt.Sprintf("%064x", 1000+n)},
			{Position: 2, Kind: record.PartArgument, Name: "y", Digest: hexDigest(5)},
		}}, miss)
	}
	last := call(401, record.Miss, 1)
	events = append(events,
		&event.Key{Key: digest(77), Function: 1, Parts: []record.Part{
			{Position: 0, Kind: record.PartCode, Name: "code", Digest: hexDigest(8)},
			{Position: 1, Kind: record.PartModule, Name: "m", Digest: hexDigest(7)}, // moves the arguments' positions
			{Position: 2, Kind: record.PartArgument, Name: "x", Digest: fmt.Sprintf("%064x", 1003)},
			{Position: 3, Kind: record.PartArgument, Name: "y", Digest: hexDigest(5)},
		}}, last)
	last.Key = digest(77)
	apply(t, b, runUUID, events...)
	made, err := b.Call(t.Context(), record.CallID{Run: 1, Call: 401})
	if err != nil {
		t.Fatal(err)
	}
	candidates, err := b.Candidates(t.Context(), &made, 20)
	if err != nil {
		t.Fatal(err)
	}
	found := false
	for i := range candidates {
		found = found || candidates[i].ID.Call == 4
		if i > 0 && candidates[i].ID.Call >= candidates[i-1].ID.Call {
			t.Fatalf("candidate %d is not older than the one before", i)
		}
	}
	if !found {
		t.Errorf("call 1.4, of the same arguments, is not among the %d candidates", len(candidates))
	}
}
