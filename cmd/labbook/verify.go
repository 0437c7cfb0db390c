package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"labbook/cache/recheck"
	"labbook/runlog"
	"labbook/runlog/display"
	"labbook/runlog/record"
	"labbook/runlog/rerun"
)

func (a *app) verifyCommand() *cobra.Command {
	v := verification{}
	var sample string
	cmd := &cobra.Command{
		Use:               "verify [RUN|CALL]",
		ValidArgsFunction: a.completeRun,
		Short:             "Compute stored results again and compare",
		Long: `Compute stored results again and compare: start the program of a run again as
rerun does, without a run the latest one's, and have it compute besides what it
loads. It goes on with the stored results, so that it goes the way it went. Of a
call (12.57) only its result is computed.

A result that comes out otherwise is computed once more: if it comes out in a
third way, or as it is stored, the function is not deterministic; if it comes out
as the second time, something has changed that is no part of the key, and
labbook why-hit may know what.

What else a function does besides returning its results it does again: files that
it writes, requests that it sends. It is given copies of its arguments as far as
they hold plain data, so that a function that changes them is found out and does
no harm. What the program prints is in the log of its new run, and nowhere else.

Exit status: 0 if all results are equal, 1 if some differ (float noise counts),
failed or did not return, or if the program did not end as it did before; 125 if
it could not be started.`,
		Example: "  labbook verify 12\n  labbook verify 12.57\n  labbook verify --sample 5% --function train",
		Args:    cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			var err error
			if v.request.Share, err = recheck.ParseShare(sample); err != nil {
				return usageError("--sample %w", err)
			}
			if v.request.Share == 0 {
				return usageError("--sample 0%% would verify nothing: give a larger share, up to 100%%")
			}
			if len(args) == 1 && strings.Contains(args[0], ".") {
				if v.call, err = record.ParseCallID(args[0]); err != nil {
					return usageError("%w", err)
				}
				v.run = v.call.Run
			} else if v.run, err = parseOptionalRun(args); err != nil {
				return err
			}
			return a.verify(cmd.Context(), &v)
		},
	}
	cmd.Flags().StringVar(&sample, "sample", "100%", "verify that share of the results")
	_ = cmd.RegisterFlagCompletionFunc("sample", cobra.FixedCompletions([]cobra.Completion{ // it is there
		cobra.CompletionWithDesc("5%", "a sample"), cobra.CompletionWithDesc("100%", "all"),
	}, cobra.ShellCompDirectiveNoFileComp))
	cmd.Flags().StringVar(&v.request.Function, "function", "", "verify results of functions with that in their names")
	cmd.Flags().StringVar(&v.request.Seed, "seed", "", "another seed samples other results")
	cmd.Flags().BoolVar(&v.recorded, "recorded", false, "start nothing: report what the run itself has verified")
	return cmd
}

// A verification is what is asked for.
type verification struct {
	run      int64         // 0 for the latest
	call     record.CallID // zero for all calls of the run
	request  recheck.Request
	recorded bool
}

// A verifyResult is what verify --json prints.
type verifyResult struct {
	Run      int64 `json:"run"`       // whose program it was
	ExitCode int   `json:"exit_code"` // of the program this time
	recheck.Report
}

func (a *app) verify(ctx context.Context, v *verification) error {
	book, err := a.open(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = book.Close() }() // it was only read
	run, err := findRun(ctx, book, v.run)
	if err != nil {
		return err
	}
	if v.recorded {
		result := verifyResult{Run: run.ID, ExitCode: run.ExitCode}
		if result.Report, err = readReport(ctx, book, &run); err != nil {
			return err
		}
		return a.reportVerified(&result, v, nil)
	}
	if err := a.checkVerifiable(ctx, book, &run, v); err != nil {
		return err
	}
	return a.startVerification(ctx, book, &run, v)
}

// checkVerifiable makes sure that there is something to verify, before a program
// is started that may take hours.
func (a *app) checkVerifiable(ctx context.Context, book *runlog.Reader, run *record.RunDetail, v *verification) error {
	if !v.call.IsZero() {
		call, err := book.Call(ctx, v.call)
		switch {
		case err != nil:
			return err
		case call.Outcome == record.Hit, call.Outcome == record.Miss && call.StoreError == "":
			v.request.Key = call.Key
			return nil
		}
		return fmt.Errorf("verify call %s: no result of it is stored: its outcome is %s", v.call, call.Outcome)
	}
	query := record.CallQuery{Limit: 1, Filter: record.Filter{Run: run.ID, Outcomes: []record.Outcome{record.Hit, record.Miss}}}
	if v.request.Function != "" {
		query.Filter.Function = []string{v.request.Function}
	}
	calls, err := book.Calls(ctx, query)
	switch {
	case err != nil:
		return err
	case len(calls) > 0 || len(run.Children) > 0: // which may have calls
	case v.request.Function != "":
		return &exitError{exitNotFound, fmt.Errorf("verify run %d: it has no stored result of a function named like %q; labbook calls run:%d lists its calls", run.ID, v.request.Function, run.ID)}
	default:
		return fmt.Errorf("verify run %d: it has no stored results: %s of cached functions", run.ID, display.Plural(run.Counts.Calls, "call", "calls"))
	}
	if c := run.Counts; v.request.Share == 1 && v.request.Function == "" && c.Saved+c.Spent > worthSaying {
		a.say("computing again what took %s to compute; --sample 5%% computes less", display.Duration(c.Saved+c.Spent))
	}
	return nil
}

// worthSaying is from where on somebody would like to know beforehand how long it
// takes.
const worthSaying = 10 * time.Second

// startVerification starts the program again, and reports what came of it.
func (a *app) startVerification(ctx context.Context, book *runlog.Reader, run *record.RunDetail, v *verification) error {
	printed := &tail{}
	options := rerun.Options{
		Dir: book.Dir(), Env: v.request.Environment(), Stdin: a.stdin, Stderr: printed,
		Progress: func(text string) { a.say("%s", text) },
	}
	running, stop := untilTerminated(ctx)
	defer stop()
	over := a.watchVerification(running, book, run)
	results, err := rerun.Runs(running, []record.RunDetail{*run}, options)
	over()
	if len(results) == 0 || results[0].PID == 0 {
		return &exitError{exitNoStart, err}
	}
	if running.Err() != nil {
		err = errors.Join(err, &exitError{code: 128 + int(syscall.SIGTERM)})
	}
	again, openErr := a.open(ctx) // anew, to take in what the program left
	if openErr != nil {
		return errors.Join(err, openErr)
	}
	defer func() { _ = again.Close() }() // it was only read
	result, reportErr := verified(ctx, again, run, &results[0])
	if reportErr != nil {
		a.say("the program printed on stderr, at last:\n%s", printed)
		return errors.Join(err, reportErr)
	}
	if result.ExitCode != run.ExitCode && err == nil {
		err = fmt.Errorf("the program did not end as it did in run %d: exit status %d, not %d; labbook log %d shows what it printed",
			run.ID, result.ExitCode, run.ExitCode, result.Runs[0])
	}
	return a.reportVerified(&result, v, err)
}

// verified reads what the program has recorded.
func verified(ctx context.Context, book *runlog.Reader, old *record.RunDetail, result *rerun.Result) (verifyResult, error) {
	run, found, err := findRerun(ctx, book, old, result.PID)
	if err != nil {
		return verifyResult{}, err
	}
	if !found {
		return verifyResult{}, fmt.Errorf("the program of run %d ran again (exit status %d), but did not record itself: nothing is known of its results", old.ID, result.ExitCode)
	}
	detail, err := book.Run(ctx, run.ID)
	if err != nil {
		return verifyResult{}, err
	}
	report, err := readReport(ctx, book, &detail)
	return verifyResult{old.ID, result.ExitCode, report}, err
}

// readReport reads what was verified in a run, and in those that it started.
func readReport(ctx context.Context, book *runlog.Reader, run *record.RunDetail) (recheck.Report, error) {
	runs, queue := []int64{run.ID}, run.Children
	for len(queue) > 0 {
		id := queue[0]
		queue = queue[1:]
		child, err := book.Run(ctx, id)
		if err != nil {
			return recheck.Report{}, err
		}
		runs, queue = append(runs, id), append(queue, child.Children...)
	}
	return recheck.Read(ctx, book, runs...)
}

// reportVerified prints the report; err is what else went wrong.
func (a *app) reportVerified(result *verifyResult, v *verification, err error) error {
	var printErr error
	if a.json {
		printErr = a.printJSON(result)
	} else {
		printErr = result.Text(a.stdout)
	}
	switch {
	case printErr != nil:
		return printErr
	case err != nil:
		return err
	case !result.Total.IsClean():
		return &exitError{code: exitFailed} // what is wrong was printed
	case result.Total.Verified == 0 && !v.call.IsZero():
		return fmt.Errorf("run %d did not load the result of call %s: the program went another way, or computed it anew; labbook calls run:%d shows what it did", result.Runs[0], v.call, result.Runs[0])
	case result.Total.Verified == 0:
		a.say("run %d loaded nothing that was to be verified: labbook calls run:%d shows what it did", result.Runs[0], result.Runs[0])
	}
	return nil
}
