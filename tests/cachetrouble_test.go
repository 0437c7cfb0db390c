package tests

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"labbook/cache"
	"labbook/cache/store"
)

// What a cache meets in the world. Its functions tell how often they ran, by
// the test that calls them.
var troubleRuns sync.Map // string → *atomic.Int64

func troubled(test string, n int) []int {
	runs, _ := troubleRuns.LoadOrStore(test, new(atomic.Int64))
	runs.(*atomic.Int64).Add(1)
	xs := make([]int, 4<<10)
	for i := range xs {
		xs[i] = n
	}
	return xs
}

// ranTroubled tells how often it ran since it was asked before.
func ranTroubled(t *testing.T) int64 {
	t.Helper()
	runs, _ := troubleRuns.LoadOrStore(t.Name(), new(atomic.Int64))
	return runs.(*atomic.Int64).Swap(0)
}

// mustBeTroubled checks a result.
func mustBeTroubled(t *testing.T, xs []int, n int) {
	t.Helper()
	if len(xs) != 4<<10 || slices.ContainsFunc(xs, func(x int) bool { return x != n }) {
		t.Errorf("the result of %d is wrong: %d numbers", n, len(xs))
	}
}

// toldWarnings is where warnings go.
type toldWarnings struct {
	mu   sync.Mutex
	text strings.Builder
}

func (w *toldWarnings) Write(b []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.text.Write(b)
}

func (w *toldWarnings) String() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.text.String()
}

// troubleMemory asks the disk for everything.
func troubleMemory(t *testing.T, dir string, options cache.Options) (*cache.Memory, *toldWarnings) {
	t.Helper()
	told := &toldWarnings{}
	options.MemoryBytes, options.Warnings = -1, told
	m := cache.New(dir, options)
	t.Cleanup(func() {
		if err := m.Close(); err != nil {
			t.Errorf("close the cache: %v", err)
		}
	})
	return m, told
}

func mustBeSilent(t *testing.T, told *toldWarnings) {
	t.Helper()
	if text := told.String(); text != "" {
		t.Errorf("the cache warns: %s", text)
	}
}

// entriesOf counts the entries, all of which have to be sound, and what is half
// written, of which there must be nothing.
func entriesOf(t *testing.T, dir string) (entries int) {
	t.Helper()
	s := store.Open(dir, store.Limits{})
	for name, err := range s.Functions() {
		if err != nil {
			t.Fatal(err)
		}
		for info, err := range s.Entries(name) {
			if err == nil {
				_, err = s.Get(name, info.Key)
			}
			if err != nil {
				t.Errorf("an entry is not sound: %v", err)
			}
			entries++
		}
	}
	if left, err := filepath.Glob(filepath.Join(dir, "*", "tmp", "*")); len(left) > 0 || err != nil {
		t.Errorf("these temporary files are left: %q, %v", left, err)
	}
	return entries
}

func TestFolderDeletedWhileInUse(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "cache")
	m, told := troubleMemory(t, dir, cache.Options{MaxBytes: 1 << 20})
	f := cache.NewFunction(m, troubled)
	stop := make(chan struct{})
	var deleting sync.WaitGroup
	deleting.Go(func() {
		for {
			select {
			case <-stop:
				return
			default:
				_ = os.RemoveAll(dir) // it may fail, since others write into it
			}
		}
	})
	var calling sync.WaitGroup
	for worker := range 3 {
		calling.Go(func() {
			for i := range 200 {
				n := (worker + i) % 50
				mustBeTroubled(t, f.Call(t.Name(), n), n)
			}
		})
	}
	calling.Wait()
	close(stop)
	deleting.Wait()
	// Who deletes at this pace may well win a race for a folder: that is told,
	// and must not be the end of it.
	if text := told.String(); strings.Count(text, "\n") > 2 {
		t.Errorf("the cache warns again and again:\n%s", text)
	}
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	ranTroubled(t)
	for range 2 {
		mustBeTroubled(t, f.Call(t.Name(), 1), 1)
	}
	if ran := ranTroubled(t); ran != 1 || entriesOf(t, dir) != 1 {
		t.Errorf("after the folder was deleted it ran %d times for two calls; %d entries are there", ran, entriesOf(t, dir))
	}
	if _, err := m.Collect(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestTwoMemoriesWithOtherOptionsOnOneFolder(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	small, toldSmall := troubleMemory(t, dir, cache.Options{MaxEntries: 10})
	large, toldLarge := troubleMemory(t, dir, cache.Options{MaxEntries: 1000, MaxAge: time.Hour})
	var group sync.WaitGroup
	for _, f := range []*cache.Function[func(string, int) []int]{
		cache.NewFunction(small, troubled),
		cache.NewFunction(large, troubled, cache.Names("test", "n")),
		cache.NewFunction(small, troubled, cache.Version("1")),
		cache.NewFunction(large, troubled, cache.Version("2"), cache.ExpiresAfter(time.Nanosecond)),
		cache.NewFunction(large, troubled, cache.ValidIf(func(e cache.Entry) bool { return e.Bytes%2 == 0 })),
	} {
		group.Go(func() {
			for i := range 60 {
				n := i * 7 % 30
				mustBeTroubled(t, f.Call(t.Name(), n), n)
			}
		})
	}
	group.Wait()
	if _, err := small.Collect(t.Context()); err != nil {
		t.Error(err)
	}
	if n := entriesOf(t, dir); n == 0 || n > 10 {
		t.Errorf("there are %d entries; the smaller of two limits is 10", n)
	}
	mustBeSilent(t, toldSmall)
	mustBeSilent(t, toldLarge)
}

// A Version that differs, or an ignored argument that does not count, is
// another key: programs that disagree do not get each other's results.
func TestProgramsThatDisagreeOnTheKey(t *testing.T) {
	t.Parallel()
	m, _ := troubleMemory(t, t.TempDir(), cache.Options{})
	all := cache.NewFunction(m, troubled, cache.Names("test", "n"))
	none := cache.NewFunction(m, troubled, cache.Names("test", "n"), cache.Ignore("n"))
	mustBeTroubled(t, none.Call(t.Name(), 1), 1)
	mustBeTroubled(t, all.Call(t.Name(), 2), 2)
	mustBeTroubled(t, none.Call(t.Name(), 2), 1) // as it was told: n does not count
	mustBeTroubled(t, all.Call(t.Name(), 1), 1)
	if ran := ranTroubled(t); ran != 3 {
		t.Errorf("it ran %d times, want 3", ran)
	}
}

// TestClockSetBack has entries and uses of a time that is yet to come.
func TestClockSetBack(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	m, told := troubleMemory(t, dir, cache.Options{MaxEntries: 20, MaxAge: time.Hour})
	f := cache.NewFunction(m, troubled, cache.ExpiresAfter(time.Minute))
	// In a bubble there is a clock of its own: it is put half an hour ahead.
	ahead := time.Now().Add(30 * time.Minute)
	synctest.Test(t, func(t *testing.T) {
		early := cache.NewFunction(cache.New(dir, cache.Options{MemoryBytes: -1}), troubled, cache.ExpiresAfter(time.Minute))
		<-time.After(time.Until(ahead))
		for n := range 10 {
			mustBeTroubled(t, early.Call("future", n), n)
		}
	})
	for n := range 10 {
		if has, err := f.Explain("future", n); !has.Hit || err != nil {
			t.Fatalf("a result of the future: %v, %v; want it young", has, err)
		}
		mustBeTroubled(t, f.Call("future", n), n)
	}
	for n := range 15 {
		mustBeTroubled(t, f.Call(t.Name(), n), n)
	}
	if _, err := m.Collect(t.Context()); err != nil {
		t.Error(err)
	}
	have := 0
	for n := range 15 {
		if has, err := f.Contains(t.Name(), n); err != nil {
			t.Error(err)
		} else if has {
			have++
		}
	}
	if have != 15 {
		t.Errorf("%d of the 15 results that were used last are kept: the future counts as later", have)
	}
	mustBeSilent(t, told)
}

func TestSymbolicLinksInTheFolder(t *testing.T) {
	t.Parallel()
	outside := t.TempDir()
	precious := filepath.Join(outside, "precious")
	write(t, precious, strings.Repeat("of somebody ", 1000))

	// The folder itself may be a link, so that a cache can live on another disk.
	target := t.TempDir()
	dir := filepath.Join(t.TempDir(), "link")
	symlink(t, target, dir)
	m, told := troubleMemory(t, dir, cache.Options{MaxEntries: 5})
	f := cache.NewFunction(m, troubled)
	mustBeTroubled(t, f.Call(t.Name(), 1), 1)
	mustBeTroubled(t, f.Call(t.Name(), 1), 1)
	if ran := ranTroubled(t); ran != 1 || entriesOf(t, target) != 1 {
		t.Errorf("through a link to the folder it ran %d times and left %d entries", ran, entriesOf(t, target))
	}

	// An entry is no link: neither read, nor written through, nor evicted with
	// what it leads to.
	entries, err := filepath.Glob(filepath.Join(target, "*", "[0-9a-f][0-9a-f]", "*"))
	if err != nil || len(entries) != 1 {
		t.Fatalf("the entries are %q, %v", entries, err)
	}
	moved := filepath.Join(outside, "moved")
	if err := os.Rename(entries[0], moved); err != nil {
		t.Fatal(err)
	}
	symlink(t, moved, entries[0])
	if has, err := f.Contains(t.Name(), 1); has || err != nil {
		t.Errorf("a link counts as an entry: %v, %v", has, err)
	}
	before := read(t, moved)
	mustBeTroubled(t, f.Call(t.Name(), 1), 1)
	if ran := ranTroubled(t); ran != 1 {
		t.Errorf("it ran %d times; a link is no entry", ran)
	}
	if info, err := os.Lstat(entries[0]); err != nil || !info.Mode().IsRegular() {
		t.Errorf("the entry is %v, %v; want a file in the place of the link", info, err)
	}
	if read(t, moved) != before {
		t.Error("it wrote through a link")
	}

	// Links beside the entries, also to folders outside, survive every
	// deletion with what they lead to.
	folder := filepath.Dir(filepath.Dir(entries[0]))
	symlink(t, precious, filepath.Join(filepath.Dir(entries[0]), strings.Repeat("0", 62)))
	symlink(t, outside, filepath.Join(folder, "zz"))
	symlink(t, outside, filepath.Join(target, "elsewhere.Function"))
	for n := range 30 {
		mustBeTroubled(t, f.Call(t.Name(), n), n)
	}
	if _, err := m.Collect(t.Context()); err != nil {
		t.Error(err)
	}
	if n := len(matches(t, target)); n > 5+1 {
		t.Errorf("%d entries and a link are left, of a limit of 5", n)
	}
	if err := m.Clear(); err != nil {
		t.Error(err)
	}
	if got := read(t, precious); !strings.HasPrefix(got, "of somebody") {
		t.Error("what a link led to is damaged")
	}
	if read(t, moved) != before {
		t.Error("what a link led to is damaged")
	}
	mustBeSilent(t, told)
}

func matches(t *testing.T, dir string) []string {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(dir, "*", "[0-9a-f][0-9a-f]", strings.Repeat("[0-9a-f]", 62)))
	if err != nil {
		t.Fatal(err)
	}
	return paths
}

func symlink(t *testing.T, target, path string) {
	t.Helper()
	if err := os.Symlink(target, path); err != nil {
		t.Skipf("no symbolic links here: %v", err)
	}
}

// TestIndexIsALink has somebody put a link in the place of the index: what it
// leads to stays as it is.
func TestIndexIsALink(t *testing.T) {
	t.Parallel()
	for _, name := range []string{".index", ".pins", ".notes"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			outside, dir := t.TempDir(), t.TempDir()
			write(t, filepath.Join(outside, "precious"), "of somebody")
			symlink(t, outside, filepath.Join(dir, name))
			m, _ := troubleMemory(t, dir, cache.Options{MaxEntries: 5}) // a warning is in its place here
			f := cache.NewFunction(m, troubled)
			for n := range 20 {
				mustBeTroubled(t, f.Call(t.Name(), n), n)
			}
			_, _ = m.Collect(t.Context()) // it may refuse
			if err := m.Clear(); err != nil {
				t.Error(err)
			}
			if name == ".notes" {
				return // notes are no secrets, and are never deleted
			}
			if left, err := os.ReadDir(outside); err != nil || len(left) != 1 || read(t, filepath.Join(outside, "precious")) != "of somebody" {
				t.Errorf("the folder outside has %v now, %v", left, err)
			}
		})
	}
}
