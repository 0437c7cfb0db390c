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

// A run keeps its tie to the outer one even if somebody takes it in who has not
// heard of the outer one: its program can be over before the outer one has opened
// the lab-book.
func TestInnerRunIsTakenInFirst(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	spools := filepath.Join(dir, spoolFolder)
	if err := os.Mkdir(spools, 0o700); err != nil {
		t.Fatal(err)
	}
	book, err := sqlbook.Create(t.Context(), filepath.Join(dir, bookFile))
	if err != nil {
		t.Fatal(err)
	}
	defer book.Close()
	ids := map[string]uuid.UUID{"outer": uuid.Must(uuid.NewV7()), "inner": uuid.Must(uuid.NewV7())}
	writers := map[string]*spool.Writer{}
	for name, id := range ids {
		w, err := spool.Create(spools, id, mainPart)
		if err != nil {
			t.Fatal(err)
		}
		writers[name] = w
		if err := w.Append(&event.RunStart{Run: record.Run{Name: name, Started: time.Now()}}); err != nil {
			t.Fatal(err)
		}
	}
	if err := writers["inner"].Append(&event.Within{UUID: ids["outer"].String()}); err != nil {
		t.Fatal(err)
	}
	if err := writers["inner"].Close(); err != nil {
		t.Fatal(err)
	}
	waitForForks()
	if err := takeInLeftovers(t.Context(), book, dir); err != nil {
		t.Fatal(err)
	}
	outer, err := book.RunID(t.Context(), ids["outer"].String())
	if err != nil {
		t.Fatal(err)
	}
	inner, err := book.RunID(t.Context(), ids["inner"].String())
	if err != nil {
		t.Fatal(err)
	}
	if run, err := book.Run(t.Context(), inner); err != nil || outer == 0 || run.Within != outer {
		t.Errorf("run %d is within run %d, %v; want %d", inner, run.Within, err, outer)
	}
	if err := writers["outer"].Close(); err != nil {
		t.Error(err)
	}
}
