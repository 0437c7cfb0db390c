package store

import (
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"time"
)

// Info is an entry in a list: all but its payload. Only [Store.Verify] has read
// that; only [Store.Entries] and [Place.Info] fill the Header.
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
func (s *Store) Functions() iter.Seq2[string, error] { return s.functions(followLinks) }

// functions is Functions, to which a folder that is a symbolic link may be an
// error that does not end the iteration.
func (s *Store) functions(follow bool) iter.Seq2[string, error] {
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
			if !follow && f.Type()&fs.ModeSymlink != 0 {
				if !yield(name, &LinkError{filepath.Join(s.dir, f.Name())}) {
					return
				}
				continue
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
		for place, err := range placesIn(path, function, "", followLinks) {
			info := place.blank()
			if err == nil {
				err = info.read(true)
			}
			if errors.Is(err, ErrNotFound) {
				continue // removed meanwhile
			}
			if !yield(info, err) {
				return
			}
		}
	}
}

// read fills info from the beginning of its file; the header only if it is
// wanted.
func (info *Info) read(header bool) error {
	file, err := openEntry(info.Path)
	if err != nil {
		return openError(info.Path, err)
	}
	defer file.close()
	if err := info.readStart(file, file, header); err != nil {
		return describe(info.Path, err)
	}
	return nil
}

// readStart reads from r, which is the file or what reads it, up to the payload,
// or without the header up to that.
func (info *Info) readStart(file entryFile, r io.Reader, header bool) (err error) {
	if info.Size, err = file.size(); err != nil {
		return err
	}
	var start [prefixSize]byte
	n, err := readUpTo(r, start[:])
	if err != nil {
		return err
	}
	p, err := decodePrefix(start[:n])
	if err != nil {
		return err
	}
	if info.Size != p.size() {
		return problem(fmt.Sprintf("the file has %d bytes and should have %d", info.Size, p.size()))
	}
	if err := p.checkKey(info.Key); err != nil {
		return err
	}
	info.PayloadSize = int64(p.payloadLength)
	info.Created, info.Duration = p.created, p.duration
	info.OriginRun, info.OriginCall = runText(p.originRun), p.originCall
	info.PayloadDigest = p.payloadDigest
	if !header {
		return nil
	}
	e := Entry{header: make([]byte, p.headerLength)}
	if _, err := readUpTo(r, e.header); err != nil {
		return err
	}
	if err := p.checkHeader(e.header); err != nil {
		return err
	}
	if info.Header, err = e.Header(); err != nil {
		return problem("its header cannot be read")
	}
	return nil
}

// readUpTo reads until b is full or there is no more.
func readUpTo(r io.Reader, b []byte) (int, error) {
	n, err := io.ReadFull(r, b)
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		err = nil
	}
	return n, err
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
	for shard, err := range shards(path, followLinks) {
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
// entries. With refuseLinks, one that is a link is an error, after which the
// iteration goes on.
func shards(path string, follow bool) iter.Seq2[string, error] {
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
			shard := filepath.Join(path, f.Name())
			var refusal error
			if !follow && f.Type()&fs.ModeSymlink != 0 {
				refusal = &LinkError{shard}
			}
			if !yield(shard, refusal) {
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
