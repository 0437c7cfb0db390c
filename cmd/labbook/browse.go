package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/charmbracelet/x/term"

	"labbook/cache/whymiss"
	"labbook/runlog"
	"labbook/runlog/record"
	"labbook/runlog/rerun"
	"labbook/tui"
)

// browse opens the explorer, or lists the runs where there is no terminal.
func (a *app) browse(ctx context.Context) error {
	if a.json || !a.onTerminal() {
		return a.listRuns(ctx)
	}
	return a.withBook(ctx, func(book *runlog.Reader) error {
		return tui.Run(ctx, &explorerBook{book, whymiss.Remember(book)}, tui.Options{})
	})
}

// onTerminal reports whether both a person's eyes and a person's keys are
// there.
func (a *app) onTerminal() bool {
	in, inIsFile := a.stdin.(*os.File)
	out, outIsFile := a.stdout.(*os.File)
	return inIsFile && outIsFile && term.IsTerminal(in.Fd()) && term.IsTerminal(out.Fd()) && os.Getenv("TERM") != "dumb"
}

// An explorerBook is a lab-book as the explorer wants it: one that also
// explains and reruns.
type explorerBook struct {
	*runlog.Reader
	history whymiss.History
}

// Explain says why a call was computed.
func (b *explorerBook) Explain(ctx context.Context, id record.CallID) (whymiss.Explanation, error) {
	return whymiss.Explain(ctx, b.Reader, id)
}

// ExplainRun says why the calls of a run were computed.
func (b *explorerBook) ExplainRun(ctx context.Context, id int64) (whymiss.RunReport, error) {
	run, err := b.Run(ctx, id)
	if err != nil {
		return whymiss.RunReport{}, err
	}
	return whymiss.ExplainRun(ctx, b.history, &run.Run, maxExplained)
}

// Rerun starts a run again. The program goes on when the explorer is closed.
func (b *explorerBook) Rerun(ctx context.Context, id int64) error {
	run, err := b.Run(ctx, id)
	if err != nil {
		return err
	}
	started := make(chan struct{})
	ended := make(chan error, 1)
	go func() {
		_, err := rerun.Runs(context.WithoutCancel(ctx), []record.RunDetail{run}, rerun.Options{
			Dir: b.Dir(), Started: func() { close(started) },
		})
		ended <- err
	}()
	select {
	case <-started:
		return nil
	case err := <-ended:
		return errors.Join(err)
	case <-ctx.Done():
		return fmt.Errorf("rerun run %d: %w", id, ctx.Err())
	}
}
