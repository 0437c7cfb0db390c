//go:build unix

package mapfile

import (
	"os"

	"golang.org/x/sys/unix"
)

// checkLimit keeps a file within what the process may write: beyond it comes
// SIGXFSZ rather than an error.
func checkLimit(file *os.File, size int64) error {
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_FSIZE, &limit); err != nil {
		return os.NewSyscallError("getrlimit", err)
	}
	if uint64(size) > uint64(limit.Cur) {
		return &os.PathError{Op: "allocate", Path: file.Name(), Err: unix.EFBIG}
	}
	return nil
}
