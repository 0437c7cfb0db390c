package sqlbook

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"labbook/runlog/event"
	"labbook/runlog/record"
)

// Somebody waits for their turn, until it comes or they no longer want it.
func TestTakeTurn(t *testing.T) {
	t.Parallel()
	b := create(t)
	holder, err := raw(t, b.Path()).BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	conn, err := b.db.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	isAsBefore := func() {
		t.Helper()
		var wait int64
		if err := conn.QueryRowContext(t.Context(), "PRAGMA busy_timeout").Scan(&wait); err != nil || wait != busyTime.Milliseconds() {
			t.Errorf("SQLite waits %d ms, %v", wait, err)
		}
	}
	unwanted := errors.New("no longer wanted")
	ctx, cancel := context.WithCancelCause(t.Context())
	time.AfterFunc(5*turnTime, func() { cancel(unwanted) })
	if _, err := takeTurn(ctx, conn, busyTime); !errors.Is(err, unwanted) {
		t.Errorf("takeTurn says %v", err)
	}
	isAsBefore()
	released := make(chan error, 1)
	time.AfterFunc(5*turnTime, func() { released <- holder.Rollback() })
	tx, err := takeTurn(t.Context(), conn, busyTime)
	if err := errors.Join(err, <-released); err != nil {
		t.Fatal(err)
	}
	if err := tx.Rollback(); err != nil {
		t.Error(err)
	}
	isAsBefore()
}

// BenchmarkTurn measures how long somebody waits who has a little to write, among
// four who write without a pause.
func BenchmarkTurn(b *testing.B) {
	path := filepath.Join(b.TempDir(), "labbook.sqlite")
	var over atomic.Bool
	var taken atomic.Int64
	var group sync.WaitGroup
	for writer := range 4 {
		book, err := Create(b.Context(), path)
		if err != nil {
			b.Fatal(err)
		}
		group.Go(func() {
			defer book.Close()
			uuid := fmt.Sprintf("%d1234567-89ab-4def-8123-456789abcdef", writer+5)
			number := int64(0)
			for from := int64(0); !over.Load(); from++ {
				events := make([]event.Event, 8000)
				for i := range events {
					number++
					events[i] = call(number, record.Hit, time.Duration(number%977))
				}
				if err := book.Apply(b.Context(), uuid, uuid, events, from, from+1); err != nil {
					b.Error(writer, err)
				}
				taken.Add(8000)
			}
		})
	}
	book, err := Create(b.Context(), path)
	if err != nil {
		b.Fatal(err)
	}
	defer book.Close()
	apply(b, book, runUUID, aRun("digits")...)
	run, err := book.RunID(b.Context(), runUUID)
	if err != nil {
		b.Fatal(err)
	}
	start := time.Now()
	longest := time.Duration(0)
	for b.Loop() {
		before := time.Now()
		if err := book.SetPinned(b.Context(), true, run); err != nil {
			b.Error(time.Since(before), err)
		}
		longest = max(longest, time.Since(before))
	}
	b.ReportMetric(longest.Seconds()*1e3, "longest-ms")
	b.ReportMetric(float64(taken.Load())/time.Since(start).Seconds(), "events/s")
	over.Store(true)
	group.Wait()
}
