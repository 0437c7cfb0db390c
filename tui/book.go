package tui

import (
	"context"

	"labbook/cache/whymiss"
	"labbook/runlog/record"
)

// Book is all that the explorer reads. Every method may block on a disk, so
// only commands call them, never Update or View. Lists come newest first and
// in pages; an empty page is the end.
type Book interface {
	Runs(ctx context.Context, query record.RunQuery) ([]record.Run, error)
	Run(ctx context.Context, id int64) (record.RunDetail, error)
	Calls(ctx context.Context, query record.CallQuery) ([]record.Call, error)
	Call(ctx context.Context, id record.CallID) (record.CallDetail, error)
	Batches(ctx context.Context, run int64) ([]record.Batch, error)
	Tasks(ctx context.Context, run, batch, afterIndex int64, limit int) ([]record.Task, error)
	Output(ctx context.Context, run, afterSeq int64, limit int) ([]record.Output, error)
	Explain(ctx context.Context, id record.CallID) (whymiss.Explanation, error)
	ExplainRun(ctx context.Context, run int64) (whymiss.RunReport, error)

	// Version is a number that differs from its last value once anything in
	// the lab-book has changed. It is cheap enough to ask twice a second.
	Version(ctx context.Context) (int64, error)

	// Rerun starts a recorded run again and returns once the program has
	// started; the new run then shows up in Runs.
	Rerun(ctx context.Context, run int64) error
}
