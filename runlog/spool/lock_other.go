//go:build (!unix && !windows) || solaris || aix

package spool

import "os"

// lock never takes the lock: where files cannot be locked, a spool that its own
// program did not take in stays where it is rather than be taken in too early.
func lock(*os.File) (taken bool, err error) { return false, nil }

// unlock has nothing to do here: the lock goes with the file.
func unlock(*os.File) error { return nil }
