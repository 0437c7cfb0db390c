//go:build unix

package mapfile

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// open asks the system itself: an os.File costs as much again, and would be
// closed at once.
func open(path string, mode Mode) (*Mapping, error) {
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
	return MapDescriptor(uintptr(fd), path, info.Size, mode)
}

// restarted calls again what a signal interrupted.
func restarted(call func() error) error {
	for {
		if err := call(); err != unix.EINTR { //nolint:errorlint // the system returns it as it is
			return err
		}
	}
}
