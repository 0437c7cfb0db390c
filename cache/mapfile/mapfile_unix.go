//go:build unix

package mapfile

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

func mapFile(file *os.File, offset int64, size int, mode Mode) ([]byte, func() error, error) {
	data, release, err := mapDescriptor(int(file.Fd()), offset, size, mode)
	if err != nil {
		return nil, nil, fmt.Errorf("map file: %w", &os.PathError{Op: "mmap", Path: file.Name(), Err: err})
	}
	return data, release, nil
}

func mapDescriptor(fd int, offset int64, size int, mode Mode) ([]byte, func() error, error) {
	protection, flags := unix.PROT_READ, unix.MAP_SHARED
	switch mode {
	case ReadOnly:
	case Private:
		protection, flags = unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE
	case Shared:
		protection = unix.PROT_READ | unix.PROT_WRITE
	}
	data, err := unix.Mmap(fd, offset, size, protection, flags)
	if err != nil {
		return nil, nil, err
	}
	return data, func() error { return unix.Munmap(data) }, nil
}
