package main

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"labbook/cache/store"
	"labbook/runlog"
	"labbook/runlog/display"
	"labbook/runlog/record"
	"labbook/runlog/safetext"
)

const (
	// minDigits is how much of a key is needed: less may well mean something
	// else, and be ambiguous soon.
	minDigits = 4

	// maxNamed bounds how many a message or a completion lists.
	maxNamed = 8
)

var (
	callPattern = regexp.MustCompile(`^[0-9]+\.[0-9]+$`)
	keyPattern  = regexp.MustCompile(`^[0-9a-fA-F]+$`)
)

// A selection is what the arguments of a command name.
type selection struct {
	functions []string
	entries   []store.Place
}

// selectFrom finds what arguments name.
func (a *app) selectFrom(ctx context.Context, s *store.Store, args []string) (selection, error) {
	var chosen selection
	for _, arg := range args {
		function, place, err := a.find(ctx, s, arg)
		switch {
		case err != nil:
			return selection{}, err
		case place.Path == "":
			if !slices.Contains(chosen.functions, function) {
				chosen.functions = append(chosen.functions, function)
			}
		case !slices.Contains(chosen.entries, place):
			chosen.entries = append(chosen.entries, place)
		}
	}
	// An entry whose function is named too is named twice.
	chosen.entries = slices.DeleteFunc(chosen.entries, func(p store.Place) bool { return slices.Contains(chosen.functions, p.Function) })
	return chosen, nil
}

// selectEntries finds the entries that arguments name, and nothing else.
func (a *app) selectEntries(ctx context.Context, s *store.Store, args []string) ([]store.Place, error) {
	chosen, err := a.selectFrom(ctx, s, args)
	if err != nil {
		return nil, err
	}
	if len(chosen.functions) > 0 {
		name := chosen.functions[0]
		return nil, usageError("%s is a function, and an entry is wanted; labbook cache ls %s lists them", name, display.Function(name))
	}
	return chosen.entries, nil
}

// find finds what an argument names: a function, or with a Path an entry.
func (a *app) find(ctx context.Context, s *store.Store, arg string) (string, store.Place, error) {
	if callPattern.MatchString(arg) {
		place, err := a.entryOfCall(ctx, s, arg)
		return "", place, err
	}
	if keyPattern.MatchString(arg) && len(arg) <= hex.EncodedLen(len(store.Key{})) {
		place, err := entryWithKey(s, arg)
		return "", place, err
	}
	if info, err := os.Lstat(arg); err == nil && !info.IsDir() || filepath.IsAbs(arg) {
		place, err := s.ParsePath(arg)
		if err == nil && info == nil {
			err = noEntry("there is no entry %s", arg)
		}
		if err != nil {
			return "", store.Place{}, asNotFound(err)
		}
		return "", place, nil
	}
	function, err := findFunction(s, arg)
	return function, store.Place{}, err
}

func noEntry(format string, args ...any) error {
	return &exitError{exitNotFound, fmt.Errorf(format, args...)}
}

func asNotFound(err error) error {
	if exit, ok := errors.AsType[*exitError](err); ok {
		return exit
	}
	return &exitError{exitNotFound, err}
}

// entryOfCall asks the lab-book for the key of a call.
func (a *app) entryOfCall(ctx context.Context, s *store.Store, text string) (place store.Place, err error) {
	id, err := record.ParseCallID(text)
	if err != nil {
		return place, usageError("%w", err)
	}
	err = a.withBook(ctx, func(book *runlog.Reader) error {
		call, err := book.Call(ctx, id)
		if err != nil {
			return err
		}
		if call.Key == "" {
			return noEntry("call %s of %s was made without the cache", id, display.Function(call.Function))
		}
		key, err := parseKey(call.Key)
		if err != nil {
			return err
		}
		if place = s.PlaceOf(call.Function, key); !s.Contains(call.Function, key) {
			return noEntry("call %s of %s has no entry here: it was not stored, or is gone", id, display.Function(call.Function))
		}
		return nil
	})
	return place, err
}

func parseKey(text string) (store.Key, error) {
	b, err := hex.DecodeString(text)
	if err != nil || len(b) != len(store.Key{}) {
		return store.Key{}, fmt.Errorf("%q is no key", text)
	}
	return store.Key(b), nil
}

// entryWithKey finds the entry whose key begins with digits.
func entryWithKey(s *store.Store, digits string) (store.Place, error) {
	if len(digits) < minDigits {
		return store.Place{}, usageError("key %q: give %d digits or more of it", digits, minDigits)
	}
	var found []store.Place
	for place, err := range s.Find(digits) {
		if err != nil {
			return store.Place{}, err
		}
		if found = append(found, place); len(found) > maxNamed {
			break
		}
	}
	switch len(found) {
	case 0:
		return store.Place{}, noEntry("there is no entry whose key begins with %s", strings.ToLower(digits))
	case 1:
		return found[0], nil
	}
	var lines strings.Builder
	for i, place := range found {
		if i == maxNamed {
			lines.WriteString("\n  …")
			break
		}
		fmt.Fprintf(&lines, "\n  %x  %s", place.Key[:10], safetext.Line(display.Function(place.Function)))
	}
	return store.Place{}, usageError("key %s is the beginning of several; give more digits:%s", strings.ToLower(digits), lines.String())
}

// findFunction finds a function by its name, in full, without the path of its
// package, or without the package.
func findFunction(s *store.Store, name string) (string, error) {
	var short, bare, like []string
	for function, err := range s.Functions() {
		switch {
		case err != nil:
			return "", err
		case function == name:
			return function, nil
		case display.Function(function) == name:
			short = append(short, function)
		case strings.HasSuffix(function, "."+name):
			bare = append(bare, function)
		case strings.Contains(strings.ToLower(function), strings.ToLower(name)):
			like = append(like, function)
		}
	}
	found := short
	if len(found) == 0 {
		found = bare
	}
	switch {
	case len(found) == 1:
		return found[0], nil
	case len(found) > 1:
		return "", usageError("%q is the name of several functions; name one in full:%s", name, listNames(found))
	case len(like) > 0:
		return "", noEntry("there is no function %q in the cache; there is:%s", name, listNames(like))
	}
	return "", noEntry("there is neither a function nor an entry %q in the cache; labbook cache ls lists them", name)
}

func listNames(names []string) string {
	var lines strings.Builder
	for i, name := range names {
		if i == maxNamed {
			lines.WriteString("\n  …")
			break
		}
		lines.WriteString("\n  " + safetext.Line(name))
	}
	return lines.String()
}

// completeEntries offers keys, once their first two digits are typed, and, if
// they are wanted, functions.
func (a *app) completeEntries(functions bool) cobra.CompletionFunc {
	return func(_ *cobra.Command, _ []string, typed string) ([]cobra.Completion, cobra.ShellCompDirective) {
		var offers []cobra.Completion
		err := a.withCache(func(s *store.Store) error {
			if functions {
				offers = completeFunctions(s, typed)
			}
			if len(typed) < 2 || !keyPattern.MatchString(typed) {
				return nil
			}
			for place, err := range s.Find(typed) {
				if err != nil {
					return err
				}
				offers = append(offers, cobra.CompletionWithDesc(fmt.Sprintf("%x", place.Key[:6]), safetext.Line(display.Function(place.Function))))
				if len(offers) == maxOffers {
					break
				}
			}
			return nil
		})
		if err != nil {
			return nil, cobra.ShellCompDirectiveError
		}
		return offers, cobra.ShellCompDirectiveNoFileComp
	}
}

// maxOffers bounds what a shell gets to offer.
const maxOffers = 200

// completeFunctions offers short names, full ones where the short are not
// unique.
func completeFunctions(s *store.Store, typed string) (offers []cobra.Completion) {
	byName := map[string][]string{}
	for function, err := range s.Functions() {
		if err != nil {
			return nil
		}
		name := display.Function(function)
		byName[name] = append(byName[name], function)
	}
	for name, all := range byName {
		if len(all) == 1 && strings.HasPrefix(name, typed) {
			offers = append(offers, cobra.CompletionWithDesc(safetext.Line(name), "function"))
			continue
		}
		for _, function := range all {
			if strings.HasPrefix(function, typed) {
				offers = append(offers, cobra.CompletionWithDesc(safetext.Line(function), "function"))
			}
		}
	}
	slices.Sort(offers)
	return offers
}
