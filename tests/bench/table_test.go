package main

import (
	"context"
	"errors"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestVerdicts(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		why    string
		result result
		want   verdict
	}{
		{"at the budget is within it", result{Ours: 10, Budget: 10}, met},
		{"nothing excuses what has no limit", result{Ours: 11, Budget: 10}, missed},
		{"the machine is slower than that of the budget", result{Ours: 30, Limit: 16, Budget: 10, BudgetLimit: 2}, metAsRatio},
		{"slower than the machine explains", result{Ours: 33, Limit: 16, Budget: 10, BudgetLimit: 2}, missed},
		{"no ratio belongs to the budget", result{Ours: 11, Limit: 11, Budget: 10}, missed},
		{"quick at the cost of size", result{Ours: 1, Budget: 10, Size: 101, JoblibSize: 100}, tooLarge},
		{"nobody knows joblib's size", result{Ours: 1, Budget: 10, Size: 101}, met},
	} {
		row.result.judge()
		if row.result.Met != row.want {
			t.Errorf("%s: %+v, want %s", row.why, row.result, row.want)
		}
	}
}

func TestTable(t *testing.T) {
	t.Parallel()
	r := result{
		Name: "hit", joblib: "hit", Limit: 2300 * time.Nanosecond, LimitIs: "read",
		Ours: 4600 * time.Nanosecond, Budget: 5 * time.Microsecond,
	}
	if err := r.takeIn([]byte(`{"row": "hit", "seconds": 0.00011, "bytes": 0}`)); err != nil {
		t.Fatal(err)
	}
	want := []string{"hit", "110 µs", "2.30 µs", "4.60 µs", "5.00 µs", "× 2.00", "× 23.9", "yes", "read"}
	if diff := cmp.Diff(want, r.cells()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	for _, line := range []string{"", "no JSON", `{"row": "miss", "seconds": 1}`, `{"row": "hit"}`} {
		if err := r.takeIn([]byte(line)); err == nil {
			t.Errorf("%q is taken for a measurement", line)
		}
	}
}

func TestMedian(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		samples []time.Duration
		want    time.Duration
	}{{[]time.Duration{3}, 3}, {[]time.Duration{9, 1, 2}, 2}, {[]time.Duration{4, 1, 3, 2}, 3}} {
		if got := median(row.samples); got != row.want {
			t.Errorf("the median of %v is %v, want %v", row.samples, got, row.want)
		}
	}
}

// TestEveryRow measures all rows once, small, so that none is found broken only
// when somebody wants to know.
func TestEveryRow(t *testing.T) { //nolint:paralleltest // the rows measure, one at a time
	set := settings{rows: regexp.MustCompile(""), rounds: 1, dump: 2, entries: 1_000, dir: t.TempDir(), small: true}
	l, err := newLab(set)
	if err != nil {
		t.Fatal(err)
	}
	l.quiet = true
	names := map[string]bool{}
	for _, r := range selected(set) {
		got, err := l.measure(r)
		if err != nil {
			t.Errorf("%s: %v", r.name, err)
		}
		if got.Ours <= 0 || got.Met == "" || names[r.name] || r.joblib != "" && !strings.Contains(joblibScript, `"`+r.joblib+`":`) {
			t.Errorf("%s: no time, no verdict, a name that is taken, or a job that joblib.py does not know: %+v", r.name, got)
		}
		names[r.name] = true
	}
}

// TestJoblib is about the script, where there is a Python to run it.
func TestJoblib(t *testing.T) {
	t.Parallel()
	l, err := newLab(settings{rounds: 1, dump: 1, entries: 1_000, dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	l.quiet = true
	py := l.findPython(t.Context())
	if py == nil {
		t.Skip("no python3 here has joblib and numpy")
	}
	for _, job := range []string{"digest-tuple", "hit", "contains", "dump"} {
		r := result{joblib: job, Ours: 1}
		if err := l.measureJoblib(t.Context(), py, &r); err != nil || r.Joblib <= 0 {
			t.Errorf("%s: %v, %v", job, r.Joblib, err)
		}
	}
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(errors.New("enough"))
	if results, err := l.measureAll(ctx, py, rows(l.settings)); len(results) > 0 || err == nil || err.Error() != "enough" {
		t.Errorf("an interrupted run has %d results, %v", len(results), err)
	}
	if left, err := os.ReadDir(l.dir); err != nil || len(left) > 0 {
		t.Errorf("joblib left %v, %v", left, err)
	}
}
