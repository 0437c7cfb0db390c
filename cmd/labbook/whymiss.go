package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"labbook/cache/whymiss"
	"labbook/runlog"
	"labbook/runlog/display"
	"labbook/runlog/record"
)

// maxExplained is how many misses of a run are looked at unless more are asked
// for.
const maxExplained = 200

func (a *app) whyMissCommand() *cobra.Command {
	var limit int
	var runText string
	cmd := &cobra.Command{
		Use:               "why-miss [CALL|FUNCTION]",
		ValidArgsFunction: a.completeCall,
		Short:             "Explain why a call was computed rather than loaded",
		Long: `Explain why a call was computed rather than loaded: a call by its id (12.57), or the
latest miss of a function by its name. What changed is shown down to the element of
an array or the line of a function, with what would make such calls hit.

With --run, or without an argument, all misses of a run, or of the latest one: brought
together by what caused them, the costliest cause first. A call that missed because
another call of the run returned something new counts with what made that one miss.

Values are only compared element by element if both runs had JOBLIB_DEBUG=1.`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := checkLimit(limit); err != nil {
				return err
			}
			var run int64
			if cmd.Flags().Changed("run") {
				if len(args) == 1 {
					return usageError("why-miss: --run is for all misses of a run, and %q names some already", args[0])
				}
				var err error
				if run, err = parseRun(runText); err != nil {
					return err
				}
			}
			var id record.CallID
			if len(args) == 1 && strings.Trim(args[0], "0123456789.") == "" {
				var err error
				if id, err = record.ParseCallID(args[0]); err != nil {
					if run, notRun := parseRun(args[0]); notRun == nil {
						return usageError("%w; for all misses of that run, labbook why-miss --run %d", err, run)
					}
					return usageError("%w", err)
				}
			}
			return a.withBook(cmd.Context(), func(book *runlog.Reader) (err error) {
				if len(args) == 0 {
					return a.whyMisses(cmd.Context(), book, run, limit)
				}
				if id.IsZero() {
					if id, err = findMiss(cmd.Context(), book, args[0]); err != nil {
						return err
					}
				}
				return a.whyMiss(cmd.Context(), book, id)
			})
		},
	}
	cmd.Flags().StringVar(&runText, "run", "", "explain all misses of that run")
	cmd.Flags().IntVarP(&limit, "limit", "n", maxExplained, "of a run, look at that many misses at most, the costliest")
	_ = cmd.RegisterFlagCompletionFunc("run", a.completeRuns(false)) // it is there
	return cmd
}

func (a *app) whyMiss(ctx context.Context, book *runlog.Reader, id record.CallID) error {
	explanation, err := whymiss.Explain(ctx, book, id)
	if hit := (*whymiss.HitError)(nil); errors.As(err, &hit) {
		return fmt.Errorf("%w; labbook why-hit %s says whether that is still right", err, id)
	}
	if err != nil {
		return err
	}
	if a.json {
		return a.printJSON(explanation)
	}
	p := a.printer()
	return p.Explanation(a.stdout, &explanation)
}

// findMiss finds the latest miss of a function, by a part of its name.
func findMiss(ctx context.Context, book *runlog.Reader, function string) (record.CallID, error) {
	query := record.CallQuery{Filter: record.Filter{
		Function: []string{function}, Outcomes: []record.Outcome{record.Miss, record.Error, record.Bypass, record.Running},
	}}
	for {
		calls, err := book.Calls(ctx, query)
		if err != nil {
			return record.CallID{}, err
		}
		for i := range calls {
			if calls[i].Reason != record.Verified { // which is computed besides a hit
				return calls[i].ID, nil
			}
		}
		if len(calls) == 0 {
			break
		}
		query.After = calls[len(calls)-1].ID
	}
	query = record.CallQuery{Filter: record.Filter{Function: []string{function}}, Limit: 1}
	calls, err := book.Calls(ctx, query) // was it ever called?
	if err != nil {
		return record.CallID{}, err
	}
	if len(calls) > 0 {
		return record.CallID{}, fmt.Errorf("%s has never missed; its latest call is %s", display.Function(calls[0].Function), calls[0].ID)
	}
	return record.CallID{}, &exitError{exitNotFound, fmt.Errorf("no function named like %q has been called; labbook calls lists what has", function)}
}

func (a *app) whyMisses(ctx context.Context, book *runlog.Reader, id int64, limit int) error {
	run, err := findRun(ctx, book, id)
	if err != nil {
		return err
	}
	var report whymiss.RunReport
	err = a.progress().meanwhile(fmt.Sprintf("explaining the misses of run %d", run.ID), func() (err error) {
		report, err = whymiss.ExplainRun(ctx, book, &run.Run, limit)
		return err
	})
	if err != nil {
		return err
	}
	if a.json {
		return a.printJSON(report)
	}
	if report.All == 0 {
		beside := ""
		if again := run.Counts.Bypasses + run.Counts.Errors + run.Counts.Running; again > 0 {
			beside = fmt.Sprintf(", %s computed again to verify: labbook verify --recorded %d", display.Plural(again, "of them was", "of them were"), run.ID)
		}
		_, err := fmt.Fprintf(a.stdout, "run %d has no misses: %s%s\n", run.ID, display.Plural(run.Counts.Hits, "hit", "hits"), beside)
		return err
	}
	if err := a.printCauses(&report); err != nil {
		return err
	}
	if rest := report.All - int64(len(report.Misses)); rest > 0 {
		_, err = fmt.Fprintf(a.stdout, "… and %s: -n %d shows them all\n", display.Plural(rest, "cheaper one", "cheaper ones"), report.All)
	}
	return err
}

// printCauses prints why a run computed what it did.
func (a *app) printCauses(report *whymiss.RunReport) error {
	lost := time.Duration(0)
	for i := range report.Causes {
		lost += report.Causes[i].Lost()
	}
	_, err := fmt.Fprintf(a.stdout, "run %d computed %s in %s, from %s\n", report.Run,
		display.Plural(int64(len(report.Misses)), "call", "calls"), display.Duration(lost), display.Plural(int64(len(report.Causes)), "cause", "causes"))
	if err != nil {
		return err
	}
	p := a.printer()
	for i := range report.Causes {
		if _, err := fmt.Fprintln(a.stdout); err != nil {
			return err
		}
		if err := p.RootCause(a.stdout, &report.Causes[i]); err != nil {
			return err
		}
	}
	return nil
}

func (a *app) printer() whymiss.Printer {
	return whymiss.Printer{Now: a.now(), Color: a.isColored()}
}
