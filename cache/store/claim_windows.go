package store

import (
	"errors"
	"os"

	"golang.org/x/sys/windows"
)

func lockByte(file *os.File, at int64) (taken bool, err error) {
	const flags = windows.LOCKFILE_EXCLUSIVE_LOCK | windows.LOCKFILE_FAIL_IMMEDIATELY
	err = windows.LockFileEx(windows.Handle(file.Fd()), flags, 0, 1, 0, overlapped(at))
	if errors.Is(err, windows.ERROR_LOCK_VIOLATION) {
		return false, nil
	}
	return err == nil, err
}

// unlockByte cannot say anything that matters to anybody.
func unlockByte(file *os.File, at int64) {
	_ = windows.UnlockFileEx(windows.Handle(file.Fd()), 0, 1, 0, overlapped(at))
}

func overlapped(at int64) *windows.Overlapped {
	return &windows.Overlapped{Offset: uint32(at), OffsetHigh: uint32(at >> 32)}
}
