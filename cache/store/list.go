package store

import (
	"encoding/hex"
	"errors"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"time"
)

// Info is an entry in a list: all but its payload, which was not verified.
type Info struct {
	Function      string
	Key           Key
	Path          string
	Size          int64 // of the file
	PayloadSize   int64
	Created       time.Time
	Duration      time.Duration
	OriginRun     string
	OriginCall    int64
	PayloadDigest [32]byte
	Header        Header
}

// Functions returns the names of the functions that have a folder, in the
// order of their folders. An error ends the iteration.
func (s *Store) Functions() iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		folders, err := readFolder(s.dir)
		if err != nil {
			yield("", err)
			return
		}
		for _, f := range folders {
			name, err := functionName(f.Name())
			if err != nil || !isFolderEntry(s.dir, f) {
				continue // not ours
			}
			if name == "" && f.Name() != folderName("") {
				if name = nameFromEntries(filepath.Join(s.dir, f.Name())); name == "" {
					continue // nothing in it, and nobody knows whose it was
				}
			}
			if !yield(name, nil) {
				return
			}
		}
	}
}

// nameFromEntries asks the entries of a folder for the name of their function.
func nameFromEntries(path string) string {
	for info, err := range entriesOf(path, "") {
		if err == nil && folderName(info.Header.Function) == filepath.Base(path) {
			return info.Header.Function
		}
	}
	return ""
}

// Entries returns the entries of a function, in the order of their keys. With
// an entry that is corrupt or of a newer version comes the error that says so,
// and an Info that says where it is; the iteration goes on.
func (s *Store) Entries(function string) iter.Seq2[Info, error] {
	return entriesOf(s.folder(function).path, function)
}

func entriesOf(path, function string) iter.Seq2[Info, error] {
	return func(yield func(Info, error) bool) {
		for shard, err := range shards(path) {
			if err != nil {
				yield(Info{Function: function}, err)
				return
			}
			files, err := readFolder(shard)
			if err != nil {
				if !yield(Info{Function: function}, err) {
					return
				}
				continue
			}
			for _, file := range files {
				key, ok := keyOf(filepath.Base(shard), file.Name())
				if !ok {
					continue
				}
				info := Info{Function: function, Key: key, Path: filepath.Join(shard, file.Name())}
				err := info.read()
				if errors.Is(err, ErrNotFound) {
					continue // removed meanwhile
				}
				if !yield(info, err) {
					return
				}
			}
		}
	}
}

// read fills info from the beginning of its file.
func (info *Info) read() error {
	file, err := openEntry(info.Path)
	if err != nil {
		return openError(info.Path, err)
	}
	defer file.close()
	if err := info.readStart(file); err != nil {
		return describe(info.Path, err)
	}
	return nil
}

func (info *Info) readStart(file entryFile) (err error) {
	if info.Size, err = file.size(); err != nil {
		return err
	}
	var start [prefixSize]byte
	n, err := readFull(file, start[:])
	if err != nil {
		return err
	}
	p, err := decodePrefix(start[:n])
	if err != nil {
		return err
	}
	if info.Size != p.size() {
		return problem("the file is not as long as it should be")
	}
	if err := p.checkKey(info.Key); err != nil {
		return err
	}
	e := Entry{header: make([]byte, p.headerLength)}
	if _, err := readFull(file, e.header); err != nil {
		return err
	}
	if err := p.checkHeader(e.header); err != nil {
		return err
	}
	if info.Header, err = e.Header(); err != nil {
		return problem("its header cannot be read")
	}
	info.PayloadSize = int64(p.payloadLength)
	info.Created, info.Duration = p.created, p.duration
	info.OriginRun, info.OriginCall = runText(p.originRun), p.originCall
	info.PayloadDigest = p.payloadDigest
	return nil
}

// Clear removes all entries of a function, and its folders once they are
// empty. What else may lie there stays.
func (s *Store) Clear(function string) error {
	f := s.folder(function)
	path := f.path
	if _, err := os.Lstat(path); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	at := s.index.Begin()
	var errs []error
	for shard, err := range shards(path) {
		if err != nil {
			return err
		}
		files, err := readFolder(shard)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		for _, file := range files {
			key, ok := keyOf(filepath.Base(shard), file.Name())
			if !ok {
				continue
			}
			switch err := os.Remove(filepath.Join(shard, file.Name())); {
			case err == nil:
				s.index.Removed(f.name, &key, at)
			case !errors.Is(err, fs.ErrNotExist):
				errs = append(errs, err)
			}
		}
		_ = os.Remove(shard) // fails unless it is empty, see below
	}
	// Removing a folder fails unless it is empty, as it should: somebody may
	// be storing already, and what else lies there is not ours.
	_ = os.Remove(filepath.Join(path, temporaryFolder))
	_ = os.Remove(path)
	return errors.Join(errs...)
}

// shards returns the paths of the folders in a function's folder that hold
// entries.
func shards(path string) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		folders, err := readFolder(path)
		if err != nil {
			yield("", err)
			return
		}
		for _, f := range folders {
			if b, err := hex.DecodeString(f.Name()); err != nil || len(b) != 1 || !isFolderEntry(path, f) {
				continue
			}
			if !yield(filepath.Join(path, f.Name()), nil) {
				return
			}
		}
	}
}

// keyOf puts the two parts of a key together.
func keyOf(shard, file string) (key Key, ok bool) {
	if len(shard)+len(file) != hex.EncodedLen(len(key)) {
		return key, false
	}
	_, err := hex.Decode(key[:], []byte(shard+file))
	return key, err == nil && hex.EncodeToString(key[1:]) == file
}

// readFolder is os.ReadDir, to which a folder that is not there is empty.
func readFolder(path string) ([]fs.DirEntry, error) {
	entries, err := os.ReadDir(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return entries, err
}

// isFolderEntry reports whether an entry of a folder is a folder, or a link to
// one.
func isFolderEntry(parent string, entry fs.DirEntry) bool {
	if entry.Type()&fs.ModeSymlink == 0 {
		return entry.IsDir()
	}
	info, err := os.Stat(filepath.Join(parent, entry.Name()))
	return err == nil && info.IsDir()
}
