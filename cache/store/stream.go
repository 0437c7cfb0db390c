package store

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"runtime"

	"github.com/zeebo/blake3"
)

// PutStream is Put of a payload that write produces piece by piece, so that it
// need not be in memory as a whole. An error of write leaves no trace of an
// entry. Where the folders are missing, write may be called again.
func (s *Store) PutStream(function string, key Key, meta Meta, write func(io.Writer) error) error {
	start, err := encodeStart(function, key, meta, nil, runtime.Version(), hostname())
	if err == nil {
		err = s.stream(s.folder(function), key, start, write)
	}
	if err != nil {
		return fmt.Errorf("store result of %s: %w", function, err)
	}
	s.watch()
	return nil
}

func (s *Store) stream(f *folder, key Key, start []byte, write func(io.Writer) error) error {
	f.sweep.Do(f.removeLeftovers)
	file, err := f.createTemporary()
	for range attempts {
		if !errors.Is(err, fs.ErrNotExist) {
			break
		}
		if err := s.makeFolders(f, key); err != nil {
			return err
		}
		s.claims.forget() // the file of claims may be gone with the folder
		file, err = f.createTemporary()
	}
	if err != nil {
		return err
	}
	size, err := streamTo(file, start, write)
	if closeErr := file.Close(); err == nil {
		// Some network file systems notice only now that the disk is full.
		err = closeErr
	}
	if err == nil {
		err = s.publish(f, key, file.Name(), size)
	}
	if err != nil {
		_ = os.Remove(file.Name()) // else it is swept as a leftover
	}
	return err
}

// streamTo writes an entry whose beginning says only at the end how long the
// payload is, and what its digest. It returns the size of the entry.
func streamTo(file *os.File, start []byte, write func(io.Writer) error) (size int64, err error) {
	p, err := decodePrefix(start)
	if err != nil {
		return 0, err
	}
	if _, err := file.Write(start); err != nil {
		return 0, err
	}
	payload := counter{w: file, hash: blake3.New()}
	buffered := bufio.NewWriterSize(&payload, together)
	if err := write(buffered); err != nil {
		return 0, err
	}
	if err := buffered.Flush(); err != nil {
		return 0, err
	}
	p.payloadLength = payload.n
	payload.hash.Sum(p.payloadDigest[:0])
	_, err = file.WriteAt(p.append(nil), 0)
	return p.size(), err
}

// A counter knows of what went through it how much it was, and its digest.
type counter struct {
	w    io.Writer
	hash *blake3.Hasher
	n    uint64
}

func (c *counter) Write(b []byte) (int, error) {
	n, err := c.w.Write(b)
	_, _ = c.hash.Write(b[:n]) // it never fails
	c.n += uint64(n)
	return n, err
}

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
