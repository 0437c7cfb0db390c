package mapfile

import "golang.org/x/sys/unix"

func populate(data []byte) {
	// Large pages are fewer; where there are none, this changes nothing. Neither
	// does the second where the kernel is older than it.
	_ = unix.Madvise(data, unix.MADV_HUGEPAGE)
	_ = unix.Madvise(data, unix.MADV_POPULATE_WRITE)
}
