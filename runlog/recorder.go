package runlog

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"

	"labbook/runlog/event"
	"labbook/runlog/spool"
	"labbook/runlog/sqlbook"
)

// Recorder writes what one run does into the lab-book. Its methods are safe for
// concurrent use and never fail the program: if the lab-book cannot be used, it
// says so once on stderr and records no more. The zero Recorder records
// nothing.
type Recorder struct {
	dir     string
	id      uuid.UUID
	uuid    string // of id, once something is recorded
	started time.Time
	debug   bool
	// implicit says that nobody has declared the run yet.
	implicit atomic.Bool
	stderr   io.Writer // where warnings go

	calls, batches, functions atomic.Int64

	spool   *spool.Writer // nil if nothing is recorded
	failed  atomic.Bool
	over    atomic.Bool // what still comes after the end belongs to no run
	warned  sync.Once
	ingest  *ingester
	vcsDone chan struct{}

	hooksMu sync.Mutex
	hooks   []EndHook
}

// EndHook runs when the run ends, after all its calls are in the lab-book and
// before the program's streams are let go. It may read book and print on w.
type EndHook func(ctx context.Context, book *sqlbook.Book, run int64, w io.Writer)

// active is the recorder of the run that this process is in.
var active struct {
	current atomic.Pointer[Recorder]
	mu      sync.Mutex
}

// Active returns the recorder of the program's run. If no run was started it
// opens an implicit one: a program that only uses cache or parallel is recorded
// too, though nobody can tell how it ended. It costs a nanosecond once a run is
// open.
//
// Test binaries record nothing unless LABBOOK_DIR says where, and LABBOOK=off
// switches recording off altogether.
func Active() *Recorder {
	if r := active.current.Load(); r != nil {
		return r
	}
	active.mu.Lock()
	defer active.mu.Unlock()
	if r := active.current.Load(); r != nil {
		return r
	}
	r := &Recorder{}
	if flag.Lookup("test.v") == nil || os.Getenv("LABBOOK_DIR") != "" {
		r = openRecorder(true)
	}
	active.current.Store(r)
	return r
}

// openRecorder begins a run.
func openRecorder(implicit bool) *Recorder {
	r := &Recorder{id: uuid.Must(uuid.NewV7()), started: time.Now(), debug: debugMode(), stderr: os.Stderr, vcsDone: make(chan struct{})}
	if os.Getenv("LABBOOK") == "off" {
		close(r.vcsDone)
		return r
	}
	if err := r.open(implicit); err != nil {
		r.fail(err)
		close(r.vcsDone)
		return r
	}
	r.ingest = startIngester(r)
	go r.recordVCS()
	return r
}

func (r *Recorder) open(implicit bool) (err error) {
	if r.dir, err = Dir(); err != nil {
		return err
	}
	if err := prepare(r.dir); err != nil {
		return err
	}
	if r.spool, err = spool.Create(filepath.Join(r.dir, spoolFolder), r.id, "main"); err != nil {
		return err
	}
	r.uuid = r.id.String()
	rerunOf := os.Getenv(RerunVariable)
	if rerunOf != "" {
		// Programs that this one starts repeat nothing.
		if err := os.Unsetenv(RerunVariable); err != nil {
			return err
		}
	}
	identity := identify(r.id, r.started)
	identity.Implicit = implicit
	r.implicit.Store(implicit)
	return r.spool.Append(&event.RunStart{Run: identity, RerunOfUUID: rerunOf})
}

// RerunVariable names the environment variable by which a rerun tells the
// program the UUID of the run that it repeats.
const RerunVariable = "LABBOOK_RERUN_OF"

func (r *Recorder) recordVCS() {
	defer close(r.vcsDone)
	cwd, err := os.Getwd()
	if err != nil {
		return
	}
	if vcs, ok := askGit(context.Background(), cwd); ok {
		r.Emit(&vcs)
	}
}

// fail says once that recording has stopped, and why.
func (r *Recorder) fail(err error) {
	r.failed.Store(true)
	r.warn(fmt.Errorf("%w; the program goes on without being recorded (LABBOOK=off silences this)", err))
}

func (r *Recorder) warn(err error) {
	r.warned.Do(func() {
		w := r.stderr
		if w == nil {
			w = os.Stderr
		}
		_, _ = fmt.Fprintf(w, "labbook: %v\n", err) // there is nowhere else to say it
	})
}

// Recording reports whether events reach a lab-book.
func (r *Recorder) Recording() bool { return r.spool != nil && !r.failed.Load() }

// Debug reports whether JOBLIB_DEBUG=1 asks for snapshots of arguments.
func (r *Recorder) Debug() bool { return r.debug && r.Recording() }

// UUID identifies the run in every lab-book. It is "" if nothing is recorded.
func (r *Recorder) UUID() string { return r.uuid }

// NextCall numbers the calls of the run, from 1.
func (r *Recorder) NextCall() int64 { return r.calls.Add(1) }

// NextBatch numbers the batches of the run, from 1.
func (r *Recorder) NextBatch() int64 { return r.batches.Add(1) }

// NextFunction numbers the cached functions of the run, from 1.
func (r *Recorder) NextFunction() int64 { return r.functions.Add(1) }

// Emit records an event. When it returns, the end of the program can no longer
// lose the event. It costs about a microsecond and keeps nothing of e.
func (r *Recorder) Emit(e event.Event) {
	if !r.Recording() {
		return
	}
	if err := r.spool.Append(e); err != nil {
		if !r.over.Load() {
			r.fail(err)
		}
		return
	}
	r.ingest.notify()
}

// AtEnd has hook run when the run ends. Nothing calls it when the program ends
// without saying so.
func (r *Recorder) AtEnd(hook EndHook) {
	r.hooksMu.Lock()
	defer r.hooksMu.Unlock()
	r.hooks = append(r.hooks, hook)
}

// summarise runs the hooks.
func (r *Recorder) summarise(ctx context.Context) {
	r.hooksMu.Lock()
	hooks := r.hooks
	r.hooksMu.Unlock()
	if len(hooks) == 0 || !r.Recording() {
		return
	}
	book, id, err := r.ingest.flush(ctx)
	if err != nil {
		r.warn(err)
		return
	}
	for _, hook := range hooks {
		hook(ctx, book, id, r.stderr)
	}
}

// end closes the run; letGo gives the program's streams back, with their
// spool complete. Whatever does not make it into the lab-book now stays in the
// spool for the next one who opens it.
func (r *Recorder) end(ctx context.Context, last *event.RunEnd, letGo func() error) {
	if r.spool == nil {
		if err := letGo(); err != nil {
			r.warn(err)
		}
		return
	}
	select {
	case <-r.vcsDone:
	case <-ctx.Done():
	}
	last.Ended, last.Usage = time.Now(), usage()
	r.Emit(last)
	err := letGo()
	r.over.Store(true)
	if closeErr := r.spool.Close(); err == nil {
		err = closeErr
	}
	if r.ingest != nil {
		err = errors.Join(err, r.ingest.finish(ctx))
	}
	if err != nil {
		r.warn(err)
	}
}

// artifactDir is where the files of the run go.
func (r *Recorder) artifactDir() string { return filepath.Join(r.dir, artifactFolder, r.id.String()) }
