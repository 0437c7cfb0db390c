package main

import (
	"cmp"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"labbook/cache/store"
	"labbook/runlog/display"
)

func (a *app) cacheVerifyCommand() *cobra.Command {
	var remove bool
	cmd := &cobra.Command{
		Use:   "verify [FUNCTION|ENTRY…]",
		Short: "Read entries to the last byte and list the bad ones",
		Long: `Read entries to the last byte, all of them or those of some functions, and list the
bad ones: corrupt (damaged, or no entry at all; a program computes anew what it
finds so), newer (written by a newer labbook, which can read them), unreadable
(the system says why). --remove removes the corrupt ones, and no others.

Exit status: 0 if all are good, 1 if one was bad, whether or not it is removed.`,
		Example:           "  labbook cache verify\n  labbook cache verify training.Softmax --remove",
		Args:              cobra.ArbitraryArgs,
		ValidArgsFunction: a.completeEntries(true),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.withCache(func(s *store.Store) error { return a.cacheVerify(cmd.Context(), s, args, remove) })
		},
	}
	cmd.Flags().BoolVar(&remove, "remove", false, "remove corrupt entries")
	return cmd
}

// What can be wrong with an entry.
const (
	problemCorrupt    = "corrupt"
	problemNewer      = "newer"
	problemUnreadable = "unreadable"
)

// A verifyReport is what --json prints.
type verifyReport struct {
	Dir      string          `json:"dir"`
	Good     int64           `json:"good"`  // entries
	Bytes    int64           `json:"bytes"` // of the good ones
	Problems []problemReport `json:"problems"`
}

// A problemReport is a bad entry.
type problemReport struct {
	Function string `json:"function"`
	Key      string `json:"key"`
	Path     string `json:"path"`
	Problem  string `json:"problem"`
	Detail   string `json:"detail"`
	Removed  bool   `json:"removed"`
}

// newProblem sorts an error of the store.
func newProblem(info *store.Info, err error) problemReport {
	p := problemReport{Function: info.Function, Path: info.Path, Problem: problemUnreadable, Detail: err.Error()}
	if info.Path != "" {
		p.Key = hex.EncodeToString(info.Key[:])
	}
	if corrupt, ok := errors.AsType[*store.CorruptError](err); ok {
		p.Problem, p.Detail = problemCorrupt, corrupt.Problem
	}
	if newer, ok := errors.AsType[*store.VersionError](err); ok {
		p.Problem, p.Detail = problemNewer, fmt.Sprintf("it has format %d: update labbook to read it", newer.Version)
	}
	return p
}

func sortProblems(problems []problemReport) {
	slices.SortFunc(problems, func(x, y problemReport) int {
		return cmp.Or(cmp.Compare(x.Function, y.Function), cmp.Compare(x.Key, y.Key), cmp.Compare(x.Detail, y.Detail))
	})
}

func (a *app) cacheVerify(ctx context.Context, s *store.Store, args []string, remove bool) error {
	chosen, err := a.selectFrom(ctx, s, args)
	if err != nil {
		return err
	}
	begun := a.now()
	problems := []problemReport{}
	var good tally
	p := a.progress()
	defer p.end()
	for info, err := range s.VerifyPlaces(ctx, chosen.places(s)) {
		switch {
		case ctx.Err() != nil:
			return err
		case err == nil:
			good.add(&info, info.Created, false)
		default:
			problem := newProblem(&info, err)
			if remove && problem.Problem == problemCorrupt {
				if err := s.Remove(info.Function, info.Key); err != nil {
					return fmt.Errorf("remove corrupt entry: %w", err)
				}
				problem.Removed = true
			}
			problems = append(problems, problem)
		}
		p.say(func() string {
			return fmt.Sprintf("verifying: %s, %s, %d bad", display.Plural(good.Entries, "entry", "entries"), display.Bytes(good.Bytes), len(problems))
		})
	}
	p.end()
	sortProblems(problems)
	if a.json {
		err = a.printJSON(verifyReport{s.Dir(), good.Entries, good.Bytes, problems})
	} else {
		err = a.printProblems(problems)
		if err == nil {
			_, err = fmt.Fprintf(a.stdout, "%s good, %s, in %s; %s\n", display.Plural(good.Entries, "entry is", "entries are"),
				display.Bytes(good.Bytes), display.Duration(a.now().Sub(begun)), badCount(problems))
		}
	}
	if err == nil && len(problems) > 0 {
		err = &exitError{code: exitFailed} // what is wrong was printed
	}
	return err
}

// places returns where the chosen entries are, all if none is chosen.
func (c selection) places(s *store.Store) func(func(store.Place, error) bool) {
	return func(yield func(store.Place, error) bool) {
		for _, place := range c.entries {
			if !yield(place, nil) {
				return
			}
		}
		if len(c.functions) == 0 && len(c.entries) > 0 {
			return
		}
		for place, err := range s.Places(c.functions...) {
			if !yield(place, err) {
				return
			}
		}
	}
}

func badCount(problems []problemReport) string {
	counts := map[string]int64{}
	removed := int64(0)
	for i := range problems {
		counts[problems[i].Problem]++
		if problems[i].Removed {
			removed++
		}
	}
	text := ""
	for _, kind := range []string{problemCorrupt, problemNewer, problemUnreadable} {
		if counts[kind] == 0 {
			continue
		}
		if text != "" {
			text += ", "
		}
		text += display.Count(counts[kind]) + " " + kind
	}
	switch {
	case text == "":
		return "none is bad"
	case removed > 0:
		return text + " (" + display.Count(removed) + " removed)"
	case counts[problemCorrupt] > 0:
		return text + " (--remove removes the corrupt)"
	}
	return text
}

func (a *app) printProblems(problems []problemReport) error {
	if len(problems) == 0 {
		return nil
	}
	var t table
	for i := range problems {
		p := &problems[i]
		remark := p.Problem
		if p.Removed {
			remark += ", removed"
		}
		t.add("✗", display.Digest(p.Key), display.Function(p.Function), remark, p.Detail)
	}
	if err := t.write(a.stdout, ""); err != nil {
		return err
	}
	_, err := fmt.Fprintln(a.stdout)
	return err
}
