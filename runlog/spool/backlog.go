package spool

import (
	"encoding/binary"
	"fmt"
	"time"
)

// bounds says how far a writer may be ahead of those who take its events in.
type bounds struct {
	soft, hard int64         // bytes from which on it is held up, and at which it ends
	patience   time.Duration // how long one event is held up
	stalled    time.Duration // without progress after which it goes on unhindered
	lookAgain  int64         // bytes after which it then looks again
}

var defaultBounds = bounds{soft: 256 << 20, hard: 4 << 30, patience: 10 * time.Millisecond, stalled: time.Second, lookAgain: 64 << 20}

// backlog is what a writer knows of those who take its events in. The writer's
// mutex guards it.
type backlog struct {
	check int64     // look how far they are when more than this is in use
	begin int64     // how far they were
	moved time.Time // when they were first seen there
}

// giveWay holds the caller up, for a moment, until less of the spool remains to
// be taken in.
func (w *Writer) giveWay() error {
	given := time.NewTimer(w.bounds.patience)
	defer given.Stop()
	look := time.NewTicker(max(w.bounds.patience/10, time.Nanosecond))
	defer look.Stop()
	for {
		if wait, err := w.isTooFarAhead(); err != nil || !wait {
			return err
		}
		select {
		case <-look.C:
		case <-given.C:
			return nil
		}
	}
}

// isTooFarAhead looks how far others have come.
func (w *Writer) isTooFarAhead() (bool, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.err != nil {
		return false, w.err
	}
	var field [headerSize - beginAt]byte
	if _, err := w.file.ReadAt(field[:], int64(beginAt)); err != nil {
		w.err = fmt.Errorf("append to spool: %w", err)
		return false, w.err
	}
	begin := int64(binary.LittleEndian.Uint64(field[:]))
	b, now := &w.backlog, time.Now()
	if begin != b.begin || b.moved.IsZero() {
		b.begin, b.moved = begin, now
	}
	switch ahead := w.used - begin; {
	case ahead <= w.bounds.soft:
		b.check, b.moved = begin+w.bounds.soft, time.Time{}
		return false, nil
	case ahead > w.bounds.hard:
		w.err = ErrNotTakenIn
		return false, w.err
	case now.Sub(b.moved) >= w.bounds.stalled:
		b.check = w.used + w.bounds.lookAgain
		return false, nil
	}
	return true, nil
}
