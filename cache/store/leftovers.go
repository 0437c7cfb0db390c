package store

import (
	"context"
	"errors"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"time"
)

// A Leftover is the file of a writer that was killed.
type Leftover struct {
	Path string
	Size int64
	Age  time.Duration // since it was last written to
}

// Leftovers returns what killed writers left: temporary files that nobody has
// touched for an hour. An error ends the iteration.
func (s *Store) Leftovers(ctx context.Context) iter.Seq2[Leftover, error] {
	return func(yield func(Leftover, error) bool) {
		for function, err := range s.Functions() {
			if err = errors.Join(err, ctx.Err()); err != nil {
				yield(Leftover{}, err)
				return
			}
			folder := filepath.Join(s.folder(function).path, temporaryFolder)
			files, err := readFolder(folder)
			if err != nil {
				yield(Leftover{}, err)
				return
			}
			for _, file := range files {
				info, err := file.Info()
				if err != nil || !info.Mode().IsRegular() {
					continue // gone meanwhile, or none of ours
				}
				age := time.Since(info.ModTime())
				if age > leftoverAge && !yield(Leftover{filepath.Join(folder, file.Name()), info.Size(), age}, nil) {
					return
				}
			}
		}
	}
}

// Remove removes the leftover. It is no error if somebody else has.
func (l Leftover) Remove() error {
	if err := os.Remove(l.Path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}
