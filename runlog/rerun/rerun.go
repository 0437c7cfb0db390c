// Package rerun starts recorded runs again.
//
// A rerun is a new process with the recorded arguments, working directory and
// environment; it records itself as a new run of the same lab-book, linked to
// the old one, or is recorded by "labbook run" if that recorded the old one.
// Variables that were masked as secrets are taken from the
// environment of whoever asks for the rerun. A secret that was masked in an
// argument is taken from the setting of its flag, or from a variable named after
// it: LABBOOK_SECRET_DB_PASSWORD for --db-password, LABBOOK_SECRET_3 for the third
// argument; without it there is no rerun. If the executable is gone, as one
// made by "go run" is sooner or later, it is built again from the source that
// it was built from, with the default flags of the go command; so a rerun is
// one of today's code.
package rerun

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"labbook/parallel"
	"labbook/runlog/record"
)

// killAfter is how long a program may go on after it was asked to stop.
const killAfter = 10 * time.Second

// GoneError says that a run cannot be started again, since something that it
// needs is no longer there.
type GoneError struct {
	Run    int64
	What   string // what is missing
	Advice string
}

func (e *GoneError) Error() string {
	return fmt.Sprintf("rerun run %d: %s; %s", e.Run, e.What, e.Advice)
}

// Options of reruns.
type Options struct {
	Dir    string    // the lab-book's folder
	Env    []string  // variables besides the recorded ones, as NAME=VALUE
	Set    []string  // parameters that differ from the recorded ones, and secrets, see CheckSetting
	Stdin  io.Reader // nil for none; programs that run at the same time get none
	Stdout io.Writer // nil to discard; it is recorded all the same
	Stderr io.Writer // the same
	Jobs   int       // how many at once, as in parallel.Jobs; 0 means one
	// Labbook is the labbook command, which records programs that do not record
	// themselves; if it is "", it is looked for.
	Labbook string
	// Progress is told what is going on before the programs start.
	Progress func(text string)
	// Started is called when a program has started.
	Started func()
}

// Result is what a rerun came to.
type Result struct {
	RerunOf  int64  `json:"rerun_of"`
	PID      int    `json:"pid"`       // of the new process; 0 if it could not be started
	ExitCode int    `json:"exit_code"` // as a shell has it: 128 and the signal's number if one ended it
	Signal   string `json:"signal,omitempty"`
}

// Runs starts runs again, in order, and waits for them. The results are in the
// order of runs.
//
// Nothing is started unless all of them can be, as far as can be told: programs
// are built and folders looked for first, and the results are nil if something
// is missing: the error is a *GoneError or a *SecretError then. A program that then cannot be started does not keep the others
// from running: its result has no PID, and the error says why. If ctx ends, the
// programs are interrupted, and killed if they go on for ten seconds more.
func Runs(ctx context.Context, runs []record.RunDetail, options Options) ([]Result, error) {
	dir, err := filepath.Abs(options.Dir) // the programs run in folders of their own
	if err != nil {
		return nil, fmt.Errorf("rerun: find the lab-book: %w", err)
	}
	options.Dir = dir
	if options.Jobs == 0 {
		options.Jobs = 1
	}
	if options.Jobs != 1 && len(runs) > 1 {
		options.Stdin = nil // they would snatch each other's input
	}
	programs, cleanUp, err := prepare(ctx, runs, &options)
	defer cleanUp()
	if err != nil {
		return nil, err
	}
	failures := make([]error, len(programs))
	results, err := parallel.Map(ctx, programs, func(ctx context.Context, p program) (result Result, _ error) {
		result, failures[p.index] = p.execute(ctx, &options)
		return result, nil // a failure would stop the others
	}, parallel.Jobs(options.Jobs), parallel.Label("rerun"))
	return results, errors.Join(append(failures, err)...)
}

// execute runs a program to its end.
func (p *program) execute(ctx context.Context, options *Options) (Result, error) {
	result := Result{RerunOf: p.run.ID}
	cmd := exec.CommandContext(ctx, p.path)
	cmd.Args = p.argv
	cmd.Dir = p.run.Cwd
	cmd.Env = environment(p.run, p.set, options)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = options.Stdin, options.Stdout, options.Stderr
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = killAfter
	if err := cmd.Start(); err != nil {
		return result, fmt.Errorf("rerun run %d: %w", p.run.ID, err)
	}
	result.PID = cmd.Process.Pid
	if options.Started != nil {
		options.Started()
	}
	err := cmd.Wait()
	var exit *exec.ExitError
	switch {
	case errors.As(err, &exit):
		result.ExitCode, result.Signal = exitStatus(exit.ProcessState)
	case err != nil:
		return result, fmt.Errorf("rerun run %d: %w", p.run.ID, err)
	}
	return result, nil
}

func (o *Options) progress(format string, args ...any) {
	if o.Progress != nil {
		o.Progress(fmt.Sprintf(format, args...))
	}
}
