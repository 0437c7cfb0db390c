package store

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// lockByte locks by open file description: such locks belong to the Store and
// not to the process, and end when the last process that has the file open
// does.
func lockByte(file *os.File, at int64) (taken bool, err error) {
	err = setLock(file, at, unix.F_WRLCK)
	if errors.Is(err, unix.EAGAIN) || errors.Is(err, unix.EACCES) {
		return false, nil
	}
	return err == nil, err
}

// unlockByte cannot say anything that matters to anybody.
func unlockByte(file *os.File, at int64) { _ = setLock(file, at, unix.F_UNLCK) }

func setLock(file *os.File, at int64, kind int16) error {
	lock := unix.Flock_t{Type: kind, Start: at, Len: 1}
	for {
		if err := unix.FcntlFlock(file.Fd(), unix.F_OFD_SETLK, &lock); !errors.Is(err, unix.EINTR) {
			return err
		}
	}
}
