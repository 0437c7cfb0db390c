package tests

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"labbook/cache"
)

// smallDisk makes a folder that is a disk of one MiB.
func smallDisk(t *testing.T) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "disk")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=1m"); err != nil {
		t.Skipf("no disk can be mounted, which takes a right that few users have: %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	return dir
}

func TestFullDisk(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(smallDisk(t), "cache")
	m, told := troubleMemory(t, dir, cache.Options{})
	f := cache.NewFunction(m, troubled)
	for n := range 100 { // of 32 KiB each
		mustBeTroubled(t, f.Call(t.Name(), n), n)
	}
	kept := entriesOf(t, dir)
	if kept < 10 || kept > 32 {
		t.Errorf("%d entries of 32 KiB are on a disk of 1 MiB", kept)
	}
	if text := told.String(); !strings.Contains(text, "no space left on device") || strings.Count(text, "\n") > 2 {
		t.Errorf("it warns with %q; want a line that says why", text)
	}
	ranTroubled(t)
	for n := range 10 {
		mustBeTroubled(t, f.Call(t.Name(), n), n)
	}
	if ran := ranTroubled(t); ran != 0 {
		t.Errorf("of the 10 results that came first, %d were computed again", ran)
	}
	mustShelveNot(t, f, 99)
	// Room again, and everything is as before.
	if err := f.Clear(); err != nil {
		t.Fatal(err)
	}
	mustBeTroubled(t, f.Call(t.Name(), 99), 99)
	ranTroubled(t)
	mustBeTroubled(t, f.Call(t.Name(), 99), 99)
	if ran := ranTroubled(t); ran != 0 || entriesOf(t, dir) != 1 {
		t.Errorf("after room was made it ran %d times; %d entries are there", ran, entriesOf(t, dir))
	}
}

// mustShelveNot checks that what could not be stored is not referred to.
func mustShelveNot(t *testing.T, f *cache.Function[func(string, int) []int], n int) {
	t.Helper()
	if has, err := f.Contains(t.Name(), n); has || err != nil {
		t.Errorf("what could not be stored is there: %v, %v", has, err)
	}
	if ref, err := f.Shelve(t.Name(), n); err == nil {
		t.Errorf("there is a reference %v to what could not be stored", ref)
	}
}

// A limit that fits on the disk is kept before the disk is full.
func TestLimitOnASmallDisk(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(smallDisk(t), "cache")
	m, told := troubleMemory(t, dir, cache.Options{MaxBytes: 256 << 10})
	f := cache.NewFunction(m, troubled)
	for n := range 100 {
		mustBeTroubled(t, f.Call(t.Name(), n), n)
		if _, err := m.Collect(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if kept := entriesOf(t, dir); kept < 5 || kept > 8 {
		t.Errorf("%d entries of 32 KiB are kept, of a limit of 256 KiB", kept)
	}
	mustBeSilent(t, told)
}

// nobody is a user without rights.
const nobody = 65534

// asNobody does something with the rights that nobody has to files, on the
// calling goroutine alone.
func asNobody(t *testing.T, do func()) {
	t.Helper()
	if os.Getuid() != 0 {
		do() // whoever this is must heed permissions
		return
	}
	runtime.LockOSThread()
	if err := syscall.Setfsuid(nobody); err != nil {
		t.Fatal(err)
	}
	do()
	if err := syscall.Setfsuid(0); err != nil {
		t.Fatal(err)
	}
	runtime.UnlockOSThread()
}

func TestPermissionTakenAway(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	dir := filepath.Join(root, "cache")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if os.Getuid() == 0 {
		for _, folder := range []string{filepath.Dir(root), root} {
			if err := os.Chmod(folder, 0o711); err != nil {
				t.Fatal(err)
			}
		}
		if err := os.Chown(dir, nobody, nobody); err != nil {
			t.Fatal(err)
		}
	}
	m, told := troubleMemory(t, dir, cache.Options{})
	f := cache.NewFunction(m, troubled)
	var folders []string
	asNobody(t, func() {
		mustBeTroubled(t, f.Call(t.Name(), 1), 1)
		mustBeSilent(t, told)
		entry := matches(t, dir)[0]
		folders = []string{filepath.Join(filepath.Dir(filepath.Dir(entry)), "tmp"), filepath.Dir(entry), filepath.Dir(filepath.Dir(entry)), dir}
	})
	for _, folder := range folders {
		if err := os.Chmod(folder, 0o500); err != nil {
			t.Fatal(err)
		}
	}
	asNobody(t, func() {
		for range 2 {
			for n := 1; n < 4; n++ {
				mustBeTroubled(t, f.Call(t.Name(), n), n)
			}
		}
	})
	if ran := ranTroubled(t); ran != 1+2*2 {
		t.Errorf("it ran %d times; want once while it could be stored, and each time after", ran)
	}
	if text := told.String(); !strings.Contains(text, "permission denied") || strings.Count(text, "\n") > 2 {
		t.Errorf("it warns with %q; want a line that says why", text)
	}
	if n := entriesOf(t, dir); n != 1 {
		t.Errorf("there are %d entries; only the first could be stored", n)
	}
	for _, folder := range folders {
		if err := os.Chmod(folder, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	asNobody(t, func() {
		mustBeTroubled(t, f.Call(t.Name(), 2), 2)
		ranTroubled(t)
		mustBeTroubled(t, f.Call(t.Name(), 2), 2)
	})
	if ran := ranTroubled(t); ran != 0 {
		t.Errorf("with the permission back it ran %d times", ran)
	}
}
