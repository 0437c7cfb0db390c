//go:build unix

package mapfile

import (
	"fmt"
	"io"
	"os"

	"golang.org/x/sys/unix"
)

// open asks the system itself: an os.File costs as much again, and would be
// closed at once.
func open(path string, mode Mode, use func(*Mapping, io.ReaderAt) error) (*Mapping, error) {
	flags := unix.O_RDONLY
	if mode == Shared {
		flags = unix.O_RDWR
	}
	problem := func(op string, err error) error {
		return fmt.Errorf("map file: %w", &os.PathError{Op: op, Path: path, Err: err})
	}
	var fd int
	if err := restarted(func() (err error) {
		fd, err = unix.Open(path, flags|unix.O_CLOEXEC, 0)
		return err
	}); err != nil {
		return nil, problem("open", err)
	}
	// Nothing was written through it.
	defer func() { _ = unix.Close(fd) }()
	var info unix.Stat_t
	if err := restarted(func() error { return unix.Fstat(fd, &info) }); err != nil {
		return nil, problem("stat", err)
	}
	if info.Mode&unix.S_IFMT != unix.S_IFREG {
		return nil, problem("map", errNotRegular)
	}
	m, err := MapDescriptor(uintptr(fd), path, info.Size, mode)
	if err != nil {
		return nil, err
	}
	return used(m, descriptor(fd), use)
}

// A descriptor is an open file.
type descriptor int

func (d descriptor) ReadAt(p []byte, at int64) (n int, err error) {
	for n < len(p) {
		var got int
		if err := restarted(func() (err error) {
			got, err = unix.Pread(int(d), p[n:], at+int64(n))
			return err
		}); err != nil {
			return n, fmt.Errorf("read file: %w", err)
		}
		if got == 0 {
			return n, io.EOF
		}
		n += got
	}
	return n, nil
}

// restarted calls again what a signal interrupted.
func restarted(call func() error) error {
	for {
		if err := call(); err != unix.EINTR { //nolint:errorlint // the system returns it as it is
			return err
		}
	}
}
