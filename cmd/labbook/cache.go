package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"labbook/cache/store"
)

// cacheFolder is the folder of the cache in that of a lab-book.
const cacheFolder = "cache"

const cacheLong = `Look after the cache: the stored results of functions, an entry each.

The cache is the lab-book's own, in its folder cache; --cache names another one,
such as that of a Memory with a folder of its own, or another lab-book.

An ENTRY is the beginning of its key (4 digits or more, as ls prints it), the path
of its file, or the id of a call that made or used it (12.57). A FUNCTION is its
name, in full or as ls prints it. Without a command, cache is cache ls.`

func (a *app) cacheCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:     "cache",
		Short:   "Look after the stored results: list, verify, remove, merge",
		Long:    cacheLong,
		Example: "  labbook cache\n  labbook cache ls training.Softmax --sort size\n  labbook cache gc --max-bytes 10GB --dry-run",
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.cacheList(cmd.Context(), nil, listOptions{limit: defaultList})
		},
	}
	cmd.PersistentFlags().StringVar(&a.cache, "cache", "", "folder of the cache, or of a lab-book that has one")
	_ = cmd.MarkPersistentFlagDirname("cache") // it is there
	cmd.AddCommand(
		a.cacheListCommand(), a.cacheShowCommand(), a.cacheVerifyCommand(), a.cacheRemoveCommand(), a.cacheCollectCommand(),
		a.cachePinCommand(), a.cacheUnpinCommand(), a.cacheMergeCommand(),
	)
	cmd.SuggestionsMinimumDistance = 1 // the names are short
	cmd.Args = func(_ *cobra.Command, args []string) error {
		if len(args) > 0 {
			return noCommand(cmd, args[0])
		}
		return nil
	}
	for _, sub := range cmd.Commands() {
		reportArgumentMistakes(sub)
	}
	return cmd
}

// withCache opens the cache and lets do work with it.
func (a *app) withCache(do func(s *store.Store) error) error {
	dir, err := a.cacheDir()
	if err != nil {
		return err
	}
	s, err := openCache(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return &exitError{exitNotFound, fmt.Errorf("there is no cache in %s; a program that uses labbook/cache makes one, and --cache names another", dir)}
	}
	if err != nil {
		return err
	}
	return errors.Join(do(s), s.Close())
}

// cacheDir is the folder of the cache, which need not exist.
func (a *app) cacheDir() (string, error) {
	if a.cache != "" {
		dir, err := filepath.Abs(a.cache)
		return cacheIn(dir), err
	}
	dir, err := a.bookDir()
	return filepath.Join(dir, cacheFolder), err
}

// cacheIn is the folder of the cache for who named a folder: that itself, or
// the one inside if it is that of a lab-book or of a project with one.
func cacheIn(dir string) string {
	for _, book := range []string{dir, filepath.Join(dir, ".labbook")} {
		if info, err := os.Stat(filepath.Join(book, "labbook.sqlite")); err == nil && info.Mode().IsRegular() {
			return filepath.Join(book, cacheFolder)
		}
	}
	return dir
}

// openCache opens the cache in a folder, which has to be one. The error is
// fs.ErrNotExist if there is none.
func openCache(dir string) (*store.Store, error) {
	s := store.Open(dir, store.Limits{})
	is, err := s.Recognized()
	if info, statErr := os.Stat(dir); statErr == nil && !info.IsDir() {
		return nil, &exitError{exitUnusable, fmt.Errorf("open cache: %s is a file; name the folder that the cache is in", dir)}
	}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, err
	case err != nil:
		return nil, &exitError{exitUnusable, fmt.Errorf("open cache: %w", err)}
	case !is:
		return nil, &exitError{exitUnusable, fmt.Errorf("%s is no cache: what is in it are no folders of functions; name the folder that the cache is in", dir)}
	}
	return s, nil
}
