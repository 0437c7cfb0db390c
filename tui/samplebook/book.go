// Package samplebook is a lab-book in memory, for tests of the explorer and for
// pictures of it. It answers as a lab-book on disk does, in the same orders and
// pages, from what its fields hold.
package samplebook

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"

	"labbook/cache/whymiss"
	"labbook/runlog/record"
)

// Book is a lab-book in memory. Change it with Edit only, once it is in use.
type Book struct {
	mu      sync.Mutex
	version int64
	content Content
}

// Content is what a Book holds. Runs and calls may be in any order.
type Content struct {
	Runs         []record.RunDetail
	Calls        []record.CallDetail
	Batches      []record.Batch
	Tasks        map[int64]map[int64][]record.Task // by run and batch
	Outputs      map[int64][]record.Output         // by run, in order
	Explanations map[record.CallID]whymiss.Explanation

	// Rerun is called when a run is to be started again; nil does nothing.
	Rerun func(c *Content, run int64) error
}

// New returns a book of content.
func New(content Content) *Book { return &Book{version: 1, content: content} }

// Edit changes the content as one write, which readers see as a new version.
func (b *Book) Edit(change func(c *Content)) {
	b.mu.Lock()
	defer b.mu.Unlock()
	change(&b.content)
	b.version++
}

// read runs a query while nothing is written.
func read[T any](ctx context.Context, b *Book, query func(c *Content) (T, error)) (T, error) {
	if err := ctx.Err(); err != nil {
		var none T
		return none, err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	return query(&b.content)
}

// Runs lists runs, newest first.
func (b *Book) Runs(ctx context.Context, query record.RunQuery) ([]record.Run, error) {
	return read(ctx, b, func(c *Content) ([]record.Run, error) {
		var runs []record.Run
		for i := range c.Runs {
			if run := &c.Runs[i]; (query.Before == 0 || run.ID < query.Before) && runMatches(run, &query.Filter) {
				runs = append(runs, run.Run)
			}
		}
		slices.SortFunc(runs, func(a, b record.Run) int { return cmp.Compare(b.ID, a.ID) })
		return firstOf(runs, query.Limit), nil
	})
}

// Run returns one run.
func (b *Book) Run(ctx context.Context, id int64) (record.RunDetail, error) {
	return read(ctx, b, func(c *Content) (record.RunDetail, error) {
		for i := range c.Runs {
			if c.Runs[i].ID == id {
				return c.Runs[i], nil
			}
		}
		return record.RunDetail{}, fmt.Errorf("read run %d: no such run", id)
	})
}

// Calls lists calls in the order that the query asks for.
func (b *Book) Calls(ctx context.Context, query record.CallQuery) ([]record.Call, error) {
	return read(ctx, b, func(c *Content) ([]record.Call, error) {
		compare := func(a, b record.Call) int { return cmp.Compare(b.ID.Pack(), a.ID.Pack()) }
		if query.Order == record.ByDuration {
			compare = func(a, b record.Call) int {
				return cmp.Or(cmp.Compare(b.Duration, a.Duration), cmp.Compare(b.ID.Pack(), a.ID.Pack()))
			}
		}
		after := record.Call{ID: query.After, Duration: query.AfterDuration}
		var calls []record.Call
		for i := range c.Calls {
			call := c.Calls[i].Call
			if (query.After.IsZero() || compare(after, call) < 0) && callMatches(&call, &query.Filter) {
				calls = append(calls, call)
			}
		}
		slices.SortFunc(calls, compare)
		return firstOf(calls, query.Limit), nil
	})
}

// Call returns one call.
func (b *Book) Call(ctx context.Context, id record.CallID) (record.CallDetail, error) {
	return read(ctx, b, func(c *Content) (record.CallDetail, error) {
		for i := range c.Calls {
			if c.Calls[i].ID == id {
				return c.Calls[i], nil
			}
		}
		return record.CallDetail{}, fmt.Errorf("read call %s: no such call", id)
	})
}

// Batches lists the batches of a run, newest first.
func (b *Book) Batches(ctx context.Context, run int64) ([]record.Batch, error) {
	return read(ctx, b, func(c *Content) ([]record.Batch, error) {
		batches := slices.DeleteFunc(slices.Clone(c.Batches), func(b record.Batch) bool { return b.Run != run })
		slices.SortFunc(batches, func(a, b record.Batch) int { return cmp.Compare(b.Batch, a.Batch) })
		return batches, nil
	})
}

// Tasks lists the tasks of a batch in the order of their index.
func (b *Book) Tasks(ctx context.Context, run, batch, afterIndex int64, limit int) ([]record.Task, error) {
	return read(ctx, b, func(c *Content) ([]record.Task, error) {
		tasks := slices.DeleteFunc(slices.Clone(c.Tasks[run][batch]), func(t record.Task) bool { return t.Index <= afterIndex })
		return firstOf(tasks, limit), nil
	})
}

// Output lists chunks of what a run printed, in order.
func (b *Book) Output(ctx context.Context, run, afterSeq int64, limit int) ([]record.Output, error) {
	return read(ctx, b, func(c *Content) ([]record.Output, error) {
		chunks := c.Outputs[run]
		first, _ := slices.BinarySearchFunc(chunks, afterSeq+1, func(o record.Output, seq int64) int { return cmp.Compare(o.Seq, seq) })
		return slices.Clone(firstOf(chunks[first:], limit)), nil
	})
}

// Explain returns the explanation that is held for a call.
func (b *Book) Explain(ctx context.Context, id record.CallID) (whymiss.Explanation, error) {
	return read(ctx, b, func(c *Content) (whymiss.Explanation, error) {
		explanation, ok := c.Explanations[id]
		if !ok {
			return whymiss.Explanation{}, fmt.Errorf("explain call %s: no such call", id)
		}
		return explanation, nil
	})
}

// ExplainRun brings together the explanations that are held for a run.
func (b *Book) ExplainRun(ctx context.Context, run int64) (whymiss.RunReport, error) {
	return read(ctx, b, func(c *Content) (whymiss.RunReport, error) {
		report := whymiss.RunReport{Run: run}
		for id, e := range c.Explanations {
			if id.Run == run && e.Outcome != record.Hit {
				report.Misses = append(report.Misses, e)
			}
		}
		slices.SortFunc(report.Misses, func(x, y whymiss.Explanation) int {
			return cmp.Or(cmp.Compare(y.LostSeconds, x.LostSeconds), cmp.Compare(x.Call.Pack(), y.Call.Pack()))
		})
		report.All, report.Causes = int64(len(report.Misses)), whymiss.RootCauses(report.Misses)
		return report, nil
	})
}

// Version returns how often the book was changed.
func (b *Book) Version(ctx context.Context) (int64, error) {
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.version, nil
}

// Rerun does what the content says.
func (b *Book) Rerun(ctx context.Context, run int64) error {
	_, err := read(ctx, b, func(c *Content) (struct{}, error) {
		if c.Rerun == nil {
			return struct{}{}, nil
		}
		b.version++
		return struct{}{}, c.Rerun(c, run)
	})
	return err
}

func firstOf[T any](rows []T, limit int) []T {
	if limit <= 0 {
		limit = 100
	}
	return rows[:min(limit, len(rows))]
}

func runMatches(r *record.RunDetail, f *record.Filter) bool {
	text := strings.Join(append([]string{r.Name, string(r.Status)}, r.Argv...), " ")
	return (f.Run == 0 || f.Run == r.ID) &&
		(len(f.Statuses) == 0 || slices.Contains(f.Statuses, r.Status)) &&
		containsAll(r.Name, f.Names) && containsAll(text, f.Words) &&
		(f.Since.IsZero() || !r.Started.Before(f.Since))
}

func callMatches(c *record.Call, f *record.Filter) bool {
	return (f.Run == 0 || f.Run == c.ID.Run) &&
		(len(f.Outcomes) == 0 || slices.Contains(f.Outcomes, c.Outcome)) &&
		containsAll(c.Function, f.Function) && containsAll(c.Function+" "+c.Error, f.Words) &&
		c.Duration >= f.MinDuration && (f.MaxDuration == 0 || c.Duration <= f.MaxDuration)
}

func containsAll(text string, pieces []string) bool {
	for _, piece := range pieces {
		if !strings.Contains(text, piece) {
			return false
		}
	}
	return true
}
