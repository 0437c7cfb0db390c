package codeid

import (
	"io/fs"
	"slices"
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

// settledAt reports whether a file that had this stamp at that moment could not
// change afterwards without getting another one.
func (s stamp) settledAt(at time.Time) bool { return filetick.Settled(s.changed, at) }
