package main

import (
	"context"
	"errors"
	"os"
	"os/signal"
	"slices"
	"syscall"

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
		Use:               "rerun RUN…",
		ValidArgsFunction: a.completeRuns(false),
		Short:             "Start a recorded program again",
		Long: `Start a recorded program again: with the same arguments, in the same folder and
environment, linked to the run that it repeats. Secrets, which the lab-book does
not keep, come from the environment here; those that stood in arguments from
--set NAME=VALUE, or from a variable named after the flag: LABBOOK_SECRET_TOKEN for
--token, LABBOOK_SECRET_3 for the third argument. The exit status is the program's, the
first that is not 0 of several; 125 if one could not be started.`,
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
			for _, setting := range set {
				if err := rerun.CheckSetting(setting); err != nil {
					return usageError("%w", err)
				}
			}
			if jobs == 0 {
				return usageError("--jobs 0 would run nothing: give a number of programs, or -1 for one a core")
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
	options.Progress = func(text string) { a.say("%s", text) }

	running, stop := untilTerminated(ctx)
	defer stop()
	results, err := rerun.Runs(running, runs, options)
	code, reportErr := 0, error(nil)
	if results != nil {
		code, reportErr = a.reportReruns(ctx, runs, results)
	}
	switch {
	case running.Err() != nil:
		return &exitError{128 + int(syscall.SIGTERM), reportErr}
	case err != nil:
		return &exitError{exitNoStart, errors.Join(err, reportErr)}
	case reportErr != nil:
		return reportErr
	case code != 0:
		return &exitError{code: code}
	}
	return nil
}

// untilTerminated returns a context that ends with SIGTERM, so that the
// programs are stopped before us. The SIGINT of a terminal they get themselves:
// we wait for what they make of it. It is caught rather than ignored, since
// programs inherit what is ignored.
func untilTerminated(parent context.Context) (context.Context, context.CancelFunc) {
	interrupts := make(chan os.Signal, 1)
	signal.Notify(interrupts, os.Interrupt)
	ctx, stop := signal.NotifyContext(parent, syscall.SIGTERM)
	return ctx, func() {
		signal.Stop(interrupts)
		stop()
	}
}

// A rerunReport is what rerun --json prints for each run.
type rerunReport struct {
	rerun.Result
	Run    int64         `json:"run"` // the new run; 0 if the program recorded none
	Status record.Status `json:"status,omitempty"`
}

// reportReruns tells what became of the programs. The code is the first of
// theirs that is not 0.
func (a *app) reportReruns(ctx context.Context, runs []record.RunDetail, results []rerun.Result) (code int, err error) {
	book, err := a.open(ctx) // anew, to take in what the programs left
	if err != nil {
		return 0, err
	}
	defer func() { _ = book.Close() }()
	reports := make([]rerunReport, len(results))
	for i, result := range results {
		reports[i].Result = result
		if code == 0 {
			code = result.ExitCode
		}
		if result.PID == 0 {
			continue // the error says why
		}
		run, found, err := findRerun(ctx, book, &runs[i], result.PID)
		if err != nil {
			return code, err
		}
		if !found {
			a.say("the program of run %d ran again, but did not record itself", result.RerunOf)
			continue
		}
		reports[i].Run, reports[i].Status = run.ID, run.Status
		a.say("run %d repeated run %d: %s in %s, %s, %s", run.ID, result.RerunOf, run.Status, display.Duration(run.Duration(a.now())),
			display.Plural(run.Counts.Hits, "hit", "hits"), display.Plural(run.Counts.Misses, "miss", "misses"))
	}
	if a.json {
		return code, a.printJSON(reports)
	}
	return code, nil
}

// findRerun finds what a process recorded as a rerun of old, as old was known
// before the process was started.
func findRerun(ctx context.Context, book *runlog.Reader, old *record.RunDetail, pid int) (run record.Run, found bool, err error) {
	now, err := book.Run(ctx, old.ID)
	if err != nil {
		return run, false, err
	}
	for _, id := range now.Reruns {
		if slices.Contains(old.Reruns, id) {
			continue
		}
		detail, err := book.Run(ctx, id)
		if err != nil {
			return run, false, err
		}
		if detail.PID == pid {
			return detail.Run, true, nil
		}
	}
	return run, false, nil
}
