package store

import (
	"fmt"
	"io"
)

// A PayloadReader reads the payload of an entry piece by piece. It does not
// compare what it reads with the entry's digest of it.
type PayloadReader struct {
	io.LimitedReader
	Size int64 // of the whole payload
	file entryFile
}

// OpenPayload is Get for payloads that are too large for memory. The entry's
// beginning and its length are verified, the payload is not: who reads it has
// to know what it should be. Errors are those of Get.
func (s *Store) OpenPayload(function string, key Key) (*PayloadReader, error) {
	path := s.Path(function, key)
	file, err := openEntry(path)
	if err != nil {
		return nil, openError(path, err)
	}
	size, err := toPayload(file, key)
	if err != nil {
		file.close()
		return nil, describe(path, err)
	}
	return &PayloadReader{io.LimitedReader{R: file, N: size}, size, file}, nil
}

// Close ends the reading.
func (r *PayloadReader) Close() error {
	r.file.close()
	return nil
}

// toPayload reads a file up to its payload, and returns the length of that.
func toPayload(file entryFile, key Key) (int64, error) {
	start := make([]byte, prefixSize)
	n, err := readFull(file, start)
	if err != nil {
		return 0, err
	}
	p, err := decodePrefix(start[:n])
	if err != nil {
		return 0, err
	}
	size, err := file.size()
	if err != nil {
		return 0, err
	}
	if size != p.size() {
		return 0, problem(fmt.Sprintf("the file has %d bytes and should have %d", size, p.size()))
	}
	header := make([]byte, p.headerLength) // no longer than the file
	if _, err := readFull(file, header); err != nil {
		return 0, err
	}
	if err := p.checkKey(key); err != nil {
		return 0, err
	}
	return int64(p.payloadLength), p.checkHeader(header)
}
