package store

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"time"

	"github.com/zeebo/blake3"
)

// streamBuffer is in which pieces a streamed payload goes to its digest and to
// the disk.
const streamBuffer = 256 << 10

// Stored is what PutStream stored.
type Stored struct {
	PayloadSize   int64
	PayloadDigest [32]byte
}

// PutStream is Put for a payload that write produces, so that it need not be in
// memory as a whole. Nothing is stored if write returns an error, which is then
// that of PutStream. meta.PayloadDigest is not looked at.
func (s *Store) PutStream(function string, key Key, meta Meta, write func(io.Writer) error) (Stored, error) {
	if meta.Created.IsZero() {
		meta.Created = time.Now()
	}
	meta.PayloadDigest = [32]byte{1} // a placeholder, as the length is
	start, p, err := encodeStart(function, key, meta, nil, runtime.Version(), hostname())
	var stored Stored
	if err == nil {
		stored, err = s.stream(s.folder(function), key, start, p, write)
	}
	if err != nil {
		return Stored{}, fmt.Errorf("store result of %s: %w", function, err)
	}
	s.watch()
	return stored, nil
}

func (s *Store) stream(f *folder, key Key, start []byte, p prefix, write func(io.Writer) error) (stored Stored, err error) {
	f.sweep.Do(f.removeLeftovers)
	file, err := s.temporaryIn(f, key)
	if err != nil {
		return stored, err
	}
	defer func() {
		if err != nil {
			_ = os.Remove(file.Name()) // else it is swept as a leftover
		}
	}()
	stored, err = streamTo(file, start, p, write)
	if closeErr := file.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		return stored, err
	}
	return stored, s.publish(f, key, file.Name(), int64(len(start))+stored.PayloadSize)
}

// temporaryIn creates a file in a folder that is made if it is not there.
func (s *Store) temporaryIn(f *folder, key Key) (file *os.File, err error) {
	for range attempts {
		if file, err = f.createTemporary(); !errors.Is(err, os.ErrNotExist) {
			return file, err
		}
		if err := s.makeFolders(f, key); err != nil {
			return nil, err
		}
	}
	return nil, err
}

// streamTo writes an entry whose prefix comes last, when it is known.
func streamTo(file *os.File, start []byte, p prefix, write func(io.Writer) error) (stored Stored, err error) {
	if _, err := file.Write(start); err != nil {
		return stored, err
	}
	digested := &digestWriter{file: file, digest: blake3.New()}
	buffered := bufio.NewWriterSize(digested, streamBuffer)
	if err := write(buffered); err != nil {
		return stored, err
	}
	if err := buffered.Flush(); err != nil {
		return stored, err
	}
	stored.PayloadSize = digested.size
	digested.digest.Sum(stored.PayloadDigest[:0])
	p.payloadLength, p.payloadDigest = uint64(stored.PayloadSize), stored.PayloadDigest
	_, err = file.WriteAt(p.append(nil), 0)
	return stored, err
}

// A digestWriter digests what it passes on.
type digestWriter struct {
	file   *os.File
	digest *blake3.Hasher
	size   int64
}

func (w *digestWriter) Write(b []byte) (int, error) {
	n, err := w.file.Write(b)
	_, _ = w.digest.Write(b[:n]) // it never fails
	w.size += int64(n)
	return n, err
}
