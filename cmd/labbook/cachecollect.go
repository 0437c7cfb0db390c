package main

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"labbook/cache/store"
	"labbook/runlog/display"
)

type collectOptions struct {
	limits       store.Limits
	dry, rebuild bool
}

func (a *app) cacheCollectCommand() *cobra.Command {
	var options collectOptions
	cmd := &cobra.Command{
		Use:   "gc",
		Short: "Evict what is over limits, and what killed programs left",
		Long: `Evict entries until the cache keeps within limits: those not used for longest first,
never pinned ones. Files that killed programs left half-written go too, once they
are an hour old. Without a limit, say what there is and what limits would do.

Sizes are numbers of bytes with or without a unit: 10GB is 10 000 000 000, while
10GiB and 10G are 10 737 418 240. Ages are counted from the last use: 12h, 30d, 2w.`,
		Example: "  labbook cache gc\n  labbook cache gc --max-bytes 10GB --max-age 30d --dry-run",
		Args:    cobra.NoArgs,
	}
	cmd.Flags().Var((*sizeFlag)(&options.limits.MaxBytes), "max-bytes", "evict down to that size: 10GB, 500MiB, 1.5G")
	cmd.Flags().Int64Var(&options.limits.MaxEntries, "max-entries", 0, "evict down to that many entries")
	cmd.Flags().Var((*ageFlag)(&options.limits.MaxAge), "max-age", "evict what has not been used for that long: 12h, 30d, 2w")
	cmd.Flags().BoolVar(&options.dry, "dry-run", false, "say what would go, and remove nothing")
	cmd.Flags().BoolVar(&options.rebuild, "rebuild", false, "first list the whole cache anew, for an index that may be wrong")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		for _, name := range []string{"max-bytes", "max-entries", "max-age"} {
			flag := cmd.Flags().Lookup(name)
			if flag.Changed && isNoLimit(name, options.limits) {
				return usageError("--%s: want more than 0; labbook cache rm removes everything of a function", name)
			}
		}
		return a.withCache(func(s *store.Store) error { return a.cacheCollect(cmd.Context(), s, options) })
	}
	return cmd
}

func isNoLimit(name string, limits store.Limits) bool {
	switch name {
	case "max-bytes":
		return limits.MaxBytes <= 0
	case "max-entries":
		return limits.MaxEntries <= 0
	default:
		return limits.MaxAge <= 0
	}
}

// A collectReport is what --json prints.
type collectReport struct {
	Dir           string      `json:"dir"`
	DryRun        bool        `json:"dry_run"`
	Entries       int64       `json:"entries"` // before
	Bytes         int64       `json:"bytes"`
	Evicted       int64       `json:"evicted"`
	EvictedBytes  int64       `json:"evicted_bytes"`
	Leftovers     int64       `json:"leftovers"` // of killed programs
	LeftoverBytes int64       `json:"leftover_bytes"`
	Pinned        int64       `json:"pinned"`
	Would         []forecast  `json:"would,omitempty"`     // without a limit: what limits would do
	Evictions     []candidate `json:"evictions,omitempty"` // of a dry run
}

// A forecast is what a limit would do.
type forecast struct {
	Limit   string `json:"limit"`
	Entries int64  `json:"entries"`
	Bytes   int64  `json:"bytes"`
}

type candidate struct {
	Function string    `json:"function"`
	Key      string    `json:"key"`
	Bytes    int64     `json:"bytes"`
	LastUsed time.Time `json:"last_used,omitzero"`
}

func (a *app) cacheCollect(ctx context.Context, s *store.Store, options collectOptions) error {
	report := collectReport{Dir: s.Dir(), DryRun: options.dry}
	p := a.progress()
	defer p.end()
	err := p.meanwhile("looking at the cache", func() error { return a.collect(ctx, s, options, &report) })
	if err != nil {
		return err
	}
	p.end()
	if a.json {
		return a.printJSON(report)
	}
	return a.printCollection(&report, options)
}

func (a *app) collect(ctx context.Context, s *store.Store, options collectOptions, report *collectReport) error {
	if options.rebuild {
		if err := s.Rebuild(ctx); err != nil {
			return fmt.Errorf("rebuild index: %w", err)
		}
	}
	usage, err := s.Usage(ctx)
	if err != nil {
		return fmt.Errorf("look at cache: %w", err)
	}
	report.Entries, report.Bytes = usage.Entries, usage.Bytes
	report.Pinned = int64(len(pinsOf(s)))
	if err := sweep(ctx, s, report); err != nil {
		return err
	}
	switch {
	case options.limits == store.Limits{}:
		return a.forecast(ctx, s, report)
	case options.dry:
		return planned(ctx, s, options.limits, report)
	}
	done, err := s.Collect(ctx, options.limits)
	if err != nil {
		return fmt.Errorf("evict entries: %w", err)
	}
	report.Entries, report.Bytes = done.Entries, done.Bytes
	report.Evicted, report.EvictedBytes = done.Evicted, done.EvictedBytes
	return nil
}

// sweep removes what killed writers left, or in a dry run counts it.
func sweep(ctx context.Context, s *store.Store, report *collectReport) error {
	for leftover, err := range s.Leftovers(ctx) {
		if err == nil && !report.DryRun {
			err = leftover.Remove()
		}
		if err != nil {
			return fmt.Errorf("remove what killed programs left: %w", err)
		}
		report.Leftovers++
		report.LeftoverBytes += leftover.Size
	}
	return nil
}

func planned(ctx context.Context, s *store.Store, limits store.Limits, report *collectReport) error {
	plan, err := s.Plan(ctx, limits)
	if err != nil {
		return fmt.Errorf("plan eviction: %w", err)
	}
	for _, c := range plan {
		report.Evicted++
		report.EvictedBytes += c.Size
		report.Evictions = append(report.Evictions, candidate{c.Function, fmt.Sprintf("%x", c.Key), c.Size, c.LastUsed})
	}
	return nil
}

// forecast says what some limits would do. It looks at the whole cache once.
func (a *app) forecast(ctx context.Context, s *store.Store, report *collectReport) error {
	all, err := s.Plan(ctx, store.Limits{MaxAge: 1}) // everything that is not pinned, oldest use first
	if err != nil {
		return fmt.Errorf("plan eviction: %w", err)
	}
	for _, days := range []int{90, 30, 7, 1} {
		before := a.now().AddDate(0, 0, -days)
		report.Would = append(report.Would, forecastOf(fmt.Sprintf("--max-age %dd", days), all,
			func(c *store.Candidate, _ int64) bool { return c.LastUsed.Before(before) }))
	}
	if half := report.Bytes / 2; half > 0 {
		report.Would = append(report.Would, forecastOf(fmt.Sprintf("--max-bytes %d", half), all,
			func(_ *store.Candidate, evicted int64) bool { return report.Bytes-evicted > half }))
	}
	return nil
}

// forecastOf sums up the oldest candidates, for as long as a limit wants more.
func forecastOf(limit string, all []store.Candidate, goes func(c *store.Candidate, evicted int64) bool) forecast {
	f := forecast{Limit: limit}
	for i := range all {
		if !goes(&all[i], f.Bytes) {
			break
		}
		f.Entries++
		f.Bytes += all[i].Size
	}
	return f
}

func (a *app) printCollection(r *collectReport, options collectOptions) error {
	p := printer{w: a.stdout}
	p.line("%s, %s%s", display.Plural(r.Entries, "entry", "entries"), display.Bytes(r.Bytes), pinnedText(r.Pinned))
	if r.Leftovers > 0 {
		p.line("%s %s of killed programs, %s", would("removed", r.DryRun), display.Plural(r.Leftovers, "leftover", "leftovers"), display.Bytes(r.LeftoverBytes))
	}
	if options.limits != (store.Limits{}) {
		p.line("%s %s, %s; %s, %s stay", would("evicted", r.DryRun), display.Plural(r.Evicted, "entry", "entries"), display.Bytes(r.EvictedBytes),
			display.Count(r.Entries-r.Evicted), display.Bytes(r.Bytes-r.EvictedBytes))
		return p.err
	}
	if len(r.Would) == 0 || p.err != nil {
		return p.err
	}
	p.line("\nwhat limits would evict:")
	var t table
	for _, f := range r.Would {
		t.add(f.Limit, display.Plural(f.Entries, "entry", "entries"), display.Bytes(f.Bytes))
	}
	if p.err != nil {
		return p.err
	}
	return t.write(a.stdout, "  ")
}

// would puts what was done, or in a dry run would be, into words.
func would(done string, dry bool) string {
	if dry {
		return map[string]string{"removed": "would remove", "evicted": "would evict", "took": "would take"}[done]
	}
	return done
}

func pinnedText(pinned int64) string {
	if pinned == 0 {
		return ""
	}
	return ", " + display.Count(pinned) + " pinned"
}
