// Package spool keeps the events of one program in a file until the lab-book
// has taken them in.
//
// Appending is one write to the end of a file: once Append has returned, the
// event survives the death of the program (though not a power cut). The file is
// locked for as long as its writer lives, so that whoever finds it unlocked
// knows that no more will come.
//
// # Format
//
//	spool  = magic run { record }
//	magic  = "LBSPOOL" version        version is the byte 1
//	run    = 16 bytes                 UUID of the run
//	record = length checksum payload
//	length = uint32 little endian     of the payload; 0 means that nothing follows yet
//	checksum = uint32 little endian   CRC-32C of the payload
//	payload  = an event, see package event
//
// A reader takes a record that is cut short, or that fails its checksum, for
// the end: the writer died in the middle of it, or is about to finish it.
package spool

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"

	"labbook/runlog/event"
)

const (
	magic      = "LBSPOOL\x01"
	headerSize = len(magic) + 16
	recordHead = 8
	// maxRecord bounds what a reader allocates for one record. Nothing that is
	// recorded comes near it: snapshots, the largest, are bounded at 4 MiB.
	maxRecord = 64 << 20
	extension = ".spool"
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// ErrForeign is returned for a file that is not a spool, or not of a version
// that this package reads.
var ErrForeign = errors.New("not a spool of a known version")

// Writer appends events to a spool. It is safe for concurrent use.
type Writer struct {
	path string

	mu     sync.Mutex
	file   *os.File
	buffer []byte
	err    error
}

// Create starts a spool in dir, which must exist. The part tells the spools of
// one run apart: "main", "output".
func Create(dir string, run uuid.UUID, part string) (*Writer, error) {
	path := filepath.Join(dir, run.String()+"-"+part+extension)
	file, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("create spool: %w", err)
	}
	// The lock comes before the header: without a header nobody takes the file
	// for a spool, least of all for one that a dead program left.
	_, err = lock(file)
	if err == nil {
		_, err = file.Write(append([]byte(magic), run[:]...))
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("create spool: %w", err), file.Close(), os.Remove(path))
	}
	return &Writer{path: path, file: file}, nil
}

// Path is the name of the spool's file.
func (w *Writer) Path() string { return w.path }

// ErrTooLarge is returned for an event that no reader would take.
var ErrTooLarge = errors.New("append to spool: the event is too large")

// Append adds an event. One above 64 MiB is ErrTooLarge. After a failed write, a full disk say, the spool takes
// no more and every later call returns the same error: what stands before it
// stays readable.
func (w *Writer) Append(e event.Event) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.err != nil {
		return w.err
	}
	w.buffer = appendRecord(w.buffer[:0], e)
	if len(w.buffer)-recordHead > maxRecord {
		w.buffer = nil
		return ErrTooLarge
	}
	if _, err := w.file.Write(w.buffer); err != nil {
		w.err = fmt.Errorf("append to spool: %w", err)
	}
	if cap(w.buffer) > 1<<20 {
		w.buffer = nil
	}
	return w.err
}

func appendRecord(b []byte, e event.Event) []byte {
	start := len(b)
	b = append(b, make([]byte, recordHead)...)
	b = event.Append(b, e)
	writeHead(b[start:])
	return b
}

// writeHead writes the head of a record by its payload.
func writeHead(b []byte) {
	payload := b[recordHead:]
	binary.LittleEndian.PutUint32(b, uint32(len(payload)))
	binary.LittleEndian.PutUint32(b[4:], crc32.Checksum(payload, castagnoli))
}

// Close ends the spool and gives up its lock.
func (w *Writer) Close() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.err == nil {
		w.err = errors.New("append to spool: it is closed")
	}
	// A process that is just being started shares the lock until it runs: the
	// end of the file alone would not give it up.
	return errors.Join(unlock(w.file), w.file.Close())
}

// Reader reads the events of a spool, also while it grows. It is not safe for
// concurrent use.
type Reader struct {
	file   *os.File
	run    uuid.UUID
	offset int64
}

// Open opens a spool at its first event. A file that is not a spool is
// ErrForeign.
func Open(path string) (*Reader, error) {
	file, err := os.OpenFile(path, os.O_RDWR, 0) // locking a file can need the right to write
	if err != nil {
		return nil, fmt.Errorf("open spool: %w", err)
	}
	var header [headerSize]byte
	if _, err := file.ReadAt(header[:], 0); err != nil && !errors.Is(err, io.EOF) {
		return nil, errors.Join(fmt.Errorf("open spool: %w", err), file.Close())
	}
	if string(header[:len(magic)]) != magic {
		return nil, errors.Join(fmt.Errorf("open spool %s: %w", path, ErrForeign), file.Close())
	}
	r := &Reader{file: file, offset: int64(headerSize)}
	copy(r.run[:], header[len(magic):])
	return r, nil
}

// Run is the run that the events belong to.
func (r *Reader) Run() uuid.UUID { return r.run }

// Name identifies the spool in its folder.
func (r *Reader) Name() string { return filepath.Base(r.file.Name()) }

// IsMain reports whether this is the spool of the program itself rather than
// of one of its helpers.
func (r *Reader) IsMain() bool { return strings.HasSuffix(r.Name(), "-main"+extension) }

// Offset is where the next event begins.
func (r *Reader) Offset() int64 { return r.offset }

// SkipTo goes to an offset that an earlier reader of the same spool stood at.
func (r *Reader) SkipTo(offset int64) { r.offset = max(offset, int64(headerSize)) }

// Next returns the next event, io.EOF when there is none yet, or an error of
// the disk. An event that a newer version wrote is skipped.
func (r *Reader) Next() (event.Event, error) {
	for {
		var head [recordHead]byte
		if n, err := r.file.ReadAt(head[:], r.offset); n < recordHead {
			return nil, readError(err)
		}
		length := binary.LittleEndian.Uint32(head[:])
		if length == 0 || length > maxRecord {
			return nil, io.EOF
		}
		payload, err := r.payload(int64(length))
		if err != nil {
			return nil, err
		}
		if crc32.Checksum(payload, castagnoli) != binary.LittleEndian.Uint32(head[4:]) {
			return nil, io.EOF
		}
		r.offset += recordHead + int64(length)
		e, err := event.Decode(payload)
		if err == nil {
			return e, nil
		}
		// The checksum holds, so these bytes are what a program meant to
		// write: one that knows more kinds of events than this one. The rest
		// of the spool is of use without it.
	}
}

// payload reads the payload of the record at r.offset. It looks at the file's
// size first, so that a damaged length costs nothing.
func (r *Reader) payload(length int64) ([]byte, error) {
	info, err := r.file.Stat()
	if err != nil {
		return nil, fmt.Errorf("read spool: %w", err)
	}
	if r.offset+recordHead+length > info.Size() {
		return nil, io.EOF
	}
	payload := make([]byte, length)
	if _, err := r.file.ReadAt(payload, r.offset+recordHead); err != nil {
		return nil, readError(err)
	}
	return payload, nil
}

func readError(err error) error {
	if errors.Is(err, io.EOF) {
		return io.EOF
	}
	return fmt.Errorf("read spool: %w", err)
}

// Abandoned reports whether the writer of the spool is gone. If it is, the
// reader holds the spool's lock from now on.
func (r *Reader) Abandoned() (bool, error) {
	locked, err := lock(r.file)
	if err != nil {
		return false, fmt.Errorf("lock spool: %w", err)
	}
	return locked, nil
}

// Close closes the reader.
func (r *Reader) Close() error { return r.file.Close() }

// Remove closes the reader and deletes the spool.
func (r *Reader) Remove() error {
	return errors.Join(r.file.Close(), os.Remove(r.file.Name()))
}

// unbornAge is the age at which a spool without a header counts as that of a
// program that died while making it.
const unbornAge = time.Hour

// IsUnborn reports whether the file of a spool never got its header and never
// will, so that nothing is lost with it.
func IsUnborn(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular() && info.Size() < int64(headerSize) && time.Since(info.ModTime()) > unbornAge
}

// List returns the paths of the spools in dir; none if there is no such folder.
func List(dir string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("list spools: %w", err)
	}
	var paths []string
	for _, entry := range entries {
		if strings.HasSuffix(entry.Name(), extension) {
			paths = append(paths, filepath.Join(dir, entry.Name()))
		}
	}
	return paths, nil
}
