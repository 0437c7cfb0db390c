package whymiss_test

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"labbook/cache/whymiss"
	"labbook/diffargs"
	"labbook/runlog/event"
	"labbook/runlog/record"
	"labbook/runlog/sqlbook"
)

// keep writes the calls of a run of the history into a lab-book, as a program
// would.
func keep(t testing.TB, book *sqlbook.Book, h *history, run int64) {
	t.Helper()
	raw := func(digest string) []byte {
		b, err := hex.DecodeString(digest)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	events := []event.Event{&event.RunStart{Run: record.Run{Name: "digits", Started: epoch}}}
	for digest, blob := range h.snapshots {
		events = append(events, &event.Snapshot{Digest: digest, Blob: blob})
	}
	functions := map[record.Function]int64{}
	for i := range h.calls {
		c := &h.calls[i]
		if c.ID.Run != run {
			continue
		}
		number, known := functions[c.Code]
		if !known {
			number = int64(len(functions) + 1)
			functions[c.Code] = number
			events = append(events, &event.Function{Number: number, Function: c.Code})
			for _, source := range h.sources[c.Code.CodeDigest] {
				events = append(events, &event.Source{CodeDigest: c.Code.CodeDigest, Source: source})
			}
		}
		events = append(events, &event.Key{Key: raw(c.Key), Function: number, Parts: c.Parts}, &event.CallEnd{
			Call: c.ID.Call, Scope: event.Scope{Task: -1}, Function: number, Key: raw(c.Key), Outcome: c.Outcome, Reason: c.Reason, Detail: c.Detail,
			Started: c.Started, Duration: c.Duration, Saved: c.Saved, Error: c.Error, StoreError: c.StoreError,
		})
	}
	id := uuid.NewSHA1(uuid.Nil, []byte{byte(run)}).String()
	if err := book.Apply(t.Context(), id, id, events, 0, 1); err != nil {
		t.Fatal(err)
	}
}

func create(t testing.TB) *sqlbook.Book {
	t.Helper()
	book, err := sqlbook.Create(t.Context(), filepath.Join(t.TempDir(), "labbook.sqlite"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = book.Close() }) // nothing is read from it any more
	return book
}

// A real lab-book explains as the one in memory does, of which the other tests
// make use.
func TestRealLabbook(t *testing.T) {
	t.Parallel()
	h := newHistory(t)
	h.compute("1.1", arg("x", params{Rate: 1}))
	h.compute("1.2", arg("x", params{Rate: 1}), outcome(record.Hit))
	h.compute("1.3", arg("x", params{Rate: 2}), outcome(record.Error))
	h.compute("2.1", arg("x", params{Rate: 3}), code("func Train() { b }"))
	h.compute("2.2", arg("x", params{Rate: 1}), code("func Train() { b }", "func b() {}"))
	h.compute("2.3", arg("x", params{Rate: math.Nextafter(1, 2)}))
	h.compute("2.4", arg("x", params{Rate: 1}))
	book := create(t)
	keep(t, book, h, 1)
	keep(t, book, h, 2)
	for _, c := range h.calls {
		if c.Outcome == record.Hit {
			continue
		}
		want := explain(t, h, c.ID.String())
		got, err := whymiss.Explain(t.Context(), book, c.ID)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-in memory +in SQLite):\n%s", c.ID, diff)
		}
	}
	if _, err := whymiss.Explain(t.Context(), book, record.CallID{Run: 7, Call: 7}); !errors.Is(err, sqlbook.ErrNoCall) {
		t.Errorf("Explain of an unknown call = %v, want %v", err, sqlbook.ErrNoCall)
	}
}

func summarise(t *testing.T, h *history, run int64) string {
	t.Helper()
	book := create(t)
	for r := range run {
		keep(t, book, h, r+1)
	}
	var b strings.Builder
	whymiss.Summarise(t.Context(), book, run, &b)
	return b.String()
}

func TestSummarise(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		reason string
		calls  func(h *history)
		want   string
	}{
		{
			"near-hits, costliest first", func(h *history) {
				h.compute("1.1", arg("x", 0.3), arg("y", 1))
				h.compute("1.2", arg("x", 0.5), arg("y", 2))
				h.compute("2.1", arg("x", math.Nextafter(0.3, 1)), arg("y", 1), took(2*time.Second))
				h.compute("2.2", arg("x", 0.5), arg("y", 2), took(3*time.Second))
				h.compute("2.3", arg("x", 0.7), arg("y", 9), took(time.Hour))
				h.compute("2.4", arg("x", 0.3), arg("y", 1), outcome(record.Hit), that(func(c *record.Call) { c.Saved = time.Minute }))
			},
			`[labbook] run 2: 1 hit, which saved 1 m 00 s; 3 misses
[labbook] misses that were near-hits of earlier calls:
[labbook]   2.2  model.Train  computed in 3.0 s
[labbook]     call 1.2 computed and stored the same 2 m 00 s earlier, but no entry of it was in the cache folder: it was evicted or deleted, or stored in another folder: labbook why-miss 2.2
[labbook]     keep the cache folder, and keep it from being cleaned; the result is stored again now
[labbook]   2.1  model.Train  computed in 2.0 s
[labbook]     argument x is the same but for float noise: labbook why-miss 2.1
[labbook]     round x to 12 decimals before the call, so that equal inputs are equal to the bit (it changes what the function is given by as little as it rounds)
`,
		},
		{
			"misses of one cause together", func(h *history) {
				expired := that(func(c *record.Call) { c.Reason = record.Expired })
				h.compute("1.1", arg("x", 1), expired)
				h.compute("1.2", arg("x", 2), expired, outcome(record.Error))
				h.compute("1.3", arg("x", 3), expired, took(time.Minute))
			},
			`[labbook] run 1: 0 hits; 2 misses; 1 error
[labbook] misses that were near-hits of earlier calls:
[labbook]   1.3  model.Train and 2 like it  computed in 1 m 02 s
[labbook]     stored results of model.Train had expired: labbook why-miss 1.3
[labbook]     give cache.ExpiresAfter a longer age (older results count then)
`,
		},
		{
			"no near-hit", func(h *history) { h.compute("1.1", arg("x", 1)); h.compute("1.2", arg("x", 2)) },
			"[labbook] run 1: 0 hits; 2 misses\n[labbook] no miss was a near-hit; labbook why-miss explains each\n",
		},
		{
			"all went well", func(h *history) { h.compute("1.1", arg("x", 1), outcome(record.Hit)) },
			"[labbook] run 1: 1 hit; 0 misses\n",
		},
		{"nothing happened", func(h *history) {}, "[labbook] run 1: 0 hits; 0 misses\n"},
	} {
		t.Run(test.reason, func(t *testing.T) {
			t.Parallel()
			h := newHistory(t)
			test.calls(h)
			run := int64(1)
			if len(h.calls) > 0 {
				run = h.calls[len(h.calls)-1].ID.Run
			}
			if diff := cmp.Diff(test.want, summarise(t, h, run)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestSummariseListsTheCostliest(t *testing.T) {
	t.Parallel()
	h := newHistory(t)
	for i := range 20 {
		h.compute(fmt.Sprintf("1.%d", i+1), called(fmt.Sprintf("lab/model.Train%d", i)), arg("x", i), took(time.Duration(i+1)*time.Second), that(func(c *record.Call) {
			c.Reason, c.Detail = record.Corrupt, fmt.Sprint("a cause of its own: ", i)
		}))
	}
	got := summarise(t, h, 1)
	if !strings.Contains(got, "[labbook]   1.20  ") || !strings.HasSuffix(got, "[labbook]   and 12 more: labbook why-miss\n") || strings.Contains(got, "[labbook]   1.12  ") {
		t.Errorf("of 20 near-hits it lists:\n%s", got)
	}
}

// The names that a program gives reach the terminal that it runs in.
func TestSummariseIsHarmless(t *testing.T) {
	t.Parallel()
	h := newHistory(t)
	hostile := func(_ *history, c *record.CallDetail) {
		c.Function, c.Code.Name = "m.\x1b[2J", "m.\x1b[2J"
		c.Reason, c.Detail = record.Corrupt, "\x1b[2J\n\rgone"
	}
	h.compute("1.1", arg("x", 1), hostile)
	if got := summarise(t, h, 1); strings.ContainsAny(got, "\x1b\r") || strings.Count(got, "\n") != 5 {
		t.Errorf("printed: %q", got)
	}
}

func TestSummariseSaysWhatWentWrong(t *testing.T) {
	t.Parallel()
	book := create(t)
	var b strings.Builder
	whymiss.Summarise(t.Context(), book, 9, &b)
	if want := "labbook: explain the misses of run 9: run 9: there is no such run in the lab-book\n"; b.String() != want {
		t.Errorf("printed %q, want %q", b.String(), want)
	}
	ctx, cancel := context.WithDeadline(t.Context(), time.Now())
	defer cancel()
	b.Reset()
	whymiss.Summarise(ctx, book, 9, &b)
	if b.String() != "" {
		t.Errorf("with no time left it printed %q, want nothing", b.String())
	}
}

func TestMisses(t *testing.T) {
	t.Parallel()
	h := newHistory(t)
	h.compute("1.1", arg("x", 1), took(time.Hour))
	h.compute("2.1", arg("x", 2), took(time.Second))
	h.compute("2.2", arg("x", 3), took(time.Minute), outcome(record.Error))
	h.compute("2.3", arg("x", 2), took(0), outcome(record.Hit))
	h.compute("2.4", arg("x", 4), took(2*time.Second), outcome(record.Bypass))
	h.compute("2.5", arg("x", 5), took(0), outcome(record.Running))
	for count, want := range map[int][]string{10: {"2.2", "2.4", "2.1", "2.5"}, 2: {"2.2", "2.4"}} {
		misses, err := whymiss.Misses(t.Context(), h, 2, count)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, e := range misses {
			got = append(got, e.Call.String())
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("at most %d (-want +got):\n%s", count, diff)
		}
	}
	for _, method := range []string{"Calls", "ComputedBefore"} {
		h.fail = map[string]error{method: errFull}
		if _, err := whymiss.Misses(t.Context(), h, 2, 10); !errors.Is(err, errFull) {
			t.Errorf("%s fails, but Misses = %v", method, err)
		}
	}
}

// What was computed besides hits, to verify them, is no miss, and does not take the
// place of one among the costliest.
func TestMissesOfAVerifiedRun(t *testing.T) {
	t.Parallel()
	h := newHistory(t)
	verifies := that(func(c *record.Call) { c.Reason = record.Verified })
	for i := range 5 {
		h.compute(fmt.Sprintf("2.%d", i+1), arg("x", i), took(time.Hour), outcome(record.Bypass), verifies)
	}
	h.compute("2.6", arg("x", 6), took(time.Second))
	h.compute("2.7", arg("x", 7), took(time.Minute))
	run := record.Run{ID: 2, Counts: record.Counts{Misses: 2, Bypasses: 5}}
	for _, test := range []struct{ count, explained int }{{1, 1}, {2, 2}, {3, 2}, {100, 2}} {
		report, err := whymiss.ExplainRun(t.Context(), h, &run, test.count)
		if err != nil {
			t.Fatal(err)
		}
		if len(report.Misses) != test.explained || report.Misses[0].Call != h.id("2.7") || report.All != 2 {
			t.Errorf("of %d at most, %d of %d are explained, the first of them %s", test.count, len(report.Misses), report.All, report.Misses[0].Call)
		}
	}
}

// Who asks again asks only for what is new.
func TestRemember(t *testing.T) {
	t.Parallel()
	h := newHistory(t)
	h.compute("1.1", arg("x", 1))
	h.compute("2.1", arg("x", 2))
	h.compute("2.2", arg("x", 3), outcome(record.Running))
	remembering := whymiss.Remember(h)
	ask := func() (calls int) {
		h.asked = nil
		if _, err := whymiss.Misses(t.Context(), remembering, 2, 10); err != nil {
			t.Fatal(err)
		}
		for _, method := range h.asked {
			if method == "Call" {
				calls++
			}
		}
		return calls
	}
	if first, second := ask(), ask(); first != 2 || second != 1 {
		t.Errorf("it asks for %d calls, then for %d; want 2, and the one that is not over", first, second)
	}
	h.calls[2].Outcome = record.Miss
	if third, fourth := ask(), ask(); third != 1 || fourth != 0 {
		t.Errorf("when that is over it asks for %d calls, then for %d; want 1 and none", third, fourth)
	}
}

// A panicking is a lab-book that some read crashes on.
type panicking struct{ *history }

func (panicking) Snapshot(context.Context, string) ([]byte, error) { panic("no such thing") }

// A program that explains its misses at its end does not die of it.
func TestMissesSurviveAPanic(t *testing.T) {
	t.Parallel()
	h := newHistory(t)
	h.compute("1.1", arg("x", 1))
	h.compute("2.1", arg("x", 2))
	if _, err := whymiss.Misses(t.Context(), panicking{h}, 2, 10); err == nil || !strings.Contains(err.Error(), "explain call 2.1: panic: no such thing\n") {
		t.Errorf("it returns %v", err)
	}
}

func TestNearHit(t *testing.T) {
	t.Parallel()
	differing := func(kinds ...diffargs.Kind) (list []whymiss.Difference) {
		for _, kind := range kinds {
			list = append(list, whymiss.Difference{Kind: kind})
		}
		return list
	}
	for _, test := range []struct {
		kind        record.ReasonKind
		differences []whymiss.Difference
		want        bool
	}{
		{record.FirstCall, nil, false},
		{record.Bypassed, nil, false},
		{record.CodeChanged, differing(diffargs.FloatNoise), false},
		{record.DependencyChanged, nil, false},
		{record.ToolchainChanged, nil, false},
		{record.OptionChanged, nil, false},
		{record.ArgumentChanged, nil, false},
		{record.ArgumentChanged, differing(diffargs.FloatNoise, diffargs.NegativeZero, diffargs.TimeZone, diffargs.NilVsEmpty, diffargs.DType, diffargs.Order, diffargs.Float32, diffargs.Case, diffargs.Whitespace), true},
		{record.ArgumentChanged, differing(diffargs.FloatNoise, diffargs.Value), false},
		{record.ArgumentChanged, differing(diffargs.NaN), false},
		{record.Evicted, nil, true},
		{record.Expired, nil, true},
		{record.Corrupt, nil, true},
		{record.StoreFailed, nil, true},
		{record.Raced, nil, true},
	} {
		e := whymiss.Explanation{Reason: whymiss.Reason{Kind: test.kind}, Differences: test.differences}
		if got := e.NearHit(); got != test.want {
			t.Errorf("%s with %v is a near-hit: %v, want %v", test.kind, test.differences, got, test.want)
		}
	}
}
