package cache

import (
	"time"

	"labbook/cache/filetick"
)

// A stamp is what the file system says about a file without reading it. The
// content of a file with the same stamp is the same, if the stamp was settled
// when the file was read.
type stamp struct {
	device, inode uint64
	size          int64
	modified      int64 // nanoseconds since 1970 UTC
	changed       int64 // the same; 0 if nobody knows
}

// settledAt reports whether a file that had this stamp at that moment could not
// change afterwards without getting another one.
func (s stamp) settledAt(at time.Time) bool { return filetick.Settled(s.changed, at) }
