package parallel

import (
	"slices"
	"sync"

	"labbook/runlog/event"
	"labbook/runlog/record"
)

// A notebook is a recorder that keeps what it is told.
type notebook struct {
	mu      sync.Mutex
	batches int64
	events  []event.Event
}

func (n *notebook) NextBatch() int64 {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.batches++
	return n.batches
}

func (n *notebook) Emit(e event.Event) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.events = append(n.events, e)
}

// recordTo makes a call record into n.
func recordTo(n *notebook) Option { return func(s *settings) { s.recorder = n } }

func eventsOf[E event.Event](n *notebook) []E {
	n.mu.Lock()
	defer n.mu.Unlock()
	var all []E
	for _, e := range n.events {
		if e, ok := e.(E); ok {
			all = append(all, e)
		}
	}
	return all
}

// end is how the only batch ended.
func (n *notebook) end() event.BatchEnd {
	ends := eventsOf[*event.BatchEnd](n)
	if len(ends) != 1 {
		return event.BatchEnd{Batch: -1, Tasks: int64(len(ends))}
	}
	return *ends[0]
}

// rows are all reports of tasks, in the order in which they came.
func (n *notebook) rows() []record.Task {
	var rows []record.Task
	for _, e := range eventsOf[*event.Tasks](n) {
		rows = append(rows, e.Tasks...)
	}
	return rows
}

// tasks are what a lab-book would show of the tasks that were reported: of each
// the latest report, in input order.
func (n *notebook) tasks() []record.Task {
	latest := map[int64]record.Task{}
	for _, row := range n.rows() {
		latest[row.Index] = row
	}
	var rows []record.Task
	for _, row := range latest {
		rows = append(rows, row)
	}
	slices.SortFunc(rows, func(a, b record.Task) int { return int(a.Index - b.Index) })
	return rows
}
