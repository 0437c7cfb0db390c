package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"labbook/runlog"
	"labbook/runlog/display"
	"labbook/runlog/record"
	"labbook/runlog/safetext"
)

// completeRuns offers the newest runs, or those that are pinned.
func (a *app) completeRuns(pinned bool) cobra.CompletionFunc {
	return func(cmd *cobra.Command, _ []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
		query := record.RunQuery{Limit: maxOffers}
		if pinned {
			query.Filter.Pinned = &pinned
		}
		return a.offerRuns(cmd, query, "")
	}
}

// completeRun offers the newest runs where a command takes one.
func (a *app) completeRun(cmd *cobra.Command, args []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	return a.offerRuns(cmd, record.RunQuery{Limit: maxOffers}, "")
}

// completeCall offers the newest runs as beginnings of calls.
func (a *app) completeCall(cmd *cobra.Command, args []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	offers, directive := a.offerRuns(cmd, record.RunQuery{Limit: maxOffers}, ".")
	return offers, directive | cobra.ShellCompDirectiveNoSpace
}

func (a *app) offerRuns(cmd *cobra.Command, query record.RunQuery, end string) (offers []cobra.Completion, _ cobra.ShellCompDirective) {
	err := a.withBook(cmd.Context(), func(book *runlog.Reader) error {
		runs, err := book.Runs(cmd.Context(), query)
		for i := range runs {
			r := &runs[i]
			about := fmt.Sprintf("%s, %s, %s", r.Name, r.Status, display.Ago(r.Started, a.now()))
			offers = append(offers, cobra.CompletionWithDesc(strconv.FormatInt(r.ID, 10)+end, safetext.Line(about)))
		}
		return err
	})
	if err != nil {
		return nil, cobra.ShellCompDirectiveError
	}
	return offers, cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveKeepOrder
}

// completeProgram offers the programs of the search path for the first word, and
// leaves the others to the shell, which knows files.
func completeProgram(_ *cobra.Command, args []string, begun string) (offers []cobra.Completion, _ cobra.ShellCompDirective) {
	if len(args) > 0 || begun == "" || strings.ContainsRune(begun, filepath.Separator) {
		return nil, cobra.ShellCompDirectiveDefault
	}
	for _, dir := range filepath.SplitList(os.Getenv("PATH")) {
		files, err := os.ReadDir(dir)
		if err != nil {
			continue // shells do not mind either
		}
		for _, file := range files {
			if !strings.HasPrefix(file.Name(), begun) {
				continue
			}
			info, err := os.Stat(filepath.Join(dir, file.Name()))
			if err == nil && info.Mode().IsRegular() && (info.Mode()&0o111 != 0 || filepath.Ext(file.Name()) == ".exe") {
				offers = append(offers, file.Name())
			}
		}
	}
	slices.Sort(offers)
	return slices.Compact(offers), cobra.ShellCompDirectiveDefault
}
