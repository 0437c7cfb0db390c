package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"labbook/runlog"
	"labbook/runlog/display"
)

// exitInterrupted is the exit code of a job that was told to stop: that of a
// program that SIGINT ended.
const exitInterrupted = 130

// upkeep does a job on the lab-book that may take long: it shows how far it has
// come, and has it stop at a sound place when the user wants that. A second ^C
// does not wait for that place.
func (a *app) upkeep(ctx context.Context, do func(ctx context.Context, dir string, progress runlog.Progress) error) error {
	dir, err := a.bookDir()
	if err != nil {
		return err
	}
	stoppable, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	defer stop()
	defer context.AfterFunc(stoppable, stop)()
	p := a.progress()
	defer p.end()
	err = do(stoppable, dir, func(what string, done, all int64) { p.say(func() string { return progressText(what, done, all) }) })
	p.end()
	return a.upkeepError(stoppable, err)
}

func progressText(what string, done, all int64) string {
	switch {
	case all > 0:
		return fmt.Sprintf("%s: %s", what, display.Percent(done, all))
	case done > 0:
		return fmt.Sprintf("%s: %s", what, display.Count(done))
	}
	return what
}

// upkeepError gives an error its exit code.
func (a *app) upkeepError(ctx context.Context, err error) error {
	exit, isExit := errors.AsType[*exitError](err)
	_, isNewer := errors.AsType[*runlog.NewerError](err)
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil && !isExit:
		return &exitError{exitInterrupted, fmt.Errorf("stopped: %w", err)}
	case isExit:
		return exit
	case errors.Is(err, runlog.ErrNoBook):
		return noBook(err)
	case isNewer, errors.Is(err, runlog.ErrNotLabbook), runlog.IsDamaged(err):
		return &exitError{exitUnusable, err}
	}
	return err
}

// noBook adds what to do where there is no lab-book.
func noBook(err error) error {
	if errors.Is(err, runlog.ErrEmptied) {
		return err // which says what to do
	}
	return fmt.Errorf("%w; run a program that uses labbook/runlog or labbook/cache here, or try labbook demo", err)
}
