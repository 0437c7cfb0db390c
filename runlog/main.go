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
	code := 1 // if analyse ends its goroutine, where other programs would wait for ever
	defer func() {
		if !isPanicking() {
			os.Exit(code) //nolint:revive // it stands for the program's main
		}
	}()
	code = runMain(analyse)
}

func runMain(analyse func(ctx context.Context, run *Run) error) int {
	run := Start()
	ctx, stop := withSignals(context.Background())
	defer stop()

	returned := false
	defer func() {
		switch {
		case returned:
		case isPanicking():
			run.end(panicked())
		default:
			err := errors.New("the function that Main was given ended its goroutine instead of returning")
			complain(err)
			run.end(&event.RunEnd{Status: record.StatusFailed, ExitCode: 1, Error: err.Error()})
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
		complain(err)
	}
	if bySignal, ok := errors.AsType[*SignalError](context.Cause(ctx)); ok {
		code = bySignal.exitCode()
		last.Status, last.Signal = record.StatusInterrupted, bySignal.Signal.String()
	}
	last.ExitCode = code
	run.end(last)
	return code
}

// complain prints an error as the program's.
func complain(err error) {
	_, _ = fmt.Fprintf(os.Stderr, "%s: %v\n", programName(&record.Run{Exe: os.Args[0]}), err) // nowhere else to say it
}

// withSignals returns a context that the first SIGINT or SIGTERM cancels. From
// then on signals do what they do without us. A signal that the program was
// started to ignore, as shells do for background jobs, stays ignored.
func withSignals(parent context.Context) (context.Context, func()) {
	ctx, cancel := context.WithCancelCause(parent)
	signals := make(chan os.Signal, 1)
	for _, s := range []os.Signal{os.Interrupt, syscall.SIGTERM} {
		if !signal.Ignored(s) {
			signal.Notify(signals, s)
		}
	}
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
