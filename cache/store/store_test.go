package store_test

import (
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"labbook/cache/store"
)

func TestPutAndGet(t *testing.T) {
	t.Parallel()
	s := store.Open(filepath.Join(t.TempDir(), "a", "cache"), store.Limits{})
	for i, size := range []int{0, 1, 1000, 16<<10 - 300, 16 << 10, 64 << 10, 64<<10 + 1, 1 << 20} {
		payload := make([]byte, size)
		for j := range payload {
			payload[j] = byte(j * 7)
		}
		if _, err := s.Get(function, keyOf(i)); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("before it was put: %v", err)
		}
		if s.Contains(function, keyOf(i)) {
			t.Error("contained before it was put")
		}
		put(t, s, keyOf(i), payload)
		if !s.Contains(function, keyOf(i)) {
			t.Error("not contained after it was put")
		}
		got, err := s.Get(function, keyOf(i))
		if err != nil {
			t.Fatal(err)
		}
		want := &store.Entry{
			Created: meta().Created, Duration: meta().Duration, OriginRun: meta().OriginRun, OriginCall: meta().OriginCall,
			PayloadDigest: store.Digest(payload), Payload: payload,
		}
		if diff := cmp.Diff(want, got, cmpopts.IgnoreUnexported(store.Entry{})); diff != "" {
			t.Errorf("%d bytes (-want +got):\n%s", size, diff)
		}
		header, err := got.Header()
		if err != nil {
			t.Fatal(err)
		}
		if header.Function != function || header.GoVersion != runtime.Version() || !header.Created.Equal(meta().Created) {
			t.Errorf("header %+v", header)
		}
		if diff := cmp.Diff(meta().Parts, header.Parts); diff != "" {
			t.Error(diff)
		}
	}
}

func TestPutWithLittle(t *testing.T) {
	t.Parallel()
	s := store.Open(t.TempDir(), store.Limits{})
	before := time.Now()
	if err := s.Put("f", keyOf(1), store.Meta{}, nil); err != nil {
		t.Fatal(err)
	}
	e, err := s.Get("f", keyOf(1))
	if err != nil {
		t.Fatal(err)
	}
	if e.OriginRun != "" || e.OriginCall != 0 || e.Created.Before(before.Truncate(time.Second)) || len(e.Payload) != 0 {
		t.Errorf("got %+v", e)
	}
	if err := s.Put("f", keyOf(1), store.Meta{OriginRun: "seven"}, nil); err == nil || !strings.Contains(err.Error(), `"seven"`) {
		t.Errorf("a run that is no UUID: %v", err)
	}
}

func TestPutReplaces(t *testing.T) {
	t.Parallel()
	s := store.Open(t.TempDir(), store.Limits{})
	put(t, s, keyOf(1), []byte("old"))
	put(t, s, keyOf(1), []byte("new"))
	if e, err := s.Get(function, keyOf(1)); err != nil || string(e.Payload) != "new" {
		t.Errorf("got %v, %v", e, err)
	}
	wantNoLeftovers(t, s)
}

func TestRemove(t *testing.T) {
	t.Parallel()
	s := store.Open(t.TempDir(), store.Limits{})
	put(t, s, keyOf(1), nil)
	for _, when := range []string{"there", "gone"} {
		if err := s.Remove(function, keyOf(1)); err != nil {
			t.Errorf("while it is %s: %v", when, err)
		}
	}
	if _, err := s.Get(function, keyOf(1)); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("after it was removed: %v", err)
	}
}

func TestModes(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("no modes here")
	}
	dir := filepath.Join(t.TempDir(), "cache")
	s := store.Open(dir, store.Limits{})
	put(t, s, keyOf(1), nil)
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		want := fs.FileMode(0o600)
		if d.IsDir() {
			want = 0o700
		}
		if info.Mode().Perm() != want {
			t.Errorf("%s has mode %v", path, info.Mode())
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestGitignore(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		reason  string
		prepare func(dir string) error
		want    string // "-" for none
	}{
		{"a new folder", func(string) error { return nil }, "*\n"},
		{"an empty folder", func(dir string) error { return os.Mkdir(dir, 0o700) }, "*\n"},
		{"somebody's project", func(dir string) error {
			return errors.Join(os.Mkdir(dir, 0o700), os.WriteFile(filepath.Join(dir, "main.go"), nil, 0o600))
		}, "-"},
		{"one that is there", func(dir string) error {
			return errors.Join(os.Mkdir(dir, 0o700), os.WriteFile(filepath.Join(dir, ".gitignore"), []byte("mine"), 0o600))
		}, "mine"},
	} {
		t.Run(test.reason, func(t *testing.T) {
			t.Parallel()
			dir := filepath.Join(t.TempDir(), "cache")
			if err := test.prepare(dir); err != nil {
				t.Fatal(err)
			}
			put(t, store.Open(dir, store.Limits{}), keyOf(1), nil)
			got, err := os.ReadFile(filepath.Join(dir, ".gitignore"))
			if errors.Is(err, fs.ErrNotExist) {
				got = []byte("-")
			}
			if string(got) != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

func TestOpenDoesNothing(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "cache")
	s := store.Open(dir, store.Limits{})
	s.Contains(function, keyOf(1))
	if _, err := s.Get(function, keyOf(1)); !errors.Is(err, store.ErrNotFound) {
		t.Error(err)
	}
	if err := errors.Join(s.Remove(function, keyOf(1)), s.Clear(function)); err != nil {
		t.Error(err)
	}
	if _, err := os.Lstat(dir); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the folder is there: %v", err)
	}
}

func TestPutMakesDeletedFoldersAgain(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "cache")
	s := store.Open(dir, store.Limits{})
	for i := range 3 {
		put(t, s, keyOf(i), []byte("x"))
		if _, err := s.Get(function, keyOf(i)); err != nil {
			t.Error(err)
		}
		if err := os.RemoveAll(dir); err != nil {
			t.Fatal(err)
		}
	}
}

func TestPutFailures(t *testing.T) {
	t.Parallel()
	t.Run("a file in the place of the cache", func(t *testing.T) {
		t.Parallel()
		dir := filepath.Join(t.TempDir(), "cache")
		if err := os.WriteFile(dir, []byte("precious"), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := store.Open(dir, store.Limits{}).Put(function, keyOf(1), meta(), nil); err == nil || !strings.Contains(err.Error(), function) {
			t.Errorf("got %v", err)
		}
		if b, err := os.ReadFile(dir); err != nil || string(b) != "precious" {
			t.Errorf("the file holds %q, %v", b, err)
		}
	})
	t.Run("a file in the place of a function's folder", func(t *testing.T) {
		t.Parallel()
		s := store.Open(t.TempDir(), store.Limits{})
		folder := filepath.Dir(filepath.Dir(s.Path(function, keyOf(1))))
		if err := os.WriteFile(folder, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := s.Put(function, keyOf(1), meta(), nil); err == nil {
			t.Error("no error")
		}
		if _, err := s.Get(function, keyOf(1)); err == nil {
			t.Error("an entry within a file")
		}
	})
	t.Run("a folder in the place of an entry", func(t *testing.T) {
		t.Parallel()
		s := store.Open(t.TempDir(), store.Limits{})
		put(t, s, keyOf(2), nil)
		path := s.Path(function, keyOf(1))
		if err := os.MkdirAll(filepath.Join(path, "full"), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := s.Put(function, keyOf(1), meta(), nil); err == nil {
			t.Error("no error")
		}
		_, err := s.Get(function, keyOf(1))
		wantCorrupt(t, err, "a folder")
		wantNoLeftovers(t, s)
	})
	t.Run("a folder that must not be written to", func(t *testing.T) {
		t.Parallel()
		if os.Geteuid() <= 0 {
			t.Skip("permissions do not bind this user")
		}
		dir := t.TempDir()
		if err := os.Chmod(dir, 0o500); err != nil {
			t.Fatal(err)
		}
		if err := store.Open(dir, store.Limits{}).Put(function, keyOf(1), meta(), nil); !errors.Is(err, fs.ErrPermission) {
			t.Errorf("got %v", err)
		}
	})
}

func TestLeftovers(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := store.Open(dir, store.Limits{})
	put(t, s, keyOf(1), nil)
	folder := temporaryFolder(s)
	old, young := filepath.Join(folder, "1"), filepath.Join(folder, "2")
	for _, path := range []string{old, young} {
		if err := os.WriteFile(path, []byte("LBENTRY\x01half"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	hours := time.Now().Add(-2 * time.Hour)
	if err := os.Chtimes(old, hours, hours); err != nil {
		t.Fatal(err)
	}
	if entries := list(t, s); len(entries) != 1 {
		t.Errorf("temporary files count as entries: %v", entries)
	}
	put(t, store.Open(dir, store.Limits{}), keyOf(2), nil)
	if _, err := os.Lstat(old); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("what a dead writer left is still there: %v", err)
	}
	if _, err := os.Lstat(young); err != nil {
		t.Errorf("what somebody may be writing is gone: %v", err)
	}
}

func TestManyGoroutines(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := store.Open(dir, store.Limits{})
	var group sync.WaitGroup
	for g := range 16 {
		group.Go(func() {
			for i := range 50 {
				key := keyOf(i % 2)
				if err := s.Put(function, key, meta(), payloadOf(g*1000+i)); err != nil {
					t.Error(err)
				}
				e, err := s.Get(function, key)
				// Who clears removes entries that were just put.
				if g == 0 && i%10 == 0 {
					if err := s.Clear(function); err != nil {
						t.Error(err)
					}
				}
				if errors.Is(err, store.ErrNotFound) {
					continue
				}
				if err != nil {
					t.Error(err)
				} else if !isPayload(e.Payload) {
					t.Error("a payload of mixed origin")
				}
			}
		})
	}
	group.Wait()
	wantNoLeftovers(t, s)
}

func TestManyProcesses(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			writer := exec.Command(os.Args[0])
			writer.Env = append(os.Environ(), roleEnv+"=writer", dirEnv+"="+dir)
			if out, err := writer.CombinedOutput(); err != nil {
				t.Errorf("%v\n%s", err, out)
			}
		})
	}
	group.Wait()
	s := store.Open(dir, store.Limits{})
	if entries := list(t, s); len(entries) != 3 {
		t.Errorf("%d entries", len(entries))
	}
	wantNoLeftovers(t, s)
}

func temporaryFolder(s *store.Store) string {
	return filepath.Join(filepath.Dir(filepath.Dir(s.Path(function, keyOf(1)))), "tmp")
}

func wantNoLeftovers(t testing.TB, s *store.Store) {
	t.Helper()
	files, err := os.ReadDir(temporaryFolder(s))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
	for _, f := range files {
		t.Errorf("left over: %s", f.Name())
	}
}

func list(t testing.TB, s *store.Store) []store.Info {
	t.Helper()
	var all []store.Info
	for info, err := range s.Entries(function) {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, info)
	}
	return all
}
