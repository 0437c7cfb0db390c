package runlog

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"labbook/runlog/event"
	"labbook/runlog/record"
)

// UsageError is a mistake in the program's arguments. Main prints it and exits
// with status 2.
type UsageError struct{ Err error }

func (e *UsageError) Error() string { return e.Err.Error() }

// Unwrap returns the mistake itself.
func (e *UsageError) Unwrap() error { return e.Err }

// SignalError is the cause of a context that a signal cancelled.
type SignalError struct{ Signal os.Signal }

func (e *SignalError) Error() string { return "stopped by signal: " + e.Signal.String() }

// exitCode is the shell's convention for a program that a signal stopped.
func (e *SignalError) exitCode() int {
	if number, ok := e.Signal.(syscall.Signal); ok {
		return 128 + int(number)
	}
	return 1
}

// Main records a program: it starts a run, calls analyse, ends the run, and
// exits. It is the one line that instruments a program:
//
//	func main() { runlog.Main(analyse) }
//
// The exit status is 0, or 1 with the error on stderr if analyse returns one,
// or 2 for a *UsageError. The first SIGINT or SIGTERM cancels ctx, with a
// *SignalError as its cause, and analyse should return soon; a second one ends
// the program at once. A panic of analyse goes on as it would without Main.
func Main(analyse func(ctx context.Context, run *Run) error) {
	os.Exit(runMain(analyse)) //nolint:revive // it stands for the program's main
}

func runMain(analyse func(ctx context.Context, run *Run) error) int {
	run := Start()
	ctx, stop := withSignals(context.Background())
	defer stop()

	returned := false
	defer func() {
		// A panic is seen without being recovered, so that its message and
		// trace are what they would be without recording.
		if !returned {
			run.end(&event.RunEnd{Status: record.StatusPanicked, ExitCode: 2, Error: "panic; its trace is at the end of the output"})
		}
	}()
	err := analyse(ctx, run)
	returned = true

	if errors.Is(err, flag.ErrHelp) {
		err = nil
	}
	code := 0
	last := &event.RunEnd{Status: record.StatusOK}
	if err != nil {
		code = 1
		if _, isUsage := errors.AsType[*UsageError](err); isUsage {
			code = 2
		}
		last.Status, last.Error = record.StatusFailed, err.Error()
		_, _ = fmt.Fprintf(os.Stderr, "%s: %v\n", programName(&record.Run{Exe: os.Args[0]}), err) // nowhere else to say it
	}
	if bySignal, ok := errors.AsType[*SignalError](context.Cause(ctx)); ok {
		code = bySignal.exitCode()
		last.Status, last.Signal = record.StatusInterrupted, bySignal.Signal.String()
	}
	last.ExitCode = code
	run.end(last)
	return code
}

// withSignals returns a context that the first SIGINT or SIGTERM cancels. From
// then on signals do what they do without us.
func withSignals(parent context.Context) (context.Context, func()) {
	ctx, cancel := context.WithCancelCause(parent)
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	go func() {
		select {
		case s := <-signals:
			signal.Stop(signals)
			cancel(&SignalError{Signal: s})
		case <-ctx.Done():
		}
	}()
	return ctx, func() {
		signal.Stop(signals)
		cancel(nil)
	}
}
