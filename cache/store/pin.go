package store

import (
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"os"
	"path/filepath"

	"labbook/cache/store/index"
)

// pinsFolder holds an empty file for each pinned entry.
const pinsFolder = ".pins"

// Pin keeps an entry from being evicted, until [Store.Unpin]. It does not keep it
// from being removed or replaced. The error is [ErrNotFound] if there is no such
// entry.
func (s *Store) Pin(function string, key Key) error {
	if !s.Contains(function, key) {
		return ErrNotFound
	}
	path := s.pinPath(function, key)
	for _, folder := range []string{filepath.Dir(filepath.Dir(path)), filepath.Dir(path)} {
		err := os.Mkdir(folder, 0o700)
		if err == nil || errors.Is(err, fs.ErrExist) {
			err = checkFolder(folder)
		}
		if err != nil {
			return fmt.Errorf("pin entry: %w", err)
		}
	}
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	if err == nil {
		err = file.Close()
	}
	if err != nil {
		return fmt.Errorf("pin entry: %w", err)
	}
	return nil
}

// Unpin undoes Pin. It is no error if the entry is not pinned.
func (s *Store) Unpin(function string, key Key) error {
	path := s.pinPath(function, key)
	if err := s.checkPins(filepath.Dir(path)); err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		return fmt.Errorf("unpin entry: %w", err)
	}
	if err := unlink(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("unpin entry: %w", err)
	}
	_ = os.Remove(filepath.Dir(path)) // fails unless it was the last one
	return nil
}

// Pinned reports whether an entry is pinned.
func (s *Store) Pinned(function string, key Key) bool {
	path := s.pinPath(function, key)
	return s.checkPins(filepath.Dir(path)) == nil && isRegular(path)
}

// Pins returns the functions and keys of pinned entries, some of which may have
// been removed. What cannot be read is left out.
func (s *Store) Pins() iter.Seq2[string, Key] {
	return func(yield func(string, Key) bool) {
		_ = s.eachPin(func(folder string, key Key) bool { return yield(s.functionOf(folder), key) }) // as said above
	}
}

func (s *Store) pinPath(function string, key Key) string {
	return filepath.Join(s.dir, pinsFolder, s.folder(function).name, hex.EncodeToString(key[:]))
}

// checkPins makes sure that the folder of a function's pins is one, and no link
// to elsewhere.
func (s *Store) checkPins(folder string) error {
	if err := checkFolder(filepath.Dir(folder)); err != nil {
		return err
	}
	return checkFolder(folder)
}

func checkFolder(path string) error {
	info, err := os.Lstat(path)
	if err == nil && !info.IsDir() {
		err = fmt.Errorf("%s is no folder", path)
	}
	return err
}

func (s *Store) eachPin(yield func(folder string, key Key) bool) error {
	root := filepath.Join(s.dir, pinsFolder)
	if err := checkFolder(root); err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		return err
	}
	folders, err := readFolder(root)
	if err != nil {
		return err
	}
	for _, f := range folders {
		if !f.IsDir() {
			continue
		}
		files, err := readFolder(filepath.Join(root, f.Name()))
		if err != nil {
			return err
		}
		for _, file := range files {
			var key Key
			if b, err := hex.DecodeString(file.Name()); err != nil || copy(key[:], b) != len(b) || len(b) != len(key) {
				continue
			}
			if file.Type().IsRegular() && !yield(f.Name(), key) {
				return nil
			}
		}
	}
	return nil
}

// A pinSet is what is pinned.
type pinSet map[pinned]struct{}

type pinned struct {
	folder string
	key    Key
}

// pins returns what is pinned. Without knowing that, nothing may be evicted.
func (s *Store) pins() (pinSet, error) {
	var pins pinSet
	err := s.eachPin(func(folder string, key Key) bool {
		if pins == nil {
			pins = make(pinSet)
		}
		pins[pinned{folder, key}] = struct{}{}
		return true
	})
	if err != nil {
		return nil, fmt.Errorf("read pins: %w", err)
	}
	return pins, nil
}

func (p pinSet) has(folder string, key Key) bool {
	if len(p) == 0 {
		return false
	}
	_, ok := p[pinned{folder, key}]
	return ok
}

// count returns how many entries are pinned, and their bytes.
func (p pinSet) count(state *index.State) (entries, size int64) {
	for at := range p {
		if r, ok := state.Find(at.folder, at.key); ok {
			entries++
			size += r.Size
		}
	}
	return entries, size
}
