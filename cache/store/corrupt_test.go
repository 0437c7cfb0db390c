package store_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"labbook/cache/store"
)

func TestEveryFlippedBitIsFound(t *testing.T) {
	t.Parallel()
	s := store.Open(t.TempDir(), store.Limits{})
	put(t, s, keyOf(1), []byte("a payload"))
	path := s.Path(function, keyOf(1))
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	damaged := make([]byte, len(whole))
	for i := range whole {
		copy(damaged, whole)
		damaged[i] ^= 1 << (i % 8)
		if err := os.WriteFile(path, damaged, 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := s.Get(function, keyOf(1))
		var newer *store.VersionError
		if errors.As(err, &newer) && i == 7 {
			continue // another version is no damage
		}
		wantCorrupt(t, err, "a flipped bit")
	}
}

func TestEveryCutIsFound(t *testing.T) {
	t.Parallel()
	s := store.Open(t.TempDir(), store.Limits{})
	for n, size := range []int{9, 30_000} {
		put(t, s, keyOf(n), make([]byte, size))
		path := s.Path(function, keyOf(n))
		whole, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for cut := len(whole) - 1; cut >= 0; cut -= 1 + size/200 {
			if err := os.Truncate(path, int64(cut)); err != nil {
				t.Fatal(err)
			}
			_, err := s.Get(function, keyOf(n))
			wantCorrupt(t, err, "a file cut short")
		}
		if err := os.WriteFile(path, append(whole, 0), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err = s.Get(function, keyOf(n))
		wantCorrupt(t, err, "a byte too many")
	}
}

func TestForeignFiles(t *testing.T) {
	t.Parallel()
	s := store.Open(t.TempDir(), store.Limits{})
	put(t, s, keyOf(1), make([]byte, 20_000))
	whole, err := os.ReadFile(s.Path(function, keyOf(1)))
	if err != nil {
		t.Fatal(err)
	}
	huge := append([]byte(nil), whole...)
	huge[22] = 0xff // the payload's length, in petabytes
	for _, test := range []struct {
		reason  string
		content []byte
	}{
		{"nothing", nil},
		{"a picture", []byte("\x89PNG\r\n\x1a\n")},
		{"zeros", make([]byte, 1<<17)},
		{"half a magic", []byte("LBEN")},
		{"a magic alone", []byte("LBENTRY")},
		{"a length beyond all measure", huge},
		{"another key's entry", whole},
	} {
		path := s.Path(function, keyOf(2))
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, test.content, 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := s.Get(function, keyOf(2))
		wantCorrupt(t, err, test.reason)
	}
}

func TestNewerVersionsStay(t *testing.T) {
	t.Parallel()
	s := store.Open(t.TempDir(), store.Limits{})
	put(t, s, keyOf(1), nil)
	path := s.Path(function, keyOf(1))
	if err := os.WriteFile(path, []byte("LBENTRY\x02and what that brings"), 0o600); err != nil {
		t.Fatal(err)
	}
	var newer *store.VersionError
	if _, err := s.Get(function, keyOf(1)); !errors.As(err, &newer) || newer.Version != 2 || newer.Path != path {
		t.Errorf("got %v", err)
	}
	if _, err := os.Lstat(path); err != nil {
		t.Error(err)
	}
}

func TestLinks(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := store.Open(filepath.Join(dir, "cache"), store.Limits{})
	put(t, s, keyOf(1), []byte("x"))
	path := s.Path(function, keyOf(1))

	target := filepath.Join(dir, "elsewhere")
	if err := os.Rename(path, target); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(target, path); err != nil {
		t.Skip(err)
	}
	_, err := s.Get(function, keyOf(1))
	wantCorrupt(t, err, "a link in the place of an entry")
	put(t, s, keyOf(1), []byte("y"))
	if e, err := s.Get(function, keyOf(1)); err != nil || string(e.Payload) != "y" {
		t.Errorf("after the link was replaced: %v", err)
	}
	if b, err := os.ReadFile(target); err != nil || b[0] != 'L' {
		t.Errorf("what the link pointed to: %v", err)
	}

	// The whole cache may be elsewhere.
	if err := os.Rename(filepath.Join(dir, "cache"), filepath.Join(dir, "moved")); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(filepath.Join(dir, "moved"), filepath.Join(dir, "cache")); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Get(function, keyOf(1)); err != nil {
		t.Errorf("through a link to the cache: %v", err)
	}
	put(t, s, keyOf(2), nil)
}

func TestPermissionErrorsAreNoDamage(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" || os.Geteuid() == 0 {
		t.Skip("permissions do not bind this user")
	}
	s := store.Open(t.TempDir(), store.Limits{})
	put(t, s, keyOf(1), nil)
	if err := os.Chmod(s.Path(function, keyOf(1)), 0); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Get(function, keyOf(1)); !errors.Is(err, fs.ErrPermission) {
		t.Errorf("got %v", err)
	}
}
