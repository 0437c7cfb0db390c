package parallel

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"labbook/runlog"
	"labbook/runlog/event"
	"labbook/runlog/record"
)

const (
	// longTask is the least duration that earns a task a row of its own.
	longTask = time.Millisecond

	// chunkTarget is how long a chunk of short tasks should take: long enough
	// that claiming and timing it, a tenth of a microsecond, does not count;
	// short enough that no worker waits for another's chunk at the end.
	chunkTarget = 50 * time.Microsecond

	// longestChunk bounds chunks where the clock is too coarse to see them.
	longestChunk = 1 << 14

	// A long task that surprises its chunk has the tasks after it claimed and
	// timed one by one, so that the next one is seen, for as many tasks as
	// cost about a twentieth of what it took itself.
	costOfTimingOne = 200 * time.Nanosecond
	shareForTiming  = 20
)

// firstAttempt is the attempt of a task that was not retried.
const firstAttempt = 1

// A worker runs tasks of one batch, one after the other. Its fields belong to
// the goroutine that serves it, but for those that say so.
type worker struct {
	id    int
	batch *batch
	scope *runlog.TaskScope // read by others, too
	// cancel stops this worker alone; nil if nothing ever does.
	cancel context.CancelCauseFunc

	// since is when the task in hand began, as nearly as is known: when the
	// last task ended that was timed, or when its chunk began. queued is when
	// it could have begun. Both count from the start of the batch, and are
	// read by the reporter.
	since, queued atomicDuration

	began    time.Duration // the chunk in hand
	next     int64         // first task of the chunk that is not counted yet
	size     int64         // of the chunk to claim next
	alone    int64         // tasks still to be timed one by one
	recorded int64         // the last task that has a row

	// Tasks that it has begun, and how many of them failed or came to nothing
	// because the batch was stopped; read once the worker is idle for good.
	begun, failed, stopped int64

	mu   sync.Mutex
	rows []record.Task // ended and not yet reported; guarded by mu

	// Whatever lies next to a worker in memory must not share a cache line
	// with what it writes at every chunk.
	_ [64]byte
}

func newWorker(id int, b *batch, cancel context.CancelCauseFunc) *worker {
	return &worker{
		id:       id,
		batch:    b,
		cancel:   cancel,
		scope:    runlog.NewTaskScope(event.Scope{Call: b.outer.Call, Batch: b.number, Task: -1}),
		size:     1,
		recorded: -1,
	}
}

// enter places the calling goroutine in the worker's scope.
func (w *worker) enter(ctx context.Context) (inner context.Context, leave func()) {
	return w.scope.Enter(ctx, w.batch.title)
}

// begin starts the clock of a chunk whose first task is first, and which could
// have begun at queued.
func (w *worker) begin(first int64, queued time.Duration) {
	w.next = first
	w.began = w.batch.clock()
	w.queued.store(queued)
	w.since.store(w.began)
}

// shownEnded records the end of the task at index, which the reporter has shown
// as running: the Move of the scope that made another task the one in hand has
// said so.
func (w *worker) shownEnded(index int64) {
	w.ended(index, w.batch.clock(), record.BatchOK, "")
}

// end counts the tasks of the chunk before next, records the last one if it is
// due, and decides the size of the chunk to claim next.
func (w *worker) end(next int64) {
	now := w.batch.clock()
	shown := w.scope.Move(-1)
	count := next - w.next
	took := now - w.began
	switch {
	case count == 0 && shown:
		// It was seen in hand, but was not needed any more.
		w.ended(next, now, record.BatchCancelled, "")
	case count > 0 && shown, count == 1 && took >= longTask:
		w.ended(next-1, now, record.BatchOK, "")
	}
	w.next = next
	w.begun += count
	w.resize(count, took)
	w.batch.progress.add(count)
}

// resize lets chunks grow to chunkTarget while tasks are short.
func (w *worker) resize(count int64, took time.Duration) {
	if count == 0 {
		return
	}
	if took >= longTask {
		w.alone = max(w.alone, int64(took/(shareForTiming*costOfTimingOne)))
	}
	if w.alone > 0 || w.batch.progress.everyTask() {
		w.alone = max(0, w.alone-count)
		w.size = 1
		return
	}
	fits := int64(longestChunk)
	if took > 0 {
		fits = min(fits, int64(chunkTarget)*count/int64(took))
	}
	w.size = max(1, min(fits, 2*w.size))
}

// ended records how the task at index ended, unless that is done already.
func (w *worker) ended(index int64, now time.Duration, status record.BatchStatus, text string) {
	if w.recorded == index {
		return
	}
	w.recorded = index
	row := record.Task{
		Index:   index,
		Worker:  w.id,
		Attempt: firstAttempt,
		Queued:  w.batch.at(w.queued.load()),
		Started: w.batch.at(w.since.load()),
		Ended:   w.batch.at(now),
		Status:  status,
		Error:   text,
	}
	w.since.store(now)
	w.mu.Lock()
	w.rows = append(w.rows, row)
	w.mu.Unlock()
}

// fail makes err the outcome of the task at index. It must be called where a
// panic of err's own methods is recovered, and does all that could panic first.
func (w *worker) fail(ctx context.Context, index int64, err error) {
	text := errorText(err)
	if isConsequence(ctx, err) {
		w.stopped++
		w.ended(index, w.batch.clock(), record.BatchCancelled, text)
		return
	}
	w.failed++
	w.ended(index, w.batch.clock(), record.BatchFailed, text)
	w.batch.fail(index, err)
}

// crashed makes a panic, or the end of the goroutine, the outcome of the task
// in hand. recovered is what recover returned.
func (w *worker) crashed(ctx context.Context, recovered any) (next int64) {
	index := w.scope.Task()
	if recovered == nil {
		w.fail(ctx, index, ErrGoexit)
		// The goroutine is on its way out: nobody else will end the chunk.
		w.end(index + 1)
	} else {
		w.fail(ctx, index, newPanicError(recovered))
	}
	return index + 1
}

// running returns the row of the task in hand, if it has lasted for so long
// that it should be shown and has not been shown yet. Unlike the methods
// above it is called by the reporter. Now and then it comes upon a task that
// has only just taken the place of a long one; that one is then recorded
// though it may be short, which does no harm.
func (w *worker) running(now time.Duration) (row record.Task, ok bool) {
	if now-w.since.load() < showAfter {
		return record.Task{}, false
	}
	index, ok := w.scope.Mark()
	if !ok {
		return record.Task{}, false
	}
	return record.Task{
		Index:   index,
		Worker:  w.id,
		Attempt: firstAttempt,
		Queued:  w.batch.at(w.queued.load()),
		Started: w.batch.at(w.since.load()),
		Status:  record.BatchRunning,
	}, true
}

// takeRows returns the rows of tasks that have ended since it was last called.
func (w *worker) takeRows() []record.Task {
	w.mu.Lock()
	defer w.mu.Unlock()
	rows := w.rows
	w.rows = nil
	return rows
}

// An atomicDuration is written by a worker and read by the reporter.
type atomicDuration struct{ nanoseconds atomic.Int64 }

func (d *atomicDuration) load() time.Duration { return time.Duration(d.nanoseconds.Load()) }

func (d *atomicDuration) store(to time.Duration) { d.nanoseconds.Store(int64(to)) }
