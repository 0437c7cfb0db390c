package parallel

import (
	"context"
	"errors"
	"reflect"
	"runtime"
	"slices"
	"sync"
	"time"

	"labbook/runlog"
	"labbook/runlog/event"
	"labbook/runlog/record"
)

// A batch is one call of Map, or one loop over Stream, while it goes on.
type batch struct {
	settings
	number  int64
	title   string      // its label, or the name of its function
	outer   event.Scope // what surrounds the batch
	started time.Time

	// stop is called with the index of each task that fails. It keeps tasks
	// that are not needed any more from going on or being begun.
	stop func(index int64)

	progress *progress // nil if nobody wants to see it
	reporter reporter

	mu      sync.Mutex
	workers []*worker
	first   *failure // the one of the lowest index; nil for none
}

// A failure is the error of a task that did not merely follow from another's.
type failure struct {
	index int64
	err   error
}

// unknownTasks is the number of tasks of a batch whose inputs are an iterator.
const unknownTasks = -1

// openBatch begins to record a batch of tasks calls of function.
func openBatch(ctx context.Context, s settings, tasks int64, function any) *batch {
	b := &batch{
		settings: s,
		number:   s.recorder.NextBatch(),
		title:    s.label,
		outer:    runlog.ScopeOf(ctx),
		started:  time.Now(),
	}
	if b.title == "" {
		b.title = runtime.FuncForPC(reflect.ValueOf(function).Pointer()).Name()
	}
	b.progress = newProgress(&b.settings, tasks, b.started)
	b.recorder.Emit(&event.BatchStart{
		Batch:   b.number,
		Scope:   b.outer,
		Label:   b.title,
		Backend: b.backend.name(),
		Jobs:    b.jobs,
		Tasks:   tasks,
		Started: b.started,
	})
	b.reporter.start(b)
	return b
}

// clock tells how long the batch has gone on.
func (b *batch) clock() time.Duration { return time.Since(b.started) }

// at is the time at which the clock showed d.
func (b *batch) at(d time.Duration) time.Time { return b.started.Add(d) }

// hire adds a worker. cancel stops it alone, and may be nil.
func (b *batch) hire(cancel context.CancelCauseFunc) *worker {
	b.mu.Lock()
	defer b.mu.Unlock()
	w := newWorker(len(b.workers), b, cancel)
	b.workers = append(b.workers, w)
	return w
}

// staff returns the workers that were hired so far.
func (b *batch) staff() []*worker {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clip(b.workers)
}

// fail takes note that the task at index failed, and stops what must stop.
func (b *batch) fail(index int64, err error) {
	b.mu.Lock()
	if b.first == nil || index < b.first.index {
		b.first = &failure{index: index, err: err}
	}
	b.mu.Unlock()
	b.stop(index)
}

// taskError makes an error for the caller of the failure of a task. It reads
// the input, which tasks may write: call it when all of them have ended.
func (b *batch) taskError(index int64, input any, err error) *TaskError {
	e := &TaskError{
		Batch:   b.label,
		Index:   int(index),
		Input:   previewOf(input),
		Attempt: firstAttempt,
		Err:     err,
	}
	if p, ok := errors.AsType[*PanicError](err); ok {
		e.Stack = p.Stack
	}
	return e
}

// counts sums up what the workers did. They must be idle for good.
func (b *batch) counts() (done, failed int64) {
	for _, w := range b.staff() {
		done += w.begun - w.failed - w.stopped
		failed += w.failed
	}
	return done, failed
}

// close ends the record of the batch, which had tasks tasks and came to status
// and err. The workers must be idle for good.
func (b *batch) close(tasks int64, status record.BatchStatus, err error) {
	b.reporter.stop()
	done, failed := b.counts()
	end := &event.BatchEnd{
		Batch:  b.number,
		Tasks:  tasks,
		Done:   done,
		Failed: failed,
		Ended:  time.Now(),
		Status: status,
	}
	if err != nil {
		end.Error = clip(err.Error(), longestErrorText)
	}
	b.recorder.Emit(end)
	if status == record.BatchOK {
		b.progress.finish()
	}
}

// A stoppedError is why the context of a task was cancelled when another task
// of its batch failed. To errors.Is it is context.Canceled.
type stoppedError struct{ batch *batch }

func (e *stoppedError) Error() string {
	return "stopped because another task of the batch failed"
}

func (e *stoppedError) Unwrap() error { return context.Canceled }

// stoppedItself reports whether a task's failure was what cancelled ctx, rather
// than something outside of the batch; there may be batches on the outside too.
func (b *batch) stoppedItself(ctx context.Context) bool {
	stopped, ok := errors.AsType[*stoppedError](context.Cause(ctx))
	return ok && stopped.batch == b
}

// isConsequence reports whether err only says that ctx was cancelled.
func isConsequence(ctx context.Context, err error) (is bool) {
	// The Is method of a user's error may panic; such an error says nothing
	// about contexts.
	defer func() {
		if recover() != nil {
			is = false
		}
	}()
	return ctx.Err() != nil &&
		(errors.Is(err, context.Canceled) || errors.Is(err, ctx.Err()) || errors.Is(err, context.Cause(ctx)))
}
