package conformance

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"labbook/cache"
	"labbook/cache/store"
)

func square(test string, n int) int {
	count(test)
	return n * n
}

func TestListing(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	m := memoryIn(t, dir, cache.Options{})
	squares, rows := cache.Wrap(m, square), cache.Wrap(m, ramp)
	for n := range 3 {
		squares(t.Name(), n)
	}
	rows(t.Name(), 1000)

	s := store.Open(dir, store.Limits{})
	previews := map[string][]string{}
	for name, err := range s.Functions() {
		if err != nil {
			t.Fatal(err)
		}
		for info, err := range s.Entries(name) {
			if err != nil {
				t.Fatal(err)
			}
			last := info.Header.Parts[len(info.Header.Parts)-1]
			previews[info.Function] = append(previews[info.Function], last.Preview)
			if info.Function != name || info.Size <= info.PayloadSize || info.PayloadSize <= 0 || info.Created.IsZero() {
				t.Errorf("the entry of %s is %+v", name, info)
			}
		}
	}
	for _, list := range previews {
		slices.Sort(list)
	}
	want := map[string][]string{
		"labbook/tests/conformance.square": {"0", "1", "2"},
		"labbook/tests/conformance.ramp":   {"1000"},
	}
	if diff := cmp.Diff(want, previews); diff != "" {
		t.Errorf("functions and the last arguments of their entries (-want +got):\n%s", diff)
	}
}

// keptOf returns which numbers have a result.
func keptOf(t *testing.T, f *cache.Function[func(string, int) int], numbers int) []int {
	t.Helper()
	var have []int
	for n := range numbers {
		if has, err := f.Contains(t.Name(), n); err != nil {
			t.Fatal(err)
		} else if has {
			have = append(have, n)
		}
	}
	return have
}

func collect(t *testing.T, m *cache.Memory) store.Collection {
	t.Helper()
	c, err := m.Collect(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestEvictionByBytes(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	f := cache.NewFunction(memoryIn(t, dir, cache.Options{}), square)
	for n := range 20 {
		f.Call(t.Name(), n)
	}
	var size int64
	for _, path := range entryFiles(t, dir) {
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		size += info.Size()
	}
	limit := size / 2
	c := collect(t, memoryIn(t, dir, cache.Options{MaxBytes: limit}))
	if c.Entries != 20 || c.Bytes != size || c.Bytes-c.EvictedBytes > limit || c.EvictedBytes > size*6/10 {
		t.Errorf("of 20 entries and %d bytes, with a limit of %d, it found and evicted %+v", size, limit, c)
	}
	if have := keptOf(t, f, 20); int64(20-len(have)) != c.Evicted || !slices.Equal(have, ints(20-len(have), 20)) {
		t.Errorf("kept are %v, evicted %d; want the newest", have, c.Evicted)
	}
}

// ints counts from one number to before another.
func ints(from, to int) []int {
	var all []int
	for n := from; n < to; n++ {
		all = append(all, n)
	}
	return all
}

func TestEvictionByItems(t *testing.T) {
	t.Parallel()
	m := memoryIn(t, t.TempDir(), cache.Options{MaxEntries: 100})
	f := cache.NewFunction(m, square)
	for n := range 1000 {
		f.Call(t.Name(), n)
		if got := f.Call(t.Name(), n); got != n*n {
			t.Fatalf("the square of %d is %d", n, got)
		}
	}
	mustRun(t, 1000, "what was just computed is there")
	c := collect(t, m)
	have := keptOf(t, f, 1000)
	if left := c.Entries - c.Evicted; left > 100 || left < 80 || int64(len(have)) != left || !slices.Equal(have, ints(1000-len(have), 1000)) {
		t.Errorf("of 100 entries that may be there, %d are, after %+v: %v", len(have), c, have)
	}
	dir, err := m.Dir()
	if err != nil || len(entryFiles(t, dir)) != len(have) {
		t.Errorf("there are %d files of %d entries, %v", len(entryFiles(t, dir)), len(have), err)
	}
}

func TestEvictionByAge(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m := cache.New(t.TempDir(), cache.Options{MaxAge: time.Hour})
		f := cache.NewFunction(m, square)
		f.Call(t.Name(), 0)
		f.Call(t.Name(), 1)
		<-time.After(50 * time.Minute)
		f.Call(t.Name(), 1)
		f.Call(t.Name(), 2)
		<-time.After(50 * time.Minute)
		collect(t, m)
		if have := keptOf(t, f, 3); !slices.Equal(have, []int{1, 2}) {
			t.Errorf("kept are %v; want those used within the hour", have)
		}
		if err := m.Close(); err != nil {
			t.Error(err)
		}
	})
}

func TestEvictionInExactLeastRecentlyUsedOrder(t *testing.T) {
	t.Parallel()
	for name, memoryBytes := range map[string]int64{"from memory": 0, "from disk": -1} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			const entries = 50
			dir := t.TempDir()
			f := cache.NewFunction(memoryIn(t, dir, cache.Options{MemoryBytes: memoryBytes}), square)
			for n := range entries {
				f.Call(t.Name(), n)
			}
			// Used again in an order of its own: 0, 7, 14 and so on, modulo 50.
			order := make([]int, entries)
			for i := range order {
				order[i] = i * 7 % entries
				f.Call(t.Name(), order[i])
			}
			mustRun(t, entries, "all else was loaded")
			for most := int64(40); most > 0; most -= 13 {
				c := collect(t, memoryIn(t, dir, cache.Options{MaxEntries: most}))
				left := int(c.Entries - c.Evicted)
				want := slices.Sorted(slices.Values(order[entries-left:]))
				if have := keptOf(t, f, entries); left > int(most) || !slices.Equal(have, want) {
					t.Errorf("with at most %d, %v are kept; want those used last, %v", most, have, want)
				}
			}
		})
	}
}

func TestClearThenReuseWorks(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	m := memoryIn(t, dir, cache.Options{})
	f, g := cache.NewFunction(m, square), cache.NewFunction(m, ramp)
	use := func() {
		f.Call(t.Name(), 3)
		g.Call(t.Name(), 3)
	}
	use()
	mustRun(t, 2, "both were computed")
	if err := f.Clear(); err != nil {
		t.Fatal(err)
	}
	use()
	mustRun(t, 1, "one function was cleared")
	if err := m.Clear(); err != nil {
		t.Fatal(err)
	}
	if left := entryFiles(t, dir); len(left) > 0 {
		t.Errorf("the cleared folder has the entries %q", left)
	}
	use()
	use()
	mustRun(t, 2, "all was cleared, and is kept again")
}

func TestClearWithNoLocation(t *testing.T) {
	t.Parallel()
	for name, m := range map[string]*cache.Memory{
		"no memory": nil,
		"off":       cache.New("", cache.Options{Off: true}),
		"not there": cache.New(filepath.Join(t.TempDir(), "a", "b"), cache.Options{}),
	} {
		f := cache.NewFunction(m, square)
		if err := m.Clear(); err != nil {
			t.Errorf("%s: clear everything: %v", name, err)
		}
		if err := f.Clear(); err != nil {
			t.Errorf("%s: clear a function: %v", name, err)
		}
		if err := f.Forget(t.Name(), 1); err != nil {
			t.Errorf("%s: forget a call: %v", name, err)
		}
	}
}

// blocks returns a large result that shows when parts of two are mixed.
func blocks(test string, n int) []int {
	count(test)
	xs := make([]int, 1<<17)
	for i := range xs {
		xs[i] = n
	}
	return xs
}

func init() {
	roles["recompute"] = func(args []string) error {
		f := cache.NewFunction(cache.New(args[0], cache.Options{MemoryBytes: -1}), blocks)
		for i := range 10 {
			n := i % 2
			f.Recompute("", n)
			if xs := f.Call("", n); len(xs) != 1<<17 || xs[0] != n || xs[len(xs)-1] != n {
				return fmt.Errorf("a call with %d returned %d numbers", n, len(xs))
			}
		}
		return nil
	}
	roles["slow"] = func(args []string) error {
		computed := cache.Wrap(cache.New(args[0], cache.Options{}), slow)(args[1])
		_, here := ran.Load(args[1])
		fmt.Fprintln(os.Stdout, computed, here)
		return nil
	}
}

func TestConcurrentWritersOfOneKeyNeverCorrupt(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	answers(t, process(t, "recompute", dir), process(t, "recompute", dir), process(t, "recompute", dir))
	f := cache.NewFunction(memoryIn(t, dir, cache.Options{}), blocks)
	for n := range 2 {
		if xs := f.Call(t.Name(), n); slices.ContainsFunc(xs, func(x int) bool { return x != n }) {
			t.Errorf("the result of %d is mixed", n)
		}
	}
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
				t.Error(err)
			}
		}
	}
	if left, err := filepath.Glob(filepath.Join(dir, "*", "tmp", "*")); len(left) > 0 || err != nil {
		t.Errorf("the writers left %q, %v", left, err)
	}
}

func TestLoadErrorRecomputes(t *testing.T) {
	t.Parallel()
	for name, spoil := range map[string]func(path string){
		"a flipped bit": func(path string) {
			content := []byte(read(t, path))
			content[len(content)-1] ^= 1
			write(t, path, string(content))
		},
		"cut short":  func(path string) { write(t, path, read(t, path)[:200]) },
		"empty":      func(path string) { write(t, path, "") },
		"foreign":    func(path string) { write(t, path, strings.Repeat("a text of somebody ", 50)) },
		"appended":   func(path string) { write(t, path, read(t, path)+"x") },
		"a folder":   func(path string) { remove(t, path); mkdir(t, path) },
		"misplaced":  func(path string) { write(t, path, read(t, otherEntry(t, path))) },
		"unreadable": func(path string) { remove(t, path); link(t, path, path) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			var told warnings
			f := cache.NewFunction(memoryIn(t, dir, cache.Options{MemoryBytes: -1, Warnings: &told}), square)
			f.Call(t.Name(), 6)
			path := entryFiles(t, dir)[0]
			spoil(path)
			runs(t)
			if got := f.Call(t.Name(), 6); got != 36 {
				t.Errorf("the square of 6 is %d", got)
			}
			mustRun(t, 1, "what is stored cannot be loaded")
			if name == "a folder" {
				return // nothing of ours is deleted to make room
			}
			if got := f.Call(t.Name(), 6); got != 36 {
				t.Errorf("the square of 6 is %d", got)
			}
			mustRun(t, 0, "the new result is in its place")
		})
	}
}

func remove(t *testing.T, path string) {
	t.Helper()
	if err := os.RemoveAll(path); err != nil {
		t.Fatal(err)
	}
}

func mkdir(t *testing.T, path string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Join(path, "something"), 0o700); err != nil {
		t.Fatal(err)
	}
}

func link(t *testing.T, target, path string) {
	t.Helper()
	if err := os.Symlink(target, path); err != nil {
		t.Skipf("no symbolic links here: %v", err)
	}
}

// otherEntry makes a second entry of the cache that path is in.
func otherEntry(t *testing.T, path string) string {
	t.Helper()
	dir := filepath.Dir(filepath.Dir(filepath.Dir(path)))
	cache.Wrap(cache.New(dir, cache.Options{}), square)(t.Name(), 7)
	entries := slices.DeleteFunc(entryFiles(t, dir), func(p string) bool { return p == path })
	if len(entries) != 1 {
		t.Fatalf("besides %s there are the entries %q", path, entries)
	}
	return entries[0]
}

// drawing has a value inside that cannot be stored.
type drawing struct {
	Layers []layer
}

type layer struct {
	Name    string
	Content any
}

func draw(test string) drawing {
	count(test)
	return drawing{Layers: []layer{{"a", 1}, {"b", make(chan int)}}}
}

func TestStoreFailureWarnsAndLeavesNothing(t *testing.T) {
	t.Parallel()
	t.Run("a value that cannot be stored", func(t *testing.T) {
		t.Parallel()
		dir := t.TempDir()
		var told warnings
		f := cache.NewFunction(memoryIn(t, dir, cache.Options{Warnings: &told}), draw)
		for range 2 {
			if got := f.Call(t.Name()); len(got.Layers) != 2 || got.Layers[1].Content == nil {
				t.Errorf("the answer is %+v", got)
			}
		}
		mustRun(t, 2, "nothing could be kept")
		mustContain(t, f, false, t.Name())
		if text := told.String(); !strings.Contains(text, ".Layers[1].Content") || !strings.Contains(text, "chan int") || !strings.Contains(text, "draw") {
			t.Errorf("the warning does not say of which function what cannot be stored: %q", text)
		}
		if _, err := f.Shelve(t.Name()); err == nil {
			t.Error("there is a reference to what is not stored")
		}
		mustHaveNoEntry(t, dir)
	})
	t.Run("a folder that cannot be written", func(t *testing.T) {
		t.Parallel()
		blocked := filepath.Join(t.TempDir(), "a file")
		write(t, blocked, "of somebody else")
		var told warnings
		f := cache.NewFunction(memoryIn(t, filepath.Join(blocked, "cache"), cache.Options{MemoryBytes: -1, Warnings: &told}), square)
		for range 2 {
			if got := f.Call(t.Name(), 3); got != 9 {
				t.Errorf("the square of 3 is %d", got)
			}
		}
		mustRun(t, 2, "nothing could be kept")
		mustContain(t, f, false, t.Name(), 3)
		if text := told.String(); !strings.Contains(text, blocked) || strings.Count(text, "\n") != 1 {
			t.Errorf("it warns with %q; want one line that names the folder", text)
		}
		if read(t, blocked) != "of somebody else" {
			t.Error("it changed what is there")
		}
	})
}

// mustHaveNoEntry checks that there is nothing that anybody could take for an
// entry, nor one half written.
func mustHaveNoEntry(t *testing.T, dir string) {
	t.Helper()
	if left := entryFiles(t, dir); len(left) > 0 {
		t.Errorf("there are the entries %q", left)
	}
	if left, err := filepath.Glob(filepath.Join(dir, "*", "tmp", "*")); len(left) > 0 || err != nil {
		t.Errorf("there are the temporary files %q, %v", left, err)
	}
	s := store.Open(dir, store.Limits{})
	for name, err := range s.Functions() {
		if err != nil {
			t.Fatal(err)
		}
		for info, err := range s.Entries(name) {
			t.Errorf("%s is listed with the entry %v, %v", name, info, err)
		}
	}
}

func TestWrongOptionsAreClearErrors(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		wrong func()
		want  string
	}{
		"a negative size":         {func() { cache.New("", cache.Options{MaxBytes: -1}) }, "MaxBytes"},
		"a negative number":       {func() { cache.New("", cache.Options{MaxEntries: -1}) }, "MaxEntries"},
		"a negative age":          {func() { cache.New("", cache.Options{MaxAge: -1}) }, "MaxAge"},
		"too few names":           {func() { cache.Wrap(nil, square, cache.Names("test")) }, "Names"},
		"too many names":          {func() { cache.Wrap(nil, square, cache.Names("test", "n", "m")) }, `"m"`},
		"a name twice":            {func() { cache.Wrap(nil, square, cache.Names("n", "n")) }, `"n"`},
		"no dependency":           {func() { cache.Wrap(nil, square, cache.DependsOn(nil)) }, "DependsOn"},
		"a variable without name": {func() { cache.Wrap(nil, square, cache.DependsOn(cache.Env(""))) }, "Env"},
		"no function":             {func() { cache.Wrap(nil, 7) }, "int"},
		"a nil function":          {func() { cache.Wrap[func()](nil, nil) }, "no function"},
		"an unkeyable argument":   {func() { cache.Wrap(nil, callback) }, "func()"},
	} {
		if message := mustPanic(t, name, row.wrong); !strings.Contains(message, row.want) {
			t.Errorf("%s: the panic %q does not name %s", name, message, row.want)
		}
	}
}

func callback(do func()) { do() }

func TestGitignoreIsCreatedAndNeverOverwritten(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "cache")
	ignore := filepath.Join(dir, ".gitignore")
	f := cache.NewFunction(memoryIn(t, dir, cache.Options{}), square)
	f.Call(t.Name(), 1)
	if text := read(t, ignore); text != "*\n" {
		t.Errorf(".gitignore is %q", text)
	}
	write(t, ignore, "# mine\n")
	f.Call(t.Name(), 2)
	cache.Wrap(memoryIn(t, dir, cache.Options{}), square)(t.Name(), 3)
	if text := read(t, ignore); text != "# mine\n" {
		t.Errorf(".gitignore of the user is now %q", text)
	}
	// A folder with other things in it may be a project, which is not to be
	// hidden from git.
	project := t.TempDir()
	write(t, filepath.Join(project, "main.go"), "package main\n")
	cache.Wrap(memoryIn(t, project, cache.Options{}), square)(t.Name(), 4)
	if _, err := os.Stat(filepath.Join(project, ".gitignore")); !os.IsNotExist(err) {
		t.Errorf("a project has a .gitignore now: %v", err)
	}
}

// slow takes as long as others need to call it too: a tenth of a second.
func slow(test string) string {
	count(test)
	<-time.After(100 * time.Millisecond)
	return test
}

func TestFourConcurrentIdenticalCallsComputeOnce(t *testing.T) {
	t.Parallel()
	t.Run("goroutines", func(t *testing.T) {
		t.Parallel()
		cached := cache.Wrap(memory(t), slow)
		var group sync.WaitGroup
		for range 4 {
			group.Go(func() {
				if got := cached(t.Name()); got != t.Name() {
					t.Errorf("it returned %q", got)
				}
			})
		}
		group.Wait()
		mustRun(t, 1, "the others wait for the first")
	})
	t.Run("processes", func(t *testing.T) {
		t.Parallel()
		if runtime.GOOS == "js" {
			t.Skip("there are no processes here")
		}
		dir := t.TempDir()
		got := answers(t, process(t, "slow", dir, t.Name()), process(t, "slow", dir, t.Name()), process(t, "slow", dir, t.Name()), process(t, "slow", dir, t.Name()))
		slices.Sort(got)
		loaded, computed := t.Name()+" false\n", t.Name()+" true\n"
		if diff := cmp.Diff([]string{loaded, loaded, loaded, computed}, got); diff != "" {
			t.Errorf("what the processes returned, and whether they computed it (-want +got):\n%s", diff)
		}
	})
}
