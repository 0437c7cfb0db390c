//go:build !linux && !darwin

package codeid

import (
	"io/fs"
	"time"
)

// changedAt returns when the file was last modified.
func changedAt(info fs.FileInfo) time.Time { return info.ModTime() }
