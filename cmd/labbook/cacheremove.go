package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/charmbracelet/x/term"
	"github.com/spf13/cobra"

	"labbook/cache/store"
	"labbook/runlog/display"
)

// maxUnasked is how many entries, named one by one, rm removes without asking.
const maxUnasked = 10

type removeOptions struct {
	yes, dry  bool
	olderThan time.Duration
}

func (a *app) cacheRemoveCommand() *cobra.Command {
	var options removeOptions
	cmd := &cobra.Command{
		Use:   "rm ENTRY|FUNCTION…",
		Short: "Remove entries, or all of a function",
		Long: `Remove entries, or all of a function. What is removed is computed again when a
program next asks for it.

--older-than keeps what was used since; without an argument it looks at all
functions. Pinned entries stay: rm refuses one that is named, and leaves those of
a function alone. A function, or more than ten entries, it removes only after
asking, or with --yes, which it needs where there is no terminal to ask on.`,
		Example:           "  labbook cache rm 3f9a01\n  labbook cache rm training.Softmax --older-than 30d --dry-run\n  labbook cache rm --older-than 90d --yes",
		Args:              cobra.ArbitraryArgs,
		ValidArgsFunction: a.completeEntries(true),
	}
	cmd.Flags().BoolVarP(&options.yes, "yes", "y", false, "do not ask")
	cmd.Flags().BoolVar(&options.dry, "dry-run", false, "say what would be removed, and remove nothing")
	cmd.Flags().Var((*ageFlag)(&options.olderThan), "older-than", "only what has not been used for that long: 12h, 30d, 2w")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if len(args) == 0 && !cmd.Flags().Changed("older-than") {
			return usageError("rm: an argument is missing; usage: %s", cmd.UseLine())
		}
		return a.withCache(func(s *store.Store) error { return a.cacheRemove(cmd.Context(), s, args, options) })
	}
	return cmd
}

// A removeReport is what --json prints.
type removeReport struct {
	Dir       string    `json:"dir"`
	DryRun    bool      `json:"dry_run"`
	Functions []removal `json:"functions"`
	Entries   int64     `json:"entries"`
	Bytes     int64     `json:"bytes"`
}

// A removal is what is to be removed of a function.
type removal struct {
	Function string `json:"function"`
	Entries  int64  `json:"entries"`
	Bytes    int64  `json:"bytes"`
}

func (a *app) cacheRemove(ctx context.Context, s *store.Store, args []string, options removeOptions) error {
	chosen, err := a.selectFrom(ctx, s, args)
	if err != nil {
		return err
	}
	pins := pinsOf(s)
	for _, place := range chosen.entries {
		if pins[pinKey{place.Function, place.Key}] {
			return fmt.Errorf("entry %s is pinned; labbook cache unpin %[1]s first", shortKey(place.Key))
		}
	}
	p := a.progress()
	uses, err := usesOf(ctx, s, p)
	p.end()
	if err != nil {
		return err
	}
	before := a.now().Add(-options.olderThan)
	doomed := func(place store.Place) bool {
		if pins[pinKey{place.Function, place.Key}] {
			return false
		}
		used, known := uses.LastUsed(place.Function, place.Key)
		return options.olderThan == 0 || known && used.Before(before)
	}
	sums, sum, err := a.sumDoomed(ctx, s, chosen, doomed)
	if err != nil {
		return err
	}
	if sum.Entries > 0 && !options.dry && !options.yes && (len(chosen.functions) > 0 || len(args) == 0 || sum.Entries > maxUnasked) {
		agreed, err := a.confirm(fmt.Sprintf("remove %s of %s, %s?", display.Plural(sum.Entries, "entry", "entries"), functionsIn(sums), display.Bytes(sum.Bytes)))
		if err != nil {
			return err
		}
		if !agreed {
			return errors.New("nothing was removed")
		}
	}
	if !options.dry {
		if err := a.remove(ctx, s, chosen, doomed, options.olderThan == 0); err != nil {
			return err
		}
	}
	return a.printRemovals(s, sums, sum, options.dry)
}

// sumDoomed says what removing comes to.
func (a *app) sumDoomed(ctx context.Context, s *store.Store, chosen selection, doomed func(store.Place) bool) ([]removal, removal, error) {
	byFunction := map[string]*removal{}
	var sum removal
	p := a.progress()
	defer p.end()
	for place, err := range chosen.places(s) {
		if err = errors.Join(err, ctx.Err()); err != nil {
			return nil, sum, err
		}
		if !doomed(place) {
			continue
		}
		info, err := os.Lstat(place.Path)
		if err != nil {
			continue // gone meanwhile
		}
		if byFunction[place.Function] == nil {
			byFunction[place.Function] = &removal{Function: place.Function}
		}
		for _, r := range []*removal{&sum, byFunction[place.Function]} {
			r.Entries++
			r.Bytes += info.Size()
		}
		p.say(func() string { return "looking: " + display.Plural(sum.Entries, "entry", "entries") })
	}
	sums := []removal{}
	for _, r := range byFunction {
		sums = append(sums, *r)
	}
	slices.SortFunc(sums, func(x, y removal) int { return strings.Compare(x.Function, y.Function) })
	return sums, sum, nil
}

func functionsIn(sums []removal) string {
	if len(sums) == 1 {
		return display.Function(sums[0].Function)
	}
	return display.Plural(int64(len(sums)), "function", "functions")
}

// remove removes what is doomed, and the folders of functions of which nothing
// is to stay.
func (a *app) remove(ctx context.Context, s *store.Store, chosen selection, doomed func(store.Place) bool, whole bool) error {
	removed := int64(0)
	p := a.progress()
	defer p.end()
	kept := map[string]bool{}
	for place, err := range chosen.places(s) {
		if err = errors.Join(err, ctx.Err()); err != nil {
			return err
		}
		if !doomed(place) {
			kept[place.Function] = true
			continue
		}
		if err := s.Remove(place.Function, place.Key); err != nil {
			return fmt.Errorf("remove entry: %w", err)
		}
		removed++
		p.say(func() string { return "removing: " + display.Plural(removed, "entry", "entries") })
	}
	for _, function := range chosen.functions {
		if whole && !kept[function] {
			if err := s.Clear(function); err != nil {
				return fmt.Errorf("remove entries of %s: %w", function, err)
			}
		}
	}
	return nil
}

func (a *app) printRemovals(s *store.Store, sums []removal, sum removal, dry bool) error {
	if a.json {
		return a.printJSON(removeReport{s.Dir(), dry, sums, sum.Entries, sum.Bytes})
	}
	if len(sums) > 1 {
		var t table
		for _, r := range sums {
			t.add(display.Function(r.Function), display.Plural(r.Entries, "entry", "entries"), display.Bytes(r.Bytes))
		}
		if err := t.write(a.stdout, "  "); err != nil {
			return err
		}
	}
	_, err := fmt.Fprintf(a.stdout, "%s %s, %s\n", map[bool]string{false: "removed", true: "would remove"}[dry],
		display.Plural(sum.Entries, "entry", "entries"), display.Bytes(sum.Bytes))
	return err
}

// confirm asks a person, on stderr, since stdout is for data. Where there is
// nobody to ask, that is a mistake in the command line.
func (a *app) confirm(question string) (bool, error) {
	in, inIsFile := a.stdin.(*os.File)
	out, outIsFile := a.stderr.(*os.File)
	if !inIsFile || !outIsFile || !term.IsTerminal(in.Fd()) || !term.IsTerminal(out.Fd()) {
		return false, usageError("%s there is no terminal to ask on: add --yes, or --dry-run to see what it would be", question)
	}
	if _, err := fmt.Fprintf(a.stderr, "labbook: %s [y/N] ", question); err != nil {
		return false, err
	}
	answer, err := bufio.NewReader(a.stdin).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return false, err
	}
	answer = strings.ToLower(strings.TrimSpace(answer))
	return answer == "y" || answer == "yes", nil
}
