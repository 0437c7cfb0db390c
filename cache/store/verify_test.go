package store_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"labbook/cache/store"
)

// TestVerifyAgreesWithGet damages entries in every way and place: Verify must
// say of each what Get says.
func TestVerifyAgreesWithGet(t *testing.T) {
	t.Parallel()
	s := store.Open(t.TempDir(), store.Limits{})
	for n, size := range []int{0, 9, 30_000, 600_000} {
		put(t, s, keyOf(n), make([]byte, size))
		path := s.Path(function, keyOf(n))
		whole, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		step := 1 + len(whole)/97
		for at := 0; at < len(whole); at += step {
			flipped := append([]byte(nil), whole...)
			flipped[at] ^= 1 << (at % 8)
			for what, content := range map[string][]byte{"flipped": flipped, "cut": whole[:at], "longer": append(flipped[:len(whole):len(whole)], 0)} {
				if err := os.WriteFile(path, content, 0o600); err != nil {
					t.Fatal(err)
				}
				_, want := s.Get(function, keyOf(n))
				_, got := s.VerifyEntry(t.Context(), function, keyOf(n))
				if want == nil || fmt.Sprint(want) != fmt.Sprint(got) {
					t.Fatalf("%s at %d of %d: Get says %v, Verify says %v", what, at, len(whole), want, got)
				}
			}
		}
		if err := os.WriteFile(path, whole, 0o600); err != nil {
			t.Fatal(err)
		}
		info, err := s.VerifyEntry(t.Context(), function, keyOf(n))
		if err != nil || info.PayloadSize != int64(size) || info.Header.Function != function {
			t.Errorf("%d bytes: %+v, %v", size, info, err)
		}
	}
	if _, err := s.VerifyEntry(t.Context(), function, keyOf(99)); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("no entry: %v", err)
	}
}

func TestVerifyAll(t *testing.T) {
	t.Parallel()
	s := store.Open(t.TempDir(), store.Limits{})
	for i := range 300 {
		put(t, s, keyOf(i), payloadOf(i))
	}
	if err := s.Put("other.F", keyOf(1), meta(), nil); err != nil {
		t.Fatal(err)
	}
	spoil(t, s.Path(function, keyOf(7)), -1)
	spoil(t, s.Path(function, keyOf(8)), 7)
	if err := os.Remove(s.Path(function, keyOf(9))); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(s.Path(function, keyOf(1)), s.Path(function, keyOf(9))); err != nil {
		t.Skip("no symbolic links:", err)
	}
	for _, test := range []struct {
		functions []string
		good      int
	}{{nil, 298}, {[]string{function}, 297}, {[]string{"other.F"}, 1}, {[]string{"none.F"}, 0}} {
		good, bad := 0, map[string]string{}
		for info, err := range s.Verify(t.Context(), test.functions...) {
			if err == nil {
				good++
				continue
			}
			bad[info.Path] = err.Error()
		}
		want := map[string]string{}
		if test.good > 1 {
			for i, text := range map[int]string{
				7: "entry %s is corrupt: the digest of its payload is wrong",
				8: "entry %s has format 254, and this program reads format 1: update labbook to read it",
				9: "entry %s is corrupt: it is a symbolic link",
			} {
				path := s.Path(function, keyOf(i))
				want[path] = fmt.Sprintf(text, path)
			}
		}
		if diff := cmp.Diff(want, bad); diff != "" || good != test.good {
			t.Errorf("%v: %d good, want %d (-want +got):\n%s", test.functions, good, test.good, diff)
		}
	}
}

// spoil inverts a byte of a file, counted from the end if it is negative.
func spoil(t testing.TB, path string, at int) {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if at < 0 {
		at += len(b)
	}
	b[at] = ^b[at]
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestVerifyEndsWithItsContext(t *testing.T) {
	t.Parallel()
	s := store.Open(t.TempDir(), store.Limits{})
	for i := range 300 {
		put(t, s, keyOf(i), nil)
	}
	synctest.Test(t, func(t *testing.T) { // which fails if a goroutine is left
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		var last error
		seen := 0
		for _, err := range s.Verify(ctx) {
			cancel()
			last = err
			seen++
		}
		if !errors.Is(last, context.Canceled) || seen > 200 {
			t.Errorf("%d entries, then %v", seen, last)
		}
		for range s.Verify(t.Context()) { //nolint:errcheck // the loop is left, and that is all
			break
		}
	})
}

func TestVerifyUnreadableFolder(t *testing.T) {
	t.Parallel()
	if os.Getuid() <= 0 {
		t.Skip("no permission stops this user, or there are none")
	}
	s := store.Open(t.TempDir(), store.Limits{})
	put(t, s, keyOf(1), nil)
	put(t, s, keyOf(2), nil)
	shard := filepath.Dir(s.Path(function, keyOf(1)))
	if err := os.Chmod(shard, 0); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.Chmod(shard, 0o700) })
	var good, bad int
	for info, err := range s.Verify(t.Context()) {
		switch {
		case err == nil:
			good++
		case errors.Is(err, os.ErrPermission) && info.Path == "" && info.Function == function:
			bad++
		}
	}
	if good != 1 || bad != 1 {
		t.Errorf("%d good, %d bad", good, bad)
	}
}
