// Package mapfile maps files into memory: for logs that survive the death of
// their writer, and for arrays that are used where they lie on disk.
//
// Writing to a mapping whose file has no room on a full disk ends a program by
// a signal. [Allocate] makes sure of the room first. Reading a mapping of a
// file that somebody cut short does the same; [Guard] turns that into an error.
//
// A mapping outlives its file's descriptor and name: a file may be closed and
// deleted while it is mapped. Nothing here waits for the disk.
package mapfile

import (
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"runtime"
	"runtime/debug"
)

// Mode says what a mapping is for.
type Mode int

const (
	// ReadOnly memory must not be written: the program would end.
	ReadOnly Mode = iota
	// Private memory may be written; what is written stays in this mapping and
	// never reaches the file.
	Private
	// Shared memory is the file: every process that maps it sees what is
	// written, and the file keeps it when the writer is killed.
	Shared
)

// ErrUnsupported is returned where the system has no mappings.
var ErrUnsupported = fmt.Errorf("map file: %w", errors.ErrUnsupported)

// A Mapping is a file in memory.
type Mapping struct {
	data    []byte
	release func() error
}

// Map maps the first size bytes of a file, which has to be that long and open
// for reading, and for Shared also for writing. The file may be closed at once.
// Map returns an error that wraps [errors.ErrUnsupported] on systems without
// mappings. A size of 0 gives an empty Mapping.
func Map(file *os.File, size int64, mode Mode) (*Mapping, error) {
	return MapRange(file, 0, size, mode)
}

// Granularity is what the offset of a mapping is a multiple of, on every system.
const Granularity = 64 << 10

// MapRange is Map for the size bytes from offset on, which is a multiple of
// Granularity.
func MapRange(file *os.File, offset, size int64, mode Mode) (*Mapping, error) {
	m, err := mapRange(file.Fd(), file.Name(), offset, size, mode)
	runtime.KeepAlive(file)
	return m, err
}

// MapDescriptor is Map for who has no [os.File]. name is for errors.
func MapDescriptor(descriptor uintptr, name string, size int64, mode Mode) (*Mapping, error) {
	return mapRange(descriptor, name, 0, size, mode)
}

// Open maps all of the file at path, which has to be a regular file. It costs
// what the system takes for four calls.
func Open(path string, mode Mode) (*Mapping, error) { return open(path, mode, nil) }

// OpenAndUse is Open, and calls use while the file is still open. An error of
// use takes the mapping back. The first touch of mapped memory costs as much as
// many short reads: what a program has to look at, and will not keep, it had
// better read from the file.
func OpenAndUse(path string, mode Mode, use func(m *Mapping, file io.ReaderAt) error) (*Mapping, error) {
	return open(path, mode, use)
}

func used(m *Mapping, file io.ReaderAt, use func(*Mapping, io.ReaderAt) error) (*Mapping, error) {
	if use == nil {
		return m, nil
	}
	if err := use(m, file); err != nil {
		return nil, errors.Join(err, m.Unmap())
	}
	return m, nil
}

var errNotRegular = errors.New("only a regular file can be mapped")

func mapRange(descriptor uintptr, name string, offset, size int64, mode Mode) (*Mapping, error) {
	switch {
	case size < 0 || size > math.MaxInt:
		return nil, fmt.Errorf("map file: %d bytes do not fit into memory", size)
	case offset < 0 || offset%Granularity != 0:
		return nil, fmt.Errorf("map file: offset %d is no multiple of %d", offset, Granularity)
	case size == 0:
		return &Mapping{release: func() error { return nil }}, nil
	}
	data, release, err := mapFile(descriptor, offset, int(size), mode)
	if errors.Is(err, errors.ErrUnsupported) {
		return nil, err
	}
	if err != nil {
		return nil, fmt.Errorf("map file: %w", &os.PathError{Op: "mmap", Path: name, Err: err})
	}
	return &Mapping{data: data, release: release}, nil
}

// Bytes returns the mapped memory, which starts on the boundary of a page. It
// must not be used after Unmap.
func (m *Mapping) Bytes() []byte { return m.data }

// Populate prepares all of a Shared mapping to be written, where the system can
// do that. Otherwise the first write to each page waits for the page, which
// takes microseconds. The file has to have its room, see [Allocate].
func (m *Mapping) Populate() {
	if len(m.data) > 0 {
		populate(m.data)
	}
}

// Unmap gives the memory back. Calling it again does nothing.
func (m *Mapping) Unmap() error {
	if m.release == nil {
		return nil
	}
	release := m.release
	m.data, m.release = nil, nil
	return release()
}

// Allocate makes file at least to bytes long, with the bytes between from and
// to zero and with room for them on the disk. from must not be within what the
// file already holds.
func Allocate(file *os.File, from, to int64) error { return allocate(file, from, to) }

// zeros writes the room that the file system does not give otherwise.
func zeros(file *os.File, from, to int64) error {
	block := make([]byte, min(to-from, 1<<20))
	for at := from; at < to; at += int64(len(block)) {
		if _, err := file.WriteAt(block[:min(int64(len(block)), to-at)], at); err != nil {
			return err
		}
	}
	return nil
}

// Guard calls do and turns a fault while it reads or writes mapped memory, on a
// file that was cut short or a disk that is full, into an error. Other panics go
// on. It holds for the calling goroutine only and costs a few nanoseconds.
func Guard(do func() error) (err error) {
	before := debug.SetPanicOnFault(true)
	defer func() {
		debug.SetPanicOnFault(before)
		switch r := recover().(type) {
		case nil:
		case interface{ Addr() uintptr }: // a runtime error that is a fault
			err = fmt.Errorf("use mapped file: its memory is gone, since the file was cut short or the disk is full (%v)", r)
		default:
			panic(r)
		}
	}()
	return do()
}
