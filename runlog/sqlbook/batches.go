package sqlbook

import (
	"context"
	"fmt"

	"labbook/runlog/record"
)

// Batches returns the batches of a run, newest first.
func (b *Book) Batches(ctx context.Context, run int64) ([]record.Batch, error) {
	rows, err := b.db.QueryContext(ctx, `SELECT run, batch, parent, label, backend, jobs, tasks, done, failed, started, ended, status, error
		FROM batch WHERE run = ? ORDER BY batch DESC`, run)
	batches, err := collect(rows, err, func(row scanner) (c record.Batch, err error) {
		return c, row.Scan(&c.Run, &c.Batch, packed(&c.Parent), &c.Label, &c.Backend, &c.Jobs, &c.Tasks, &c.Done, &c.Failed,
			at(&c.Started), at(&c.Ended), &c.Status, &c.Error)
	})
	if err != nil {
		return nil, fmt.Errorf("list batches of run %d: %w", run, err)
	}
	return batches, nil
}

// Tasks returns recorded tasks of a batch in input order, those with an index
// above afterIndex; start at -1. Short tasks that went well are only counted,
// in the batch.
func (b *Book) Tasks(ctx context.Context, run, batch, afterIndex int64, count int) ([]record.Task, error) {
	rows, err := b.db.QueryContext(ctx, `SELECT idx, worker, attempt, queued, started, ended, status, error
		FROM task WHERE run = ? AND batch = ? AND idx > ? ORDER BY idx, attempt LIMIT ?`, run, batch, afterIndex, limit(count))
	tasks, err := collect(rows, err, func(row scanner) (t record.Task, err error) {
		return t, row.Scan(&t.Index, &t.Worker, &t.Attempt, at(&t.Queued), at(&t.Started), at(&t.Ended), &t.Status, &t.Error)
	})
	if err != nil {
		return nil, fmt.Errorf("list tasks of batch %d.%d: %w", run, batch, err)
	}
	return tasks, nil
}

// Output returns what a run printed, in order, from the chunk after afterSeq.
func (b *Book) Output(ctx context.Context, run, afterSeq int64, count int) ([]record.Output, error) {
	rows, err := b.db.QueryContext(ctx, "SELECT "+seqOfID+", stream, offset, at, bytes FROM output WHERE id > ? AND id <= ? ORDER BY id LIMIT ?",
		outputID(run, afterSeq), outputID(run, maxSeq), limit(count))
	chunks, err := collect(rows, err, scanOutput)
	if err != nil {
		return nil, fmt.Errorf("read output of run %d: %w", run, err)
	}
	return chunks, nil
}
