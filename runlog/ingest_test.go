package runlog

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
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

// TestProgramOutlivesItsCommand kills first the one that records a program and
// later the program, which records itself too. The run has died, however long it
// went on after somebody had found it dead.
func TestProgramOutlivesItsCommand(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := prepare(dir); err != nil {
		t.Fatal(err)
	}
	run, began := uuid.Must(uuid.NewV7()), time.Now()
	begin := func(part string, isOutside bool, more ...event.Event) (die func()) {
		t.Helper()
		w, err := spool.Create(filepath.Join(dir, spoolFolder), run, part)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range append([]event.Event{&event.RunStart{Run: record.Run{Started: began, Outside: isOutside}}}, more...) {
			if err := w.Append(e); err != nil {
				t.Fatal(err)
			}
		}
		return func() {
			t.Helper()
			if err := w.Close(); err != nil {
				t.Fatal(err)
			}
		}
	}
	lastSign := began.Add(4 * time.Second)
	killCommand := begin(mainPart, true)
	killProgram := begin(innerPart, false, &event.Heartbeat{At: lastSign}, &event.BatchStart{Batch: 1, Started: lastSign})
	killCommand()
	if got := onlyRun(t, dir); got.Status != record.StatusDied {
		t.Errorf("without its command the run is %s, want it died", got.Status)
	}
	killProgram()
	got := onlyRun(t, dir)
	if got.Status != record.StatusDied || !got.Ended.Equal(lastSign) {
		t.Errorf("the run is %s, ended at %s; want it died at its last sign of life, %s", got.Status, got.Ended, lastSign)
	}
	batches, err := open(t, dir).Batches(t.Context(), got.ID)
	if err != nil || len(batches) != 1 || batches[0].Status != "cancelled" {
		t.Errorf("its batches are %+v, %v; want one, cancelled", batches, err)
	}
	if known, err := open(t, dir).KnownSpools(t.Context()); err != nil || len(known) != 0 {
		t.Errorf("known spools are %q, %v", known, err)
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

// A spool that was damaged in the middle is taken in before the damage and behind it,
// once, with a note of what is lost, and is kept.
func TestDamagedSpoolIsTakenIn(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := prepare(dir); err != nil {
		t.Fatal(err)
	}
	run := uuid.Must(uuid.NewV7())
	w, err := spool.Create(filepath.Join(dir, spoolFolder), run, mainPart)
	if err != nil {
		t.Fatal(err)
	}
	const metrics = 2*batchEvents + 100
	for i := range metrics {
		if err := w.Append(&event.Metric{Metric: record.Metric{Name: "loss", Step: int64(i), Value: 1, At: time.Now()}}); err != nil {
			t.Fatal(err)
		}
	}
	// What a living program writes is never skipped.
	data, err := os.ReadFile(w.Path())
	if err != nil {
		t.Fatal(err)
	}
	damaged := bytes.Clone(data)
	for _, at := range []int{len(data) / 50, len(data) / 10, len(data)/10 + 4000} {
		damaged[at] ^= 0x80
	}
	file, err := os.OpenFile(w.Path(), os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if _, err := file.WriteAt(damaged[:len(data)/5], 0); err != nil {
		t.Fatal(err)
	}
	book, err := sqlbook.Create(t.Context(), filepath.Join(dir, bookFile))
	if err != nil {
		t.Fatal(err)
	}
	defer book.Close()
	r, err := spool.Open(w.Path())
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	for range 2 {
		if more, err := takeIn(t.Context(), book, r); err != nil || more || r.Lost() != 0 {
			t.Fatalf("%v, %v, %d bytes lost", more, err, r.Lost())
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	waitForForks()
	for range 2 { // the second time nothing is left
		if err := takeInLeftovers(t.Context(), book, dir); err != nil {
			t.Fatal(err)
		}
	}
	detail, err := book.Run(t.Context(), 1)
	if err != nil || len(detail.Notes) != 3 || !strings.Contains(detail.Notes[0].Text, "damaged and is lost: ") {
		t.Errorf("notes %+v, %v", detail.Notes, err)
	}
	if len(detail.Metrics) != metrics-3 {
		t.Errorf("%d metrics; want all but 3 of %d", len(detail.Metrics), metrics)
	}
	aside := w.Path() + "-damaged"
	if _, err := os.Stat(aside); err != nil {
		t.Error(err)
	}
	if left, err := spool.List(filepath.Join(dir, spoolFolder)); err != nil || len(left) != 0 {
		t.Errorf("these are left: %q, %v", left, err)
	}
	found, err := Check(t.Context(), dir, CheckOptions{})
	if err != nil || !slices.Equal(findingKinds(&found), []string{FindingSpoolDamaged}) || found.Findings[0].Subject != aside {
		t.Errorf("%+v, %v", found.Findings, err)
	}
	moment := time.Date(2026, 11, 21, 15, 4, 5, 0, time.UTC)
	if repaired, err := Check(t.Context(), dir, CheckOptions{Repair: true, Now: moment}); err != nil || repaired.Open() != 0 {
		t.Errorf("%+v, %v", repaired.Findings, err)
	}
	if _, err := os.Stat(filepath.Join(dir, filepath.Base(aside)+".corrupt-20261121T150405Z")); err != nil {
		t.Errorf("the damaged spool was not kept: %v", err)
	}
	sound(t, dir)
}
