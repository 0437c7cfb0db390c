package main

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"labbook/cache/store"
	"labbook/runlog/display"
	"labbook/runlog/safetext"
)

const defaultList = 50

type listOptions struct {
	sort   string // "" for what suits the list
	limit  int
	pinned bool
}

func (a *app) cacheListCommand() *cobra.Command {
	var options listOptions
	cmd := &cobra.Command{
		Use:   "ls [FUNCTION|ENTRY…]",
		Short: "List functions with what their entries take, or the entries of some",
		Long: `List the functions that have entries: how many, what they take on disk, and how long
computing them took, which is what they save. With arguments, list entries.

Functions come largest first, entries last used first, unless --sort says
otherwise: size (largest first), used and created (latest first), duration
(longest first), function (by name).`,
		Example:           "  labbook cache ls\n  labbook cache ls training.Softmax --sort duration -n 10\n  labbook cache ls --pinned",
		Args:              cobra.ArbitraryArgs,
		ValidArgsFunction: a.completeEntries(true),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := checkLimit(options.limit); err != nil {
				return err
			}
			if options.sort != "" && !slices.Contains(sortOrders, options.sort) {
				return usageError("--sort %q: the orders are %s", options.sort, strings.Join(sortOrders, ", "))
			}
			return a.cacheList(cmd.Context(), args, options)
		},
	}
	cmd.Flags().StringVar(&options.sort, "sort", "", "order: "+strings.Join(sortOrders, ", "))
	cmd.Flags().IntVarP(&options.limit, "limit", "n", defaultList, "at most that many")
	cmd.Flags().BoolVar(&options.pinned, "pinned", false, "only entries that are pinned")
	_ = cmd.RegisterFlagCompletionFunc("sort", cobra.FixedCompletions(sortOrders, cobra.ShellCompDirectiveNoFileComp)) // it is there
	return cmd
}

var sortOrders = []string{"size", "used", "created", "duration", "function"}

func (a *app) cacheList(ctx context.Context, args []string, options listOptions) error {
	return a.withCache(func(s *store.Store) error {
		if len(args) == 0 && !options.pinned {
			return a.listFunctions(ctx, s, options)
		}
		chosen, err := a.selectFrom(ctx, s, args)
		if err != nil {
			return err
		}
		return a.listEntries(ctx, s, chosen, options)
	})
}

// A functionsReport is what ls --json prints without arguments, an entriesReport
// what it prints with some. The total is that of all, listed or not.
type functionsReport struct {
	Dir       string           `json:"dir"`
	Functions []functionReport `json:"functions"`
	Total     tally            `json:"total"`
}

type entriesReport struct {
	Dir     string        `json:"dir"`
	Entries []entryReport `json:"entries"`
	Total   tally         `json:"total"`
}

// A functionReport is what --json prints of a function.
type functionReport struct {
	Function string `json:"function"`
	tally
}

func (a *app) listFunctions(ctx context.Context, s *store.Store, options listOptions) error {
	sums := map[string]*functionReport{}
	var all tally
	pins := pinsOf(s)
	p := a.progress()
	defer p.end()
	uses, err := usesOf(ctx, s, p)
	if err != nil {
		return err
	}
	for info, err := range s.List(ctx) {
		switch {
		case ctx.Err() != nil:
			return err
		case sums[info.Function] == nil:
			sums[info.Function] = &functionReport{Function: info.Function}
		}
		sum := sums[info.Function]
		if err != nil {
			sum.Bad++
			all.Bad++
			continue
		}
		used, _ := uses.LastUsed(info.Function, info.Key) // zero where it is not known
		pinned := pins[pinKey{info.Function, info.Key}]
		sum.add(&info, used, pinned)
		all.add(&info, used, pinned)
		p.say(func() string { return "listing: " + display.Plural(all.Entries, "entry", "entries") })
	}
	p.end()
	functions := []functionReport{}
	for _, sum := range sums {
		functions = append(functions, *sum)
	}
	slices.SortFunc(functions, func(x, y functionReport) int {
		return cmp.Or(compareFunctions(&x, &y, options.sort), cmp.Compare(x.Function, y.Function))
	})
	rest := int64(max(len(functions)-options.limit, 0))
	functions = functions[:min(len(functions), options.limit)]
	if a.json {
		return a.printJSON(functionsReport{s.Dir(), functions, all})
	}
	if len(functions) == 0 {
		_, err := fmt.Fprintf(a.stdout, "the cache in %s is empty\n", safetext.Line(s.Dir()))
		return err
	}
	var t table
	t.add("FUNCTION", "ENTRIES", "SIZE", "TOOK", "LAST USED", "PINNED")
	for i := range functions {
		f := &functions[i]
		pinned := ""
		if f.Pinned > 0 {
			pinned = display.Count(f.Pinned)
		}
		t.add(display.Function(f.Function), display.Count(f.Entries), display.Bytes(f.Bytes), display.Duration(f.Duration),
			display.Ago(f.LastUsed, a.now()), pinned)
	}
	return a.printList(&t, rest, options.limit, &all)
}

// compareFunctions is negative if x comes first, 0 if their names decide. Of the
// entries' times the latest counts.
func compareFunctions(x, y *functionReport, order string) int {
	switch order {
	case "used":
		return y.LastUsed.Compare(x.LastUsed)
	case "created":
		return y.created.Compare(x.created)
	case "duration":
		return cmp.Compare(y.Duration, x.Duration)
	case "function":
		return 0
	default:
		return cmp.Compare(y.Bytes, x.Bytes)
	}
}

// printList prints a table, how much it leaves out, and the total.
func (a *app) printList(t *table, rest int64, limit int, all *tally) error {
	if err := t.write(a.stdout, ""); err != nil {
		return err
	}
	if rest > 0 {
		if _, err := fmt.Fprintf(a.stdout, "… and %s more: -n %d shows them\n", display.Count(rest), int64(limit)+rest); err != nil {
			return err
		}
	}
	_, err := fmt.Fprintf(a.stdout, "\n%s\n", all)
	return err
}
