//go:build unix && !solaris && !aix

package spool

import (
	"errors"
	"os"
	"syscall"
)

// canLock says that files can be locked here, and canRemoveLocked that one can be
// removed by who has it open and locked.
const (
	canLock         = true
	canRemoveLocked = true
)

// lock takes the file's lock if nobody holds it. The lock goes with the open
// file: the end of the process, however it comes, gives it up.
func lock(file *os.File) (taken bool, err error) {
	for {
		err = syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		switch {
		case err == nil:
			return true, nil
		case errors.Is(err, syscall.EWOULDBLOCK):
			return false, nil
		case !errors.Is(err, syscall.EINTR):
			return false, os.NewSyscallError("flock", err)
		}
	}
}

// unlock gives the lock up, for all processes that share it.
func unlock(file *os.File) error {
	return os.NewSyscallError("flock", syscall.Flock(int(file.Fd()), syscall.LOCK_UN))
}
