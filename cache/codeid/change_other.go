//go:build !linux && !darwin

package codeid

import (
	"io/fs"
	"time"
)

// changedAt returns when the file was last modified.
func changedAt(info fs.FileInfo) time.Time { return info.ModTime() }

// stampOf returns a stamp that never settles.
func stampOf(info fs.FileInfo) stamp {
	return stamp{size: info.Size(), modified: info.ModTime().UnixNano()}
}
