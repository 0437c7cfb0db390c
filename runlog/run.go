package runlog

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
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

	mu    sync.Mutex
	args  []string // that are not taken yet
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
// belongs to the run. Start costs some milliseconds: a file and a process.
func Start() *Run {
	active.mu.Lock()
	defer active.mu.Unlock()
	run := &Run{args: os.Args[1:]}
	r := active.current.Load()
	switch {
	case r == nil || r.spool == nil && !r.failed.Load():
		r = openRecorder(false)
		active.current.Store(r)
	case r.spool == nil: // it has said why
	default:
		run.nested = !r.declare()
	}
	run.recorder = r
	if !run.nested && r.Recording() && !r.isInner {
		run.capture = startCapture(r)
	}
	return run
}

// startCapture has what this process prints captured. It returns nil, and says so,
// if that is not possible.
func startCapture(r *Recorder) *capture.Session {
	session := r.openCapture(true)
	if err := session.Install(); err != nil {
		r.withoutOutput(errors.Join(err, session.Stop(false)))
		return nil
	}
	r.capture.Store(session)
	return session
}

// openCapture makes a session for the output of the run, and watches the end of
// this process if asked to. It returns nil if output is not to be captured, or, and
// says so, if it cannot be.
func (r *Recorder) openCapture(watch bool) *capture.Session {
	if os.Getenv("LABBOOK_CAPTURE") == "off" {
		return nil
	}
	limit, _ := outputLimit() // the ingester says what is wrong with it
	session, err := capture.Start(capture.Options{Dir: filepath.Join(r.dir, spoolFolder), Run: r.id, Limit: limit, Watch: watch}, r.warn)
	if err != nil {
		r.withoutOutput(err)
		return nil
	}
	return session
}

func (r *Recorder) withoutOutput(err error) {
	r.warn(fmt.Errorf("%w; the run is recorded without its output (LABBOOK_CAPTURE=off silences this)", err))
}

// End closes the run. A non-nil err makes it a failed one, a *SignalError in it
// an interrupted one; deferred, while the program panics, it closes it as
// panicked. It returns once everything is in the lab-book, after at most half a
// minute; if somebody else keeps the lab-book locked for a second it says so and
// leaves the rest, which is safe, to whoever opens it next. A second End changes
// nothing.
func (r *Run) End(err error) {
	last := &event.RunEnd{Status: record.StatusOK}
	if err != nil {
		last.Status, last.ExitCode, last.Error = record.StatusFailed, 1, err.Error()
		if signal, ok := errors.AsType[*SignalError](err); ok {
			last.Status, last.Signal, last.ExitCode = record.StatusInterrupted, signal.Signal.String(), signal.exitCode()
		}
	}
	if err == nil && isPanicking() {
		last = panicked()
	}
	r.end(last)
}

// panicCode is the exit status of a Go program that panics.
const panicCode = 2

// panicked is how a run ends in a panic. Nobody recovers it, so that its message
// and trace are what they would be without recording.
func panicked() *event.RunEnd {
	return &event.RunEnd{Status: record.StatusPanicked, ExitCode: panicCode, Error: "panic; its trace is at the end of the output"}
}

// isPanicking reports whether the caller was deferred and now runs because of a
// panic. To ask recover would end the panic.
func isPanicking() bool {
	const enough = 64 // the panic stands right above what was deferred
	callers := make([]uintptr, enough)
	frames := runtime.CallersFrames(callers[:runtime.Callers(1, callers)])
	for {
		frame, more := frames.Next()
		if frame.Function == "runtime.gopanic" {
			return true
		}
		if !more {
			return false
		}
	}
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
	r.recorder.end(ctx, last, func() error {
		r.recorder.capture.Store(nil)
		return r.capture.Stop(last.Status == record.StatusPanicked)
	})
	if r.recorder.spool != nil { // else the next run would find the same, and complain again
		active.current.CompareAndSwap(r.recorder, nil)
	}
}

// Recorder is what the run writes to.
func (r *Run) Recorder() *Recorder { return r.recorder }

// Metric records a measured value. Values of one name count as steps 0, 1, 2…
// in the order of the calls.
func (r *Run) Metric(name string, value float64) {
	r.recorder.Emit(&event.Metric{Metric: record.Metric{Name: name, Step: r.recorder.nextStep(name), Value: value, At: time.Now()}})
}

// Tag marks the run, to find it again by tag:NAME. A tag without a letter is
// ignored.
func (r *Run) Tag(tag string) {
	if tag != "" {
		r.recorder.Emit(&event.Tag{Tag: tag})
	}
}

// Note adds a line of prose to the run.
func (r *Run) Note(text string) {
	r.recorder.Emit(&event.Note{Note: record.Note{Text: text, At: time.Now()}})
}
