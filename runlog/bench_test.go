package runlog

import (
	"testing"
	"time"

	"labbook/runlog/event"
	"labbook/runlog/record"
)

// BenchmarkEmit measures what recording a hit costs the program, with the
// ingester at work beside it.
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
	b.ReportAllocs()
	for b.Loop() {
		hit.Call = r.NextCall()
		r.EmitCallEnd(hit)
	}
	b.StopTimer()
	r.end(b.Context(), &event.RunEnd{Status: record.StatusOK}, func() error { return nil })
}

// BenchmarkActive measures what a call pays to find its run.
func BenchmarkActive(b *testing.B) {
	b.Setenv("LABBOOK_DIR", "")
	for b.Loop() {
		Active()
	}
}
