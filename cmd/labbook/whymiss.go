package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"labbook/cache/whymiss"
	"labbook/runlog"
	"labbook/runlog/display"
	"labbook/runlog/record"
)

func (a *app) whyMissCommand() *cobra.Command {
	var limit int
	cmd := &cobra.Command{
		Use:               "why-miss [CALL|FUNCTION]",
		ValidArgsFunction: a.completeCall,
		Short:             "Explain why a call was computed rather than loaded",
		Long: `Explain why a call was computed rather than loaded: a call by its id (12.57), the
latest miss of a function by its name, or without an argument all misses of the
latest run, costliest first.`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := checkLimit(limit); err != nil {
				return err
			}
			var id record.CallID
			if len(args) == 1 && strings.Trim(args[0], "0123456789.") == "" {
				var err error
				if id, err = record.ParseCallID(args[0]); err != nil {
					return usageError("%w", err)
				}
			}
			return a.withBook(cmd.Context(), func(book *runlog.Reader) (err error) {
				if len(args) == 0 {
					return a.whyMisses(cmd.Context(), book, limit)
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
	cmd.Flags().IntVarP(&limit, "limit", "n", 20, "without an argument, at most that many misses")
	return cmd
}

func (a *app) whyMiss(ctx context.Context, book *runlog.Reader, id record.CallID) error {
	explanation, err := whymiss.Explain(ctx, book, id)
	if err != nil {
		return err
	}
	if a.json {
		return a.printJSON(explanation)
	}
	return explanation.Text(a.stdout, a.now())
}

// findMiss finds the latest miss of a function, by a part of its name.
func findMiss(ctx context.Context, book *runlog.Reader, function string) (record.CallID, error) {
	for _, outcomes := range [][]record.Outcome{
		{record.Miss, record.Error, record.Bypass, record.Running},
		nil, // was it ever called?
	} {
		calls, err := book.Calls(ctx, record.CallQuery{Filter: record.Filter{Function: []string{function}, Outcomes: outcomes}, Limit: 1})
		if err != nil {
			return record.CallID{}, err
		}
		switch {
		case len(calls) > 0 && outcomes != nil:
			return calls[0].ID, nil
		case len(calls) > 0:
			return record.CallID{}, fmt.Errorf("%s has never missed; its latest call is %s", display.Function(calls[0].Function), calls[0].ID)
		}
	}
	return record.CallID{}, &exitError{exitNotFound, fmt.Errorf("no function named like %q has been called; labbook calls lists what has", function)}
}

func (a *app) whyMisses(ctx context.Context, book *runlog.Reader, limit int) error {
	run, err := findRun(ctx, book, 0)
	if err != nil {
		return err
	}
	misses, err := whymiss.Misses(ctx, book, run.ID, limit)
	if err != nil {
		return err
	}
	if a.json {
		return a.printJSON(misses)
	}
	all := run.Counts.Misses + run.Counts.Errors + run.Counts.Bypasses
	if len(misses) == 0 {
		_, err := fmt.Fprintf(a.stdout, "run %d has no misses: %s\n", run.ID, display.Plural(run.Counts.Hits, "hit", "hits"))
		return err
	}
	if err := a.printGroups(whymiss.Groups(misses)); err != nil {
		return err
	}
	if int64(len(misses)) < all {
		_, err = fmt.Fprintf(a.stdout, "… and %d cheaper ones: -n %d shows them\n", all-int64(len(misses)), all)
	}
	return err
}

func (a *app) printGroups(groups []whymiss.Group) error {
	for i := range groups {
		if err := groups[i].Text(a.stdout, a.now()); err != nil {
			return err
		}
	}
	return nil
}
