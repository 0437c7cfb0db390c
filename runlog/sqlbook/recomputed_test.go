package sqlbook

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"labbook/runlog/event"
	"labbook/runlog/record"
)

func TestRecomputed(t *testing.T) {
	t.Parallel()
	b := create(t)
	declare := func(number int64, name string, cache record.Cache) *event.Function {
		return &event.Function{Number: number, Function: record.Function{Name: name, CodeKind: "source"}, Cache: cache}
	}
	end := func(call, function int64, key byte, outcome record.Outcome, took time.Duration, bytes int64) *event.CallEnd {
		e := &event.CallEnd{Call: call, Scope: event.Scope{Task: -1}, Function: function, Key: digest(key), Outcome: outcome, Started: start, Duration: took}
		if outcome == record.Miss {
			e.ResultDigest, e.ResultBytes = digest(key), bytes
		}
		return e
	}
	kept := record.Cache{Folder: "/lab/cache", IsNew: true, Limits: "MaxBytes 1 MiB"}
	apply(t, b, "run-1", &event.RunStart{Run: record.Run{Started: start}}, declare(1, "lab.f", kept), declare(2, "lab.g", record.Cache{}),
		end(1, 1, 1, record.Miss, time.Second, 100), end(2, 1, 2, record.Miss, time.Minute, 1000), end(3, 1, 1, record.Hit, 0, 0),
		end(4, 1, 1, record.Miss, 3*time.Second, 100), end(5, 2, 3, record.Miss, time.Hour, 10), end(6, 1, 4, record.Error, time.Hour, 0))
	apply(t, b, "run-2", &event.RunStart{Run: record.Run{Started: start}}, declare(1, "lab.f", record.Cache{Folder: "/other"}), declare(2, "lab.f", record.Cache{Folder: "/lab/cache"}),
		end(1, 1, 1, record.Miss, 2*time.Second, 100))

	got, err := b.Recomputed(t.Context(), "lab.f")
	if err != nil {
		t.Fatal(err)
	}
	want := record.Recomputed{Keys: 2, Again: 2, Spent: 5 * time.Second, Bytes: 1110}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if got, err := b.Recomputed(t.Context(), "lab.unknown"); err != nil || got.Again != 0 || got.Keys != 0 {
		t.Errorf("of an unknown function: %+v, %v", got, err)
	}

	for call, want := range map[record.CallID]record.Cache{
		{Run: 1, Call: 1}: kept,
		{Run: 1, Call: 5}: {}, // nothing is kept
		{Run: 2, Call: 1}: {}, // in one of two folders
		{Run: 9, Call: 9}: {},
	} {
		got, err := b.Cache(t.Context(), call)
		if err != nil || got != want {
			t.Errorf("the result of %s is kept in %+v, %v; want %+v", call, got, err, want)
		}
	}
}
