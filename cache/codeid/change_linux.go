package codeid

import (
	"io/fs"
	"syscall"
	"time"
)

// changedAt returns when the file was last changed. The change time cannot be
// set back, unlike the modification time that tools which restore files set.
func changedAt(info fs.FileInfo) time.Time {
	if stat, ok := info.Sys().(*syscall.Stat_t); ok {
		return later(info.ModTime(), time.Unix(int64(stat.Ctim.Sec), int64(stat.Ctim.Nsec)))
	}
	return info.ModTime()
}
