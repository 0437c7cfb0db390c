package spool

import (
	"errors"
	"os"

	"golang.org/x/sys/windows"
)

// canLock says that files can be locked here, and canRemoveLocked that one can be
// removed by who has it open and locked.
const (
	canLock         = true
	canRemoveLocked = false
)

// lockAt lies far behind all content: Windows locks keep others from reading
// the bytes that they cover.
const lockAt = 1 << 30

// lock takes the file's lock if nobody holds it. The end of the process,
// however it comes, gives it up.
func lock(file *os.File) (taken bool, err error) {
	place := windows.Overlapped{OffsetHigh: lockAt}
	const flags = windows.LOCKFILE_EXCLUSIVE_LOCK | windows.LOCKFILE_FAIL_IMMEDIATELY
	err = windows.LockFileEx(windows.Handle(file.Fd()), flags, 0, 1, 0, &place)
	if errors.Is(err, windows.ERROR_LOCK_VIOLATION) {
		return false, nil
	}
	return err == nil, err
}

// unlock has nothing to do here: the lock goes with the file.
func unlock(*os.File) error { return nil }
