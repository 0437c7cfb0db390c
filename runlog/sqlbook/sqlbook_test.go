package sqlbook

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"labbook/runlog/event"
	"labbook/runlog/record"
)

const runUUID = "01234567-89ab-4def-8123-456789abcdef"

var start = time.Unix(1_700_000_000, 0)

func create(t testing.TB) *Book {
	t.Helper()
	b, err := Create(t.Context(), filepath.Join(t.TempDir(), "labbook.sqlite"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = b.Close() })
	b.sketchOf = sketchOfText
	return b
}

// sketchOfText is a sketch for what tests take for snapshots: a bucket for each word.
func sketchOfText(text []byte) ([]uint64, error) {
	var buckets []uint64
	for word := range bytes.FieldsSeq(text) {
		buckets = append(buckets, binary.BigEndian.Uint64(append(make([]byte, 8), word...)[len(word):]))
	}
	return buckets, nil
}

// apply takes in events as if they were all that the run's spool holds from
// its last offset on.
func apply(t testing.TB, b *Book, run string, events ...event.Event) {
	t.Helper()
	offset, err := b.Offset(t.Context(), run)
	if err != nil {
		t.Fatal(err)
	}
	if err := b.Apply(t.Context(), run, run, events, offset, offset+int64(len(events))); err != nil {
		t.Fatal(err)
	}
}

func digest(n byte) []byte { return append(make([]byte, 31), n) }

func hexDigest(n byte) string { return fmt.Sprintf("%064x", n) }

// aRun is a run with one function, one key and the calls.
func aRun(name string, calls ...*event.CallEnd) []event.Event {
	events := []event.Event{
		&event.RunStart{Run: record.Run{Name: name, Started: start, Argv: []string{name, "-x"}, Env: []string{"A=1"}}},
		&event.Function{Number: 1, Function: record.Function{Name: "lab/model.train", CodeDigest: hexDigest(9), CodeKind: "source", File: "m.go", Line: 3}},
		&event.Key{Key: digest(1), Function: 1, Parts: []record.Part{
			{Position: 0, Kind: record.PartCode, Name: "code", Digest: hexDigest(9), Preview: "code"},
			{Position: 1, Kind: record.PartArgument, Name: "x", Digest: hexDigest(2), Preview: "[1 2]"},
		}},
	}
	for _, c := range calls {
		events = append(events, c)
	}
	return events
}

func call(number int64, outcome record.Outcome, took time.Duration) *event.CallEnd {
	return &event.CallEnd{
		Call: number, Scope: event.Scope{Task: -1}, Function: 1, Key: digest(1), Outcome: outcome,
		Started: start.Add(time.Duration(number) * time.Second), Duration: took,
	}
}

func TestRunRoundTrip(t *testing.T) {
	t.Parallel()
	b := create(t)
	want := record.RunDetail{
		Run: record.Run{
			ID: 1, UUID: runUUID, Name: "digits", Argv: []string{"digits", "-c", "2"}, Cwd: "/w", Env: []string{"A=1"},
			Exe: "/w/digits", BuildID: "b", Package: "lab/digits", Module: "lab", ModuleVersion: "v1", ModuleDir: "/src",
			GoVersion: "go1.26", VCSRevision: "abc", VCSDirty: true, VCSDiff: "diff", Host: "h", OSArch: "linux/amd64",
			CPUs: 2, User: "u", PID: 7, Debug: true, Started: start, Heartbeat: start.Add(time.Minute), Ended: start.Add(time.Minute),
			Itself: true, Status: record.StatusFailed, ExitCode: 3, Signal: "", Error: "no", UserTime: 1, SysTime: 2, MaxRSS: 3,
			MaxProcs: 3, CPUModel: "c", Memory: 1 << 33, CPULimit: 1.5, MemoryLimit: 1 << 30, Modules: []string{"example.com/m@v1.2.3"},
		},
		Params:    []record.Param{{Name: "C", Value: "2", Source: "flag", Help: "h"}},
		Metrics:   []record.Metric{{Name: "acc", Value: 0.5, At: start}, {Name: "acc", Step: 1, Value: math.Inf(1), At: start}},
		Artifacts: []record.Artifact{{Name: "a.png", Path: "/w/a.png", MediaType: "image/png", Bytes: 9, At: start}},
		Tags:      []string{"final"},
		Notes:     []record.Note{{Text: "first", At: start}, {Text: "second", At: start}},
		Inputs:    []record.Input{{Path: "/w/in.csv", Bytes: 5, Modified: start, Digest: hexDigest(4)}},
		Samples:   []record.Sample{{At: start, CPU: time.Second, RSS: 1, Read: 2, Written: 3}},
	}
	started := want.Run
	started.Ended, started.Heartbeat, started.VCSDiff, started.Status = time.Time{}, time.Time{}, "", ""
	events := []event.Event{
		&event.RunStart{Run: started},
		&event.RunParams{Params: []record.Param{{Name: "old"}}},
		&event.RunParams{Params: want.Params},
		&event.VCS{Revision: "abc", Dirty: true, Diff: "diff"},
		&event.Tag{Tag: "final"}, &event.Tag{Tag: "final"},
	}
	for _, m := range want.Metrics {
		events = append(events, &event.Metric{Metric: m})
	}
	for _, n := range want.Notes {
		events = append(events, &event.Note{Note: n})
	}
	events = append(events, &event.Input{Input: want.Inputs[0]}, &event.Sample{Sample: want.Samples[0]})
	events = append(events, &event.Artifact{Artifact: want.Artifacts[0]}, &event.RunEnd{
		Ended: want.Ended, Status: want.Status, ExitCode: 3, Error: "no", Usage: event.Usage{UserTime: 1, SysTime: 2, MaxRSS: 3},
	})
	apply(t, b, runUUID, events...)
	got, err := b.Run(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got, cmp.Comparer(equalLists[int64])); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// What the program says of its end and what was seen of it come in any order,
// and the run may have been given up meanwhile.
func TestStatusOfARun(t *testing.T) {
	t.Parallel()
	ended := func(status record.Status, code int) event.Event {
		return &event.RunEnd{Ended: start, Status: status, ExitCode: code}
	}
	seen := func(code int, signal string) event.Event {
		return &event.Exit{At: start, ExitCode: code, Signal: signal}
	}
	for _, test := range []struct {
		name   string
		said   event.Event
		seen   event.Event
		status record.Status
		code   int
		signal string
	}{
		{"nobody knows", nil, nil, record.StatusDied, 0, ""},
		{"said only", ended(record.StatusFailed, 1), nil, record.StatusFailed, 1, ""},
		{"os.Exit(0)", nil, seen(0, ""), record.StatusOK, 0, ""},
		{"os.Exit(3)", nil, seen(3, ""), record.StatusFailed, 3, ""},
		{"kill -9", nil, seen(0, "killed"), record.StatusKilled, 0, "killed"},
		{"SIGTERM", nil, seen(0, "terminated"), record.StatusInterrupted, 0, "terminated"},
		{"as it said", ended(record.StatusOK, 0), seen(0, ""), record.StatusOK, 0, ""},
		{"another status than it said", ended(record.StatusFailed, 1), seen(4, ""), record.StatusFailed, 4, ""},
		{"not as well as it said", ended(record.StatusOK, 0), seen(4, ""), record.StatusFailed, 4, ""},
		{"killed on its way out", ended(record.StatusOK, 0), seen(0, "killed"), record.StatusKilled, 0, "killed"},
		{"a panic", ended(record.StatusPanicked, 2), seen(2, ""), record.StatusPanicked, 2, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			for _, order := range []string{"said seen given-up", "seen said given-up", "said given-up seen"} {
				b := create(t)
				apply(t, b, runUUID, &event.RunStart{Run: record.Run{Started: start, Status: record.StatusRunning}})
				for step := range strings.FieldsSeq(order) {
					e := map[string]event.Event{"said": test.said, "seen": test.seen}[step]
					if e != nil {
						apply(t, b, runUUID, e)
					} else if step == "given-up" {
						if err := b.Finish(t.Context(), runUUID, true); err != nil {
							t.Fatal(err)
						}
					}
				}
				r, err := b.Run(t.Context(), 1)
				if err != nil {
					t.Fatal(err)
				}
				if r.Status != test.status || r.ExitCode != test.code || r.Signal != test.signal || r.ExitSeen != (test.seen != nil) {
					t.Errorf("%s: status %s, exit code %d, signal %q, seen %t", order, r.Status, r.ExitCode, r.Signal, r.ExitSeen)
				}
			}
		})
	}
}

// equalLists takes an empty list for none.
func equalLists[T comparable](a, b []T) bool {
	return len(a) == 0 && len(b) == 0 || cmp.Equal(a, b)
}

func TestCallRoundTrip(t *testing.T) {
	t.Parallel()
	b := create(t)
	hit := call(2, record.Hit, time.Millisecond)
	hit.OriginRun, hit.OriginCall, hit.Saved = runUUID, 1, 3*time.Second
	hit.Scope = event.Scope{Call: 1, Batch: 4, Task: 5}
	hit.ResultDigest, hit.ResultBytes = digest(7), 77
	events := aRun("digits")
	events = append(events,
		&event.CallStart{Call: 1, Scope: event.Scope{Task: -1}, Function: 1, Key: digest(1), Started: start.Add(time.Second)},
		call(1, record.Miss, 4*time.Second), hit)
	apply(t, b, runUUID, events...)

	got, err := b.Call(t.Context(), record.CallID{Run: 1, Call: 2})
	if err != nil {
		t.Fatal(err)
	}
	want := record.CallDetail{
		Call: record.Call{
			ID: record.CallID{Run: 1, Call: 2}, Parent: record.CallID{Run: 1, Call: 1}, Batch: 4, Task: 5,
			Function: "lab/model.train", Key: hexDigest(1), Outcome: record.Hit, Origin: record.CallID{Run: 1, Call: 1},
			Started: start.Add(2 * time.Second), Duration: time.Millisecond, Saved: 3 * time.Second,
			ResultDigest: hexDigest(7), ResultBytes: 77,
		},
		Code: record.Function{Name: "lab/model.train", CodeDigest: hexDigest(9), CodeKind: "source", File: "m.go", Line: 3},
		Parts: []record.Part{
			{Position: 0, Kind: record.PartCode, Name: "code", Digest: hexDigest(9), Preview: "code"},
			{Position: 1, Kind: record.PartArgument, Name: "x", Digest: hexDigest(2), Preview: "[1 2]"},
		},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	run, err := b.Run(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	counts := record.Counts{Calls: 2, Hits: 1, Misses: 1, Saved: 3 * time.Second, Spent: 4 * time.Second}
	if diff := cmp.Diff(counts, run.Counts); diff != "" {
		t.Errorf("counts (-want +got):\n%s", diff)
	}
}

func TestRunningCallIsShown(t *testing.T) {
	t.Parallel()
	b := create(t)
	apply(t, b, runUUID, append(aRun("digits"), &event.CallStart{Call: 1, Function: 1, Key: digest(1), Started: start})...)
	got, err := b.Call(t.Context(), record.CallID{Run: 1, Call: 1})
	if err != nil || got.Outcome != record.Running {
		t.Errorf("outcome %q, %v; want running", got.Outcome, err)
	}
}

// A run's function numbers mean the same to whoever takes in the rest of its
// spool.
func TestFunctionNumbersOutliveTheIngester(t *testing.T) {
	t.Parallel()
	b := create(t)
	apply(t, b, runUUID, aRun("digits")...)
	apply(t, b, runUUID, call(1, record.Miss, 1))
	got, err := b.Call(t.Context(), record.CallID{Run: 1, Call: 1})
	if err != nil || got.Function != "lab/model.train" {
		t.Errorf("function %q, %v", got.Function, err)
	}
}

func TestEventsAreTakenInOnce(t *testing.T) {
	t.Parallel()
	b := create(t)
	other, err := Create(t.Context(), b.Path())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = other.Close() }()
	const events = 300
	var group sync.WaitGroup
	for _, book := range []*Book{b, other} {
		group.Go(func() {
			for {
				offset, err := book.Offset(t.Context(), "s")
				if err != nil {
					t.Error(err)
					return
				}
				if offset == events {
					return
				}
				note := &event.Note{Note: record.Note{Text: fmt.Sprint(offset)}}
				err = book.Apply(t.Context(), "s", runUUID, []event.Event{note}, offset, offset+1)
				if err != nil && !errors.Is(err, ErrMoved) {
					t.Error(err)
					return
				}
			}
		})
	}
	group.Wait()
	run, err := b.Run(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	if len(run.Notes) != events {
		t.Fatalf("%d notes, want %d", len(run.Notes), events)
	}
	for i, note := range run.Notes {
		if note.Text != fmt.Sprint(i) {
			t.Fatalf("note %d is %q", i, note.Text)
		}
	}
}

func TestFailedApplyLeavesNothing(t *testing.T) {
	t.Parallel()
	b := create(t)
	bad := &event.Snapshot{Digest: "no hexadecimal"}
	events := append(aRun("digits", call(1, record.Miss, 1)), bad)
	if err := b.Apply(t.Context(), "s", runUUID, events, 0, 9); err == nil {
		t.Fatal("an impossible event is taken in")
	}
	if runs, err := b.Runs(t.Context(), record.RunQuery{}); err != nil || len(runs) != 0 {
		t.Errorf("%d runs, %v; want none", len(runs), err)
	}
	// The same keys go in afterwards: nothing remembers the rows that are gone.
	apply(t, b, runUUID, aRun("digits", call(1, record.Miss, 1))...)
	if got, err := b.Call(t.Context(), record.CallID{Run: 1, Call: 1}); err != nil || got.Key != hexDigest(1) {
		t.Errorf("key %q, %v", got.Key, err)
	}
}

func TestFinish(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		reason string
		main   bool
		events []event.Event
		want   record.Status
	}{
		{"a program that vanished has died", true, []event.Event{&event.RunStart{}}, record.StatusDied},
		{"a program that nobody instrumented has ended", true, []event.Event{&event.RunStart{Run: record.Run{Implicit: true}}}, record.StatusEnded},
		{"a program that said how it ended keeps that", true, []event.Event{&event.RunStart{}, &event.RunEnd{Status: record.StatusOK}}, record.StatusOK},
	} {
		t.Run(test.reason, func(t *testing.T) {
			t.Parallel()
			b := create(t)
			apply(t, b, runUUID, test.events...)
			apply(t, b, runUUID, &event.BatchStart{Batch: 1}, &event.Tasks{Batch: 1, Tasks: []record.Task{
				{Index: 0, Status: record.BatchRunning}, {Index: 1, Status: record.BatchOK},
			}})
			if err := b.Finish(t.Context(), runUUID, test.main); err != nil {
				t.Fatal(err)
			}
			if run, err := b.Run(t.Context(), 1); err != nil || run.Status != test.want {
				t.Errorf("status %q, %v; want %q", run.Status, err, test.want)
			}
			if batches, err := b.Batches(t.Context(), 1); err != nil || batches[0].Status != record.BatchCancelled {
				t.Errorf("its batch: %v, %v; want it cancelled", batches, err)
			}
			if tasks, err := b.Tasks(t.Context(), 1, 1, -1, 9); err != nil || tasks[0].Status != record.BatchCancelled || tasks[1].Status != record.BatchOK {
				t.Errorf("its tasks: %v, %v; want the one that ran cancelled", tasks, err)
			}
		})
	}
}

// A run whose end nobody saw is closed at the last moment that something is known
// of, whatever that is.
func TestFinishAtTheLastMoment(t *testing.T) {
	t.Parallel()
	started := time.Unix(1000, 0)
	at := started.Add(3 * time.Second)
	output := &event.Output{Stream: record.Stdout, At: at, Bytes: []byte("x")}
	for reason, e := range map[string]event.Event{
		"heartbeat": &event.Heartbeat{At: at},
		"sample":    &event.Sample{Sample: record.Sample{At: at}},
		"output":    output,
		"call":      &event.CallEnd{Call: 1, Function: 1, Started: started, Duration: 3 * time.Second, Outcome: record.Bypass},
	} {
		t.Run(reason, func(t *testing.T) {
			t.Parallel()
			b := create(t)
			apply(t, b, runUUID, &event.RunStart{Run: record.Run{Started: started}}, &event.Function{Number: 1, Function: record.Function{Name: "f"}}, e)
			if err := b.Finish(t.Context(), runUUID, true); err != nil {
				t.Fatal(err)
			}
			if run, err := b.Run(t.Context(), 1); err != nil || run.Duration(time.Now()) != 3*time.Second {
				t.Errorf("it took %v, %v; want 3 s", run.Duration(time.Now()), err)
			}
		})
	}
	b := create(t)
	apply(t, b, runUUID, &event.RunStart{Run: record.Run{Started: started}})
	if err := b.Finish(t.Context(), runUUID, true); err != nil {
		t.Fatal(err)
	}
	apply(t, b, runUUID, output)
	if err := b.Finish(t.Context(), runUUID, false); err != nil {
		t.Fatal(err)
	}
	if run, err := b.Run(t.Context(), 1); err != nil || run.Duration(time.Now()) != 3*time.Second || run.Status != record.StatusDied {
		t.Errorf("after more output it is %s, and took %v, %v; want 3 s", run.Status, run.Duration(time.Now()), err)
	}
}

func TestCallPages(t *testing.T) {
	t.Parallel()
	b := create(t)
	var calls []*event.CallEnd
	for i := range int64(50) {
		calls = append(calls, call(i+1, record.Miss, time.Duration(i%7)*time.Second))
	}
	apply(t, b, runUUID, aRun("digits", calls...)...)
	for _, order := range []record.Order{record.ByID, record.ByDuration} {
		var all, paged []record.CallID
		whole, err := b.Calls(t.Context(), record.CallQuery{Order: order})
		if err != nil {
			t.Fatal(err)
		}
		for i := range whole {
			all = append(all, whole[i].ID)
			if i > 0 && order == record.ByDuration && whole[i].Duration > whole[i-1].Duration {
				t.Fatalf("call %d is longer than the one before", i)
			}
		}
		query := record.CallQuery{Order: order, Limit: 8}
		for {
			page, err := b.Calls(t.Context(), query)
			if err != nil {
				t.Fatal(err)
			}
			if len(page) == 0 {
				break
			}
			for i := range page {
				paged = append(paged, page[i].ID)
			}
			last := page[len(page)-1]
			query.After, query.AfterDuration = last.ID, last.Duration
		}
		if diff := cmp.Diff(all, paged); diff != "" || len(all) != 50 {
			t.Errorf("order %q: %d calls, pages differ (-whole +paged):\n%s", order, len(all), diff)
		}
	}
}

func TestFilters(t *testing.T) {
	t.Parallel()
	b := create(t)
	apply(t, b, "u1", append(aRun("digits", call(1, record.Miss, 5*time.Second), call(2, record.Hit, time.Millisecond)),
		&event.Tag{Tag: "final"}, &event.RunParams{Params: []record.Param{{Name: "C", Value: "100%"}}})...)
	failed := call(1, record.Error, time.Second)
	failed.Error = "division by zero"
	apply(t, b, "u2", aRun("other_thing", failed)...)
	for _, test := range []struct {
		reason string
		filter record.Filter
		runs   string
		calls  string
	}{
		{"no filter", record.Filter{}, "2 1", "2.1 1.2 1.1"},
		{"function, part of its name", record.Filter{Function: []string{"model.tr"}}, "2 1", "2.1 1.2 1.1"},
		{"function that is not there", record.Filter{Function: []string{"nosuch"}}, "", ""},
		{"outcome narrows runs through their calls", record.Filter{Outcomes: []record.Outcome{record.Hit}}, "1", "1.2"},
		{"one of several outcomes", record.Filter{Outcomes: []record.Outcome{record.Hit, record.Error}}, "2 1", "2.1 1.2"},
		{"run", record.Filter{Run: 2}, "2", "2.1"},
		{"name narrows calls through their run", record.Filter{Names: []string{"DIGI"}}, "1", "1.2 1.1"},
		{"a wildcard is no wildcard", record.Filter{Names: []string{"d%s"}}, "", ""},
		{"nor is an underscore", record.Filter{Names: []string{"digi_s"}}, "", ""},
		{"but it is found as itself", record.Filter{Names: []string{"r_t"}}, "2", "2.1"},
		{"tag", record.Filter{Tags: []string{"final"}}, "1", "1.2 1.1"},
		{"shortest", record.Filter{MinDuration: 2 * time.Second, Run: 1}, "", "1.1"},
		{"longest", record.Filter{MaxDuration: 2 * time.Second, Run: 1}, "1", "1.2"},
		{"since is inclusive", record.Filter{Since: start.Add(2 * time.Second)}, "", "1.2"},
		{"until is exclusive", record.Filter{Until: start.Add(2 * time.Second)}, "2 1", "2.1 1.1"},
		{"a word in an error", record.Filter{Words: []string{"by zero"}}, "", "2.1"},
		{"a word in a parameter", record.Filter{Words: []string{"c=100%"}}, "1", ""},
		{"two words", record.Filter{Words: []string{"digits", "final"}}, "1", ""},
		{"a word in a preview", record.Filter{Words: []string{"[1 2]"}}, "", "2.1 1.2 1.1"},
		{"status", record.Filter{Statuses: []record.Status{record.StatusOK}}, "", ""},
	} {
		t.Run(test.reason, func(t *testing.T) {
			t.Parallel()
			runs, err := b.Runs(t.Context(), record.RunQuery{Filter: test.filter})
			if err != nil {
				t.Fatal(err)
			}
			var names []string
			for i := range runs {
				names = append(names, fmt.Sprint(runs[i].ID))
			}
			if got := strings.Join(names, " "); got != test.runs {
				t.Errorf("runs %q, want %q", got, test.runs)
			}
			calls, err := b.Calls(t.Context(), record.CallQuery{Filter: test.filter})
			if err != nil {
				t.Fatal(err)
			}
			names = nil
			for i := range calls {
				names = append(names, calls[i].ID.String())
			}
			if got := strings.Join(names, " "); got != test.calls {
				t.Errorf("calls %q, want %q", got, test.calls)
			}
		})
	}
}

func TestRunPages(t *testing.T) {
	t.Parallel()
	b := create(t)
	for i := range 5 {
		apply(t, b, fmt.Sprint("u", i), &event.RunStart{Run: record.Run{Name: "r"}})
	}
	page, err := b.Runs(t.Context(), record.RunQuery{Before: 4, Limit: 2})
	if err != nil || len(page) != 2 || page[0].ID != 3 || page[1].ID != 2 {
		t.Errorf("the page before run 4 is %v, %v; want runs 3 and 2", page, err)
	}
}

func TestBatchesTasksOutput(t *testing.T) {
	t.Parallel()
	b := create(t)
	apply(t, b, runUUID,
		&event.RunStart{},
		&event.BatchStart{Batch: 1, Scope: event.Scope{Call: 3, Task: -1}, Label: "grid", Backend: "goroutines", Jobs: 2, Tasks: 9, Started: start},
		&event.Tasks{Batch: 1, Tasks: []record.Task{{Index: 4, Worker: 1, Started: start, Status: record.BatchRunning}}},
		&event.Tasks{Batch: 1, Tasks: []record.Task{{Index: 4, Worker: 1, Started: start, Ended: start.Add(1), Status: record.BatchFailed, Error: "no"}, {Index: 7, Status: record.BatchOK}}},
		&event.BatchEnd{Batch: 1, Tasks: 9, Done: 8, Failed: 1, Ended: start.Add(time.Second), Status: record.BatchFailed, Error: "no"},
		&event.Output{Stream: record.Stdout, At: start, Bytes: []byte("a\x00b")}, &event.Output{Stream: record.Stderr, At: start, Bytes: []byte("c")},
	)
	batches, err := b.Batches(t.Context(), 1)
	want := []record.Batch{{
		Run: 1, Batch: 1, Parent: record.CallID{Run: 1, Call: 3}, Label: "grid", Backend: "goroutines", Jobs: 2, Tasks: 9, Done: 8, Failed: 1,
		Started: start, Ended: start.Add(time.Second), Status: record.BatchFailed, Error: "no",
	}}
	if diff := cmp.Diff(want, batches); err != nil || diff != "" {
		t.Errorf("batches: %v\n%s", err, diff)
	}
	tasks, err := b.Tasks(t.Context(), 1, 1, -1, 10)
	wantTasks := []record.Task{
		{Index: 4, Worker: 1, Started: start, Ended: start.Add(1), Status: record.BatchFailed, Error: "no"}, {Index: 7, Status: record.BatchOK},
	}
	if diff := cmp.Diff(wantTasks, tasks); err != nil || diff != "" {
		t.Errorf("tasks: %v\n%s", err, diff)
	}
	if rest, err := b.Tasks(t.Context(), 1, 1, 4, 10); err != nil || len(rest) != 1 || rest[0].Index != 7 {
		t.Errorf("tasks after 4: %v, %v", rest, err)
	}
	output, err := b.Output(t.Context(), 1, 0, 10)
	wantOutput := []record.Output{{Seq: 1, Stream: record.Stdout, At: start, Bytes: []byte("a\x00b")}, {Seq: 2, Stream: record.Stderr, At: start, Bytes: []byte("c")}}
	if diff := cmp.Diff(wantOutput, output); err != nil || diff != "" {
		t.Errorf("output: %v\n%s", err, diff)
	}
}

func TestUnknownIDs(t *testing.T) {
	t.Parallel()
	b := create(t)
	if _, err := b.Run(t.Context(), 7); !errors.Is(err, ErrNoRun) || !strings.Contains(err.Error(), "run 7") {
		t.Errorf("Run(7) = %v", err)
	}
	if _, err := b.Call(t.Context(), record.CallID{Run: 7, Call: 1}); !errors.Is(err, ErrNoCall) || !strings.Contains(err.Error(), "call 7.1") {
		t.Errorf("Call(7.1) = %v", err)
	}
}

func TestVersionSeesOtherWriters(t *testing.T) {
	t.Parallel()
	b := create(t)
	reader, err := Open(t.Context(), b.Path())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = reader.Close() }()
	version := func() int64 {
		v, err := reader.Version(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	first := version()
	if again := version(); again != first {
		t.Errorf("nothing happened, and the version goes from %d to %d", first, again)
	}
	apply(t, b, runUUID, &event.RunStart{})
	if changed := version(); changed == first {
		t.Error("a run was added, and the version is the same")
	}
}
