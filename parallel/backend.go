package parallel

import (
	"context"
	"sync"
	"sync/atomic"
)

// A backend decides where tasks run. It hires workers from the batch, as many
// as the batch has jobs at most, and has each of them run tasks; it neither
// knows what tasks do, nor what becomes of their results.
type backend interface {
	// name is what the lab-book calls the backend.
	name() string

	// run runs tasks 0 to n-1, and returns when all of them have ended. It
	// begins no more of them once ctx is done.
	run(ctx context.Context, b *batch, n int64, t tasks)

	// open prepares for running tasks that come one by one.
	open(b *batch) pool
}

// tasks are the tasks of a batch whose inputs are all there.
type tasks interface {
	// run runs tasks from first to before limit on w, and returns the first
	// one that it did not run. It may return early: because ctx is done, or
	// after a task that panicked. Outcomes are told to w.
	run(ctx context.Context, w *worker, first, limit int64) (next int64)
}

// A task is one task of a batch whose inputs come one by one.
type task interface {
	// run runs the task on w, unless ctx is done or the task needless.
	run(ctx context.Context, w *worker)
}

// A pool runs tasks that come one by one. One goroutine calls its methods.
type pool interface {
	// submit has t run at some time, with a context made from ctx, which is
	// the same each time. Tasks are begun in the order in which they are
	// submitted. It may wait for workers.
	submit(ctx context.Context, t task)
	// close returns when all submitted tasks have run. ctx is done by then.
	close()
}

// runChunk runs one chunk on w, and reports whether it got through.
func runChunk(ctx context.Context, w *worker, t tasks, first, limit int64) bool {
	w.begin(first, 0)
	next := first
	for next < limit && ctx.Err() == nil {
		next = t.run(ctx, w, next, limit)
	}
	w.end(next)
	return next == limit
}

// sequential runs tasks on the goroutine of the caller, one after the other.
type sequential struct{}

func (sequential) name() string { return "sequential" }

func (sequential) run(ctx context.Context, b *batch, n int64, t tasks) {
	if n == 0 {
		return
	}
	serve(ctx, b.hire(nil), t, newCursor(n, 1))
}

// goroutines runs tasks on goroutines of this process.
type goroutines struct{}

func (goroutines) name() string { return "goroutines" }

func (goroutines) run(ctx context.Context, b *batch, n int64, t tasks) {
	workers := int(min(int64(b.jobs), n))
	c := newCursor(n, workers)
	var serving sync.WaitGroup
	for range workers {
		w := b.hire(nil)
		serving.Go(func() { serve(ctx, w, t, c) })
	}
	serving.Wait()
}

// serve has w run chunks of t until there are none left.
func serve(ctx context.Context, w *worker, t tasks, c *cursor) {
	ctx, leave := w.enter(ctx)
	defer leave()
	for ctx.Err() == nil {
		first, limit := c.claim(w.size)
		if first == limit || !runChunk(ctx, w, t, first, limit) {
			return
		}
	}
}

// A cursor deals out the tasks of a batch in chunks, each task once.
type cursor struct {
	next atomic.Int64
	n    int64
	// shares is how many chunks the rest must be good for, so that a worker
	// whose tasks turn out long does not keep them from idle workers.
	shares int64
}

func newCursor(n int64, workers int) *cursor {
	return &cursor{n: n, shares: 2 * int64(workers)}
}

// claim returns the bounds of a chunk of at most size tasks that is the
// caller's alone; an empty one if there are no more.
func (c *cursor) claim(size int64) (first, limit int64) {
	left := c.n - c.next.Load()
	if left <= 0 {
		return 0, 0
	}
	size = max(1, min(size, left/c.shares))
	first = c.next.Add(size) - size
	if first >= c.n {
		return 0, 0
	}
	return first, min(first+size, c.n)
}
