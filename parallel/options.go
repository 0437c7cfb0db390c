package parallel

import (
	"errors"
	"fmt"
	"io"
	"math"

	"labbook/runlog"
	"labbook/runlog/event"
)

// An Option changes how Map or Stream goes about its work. Of two that say
// the same thing the later one holds.
type Option func(*settings)

// Jobs says how many tasks run at the same time: n of them for a positive n,
// even if there are fewer cores; as many as there are cores for -1, one fewer
// for -2 and so on, but at least one. 0 is an error. Cores are counted by
// runtime.GOMAXPROCS.
//
// Without this option the environment variable LABBOOK_JOBS says it, by the
// same rules, and without that it is -1.
func Jobs(n int) Option {
	return func(s *settings) { s.jobs, s.jobsGiven = n, true }
}

// PreDispatch bounds how far Stream reads ahead: at any time it has taken at
// most n inputs whose results the loop has not been given yet. It thereby
// bounds the memory that waiting inputs and results take. Without this option
// it is twice the number of jobs; fewer than the number of jobs leaves some of
// them idle, and less than 1 is an error. Map has all its inputs at once and
// pays no heed to it.
func PreDispatch(n int) Option {
	return func(s *settings) { s.preDispatch, s.preDispatchGiven = n, true }
}

// Label names the batch in the lab-book and in errors. Without it the lab-book
// shows the name of the function.
func Label(label string) Option {
	return func(s *settings) { s.label = label }
}

// Verbose prints lines about the progress of the batch:
//
//	[Parallel(n_jobs=2)]: Done  198 out of 1000 | elapsed:    1.2s remaining:    4.8s
//
// The distance between two lines grows with the number of tasks that are done,
// and shrinks with level, from 1 to 10; above 10 there is a line for every
// task. Lines go to standard error, above 50 to standard output. A level of 0
// or less prints nothing.
func Verbose(level int) Option {
	return func(s *settings) { s.verbose = level }
}

// VerboseTo sends the lines of Verbose to w instead. Each line is one Write,
// and no two run at the same time. What w cannot take is lost.
func VerboseTo(w io.Writer) Option {
	return func(s *settings) { s.verboseTo = w }
}

// settings are what options come to.
type settings struct {
	jobs             int
	jobsGiven        bool
	preDispatch      int
	preDispatchGiven bool
	label            string
	verbose          int
	verboseTo        io.Writer

	backend  backend
	recorder recorder
}

// A recorder is what this package needs of a *runlog.Recorder.
type recorder interface {
	NextBatch() int64
	Emit(event.Event)
}

var (
	errNoFunction = errors.New("the function to run is nil")
	errNoContext  = errors.New("the context is nil; pass context.Background() if there is none")
	errNoInputs   = errors.New("the input iterator is nil")
)

// settle applies options and turns what they leave open into what holds.
func settle(opts []Option) (settings, error) {
	var s settings
	for _, option := range opts {
		if option != nil {
			option(&s)
		}
	}
	if err := s.settleJobs(); err != nil {
		return settings{}, err
	}
	switch {
	case !s.preDispatchGiven && s.jobs > math.MaxInt/2:
		s.preDispatch = math.MaxInt
	case !s.preDispatchGiven:
		s.preDispatch = 2 * s.jobs
	case s.preDispatch < 1:
		return settings{}, fmt.Errorf("pre-dispatch is %d, which would never take an input: ask for at least 1", s.preDispatch)
	}
	if s.recorder == nil {
		s.recorder = runlog.Active()
	}
	return s, nil
}

// chooseBackend decides what runs the tasks, of which there are at most tasks.
func (s *settings) chooseBackend(tasks int) {
	if s.backend != nil {
		return
	}
	if s.jobs == 1 || tasks <= 1 {
		s.backend = sequential{}
	} else {
		s.backend = goroutines{}
	}
}
