package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"labbook/cache/store"
	"labbook/runlog/display"
)

func (a *app) listEntries(ctx context.Context, s *store.Store, chosen selection, options listOptions) error {
	pins := pinsOf(s)
	best := &first[entryReport]{limit: options.limit, compare: func(x, y *entryReport) int { return compareEntries(x, y, options.sort) }}
	var all tally
	p := a.progress()
	defer p.end()
	uses, err := usesOf(ctx, s, p)
	if err != nil {
		return err
	}
	for info, err := range a.infos(ctx, s, chosen, pins, options.pinned) {
		pinned := pins[pinKey{info.Function, info.Key}]
		switch {
		case errors.Is(err, store.ErrNotFound):
			continue // gone meanwhile
		case ctx.Err() != nil:
			return err
		case err != nil:
			all.Bad++
			continue
		}
		report := newEntryReport(uses, &info, pinned)
		all.add(&info, report.LastUsed, pinned)
		best.add(report)
		p.say(func() string { return "listing: " + display.Plural(all.Entries, "entry", "entries") })
	}
	p.end()
	entries := best.sorted()
	for i := range entries {
		entries[i].readParts(s)
	}
	if a.json {
		return a.printJSON(entriesReport{s.Dir(), entries, all})
	}
	if len(entries) == 0 && all.Bad == 0 {
		_, err := fmt.Fprintln(a.stdout, "no entry matches")
		return err
	}
	return a.printEntries(entries, chosen, &all, options.limit)
}

// readParts reads what the function was called with. Only of the entries that
// are shown it is worth while; what cannot be read is not shown.
func (r *entryReport) readParts(s *store.Store) {
	key, err := parseKey(r.Key)
	if err != nil {
		return
	}
	if info, err := s.PlaceOf(r.Function, key).Info(); err == nil && info.Header.Parts != nil {
		r.Parts = info.Header.Parts
	}
}

// infos returns the entries that are chosen, all if none is.
func (a *app) infos(ctx context.Context, s *store.Store, chosen selection, pins map[pinKey]bool, onlyPinned bool) func(func(store.Info, error) bool) {
	return func(yield func(store.Info, error) bool) {
		if onlyPinned {
			for pin := range pins {
				place := s.PlaceOf(pin.function, pin.key)
				none := len(chosen.functions)+len(chosen.entries) == 0
				if !none && !slices.Contains(chosen.functions, pin.function) && !slices.Contains(chosen.entries, place) {
					continue
				}
				if !yield(place.Info()) {
					return
				}
			}
			return
		}
		for _, place := range chosen.entries {
			if !yield(place.Info()) {
				return
			}
		}
		if len(chosen.functions) == 0 && len(chosen.entries) > 0 {
			return // List would take it for all of them
		}
		for info, err := range s.List(ctx, chosen.functions...) {
			if !yield(info, err) {
				return
			}
		}
	}
}

// compareEntries is negative if x comes first. No two entries are equal.
func compareEntries(x, y *entryReport, order string) int {
	first := 0
	switch order {
	case "size":
		first = cmp.Compare(y.Bytes, x.Bytes)
	case "created":
		first = y.Created.Compare(x.Created)
	case "duration":
		first = cmp.Compare(y.Duration, x.Duration)
	case "function": // as below
	default:
		first = y.LastUsed.Compare(x.LastUsed)
	}
	return cmp.Or(first, cmp.Compare(x.Function, y.Function), cmp.Compare(x.Key, y.Key))
}

func (a *app) printEntries(entries []entryReport, chosen selection, all *tally, limit int) error {
	oneFunction := len(chosen.functions) == 1 && len(chosen.entries) == 0
	var t table
	row := func(function string, cells ...string) {
		if !oneFunction {
			cells = slices.Insert(cells, 1, function)
		}
		t.add(cells...)
	}
	row("FUNCTION", "KEY", "SIZE", "CREATED", "USED", "TOOK", "ARGUMENTS")
	for i := range entries {
		e := &entries[i]
		remark := e.arguments()
		if e.Pinned {
			remark = strings.TrimSpace("(pinned) " + remark)
		}
		row(display.Function(e.Function), display.Digest(e.Key), display.Bytes(e.Bytes), display.Ago(e.Created, a.now()),
			display.Ago(e.LastUsed, a.now()), display.Duration(e.Duration), remark)
	}
	t.fit(a.width())
	return a.printList(&t, all.Entries-int64(len(entries)), limit, all)
}
