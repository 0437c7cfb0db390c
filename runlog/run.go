package runlog

import (
	"context"
	"errors"
	"fmt"
	"mime"
	"os"
	"path/filepath"
	"sync"
	"time"

	"labbook/runlog/capture"
	"labbook/runlog/event"
	"labbook/runlog/record"
)

// endTime bounds how long the end of a run may take.
const endTime = 30 * time.Second

// Run is the run that the program is in. Its methods are safe for concurrent
// use. Except where they say so, they cannot fail: a lab-book that cannot be
// written is reported once on stderr, and the program goes on.
type Run struct {
	recorder *Recorder
	capture  *capture.Session
	nested   bool
	args     []string

	mu    sync.Mutex
	steps map[string]int64
	ended bool
}

// Start begins a run and captures what the program prints, for programs whose
// main function is their own; others have Main. Defer its End:
//
//	run := runlog.Start()
//	defer func() { run.End(err) }()
//
// A process is in one run at a time: inside a run, Start joins it, and End of
// what it returned changes nothing. What cached calls recorded before Start
// belongs to the run.
func Start() *Run {
	active.mu.Lock()
	defer active.mu.Unlock()
	r := active.current.Load()
	if r != nil && r.spool != nil && !r.startsHere() {
		return &Run{recorder: r, nested: true, args: os.Args[1:], steps: map[string]int64{}}
	}
	if r == nil || r.spool == nil {
		r = openRecorder(false)
		active.current.Store(r)
	}
	run := &Run{recorder: r, args: os.Args[1:], steps: map[string]int64{}}
	if r.Recording() && os.Getenv("LABBOOK_CAPTURE") != "off" {
		session, err := capture.Start(filepath.Join(r.dir, spoolFolder), r.id)
		if err != nil {
			r.warn(fmt.Errorf("%w; the run is recorded without its output (LABBOOK_CAPTURE=off silences this)", err))
		}
		run.capture = session
	}
	return run
}

// startsHere turns an implicit run into a declared one; false if the run is
// declared already.
func (r *Recorder) startsHere() bool {
	if !r.implicit.CompareAndSwap(true, false) {
		return false
	}
	r.Emit(&event.RunStart{Run: identify(r.id, r.started)})
	return true
}

// End closes the run. A non-nil err makes it a failed one; context.Canceled by
// a signal, an interrupted one. It returns once everything is in the lab-book,
// after at most half a minute.
func (r *Run) End(err error) {
	last := &event.RunEnd{Status: record.StatusOK}
	if err != nil {
		last.Status, last.ExitCode, last.Error = record.StatusFailed, 1, err.Error()
		if signal, ok := errors.AsType[*SignalError](err); ok {
			last.Status, last.Signal, last.ExitCode = record.StatusInterrupted, signal.Signal.String(), signal.exitCode()
		}
	}
	r.end(last)
}

func (r *Run) end(last *event.RunEnd) {
	r.mu.Lock()
	over := r.ended || r.nested
	r.ended = true
	r.mu.Unlock()
	if over {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), endTime)
	defer cancel()
	r.recorder.summarise(ctx)
	r.recorder.end(ctx, last, func() error { return r.capture.Stop(last.Status != record.StatusPanicked) })
	active.current.CompareAndSwap(r.recorder, nil)
}

// Recorder is what the run writes to.
func (r *Run) Recorder() *Recorder { return r.recorder }

// Metric records a measured value. Values of one name count as steps 0, 1, 2…
// in the order of the calls.
func (r *Run) Metric(name string, value float64) {
	r.mu.Lock()
	step := r.steps[name]
	r.steps[name]++
	r.mu.Unlock()
	r.recorder.Emit(&event.Metric{Metric: record.Metric{Name: name, Step: step, Value: value, At: time.Now()}})
}

// Tag marks the run, to find it again by tag:NAME.
func (r *Run) Tag(tag string) { r.recorder.Emit(&event.Tag{Tag: tag}) }

// Note adds a line of prose to the run.
func (r *Run) Note(text string) {
	r.recorder.Emit(&event.Note{Note: record.Note{Text: text, At: time.Now()}})
}

// Artifact keeps data as a file of that name with the run; the name may hold
// slashes but must stay below the run's folder. An artifact of the same name is
// replaced. The error says why the file could not be written.
func (r *Run) Artifact(name string, data []byte) error {
	if !filepath.IsLocal(name) {
		return fmt.Errorf("keep artifact %q: the name must be a relative path that stays inside the run's folder", name)
	}
	if !r.recorder.Recording() {
		return nil
	}
	path := filepath.Join(r.recorder.artifactDir(), name)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return fmt.Errorf("keep artifact %q: %w", name, err)
	}
	if err := os.WriteFile(path, data, 0o600); err != nil {
		return fmt.Errorf("keep artifact %q: %w", name, err)
	}
	mediaType := mime.TypeByExtension(filepath.Ext(name))
	if mediaType == "" {
		mediaType = "application/octet-stream"
	}
	r.recorder.Emit(&event.Artifact{Artifact: record.Artifact{
		Name: name, Path: path, MediaType: mediaType, Bytes: int64(len(data)), At: time.Now(),
	}})
	return nil
}
