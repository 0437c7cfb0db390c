//go:build linux || darwin

package cache

import (
	"io/fs"
	"os"
	"syscall"
)

func stampOfPath(path string) (stamp, fs.FileInfo, error) {
	info, err := os.Stat(path)
	if err != nil {
		return stamp{}, nil, err
	}
	return stampOf(info), info, nil
}

func stampOfFile(file *os.File) (stamp, error) {
	info, err := file.Stat()
	if err != nil {
		return stamp{}, err
	}
	return stampOf(info), nil
}

func stampOf(info fs.FileInfo) stamp {
	s := stamp{size: info.Size(), modified: info.ModTime().UnixNano()}
	if stat, ok := info.Sys().(*syscall.Stat_t); ok {
		s.device, s.inode, s.changed = uint64(stat.Dev), uint64(stat.Ino), changeTime(stat)
	}
	return s
}
