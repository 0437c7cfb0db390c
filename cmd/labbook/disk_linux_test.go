package main

import (
	"os"
	"path/filepath"
	"sync"
	"syscall"

	"github.com/rogpeppe/go-internal/testscript"
)

// canMount tries once whether a small disk can be mounted: it takes a right
// that few users have.
var canMount = sync.OnceValue(func() bool {
	dir, err := os.MkdirTemp("", "labbook-disk-")
	if err != nil {
		return false
	}
	err = mountDisk(dir)
	if err == nil {
		err = syscall.Unmount(dir, syscall.MNT_DETACH)
	}
	return os.Remove(dir) == nil && err == nil
})

func mountDisk(dir string) error { return syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=2m") }

// diskCommand is "disk FOLDER": it makes the folder a disk of its own, of two
// MiB. "disk -fill FOLDER" takes what room is left on it.
func diskCommand(ts *testscript.TestScript, neg bool, args []string) {
	switch {
	case !neg && len(args) == 1:
		dir := ts.MkAbs(args[0])
		ts.Check(os.MkdirAll(dir, 0o700))
		ts.Check(mountDisk(dir))
		ts.Defer(func() { ts.Check(syscall.Unmount(dir, syscall.MNT_DETACH)) })
	case !neg && len(args) == 2 && args[0] == "-fill":
		file, err := os.Create(filepath.Join(ts.MkAbs(args[1]), "filler"))
		ts.Check(err)
		for err == nil {
			_, err = file.Write(make([]byte, 4<<10))
		}
		ts.Check(file.Close())
	default:
		ts.Fatalf("usage: disk [-fill] FOLDER")
	}
}
