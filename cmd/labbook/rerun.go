package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"

	"github.com/spf13/cobra"

	"labbook/runlog"
	"labbook/runlog/display"
	"labbook/runlog/record"
	"labbook/runlog/rerun"
)

func (a *app) rerunCommand() *cobra.Command {
	var set []string
	var jobs int
	cmd := &cobra.Command{
		Use:   "rerun RUN…",
		Short: "Start a recorded program again",
		Long: `Start a recorded program again: with the same arguments, in the same folder and
environment, linked to the run that it repeats. The exit status is the
program's, the first that is not 0 of several; 125 if one could not be started.`,
		Example: "  labbook rerun 12\n  labbook rerun 12 --set C=2 --set folds=5",
		Args:    cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			var ids []int64
			for _, arg := range args {
				id, err := parseRun(arg)
				if err != nil {
					return err
				}
				ids = append(ids, id)
			}
			return a.rerun(cmd.Context(), ids, rerun.Options{Set: set, Jobs: jobs})
		},
	}
	cmd.Flags().StringArrayVar(&set, "set", nil, "change a parameter: NAME=VALUE")
	cmd.Flags().IntVarP(&jobs, "jobs", "j", 1, "how many programs at once; -1 for one a core")
	return cmd
}

func (a *app) rerun(ctx context.Context, ids []int64, options rerun.Options) error {
	book, err := a.open(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = book.Close() }() // it was only read
	runs := make([]record.RunDetail, len(ids))
	for i, id := range ids {
		if runs[i], err = book.Run(ctx, id); err != nil {
			return err
		}
	}
	options.Dir, options.Stdin, options.Stdout, options.Stderr = book.Dir(), a.stdin, a.stdout, a.stderr
	if a.json {
		options.Stdout = a.stderr // stdout is for the JSON
	}
	options.Progress = func(text string) { _, _ = fmt.Fprintf(a.stderr, "labbook: %s\n", text) }

	// The terminal sends its signals to the program too; it ends by them, and
	// we with it.
	signal.Ignore(os.Interrupt)
	defer signal.Reset(os.Interrupt)
	results, err := rerun.Runs(ctx, runs, options)
	if err != nil {
		return &exitError{exitNoStart, err}
	}
	return a.reportReruns(ctx, results)
}

// A rerunReport is what rerun --json prints for each run.
type rerunReport struct {
	rerun.Result
	Run    int64         `json:"run"` // the new run; 0 if the program recorded none
	Status record.Status `json:"status,omitempty"`
}

func (a *app) reportReruns(ctx context.Context, results []rerun.Result) error {
	book, err := a.open(ctx) // anew, to take in what the programs left
	if err != nil {
		return err
	}
	defer func() { _ = book.Close() }()
	reports := make([]rerunReport, len(results))
	code := 0
	for i, result := range results {
		reports[i].Result = result
		if code == 0 {
			code = result.ExitCode
		}
		if err := a.findRerun(ctx, book, &reports[i]); err != nil {
			return err
		}
	}
	if a.json {
		if err := a.printJSON(reports); err != nil {
			return err
		}
	}
	if code != 0 {
		return &exitError{code: code}
	}
	return nil
}

func (a *app) findRerun(ctx context.Context, book *runlog.Reader, report *rerunReport) error {
	old, err := book.Run(ctx, report.RerunOf)
	if err != nil {
		return err
	}
	if len(old.Reruns) == 0 {
		_, err := fmt.Fprintf(a.stderr, "labbook: the program ran, but did not record itself\n")
		return err
	}
	run, err := book.Run(ctx, old.Reruns[len(old.Reruns)-1])
	if err != nil {
		return err
	}
	report.Run, report.Status = run.ID, run.Status
	_, err = fmt.Fprintf(a.stderr, "labbook: run %d repeated run %d: %s in %s, %s, %s\n", run.ID, report.RerunOf, run.Status,
		display.Duration(run.Duration(a.now())), display.Plural(run.Counts.Hits, "hit", "hits"), display.Plural(run.Counts.Misses, "miss", "misses"))
	return err
}
