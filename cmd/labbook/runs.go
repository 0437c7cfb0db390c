package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"labbook/runlog"
	"labbook/runlog/display"
	"labbook/runlog/filter"
	"labbook/runlog/record"
)

const filterHelp = `
The filter is made of terms that must all hold: fn:train (function), outcome:miss,
reason:code-changed, status:died, name:digits, tag:final, run:12, pinned:yes,
since:1d, until:2026-11-21, 'dur>2s' (quoted, or the shell takes it for a
redirection), and words that occur anywhere. A status is running, ok, failed,
panicked, interrupted, killed (by another signal), died (vanished, and nobody saw
how) or ended (of a program without runlog.Main). Of several values with commas
between one must hold.`

func (a *app) runsCommand() *cobra.Command {
	var limit int
	cmd := &cobra.Command{
		Use:   "runs [FILTER…]",
		Short: "List runs, newest first",
		Long:  "List runs, newest first." + filterHelp,
		Args:  cobra.ArbitraryArgs,

		ValidArgsFunction: completeFilter,
		RunE: func(cmd *cobra.Command, args []string) error {
			f, err := a.parseFilter(args)
			if err != nil {
				return err
			}
			if err := checkLimit(limit); err != nil {
				return err
			}
			return a.withBook(cmd.Context(), func(book *runlog.Reader) error {
				runs, err := book.Runs(cmd.Context(), record.RunQuery{Filter: f, Limit: limit})
				if err != nil {
					return err
				}
				return a.printRuns(runs)
			})
		},
	}
	cmd.Flags().IntVarP(&limit, "limit", "n", 30, "at most that many")
	return cmd
}

// completeFilter completes a term of a filter.
func completeFilter(_ *cobra.Command, _ []string, typed string) ([]cobra.Completion, cobra.ShellCompDirective) {
	// A term is not over with the name of its field.
	return filter.Complete(typed), cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveNoSpace
}

func (a *app) printRuns(runs []record.Run) error {
	if a.json {
		return a.printJSON(runs)
	}
	if len(runs) == 0 {
		_, err := fmt.Fprintln(a.stdout, "no run matches")
		return err
	}
	var t table
	t.add("RUN", "", "NAME", "STATUS", "STARTED", "TOOK", "HITS", "MISSES", "SAVED", "")
	for i := range runs {
		r := &runs[i]
		saved := ""
		if r.Counts.Saved > 0 {
			saved = display.Duration(r.Counts.Saved)
		}
		t.add(fmt.Sprint(r.ID), display.Status(r.Status), r.Name, string(r.Status), display.Ago(r.Started, a.now()),
			display.Duration(r.Duration(a.now())), display.Count(r.Counts.Hits), display.Count(r.Counts.Misses), saved, pinnedWord(r.Pinned))
	}
	return t.write(a.stdout, "")
}

func pinnedWord(pinned bool) string {
	if pinned {
		return "pinned"
	}
	return ""
}

// listRuns prints the newest runs: what labbook alone does where there is no
// terminal.
func (a *app) listRuns(ctx context.Context) error {
	return a.withBook(ctx, func(book *runlog.Reader) error {
		runs, err := book.Runs(ctx, record.RunQuery{Limit: 30})
		if err != nil {
			return err
		}
		return a.printRuns(runs)
	})
}
