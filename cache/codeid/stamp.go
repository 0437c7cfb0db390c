package codeid

import (
	"io/fs"
	"slices"
	"time"
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

// A fileState is what the file system said of a file after it was read.
type fileState struct {
	stamp   stamp
	changed time.Time
	began   time.Time // before it was read; zero if there was nothing to read
}

// stateOf describes a file that was begun to be read at that time.
func stateOf(info fs.FileInfo, began time.Time) fileState {
	return fileState{stamp: stampOf(info), changed: changedAt(info), began: began}
}

// settled reports whether later changes of the files give other stamps. That a
// file was not there is settled: if it comes, it has a stamp.
func (p *program) settled(files []listedFile) bool {
	return !slices.ContainsFunc(files, func(f listedFile) bool {
		return !f.state.began.IsZero() && !f.state.stamp.settledAt(f.state.began.Add(p.later))
	})
}

// File systems count time in ticks. Two changes in one tick leave the same
// stamp, so that a content that was read in the tick of the last change proves
// nothing. Of a file system that tells fractions of seconds, a tick is at most
// that of the system's own clock, 10 ms; others count seconds, or two.
const (
	fineTick   = 100 * time.Millisecond
	coarseTick = 2 * time.Second
)

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
