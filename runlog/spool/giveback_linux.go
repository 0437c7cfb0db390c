package spool

import (
	"os"

	"golang.org/x/sys/unix"
)

// giveBack gives the room between two offsets back to the disk; they then hold
// zeros. Some file systems cannot.
func giveBack(file *os.File, from, to int64) {
	_ = unix.Fallocate(int(file.Fd()), unix.FALLOC_FL_PUNCH_HOLE|unix.FALLOC_FL_KEEP_SIZE, from, to-from)
}
