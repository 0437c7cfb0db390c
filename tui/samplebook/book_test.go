package samplebook

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"labbook/runlog/record"
)

var now = time.Date(2026, 11, 21, 15, 4, 5, 0, time.UTC)

// TestPagesJoinUp reads lists in pages of all sizes and wants the whole list.
func TestPagesJoinUp(t *testing.T) {
	t.Parallel()
	book := New(Study(now))
	for _, order := range []record.Order{record.ByID, record.ByDuration} {
		query := record.CallQuery{Filter: record.Filter{Run: 12}, Order: order}
		whole, err := book.Calls(t.Context(), query)
		if err != nil || len(whole) != 24 {
			t.Fatalf("%d calls of run 12, %v; want 24", len(whole), err)
		}
		for limit := 1; limit < 10; limit++ {
			var joined []record.Call
			for page := query; ; {
				page.Limit = limit
				calls, err := book.Calls(t.Context(), page)
				if err != nil {
					t.Fatal(err)
				}
				if len(calls) == 0 {
					break
				}
				joined = append(joined, calls...)
				page.After, page.AfterDuration = calls[len(calls)-1].ID, calls[len(calls)-1].Duration
			}
			if diff := cmp.Diff(whole, joined); diff != "" {
				t.Errorf("order %q in pages of %d (-whole +joined):\n%s", order, limit, diff)
			}
		}
	}
}

func TestEditIsANewVersion(t *testing.T) {
	t.Parallel()
	book := New(Study(now))
	before, err := book.Version(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	book.Edit(func(c *Content) { c.Runs = nil })
	if after, err := book.Version(t.Context()); err != nil || after == before {
		t.Errorf("version %d before and %d (%v) after an edit", before, after, err)
	}
	if runs, err := book.Runs(t.Context(), record.RunQuery{}); err != nil || len(runs) != 0 {
		t.Errorf("%d runs, %v after all were taken away", len(runs), err)
	}
}

func TestRerunAddsARun(t *testing.T) {
	t.Parallel()
	book := New(Study(now))
	if err := book.Rerun(t.Context(), 8); err != nil {
		t.Fatal(err)
	}
	runs, err := book.Runs(t.Context(), record.RunQuery{Limit: 1})
	if err != nil || runs[0].RerunOf != 8 || runs[0].Status != record.StatusRunning {
		t.Errorf("the newest run is %+v, %v; want a running one of run 8", runs, err)
	}
	if err := book.Rerun(t.Context(), 99); err == nil {
		t.Error("a run that there is not was started again")
	}
}

func TestReadsEndWithTheirContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := New(Study(now)).Runs(ctx, record.RunQuery{}); !errors.Is(err, context.Canceled) {
		t.Errorf("a read without time = %v, want %v", err, context.Canceled)
	}
}
