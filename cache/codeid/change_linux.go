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
		if changed := time.Unix(stat.Ctim.Unix()); changed.After(at) {
			return changed
		}
	}
	return at
}

func stampOf(info fs.FileInfo) stamp {
	s := stamp{size: info.Size(), modified: info.ModTime().UnixNano()}
	if stat, ok := info.Sys().(*syscall.Stat_t); ok {
		s.device, s.inode, s.changed = uint64(stat.Dev), stat.Ino, stat.Ctim.Nano() //nolint:unconvert // it has 32 bits on some processors
	}
	return s
}
