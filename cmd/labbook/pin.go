package main

import (
	"context"

	"github.com/spf13/cobra"

	"labbook/runlog"
)

func (a *app) pinCommand() *cobra.Command {
	return &cobra.Command{
		Use:               "pin RUN…",
		Short:             "Keep runs whatever labbook prune removes",
		Long:              "Keep runs: labbook prune leaves them, however old they are, until labbook unpin.\nlabbook runs pinned:yes lists them. If one of the runs is not there, none is pinned.",
		Example:           "  labbook pin 12",
		Args:              cobra.MinimumNArgs(1),
		ValidArgsFunction: a.completeRuns(false),
		RunE:              func(cmd *cobra.Command, args []string) error { return a.setPinned(cmd.Context(), true, args) },
	}
}

func (a *app) unpinCommand() *cobra.Command {
	return &cobra.Command{
		Use:               "unpin RUN…",
		Short:             "Let labbook prune remove pinned runs again",
		Long:              "Let labbook prune remove pinned runs again. What is not pinned stays so.",
		Example:           "  labbook unpin 12",
		Args:              cobra.MinimumNArgs(1),
		ValidArgsFunction: a.completeRuns(true),
		RunE:              func(cmd *cobra.Command, args []string) error { return a.setPinned(cmd.Context(), false, args) },
	}
}

// A pinReport is what --json prints for each run.
type pinReport struct {
	ID     int64 `json:"id"`
	Pinned bool  `json:"pinned"`
}

func (a *app) setPinned(ctx context.Context, pinned bool, args []string) error {
	reports := make([]pinReport, len(args))
	ids := make([]int64, len(args))
	for i, arg := range args {
		id, err := parseRun(arg)
		if err != nil {
			return err
		}
		ids[i], reports[i] = id, pinReport{id, pinned}
	}
	dir, err := a.bookDir()
	if err != nil {
		return err
	}
	if err := runlog.SetPinned(ctx, dir, pinned, ids...); err != nil {
		return a.upkeepError(ctx, err)
	}
	if a.json {
		return a.printJSON(reports)
	}
	p := printer{w: a.stdout}
	for _, id := range ids {
		p.line("run %d is %s", id, map[bool]string{true: "pinned", false: "no longer pinned"}[pinned])
	}
	return p.err
}
