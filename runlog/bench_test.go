package runlog

import (
	"errors"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/uuid"

	"labbook/runlog/event"
	"labbook/runlog/record"
	"labbook/runlog/spool"
	"labbook/runlog/sqlbook"
)

// BenchmarkEmit measures what recording a hit costs the program, with the
// ingester at work beside it. Now and then the ingester catches up: a program
// that does nothing but record is held up in the end, see spool.Writer.Append.
func BenchmarkEmit(b *testing.B) {
	r := newRecorder(&lockedBuffer{})
	if err := r.open(b.TempDir(), false); err != nil {
		b.Fatal(err)
	}
	key := make([]byte, 32)
	hit := &event.CallEnd{
		Scope: event.Scope{Task: -1}, Function: 1, Key: key, Outcome: record.Hit,
		OriginRun: r.UUID(), OriginCall: 1, Started: time.Now(), Duration: 2000, Saved: time.Second, ResultDigest: key, ResultBytes: 8,
	}
	const most = 100_000
	b.ReportAllocs()
	for b.Loop() {
		hit.Call = r.NextCall()
		r.EmitCallEnd(hit)
		if hit.Call%most == 0 {
			b.StopTimer()
			if _, _, err := r.ingest.flush(b.Context()); err != nil {
				b.Fatal(err)
			}
			b.StartTimer()
		}
	}
	b.StopTimer()
	r.end(b.Context(), &event.RunEnd{Status: record.StatusOK}, func() error { return nil })
}

// BenchmarkTakeIn measures the way of hits from the spool into the lab-book.
func BenchmarkTakeIn(b *testing.B) {
	const events = 50_000
	dir := b.TempDir()
	book, err := sqlbook.Create(b.Context(), filepath.Join(dir, bookFile))
	if err != nil {
		b.Fatal(err)
	}
	defer book.Close()
	key := make([]byte, 32)
	total := 0
	for b.Loop() {
		b.StopTimer()
		run := uuid.Must(uuid.NewV7())
		w, err := spool.Create(dir, run, "main")
		if err != nil {
			b.Fatal(err)
		}
		for i := range events {
			total++
			err := w.AppendCallEnd(&event.CallEnd{
				Call: int64(i + 1), Scope: event.Scope{Task: -1}, Function: 1, Key: key, Outcome: record.Hit,
				OriginRun: run.String(), OriginCall: 1, Started: time.Unix(0, int64(total)), Duration: time.Duration(i * 7919 % 104_729),
				Saved: time.Second, ResultDigest: key, ResultBytes: 8,
			})
			if err != nil {
				b.Fatal(err)
			}
		}
		r, err := spool.Open(w.Path())
		if err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
		if _, err := takeIn(b.Context(), book, r); err != nil {
			b.Fatal(err)
		}
		b.StopTimer()
		if err := errors.Join(w.Close(), r.Remove()); err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(total), "ns/event")
}

// BenchmarkActive measures what a call pays to find its run.
func BenchmarkActive(b *testing.B) {
	b.Setenv("LABBOOK_DIR", "")
	for b.Loop() {
		Active()
	}
}
