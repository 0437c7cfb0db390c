package parallel

import (
	"context"
	"fmt"

	"labbook/runlog/record"
)

// Map calls fn once for each of inputs, several calls at a time, and returns
// the results in the order of the inputs.
//
// The first task to fail cancels the context of the others, and tasks that have
// not begun stay undone. Map then returns no results and a [*TaskError]; if
// several tasks failed, and not only because they were cancelled, it is the
// one of lowest index. If ctx is cancelled before every task has succeeded, the
// error is the cause that context.Cause tells. Either way Map first waits for
// the tasks that are running.
//
// No inputs give an empty result. Tasks that take no more than some
// nanoseconds are worth running: what Map adds to each is of that order.
func Map[In, Out any](ctx context.Context, inputs []In, fn func(ctx context.Context, in In) (Out, error), opts ...Option) ([]Out, error) {
	s, err := settle(opts)
	switch {
	case err != nil:
	case ctx == nil:
		err = errNoContext
	case fn == nil:
		err = errNoFunction
	}
	if err != nil {
		return nil, fmt.Errorf("map %d inputs: %w", len(inputs), err)
	}
	s.chooseBackend(len(inputs))

	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	m := &mapping[In, Out]{fn: fn, inputs: inputs, outputs: make([]Out, len(inputs))}
	m.batch = openBatch(ctx, s, int64(len(inputs)), fn)
	m.batch.stop = func(int64) { cancel(&stoppedError{m.batch}) }
	if err := m.runAll(ctx); err != nil {
		return nil, err
	}
	return m.outputs, nil
}

// A mapping is the tasks of one call of Map.
type mapping[In, Out any] struct {
	batch   *batch
	fn      func(context.Context, In) (Out, error)
	inputs  []In
	outputs []Out
}

func (m *mapping[In, Out]) runAll(ctx context.Context) (err error) {
	// Deferred, since a task that runs on this goroutine may end it.
	defer func() {
		var status record.BatchStatus
		status, err = m.verdict(ctx)
		m.batch.close(int64(len(m.inputs)), status, err)
	}()
	m.batch.backend.run(ctx, m.batch, int64(len(m.inputs)), m)
	return nil
}

// verdict is what the batch came to, once all workers are idle.
func (m *mapping[In, Out]) verdict(ctx context.Context) (record.BatchStatus, error) {
	if first := m.batch.first; first != nil && m.batch.stoppedItself(ctx) {
		return record.BatchFailed, m.batch.taskError(first.index, m.inputs[first.index], first.err)
	}
	if done, _ := m.batch.counts(); done == int64(len(m.inputs)) {
		return record.BatchOK, nil
	}
	return record.BatchCancelled, context.Cause(ctx)
}

// run is the loop that everything else exists for: what it does besides
// calling fn is paid for by every task.
func (m *mapping[In, Out]) run(ctx context.Context, w *worker, first, limit int64) (next int64) {
	through := false
	// One handler serves the whole chunk; w knows which task it had in hand.
	defer func() {
		if !through {
			next = w.crashed(ctx, recover())
		}
	}()
	stopped := ctx.Done()
	for index := first; index < limit; index++ {
		select {
		case <-stopped:
			through = true
			return index
		default:
		}
		if w.scope.Move(index) {
			w.shownEnded(index - 1)
		}
		out, err := m.fn(ctx, m.inputs[index])
		if err != nil {
			w.fail(ctx, index, err)
			continue
		}
		m.outputs[index] = out
	}
	through = true
	return limit
}
