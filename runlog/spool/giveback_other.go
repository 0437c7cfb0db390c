//go:build !linux

package spool

import "os"

// giveBack does nothing: the system gives no room back from the middle of a
// file, or not while it is mapped.
func giveBack(*os.File, int64, int64) {}
