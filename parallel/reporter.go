package parallel

import (
	"slices"
	"sync"
	"time"

	"labbook/runlog/event"
	"labbook/runlog/record"
)

const (
	// reportEvery is how often the lab-book hears of a batch's tasks.
	reportEvery = 200 * time.Millisecond

	// showAfter is how long a task runs before it is shown as running.
	showAfter = 100 * time.Millisecond

	// mostRows bounds the tasks in one event.
	mostRows = 64
)

// A reporter tells the recorder, every now and then, which tasks of a batch
// have ended and which are running. It takes a goroutine only while it does so,
// so that a batch which is over at once never starts one.
type reporter struct {
	batch *batch

	mu      sync.Mutex
	timer   *time.Timer
	stopped bool

	// pending counts timers that are set and reports that are being made.
	pending sync.WaitGroup
}

func (r *reporter) start(b *batch) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.batch = b
	r.pending.Add(1)
	r.timer = time.AfterFunc(reportEvery, r.tick)
}

func (r *reporter) tick() {
	defer r.pending.Done()
	r.report(true)
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.stopped {
		r.pending.Add(1)
		r.timer.Reset(reportEvery)
	}
}

// stop waits for a report that is being made, and makes the last one.
func (r *reporter) stop() {
	r.mu.Lock()
	r.stopped = true
	if r.timer.Stop() {
		r.pending.Done()
	}
	r.mu.Unlock()
	r.pending.Wait()
	r.report(false)
}

// report tells the recorder what it has not heard yet. A task's running comes
// before its end, which may follow while the report is put together.
func (r *reporter) report(running bool) {
	workers := r.batch.staff()
	var rows []record.Task
	if running {
		now := r.batch.clock()
		for _, w := range workers {
			if row, ok := w.running(now); ok {
				rows = append(rows, row)
			}
		}
	}
	for _, w := range workers {
		rows = append(rows, w.takeRows()...)
	}
	for rows := range slices.Chunk(rows, mostRows) {
		r.batch.recorder.Emit(&event.Tasks{Batch: r.batch.number, Tasks: rows})
	}
}
