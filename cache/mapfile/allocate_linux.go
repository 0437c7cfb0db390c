package mapfile

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

func allocate(file *os.File, from, to int64) error {
	if to <= from {
		return nil
	}
	for {
		err := unix.Fallocate(int(file.Fd()), 0, from, to-from)
		switch {
		case errors.Is(err, unix.EINTR):
		case errors.Is(err, unix.EOPNOTSUPP), errors.Is(err, unix.ENOSYS):
			return zeros(file, from, to)
		case err != nil:
			return &os.PathError{Op: "allocate", Path: file.Name(), Err: err}
		default:
			return nil
		}
	}
}
