package store_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"labbook/cache/store"
)

func closeStore(t testing.TB, s *store.Store) {
	t.Helper()
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

func usage(t testing.TB, s *store.Store) store.Usage {
	t.Helper()
	u, err := s.Usage(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return u
}

func TestLimitsAreKeptByThemselves(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		reason string
		limits store.Limits
		most   int
	}{
		{"entries", store.Limits{MaxEntries: 40}, 40},
		{"bytes", store.Limits{MaxBytes: 20 * 1024}, 20},
	} {
		t.Run(test.reason, func(t *testing.T) {
			t.Parallel()
			s := store.Open(t.TempDir(), test.limits)
			for i := range 300 {
				put(t, s, keyOf(i), make([]byte, 640)) // a kilobyte with its header
			}
			closeStore(t, s)
			put(t, s, keyOf(300), nil) // may be one too many
			closeStore(t, s)
			left := list(t, s)
			if len(left) > test.most+1 || len(left) < test.most/2 {
				t.Errorf("%d entries are left", len(left))
			}
			for i := 300; i > 300-test.most/2; i-- {
				if !s.Contains(function, keyOf(i)) {
					t.Errorf("entry %d is gone, which was among the last", i)
				}
			}
		})
	}
}

func TestOldEntriesGoByThemselves(t *testing.T) {
	t.Parallel()
	dir, clock := t.TempDir(), newClock()
	limits := store.Limits{MaxAge: time.Hour}
	s := store.OpenAt(dir, limits, clock.now)
	put(t, s, keyOf(1), nil)
	put(t, s, keyOf(2), nil)
	use := s.Use(function, keyOf(2))
	closeStore(t, s)
	clock.pass(40 * time.Minute)
	use.Touch()
	clock.pass(40 * time.Minute)
	put(t, s, keyOf(3), nil)
	closeStore(t, s)
	if s.Contains(function, keyOf(1)) || !s.Contains(function, keyOf(2)) || !s.Contains(function, keyOf(3)) {
		t.Errorf("left are %v", held(t, s))
	}
	at, ok := s.LastUsed(function, keyOf(2))
	if age := clock.now().Sub(at); !ok || age < 39*time.Minute || age > 41*time.Minute {
		t.Errorf("used at %v, %t", at, ok)
	}
	if _, ok := s.LastUsed(function, keyOf(1)); ok {
		t.Error("what is gone was used")
	}
	// A clock that is set back makes nothing old.
	clock.pass(-24 * time.Hour)
	if c := collect(t, s, limits); c.Evicted != 0 || c.Entries != 2 {
		t.Errorf("after the clock was set back: %+v", c)
	}
	closeStore(t, s)
}

func TestStoresWithDifferentLimits(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	large, small := store.Open(dir, store.Limits{MaxEntries: 200}), store.Open(dir, store.Limits{MaxEntries: 50})
	for i := range 100 {
		put(t, large, keyOf(i), nil)
	}
	closeStore(t, large)
	if n := len(list(t, large)); n != 100 {
		t.Errorf("%d entries, within the only limit so far", n)
	}
	put(t, small, keyOf(100), nil)
	closeStore(t, small)
	if n := len(list(t, large)); n > 50 {
		t.Errorf("%d entries beyond the other's limit", n)
	}
	closeStore(t, large)
}

func TestPins(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := store.Open(dir, store.Limits{})
	if err := s.Pin(function, keyOf(1)); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("a pin of nothing: %v", err)
	}
	for i := range 4 {
		put(t, s, keyOf(i), []byte("x"))
	}
	for range 2 { // again is no error
		if err := s.Pin(function, keyOf(0)); err != nil {
			t.Fatal(err)
		}
	}
	name := fmt.Sprintf("%x", keyOf(0))
	if _, err := os.Lstat(filepath.Join(dir, ".pins", "labbook+tests+programs+digits.train!model", name)); err != nil {
		t.Error(err)
	}
	if err := os.RemoveAll(filepath.Join(dir, ".index")); err != nil {
		t.Fatal(err)
	}
	c := collect(t, s, store.Limits{MaxEntries: 1})
	if !s.Contains(function, keyOf(0)) || c.Evicted != 3 || c.Pinned != 1 || c.PinnedBytes == 0 {
		t.Errorf("%+v", c)
	}
	if c := collect(t, s, store.Limits{MaxBytes: 1}); c.Evicted != 0 {
		t.Errorf("a pinned entry went: %+v", c)
	}
	var pins []string
	for f, key := range s.Pins() {
		pins = append(pins, nameOf(f, key))
	}
	if diff := cmp.Diff([]string{nameOf(function, keyOf(0))}, pins); diff != "" || !s.Pinned(function, keyOf(0)) || s.Pinned(function, keyOf(1)) {
		t.Error(diff)
	}
	for range 2 {
		if err := s.Unpin(function, keyOf(0)); err != nil {
			t.Fatal(err)
		}
	}
	if c := collect(t, s, store.Limits{MaxBytes: 1}); c.Evicted != 1 || s.Pinned(function, keyOf(0)) {
		t.Errorf("after it was unpinned: %+v", c)
	}
	closeStore(t, s)
}

func TestLinksOutOfTheStoreAreNotFollowed(t *testing.T) {
	t.Parallel()
	dir, elsewhere := t.TempDir(), t.TempDir()
	s := store.Open(dir, store.Limits{MaxEntries: 1})
	for _, name := range []string{".index", ".pins"} {
		if err := os.Symlink(elsewhere, filepath.Join(dir, name)); err != nil {
			t.Skip(err)
		}
	}
	var problems []error
	s.OnProblem(func(err error) { problems = append(problems, err) })
	for i := range 3 {
		put(t, s, keyOf(i), nil)
	}
	if _, err := s.Get(function, keyOf(1)); err != nil {
		t.Error(err)
	}
	closeStore(t, s)
	if len(problems) != 1 {
		t.Errorf("told %d times: %v", len(problems), problems)
	}
	if err := s.Pin(function, keyOf(1)); err == nil {
		t.Error("pinned elsewhere")
	}
	if _, err := s.Collect(t.Context(), store.Limits{MaxEntries: 1}); err == nil {
		t.Error("collected without knowing what is pinned")
	}
	if files, err := os.ReadDir(elsewhere); err != nil || len(files) > 0 {
		t.Errorf("elsewhere are %v, %v", files, err)
	}
	if len(list(t, s)) != 3 {
		t.Error("entries are gone")
	}
}

func TestEvictionRemovesLinksAndNotWhatTheyPointTo(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := store.Open(filepath.Join(dir, "cache"), store.Limits{})
	put(t, s, keyOf(1), []byte("x"))
	target := filepath.Join(dir, "target")
	if err := os.Rename(s.Path(function, keyOf(1)), target); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(target, s.Path(function, keyOf(1))); err != nil {
		t.Skip(err)
	}
	collect(t, s, store.Limits{MaxBytes: 1})
	if _, err := os.Lstat(target); err != nil {
		t.Error(err)
	}
	closeStore(t, s)
}

// Whatever happens to the index, it is made again from what is there.
func TestDamageToTheIndex(t *testing.T) {
	t.Parallel()
	each := func(dir, pattern string, do func(path string) error) error {
		paths, err := filepath.Glob(filepath.Join(dir, ".index", pattern))
		if err == nil && len(paths) == 0 {
			err = fmt.Errorf("there is no %s", pattern)
		}
		for _, path := range paths {
			err = errors.Join(err, do(path))
		}
		return err
	}
	overwrite := func(content string, at int64) func(string) error {
		return func(path string) error {
			file, err := os.OpenFile(path, os.O_WRONLY, 0)
			if err != nil {
				return err
			}
			_, err = file.WriteAt([]byte(content), at)
			return errors.Join(err, file.Close())
		}
	}
	for _, test := range []struct {
		reason string
		damage func(dir string) error
	}{
		{"nothing", func(string) error { return nil }},
		{"the index is gone", func(dir string) error { return os.RemoveAll(filepath.Join(dir, ".index")) }},
		{"the snapshot is gone", func(dir string) error { return each(dir, "snapshot", os.Remove) }},
		{"the snapshot is empty", func(dir string) error {
			return each(dir, "snapshot", func(p string) error { return os.Truncate(p, 0) })
		}},
		{"the snapshot is cut short", func(dir string) error {
			return each(dir, "snapshot", func(p string) error { return os.Truncate(p, 100) })
		}},
		{"the snapshot is a picture", func(dir string) error { return each(dir, "snapshot", overwrite("\x89PNG\r\n", 0)) }},
		{"the snapshot is of a later version", func(dir string) error { return each(dir, "snapshot", overwrite("LBINDEX\x02", 0)) }},
		{"a bit of the snapshot flipped", func(dir string) error { return each(dir, "snapshot", overwrite("\xff", 200)) }},
		{"the counters are garbage", func(dir string) error {
			return each(dir, "counters", overwrite(strings.Repeat("\xfe\x7f", 2000), 0))
		}},
		{"the time is garbage", func(dir string) error {
			return each(dir, "counters", overwrite("\xff\xff\xff\xff\xff\xff\xff\x7f", 16))
		}},
		{"a journal is garbage", func(dir string) error { return each(dir, "journal-*", overwrite(strings.Repeat("x", 4096), 0)) }},
		{"a journal's function is unknown", func(dir string) error { return each(dir, "journal-*", overwrite("\xff\xff", 2*64+4)) }},
		{"a journal is cut short", func(dir string) error {
			return each(dir, "journal-*", func(p string) error { return os.Truncate(p, 64) })
		}},
		{"folders are in the place of files", func(dir string) error {
			return errors.Join(each(dir, "*", os.Remove), os.Mkdir(filepath.Join(dir, ".index", "snapshot.x"), 0o700),
				os.Mkdir(filepath.Join(dir, ".index", "journal-0123456789abcdef"), 0o700))
		}},
	} {
		t.Run(test.reason, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			before := store.Open(dir, store.Limits{})
			for i := range 10 {
				put(t, before, keyOf(i), nil)
			}
			collect(t, before, store.Limits{})
			closeStore(t, before)
			for i := range 10 {
				put(t, before, keyOf(10+i), nil)
			}
			closeStore(t, before)
			if err := test.damage(dir); err != nil {
				t.Fatal(err)
			}
			s := store.Open(dir, store.Limits{MaxEntries: 8})
			put(t, s, keyOf(20), nil)
			closeStore(t, s)
			closeStore(t, s)
			left := list(t, s)
			if test.reason == "a journal is cut short" {
				// Its program may have said no more.
				if err := s.Rebuild(t.Context()); err != nil {
					t.Error(err)
				}
				collect(t, s, store.Limits{MaxEntries: 8})
				left = list(t, s)
			}
			if len(left) > 8 || !s.Contains(function, keyOf(20)) {
				t.Errorf("%d entries are left: %v", len(left), held(t, s))
			}
			if u := usage(t, s); u.Entries != int64(len(left)) {
				t.Errorf("%d entries are left and %d known", len(left), u.Entries)
			}
		})
	}
}

func TestFilesRemovedByHandTakeNoOthersWithThem(t *testing.T) {
	t.Parallel()
	s := store.Open(t.TempDir(), store.Limits{})
	for i := range 20 {
		put(t, s, keyOf(i), nil)
	}
	for i := range 10 {
		if err := os.Remove(s.Path(function, keyOf(2*i))); err != nil {
			t.Fatal(err)
		}
	}
	if c := collect(t, s, store.Limits{MaxEntries: 10}); c.Evicted != 0 || len(list(t, s)) != 10 {
		t.Errorf("%+v", c)
	}
	if u := usage(t, s); u.Entries != 10 {
		t.Errorf("%d are known", u.Entries)
	}
	closeStore(t, s)
}

func TestTheStoreIsDeletedMeanwhile(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "cache")
	s := store.Open(dir, store.Limits{MaxEntries: 5})
	s.OnProblem(func(err error) { t.Error(err) })
	put(t, s, keyOf(1), nil)
	use := s.Use(function, keyOf(1))
	for i := range 3 {
		if err := os.RemoveAll(dir); err != nil && !errors.Is(err, fs.ErrNotExist) {
			continue // it is being made again
		}
		use.Touch()
		if _, err := s.Get(function, keyOf(1)); !errors.Is(err, store.ErrNotFound) {
			t.Error(err)
		}
		for j := range 10 {
			put(t, s, keyOf(10*i+j), nil)
		}
		use.Touch()
		closeStore(t, s)
		closeStore(t, s)
		left := list(t, s)
		if u := usage(t, s); u.Entries != int64(len(left)) || len(left) == 0 {
			t.Errorf("%d entries are left and %d known", len(left), u.Entries)
		}
	}
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	use.Touch()
	if _, err := os.Lstat(dir); err == nil {
		t.Error("using what was deleted made the store again")
	}
	closeStore(t, s)
}

func TestAskingMakesNothing(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "cache")
	s := store.Open(dir, store.Limits{MaxEntries: 1})
	collect(t, s, store.Limits{MaxEntries: 1})
	usage(t, s)
	s.Use(function, keyOf(1)).Touch()
	s.LastUsed(function, keyOf(1))
	for range s.Pins() {
		t.Error("a pin")
	}
	plan, err := s.Plan(t.Context(), store.Limits{MaxEntries: 1})
	if err = errors.Join(err, s.Rebuild(t.Context()), s.Unpin(function, keyOf(1))); err != nil || len(plan) > 0 {
		t.Error(err)
	}
	closeStore(t, s)
	if _, err := os.Lstat(dir); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the folder is there: %v", err)
	}
}

func TestJournalsOfTheDeadGo(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for i := range 60 {
		s := store.Open(dir, store.Limits{})
		put(t, s, keyOf(i), nil)
		closeStore(t, s)
	}
	journals, err := filepath.Glob(filepath.Join(dir, ".index", "journal-*"))
	if err != nil || len(journals) > 30 {
		t.Errorf("%d journals, %v", len(journals), err)
	}
	s := store.Open(dir, store.Limits{})
	if u := usage(t, s); u.Entries != 60 {
		t.Errorf("%d entries are known", u.Entries)
	}
	closeStore(t, s)
}

func TestCollectStopsWhenToldTo(t *testing.T) {
	t.Parallel()
	s := store.Open(t.TempDir(), store.Limits{})
	for i := range 5 {
		put(t, s, keyOf(i), nil)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.Collect(ctx, store.Limits{MaxEntries: 1}); !errors.Is(err, ctx.Err()) {
		t.Errorf("got %v", err)
	}
	if n := len(list(t, s)); n != 5 {
		t.Errorf("%d entries are left", n)
	}
	closeStore(t, s)
}

// Goroutines put, use, remove and collect at once; the index and the disk agree
// in the end.
func TestIndexUnderLoad(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	stores := []*store.Store{store.Open(dir, store.Limits{MaxEntries: 60}), store.Open(dir, store.Limits{MaxBytes: 100 << 10})}
	var group sync.WaitGroup
	for g := range 6 {
		group.Go(func() {
			s := stores[g%2]
			for i := range 150 {
				key := keyOf((g*37 + i*11) % 120)
				switch i % 10 {
				case 0:
					_ = s.Remove(function, key) // another may be at it
				case 1:
					if _, err := s.Collect(t.Context(), store.Limits{MaxEntries: 50}); err != nil {
						t.Error(err)
					}
				case 2, 3, 4:
					s.Use(function, key).Touch()
				default:
					if err := s.Put(function, key, meta(), payloadOf(i)); err != nil {
						t.Error(err)
					}
				}
			}
		})
	}
	group.Wait()
	for _, s := range stores {
		closeStore(t, s)
	}
	collect(t, stores[0], store.Limits{})
	var disk []string
	for _, info := range list(t, stores[0]) {
		disk = append(disk, nameOf(function, info.Key))
	}
	uses, err := stores[0].Uses(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, info := range list(t, stores[0]) {
		if _, ok := uses.LastUsed(function, info.Key); !ok {
			t.Errorf("the index does not know %s of %d", nameOf(function, info.Key), len(disk))
		}
	}
	if !slices.IsSorted(disk) {
		t.Error("not in order")
	}
	closeStore(t, stores[0])
}
