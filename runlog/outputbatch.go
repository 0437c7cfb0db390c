package runlog

import "labbook/runlog/event"

const (
	// batchOutput bounds the output that one transaction takes in, in bytes, if
	// none of it may be left out.
	batchOutput = 32 << 20
	// batchRead bounds the output that is read for one transaction if most of it
	// may be: what is read at once is not written first and removed later.
	batchRead = 512 << 20
)

// An outputBatch bounds the output among the events of a batch. Of a flood it
// keeps the beginning and the end, as the lab-book will.
type outputBatch struct {
	limit int64 // of a run's output; 0 for none
	read  int64 // bytes
	held  int64 // bytes
}

// add takes note of an event that was appended to the events, and returns them,
// perhaps without some output in their middle.
func (b *outputBatch) add(events []event.Event) []event.Event {
	printed, ok := events[len(events)-1].(*event.Output)
	if !ok {
		return events
	}
	size := int64(len(printed.Bytes))
	b.read, b.held = b.read+size, b.held+size
	if b.limit == 0 || b.held < b.limit+max(b.limit/4, batchOutput/8) {
		return events
	}
	return b.thin(events)
}

// isFull reports whether the batch takes no more output.
func (b *outputBatch) isFull() bool {
	return b.limit == 0 && b.held >= batchOutput || b.held >= 2*b.limit+batchOutput || b.read >= batchRead
}

// thin takes the output out that is neither in the first half of the limit nor in
// the last.
func (b *outputBatch) thin(events []event.Event) []event.Event {
	half := b.limit / 2
	before, after := int64(0), b.held
	b.held = 0
	kept := events[:0]
	for _, e := range events {
		if printed, ok := e.(*event.Output); ok {
			size := int64(len(printed.Bytes))
			isMiddle := before >= half && after-size >= b.limit-half
			before, after = before+size, after-size
			if isMiddle {
				continue
			}
			b.held += size
		}
		kept = append(kept, e)
	}
	clear(events[len(kept):])
	return kept
}
