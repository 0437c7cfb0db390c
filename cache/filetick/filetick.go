// Package filetick knows how finely file systems tell time, for who takes a file that
// has the times that it had for one that was not changed.
package filetick

import "time"

// File systems count time in ticks. Two changes in one tick leave the same times, so
// that a content that was read in the tick of the last change proves nothing. Of a file
// system that tells fractions of seconds, a tick is at most that of the system's own
// clock, 10 ms; others count seconds, or two.
const (
	fineTick   = 100 * time.Millisecond
	coarseTick = 2 * time.Second
)

// Settled reports whether a file whose last change was at changed, in nanoseconds since
// 1970 UTC, could not be changed after at without showing another time. A change at 0
// is one of which nobody knows: it never settles.
func Settled(changed int64, at time.Time) bool {
	if changed == 0 {
		return false
	}
	tick := fineTick
	if changed%int64(time.Second) == 0 {
		tick = coarseTick
	}
	return at.Sub(time.Unix(0, changed)) > tick
}
