package whymiss

import (
	"context"
	"fmt"
	"runtime"
	"runtime/debug"
	"sync"
	"sync/atomic"

	"labbook/runlog/record"
)

// A RunReport says why a run computed what it did. Its JSON form is what
// `labbook why-miss --run RUN --json` prints.
type RunReport struct {
	Run    int64         `json:"run"`
	All    int64         `json:"all"`    // misses, also those that were not looked at, but none that verified a result
	Causes []RootCause   `json:"causes"` // of those that were, the costliest first
	Misses []Explanation `json:"misses"` // these, the costliest first
}

// ExplainRun explains the misses of a run, at most count of them, and brings
// them together by cause. It takes some milliseconds for each miss. If ctx ends,
// the report is of those that were explained by then, and comes with the error.
func ExplainRun(ctx context.Context, h History, run *record.Run, count int) (RunReport, error) {
	report := RunReport{Run: run.ID, Causes: []RootCause{}, Misses: []Explanation{}}
	misses, all, err := explainAll(ctx, h, run, count)
	report.All = all
	report.Misses = append(report.Misses, misses...)
	report.Causes = append(report.Causes, RootCauses(misses)...)
	return report, err
}

// Misses explains the misses of a run, costliest first, at most count of them;
// calls that failed, that went past the cache, or that have not ended count. It
// asks h from several goroutines at once. If ctx ends, it returns what it has,
// with the error.
func Misses(ctx context.Context, h History, run int64, count int) ([]Explanation, error) {
	calls, _, err := costliest(ctx, h, run, count)
	if err != nil {
		return nil, err
	}
	return explainEach(ctx, h, calls)
}

// explainAll is Misses, and says how many there are in all.
func explainAll(ctx context.Context, h History, run *record.Run, count int) (misses []Explanation, all int64, err error) {
	c := &run.Counts
	all = c.Misses + c.Errors + c.Bypasses + c.Running
	calls, verified, err := costliest(ctx, h, run.ID, count)
	if err != nil {
		return nil, all, err
	}
	if all -= verified; len(calls) < count {
		all = int64(len(calls))
	}
	misses, err = explainEach(ctx, h, calls)
	return misses, all, err
}

// costliest lists the misses of a run, at most count. Calls that computed a result
// besides a hit, to verify it, are none; it says how many of them it came by.
func costliest(ctx context.Context, h History, run int64, count int) (calls []record.Call, verified int64, err error) {
	query := record.CallQuery{
		Filter: record.Filter{Run: run, Outcomes: []record.Outcome{record.Miss, record.Error, record.Bypass, record.Running}},
		Order:  record.ByDuration,
	}
	for len(calls) < count {
		query.Limit = count - len(calls)
		page, err := h.Calls(ctx, query)
		if err != nil {
			return nil, 0, err
		}
		for i := range page {
			if page[i].Reason == record.Verified {
				verified++
			} else {
				calls = append(calls, page[i])
			}
		}
		if len(page) < query.Limit {
			break
		}
		last := &page[len(page)-1]
		query.After, query.AfterDuration = last.ID, last.Duration
	}
	return calls, verified, nil
}

// explainEach explains calls, at once as many as there are cores.
func explainEach(ctx context.Context, h History, calls []record.Call) ([]Explanation, error) {
	m := remember(h)
	list, errs := make([]Explanation, len(calls)), make([]error, len(calls))
	var next atomic.Int64
	var isFailed atomic.Bool
	var group sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), len(calls)) {
		group.Go(func() {
			for i := int(next.Add(1)) - 1; i < len(calls) && !isFailed.Load(); i = int(next.Add(1)) - 1 {
				if list[i], errs[i] = m.explain(ctx, &calls[i]); errs[i] != nil {
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

// explainGuarded is Explain, but a panic is an error: a program asks at its end,
// which must end as it would have.
func explainGuarded(ctx context.Context, h History, id record.CallID) (e Explanation, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("explain call %s: panic: %v\n%s", id, p, debug.Stack())
		}
	}()
	return Explain(ctx, h, id)
}

func firstError(errs []error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
