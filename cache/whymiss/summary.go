package whymiss

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"labbook/diffargs"
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
// that explains each. It is an end hook of package runlog.
func Summarise(ctx context.Context, book *sqlbook.Book, run int64, w io.Writer) {
	ctx, cancel := context.WithTimeout(ctx, summaryTime)
	defer cancel()
	if err := summarise(ctx, book, run, w); err != nil && !errors.Is(err, context.DeadlineExceeded) {
		_, _ = fmt.Fprintf(w, "labbook: explain the misses of run %d: %v\n", run, err) // the last that can be done
	}
}

func summarise(ctx context.Context, book *sqlbook.Book, run int64, w io.Writer) error {
	detail, err := book.Run(ctx, run)
	if err != nil {
		return err
	}
	misses, err := Misses(ctx, book, run, maxExplained)
	if err != nil {
		return err
	}
	c := detail.Counts
	var b strings.Builder
	fmt.Fprintf(&b, "[labbook] run %d: %s", run, display.Plural(c.Hits, "hit", "hits"))
	if c.Saved > 0 {
		fmt.Fprintf(&b, ", which saved %s", display.Duration(c.Saved))
	}
	fmt.Fprintf(&b, "; %s\n", display.Plural(c.Misses, "miss", "misses"))
	near := Groups(slices.DeleteFunc(misses, func(e Explanation) bool { return !e.NearHit() }))
	if len(near) > 0 {
		b.WriteString("[labbook] misses that were near-hits of earlier calls:\n")
	}
	for i := range near {
		if i == maxListed {
			fmt.Fprintf(&b, "[labbook]   and %d more: labbook why-miss\n", len(near)-i)
			break
		}
		fmt.Fprintf(&b, "[labbook]   %s\n[labbook]     %s: labbook why-miss %s\n", near[i].title(),
			safetext.Line(near[i].First.Reason.Summary), near[i].First.Call)
	}
	if len(near) == 0 && c.Misses > 0 {
		fmt.Fprintf(&b, "[labbook] no miss was a near-hit; labbook why-miss explains each\n")
	}
	_, err = io.WriteString(w, b.String())
	return err
}

// Misses explains the misses of a run, costliest first, at most count of them.
func Misses(ctx context.Context, h History, run int64, count int) ([]Explanation, error) {
	query := record.CallQuery{
		Filter: record.Filter{Run: run, Outcomes: []record.Outcome{record.Miss, record.Error, record.Bypass}},
		Order:  record.ByDuration, Limit: count,
	}
	calls, err := h.Calls(ctx, query)
	if err != nil {
		return nil, err
	}
	list := make([]Explanation, 0, len(calls))
	for i := range calls {
		e, err := Explain(ctx, h, calls[i].ID)
		if err != nil {
			return list, err
		}
		list = append(list, e)
	}
	return list, nil
}

// NearHit reports whether the miss looks like an accident: the arguments are
// those of an earlier call in all that a person would call different.
func (e *Explanation) NearHit() bool {
	switch e.Reason.Kind {
	case record.FirstCall, record.Bypassed, record.CodeChanged, record.DependencyChanged, record.ToolchainChanged, record.OptionChanged:
		return false
	case record.ArgumentChanged:
	default:
		return true // an entry that was there and did not serve
	}
	for i := range e.Differences {
		switch e.Differences[i].Kind {
		case diffargs.FloatNoise, diffargs.NegativeZero, diffargs.TimeZone, diffargs.NilVsEmpty, diffargs.DType, diffargs.Order:
		default:
			return false
		}
	}
	return len(e.Differences) > 0
}
