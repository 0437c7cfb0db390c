package store_test

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"

	"labbook/cache/store"
)

// platformRole is for what a process can do only to itself.
func platformRole(role, dir string) int {
	if role != "small" {
		return 2
	}
	// A disk that is full for files above 8 KiB.
	limit := syscall.Rlimit{Cur: 8 << 10, Max: 8 << 10}
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 2
	}
	s := store.Open(dir, store.Limits{})
	if err := s.Put(function, keyOf(1), meta(), make([]byte, 100)); err != nil {
		fmt.Fprintln(os.Stderr, "a small entry:", err)
		return 1
	}
	for _, size := range []int{10 << 10, 100 << 10} {
		if err := s.Put(function, keyOf(2), meta(), make([]byte, size)); !errors.Is(err, syscall.EFBIG) {
			fmt.Fprintf(os.Stderr, "an entry of %d bytes: %v\n", size, err)
			return 1
		}
		if err := s.Put(function, keyOf(1), meta(), make([]byte, size)); err == nil {
			fmt.Fprintln(os.Stderr, "the small entry was replaced")
			return 1
		}
	}
	return 0
}

func TestPutOnAFullDisk(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	small := exec.Command(os.Args[0])
	small.Env = append(os.Environ(), roleEnv+"=small", dirEnv+"="+dir)
	if out, err := small.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	s := store.Open(dir, store.Limits{})
	if _, err := s.Get(function, keyOf(2)); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("the entry that had no room: %v", err)
	}
	if e, err := s.Get(function, keyOf(1)); err != nil || len(e.Payload) != 100 {
		t.Errorf("the entry that had: %v", err)
	}
	wantNoLeftovers(t, s)
}

func TestGetDoesNotWaitForAPipe(t *testing.T) {
	t.Parallel()
	s := store.Open(t.TempDir(), store.Limits{})
	path := s.Path(function, keyOf(1))
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Skip(err)
	}
	_, err := s.Get(function, keyOf(1))
	wantCorrupt(t, err, "a named pipe")
	writer, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer writer.Close()
	_, err = s.Get(function, keyOf(1))
	wantCorrupt(t, err, "a named pipe that somebody may write to")
	if s.Contains(function, keyOf(1)) {
		t.Error("a named pipe counts as an entry")
	}
	for _, err := range s.Entries(function) {
		wantCorrupt(t, err, "a named pipe in a list")
	}
}
