package spool

import (
	"errors"
	"fmt"
	"os"
	"testing"

	"golang.org/x/sys/unix"

	"labbook/runlog/event"
)

// A full disk is an error, and what was written before is there. How it all ended
// can be added nevertheless.
func TestFullDisk(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := unix.Mount("tmpfs", dir, "tmpfs", 0, "size=3m"); err != nil {
		t.Skipf("mounting a small disk takes rights that are missing here: %v", err)
	}
	t.Cleanup(func() {
		if err := unix.Unmount(dir, unix.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	w, err := Create(dir, run, "main")
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for ; ; n++ {
		if err = w.Append(&event.Tag{Tag: fmt.Sprintf("%0100d", n)}); err != nil {
			break
		}
	}
	if !errors.Is(err, unix.ENOSPC) {
		t.Errorf("Append = %v, want that the disk is full", err)
	}
	if w.used < 2<<20 {
		t.Errorf("it ends at %d bytes of a disk of 3 MiB", w.used)
	}
	const last = 20
	for range last {
		if err := w.AppendLast(&event.Tag{Tag: fmt.Sprintf("%0200d", n)}); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.AppendLast(&event.Tag{Tag: fmt.Sprintf("%020000d", n)}); !errors.Is(err, unix.ENOSPC) {
		t.Errorf("AppendLast of much = %v, want that the disk is full", err)
	}
	r := open(t, w.Path())
	if got := len(tags(t, r)); got != n+last {
		t.Errorf("%d events are in the spool, want %d", got, n+last)
	}
	if err := w.Close(); err != nil {
		t.Error(err)
	}
	if err := w.AppendLast(&event.Tag{}); !errors.Is(err, errClosed) {
		t.Errorf("AppendLast to a closed spool = %v", err)
	}
	if err := r.Remove(); err != nil {
		t.Error(err)
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) > 0 {
		t.Errorf("left are %v, %v", entries, err)
	}
}
