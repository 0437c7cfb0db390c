package sqlbook

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"labbook/runlog/event"
	"labbook/runlog/record"
)

func TestProducers(t *testing.T) {
	t.Parallel()
	b := create(t)
	miss := func(run int64, argument string) *madeCall {
		return &madeCall{id: record.CallID{Run: run}, function: "lab.train", code: "v1", arguments: []string{argument}, outcome: record.Miss, result: "A"}
	}
	take(t, b, []*madeCall{miss(1, "x=1"), miss(1, "x=2"), miss(1, "x=3"), miss(1, "x=4"), miss(1, "x=5"), miss(1, "x=6")})
	returned := func(call int64, values ...string) *event.Result {
		e := &event.Result{Call: call}
		for i := 0; i < len(values); i += 2 {
			e.Values = append(e.Values, record.ResultValue{Path: values[i], Digest: textDigest(values[i+1])})
		}
		return e
	}
	apply(t, b, millionUUID(1), returned(1, "result0", "model", "result1", "score"), returned(2, "", "score", "[3]", "score"),
		returned(3, "", "common"), returned(4, "", "common"), returned(5, "", "common"), returned(6, "", "common"), returned(99, "", "of no call"))
	// The same first bytes are not the same value.
	alike := textDigest("model")[:16] + textDigest("other")[16:]
	apply(t, b, millionUUID(1), &event.Result{Call: 2, Values: []record.ResultValue{{Path: "result9", Digest: alike}}})
	// The second run loads what the first one computed, and computes one anew.
	hit := func(argument string) *madeCall {
		c := miss(2, argument)
		c.outcome = record.Hit
		return c
	}
	take(t, b, []*madeCall{hit("x=1"), hit("x=1"), miss(2, "x=2"), hit("x=7"), hit("x=3"), hit("x=4")})
	apply(t, b, millionUUID(2), returned(3, "", "other score"))
	// Who loaded it from where is what the hits say.
	if _, err := b.db.ExecContext(t.Context(), `UPDATE call SET origin = coalesce((SELECT max(id) FROM call AS c WHERE c.run = 1 AND c.key = call.key), 0) WHERE run = 2 AND outcome = 'hit' AND id <> (2 << 32) + 6`); err != nil {
		t.Fatal(err)
	}
	id := func(run, call int64) record.CallID { return record.CallID{Run: run, Call: call} }
	for _, test := range []struct {
		reason string
		run    int64
		value  string
		want   []record.Produced
	}{
		{"computed", 1, "model", []record.Produced{{Call: id(1, 1), Path: "result0", Outcome: record.Miss}}},
		{"by two calls, one of them twice", 1, "score", []record.Produced{
			{Call: id(1, 2), Outcome: record.Miss}, {Call: id(1, 2), Path: "[3]", Outcome: record.Miss}, {Call: id(1, 1), Path: "result1", Outcome: record.Miss},
		}},
		{"loaded", 2, "model", []record.Produced{{Call: id(2, 1), Origin: id(1, 1), Path: "result0", Outcome: record.Hit}}},
		{"loaded, and computed to another value than before", 2, "score", []record.Produced{{Call: id(2, 1), Origin: id(1, 1), Path: "result1", Outcome: record.Hit}}},
		{"computed anew", 2, "other score", []record.Produced{{Call: id(2, 3), Outcome: record.Miss}}},
		{"a few of many", 1, "common", []record.Produced{
			{Call: id(1, 6), Outcome: record.Miss}, {Call: id(1, 5), Outcome: record.Miss}, {Call: id(1, 4), Outcome: record.Miss}, {Call: id(1, 3), Outcome: record.Miss},
		}},
		{"a hit on what nobody knows is none on this", 2, "common", []record.Produced{{Call: id(2, 5), Origin: id(1, 3), Outcome: record.Hit}}},
		{"the same first bytes", 1, "alike", []record.Produced{{Call: id(1, 2), Path: "result9", Outcome: record.Miss}}},
		{"by nobody", 1, "nothing", nil},
		{"by a later run only", 1, "other score", nil},
		{"by no call", 1, "of no call", nil},
	} {
		digest := textDigest(test.value)
		if test.value == "alike" {
			digest = alike
		}
		got, err := b.Producers(t.Context(), test.run, []string{digest, digest})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(test.want, got[digest]); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.reason, diff)
		}
		if len(got) > 1 || len(got) == 1 && got[digest] == nil {
			t.Errorf("%s: the answer is %v", test.reason, got)
		}
	}
	if _, err := b.Producers(t.Context(), 1, []string{"no digest"}); err == nil {
		t.Error("what is no digest is looked for")
	}
	checkSound(t, b)
}
