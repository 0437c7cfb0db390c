package main

import (
	"cmp"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"labbook/cache/store"
	"labbook/runlog/display"
)

func (a *app) cacheMergeCommand() *cobra.Command {
	var dry bool
	cmd := &cobra.Command{
		Use:   "merge DIR",
		Short: "Take in the entries of another cache",
		Long: `Take in the entries of another cache: DIR is its folder, or that of a lab-book that
has one. Every entry is verified as it is copied; pins and the times of the last
use come along; DIR itself is not changed. A merge that was stopped goes on where
it was when it is started again.

Where both have a result under one key and the results differ, the one that was
here stays, and is listed: its function is not deterministic, or depends on
something that is no part of its key.

Exit status: 0 if all was taken in or already here, also with such differences; 1
if an entry could not be, since it is corrupt for example.`,
		Example: "  labbook cache merge /mnt/other/.labbook\n  labbook cache merge ~/old-cache --dry-run",
		Args:    cobra.ExactArgs(1),
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
			return nil, cobra.ShellCompDirectiveFilterDirs
		},
		RunE: func(cmd *cobra.Command, args []string) error { return a.cacheMerge(cmd.Context(), args[0], dry) },
	}
	cmd.Flags().BoolVar(&dry, "dry-run", false, "say what would be taken in, and write nothing")
	return cmd
}

// A mergeReport is what --json prints of a merge.
type mergeReport struct {
	Dir        string           `json:"dir"`
	From       string           `json:"from"`
	DryRun     bool             `json:"dry_run"`
	Taken      int64            `json:"taken"`
	TakenBytes int64            `json:"taken_bytes"`
	Replaced   int64            `json:"replaced"` // of the taken, those in the place of a corrupt one
	There      int64            `json:"there"`
	Conflicts  []conflictReport `json:"conflicts"`
	Skipped    []problemReport  `json:"skipped"`
}

// A conflictReport is a key with two results.
type conflictReport struct {
	Function string         `json:"function"`
	Key      string         `json:"key"`
	Ours     conflictResult `json:"ours"` // stays
	Theirs   conflictResult `json:"theirs"`
}

type conflictResult struct {
	PayloadDigest string    `json:"payload_digest"`
	Bytes         int64     `json:"bytes"`
	Created       time.Time `json:"created"`
}

func newConflictResult(info *store.Info) conflictResult {
	return conflictResult{hex.EncodeToString(info.PayloadDigest[:]), info.Size, info.Created}
}

func (a *app) cacheMerge(ctx context.Context, dir string, dry bool) error {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return err
	}
	from, err := openCache(cacheIn(dir))
	if errors.Is(err, fs.ErrNotExist) {
		return noEntry("there is no cache in %s", cacheIn(dir))
	}
	if err != nil {
		return err
	}
	here, err := a.cacheDir()
	if err != nil {
		return err
	}
	s, err := openCache(here)
	if errors.Is(err, fs.ErrNotExist) {
		s, err = store.Open(here, store.Limits{}), nil // made by what is taken in
	}
	if err != nil {
		return errors.Join(err, from.Close())
	}
	return errors.Join(a.mergeFrom(ctx, s, from, dry), s.Close(), from.Close())
}

func (a *app) mergeFrom(ctx context.Context, s, from *store.Store, dry bool) error {
	report := mergeReport{Dir: s.Dir(), From: from.Dir(), DryRun: dry, Conflicts: []conflictReport{}, Skipped: []problemReport{}}
	p := a.progress()
	defer p.end()
	for merged, err := range s.Merge(ctx, from, store.MergeOptions{DryRun: dry}) {
		switch {
		case errors.Is(err, store.ErrSameStore):
			return usageError("merge: %s is the cache that would be merged into", from.Dir())
		case err != nil && (ctx.Err() != nil || merged.Outcome != store.MergeSkipped):
			return fmt.Errorf("merge after %s: %w; start it again to go on", display.Plural(report.Taken, "entry", "entries"), err)
		}
		report.add(&merged, err)
		p.say(func() string {
			return fmt.Sprintf("merging: %s taken, %s; %s here already", display.Plural(report.Taken, "entry", "entries"), display.Bytes(report.TakenBytes),
				display.Count(report.There))
		})
	}
	p.end()
	sortProblems(report.Skipped)
	slices.SortFunc(report.Conflicts, func(x, y conflictReport) int {
		return cmp.Or(cmp.Compare(x.Function, y.Function), cmp.Compare(x.Key, y.Key))
	})
	err := a.printMerge(&report)
	if err == nil && len(report.Skipped) > 0 {
		err = &exitError{code: exitFailed} // what is wrong was printed
	}
	return err
}

func (r *mergeReport) add(merged *store.Merged, err error) {
	switch merged.Outcome {
	case store.MergeTaken, store.MergeReplaced:
		r.Taken++
		r.TakenBytes += merged.Info.Size
		if merged.Outcome == store.MergeReplaced {
			r.Replaced++
		}
	case store.MergeThere:
		r.There++
	case store.MergeConflict:
		r.Conflicts = append(r.Conflicts, conflictReport{
			merged.Info.Function, hex.EncodeToString(merged.Info.Key[:]), newConflictResult(&merged.Ours), newConflictResult(&merged.Info),
		})
	default:
		r.Skipped = append(r.Skipped, newProblem(&merged.Info, err))
	}
}

func (a *app) printMerge(r *mergeReport) error {
	if a.json {
		return a.printJSON(r)
	}
	p := printer{w: a.stdout}
	if len(r.Conflicts) > 0 {
		p.line("other results under the same keys, which stay as they are here:")
		if p.err != nil {
			return p.err
		}
		var t table
		t.add("KEY", "FUNCTION", "HERE", "", "THERE", "")
		for i := range r.Conflicts {
			c := &r.Conflicts[i]
			t.add(display.Digest(c.Key), display.Function(c.Function), display.Bytes(c.Ours.Bytes), display.Moment(c.Ours.Created, a.now()),
				display.Bytes(c.Theirs.Bytes), display.Moment(c.Theirs.Created, a.now()))
		}
		p.err = t.write(a.stdout, "  ")
		p.line("such a function is not deterministic, or its key leaves out what its result depends on\n")
	}
	if p.err == nil {
		p.err = a.printProblems(r.Skipped)
	}
	text := fmt.Sprintf("%s %s, %s", would("took", r.DryRun), display.Plural(r.Taken, "entry", "entries"), display.Bytes(r.TakenBytes))
	if r.Replaced > 0 {
		text += fmt.Sprintf(" (%s in the place of corrupt ones)", display.Count(r.Replaced))
	}
	text += fmt.Sprintf("; %s here already", display.Count(r.There))
	if n := int64(len(r.Conflicts)); n > 0 {
		text += fmt.Sprintf(", %s with another result", display.Count(n))
	}
	if n := int64(len(r.Skipped)); n > 0 {
		text += fmt.Sprintf(", %s skipped", display.Count(n))
	}
	p.line("%s", text)
	return p.err
}
