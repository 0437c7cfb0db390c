package whymiss_test

import (
	"encoding/json"
	"errors"
	"fmt"
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
		Reason:  whymiss.Reason{Kind: record.ArgumentChanged, Summary: "argument x is the same but for float noise"},
		Nearest: &whymiss.Nearest{Call: record.CallID{Run: 11, Call: 3}, Run: 11, When: epoch},
		Differences: []whymiss.Difference{
			{Part: "x", Path: "x[2]", Kind: diffargs.FloatNoise, Before: "0.3", After: "0.30000000000000004", Detail: "1 ulp"},
		},
		Remedy: "round x", LostSeconds: 1.5,
	}
}

// The keys of the JSON form and their order are a contract.
func TestJSON(t *testing.T) {
	t.Parallel()
	nothing := whymiss.Explanation{
		Call: record.CallID{Run: 1, Call: 1}, Function: "f", Outcome: record.Error,
		Reason: whymiss.Reason{Kind: record.FirstCall, Summary: "it is the first"}, Differences: []whymiss.Difference{},
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
  "nearest": {
    "call": "11.3",
    "run": 11,
    "when": "2023-11-14T22:13:20Z"
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
  "remedy": "round x",
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
  "nearest": null,
  "differences": [],
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
	if err := e.Text(&b, epoch.Add(2*time.Hour)); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestText(t *testing.T) {
	t.Parallel()
	e := sample()
	want := `12.57  model.Train  computed in 1.5 s
  why      argument-changed: argument x is the same but for float noise
  nearest  11.3, 2 h ago
  x[2]  float-noise  0.3 → 0.30000000000000004
      1 ulp
  remedy   round x
`
	if diff := cmp.Diff(want, text(t, &e)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}

	e.Nearest, e.Remedy = nil, ""
	e.Differences = []whymiss.Difference{
		{Path: "a", Kind: diffargs.Added, After: "1"},
		{Path: "b", Kind: diffargs.Removed, Before: "2"},
		{Path: "code: model.step", Kind: diffargs.Value, Detail: "  func step() {\n- \ta\n+ \tb"},
	}
	want = `12.57  model.Train  computed in 1.5 s
  why      argument-changed: argument x is the same but for float noise
  a  added  + 1
  b  removed  - 2
  code: model.step  value
        func step() {
      -     a
      +     b
`
	if diff := cmp.Diff(want, text(t, &e)); diff != "" {
		t.Errorf("what is not there takes no room (-want +got):\n%s", diff)
	}
}

func TestTextIsCutShort(t *testing.T) {
	t.Parallel()
	e := sample()
	for i := range 30 {
		e.Differences = append(e.Differences, whymiss.Difference{Path: fmt.Sprintf("y[%d]", i), Kind: diffargs.Value})
	}
	got := text(t, &e)
	if want := "  y[10]  value\n  … and 19 differences more\n  remedy   round x\n"; !strings.HasSuffix(got, want) || strings.Contains(got, "y[11]") {
		t.Errorf("the text ends:\n%s\nwant:\n%s", got[max(0, len(got)-200):], want)
	}
}

// Whatever a lab-book holds, it cannot move the cursor of who reads it, nor
// make lines of its own.
func TestTextIsHarmless(t *testing.T) {
	t.Parallel()
	const hostile = "\x1b[2J\x07\r\u202e\u009b31m\xff"
	e := sample()
	e.Function, e.Remedy = hostile, hostile
	e.Reason = whymiss.Reason{Kind: hostile, Summary: hostile + "\n"}
	e.Differences = []whymiss.Difference{{Part: hostile, Path: hostile + "\n", Kind: hostile, Before: hostile + "\n", After: hostile + "\n", Detail: hostile + "\n" + hostile}}
	got := text(t, &e)
	for _, bad := range []string{"\x1b", "\x07", "\r", "\u202e", "\u009b", "\xff"} {
		if strings.Contains(got, bad) {
			t.Errorf("%q went through:\n%q", bad, got)
		}
	}
	if lines := strings.Count(got, "\n"); lines != 7 {
		t.Errorf("%d lines, want 7:\n%q", lines, got)
	}
}

type fullDisk struct{}

var errFull = errors.New("full")

func (fullDisk) Write([]byte) (int, error) { return 0, errFull }

func TestTextReturnsTheWritersError(t *testing.T) {
	t.Parallel()
	e := sample()
	if err := e.Text(fullDisk{}, epoch); !errors.Is(err, errFull) {
		t.Errorf("Text = %v, want %v", err, errFull)
	}
}

func TestGroups(t *testing.T) {
	t.Parallel()
	explanations := make([]whymiss.Explanation, 0, 20)
	for i := range 17 {
		e := sample()
		e.Call.Call = int64(i + 1)
		e.Nearest = &whymiss.Nearest{Call: record.CallID{Run: 1, Call: int64(i + 1)}} // another for each
		explanations = append(explanations, e)
	}
	different := map[string]func(e *whymiss.Explanation){
		"function":    func(e *whymiss.Explanation) { e.Function = "other" },
		"outcome":     func(e *whymiss.Explanation) { e.Outcome = record.Error },
		"reason":      func(e *whymiss.Explanation) { e.Reason.Summary = "other" },
		"differences": func(e *whymiss.Explanation) { e.Differences = append(e.Differences, whymiss.Difference{}) },
	}
	for what, change := range different {
		e := sample()
		e.Call.Call = 99
		change(&e)
		groups := whymiss.Groups(append(explanations[:2:2], e))
		if len(groups) != 2 || groups[1].First.Call != e.Call {
			t.Errorf("another %s, and still %d groups", what, len(groups))
		}
	}
	groups := whymiss.Groups(explanations)
	if len(groups) != 1 || groups[0].First.Call.Call != 1 || len(groups[0].Also) != 16 || groups[0].Lost != 17*1500*time.Millisecond {
		t.Fatalf("groups: %+v", groups)
	}
	var b strings.Builder
	if err := groups[0].Text(&b, epoch); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"12.1  model.Train  and 16 calls like it, computed in 26 s together\n",
		"  also     12.2, 12.3, 12.4, 12.5, 12.6, 12.7, 12.8, 12.9, 12.10, 12.11, 12.12, 12.13 and 4 more\n",
	} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("it lacks %q:\n%s", want, b.String())
		}
	}
	if groups := whymiss.Groups(nil); len(groups) != 0 {
		t.Errorf("groups of nothing: %+v", groups)
	}
}
