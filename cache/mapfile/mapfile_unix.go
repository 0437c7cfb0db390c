//go:build unix

package mapfile

import "golang.org/x/sys/unix"

func mapFile(descriptor uintptr, offset int64, size int, mode Mode) ([]byte, func() error, error) {
	protection, flags := unix.PROT_READ, unix.MAP_SHARED
	switch mode {
	case ReadOnly:
	case Private:
		protection, flags = unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE
	case Shared:
		protection = unix.PROT_READ | unix.PROT_WRITE
	}
	data, err := unix.Mmap(int(descriptor), offset, size, protection, flags)
	if err != nil {
		return nil, nil, err
	}
	return data, func() error { return unix.Munmap(data) }, nil
}
