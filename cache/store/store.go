package store

import (
	"encoding/hex"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"labbook/cache/store/index"
)

// Store is a folder of entries. All its methods may be called at once from any
// number of goroutines.
type Store struct {
	dir     string
	limits  Limits
	clock   func() time.Time // nil for the usual one
	folders sync.Map         // name of a function → *folder
	names   sync.Map         // name of a folder → name of its function, for those that do not tell

	index    *index.Index
	enforcer enforcer
	problem  atomic.Pointer[problemReport]

	claims claims
}

// A folder is where the entries of a function are.
type folder struct {
	name  string
	path  string
	sweep sync.Once // of what killed writers left
}

// Open returns the store in dir. Nothing happens on disk before the first
// call; dir is made when the first entry is put. A relative dir is relative to
// the working directory at each call. Entries beyond limits are removed by and
// by as others are put.
func Open(dir string, limits Limits) *Store {
	return open(dir, limits, nil)
}

func open(dir string, limits Limits, clock func() time.Time) *Store {
	s := &Store{dir: dir, limits: limits, clock: clock}
	s.index = index.New(filepath.Join(dir, indexFolder), index.Options{Now: clock, OnProblem: s.report, OnCrowd: s.enforceSoon})
	return s
}

// Dir returns what Open was given.
func (s *Store) Dir() string { return s.dir }

// Close waits for what the store does by itself and gives up what it holds. A
// program may end without; a Store that is used after Close begins anew.
func (s *Store) Close() error {
	s.enforcer.wait()
	s.claims.close()
	return s.index.Close()
}

// Contains reports whether there is an entry, which may turn out to be corrupt
// when it is read. It costs one look at the file system, and is no use.
func (s *Store) Contains(function string, key Key) bool {
	return isRegular(s.Path(function, key))
}

// Remove removes an entry, a pinned one too. It is no error if there is none.
func (s *Store) Remove(function string, key Key) error {
	f := s.folder(function)
	if _, err := os.Lstat(f.entryPath(key)); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	at := s.index.Begin()
	if err := os.Remove(f.entryPath(key)); err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		return err
	}
	s.index.Removed(f.name, &key, at)
	return nil
}

// Path returns where the entry is, or would be.
func (s *Store) Path(function string, key Key) string { return s.folder(function).entryPath(key) }

// Knows reports whether there is, or was, an entry of the function.
func (s *Store) Knows(function string) bool {
	info, err := os.Stat(s.folder(function).path)
	return err == nil && info.IsDir()
}

func (s *Store) folder(function string) *folder {
	if f, ok := s.folders.Load(function); ok {
		return f.(*folder)
	}
	name := folderName(function)
	f, _ := s.folders.LoadOrStore(function, &folder{name: name, path: filepath.Join(s.dir, name)})
	return f.(*folder)
}

func (f *folder) entryPath(key Key) string { return string(appendEntryPath(nil, f.path, &key)) }

func appendEntryPath(b []byte, folder string, key *Key) []byte {
	if b == nil {
		b = make([]byte, 0, len(folder)+2+2*len(key))
	}
	b = append(append(b, folder...), filepath.Separator)
	b = append(hex.AppendEncode(b, key[:1]), filepath.Separator)
	return hex.AppendEncode(b, key[1:])
}
