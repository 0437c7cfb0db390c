//go:build !linux

package mapfile

import "os"

func allocate(file *os.File, from, to int64) error { return zeros(file, from, to) }
