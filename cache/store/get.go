package store

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"sync"
)

// firstRead is how much is read of an entry before anything is known of it. It
// holds most entries whole.
const firstRead = 16 << 10

var readBuffers = sync.Pool{New: func() any { return new([firstRead]byte) }}

// Get returns an entry. The error is [ErrNotFound] if there is none, a
// [*CorruptError], a [*VersionError], or what the file system says, a lack of
// permission for example.
func (s *Store) Get(function string, key Key) (*Entry, error) {
	f := s.folder(function)
	path := f.entryPath(key)
	at := s.index.Stamp() // an entry that is removed later was there now
	file, err := openEntry(path)
	if err != nil {
		return nil, openError(path, err)
	}
	defer file.close()
	entry, err := readEntry(file, key)
	if err != nil {
		return nil, describe(path, err)
	}
	s.index.Seen(f.name, &key, entry.size(), at)
	return entry, nil
}

// openError says what it means that an entry could not be opened.
func openError(path string, err error) error {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return ErrNotFound
	case isLink(err):
		return &CorruptError{path, "it is a symbolic link"}
	default:
		return err
	}
}

// describe adds the path to what decoding found.
func describe(path string, err error) error {
	if p, ok := errors.AsType[problem](err); ok {
		return &CorruptError{path, string(p)}
	}
	if v, ok := errors.AsType[newerVersionError](err); ok {
		return &VersionError{path, int(v)}
	}
	if isNoFile(err) {
		return &CorruptError{path, "it is no regular file"}
	}
	return err
}

func readEntry(file entryFile, key Key) (*Entry, error) {
	buffer := readBuffers.Get().(*[firstRead]byte)
	defer readBuffers.Put(buffer)
	n, err := file.Read(buffer[:])
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	if n < firstRead && !isWhole(buffer[:n]) {
		// The file is damaged, or somebody reads in smaller pieces.
		var m int
		if m, err = readFull(file, buffer[n:]); err != nil {
			return nil, err
		}
		n += m
	}
	if n < firstRead {
		return decodeEntry(append([]byte(nil), buffer[:n]...), key)
	}
	return readLong(file, buffer[:], key)
}

// isWhole reports whether b is as long as its beginning says: then there is no
// need to ask whether the file goes on, since it would have done so in b.
func isWhole(b []byte) bool {
	return len(b) >= prefixSize && uint64(len(b)) == prefixSize+uint64(binary.LittleEndian.Uint32(b[8:]))+binary.LittleEndian.Uint64(b[16:])
}

// readLong reads the rest of an entry, of which start is known. The file has
// to be as long as it says before there is memory for it.
func readLong(file entryFile, start []byte, key Key) (*Entry, error) {
	p, err := decodePrefix(start)
	if err != nil {
		return nil, err
	}
	size, err := file.size()
	if err != nil {
		return nil, err
	}
	if size != p.size() {
		return nil, problem(fmt.Sprintf("the file has %d bytes and should have %d", size, p.size()))
	}
	if p.size() > math.MaxInt-1 {
		return nil, fmt.Errorf("an entry of %d bytes is too large for this machine", p.size())
	}
	// The payload has memory of its own, which starts on a boundary too.
	header, start := make([]byte, p.headerLength), start[prefixSize:]
	payload := make([]byte, p.payloadLength)
	for _, part := range [][]byte{header, payload} {
		n := copy(part, start)
		start = start[n:]
		m, err := readFull(file, part[n:])
		if err != nil {
			return nil, err
		}
		if n+m < len(part) {
			return nil, problem("the file is cut short")
		}
	}
	if n, err := readFull(file, make([]byte, 1)); err != nil || n+len(start) > 0 {
		return nil, problem("something follows the payload")
	}
	return p.entry(key, header, payload)
}

// readFull reads until b is full or the file ends.
func readFull(file entryFile, b []byte) (int, error) {
	n, err := io.ReadFull(file, b)
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		err = nil
	}
	return n, err
}
