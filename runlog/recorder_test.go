package runlog

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"labbook/runlog/event"
	"labbook/runlog/record"
	"labbook/runlog/spool"
	"labbook/runlog/sqlbook"
)

// A recording is a recorder within this process, which is in no run.
type recording struct {
	*Recorder
	stderr *lockedBuffer
}

// lockedBuffer is a terminal that several goroutines write to.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

func recordIn(t *testing.T, dir string) *recording {
	t.Helper()
	r := &recording{stderr: &lockedBuffer{}}
	r.Recorder = newRecorder(r.stderr)
	if err := r.open(dir, false); err != nil {
		t.Fatal(err)
	}
	return r
}

// finish ends the run well.
func (r *recording) finish(t *testing.T) {
	t.Helper()
	r.endWithin(t.Context(), t)
	if got := r.stderr.String(); got != "" {
		t.Errorf("it complains: %s", got)
	}
}

func (r *recording) endWithin(ctx context.Context, t *testing.T) {
	t.Helper()
	letGo := 0
	r.end(ctx, &event.RunEnd{Status: record.StatusOK}, func() error { letGo++; return nil })
	if letGo != 1 {
		t.Errorf("the streams were let go %d times", letGo)
	}
}

func (r *recording) note(text string) {
	r.Emit(&event.Note{Note: record.Note{Text: text, At: time.Now()}})
}

// notes returns the notes of the only run.
func notes(t *testing.T, dir string) []string {
	t.Helper()
	var list []string
	for _, n := range onlyRun(t, dir).Notes {
		list = append(list, n.Text)
	}
	return list
}

func TestEndHooks(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	r := recordIn(t, dir)
	const events = 5000 // more than one transaction takes
	for range events {
		r.note("x")
	}
	var order []string
	r.AtEnd(func(ctx context.Context, book *sqlbook.Book, run int64, w io.Writer) {
		detail, err := book.Run(ctx, run)
		if err != nil || len(detail.Notes) != events || detail.UUID != r.UUID() || detail.Status != record.StatusRunning {
			t.Errorf("the hook sees run %s, %s, with %d notes, %v", detail.UUID, detail.Status, len(detail.Notes), err)
		}
		order = append(order, "first")
		_, _ = io.WriteString(w, "summary\n")
	})
	r.AtEnd(func(context.Context, *sqlbook.Book, int64, io.Writer) { order = append(order, "second") })
	(&Run{recorder: r.Recorder}).End(nil)
	if diff := cmp.Diff([]string{"first", "second"}, order); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if got := r.stderr.String(); got != "summary\n" {
		t.Errorf("on stderr: %q", got)
	}
	if run := onlyRun(t, dir); run.Status != record.StatusOK || len(run.Notes) != events {
		t.Errorf("the run is %s with %d notes", run.Status, len(run.Notes))
	}
}

func TestFlushIsBounded(t *testing.T) {
	t.Parallel()
	r := recordIn(t, t.TempDir())
	over, cancel := context.WithCancelCause(t.Context())
	noTime := errors.New("no time")
	cancel(noTime)
	if _, _, err := r.ingest.flush(over); err == nil || !errors.Is(err, noTime) && !errors.Is(err, context.Canceled) {
		t.Errorf("flush with no time left = %v, want %v", err, noTime)
	}
	r.finish(t)
	if _, _, err := r.ingest.flush(t.Context()); err == nil || !strings.Contains(err.Error(), "the run is over") {
		t.Errorf("flush after the end = %v", err)
	}
}

// An end that has no time to take in what was recorded keeps it for later.
func TestEndIsBounded(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	r := recordIn(t, dir)
	for i := range 3 {
		r.note(fmt.Sprint(i))
	}
	over, cancel := context.WithCancel(t.Context())
	cancel()
	r.endWithin(over, t)
	want := "; what was recorded is kept in " + filepath.Join(dir, spoolFolder) + " and will be taken in later\n"
	if got := r.stderr.String(); !strings.HasPrefix(got, "labbook: ") || !strings.HasSuffix(got, want) || strings.Count(got, "\n") != 1 {
		t.Errorf("it says %q, want one line that ends %q", got, want)
	}
	if left := spools(t, dir); len(left) != 1 {
		t.Fatalf("left are %q, want one spool", left)
	}
	if diff := cmp.Diff([]string{"0", "1", "2"}, notes(t, dir)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if run := onlyRun(t, dir); run.Status != record.StatusOK {
		t.Errorf("the run is %s, want how it ended", run.Status)
	}
}

// The end of a program waits a second for the lab-book, not ten, and leaves the rest
// to whoever opens it next.
func TestEndWhileTheLabbookIsLocked(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	r := recordIn(t, dir)
	if _, _, err := r.ingest.flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	book, err := sqlbook.Create(t.Context(), filepath.Join(dir, bookFile))
	if err != nil {
		t.Fatal(err)
	}
	defer book.Close()
	locked, unlock, over := make(chan struct{}), make(chan struct{}), make(chan error)
	go func() {
		over <- book.ApplyFirst(t.Context(), "long", uuid.NewString(), nil, 1, func() (bool, error) {
			close(locked)
			<-unlock
			return false, nil // nothing comes of it
		})
	}()
	<-locked
	r.note("kept")
	begun := time.Now()
	r.endWithin(t.Context(), t)
	if took := time.Since(begun); took < endWait || took > 5*endWait {
		t.Errorf("it ended after %v, want some more than %v", took, endWait)
	}
	close(unlock)
	if err := <-over; !errors.Is(err, sqlbook.ErrGone) {
		t.Errorf("the other says %v", err)
	}
	if got := r.stderr.String(); got != "" {
		t.Errorf("it says %q, and nothing is lost", got)
	}
	if diff := cmp.Diff([]string{"kept"}, notes(t, dir)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// A disk that is full in the middle of a run costs one line and the rest of the
// record.
func TestSpoolThatFails(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	r := recordIn(t, dir)
	r.note("kept")
	if err := r.spool.Close(); err != nil { // as good as full
		t.Fatal(err)
	}
	var writers sync.WaitGroup
	for range 4 {
		writers.Go(func() { r.note("lost") })
	}
	writers.Wait()
	if r.Recording() {
		t.Error("it says that it still records")
	}
	hooked := false
	r.AtEnd(func(context.Context, *sqlbook.Book, int64, io.Writer) { hooked = true })
	(&Run{recorder: r.Recorder}).End(nil)
	got := r.stderr.String()
	if want := "; the program goes on without being recorded (LABBOOK=off silences this)\n"; strings.Count(got, "\n") != 1 || !strings.HasSuffix(got, want) {
		t.Errorf("it says %q, want one line that ends %q", got, want)
	}
	if hooked {
		t.Error("a hook summed up half a run")
	}
	if diff := cmp.Diff([]string{"kept"}, notes(t, dir)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if run := onlyRun(t, dir); run.Status != record.StatusDied {
		t.Errorf("the run is %s; how it ended is not known", run.Status)
	}
}

// Many goroutines emit while the run is taken in, and nothing is lost.
func TestEmitConcurrently(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	r := recordIn(t, dir)
	run := &Run{recorder: r.Recorder}
	const goroutines, each = 8, 500
	var writers sync.WaitGroup
	for range goroutines {
		writers.Go(func() {
			for range each {
				run.Metric("loss", 1)
			}
		})
	}
	writers.Wait()
	r.finish(t)
	metrics := onlyRun(t, dir).Metrics
	if len(metrics) != goroutines*each {
		t.Errorf("%d values, want %d", len(metrics), goroutines*each)
	}
	for i, m := range metrics {
		if m.Step != int64(i) {
			t.Fatalf("value %d has step %d", i, m.Step)
		}
	}
}

func TestNumbersOfARunCountFromOne(t *testing.T) {
	t.Parallel()
	r := &Recorder{}
	for want := int64(1); want < 3; want++ {
		if call, batch, function := r.NextCall(), r.NextBatch(), r.NextFunction(); call != want || batch != want || function != want {
			t.Errorf("call %d, batch %d, function %d; want %d", call, batch, function, want)
		}
	}
}

// Time passes in this test as fast as everybody waits for it.
func TestTheProgramShowsThatItLives(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		r := recordIn(t, dir)
		begun := time.Now()
		<-time.After(3*heartbeatEvery + time.Second)
		synctest.Wait()
		runs := readRuns(t, dir)
		if len(runs) != 1 || runs[0].Status != record.StatusRunning || !runs[0].Heartbeat.Equal(begun.Add(3*heartbeatEvery)) {
			t.Errorf("after %v: %+v", time.Since(begun), runs)
		}
		r.finish(t)
	})
}

// Nobody has to ask for what a program has recorded: it comes soon, and what a
// helper writes, which cannot say so, some time later.
func TestEventsAreTakenInWhileTheProgramRuns(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		r := recordIn(t, dir)
		<-r.vcsDone
		helper, err := spool.Create(filepath.Join(dir, spoolFolder), r.id, "output")
		if err != nil {
			t.Fatal(err)
		}
		defer helper.Close()
		known := func(after time.Duration) int64 {
			t.Helper()
			<-time.After(after)
			synctest.Wait()
			return readRuns(t, dir)[0].Counts.Misses
		}
		known(2 * lookAround) // the beginning, and what git says
		r.Emit(miss(1))
		if n := known(settle + time.Millisecond); n != 1 {
			t.Errorf("%d calls are known soon after the first has ended", n)
		}
		if err := helper.Append(miss(2)); err != nil {
			t.Fatal(err)
		}
		if n := known(lookAround + time.Millisecond); n != 2 {
			t.Errorf("%d calls are known some time after a helper has recorded the second", n)
		}
		r.finish(t)
	})
}

func miss(number int64) *event.CallEnd {
	return &event.CallEnd{Call: number, Scope: event.Scope{Task: -1}, Outcome: record.Miss, Started: time.Now(), Duration: time.Second}
}

func readRuns(t *testing.T, dir string) []record.Run {
	t.Helper()
	book, err := sqlbook.Open(t.Context(), filepath.Join(dir, bookFile))
	if err != nil {
		t.Fatal(err)
	}
	defer book.Close()
	runs, err := book.Runs(t.Context(), record.RunQuery{})
	if err != nil {
		t.Fatal(err)
	}
	return runs
}

// What a helper of the run writes is taken in while the run lasts, and what it
// has not written by the end is left to whoever comes later.
func TestSpoolsOfHelpers(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	r := recordIn(t, dir)
	helper, err := spool.Create(filepath.Join(dir, spoolFolder), r.id, "output")
	if err != nil {
		t.Fatal(err)
	}
	other, err := spool.Create(filepath.Join(dir, spoolFolder), uuid.Must(uuid.NewV7()), "main")
	if err != nil {
		t.Fatal(err)
	}
	say := func(w *spool.Writer, text string) {
		t.Helper()
		if err := w.Append(&event.Note{Note: record.Note{Text: text, At: time.Now()}}); err != nil {
			t.Fatal(err)
		}
	}
	say(helper, "by the helper")
	say(other, "of another run")
	book, run, err := r.ingest.flush(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	detail, err := book.Run(t.Context(), run)
	if err != nil || len(detail.Notes) != 1 || detail.Notes[0].Text != "by the helper" {
		t.Errorf("the run has the notes %v, %v", detail.Notes, err)
	}
	r.finish(t)
	if runs := readRuns(t, dir); len(runs) != 1 {
		t.Errorf("%d runs; that of a living program is its own to take in", len(runs))
	}
	if left := spools(t, dir); len(left) < 2 {
		t.Errorf("left are %q, want those of writers that live", left)
	}
	say(helper, "later")
	if err := errors.Join(helper.Close(), other.Close()); err != nil {
		t.Fatal(err)
	}
	reader := open(t, dir)
	detail, err = reader.Run(t.Context(), run)
	if err != nil || len(detail.Notes) != 2 || detail.Status != record.StatusOK {
		t.Errorf("then the run is %s with the notes %v, %v", detail.Status, detail.Notes, err)
	}
	if left := spools(t, dir); len(left) != 0 {
		t.Errorf("left are %q", left)
	}
}

func TestDebugMode(t *testing.T) {
	for value, want := range map[string]bool{"": false, "0": false, "false": false, "1": true, "yes": true} {
		t.Run(value, func(t *testing.T) {
			t.Setenv("JOBLIB_DEBUG", value)
			if got := debugMode(); got != want {
				t.Errorf("JOBLIB_DEBUG=%q switches debug mode on: %v, want %v", value, got, want)
			}
		})
	}
}

func TestProgramName(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		run  record.Run
		want string
	}{
		{record.Run{Package: "example.com/lab/digits", Exe: "/tmp/exe/main"}, "digits"},
		{record.Run{Package: "digits", Exe: "/tmp/exe/main"}, "digits"},
		{record.Run{Package: "example.com/lab/digits.test"}, "digits"},
		{record.Run{Package: "command-line-arguments", Exe: "/tmp/go-build/digits.exe"}, "digits"},
		{record.Run{Exe: "digits"}, "digits"},
	} {
		if got := programName(&test.run); got != test.want {
			t.Errorf("programName(%+v) = %q, want %q", test.run, got, test.want)
		}
	}
}

func TestArtifact(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	r := recordIn(t, dir)
	run := &Run{recorder: r.Recorder}
	for _, name := range []string{"", ".", "..", "../a", "a/../..", "a/..", "/etc/passwd", "a/../../b"} {
		if err := run.Artifact(name, nil); err == nil || !strings.Contains(err.Error(), fmt.Sprintf("keep artifact %q: ", name)) {
			t.Errorf("Artifact(%q) = %v, want an error that says which", name, err)
		}
	}
	for _, content := range []string{"a long first version", "short"} {
		if err := run.Artifact("tables/./sub/../scores.csv", []byte(content)); err != nil {
			t.Fatal(err)
		}
	}
	if err := run.Artifact("tables", nil); err == nil {
		t.Error("a folder was replaced by a file")
	}
	if err := run.Artifact("unknown.kind-of-file", nil); err != nil {
		t.Error(err)
	}
	r.finish(t)
	want := []record.Artifact{
		{Name: "tables/scores.csv", MediaType: "text/csv; charset=utf-8", Bytes: 5},
		{Name: "unknown.kind-of-file", MediaType: "application/octet-stream"},
	}
	if runtime.GOOS == "windows" { // which has its own table of types
		want[0].MediaType = onlyRun(t, dir).Artifacts[0].MediaType
	}
	folder := filepath.Join(dir, artifactFolder, r.UUID())
	for i := range want {
		want[i].Path = filepath.Join(folder, filepath.FromSlash(want[i].Name))
	}
	got := onlyRun(t, dir).Artifacts
	for i := range got {
		got[i].At = time.Time{}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	content, err := os.ReadFile(want[0].Path)
	if err != nil || string(content) != "short" {
		t.Errorf("it holds %q, %v; want the second version", content, err)
	}
	files := modes(t, folder)
	if len(files) != 4 { // two folders and two files
		t.Errorf("more is left than was kept: %v", files)
	}
}
