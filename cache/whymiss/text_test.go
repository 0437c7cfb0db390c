package whymiss_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"labbook/cache/whymiss"
	"labbook/diffargs"
	"labbook/runlog/record"
)

func sample() whymiss.Explanation {
	return whymiss.Explanation{
		Call: record.CallID{Run: 12, Call: 57}, Function: train, Outcome: record.Miss,
		Reason: whymiss.Reason{Kind: record.ArgumentChanged, Summary: "argument x is the same but for float noise"},
		Also:   []whymiss.Reason{}, Upstream: []whymiss.Upstream{},
		Nearest: &whymiss.Nearest{Call: record.CallID{Run: 11, Call: 3}, Run: 11, When: epoch, Equal: 2, Of: 3, Result: whymiss.ResultEqual},
		Differences: []whymiss.Difference{
			{Part: "x", Path: "x[2]", Kind: diffargs.FloatNoise, Before: "0.3", After: "0.30000000000000004", Detail: "1 ulp"},
		},
		Remedies: []whymiss.Remedy{{
			Advice: "round x", Code: "x[2] = math.Round(x[2]*1e12) / 1e12", Caveat: "it rounds",
			WouldHit: 3, SavedSeconds: 4.5, Evidence: "would have hit in 3 of 5 recorded misses, which took 4.5 s",
		}},
		Remedy: "round x (it rounds)", LostSeconds: 1.5,
	}
}

// The keys of the JSON form and their order are a contract.
func TestJSON(t *testing.T) {
	t.Parallel()
	nothing := whymiss.Explanation{
		Call: record.CallID{Run: 1, Call: 1}, Function: "f", Outcome: record.Error,
		Reason: whymiss.Reason{Kind: record.FirstCall, Summary: "it is the first"},
		Also:   []whymiss.Reason{}, Upstream: []whymiss.Upstream{}, Differences: []whymiss.Difference{}, Remedies: []whymiss.Remedy{},
	}
	for _, test := range []struct {
		reason      string
		explanation whymiss.Explanation
		want        string
	}{
		{"everything", sample(), `{
  "call": "12.57",
  "function": "example.com/lab/model.Train",
  "outcome": "miss",
  "reason": {
    "kind": "argument-changed",
    "summary": "argument x is the same but for float noise"
  },
  "also": [],
  "upstream": [],
  "nearest": {
    "call": "11.3",
    "run": 11,
    "when": "2023-11-14T22:13:20Z",
    "equal_arguments": 2,
    "arguments": 3,
    "result": "equal"
  },
  "differences": [
    {
      "part": "x",
      "path": "x[2]",
      "kind": "float-noise",
      "before": "0.3",
      "after": "0.30000000000000004",
      "detail": "1 ulp"
    }
  ],
  "remedies": [
    {
      "advice": "round x",
      "code": "x[2] = math.Round(x[2]*1e12) / 1e12",
      "caveat": "it rounds",
      "would_hit": 3,
      "saved_seconds": 4.5,
      "evidence": "would have hit in 3 of 5 recorded misses, which took 4.5 s"
    }
  ],
  "remedy": "round x (it rounds)",
  "lost_seconds": 1.5
}`},
		{"nothing to compare with", nothing, `{
  "call": "1.1",
  "function": "f",
  "outcome": "error",
  "reason": {
    "kind": "first-call",
    "summary": "it is the first"
  },
  "also": [],
  "upstream": [],
  "nearest": null,
  "differences": [],
  "remedies": [],
  "remedy": "",
  "lost_seconds": 0
}`},
	} {
		got, err := json.MarshalIndent(test.explanation, "", "  ")
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(test.want, string(got)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.reason, diff)
		}
	}
}

func text(t *testing.T, e *whymiss.Explanation) string {
	t.Helper()
	var b strings.Builder
	p := whymiss.Printer{Now: epoch.Add(2 * time.Hour)}
	if err := p.Explanation(&b, e); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestText(t *testing.T) {
	t.Parallel()
	e := sample()
	want := `12.57  model.Train  computed in 1.5 s
  why      argument-changed: argument x is the same but for float noise
  nearest  11.3, 2 h ago; 2 of 3 arguments are equal; its result was equal
  x[2]  float-noise  0.3 → 0.30000000000000004  (1 ulp)
  remedy   round x (it rounds)
           would have hit in 3 of 5 recorded misses, which took 4.5 s
               x[2] = math.Round(x[2]*1e12) / 1e12
           keys change with that: the next run may compute such calls once more, later ones hit
`
	if diff := cmp.Diff(want, text(t, &e)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}

	e.Nearest, e.Remedies = nil, nil
	e.Also = []whymiss.Reason{{Kind: record.OptionChanged, Summary: "an option changed"}}
	e.Differences = []whymiss.Difference{
		{Path: "a", Kind: diffargs.Added, After: "1"},
		{Path: "b", Kind: diffargs.Removed, Before: "2"},
		{
			Path: "code: model.step", Kind: diffargs.Value, Before: "a", After: "b", Where: "model.go:12", Chain: []string{"model.Train", "model.step"},
			Detail: "@@ -12,2 +12,2 @@\n func step() {\n-\ta\n+\tb",
		},
		{Path: "code: model.new", Kind: diffargs.Renamed, Before: "model.old", After: "model.new"},
	}
	want = `12.57  model.Train  computed in 1.5 s
  why      argument-changed: argument x is the same but for float noise
  also     option-changed: an option changed
  a  added  + 1
  b  removed  - 2
  code: model.step  value  model.go:12
      reached by model.Train → model.step
      @@ -12,2 +12,2 @@
       func step() {
      -    a
      +    b
  code: model.new  renamed  model.old → model.new
`
	if diff := cmp.Diff(want, text(t, &e)); diff != "" {
		t.Errorf("what is not there takes no room (-want +got):\n%s", diff)
	}
}

// In colours the text is the same but for these.
func TestTextInColors(t *testing.T) {
	t.Parallel()
	e := sample()
	e.Differences = append(e.Differences, whymiss.Difference{Path: "code: f", Kind: diffargs.Value, Detail: "@@ -1 +1 @@\n-a\n+b"})
	var b strings.Builder
	p := whymiss.Printer{Now: epoch.Add(2 * time.Hour), Color: true}
	if err := p.Explanation(&b, &e); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"\x1b[31m0.3\x1b[m → \x1b[32m0.30000000000000004\x1b[m", "\x1b[31m-a\x1b[m\n", "\x1b[32m+b\x1b[m\n", "\x1b[2m@@ -1 +1 @@\x1b[m\n"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("it lacks %q:\n%q", want, b.String())
		}
	}
	uncolored := regexp.MustCompile("\x1b\\[[0-9]*m").ReplaceAllString(b.String(), "")
	if diff := cmp.Diff(text(t, &e), uncolored); diff != "" {
		t.Errorf("(-plain +coloured):\n%s", diff)
	}
}

// A long diff of code does not push everything else off the screen.
func TestLongDiffsAreCutShort(t *testing.T) {
	t.Parallel()
	e := sample()
	e.Differences = []whymiss.Difference{{Path: "code: f", Kind: diffargs.Added, Detail: strings.Repeat("+x\n", 500)}}
	if got := text(t, &e); strings.Count(got, "+x") > 100 || !strings.Contains(got, "the rest is in --json") {
		t.Errorf("%d lines of a diff of 500", strings.Count(got, "+x"))
	}
}

func TestTextIsCutShort(t *testing.T) {
	t.Parallel()
	e := sample()
	for i := range 30 {
		e.Differences = append(e.Differences, whymiss.Difference{Path: fmt.Sprintf("y[%d]", i), Kind: diffargs.Value})
	}
	got := text(t, &e)
	if want := "  y[10]  value\n  … and 19 differences more\n  remedy   round x (it rounds)\n"; !strings.Contains(got, want) || strings.Contains(got, "y[11]") {
		t.Errorf("the text ends:\n%s\nwant:\n%s", got[max(0, len(got)-200):], want)
	}
}

// Whatever a lab-book holds, it cannot move the cursor of who reads it, nor
// make lines of its own.
func TestTextIsHarmless(t *testing.T) {
	t.Parallel()
	const hostile = "\x1b[2J\x07\r\u202e\u009b31m\xff"
	e := sample()
	e.Function = hostile
	e.Also = []whymiss.Reason{{Kind: hostile, Summary: hostile + "\n"}}
	e.Remedies = []whymiss.Remedy{{Advice: hostile + "\n", Code: hostile + "\n" + hostile, Caveat: hostile + "\n", Evidence: hostile + "\n"}}
	e.Upstream = []whymiss.Upstream{{Argument: hostile + "\n", Path: hostile, Function: hostile + "\n", Reason: whymiss.Reason{Kind: hostile, Summary: hostile + "\n"}}}
	e.Reason = whymiss.Reason{Kind: hostile, Summary: hostile + "\n"}
	e.Differences = []whymiss.Difference{{Part: hostile, Path: hostile + "\n", Kind: hostile, Before: hostile + "\n", After: "2" + hostile + "\n", Where: hostile + "\n", Chain: []string{hostile + "\n"}, Detail: hostile + "\n" + hostile}}
	got := text(t, &e)
	for _, bad := range []string{"\x1b", "\x07", "\r", "\u202e", "\u009b", "\xff"} {
		if strings.Contains(got, bad) {
			t.Errorf("%q went through:\n%q", bad, got)
		}
	}
	if lines := strings.Count(got, "\n"); lines != 14 {
		t.Errorf("%d lines, want 14:\n%q", lines, got)
	}
}

type fullDisk struct{}

var errFull = errors.New("full")

func (fullDisk) Write([]byte) (int, error) { return 0, errFull }

func TestTextReturnsTheWritersError(t *testing.T) {
	t.Parallel()
	e := sample()
	p := whymiss.Printer{Now: epoch}
	if err := p.Explanation(fullDisk{}, &e); !errors.Is(err, errFull) {
		t.Errorf("printing an explanation = %v, want %v", err, errFull)
	}
	if err := p.RootCause(fullDisk{}, &whymiss.RootCause{Example: e}); !errors.Is(err, errFull) {
		t.Errorf("printing a cause = %v, want %v", err, errFull)
	}
}

// Beginnings that are equal are shown once.
func TestTextOfEqualBeginnings(t *testing.T) {
	t.Parallel()
	e := sample()
	e.Differences = []whymiss.Difference{{Part: "x", Path: "x", Kind: diffargs.Value, Before: "[]int[9] 1 2…", After: "[]int[9] 1 2…"}}
	if got, want := text(t, &e), "  x  value  both begin []int[9] 1 2…\n"; !strings.Contains(got, want) {
		t.Errorf("it lacks %q:\n%s", want, got)
	}
}
