package runlog

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/uuid"

	"labbook/runlog/event"
	"labbook/runlog/record"
	"labbook/runlog/spool"
	"labbook/runlog/sqlbook"
)

// TestSpoolTakenInByTwo has a spool finished by one while another, who has it
// open, is about to do the same: a program that ends, and a reader that comes
// just when its helper is gone.
func TestSpoolTakenInByTwo(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	spools := filepath.Join(dir, spoolFolder)
	if err := os.Mkdir(spools, 0o700); err != nil {
		t.Fatal(err)
	}
	run := uuid.Must(uuid.NewV7())
	w, err := spool.Create(spools, run, "output")
	if err != nil {
		t.Fatal(err)
	}
	book, err := sqlbook.Create(t.Context(), filepath.Join(dir, bookFile))
	if err != nil {
		t.Fatal(err)
	}
	defer book.Close()
	slow, err := spool.Open(w.Path())
	if err != nil {
		t.Fatal(err)
	}
	say := func(offset int64) {
		t.Helper()
		if err := w.Append(&event.Output{Stream: record.Stdout, Offset: offset, At: time.Now(), Bytes: []byte("line\n")}); err != nil {
			t.Fatal(err)
		}
	}
	say(0)
	if _, err := takeIn(t.Context(), book, slow); err != nil {
		t.Fatal(err)
	}
	say(5)
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	waitForForks()
	if err := takeInLeftovers(t.Context(), book, dir); err != nil {
		t.Fatal(err)
	}
	if left, err := spool.List(spools); err != nil || len(left) != 0 {
		t.Fatalf("these spools are left: %q, %v", left, err)
	}
	waitForForks()
	if abandoned, err := slow.Abandoned(); err != nil || !abandoned {
		t.Fatalf("abandoned %t, %v; want the lock to be free", abandoned, err)
	}
	if err := finishSpool(t.Context(), book, slow); err != nil {
		t.Errorf("finish a spool that is finished: %v", err)
	}
	id, err := book.RunID(t.Context(), run.String())
	if err != nil {
		t.Fatal(err)
	}
	chunks, err := book.Output(t.Context(), id, 0, 10)
	if err != nil || len(chunks) != 2 {
		t.Errorf("the lab-book has %d chunks, %v; want the 2 that were printed", len(chunks), err)
	}
}

// Whoever takes in the last of a spool has the lab-book forget it.
func TestSpoolsAreForgotten(t *testing.T) {
	t.Parallel()
	for name, run := range map[string]func(t *testing.T, dir string){
		"a program that died":  func(t *testing.T, dir string) { t.Helper(); leave(t, dir, 3) },
		"a program that ended": func(t *testing.T, dir string) { t.Helper(); execute(t, dir, "ends", []string{"error"}) },
		"one after another": func(t *testing.T, dir string) {
			t.Helper()
			leave(t, dir, 3)
			execute(t, dir, "ends", []string{"error"})
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			run(t, dir)
			known, err := open(t, dir).KnownSpools(t.Context())
			if err != nil || len(known) != 0 {
				t.Errorf("known are %q, %v", known, err)
			}
		})
	}
}
