package spool

import (
	"os"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"labbook/runlog/event"
)

// blocks is the room that a file takes on the disk.
func blocks(t *testing.T, path string) int64 {
	t.Helper()
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	return info.Sys().(*syscall.Stat_t).Blocks * 512
}

// A program that records for days takes no more room than what the lab-book has
// yet to take in.
func TestRoomIsGivenBack(t *testing.T) {
	t.Parallel()
	w := create(t)
	r := open(t, w.Path())
	tag := strings.Repeat("x", 64<<10)
	var most int64
	for range 100 {
		for range 16 {
			if err := w.Append(&event.Tag{Tag: tag}); err != nil {
				t.Fatal(err)
			}
		}
		if got := len(tags(t, r)); got != 16 {
			t.Fatalf("%d events, want 16", got)
		}
		r.TakenIn(r.Offset())
		most = max(most, blocks(t, w.Path()))
	}
	if w.used < 100<<20 {
		t.Fatalf("only %d bytes were written", w.used)
	}
	if full := blocks(t, w.Path()); full > 90<<20 {
		t.Skipf("this file system makes no holes: %d bytes are used", full)
	}
	if limit := int64(giveBackEvery + 3*laterStep); most > limit {
		t.Errorf("up to %d bytes of the disk are in use, want at most %d", most, limit)
	}
	appendTag(t, w, "last")
	if diff := cmp.Diff([]string{"last"}, tags(t, open(t, w.Path()))); diff != "" {
		t.Errorf("behind the hole (-want +got):\n%s", diff)
	}
}
