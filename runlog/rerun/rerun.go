// Package rerun starts recorded runs again.
//
// A rerun is a new process with the recorded arguments, working directory and
// environment; it records itself as a new run of the same lab-book, linked to
// the old one. Variables that were masked as secrets are taken from the
// environment of whoever asks for the rerun. If the executable is gone, as one
// made by "go run" always is, it is built again from the source that it was
// built from; so a rerun is one of today's code.
package rerun

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"labbook/cache/codeid"
	"labbook/parallel"
	"labbook/runlog"
	"labbook/runlog/record"
)

// killAfter is how long a program may go on after it was asked to stop.
const killAfter = 10 * time.Second

// GoneError says that a run cannot be started again, and why.
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
	Set    []string  // NAME=VALUE: parameters that differ from the recorded ones
	Stdin  io.Reader // nil for none
	Stdout io.Writer // nil to discard; it is recorded all the same
	Stderr io.Writer
	Jobs   int // how many at once, as in parallel.Jobs; 0 means one
	// Progress is told what is going on before the program starts.
	Progress func(text string)
	// Started is called when a program has started.
	Started func()
}

// Result is what a rerun came to.
type Result struct {
	RerunOf  int64  `json:"rerun_of"`
	ExitCode int    `json:"exit_code"` // as a shell has it: 128 and the signal's number if one ended it
	Signal   string `json:"signal,omitempty"`
}

// Runs starts runs again, in order, and waits for them. The results are in the
// order of runs; the error says which run could not be started. If ctx ends,
// the programs are interrupted.
func Runs(ctx context.Context, runs []record.RunDetail, options Options) ([]Result, error) {
	jobs := options.Jobs
	if jobs == 0 {
		jobs = 1
	}
	return parallel.Map(ctx, runs, func(ctx context.Context, run record.RunDetail) (Result, error) {
		return one(ctx, &run, &options)
	}, parallel.Jobs(jobs), parallel.Label("rerun"))
}

func one(ctx context.Context, run *record.RunDetail, options *Options) (Result, error) {
	exe, done, err := executable(ctx, run, options)
	if err != nil {
		return Result{}, err
	}
	defer done()
	if info, err := os.Stat(run.Cwd); err != nil || !info.IsDir() {
		return Result{}, &GoneError{run.ID, "its working directory " + run.Cwd + " is gone", "make it again, or run the program by hand elsewhere"}
	}
	cmd := exec.CommandContext(ctx, exe)
	cmd.Args = run.Argv
	cmd.Dir = run.Cwd
	cmd.Env = environment(run, options)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = options.Stdin, options.Stdout, options.Stderr
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = killAfter
	if err := cmd.Start(); err != nil {
		return Result{}, fmt.Errorf("rerun run %d: %w", run.ID, err)
	}
	if options.Started != nil {
		options.Started()
	}
	err = cmd.Wait()
	result := Result{RerunOf: run.ID}
	var exit *exec.ExitError
	switch {
	case errors.As(err, &exit):
		result.ExitCode, result.Signal = exitStatus(exit.ProcessState)
	case err != nil:
		return Result{}, fmt.Errorf("rerun run %d: %w", run.ID, err)
	}
	return result, nil
}

// executable finds the program, or builds it. Call done when it has run.
func executable(ctx context.Context, run *record.RunDetail, options *Options) (path string, done func(), err error) {
	nothing := func() {}
	if info, err := os.Stat(run.Exe); err == nil && info.Mode().IsRegular() {
		if id, err := codeid.BuildIDOf(run.Exe); err == nil && run.BuildID != "" && id != run.BuildID {
			options.progress("the program has been built anew since run %d", run.ID)
		}
		return run.Exe, nothing, nil
	}
	gone := &GoneError{Run: run.ID, What: "the program " + run.Exe + " no longer exists"}
	goTool, err := exec.LookPath("go")
	switch {
	case run.ModuleDir == "" || run.Package == "" || run.Package == "command-line-arguments":
		gone.Advice = "build it there again, then rerun; where its source lies is not known"
		return "", nil, gone
	case !isDir(run.ModuleDir):
		gone.Advice = "and neither does its source in " + run.ModuleDir + "; bring one of them back, then rerun"
		return "", nil, gone
	case err != nil:
		gone.Advice = "install Go to have it built again from " + run.ModuleDir + ", or build it by hand"
		return "", nil, gone
	}
	dir, err := os.MkdirTemp("", "labbook-rerun-")
	if err != nil {
		return "", nil, fmt.Errorf("rerun run %d: %w", run.ID, err)
	}
	done = func() { _ = os.RemoveAll(dir) } // the system clears what is left
	path = filepath.Join(dir, filepath.Base(run.Exe))
	options.progress("building %s in %s", run.Package, run.ModuleDir)
	build := exec.CommandContext(ctx, goTool, "build", "-o", path, run.Package)
	build.Dir = run.ModuleDir
	if output, err := build.CombinedOutput(); err != nil {
		done()
		gone.What += ", and building it failed: " + strings.TrimSpace(string(output))
		gone.Advice = "mend the source in " + run.ModuleDir + ", then rerun"
		return "", nil, gone
	}
	return path, done, nil
}

func isDir(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

func (o *Options) progress(format string, args ...any) {
	if o.Progress != nil {
		o.Progress(fmt.Sprintf(format, args...))
	}
}

// environment is the recorded one, with what was masked taken from ours, and
// with what makes the program record itself as a rerun.
func environment(run *record.RunDetail, options *Options) []string {
	var env []string
	set := strings.Join(options.Set, " ")
	for _, entry := range run.Env {
		name, value, _ := strings.Cut(entry, "=")
		if value == runlog.Masked {
			value, found := os.LookupEnv(name)
			if found {
				env = append(env, name+"="+value)
			}
			continue
		}
		switch name {
		case "LABBOOK_DIR", runlog.RerunVariable:
		case runlog.SetVariable:
			set = strings.TrimSpace(value + " " + set)
		default:
			env = append(env, entry)
		}
	}
	env = append(env, "LABBOOK_DIR="+options.Dir, runlog.RerunVariable+"="+run.UUID)
	if set != "" {
		env = append(env, runlog.SetVariable+"="+set)
	}
	return env
}
