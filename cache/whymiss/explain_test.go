package whymiss_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"labbook/cache/whymiss"
	"labbook/runlog/record"
)

// explain explains a call that is there.
func explain(t *testing.T, h *history, id string) whymiss.Explanation {
	t.Helper()
	e, err := whymiss.Explain(t.Context(), h, h.id(id))
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func TestExplainWhatWasCertain(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		reason  string
		kind    record.ReasonKind
		detail  string
		outcome record.Outcome
		want    whymiss.Reason
		remedy  string // a piece of it; "" for none
	}{
		{"a damaged entry", record.Corrupt, "checksum", record.Miss, whymiss.Reason{Kind: record.Corrupt, Summary: "its stored result was damaged and has been computed again: checksum"}, "check the disk"},
		{"no detail", record.Corrupt, "", record.Miss, whymiss.Reason{Kind: record.Corrupt, Summary: "its stored result was damaged and has been computed again"}, "check the disk"},
		{"caching is off", record.Bypassed, "LABBOOK_CACHE=off", record.Bypass, whymiss.Reason{Kind: record.Bypassed, Summary: "caching was off: LABBOOK_CACHE=off"}, "switch caching on"},
		{"a bypass that says no more", "", "", record.Bypass, whymiss.Reason{Kind: record.Bypassed, Summary: "caching was off"}, "switch caching on"},
		{"an unreadable folder", record.StoreFailed, "permission denied", record.Miss, whymiss.Reason{Kind: record.StoreFailed, Summary: "its stored result could not be read: permission denied"}, "see to the error"},
		{"expired", record.Expired, "", record.Miss, whymiss.Reason{Kind: record.Expired, Summary: "its stored result had expired"}, "a longer age"},
		{"invalidated", record.Invalidated, "", record.Miss, whymiss.Reason{Kind: record.Invalidated, Summary: "its stored result was judged no longer valid"}, ""},
		{"evicted", record.Evicted, "", record.Miss, whymiss.Reason{Kind: record.Evicted, Summary: "its stored result had been evicted"}, "the result is stored again"},
		{"raced", record.Raced, "", record.Miss, whymiss.Reason{Kind: record.Raced, Summary: "an equal call was computing at the same time"}, ""},
		{"an entry of another version", record.KeyFormatChanged, "version 9", record.Miss, whymiss.Reason{Kind: record.KeyFormatChanged, Summary: "its stored result is in a newer format: version 9"}, ""},
		{"a reason that only a newer version knows", "moon-phase", "full", record.Miss, whymiss.Reason{Kind: "moon-phase", Summary: "moon-phase: full"}, ""},
		{"a failed call is explained like a miss", record.Expired, "", record.Error, whymiss.Reason{Kind: record.Expired, Summary: "its stored result had expired"}, "a longer age"},
	} {
		t.Run(test.reason, func(t *testing.T) {
			t.Parallel()
			h := newHistory(t)
			h.compute("1.1", arg("x", 1))
			h.compute("2.1", arg("x", 1), outcome(test.outcome), took(250*time.Millisecond), that(func(c *record.Call) {
				c.Reason, c.Detail = test.kind, test.detail
			}))
			got := explain(t, h, "2.1")
			want := whymiss.Explanation{
				Call: h.id("2.1"), Function: train, Outcome: test.outcome, Reason: test.want,
				Differences: []whymiss.Difference{}, Also: []whymiss.Reason{}, Upstream: []whymiss.Upstream{},
				Remedies: got.Remedies, Remedy: got.Remedy, LostSeconds: 0.25,
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			wantPiece(t, "remedy", got.Remedy, test.remedy)
			if diff := cmp.Diff([]string{"Call"}, h.asked); diff != "" {
				t.Errorf("what is certain was looked for elsewhere (-want +asked):\n%s", diff)
			}
		})
	}
}

// wantPiece checks that text has a piece, or is empty if that is.
func wantPiece(t *testing.T, what, text, piece string) {
	t.Helper()
	if !strings.Contains(text, piece) || piece == "" && text != "" {
		t.Errorf("%s: %q, want it to say %q", what, text, piece)
	}
}

func TestExplainTheSameCallBefore(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		reason  string
		before  []change
		summary string
		kind    record.ReasonKind
		remedy  string
	}{
		{
			"its entry is gone", nil,
			"call 1.1 computed and stored the same 1 m 00 s earlier, but no entry of it was in the cache folder: it was evicted or deleted, or stored in another folder", record.Evicted, "keep the cache folder",
		},
		{
			"it could not store its result",
			[]change{that(func(c *record.Call) { c.StoreError = "disk full" })},
			"call 1.1 computed the same but could not store its result: disk full", record.StoreFailed, "see to the error",
		},
		{
			"it failed",
			[]change{outcome(record.Error), that(func(c *record.Call) { c.Error = "no data" })},
			"the same call returned an error before (1.1: no data), and errors are not stored", record.StoreFailed, "see to the error",
		},
		{
			"it has not ended",
			[]change{outcome(record.Running), took(0)},
			"call 1.1 began to compute the same but has not ended: it was cut short, or is still at it", record.StoreFailed, "",
		},
		{
			"it ended after this one began",
			[]change{took(time.Hour)},
			"call 1.1 was computing the same at the same time and had not stored its result yet", record.Raced, "",
		},
		{
			"it ended in the moment in which this one began",
			[]change{took(time.Minute)},
			"call 1.1 computed and stored the same 1 m 00 s earlier, but no entry of it was in the cache folder: it was evicted or deleted, or stored in another folder", record.Evicted, "keep the cache folder",
		},
	} {
		t.Run(test.reason, func(t *testing.T) {
			t.Parallel()
			h := newHistory(t)
			h.compute("1.1", append([]change{arg("x", 1)}, test.before...)...)
			h.compute("2.1", arg("x", 1))
			h.calls[1].Started = h.calls[0].Started.Add(time.Minute)

			got := explain(t, h, "2.1")
			want := whymiss.Explanation{
				Call: h.id("2.1"), Function: train, Outcome: record.Miss,
				Reason:      whymiss.Reason{Kind: test.kind, Summary: test.summary},
				Nearest:     &whymiss.Nearest{Call: h.id("1.1"), Run: 1, When: epoch, Equal: 1, Of: 1},
				Differences: []whymiss.Difference{}, Also: []whymiss.Reason{}, Upstream: []whymiss.Upstream{},
				Remedies: got.Remedies, Remedy: got.Remedy, LostSeconds: 1,
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			wantPiece(t, "remedy", got.Remedy, test.remedy)
		})
	}
}

// What happened last is what counts: a call that failed says nothing if the result
// was there later.
func TestExplainAFailureBeforeAHit(t *testing.T) {
	t.Parallel()
	h := newHistory(t)
	h.compute("1.1", arg("x", 1), outcome(record.Error))
	h.compute("2.1", arg("x", 1), outcome(record.Hit))
	h.compute("3.1", arg("x", 1))
	e := explain(t, h, "3.1")
	if e.Reason.Kind != record.Evicted || e.Nearest.Call != h.id("2.1") {
		t.Errorf("it is explained by %+v and %+v", e.Reason, e.Nearest)
	}
}

// Each cause hides those that are asked for after it.
func TestExplainAsksInOrder(t *testing.T) {
	t.Parallel()
	h := newHistory(t)
	h.compute("1.1", arg("x", 1))
	h.compute("2.1", arg("x", 2))
	h.compute("3.1", arg("x", 1))
	h.compute("4.1", arg("x", 1), that(func(c *record.Call) { c.Reason = record.Corrupt }))

	for _, test := range []struct {
		id    string
		kind  record.ReasonKind
		asked []string
	}{
		{"1.1", record.FirstCall, []string{"Call", "ComputedBefore", "LoadedBefore", "Candidates", "CalledBefore"}},
		{"2.1", record.ArgumentChanged, []string{"Call", "ComputedBefore", "LoadedBefore", "Candidates", "Snapshot", "Snapshot", "Producers", "Ignoring"}},
		{"3.1", record.Evicted, []string{"Call", "ComputedBefore", "Cache", "Cache"}},
		{"4.1", record.Corrupt, []string{"Call"}},
	} {
		h.asked = nil
		if got := explain(t, h, test.id).Reason.Kind; got != test.kind {
			t.Errorf("%s is explained by %s, want %s", test.id, got, test.kind)
		}
		if diff := cmp.Diff(test.asked, h.asked); diff != "" {
			t.Errorf("%s (-want +asked):\n%s", test.id, diff)
		}
	}
}

func TestExplainFirstCall(t *testing.T) {
	t.Parallel()
	h := newHistory(t)
	h.compute("1.1", arg("x", 1), that(func(c *record.Call) { c.Function = "example.com/lab/model.Score" }))
	h.compute("1.2", arg("x", 2), outcome(record.Hit))
	h.compute("1.3", arg("x", 3))
	h.compute("1.4", arg("x", 4))
	want := whymiss.Explanation{
		Call: h.id("1.3"), Function: train, Outcome: record.Miss,
		Reason:      whymiss.Reason{Kind: record.FirstCall, Summary: "it is the first call of model.Train in this lab-book that computed a result to keep: those before it loaded theirs, or went past the cache"},
		Differences: []whymiss.Difference{}, Also: []whymiss.Reason{}, Upstream: []whymiss.Upstream{}, Remedies: []whymiss.Remedy{}, LostSeconds: 1,
	}
	if diff := cmp.Diff(want, explain(t, h, "1.3")); diff != "" {
		t.Errorf("calls of other functions, hits and later calls count (-want +got):\n%s", diff)
	}
}

func TestExplainHit(t *testing.T) {
	t.Parallel()
	h := newHistory(t)
	h.compute("1.1", outcome(record.Hit))
	h.compute("2.1", outcome(record.Hit), that(func(c *record.Call) { c.Origin = h.id("1.1") }))
	for id, want := range map[string]string{
		"1.1": "call 1.1 of model.Train was a hit: nothing was computed",
		"2.1": "call 2.1 of model.Train was a hit: nothing was computed; it loaded what call 1.1 had computed",
	} {
		_, err := whymiss.Explain(t.Context(), h, h.id(id))
		var hit *whymiss.HitError
		if !errors.As(err, &hit) || hit.Call.ID != h.id(id) || err.Error() != want {
			t.Errorf("Explain(%s) = %v, want a *HitError that says %q", id, err, want)
		}
	}
}

// An error of the lab-book is passed on, wherever it comes from.
func TestExplainPassesErrorsOn(t *testing.T) {
	t.Parallel()
	broken := errors.New("broken")
	for _, method := range []string{"Call", "ComputedBefore", "LoadedBefore", "Candidates", "Snapshot", "Sources", "Producers"} {
		h := newHistory(t)
		h.compute("1.1", arg("x", 1))
		h.compute("2.1", arg("x", 2), code("func Train() { more() }"))
		h.fail[method] = broken
		if _, err := whymiss.Explain(t.Context(), h, h.id("2.1")); !errors.Is(err, broken) {
			t.Errorf("%s fails, but Explain = %v", method, err)
		}
		if !slices.Contains(h.asked, method) {
			t.Errorf("%s was not asked", method)
		}
	}
	h := newHistory(t)
	h.compute("1.1")
	h.fail["CalledBefore"] = broken
	if _, err := whymiss.Explain(t.Context(), h, h.id("1.1")); !errors.Is(err, broken) {
		t.Errorf("CalledBefore fails, but Explain = %v", err)
	}
	if _, err := whymiss.Explain(t.Context(), h, record.CallID{Run: 9, Call: 9}); !errors.Is(err, errNoCall) {
		t.Errorf("Explain of an unknown call = %v, want %v", err, errNoCall)
	}
}

// What computed a result can be gone from the lab-book, or never have been there.
func TestExplainWhatWasLoaded(t *testing.T) {
	t.Parallel()
	h := newHistory(t)
	h.compute("1.1", arg("x", 1))
	h.compute("2.1", arg("x", 2), outcome(record.Hit))
	h.compute("2.2", arg("x", 3))
	h.compute("3.1", arg("x", 2))
	e := explain(t, h, "3.1")
	want := whymiss.Reason{Kind: record.Evicted, Summary: "call 2.1 loaded its result 2 m 00 s earlier, but no entry of it was in the cache folder: it was evicted or deleted, or stored in another folder"}
	if e.Reason != want || e.Nearest == nil || e.Nearest.Call != h.id("2.1") || e.Nearest.Equal != 1 || len(e.Differences) > 0 {
		t.Errorf("the explanation is %+v", e)
	}
	wantPiece(t, "remedy", e.Remedy, "keep the cache folder")
}
