package store

import (
	"encoding/hex"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
)

// Store is a folder of entries. All its methods may be called at once from any
// number of goroutines.
type Store struct {
	dir     string
	folders sync.Map // name of a function → *folder
	claims  claims
}

// A folder is where the entries of a function are.
type folder struct {
	path  string
	sweep sync.Once // of what killed writers left
}

// Open returns the store in dir. Nothing happens on disk before the first
// call; dir is made when the first entry is put. A relative dir is relative to
// the working directory at each call.
func Open(dir string, _ ...Limits) *Store { return &Store{dir: dir} }

// Dir returns what Open was given.
func (s *Store) Dir() string { return s.dir }

// Contains reports whether there is an entry, which may turn out to be corrupt
// when it is read. It costs one look at the file system.
func (s *Store) Contains(function string, key Key) bool {
	info, err := os.Lstat(s.Path(function, key))
	return err == nil && info.Mode().IsRegular()
}

// Remove removes an entry. It is no error if there is none.
func (s *Store) Remove(function string, key Key) error {
	if err := os.Remove(s.Path(function, key)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// Path returns where the entry is, or would be.
func (s *Store) Path(function string, key Key) string { return s.folder(function).entryPath(key) }

func (s *Store) folder(function string) *folder {
	if f, ok := s.folders.Load(function); ok {
		return f.(*folder)
	}
	f, _ := s.folders.LoadOrStore(function, &folder{path: filepath.Join(s.dir, folderName(function))})
	return f.(*folder)
}

func (f *folder) entryPath(key Key) string {
	b := make([]byte, 0, len(f.path)+2+2*len(key))
	b = append(append(b, f.path...), filepath.Separator)
	b = append(hex.AppendEncode(b, key[:1]), filepath.Separator)
	return string(hex.AppendEncode(b, key[1:]))
}
