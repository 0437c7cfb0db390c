//go:build (!unix && !windows) || solaris || aix

package spool

import "os"

// canLock says that files can be locked here, and canRemoveLocked that one can be
// removed by who has it open and locked.
const (
	canLock         = false
	canRemoveLocked = false
)

// lock never takes the lock: where files cannot be locked, a spool that its own
// program did not take in stays where it is rather than be taken in too early.
func lock(*os.File) (taken bool, err error) { return false, nil }

// unlock has nothing to do here: the lock goes with the file.
func unlock(*os.File) error { return nil }
