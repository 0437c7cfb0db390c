package store

import (
	"errors"
	"fmt"
	"io"
	"math"

	"labbook/cache/mapfile"
)

// GetMapped is Get for large payloads: Payload is the file itself, mapped into
// memory, which takes microseconds however large it is. The payload may be
// written to; what is written stays in this Entry and never reaches the file.
//
// All but the payload is verified, and that the file is as long as it should
// be; [Entry.Verify] verifies the rest. Who cuts the file short ends a program
// that reads on by a signal: entries are replaced and removed as a whole, which
// leaves what is mapped alone.
//
// The memory is taken until [Entry.Unmap]. Where there are no mappings, and for
// entries of up to 16 KiB, GetMapped does what Get does.
func (s *Store) GetMapped(function string, key Key) (*Entry, error) {
	return s.UseMapped(function, key, nil)
}

// UseMapped is GetMapped, and calls use with the entry while its file is open:
// reading from payload what is needed at once is several times faster than to
// touch the mapping for it. It is not called for an entry that is not mapped. use
// may be nil.
func (s *Store) UseMapped(function string, key Key, use func(entry *Entry, payload io.ReaderAt)) (*Entry, error) {
	f := s.folder(function)
	path := f.entryPath(key)
	at := s.index.Stamp()
	file, err := openEntry(path)
	if err != nil {
		return nil, openError(path, err)
	}
	entry, err := mapEntry(file, key)
	if err == nil && use != nil && entry.Mapped() {
		size := int64(len(entry.Payload))
		use(entry, io.NewSectionReader(file, entry.size()-size, size))
	}
	file.close()
	if errors.Is(err, errors.ErrUnsupported) {
		return s.Get(function, key)
	}
	if err != nil {
		return nil, describe(path, err)
	}
	s.index.Seen(f.name, &key, entry.size(), at)
	return entry, nil
}

func mapEntry(file entryFile, key Key) (*Entry, error) {
	size, err := file.size()
	if err != nil {
		return nil, err
	}
	if size <= firstRead {
		return readEntry(file, key)
	}
	if size > math.MaxInt-1 {
		return nil, fmt.Errorf("an entry of %d bytes is too large for this machine", size)
	}
	// What is looked at now is read: to touch a mapping for the first time, and
	// to give up one that was touched, takes ten times as long.
	p, header, err := readBeginning(file, size)
	if err != nil {
		return nil, err
	}
	if err := p.checkKey(key); err != nil {
		return nil, err
	}
	if err := p.checkHeader(header); err != nil {
		return nil, err
	}
	mapping, err := file.mapAll(size)
	if err != nil {
		return nil, err
	}
	entry := p.entryOf(header, mapping.Bytes()[p.payloadAt():])
	entry.mapping = mapping
	return entry, nil
}

// beginning is how much holds most headers.
const beginning = 2 << 10

// readBeginning reads a file up to its payload. The file has to be as long as
// it says before there is memory for more.
func readBeginning(file entryFile, size int64) (p prefix, header []byte, err error) {
	b := make([]byte, beginning)
	n, err := readFull(file, b)
	if err != nil {
		return p, nil, err
	}
	if p, err = decodePrefix(b[:n]); err != nil {
		return p, nil, err
	}
	if size != p.size() {
		return p, nil, problem(fmt.Sprintf("the file has %d bytes and should have %d", size, p.size()))
	}
	if p.payloadAt() <= n {
		return p, b[prefixSize:p.payloadAt()], nil
	}
	header = make([]byte, p.headerLength)
	have := copy(header, b[prefixSize:n])
	m, err := readFull(file, header[have:])
	if err == nil && have+m < len(header) {
		err = problem("the file is cut short")
	}
	return p, header, err
}

// Verify reports whether the payload is what was stored, which [Store.Get] has
// made sure of. It reads all of it.
func (e *Entry) Verify() error {
	return mapfile.Guard(func() error {
		if Digest(e.Payload) != e.PayloadDigest {
			return errors.New("the digest of its payload is wrong")
		}
		return nil
	})
}

// Mapped reports whether Payload is a file in memory, whose digest nobody
// looked at.
func (e *Entry) Mapped() bool { return e.mapping != nil }

// Unmap gives the memory of a mapped Payload back, which must not be used
// afterwards. For other entries it does nothing.
func (e *Entry) Unmap() error {
	if e.mapping == nil {
		return nil
	}
	e.Payload = nil
	return e.mapping.Unmap()
}
