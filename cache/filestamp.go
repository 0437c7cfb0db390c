package cache

import "time"

// A stamp is what the file system says about a file without reading it. The
// content of a file with the same stamp is the same, if the stamp was settled
// when the file was read.
type stamp struct {
	device, inode uint64
	size          int64
	modified      int64 // nanoseconds since 1970 UTC
	changed       int64 // the same; 0 if nobody knows
}

// File systems count time in ticks. Two changes in one tick leave the same
// stamp, so that a content that was read in the tick of the last change proves
// nothing. Of a file system that tells fractions of seconds, a tick is at most
// that of the system's own clock, 10 ms; others count seconds, or two.
const (
	fineTick   = 100 * time.Millisecond
	coarseTick = 2 * time.Second
)

// settledAt reports whether a file that had this stamp at that moment could not
// change afterwards without getting another one.
func (s stamp) settledAt(at time.Time) bool {
	if s.changed == 0 {
		return false
	}
	tick := fineTick
	if s.changed%int64(time.Second) == 0 {
		tick = coarseTick
	}
	return at.Sub(time.Unix(0, s.changed)) > tick
}
