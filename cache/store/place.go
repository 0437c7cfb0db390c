package store

import (
	"encoding/hex"
	"fmt"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"strings"
)

// A Place is where an entry is, or what by its name looks like one.
type Place struct {
	Function string
	Key      Key
	Path     string
}

// Info returns what the file there says about itself, with the header but
// without having verified the payload. The errors are those of [Store.Get].
func (p Place) Info() (Info, error) {
	info := p.blank()
	err := info.read(true)
	return info, err
}

func (p Place) blank() Info { return Info{Function: p.Function, Key: p.Key, Path: p.Path} }

// PlaceOf returns where the entry is, or would be.
func (s *Store) PlaceOf(function string, key Key) Place {
	return Place{function, key, s.Path(function, key)}
}

// Places returns the places of all entries of some functions, of every function
// if none is named, in the order of folders and keys. It reads folders and no
// entry. With an error comes a Place that has but the function, and the
// iteration goes on.
func (s *Store) Places(functions ...string) iter.Seq2[Place, error] {
	return s.places(followLinks, functions)
}

// Find returns the places of the entries whose keys begin with some hexadecimal
// digits. With two digits or more it reads one folder a function.
func (s *Store) Find(digits string) iter.Seq2[Place, error] {
	digits = strings.ToLower(digits)
	return func(yield func(Place, error) bool) {
		for function, err := range s.Functions() {
			if err != nil {
				yield(Place{}, err)
				return
			}
			for place, err := range placesIn(s.folder(function).path, function, digits, followLinks) {
				if !yield(place, err) {
					return
				}
			}
		}
	}
}

// Whether folders that are symbolic links are followed: in a cache of one's
// own, where they were put on purpose, but not in one that came from elsewhere.
const (
	followLinks = true
	refuseLinks = false
)

func (s *Store) places(follow bool, functions []string) iter.Seq2[Place, error] {
	return func(yield func(Place, error) bool) {
		list := func(function string) bool {
			for place, err := range placesIn(s.folder(function).path, function, "", follow) {
				if !yield(place, err) {
					return false
				}
			}
			return true
		}
		for _, function := range functions {
			if !list(function) {
				return
			}
		}
		if len(functions) > 0 {
			return
		}
		for function, err := range s.functions(follow) {
			if err != nil {
				if !yield(Place{Function: function}, err) {
					return
				}
				continue
			}
			if !list(function) {
				return
			}
		}
	}
}

// placesIn lists the folder of a function: the entries whose keys begin with
// digits.
func placesIn(path, function, digits string, follow bool) iter.Seq2[Place, error] {
	return func(yield func(Place, error) bool) {
		for shard, err := range shards(path, follow) {
			if err != nil {
				if !yield(Place{Function: function}, err) {
					return
				}
				continue
			}
			name := filepath.Base(shard)
			if !strings.HasPrefix(name, digits[:min(len(digits), len(name))]) {
				continue
			}
			files, err := readFolder(shard)
			if err != nil {
				if !yield(Place{Function: function}, err) {
					return
				}
				continue
			}
			for _, file := range files {
				key, ok := keyOf(name, file.Name())
				if !ok || !strings.HasPrefix(name+file.Name(), digits) {
					continue
				}
				if !yield(Place{function, key, filepath.Join(shard, file.Name())}, nil) {
					return
				}
			}
		}
	}
}

// ParsePath returns the place of an entry whose path in the store is known.
func (s *Store) ParsePath(path string) (Place, error) {
	dir, err := filepath.Abs(s.dir)
	if err != nil {
		return Place{}, err
	}
	path, err = filepath.Abs(path)
	if err != nil {
		return Place{}, err
	}
	shard, name := filepath.Split(path)
	shard = filepath.Clean(shard)
	folder := filepath.Dir(shard)
	key, ok := keyOf(filepath.Base(shard), name)
	if !ok || !sameFolder(filepath.Dir(folder), dir) {
		return Place{}, fmt.Errorf("%s is no entry of the cache in %s", path, s.dir)
	}
	function, err := functionName(filepath.Base(folder))
	if err == nil && function == "" && filepath.Base(folder) != folderName("") {
		function = nameFromEntries(folder)
	}
	if err != nil || folderName(function) != filepath.Base(folder) {
		return Place{}, fmt.Errorf("%s is in the folder of no function", path)
	}
	return s.PlaceOf(function, key), nil
}

func sameFolder(a, b string) bool {
	if a == b {
		return true
	}
	x, err := os.Stat(a)
	if err != nil {
		return false
	}
	y, err := os.Stat(b)
	return err == nil && os.SameFile(x, y)
}

// Recognized reports whether the store's folder is one of a cache: if there are
// entries or what goes with them in it, or nothing at all. The error is that of
// the file system, if there is no folder or it cannot be read.
func (s *Store) Recognized() (bool, error) {
	folders, err := os.ReadDir(s.dir)
	if err != nil {
		return false, fmt.Errorf("read cache folder: %w", err)
	}
	foreign := false
	for _, f := range folders {
		if strings.HasPrefix(f.Name(), ".") {
			continue // .gitignore, and what the store keeps beside the entries
		}
		switch s.recognize(f) {
		case functionFolder:
			return true, nil
		case otherFolder:
			foreign = true
		}
	}
	return !foreign, nil
}

type folderKind int

const (
	otherFolder    folderKind = iota
	emptyFolder               // may have been a function's
	functionFolder            // is one, or nobody else could tell
)

// recognize looks at what a folder holds: many are named like that of a
// function.
func (s *Store) recognize(f fs.DirEntry) folderKind {
	if _, err := functionName(f.Name()); err != nil || !isFolderEntry(s.dir, f) {
		return otherFolder
	}
	inside, err := readFolder(filepath.Join(s.dir, f.Name()))
	if err != nil {
		return otherFolder
	}
	kind := emptyFolder
	for _, g := range inside {
		switch b, err := hex.DecodeString(g.Name()); {
		case g.Name() == temporaryFolder:
		case err == nil && len(b) == 1:
			kind = functionFolder
		default:
			return otherFolder // entries are never among other things
		}
	}
	return kind
}
