package whymiss_test

import (
	"strings"
	"testing"
	"time"

	"labbook/cache/whymiss"
	"labbook/diffargs"
	"labbook/runlog/record"
)

func explanation(call int64, outcome record.Outcome, path string, lost float64) whymiss.Explanation {
	return whymiss.Explanation{
		Call: record.CallID{Run: 2, Call: call}, Function: "lab/m.train", Outcome: outcome, LostSeconds: lost,
		Reason:      whymiss.Reason{Kind: record.ArgumentChanged, Summary: "x changed"},
		Differences: []whymiss.Difference{{Part: "x", Path: path, Kind: diffargs.Value}},
	}
}

func TestGroupTitles(t *testing.T) {
	t.Parallel()
	groups := whymiss.Groups([]whymiss.Explanation{
		explanation(1, record.Miss, "x", 2),
		explanation(2, record.Miss, "x[3]", 1),
		explanation(3, record.Miss, "x", 1),
		explanation(4, record.Running, "x", 0),
		explanation(5, record.Running, "x", 0),
	})
	var titles []string
	for i := range groups {
		var b strings.Builder
		if err := groups[i].Text(&b, time.Now()); err != nil {
			t.Fatal(err)
		}
		title, _, _ := strings.Cut(b.String(), "\n")
		titles = append(titles, title)
	}
	want := []string{
		"2.1  m.train  and 1 call like it, computed in 3.0 s together",
		"2.2  m.train  computed in 1.0 s",
		"2.4  m.train  and 1 call like it, not ended: cut short, or still at it",
	}
	if got := strings.Join(titles, "\n"); got != strings.Join(want, "\n") {
		t.Errorf("titles:\n%s\nwant:\n%s", got, strings.Join(want, "\n"))
	}
}
