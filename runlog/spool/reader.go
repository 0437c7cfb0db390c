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

	"github.com/google/uuid"

	"labbook/runlog/event"
)

// Reader reads the events of a spool, also while it grows. It is not safe for
// concurrent use.
type Reader struct {
	file      *os.File
	run       uuid.UUID
	first     int64 // offset of the first record
	alignment int64 // of records
	offset    int64

	chunk   []byte // what the file held at chunkAt
	chunkAt int64
	ahead   int64 // how much to read at once

	given int64 // up to where room was given back to the disk
	lost  int64 // bytes that SkipDamage has skipped
}

// What is read at once: little where there is little.
const (
	leastAhead = 16 << 10
	mostAhead  = 256 << 10
)

// Open opens a spool at its first event. A file that is not a spool is
// ErrForeign.
func Open(path string) (*Reader, error) {
	file, err := os.OpenFile(path, os.O_RDWR, 0) // locking a file can need the right to write
	if err != nil {
		return nil, fmt.Errorf("open spool: %w", err)
	}
	var head [headerSize]byte
	n, err := file.ReadAt(head[:], 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, errors.Join(fmt.Errorf("open spool: %w", err), file.Close())
	}
	r := &Reader{file: file, ahead: leastAhead}
	switch {
	case n == headerSize && string(head[:len(magic)]) == magic:
		size, err := r.Size()
		if err != nil {
			return nil, errors.Join(err, file.Close())
		}
		r.first, r.alignment = int64(headerSize), alignment
		if begin := binary.LittleEndian.Uint64(head[beginAt:]); begin <= uint64(size) { // else it is damaged
			r.first = max(r.first, aligned(int64(begin), alignment))
		}
	case n >= headerSize1 && string(head[:len(magic1)]) == magic1:
		r.first, r.alignment = int64(headerSize1), 1
	default:
		return nil, errors.Join(fmt.Errorf("open spool %s: %w", path, ErrForeign), file.Close())
	}
	r.offset = r.first
	copy(r.run[:], head[len(magic):])
	return r, nil
}

// Run is the run that the events belong to.
func (r *Reader) Run() uuid.UUID { return r.run }

// Path is the name of the spool's file, as it was opened.
func (r *Reader) Path() string { return r.file.Name() }

// Name identifies the spool in its folder.
func (r *Reader) Name() string { return filepath.Base(r.file.Name()) }

// Exists reports whether the spool still has its name, which its Remove takes
// away.
func (r *Reader) Exists() (bool, error) {
	exists, err := hasName(r.file)
	if err != nil {
		return false, fmt.Errorf("look for spool: %w", err)
	}
	return exists, nil
}

// hasName reports whether a file still has the name by which it was opened.
func hasName(file *os.File) (bool, error) {
	held, err := file.Stat()
	if err != nil {
		return false, err
	}
	named, err := os.Stat(file.Name())
	if errors.Is(err, os.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	return os.SameFile(held, named), nil
}

// IsMain reports whether this is the spool of the program itself rather than
// of one of its helpers.
func (r *Reader) IsMain() bool { return strings.HasSuffix(r.Name(), "-main"+extension) }

// Offset is where the next event begins.
func (r *Reader) Offset() int64 { return r.offset }

// SkipTo goes to an offset that an earlier reader of the same spool stood at,
// or to the first event that is still there.
func (r *Reader) SkipTo(offset int64) {
	r.offset = max(offset, r.first)
	r.chunk = nil
}

// Size is at least the offset of the end of all events so far.
func (r *Reader) Size() (int64, error) {
	info, err := r.file.Stat()
	if err != nil {
		return 0, fmt.Errorf("read spool: %w", err)
	}
	return info.Size(), nil
}

// Next returns the next event, io.EOF when there is none yet, or an error of
// the disk. An event that a newer version wrote is skipped.
func (r *Reader) Next() (event.Event, error) {
	for {
		record, err := r.record()
		if err != nil {
			// What has been read is out of date by the next time.
			r.chunk, r.ahead = nil, leastAhead
			return nil, err
		}
		r.offset += aligned(int64(len(record)), r.alignment)
		e, err := event.Decode(record[recordHead:])
		if err == nil {
			return e, nil
		}
		// The checksum holds, so these bytes are what a program meant to
		// write: one that knows more kinds of events than this one. The rest
		// of the spool is of use without it.
	}
}

// record returns the record at r.offset. Its event may keep parts of it.
func (r *Reader) record() ([]byte, error) {
	head, err := r.bytes(recordHead)
	if err != nil {
		return nil, err
	}
	length := binary.LittleEndian.Uint32(head)
	if length == 0 || length > maxRecord {
		return nil, io.EOF
	}
	checksum := binary.LittleEndian.Uint32(head[4:])
	whole, err := r.bytes(aligned(recordHead+int64(length), r.alignment))
	if err != nil {
		return nil, err
	}
	record := whole[: recordHead+length : recordHead+length]
	if crc32.Checksum(record[recordHead:], castagnoli) != checksum {
		return nil, io.EOF
	}
	return record, nil
}

// bytes returns the next n bytes of the file, io.EOF if there are not as many.
func (r *Reader) bytes(n int64) ([]byte, error) {
	if at := r.offset - r.chunkAt; r.chunk != nil && at+n <= int64(len(r.chunk)) {
		return r.chunk[at : at+n], nil
	}
	// The size of the file comes first, so that a damaged length costs nothing.
	size, err := r.Size()
	if err != nil {
		return nil, err
	}
	want := min(max(n, r.ahead), size-r.offset)
	if want < n {
		return nil, io.EOF
	}
	// Events keep parts of the last chunk, so that this is a new one.
	chunk := make([]byte, want)
	got, err := r.file.ReadAt(chunk, r.offset)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("read spool: %w", err)
	}
	if int64(got) < n {
		return nil, io.EOF
	}
	r.chunk, r.chunkAt, r.ahead = chunk[:got], r.offset, min(2*r.ahead, mostAhead)
	return r.chunk[:n], nil
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

// giveBackEvery is how much room is given back to the disk at once.
const giveBackEvery = 16 << 20

// firstKept is the end of the room that is never given back: the block of the
// header.
const firstKept = 4 << 10

// TakenIn says that the events before offset will not be needed again, which
// lets the writer know how far behind its readers are. Their room goes back to
// the disk where the system can do that; where it cannot, it stays until the
// spool is removed.
func (r *Reader) TakenIn(offset int64) {
	if r.alignment != alignment {
		return // version 1 has no place for it
	}
	field := binary.LittleEndian.AppendUint64(nil, uint64(offset))
	if _, err := r.file.WriteAt(field, int64(beginAt)); err != nil {
		return // nothing is lost but room, and the next time it may go well
	}
	r.given = max(r.given, firstKept)
	if to := offset &^ (firstKept - 1); to-r.given >= giveBackEvery {
		giveBack(r.file, r.given, to)
		r.given = to
	}
}

// Close closes the reader.
func (r *Reader) Close() error { return r.file.Close() }

// Remove closes the reader and deletes the spool.
func (r *Reader) Remove() error {
	return errors.Join(r.file.Close(), os.Remove(r.file.Name()))
}
