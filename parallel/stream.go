package parallel

import (
	"context"
	"fmt"
	"iter"
	"math"
	"sync/atomic"
	"time"

	"labbook/runlog/record"
)

// Stream calls fn once for each of inputs, several calls at a time, and hands
// out the results in the order of the inputs, each as soon as it and those
// before it are there.
//
//	for score, err := range parallel.Stream(ctx, folds, evaluate) {
//		if err != nil {
//			return err
//		}
//		fmt.Println(score)
//	}
//
// inputs is read as the loop goes on, never further ahead than [PreDispatch]
// says, so that it may be longer than memory, or without an end. It runs on
// the goroutine of the loop, between two results, as any iterator in a loop
// does: while it waits for its next input, results are not handed out.
//
// If a task fails, the results before it are still handed out, then its
// [*TaskError], and that is the end; of several that fail it is always the
// first in the order of the inputs. A panic of inputs ends the stream likewise,
// with a [*PanicError] behind its error, and so does cancelling ctx, at once
// and with the cause that context.Cause tells. Leaving the loop cancels the
// context of the tasks that are running and waits for them.
//
// Nothing happens before the loop begins. Each loop over the same Stream is a
// batch of its own and reads inputs again.
func Stream[In, Out any](ctx context.Context, inputs iter.Seq[In], fn func(ctx context.Context, in In) (Out, error), opts ...Option) iter.Seq2[Out, error] {
	return func(yield func(Out, error) bool) {
		set, err := settle(opts)
		switch {
		case err != nil:
		case ctx == nil:
			err = errNoContext
		case inputs == nil:
			err = errNoInputs
		case fn == nil:
			err = errNoFunction
		}
		if err == nil {
			set.chooseBackend(math.MaxInt)
			s := &streaming[In, Out]{fn: fn, yield: yield}
			err = s.loop(ctx, set, inputs)
		} else {
			err = fmt.Errorf("open stream: %w", err)
		}
		if err != nil {
			var none Out
			yield(none, err)
		}
	}
}

// A streaming is one loop over a Stream. But for what says otherwise, its
// fields belong to the goroutine of the loop.
type streaming[In, Out any] struct {
	batch *batch
	pool  pool
	fn    func(context.Context, In) (Out, error)
	yield func(Out, error) bool

	taken  int64            // inputs
	window []*item[In, Out] // tasks submitted and not yet handed out, in order
	spare  []*item[In, Out] // for tasks to come

	inBody bool // the body of the loop is running
	over   bool // nothing more will be handed out, but perhaps an error

	// How it ended, once it is over.
	status record.BatchStatus
	err    error
	failed *item[In, Out] // the task that ended it, if one did

	// lowest is the least index of a task that has failed. It is lowered by
	// workers.
	lowest atomic.Int64
}

// An item is one task of a stream.
type item[In, Out any] struct {
	stream *streaming[In, Out]
	at     int64         // index of the input
	since  time.Duration // when it was submitted
	in     In
	out    Out
	ended  chan struct{} // holds a token once the task has ended
}

// loop runs the stream, and returns the error that it ends with, when nothing
// of it is running any more.
func (s *streaming[In, Out]) loop(ctx context.Context, set settings, inputs iter.Seq[In]) (err error) {
	ctx, cancel := context.WithCancelCause(ctx)
	s.lowest.Store(math.MaxInt64)
	s.batch = openBatch(ctx, set, unknownTasks, s.fn)
	s.batch.stop = s.stop
	s.pool = s.batch.backend.open(s.batch)

	// Until the contrary turns out, the loop is left early. Deferred, since
	// its body may leave by a panic or end its goroutine.
	s.status = record.BatchCancelled
	defer func() {
		cancel(nil)
		s.pool.close()
		if s.failed != nil {
			s.err = s.batch.taskError(s.failed.at, s.failed.in, s.batch.first.err)
		}
		s.batch.close(s.taken, s.status, s.err)
		err = s.err
	}()

	failure := s.read(ctx, inputs)
	for !s.over && len(s.window) > 0 {
		s.handOut(ctx)
	}
	switch {
	case s.over:
	case failure != nil:
		s.end(record.BatchFailed, failure)
	case ctx.Err() != nil:
		// inputs may have ended early because it saw that, too.
		s.end(record.BatchCancelled, context.Cause(ctx))
	default:
		s.end(record.BatchOK, nil)
	}
	return nil
}

// read submits inputs and hands out results in between. It returns when there
// are no more inputs, when no more are needed, or with the panic of inputs.
func (s *streaming[In, Out]) read(ctx context.Context, inputs iter.Seq[In]) (err error) {
	defer func() {
		// A panic of the loop's body comes through here, but is the caller's.
		if s.inBody {
			return
		}
		if value := recover(); value != nil {
			err = fmt.Errorf("read input %d: %w", s.taken, newPanicError(value))
		}
	}()
	for in := range inputs {
		s.submit(ctx, in)
		// What is ready goes out before inputs, which may take its time, is
		// asked for more; and it must go out if no more may be taken.
		for len(s.window) > 0 && (len(s.window) >= s.batch.preDispatch || len(s.window[0].ended) > 0) {
			if s.handOut(ctx); s.over {
				return nil
			}
		}
		if ctx.Err() != nil || s.lowest.Load() != math.MaxInt64 {
			return nil
		}
	}
	s.batch.progress.setTotal(s.taken)
	return nil
}

func (s *streaming[In, Out]) submit(ctx context.Context, in In) {
	var i *item[In, Out]
	if last := len(s.spare) - 1; last >= 0 {
		i, s.spare = s.spare[last], s.spare[:last]
	} else {
		i = &item[In, Out]{stream: s, ended: make(chan struct{}, 1)}
	}
	i.at, i.since, i.in = s.taken, s.batch.clock(), in
	s.taken++
	s.window = append(s.window, i)
	s.pool.submit(ctx, i)
}

// handOut waits for the first task of the window and hands its result to the
// body of the loop, or ends the stream.
func (s *streaming[In, Out]) handOut(ctx context.Context) {
	first := s.window[0]
	select {
	case <-first.ended:
	case <-ctx.Done():
	}
	switch {
	case ctx.Err() != nil:
		s.end(record.BatchCancelled, context.Cause(ctx))
		return
	case s.lowest.Load() == first.at:
		s.failed = first
		s.end(record.BatchFailed, nil)
		return
	}
	out := first.out
	// Neither must outlive its turn, or the window would not bound memory.
	var noIn In
	var noOut Out
	first.in, first.out = noIn, noOut
	s.window[0] = nil
	s.window = s.window[1:]
	s.spare = append(s.spare, first)

	s.inBody = true
	more := s.yield(out, nil)
	s.inBody = false
	if !more {
		s.end(record.BatchCancelled, nil)
	}
}

func (s *streaming[In, Out]) end(status record.BatchStatus, err error) {
	s.over, s.status, s.err = true, status, err
}

// stop is called by a worker whose task at index has failed. The tasks before
// it go on, as their results are handed out first; those after it are stopped.
func (s *streaming[In, Out]) stop(index int64) {
	for {
		lowest := s.lowest.Load()
		if index >= lowest {
			return
		}
		if s.lowest.CompareAndSwap(lowest, index) {
			break
		}
	}
	// A worker shows its task before it looks at lowest, so one of the two
	// sees the other. Tasks are begun in order: a worker that is past index
	// will never be needed for a task before it.
	for _, w := range s.batch.staff() {
		if w.cancel != nil && w.scope.Task() > index {
			w.cancel(&stoppedError{s.batch})
		}
	}
}

func (i *item[In, Out]) run(ctx context.Context, w *worker) {
	defer func() { i.ended <- struct{}{} }()
	w.begin(i.at, i.since)
	w.end(i.attempt(ctx, w))
}

// attempt calls the function of the stream, and returns the index of the next
// task: its own if the call was not made.
func (i *item[In, Out]) attempt(ctx context.Context, w *worker) (next int64) {
	through := false
	defer func() {
		if !through {
			next = w.crashed(ctx, recover())
		}
	}()
	w.scope.Move(i.at)
	if ctx.Err() != nil || i.at > i.stream.lowest.Load() {
		through = true
		return i.at
	}
	out, err := i.stream.fn(ctx, i.in)
	if err != nil {
		w.fail(ctx, i.at, err)
	}
	i.out = out
	through = true
	return i.at + 1
}
