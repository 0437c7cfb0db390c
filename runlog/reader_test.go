package runlog

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"labbook/runlog/event"
	"labbook/runlog/record"
	"labbook/runlog/spool"
)

func init() {
	roles["silent"] = func() {
		run := Start()
		run.Tag("alive")
		say("ready")
		select {}
	}
}

// leave leaves the spool of a program that has died after some notes, calls and
// no end.
func leave(t *testing.T, dir string, events int) {
	t.Helper()
	if err := prepare(dir); err != nil {
		t.Fatal(err)
	}
	w, err := spool.Create(filepath.Join(dir, spoolFolder), uuid.Must(uuid.NewV7()), "main")
	if err != nil {
		t.Fatal(err)
	}
	begun := time.Now()
	all := []event.Event{
		&event.RunStart{Run: record.Run{Name: "dead", Started: begun}},
		&event.Function{Number: 1, Function: record.Function{Name: "f"}},
	}
	for i := range events {
		all = append(all,
			&event.CallEnd{Call: int64(i + 1), Scope: event.Scope{Task: -1}, Function: 1, Outcome: record.Miss, Started: begun, Duration: time.Second},
			&event.Note{Note: record.Note{Text: fmt.Sprint(i), At: begun}})
	}
	for _, e := range all {
		if err := w.Append(e); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
}

// Whoever comes first takes the dead programs in, and nobody does it twice.
func TestLeftoversAreTakenInOnce(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	const programs, events, readers = 6, 700, 4
	for range programs {
		leave(t, dir, events)
	}
	waitForForks()
	begin := make(chan struct{})
	var group sync.WaitGroup
	for range readers {
		group.Go(func() {
			<-begin
			r, err := Open(t.Context(), dir)
			if err != nil {
				t.Error(err)
				return
			}
			if err := errors.Join(r.Leftovers(), r.Close()); err != nil {
				t.Error(err)
			}
		})
	}
	close(begin)
	group.Wait()
	if left := spools(t, dir); len(left) != 0 {
		t.Errorf("spools are left: %q", left)
	}
	r := open(t, dir)
	runs, err := r.Runs(t.Context(), record.RunQuery{})
	if err != nil || len(runs) != programs {
		t.Fatalf("%d runs, %v; want %d", len(runs), err, programs)
	}
	for _, run := range runs {
		detail, err := r.Run(t.Context(), run.ID)
		if err != nil {
			t.Fatal(err)
		}
		if run.Counts.Misses != events || len(detail.Notes) != events || run.Status != record.StatusDied {
			t.Errorf("run %d is %s, with %d misses and %d notes; want each of %d once", run.ID, run.Status, run.Counts.Misses, len(detail.Notes), events)
		}
		if !run.Ended.Equal(run.Started.Add(time.Second)) {
			t.Errorf("run %d ended %v after its start, want when its last call did", run.ID, run.Ended.Sub(run.Started))
		}
	}
}

// A program that records takes in what an earlier one left.
func TestProgramTakesInLeftovers(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	leave(t, dir, 3)
	waitForForks()
	r := recordIn(t, dir)
	for deadline := time.Now().Add(deadline); len(spools(t, dir)) > 1 && time.Now().Before(deadline); {
		// A flush returns once the goroutine that takes them in has time for it.
		if _, _, err := r.ingest.flush(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	r.finish(t)
	runs := readRuns(t, dir)
	if len(runs) != 2 {
		t.Fatalf("%d runs, want that of the dead program too", len(runs))
	}
	for _, run := range runs {
		if want := map[string]record.Status{"dead": record.StatusDied}[run.Name]; want != "" && run.Status != want {
			t.Errorf("%s is %s, want %s", run.Name, run.Status, want)
		}
	}
}

// One bad spool does not keep the others out.
func TestBadSpools(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	leave(t, dir, 1)
	folder := filepath.Join(dir, spoolFolder)
	const foreign, unborn = "0-foreign-main.spool", "1-unborn-main.spool"
	for name, content := range map[string]string{foreign: "LBSPOOL\x63 of a version to come", unborn: ""} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	// Where locks do not say that its maker is gone, its age does.
	yesterday := time.Now().Add(-24 * time.Hour)
	if err := os.Chtimes(filepath.Join(folder, unborn), yesterday, yesterday); err != nil {
		t.Fatal(err)
	}
	if runs, err := open(t, dir).Runs(t.Context(), record.RunQuery{}); err != nil || len(runs) != 1 {
		t.Errorf("%d runs, %v", len(runs), err)
	}
	if diff := cmp.Diff([]string{foreign}, spools(t, dir)); diff != "" {
		t.Errorf("what a newer version wrote stays, what nobody went on with goes (-want +got):\n%s", diff)
	}
}

// setSchema writes the number of the schema where SQLite keeps it, and returns
// what it was.
func setSchema(t *testing.T, dir string, version uint32) uint32 {
	t.Helper()
	file, err := os.OpenFile(filepath.Join(dir, bookFile), os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	const place = 60 // "user version" in SQLite's file format
	var number [4]byte
	if _, err := file.ReadAt(number[:], place); err != nil {
		t.Fatal(err)
	}
	was := binary.BigEndian.Uint32(number[:])
	binary.BigEndian.PutUint32(number[:], version)
	if _, err := file.WriteAt(number[:], place); err != nil {
		t.Fatal(err)
	}
	return was
}

// A lab-book of a newer version is left alone; what an older program records
// waits for that version in the spool.
func TestNewerSchema(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	recordIn(t, dir).finish(t)
	known := setSchema(t, dir, 99)

	p, stdout := execute(t, dir, "everything", nil)
	if p.exit != 0 || stdout != "out 1" {
		t.Errorf("exit status %d, stdout %q", p.exit, stdout)
	}
	stderr := p.stderr.String()
	for _, piece := range []string{"err", "labbook: ", "was written by a newer labbook (schema 99, ", "is kept in " + filepath.Join(dir, spoolFolder)} {
		if !strings.Contains(stderr, piece) {
			t.Errorf("stderr does not say %q:\n%s", piece, stderr)
		}
	}
	if lines := strings.Count(stderr, "\n"); lines != 1 {
		t.Errorf("it says so in %d lines:\n%s", lines, stderr)
	}
	if left := spools(t, dir); len(left) == 0 {
		t.Error("no spool is left")
	}
	_, err := Open(t.Context(), dir)
	newer, ok := errors.AsType[*NewerError](err)
	if !ok || newer.Have != 99 || newer.Known != int(known) {
		t.Errorf("Open = %v, want a *NewerError", err)
	}

	setSchema(t, dir, known)
	run, err := open(t, dir).Run(t.Context(), 2)
	if err != nil || run.Status != record.StatusOK || len(run.Metrics) != 3 {
		t.Errorf("then the run is %s with %d values, %v", run.Status, len(run.Metrics), err)
	}
	if left := spools(t, dir); len(left) != 0 {
		t.Errorf("spools are left: %q", left)
	}
}

func TestOpenErrors(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		reason string
		make   func(t *testing.T, dir string)
		want   error
	}{
		{"nothing there", func(*testing.T, string) {}, ErrNoBook},
		{"an empty folder for spools", func(t *testing.T, dir string) {
			t.Helper()
			if err := prepare(dir); err != nil {
				t.Fatal(err)
			}
		}, ErrNoBook},
		{"another file", func(t *testing.T, dir string) {
			t.Helper()
			leave(t, dir, 1)
			if err := os.WriteFile(filepath.Join(dir, bookFile), []byte(strings.Repeat("no lab-book ", 1000)), 0o600); err != nil {
				t.Fatal(err)
			}
		}, ErrNotLabbook},
	} {
		t.Run(test.reason, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			test.make(t, dir)
			before := spools(t, dir)
			_, err := Open(t.Context(), dir)
			if !errors.Is(err, test.want) || !strings.Contains(err.Error(), dir) {
				t.Errorf("Open = %v, want %v that says where", err, test.want)
			}
			if diff := cmp.Diff(before, spools(t, dir)); diff != "" {
				t.Errorf("spools (-before +after):\n%s", diff)
			}
		})
	}
}

func TestOpenTheWorkingDirectorys(t *testing.T) {
	dir := t.TempDir()
	recordIn(t, dir).finish(t)
	t.Setenv("LABBOOK_DIR", dir)
	r, err := Open(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if r.Dir() != dir || r.Path() != filepath.Join(dir, "labbook.sqlite") {
		t.Errorf("it is %s in %s, want that of LABBOOK_DIR", r.Path(), r.Dir())
	}
	if _, err := r.Run(t.Context(), 9); !errors.Is(err, ErrNoRun) {
		t.Errorf("Run(9) = %v, want %v", err, ErrNoRun)
	}
	if _, err := r.Call(t.Context(), record.CallID{Run: 9, Call: 9}); !errors.Is(err, ErrNoCall) {
		t.Errorf("Call(9.9) = %v, want %v", err, ErrNoCall)
	}
}

// Somebody else's lab-book can be read, without what is still in spools.
func TestReadOnlyLabbook(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	recordIn(t, dir).finish(t)
	leave(t, dir, 1)
	forbid := func(mode, folderMode os.FileMode) {
		t.Helper()
		for path, mode := range map[string]os.FileMode{
			filepath.Join(dir, bookFile): mode, filepath.Join(dir, spoolFolder): folderMode, dir: folderMode,
		} {
			if err := os.Chmod(path, mode); err != nil {
				t.Fatal(err)
			}
		}
	}
	forbid(0o400, 0o500)
	t.Cleanup(func() { forbid(0o600, 0o700) })
	if writable(dir) {
		t.Skip("this user may write where it is forbidden")
	}
	r := open(t, dir)
	runs, err := r.Runs(t.Context(), record.RunQuery{})
	if err != nil || len(runs) != 1 {
		t.Errorf("%d runs, %v; want the one that is taken in", len(runs), err)
	}
	if version, err := r.Version(t.Context()); err != nil {
		t.Errorf("Version = %d, %v", version, err)
	}
	if left := spools(t, dir); len(left) != 1 {
		t.Errorf("left are %q, want the spool as it was", left)
	}
}

func TestVersion(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	r := recordIn(t, dir)
	if _, _, err := r.ingest.flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	<-r.vcsDone // which is an event as well
	if _, _, err := r.ingest.flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	reader := open(t, dir)
	version := func() int64 {
		t.Helper()
		v, err := reader.Version(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	before := version()
	if now := version(); now != before {
		t.Errorf("nothing has changed, but the version: from %d to %d", before, now)
	}
	r.note("x")
	if _, _, err := r.ingest.flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	if now := version(); now == before {
		t.Errorf("a note has come, but the version is %d still", now)
	}
	r.finish(t)
}

// Who watches a program sees it die.
func TestVersionTakesInTheDead(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	p := start(t, dir, "silent", nil)
	p.expect("ready")
	watch := func(r *Reader) record.Status {
		t.Helper()
		r.lookedMu.Lock()
		r.looked = time.Now().Add(-lookEvery)
		r.lookedMu.Unlock()
		if _, err := r.Version(t.Context()); err != nil {
			t.Fatal(err)
		}
		runs, err := r.Runs(t.Context(), record.RunQuery{})
		if err != nil {
			t.Fatal(err)
		}
		if len(runs) != 1 {
			return ""
		}
		return runs[0].Status
	}
	r := open(t, dir)
	if status := watch(r); status != "" && status != record.StatusRunning {
		t.Errorf("the living program is %s", status)
	}
	if err := p.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	p.wait()
	want := unsaid(end{Status: record.StatusKilled}).Status
	if status := watch(r); status != want {
		t.Errorf("the dead program is %s, want %s", status, want)
	}
	if run := onlyRun(t, dir); len(run.Tags) != 1 {
		t.Errorf("its tags are %q, want the one that it recorded", run.Tags)
	}
}
