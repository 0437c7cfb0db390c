package codeid

import (
	"io/fs"
	"syscall"
	"time"
)

// changedAt returns when the file was last changed. The change time cannot be
// set back, unlike the modification time that tools which restore files set.
func changedAt(info fs.FileInfo) time.Time {
	at := info.ModTime()
	if stat, ok := info.Sys().(*syscall.Stat_t); ok {
		if changed := time.Unix(stat.Ctimespec.Unix()); changed.After(at) {
			return changed
		}
	}
	return at
}
