package runlog

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"labbook/runlog/event"
	"labbook/runlog/record"
	"labbook/runlog/spool"
	"labbook/runlog/sqlbook"
)

// spoolOfOutput makes a spool with so many chunks of output.
func spoolOfOutput(t testing.TB, chunks, size int) *spool.Reader {
	t.Helper()
	dir := t.TempDir()
	w, err := spool.Create(dir, uuid.New(), "")
	if err != nil {
		t.Fatal(err)
	}
	text := make([]byte, size)
	for i := range text {
		text[i] = "a line of output\n"[i%17]
	}
	for i := range chunks {
		err := w.Append(&event.Output{Stream: record.Stdout, Offset: int64(i) * int64(size), At: time.Now(), Bytes: text})
		if err != nil {
			t.Fatal(err)
		}
		if i == chunks/2 { // what else happens is not lost in a flood
			if err := w.Append(&event.Tag{Tag: "half"}); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	paths, err := spool.List(dir)
	if err != nil || len(paths) != 1 {
		t.Fatal(paths, err)
	}
	r, err := spool.Open(paths[0])
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.Close() })
	return r
}

func createBook(t testing.TB) *sqlbook.Book {
	t.Helper()
	book, err := sqlbook.Create(t.Context(), filepath.Join(t.TempDir(), bookFile))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = book.Close() })
	return book
}

// Of a flood of output the beginning and the end are kept, and all else that
// happened.
func TestFloodIsBounded(t *testing.T) {
	t.Parallel()
	for _, limit := range []int64{10 << 10, 1 << 20} {
		book := createBook(t)
		book.LimitOutput(limit)
		const chunks, size = 400, 64 << 10
		if more, err := takeIn(t.Context(), book, spoolOfOutput(t, chunks, size)); err != nil || more {
			t.Fatalf("take in: more %t, %v", more, err)
		}
		output, err := book.Output(t.Context(), 1, 0, 10_000)
		if err != nil {
			t.Fatal(err)
		}
		kept := int64(0)
		for i := range output {
			kept += int64(len(output[i].Bytes))
		}
		if kept > limit || kept < limit-size || output[0].Offset != 0 || output[len(output)-1].End() != chunks*size {
			t.Errorf("limit %d: %d bytes are kept, from %d to %d; want nearly as many, from 0 to %d",
				limit, kept, output[0].Offset, output[len(output)-1].End(), chunks*size)
		}
		run, err := book.Run(t.Context(), 1)
		if diff := cmp.Diff([]string{"half"}, run.Tags); err != nil || diff != "" {
			t.Errorf("limit %d: tags: %v\n%s", limit, err, diff)
		}
	}
}

// The batch never holds much more than the limit, and loses nothing that would
// have been kept.
func TestOutputBatch(t *testing.T) {
	t.Parallel()
	const size = 64 << 10
	batch := outputBatch{limit: 1 << 20}
	var events []event.Event
	largest := 0
	for i := range 1000 {
		events = batch.add(append(events, &event.Output{Offset: int64(i), Bytes: make([]byte, size)}))
		if i%100 == 0 {
			events = batch.add(append(events, &event.Tag{}))
		}
		largest = max(largest, len(events))
	}
	tags, first, last := 0, int64(0), int64(999)
	var offsets []int64
	for _, e := range events {
		switch e := e.(type) {
		case *event.Tag:
			tags++
		case *event.Output:
			offsets = append(offsets, e.Offset)
		}
	}
	for ; first < 8; first++ {
		if offsets[first] != first || offsets[int64(len(offsets))-1-first] != last-first {
			t.Fatalf("chunks %v: want the first and last eight among them", offsets)
		}
	}
	if tags != 10 || largest > 100 {
		t.Errorf("%d tags and at most %d events at once; want 10, and at most 100", tags, largest)
	}
	unlimited := outputBatch{}
	for range batchOutput / size {
		events = unlimited.add([]event.Event{&event.Output{Bytes: make([]byte, size)}})
	}
	if !unlimited.isFull() || len(events) != 1 {
		t.Error("a batch without a limit takes output without end")
	}
}

// BenchmarkFlood takes in far more output than is kept, as it comes from the spool.
func BenchmarkFlood(b *testing.B) {
	const chunks, size = 4096, 64 << 10
	b.SetBytes(chunks * size)
	for b.Loop() {
		b.StopTimer()
		book, r := createBook(b), spoolOfOutput(b, chunks, size)
		b.StartTimer()
		for more := true; more; {
			var err error
			if more, err = takeIn(b.Context(), book, r); err != nil {
				b.Fatal(err)
			}
		}
	}
}
