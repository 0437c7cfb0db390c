package store_test

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"labbook/cache/store"
)

// smallDisk mounts a file system of a few pages.
func smallDisk(t *testing.T, size string) string {
	t.Helper()
	dir := t.TempDir()
	if err := syscall.Mount("none", dir, "tmpfs", 0, "size="+size+",mode=700"); err != nil {
		t.Skipf("no file system can be mounted here: %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	return dir
}

// On a full disk the journal cannot grow, nor be made: entries that are there
// are served, those that have room are put, and evicting makes room.
func TestIndexOnAFullDisk(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		reason string
		gone   bool // the index, when the disk is full
	}{
		{"the journal cannot grow", false},
		{"the index cannot be made", true},
	} {
		t.Run(test.reason, func(t *testing.T) {
			t.Parallel()
			disk := smallDisk(t, "1m")
			dir := filepath.Join(disk, "cache")
			s := store.Open(dir, store.Limits{})
			var full error
			stored := 0
			for n := 1; n < 1000 && full == nil; n++ {
				if full = s.Put(function, keyOf(n), meta(), make([]byte, 3000)); full == nil {
					stored = n
				}
			}
			if !errors.Is(full, syscall.ENOSPC) || stored < 50 {
				t.Fatalf("after %d entries: %v", stored, full)
			}
			for n := 1; n <= stored; n++ {
				if _, err := s.Get(function, keyOf(n)); err != nil {
					t.Errorf("entry %d: %v", n, err)
				}
				s.Use(function, keyOf(n)).Touch()
			}
			closeStore(t, s)
			if test.gone {
				if err := os.RemoveAll(filepath.Join(dir, ".index")); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(filepath.Join(disk, "other"), make([]byte, 1<<20), 0o600); !errors.Is(err, syscall.ENOSPC) {
					t.Fatal(err)
				}
			}

			// Another program comes to a full disk.
			other := store.Open(dir, store.Limits{})
			var problem error
			other.OnProblem(func(err error) { problem = err })
			if _, err := other.Get(function, keyOf(1)); err != nil {
				t.Error(err)
			}
			other.Use(function, keyOf(1)).Touch()
			if test.gone && !errors.Is(problem, syscall.ENOSPC) {
				t.Errorf("told %v", problem)
			}
			if c, err := other.Collect(t.Context(), store.Limits{MaxEntries: 20}); err != nil || c.Evicted < 30 {
				t.Errorf("evicting on a full disk: %+v, %v", c, err)
			}
			put(t, other, keyOf(0), make([]byte, 3000))
			if left, u := list(t, other), usage(t, other); len(left) > 21 || u.Entries != int64(len(left)) {
				t.Errorf("%d entries are left and %d known", len(left), u.Entries)
			}
			closeStore(t, other)
		})
	}
}

func TestReadOnlyStore(t *testing.T) {
	t.Parallel()
	disk := smallDisk(t, "1m")
	before := store.Open(disk, store.Limits{})
	put(t, before, keyOf(1), []byte("x"))
	closeStore(t, before)
	if err := syscall.Mount("none", disk, "tmpfs", syscall.MS_REMOUNT|syscall.MS_RDONLY, ""); err != nil {
		t.Skip(err)
	}
	s := store.Open(disk, store.Limits{MaxEntries: 1})
	problems := 0
	s.OnProblem(func(error) { problems++ })
	for range 2 {
		if e, err := s.Get(function, keyOf(1)); err != nil || string(e.Payload) != "x" {
			t.Error(err)
		}
		s.Use(function, keyOf(1)).Touch()
	}
	if err := s.Put(function, keyOf(2), meta(), nil); !errors.Is(err, syscall.EROFS) {
		t.Errorf("put: %v", err)
	}
	if u := usage(t, s); u.Entries != 1 {
		t.Errorf("%d entries are known", u.Entries)
	}
	if problems != 1 {
		t.Errorf("told %d times", problems)
	}
	closeStore(t, s)
}
