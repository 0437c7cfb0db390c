package runlog

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"

	"labbook/runlog/capture"
	"labbook/runlog/event"
	"labbook/runlog/machine"
	"labbook/runlog/record"
	"labbook/runlog/secrets"
	"labbook/runlog/spool"
	"labbook/runlog/sqlbook"
)

// Recorder writes what one run does into the lab-book. Its methods are safe for
// concurrent use and never fail the program: if the lab-book cannot be used, it
// says so once on stderr and records no more. The zero Recorder records
// nothing.
type Recorder struct {
	dir      string
	id       uuid.UUID
	uuid     string // of id, once something is recorded
	started  time.Time
	debug    bool
	identity event.RunStart
	secrets  *secrets.Masker // nil before something is recorded
	// isInner says that the run is that of the process that started this one.
	isInner bool
	// implicit says that nobody has declared the run yet.
	implicit atomic.Bool
	stderr   io.Writer // where warnings go

	calls, batches, functions atomic.Int64

	spool   *spool.Writer // nil if nothing is recorded
	failed  atomic.Bool
	over    atomic.Bool // what still comes after the end belongs to no run
	warned  sync.Once
	ingest  *ingester
	capture atomic.Pointer[capture.Session] // while the program's output goes through it
	sampler *sampler                        // nil if somebody else samples
	usageOf func() machine.Usage            // of what is recorded; nil for this process
	helpers helperTime
	vcs     atomic.Pointer[event.VCS] // once it is known
	vcsDone chan struct{}

	stepsMu sync.Mutex
	steps   map[string]int64

	hooksMu sync.Mutex
	hooks   []EndHook
}

// EndHook runs when the run ends, after all its calls are in the lab-book and
// before the program's streams are let go. It may read book and print on w, and
// must return soon after ctx is done: the program waits for it.
type EndHook func(ctx context.Context, book *sqlbook.Book, run int64, w io.Writer)

func newRecorder(stderr io.Writer) *Recorder {
	return &Recorder{id: uuid.Must(uuid.NewV7()), started: time.Now(), debug: debugMode(), stderr: stderr, vcsDone: make(chan struct{})}
}

// open begins to record this process in the lab-book in dir, or in the run of
// the process that started it.
func (r *Recorder) open(dir string, implicit bool) error {
	if outer, isInside := outerRunOf(); isInside && outer.dir == dir && outer.isOfParent() {
		w, err := spool.Create(filepath.Join(outer.dir, spoolFolder), outer.id, innerPart)
		switch {
		case err == nil:
			r.dir, r.id, r.isInner, implicit = outer.dir, outer.id, true, false
			return r.begin(w, outer.identify, implicit)
		case !errors.Is(err, fs.ErrExist): // another process is that run
			return err
		}
	}
	return r.create(dir, identify, implicit)
}

// create begins to record in a run of its own.
func (r *Recorder) create(dir string, identify identifier, implicit bool) error {
	if err := prepare(dir); err != nil {
		return err
	}
	w, err := spool.Create(filepath.Join(dir, spoolFolder), r.id, mainPart)
	if err != nil {
		return err
	}
	r.dir = dir
	return r.begin(w, identify, implicit)
}

// begin begins to record in a spool. If it fails it closes the spool.
func (r *Recorder) begin(w *spool.Writer, identify identifier, implicit bool) error {
	described := make(chan machine.Description, 1) // while the rest is made ready
	go func() { described <- machine.Describe() }()
	rerunOf := os.Getenv(RerunVariable)
	if rerunOf != "" {
		// Programs that this one starts repeat nothing.
		if err := os.Unsetenv(RerunVariable); err != nil {
			return errors.Join(err, w.Close())
		}
	}
	var mistakes error
	if r.secrets, mistakes = secrets.For(r.dir); mistakes != nil {
		r.say(fmt.Errorf("%w; these patterns mask nothing, the others hold", mistakes))
	}
	r.identity = event.RunStart{Run: identify(r.id, r.started, r.secrets), RerunOfUUID: rerunOf}
	m := <-described
	r.identity.Run.CPUModel, r.identity.Run.Memory = m.CPUModel, m.Memory
	r.identity.Run.CPULimit, r.identity.Run.MemoryLimit = m.CPULimit, m.MemoryLimit
	first := r.identity
	first.Run.Implicit = implicit
	err := w.Append(&first)
	if outer := r.within(); outer != nil {
		err = errors.Join(err, w.Append(&event.Within{UUID: outer.id.String()}))
	}
	if err != nil {
		return errors.Join(err, w.Close())
	}
	r.spool, r.uuid = w, r.id.String()
	r.implicit.Store(implicit)
	r.ingest = startIngester(r)
	if !r.isInner { // else the outer process looks at this one too
		r.sampler = startSampler(r)
	}
	go r.recordVCS()
	return nil
}

// declare turns an implicit run into a declared one; false if the run is
// declared already.
func (r *Recorder) declare() bool {
	if !r.implicit.CompareAndSwap(true, false) {
		return false
	}
	r.Emit(&r.identity)
	if vcs := r.vcs.Load(); vcs != nil {
		r.Emit(vcs) // what RunStart knows of it comes from the executable, and replaced this
	}
	return true
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
	if vcs, ok := r.stateOfSource(context.Background(), cwd); ok {
		r.vcs.Store(&vcs)
		r.Emit(&vcs)
	}
}

// stateOfSource asks git about a folder, and masks secrets in what it says.
func (r *Recorder) stateOfSource(ctx context.Context, dir string) (event.VCS, bool) {
	vcs, ok := askGit(ctx, dir, &r.helpers)
	vcs.Diff = r.secrets.Text(vcs.Diff)
	return vcs, ok
}

// fail says once that recording has stopped, and why. It reports whether nobody
// has said so before.
func (r *Recorder) fail(err error) (isNew bool) {
	isNew = !r.failed.Swap(true)
	r.warn(fmt.Errorf("%w; the program goes on without being recorded (LABBOOK=off silences this)", err))
	return isNew
}

func (r *Recorder) warn(err error) {
	r.warned.Do(func() { r.say(err) })
}

func (r *Recorder) say(err error) {
	w := r.stderr
	if w == nil {
		w = os.Stderr
	}
	_, _ = fmt.Fprintf(w, "labbook: %v\n", err) // there is nowhere else to say it
}

// Recording reports whether events reach a lab-book: not if there is none that
// can be used, and not after the end of the run.
func (r *Recorder) Recording() bool { return r.spool != nil && !r.failed.Load() && !r.over.Load() }

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
// lose the event. It costs some 100 ns and keeps nothing of e. While recording
// is far ahead of what the lab-book takes in it costs up to 10 ms, see
// [spool.Writer.Append].
func (r *Recorder) Emit(e event.Event) {
	if r.Recording() {
		r.appended(r.spool.Append(e))
	}
}

// EmitCallEnd is Emit for the event that programs record millions of: it
// allocates nothing, and e does not have to be on the heap.
func (r *Recorder) EmitCallEnd(e *event.CallEnd) {
	if r.Recording() {
		r.appended(r.spool.AppendCallEnd(e))
	}
}

// appended hears what came of appending an event to the spool.
func (r *Recorder) appended(err error) {
	switch {
	case err == nil:
		r.ingest.notify()
	case errors.Is(err, spool.ErrTooLarge):
		r.warn(fmt.Errorf("%w; the run goes on without it", err))
	case !r.over.Load():
		if r.fail(err) {
			r.appendLast(&event.Note{Note: record.Note{At: time.Now(), Text: "recording ended before the program did: " + err.Error()}})
		}
	}
}

// appendLast records what must not be missing when no other event is recorded
// any more.
func (r *Recorder) appendLast(e event.Event) {
	if err := r.spool.AppendLast(e); err == nil {
		r.ingest.notify()
	}
}

// nextStep numbers the values of a metric, from 0.
func (r *Recorder) nextStep(metric string) int64 {
	r.stepsMu.Lock()
	defer r.stepsMu.Unlock()
	if r.steps == nil {
		r.steps = map[string]int64{}
	}
	step := r.steps[metric]
	r.steps[metric]++
	return step
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

// end closes the run as the program says; letGo gives the program's streams back,
// with their spool complete.
func (r *Recorder) end(ctx context.Context, last *event.RunEnd, letGo func() error) {
	r.finish(ctx, func() event.Event {
		last.Ended, last.Usage = time.Now(), r.usage().Event()
		return last
	}, letGo)
}

// finish closes the run with its last event. Whatever does not make it into the
// lab-book now stays in the spool for the next one who opens it.
func (r *Recorder) finish(ctx context.Context, last func() event.Event, letGo func() error) {
	if r.spool == nil {
		if err := letGo(); err != nil {
			r.warn(err)
		}
		return
	}
	select {
	case <-r.vcsDone:
	case <-time.After(vcsPatience):
	case <-ctx.Done():
	}
	r.sampler.finish(r)
	e := last()
	r.Emit(e)
	if r.failed.Load() {
		r.appendLast(e)
	}
	err := letGo()
	r.over.Store(true)
	if closeErr := r.spool.Close(); err == nil {
		err = closeErr
	}
	if err = errors.Join(err, r.ingest.finish(ctx)); err != nil {
		r.warn(err)
	}
}

// artifactDir is where the files of the run go.
func (r *Recorder) artifactDir() string { return filepath.Join(r.dir, artifactFolder, r.id.String()) }
