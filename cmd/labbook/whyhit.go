package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"labbook/cache/whyhit"
	"labbook/runlog"
	"labbook/runlog/display"
	"labbook/runlog/record"
)

func (a *app) whyHitCommand() *cobra.Command {
	return &cobra.Command{
		Use:               "why-hit CALL|FUNCTION",
		ValidArgsFunction: a.completeCall,
		Short:             "Explain where a loaded result came from, and what has changed since",
		Long: `Explain where a loaded result came from, of a call by its id (12.57) or of the latest
hit of a function by its name: which call computed it, when, by what program, at
which commit and on which machine; and what has changed since then that is no part
of its key, such as environment variables, files and the machine. Whether it would
still come out the same, labbook verify finds out.`,
		Example: "  labbook why-hit 12.57\n  labbook why-hit train",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			var id record.CallID
			if strings.Trim(args[0], "0123456789.") == "" {
				var err error
				if id, err = record.ParseCallID(args[0]); err != nil {
					return usageError("%w", err)
				}
			}
			return a.withBook(cmd.Context(), func(book *runlog.Reader) (err error) {
				if id.IsZero() {
					if id, err = findHit(cmd.Context(), book, args[0]); err != nil {
						return err
					}
				}
				return a.whyHit(cmd.Context(), book, id)
			})
		},
	}
}

func (a *app) whyHit(ctx context.Context, book *runlog.Reader, id record.CallID) error {
	explanation, err := whyhit.Explain(ctx, book, id)
	if err != nil {
		return err
	}
	if a.json {
		return a.printJSON(explanation)
	}
	return explanation.Text(a.stdout, a.now())
}

// findHit finds the latest hit of a function, by a part of its name.
func findHit(ctx context.Context, book *runlog.Reader, function string) (record.CallID, error) {
	for _, outcomes := range [][]record.Outcome{
		{record.Hit},
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
			return record.CallID{}, fmt.Errorf("%s has never hit; its latest call is %s: labbook why-miss %s says why it was computed",
				display.Function(calls[0].Function), calls[0].ID, calls[0].ID)
		}
	}
	return record.CallID{}, &exitError{exitNotFound, fmt.Errorf("no function named like %q has been called; labbook calls lists what has", function)}
}
