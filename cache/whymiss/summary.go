package whymiss

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"labbook/runlog/display"
	"labbook/runlog/record"
	"labbook/runlog/safetext"
	"labbook/runlog/sqlbook"
)

const (
	// maxExplained bounds how many misses of a run are explained at its end.
	maxExplained = 200
	// maxListed bounds how many of them are printed.
	maxListed = 8
	// summaryTime bounds how long that may take.
	summaryTime = 3 * time.Second
)

// Summarise prints what debug mode says when a program ends: which misses of
// the run were near-hits of earlier calls, costliest first, with the command
// that explains each. It takes some seconds at most and says so if it did not
// come through. It is an end hook of package runlog.
func Summarise(ctx context.Context, book *sqlbook.Book, run int64, w io.Writer) {
	detail, err := book.Run(ctx, run)
	if err == nil {
		err = summarise(ctx, book, &detail, w)
	}
	if err != nil && ctx.Err() == nil {
		_, _ = fmt.Fprintf(w, "labbook: explain the misses of run %d: %v\n", run, err) // the last that can be done
	}
}

func summarise(ctx context.Context, book *sqlbook.Book, run *record.RunDetail, w io.Writer) error {
	c := run.Counts
	saved := ""
	if c.Saved > 0 {
		saved = ", which saved " + display.Duration(c.Saved)
	}
	failed := ""
	if c.Errors > 0 {
		failed = "; " + display.Plural(c.Errors, "error", "errors")
	}
	_, err := fmt.Fprintf(w, "[labbook] run %d: %s%s; %s%s\n", run.ID,
		display.Plural(c.Hits, "hit", "hits"), saved, display.Plural(c.Misses, "miss", "misses"), failed)
	if err != nil {
		return err
	}
	limited, cancel := context.WithTimeout(ctx, summaryTime)
	defer cancel()
	misses, all, err := explainAll(limited, book, &run.Run, maxExplained)
	if err != nil && limited.Err() == nil {
		return err
	}
	explained := len(misses)
	near := RootCauses(slices.DeleteFunc(misses, func(e Explanation) bool { return !e.NearHit() }))
	return printSummary(w, near, explained, all, whyMiss(book.Path()))
}

// whyMiss is the command that explains misses of that lab-book where the reader
// stands. The folder must be named if only the environment says where it is.
func whyMiss(path string) string {
	if os.Getenv("LABBOOK_DIR") == "" {
		return "labbook why-miss"
	}
	return "labbook --dir " + filepath.Dir(path) + " why-miss"
}

func printSummary(w io.Writer, near []RootCause, explained int, all int64, command string) error {
	var b strings.Builder
	if len(near) > 0 {
		b.WriteString("[labbook] misses that were near-hits of earlier calls:\n")
	}
	for i := range near {
		c := &near[i]
		if i == maxListed {
			fmt.Fprintf(&b, "[labbook]   and %d more: %s\n", len(near)-i, command)
			break
		}
		name, took := safetext.Line(display.Function(c.Example.Function)), ended(&c.Example)
		if c.Calls() > 1 {
			name += fmt.Sprintf(" and %d like it", c.Calls()-1)
			took = "computed in " + display.Duration(c.Lost())
		}
		fmt.Fprintf(&b, "[labbook]   %s  %s  %s\n[labbook]     %s: %s %s\n", c.Example.Call, name, took,
			safetext.Line(c.String()), command, c.Example.Call)
		if len(c.Example.Remedies) > 0 {
			fmt.Fprintf(&b, "[labbook]     %s\n", safetext.Line(c.Example.Remedies[0].String()))
		}
	}
	switch {
	case int64(explained) < all:
		fmt.Fprintf(&b, "[labbook] the %d costliest of %d were looked at; %s explains each\n", explained, all, command)
	case len(near) == 0 && all > 0:
		fmt.Fprintf(&b, "[labbook] no miss was a near-hit; %s explains each\n", command)
	}
	_, err := io.WriteString(w, b.String())
	return err
}
