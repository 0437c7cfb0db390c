package whymiss

import (
	"context"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"

	"labbook/runlog/record"
)

// A RunReport says why a run computed what it did. Its JSON form is what
// `labbook why-miss --run RUN --json` prints.
type RunReport struct {
	Run    int64         `json:"run"`
	All    int64         `json:"all"`    // misses, also those that were not looked at
	Causes []RootCause   `json:"causes"` // of those that were, the costliest first
	Misses []Explanation `json:"misses"` // these, the costliest first
}

// ExplainRun explains the misses of a run, at most count of them, and brings
// them together by cause. It takes some milliseconds for each miss. If ctx ends,
// the report is of those that were explained by then, and comes with the error.
func ExplainRun(ctx context.Context, h History, run *record.Run, count int) (RunReport, error) {
	report := RunReport{Run: run.ID, All: run.Counts.Misses + run.Counts.Errors + run.Counts.Bypasses + run.Counts.Running, Causes: []RootCause{}, Misses: []Explanation{}}
	verified, err := verifications(ctx, h, run)
	if err != nil {
		return report, err
	}
	report.All -= verified
	misses, err := missesBeside(ctx, h, run.ID, count, int(verified))
	report.Misses = append(report.Misses, misses...)
	report.Causes = append(report.Causes, RootCauses(misses)...)
	return report, err
}

// verifications counts the calls of a run that computed a stored result again, to
// compare the two: besides hits, so that they are no misses.
func verifications(ctx context.Context, h History, run *record.Run) (int64, error) {
	outcomes := []record.Outcome{record.Error, record.Bypass, record.Running}
	most := run.Counts.Errors + run.Counts.Bypasses + run.Counts.Running
	if most == 0 {
		return 0, nil
	}
	calls, err := h.Calls(ctx, record.CallQuery{
		Filter: record.Filter{Run: run.ID, Outcomes: outcomes, Reasons: []record.ReasonKind{record.Verified}}, Limit: int(most),
	})
	return int64(len(calls)), err
}

// Misses explains the misses of a run, costliest first, at most count of them;
// calls that failed, that went past the cache, or that have not ended count. It
// asks h from several goroutines at once. If ctx ends, it returns what it has,
// with the error.
func Misses(ctx context.Context, h History, run int64, count int) ([]Explanation, error) {
	return missesBeside(ctx, h, run, count, 0)
}

// missesBeside is Misses for a run of which that many calls are known to be
// verifications, which take nobody's place.
func missesBeside(ctx context.Context, h History, run int64, count, verified int) ([]Explanation, error) {
	query := record.CallQuery{
		Filter: record.Filter{Run: run, Outcomes: []record.Outcome{record.Miss, record.Error, record.Bypass, record.Running}},
		Order:  record.ByDuration, Limit: count + verified,
	}
	calls, err := h.Calls(ctx, query)
	if err != nil {
		return nil, err
	}
	calls = slices.DeleteFunc(calls, func(c record.Call) bool { return c.Reason == record.Verified })
	calls = calls[:min(len(calls), count)]
	h = remember(h)
	list, errs := make([]Explanation, len(calls)), make([]error, len(calls))
	var next atomic.Int64
	var isFailed atomic.Bool
	var group sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), len(calls)) {
		group.Go(func() {
			for i := int(next.Add(1)) - 1; i < len(calls) && !isFailed.Load(); i = int(next.Add(1)) - 1 {
				if list[i], errs[i] = Explain(ctx, h, calls[i].ID); errs[i] != nil {
					isFailed.Store(true)
				}
			}
		})
	}
	group.Wait()
	for i := range list {
		if errs[i] != nil {
			return list[:i], errs[i]
		}
		if list[i].Call.IsZero() { // nobody came to it, since one behind it failed
			return list[:i], firstError(errs)
		}
	}
	return list, nil
}

func firstError(errs []error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
