package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"labbook/runlog"
	"labbook/runlog/display"
)

func (a *app) pruneCommand() *cobra.Command {
	var options runlog.PruneOptions
	var yes bool
	cmd := &cobra.Command{
		Use:   "prune (--keep AGE | --keep-runs N) [--yes]",
		Short: "Remove old runs from the lab-book, and give their room back",
		Long: `Remove old runs from the lab-book: with their calls, output, artifacts and all else
that belongs to them, and what no other run knows of arguments and code. Without
--yes it only says what would go. Cached results are not touched: labbook cache gc
is for them.

A run stays if it ended no longer ago than --keep, or is among the newest
--keep-runs. Whatever these say, it stays

  while it is pinned (labbook pin),
  while it is under way,
  while it computed what a run that stays has loaded: labbook show of the hit
  names the call. --origins removes such runs too; hits then name calls that
  are marked as removed, and why-miss knows less of what came before.

A rerun outlives the run that it repeats, and says that it was removed. Numbers of
runs are never used twice.

Programs can record and be browsed meanwhile. What they might be about to refer to
stays until a prune while none records, and so does room in a lab-book that was
made by an older labbook; the report says so. ^C stops at a sound place, and the
next prune goes on from there.`,
		Example: "  labbook prune --keep 30d\n  labbook prune --keep 30d --keep-runs 100 --yes",
		Args:    cobra.NoArgs,
	}
	cmd.Flags().Var((*ageFlag)(&options.Keep), "keep", "runs that ended no longer ago than that stay: 12h, 30d, 2w")
	cmd.Flags().IntVar(&options.KeepRuns, "keep-runs", 0, "so many of the newest runs stay")
	cmd.Flags().BoolVar(&options.Origins, "origins", false, "remove runs too that computed what other runs loaded")
	cmd.Flags().BoolVarP(&yes, "yes", "y", false, "remove them")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		byAge, byCount := cmd.Flags().Changed("keep"), cmd.Flags().Changed("keep-runs")
		switch {
		case !byAge && !byCount:
			return usageError("prune: say what stays, such as --keep 30d or --keep-runs 100; see labbook prune --help")
		case byAge && options.Keep <= 0:
			return usageError("--keep %s: want more than 0, such as 30d; --keep-runs 0 keeps none for its age", options.Keep)
		case options.KeepRuns < 0:
			return usageError("--keep-runs %d: want 0 or more", options.KeepRuns)
		}
		options.DryRun, options.Now = !yes, a.now()
		return a.prune(cmd.Context(), options)
	}
	return cmd
}

func (a *app) prune(ctx context.Context, options runlog.PruneOptions) error {
	return a.upkeep(ctx, func(ctx context.Context, dir string, progress runlog.Progress) error {
		options.Progress = progress
		report, err := runlog.Prune(ctx, dir, options)
		if ctx.Err() != nil && !options.DryRun {
			return fmt.Errorf("%s removed so far; what is left of them goes with the next prune", display.Plural(int64(len(report.Runs)), "run was", "runs were"))
		}
		if err != nil {
			return err
		}
		if a.json {
			return a.printJSON(report)
		}
		return a.printPrune(&report)
	})
}

// mostListed bounds the runs that are listed by line.
const mostListed = 40

func (a *app) printPrune(r *runlog.PruneReport) error {
	var t table
	if len(r.Runs) > 0 {
		t.add("RUN", "", "NAME", "STARTED", "CALLS", "OUTPUT", "ARTIFACTS")
	}
	for i := range r.Runs[:min(len(r.Runs), mostListed)] {
		run := &r.Runs[i]
		artifacts := ""
		if run.Artifacts > 0 {
			artifacts = fmt.Sprintf("%s, %s", display.Count(run.Artifacts), display.Bytes(run.ArtifactBytes))
		}
		t.add(fmt.Sprint(run.ID), display.Status(run.Status), run.Name, display.Ago(run.Started, a.now()), display.Count(run.Calls),
			display.Bytes(run.OutputBytes), artifacts)
	}
	if err := t.write(a.stdout, ""); err != nil {
		return err
	}
	p := printer{w: a.stdout}
	if more := len(r.Runs) - mostListed; more > 0 {
		p.line("… and %s (--json lists all)", display.Plural(int64(more), "more run", "more runs"))
	}
	if len(r.Runs) > 0 {
		p.line("")
	}
	p.line("%s %s: %s, %s of output, %s (%s)", map[bool]string{true: "would remove", false: "removed"}[r.DryRun],
		display.Plural(int64(len(r.Runs)), "run", "runs"), display.Plural(r.Calls, "call", "calls"), display.Bytes(r.OutputBytes),
		display.Plural(r.Artifacts, "artifact", "artifacts"), display.Bytes(r.ArtifactBytes))
	p.line("%s", keptText(&r.Kept))
	if r.DryRun {
		p.line("would free about %s of the %s of the lab-book; --yes does it", display.Bytes(r.FreedBytes), display.Bytes(r.FileBytes))
		return p.err
	}
	p.line("freed %s of the %s of the lab-book", display.Bytes(r.FreedBytes), display.Bytes(r.FileBytes))
	if r.UnusedKept {
		p.line("programs are recording: what only the removed runs knew of arguments and code goes with a prune when none does")
	}
	if r.Reusable > 0 {
		p.line("%s are free inside of the file, for later runs; a prune while no program records gives them back to the disk", display.Bytes(r.Reusable))
	}
	return p.err
}

// keptText says what stays, and why.
func keptText(k *runlog.PruneKept) string {
	var reasons []string
	for _, reason := range []struct {
		count int64
		why   string
	}{{k.Recent, "recent"}, {k.Pinned, "pinned"}, {k.Running, "under way"}, {k.Referenced, "with results that others loaded"}} {
		if reason.count > 0 {
			reasons = append(reasons, display.Count(reason.count)+" "+reason.why)
		}
	}
	total := k.Recent + k.Pinned + k.Running + k.Referenced
	if total == 0 {
		return "no run stays"
	}
	return fmt.Sprintf("%s: %s", display.Plural(total, "run stays", "runs stay"), strings.Join(reasons, ", "))
}
