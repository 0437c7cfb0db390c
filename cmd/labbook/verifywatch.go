package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"labbook/runlog"
	"labbook/runlog/display"
	"labbook/runlog/record"
	"labbook/runlog/safetext"
)

// watchVerification shows how far the program has come, until over is called.
func (a *app) watchVerification(ctx context.Context, book *runlog.Reader, old *record.RunDetail) (over func()) {
	ctx, cancel := context.WithCancel(ctx)
	p := a.progress()
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		defer p.end()
		beat := time.NewTicker(time.Second)
		defer beat.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-beat.C:
			}
			p.say(func() string { return verificationSoFar(ctx, book, old) })
		}
	}()
	return func() {
		cancel()
		<-ended
	}
}

// verificationSoFar says how far the rerun of a run has come.
func verificationSoFar(ctx context.Context, book *runlog.Reader, old *record.RunDetail) string {
	const unknown = "verifying: the program has begun"
	now, err := book.Run(ctx, old.ID)
	if err != nil {
		return unknown
	}
	for _, id := range now.Reruns {
		if slices.Contains(old.Reruns, id) {
			continue
		}
		run, err := book.Run(ctx, id)
		if err != nil {
			return unknown
		}
		c := run.Counts
		return fmt.Sprintf("verifying: %s loaded, %s computed again, %s", display.Plural(c.Hits, "result", "results"),
			display.Count(c.Bypasses+c.Errors), display.Duration(run.Duration(time.Now())))
	}
	return unknown
}

// A tail keeps the end of what is written to it.
type tail struct{ text []byte }

const tailBytes = 4096

func (t *tail) Write(p []byte) (int, error) {
	t.text = append(t.text, p...)
	t.text = t.text[max(0, len(t.text)-tailBytes):]
	return len(p), nil
}

func (t *tail) String() string { return harmless(strings.TrimRight(string(t.text), "\n")) }

// harmless makes lines of text harmless for a terminal.
func harmless(text string) string {
	var lines []string
	for line := range strings.SplitSeq(text, "\n") {
		lines = append(lines, safetext.Line(strings.ReplaceAll(line, "\t", "    ")))
	}
	return strings.Join(lines, "\n")
}
