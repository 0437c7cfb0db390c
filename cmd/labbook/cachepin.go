package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"labbook/cache/store"
	"labbook/runlog/display"
	"labbook/runlog/safetext"
)

func (a *app) cachePinCommand() *cobra.Command {
	return &cobra.Command{
		Use:               "pin ENTRY…",
		Short:             "Keep entries whatever limits the cache has",
		Long:              "Keep entries: whatever limits the cache has, nothing evicts them, and rm refuses them,\nuntil labbook cache unpin. labbook cache ls --pinned lists them.",
		Example:           "  labbook cache pin 3f9a01\n  labbook cache pin 12.57",
		Args:              cobra.MinimumNArgs(1),
		ValidArgsFunction: a.completeEntries(false),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.withCache(func(s *store.Store) error {
				places, err := a.selectEntries(cmd.Context(), s, args)
				if err != nil {
					return err
				}
				for _, place := range places {
					if !s.Contains(place.Function, place.Key) {
						return noEntry("there is no entry %s to pin", place.Path)
					}
					if err := s.Pin(place.Function, place.Key); err != nil {
						return fmt.Errorf("pin entry: %w", err)
					}
				}
				return a.printPins("pinned", places)
			})
		},
	}
}

func (a *app) cacheUnpinCommand() *cobra.Command {
	return &cobra.Command{
		Use:               "unpin ENTRY…",
		Short:             "Let pinned entries be evicted again",
		Long:              "Let pinned entries be evicted again. What is not pinned stays so.",
		Example:           "  labbook cache unpin 3f9a01",
		Args:              cobra.MinimumNArgs(1),
		ValidArgsFunction: a.completeEntries(false),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.withCache(func(s *store.Store) error {
				places, err := a.selectPinned(cmd.Context(), s, args)
				if err != nil {
					return err
				}
				for _, place := range places {
					if err := s.Unpin(place.Function, place.Key); err != nil {
						return fmt.Errorf("unpin entry: %w", err)
					}
				}
				return a.printPins("unpinned", places)
			})
		},
	}
}

// selectPinned is selectEntries, which also finds what is pinned and gone.
func (a *app) selectPinned(ctx context.Context, s *store.Store, args []string) ([]store.Place, error) {
	var places []store.Place
	for _, arg := range args {
		var pinned []store.Place
		if len(arg) >= minDigits && keyPattern.MatchString(arg) {
			for function, key := range s.Pins() {
				if strings.HasPrefix(fmt.Sprintf("%x", key), strings.ToLower(arg)) {
					pinned = append(pinned, s.PlaceOf(function, key))
				}
			}
		}
		if len(pinned) != 1 {
			var err error
			if pinned, err = a.selectEntries(ctx, s, []string{arg}); err != nil {
				return nil, err
			}
		}
		places = append(places, pinned...)
	}
	return places, nil
}

func (a *app) printPins(done string, places []store.Place) error {
	if a.json {
		type pinReport struct {
			Function string `json:"function"`
			Key      string `json:"key"`
		}
		reports := []pinReport{}
		for _, place := range places {
			reports = append(reports, pinReport{place.Function, fmt.Sprintf("%x", place.Key)})
		}
		return a.printJSON(map[string]any{done: reports})
	}
	for _, place := range places {
		if _, err := fmt.Fprintf(a.stdout, "%s %s  %s\n", done, shortKey(place.Key), safetext.Line(display.Function(place.Function))); err != nil {
			return err
		}
	}
	return nil
}
