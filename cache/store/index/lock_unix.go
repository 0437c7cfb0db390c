//go:build unix && !solaris && !aix

package index

import (
	"errors"
	"os"
	"syscall"
)

const canLock = true

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
