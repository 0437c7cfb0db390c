package parallel

import (
	"context"
	"sync"
	"sync/atomic"
)

// A sequentialPool runs each task of a stream while it is submitted.
type sequentialPool struct{ worker *worker }

func (sequential) open(b *batch) pool { return &sequentialPool{worker: b.hire(nil)} }

func (p *sequentialPool) submit(ctx context.Context, t task) {
	// The scope is left again after each task: what the loop does with the
	// result, on this same goroutine, is none of the batch's.
	ctx, leave := p.worker.enter(ctx)
	defer leave()
	t.run(ctx, p.worker)
}

func (p *sequentialPool) close() {}

// longestQueue bounds the tasks that wait in a goroutine pool's channel, so
// that a generous PreDispatch takes no memory before it is used.
const longestQueue = 1 << 10

// A goroutinePool runs the tasks of a stream on goroutines of this process. It
// starts one only when a task comes and the others are busy.
type goroutinePool struct {
	batch   *batch
	queue   chan task
	serving sync.WaitGroup

	started     int          // workers; of the goroutine that submits
	outstanding atomic.Int64 // tasks that are queued or running
}

func (goroutines) open(b *batch) pool {
	return &goroutinePool{batch: b, queue: make(chan task, min(b.preDispatch, longestQueue))}
}

func (p *goroutinePool) submit(ctx context.Context, t task) {
	// The stream never has more tasks on their way than it may read ahead, so
	// that more workers than that would have nothing to do.
	if p.outstanding.Add(1) > int64(p.started) && p.started < min(p.batch.jobs, p.batch.preDispatch) {
		p.started++
		// A context of its own lets the stream stop a worker whose result
		// will not be asked for, without stopping those before it. It goes
		// with ctx in the end.
		ctx, cancel := context.WithCancelCause(ctx)
		w := p.batch.hire(cancel)
		p.serving.Go(func() { p.serve(ctx, w) })
	}
	p.queue <- t
}

func (p *goroutinePool) close() {
	close(p.queue)
	p.serving.Wait()
}

// serve has w run tasks of the queue, in its order, until there are no more.
func (p *goroutinePool) serve(ctx context.Context, w *worker) {
	through := false
	defer func() {
		if !through {
			// The task has ended the goroutine. Another one must take its
			// place, or a full queue would block the stream for good.
			p.outstanding.Add(-1)
			p.serving.Go(func() { p.serve(ctx, w) })
		}
	}()
	inner, leave := w.enter(ctx)
	defer leave()
	for t := range p.queue {
		t.run(inner, w)
		p.outstanding.Add(-1)
	}
	through = true
}
