//go:build !linux && !darwin && !windows

package cache

import (
	"io/fs"
	"os"
)

// Here nobody asks for the change time: stamps never settle, and files are read
// each time.

func stampOfPath(path string) (stamp, fs.FileInfo, error) {
	info, err := os.Stat(path)
	if err != nil {
		return stamp{}, nil, err
	}
	return stamp{size: info.Size(), modified: info.ModTime().UnixNano()}, info, nil
}

func stampOfFile(file *os.File) (stamp, error) {
	info, err := file.Stat()
	if err != nil {
		return stamp{}, err
	}
	return stamp{size: info.Size(), modified: info.ModTime().UnixNano()}, nil
}
