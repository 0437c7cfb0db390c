package cache

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"labbook/cache/store"
	"labbook/diffargs"
	"labbook/runlog/record"
)

// upper writes the input in upper case.
func upper(test string, in, out File) (File, error) {
	count(test).Add(1)
	content, err := os.ReadFile(string(in))
	if err != nil {
		return "", err
	}
	return out, os.WriteFile(string(out), bytes.ToUpper(content), 0o640)
}

func TestOutputFileIsRestored(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	m := memory(t)
	// Where the function writes is no argument to key by content.
	cached := Wrap(m, upper, Names("test", "in", "out"), Ignore("out"))
	in := write(t, filepath.Join(dir, "in.txt"), "some text")
	out := File(filepath.Join(dir, "out.txt"))
	remove := func() {
		if err := os.Remove(string(out)); err != nil {
			t.Fatal(err)
		}
	}
	dropCopies := func() {
		s, err := m.entries()
		if err == nil {
			err = s.Clear(copiesOf)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, test := range []struct {
		reason string
		change func()
		runs   int64
	}{
		{"the first call runs", func() {}, 1},
		{"the file is there", func() {}, 0},
		{"the file is missing", remove, 0},
		{"the file was changed by hand", func() { write(t, string(out), "some MORE text") }, 0},
		{"the same in the same length", func() { write(t, string(out), "SOME TEXt") }, 0},
		{"the file was touched", func() { out.withTime(t, time.Now().Add(time.Hour)) }, 0},
		{"the copy is gone, the file is there", dropCopies, 0},
		{"both are gone", remove, 1},
		{"a copy was kept again", remove, 0},
		{"the copy is gone, the file was changed", func() { dropCopies(); write(t, string(out), "?") }, 1},
		{"a folder stands in the place", func() {
			remove()
			if err := os.Mkdir(string(out), 0o700); err != nil {
				t.Fatal(err)
			}
		}, 1},
		{"the folder is gone", remove, 0},
		{"another input", func() { write(t, string(in), "other text") }, 1},
		{"the first input, whose output is gone", func() { write(t, string(in), "some text") }, 0},
	} {
		test.change()
		got, err := cached(t.Name(), in, out)
		n := runs(t.Name())
		if n != test.runs {
			t.Errorf("%s: it ran %d times, want %d", test.reason, n, test.runs)
		}
		if test.reason == "a folder stands in the place" {
			if err == nil {
				t.Errorf("%s: the function's own error is not seen", test.reason)
			}
			continue
		}
		if got != out || err != nil {
			t.Errorf("%s: %q, %v", test.reason, got, err)
		}
		if want := strings.ToUpper(read(t, in)); read(t, out) != want {
			t.Errorf("%s: the file holds %q, want %q", test.reason, read(t, out), want)
		}
		if info, err := os.Stat(string(out)); err != nil || info.Mode().Perm() != 0o640 && runtime.GOOS != "windows" {
			if test.reason != "the file was touched" || err != nil {
				t.Errorf("%s: mode %v, %v", test.reason, info.Mode(), err)
			}
		}
	}
	// A temporary file of a process that died long ago goes with the next
	// restore; one that is being written stays.
	leftover := write(t, filepath.Join(dir, temporaryPrefix(string(out))+"1"), "").withTime(t, time.Now().Add(-2*leftoverAge))
	young := write(t, filepath.Join(dir, temporaryPrefix(string(out))+"2"), "")
	remove()
	if _, err := cached(t.Name(), in, out); err != nil {
		t.Fatal(err)
	}
	left, err := filepath.Glob(filepath.Join(dir, ".*"))
	if diff := cmp.Diff([]string{string(young)}, left); diff != "" || err != nil {
		t.Errorf("temporary files (-want +left), one of them %s:\n%s", leftover, diff)
	}
}

// Eviction must not take a copy for older than the results that it belongs to.
func TestHitUsesTheCopy(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	m := memory(t)
	cached := Wrap(m, upper, Names("test", "in", "out"), Ignore("out"))
	in, out := write(t, filepath.Join(dir, "in.txt"), "text"), File(filepath.Join(dir, "out.txt"))
	s, err := m.entries()
	if err != nil {
		t.Fatal(err)
	}
	var used []time.Time
	for range 2 {
		if _, err := cached(t.Name(), in, out); err != nil {
			t.Fatal(err)
		}
		at, known := s.LastUsed(copiesOf, store.Key(diffargs.Sum([]byte("TEXT"))))
		if !known {
			t.Skip("this system does not keep track of uses")
		}
		used = append(used, at)
	}
	if !used[1].After(used[0]) {
		t.Errorf("the copy was used at %v and then at %v", used[0], used[1])
	}
}

func TestExplainOfOutputs(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	m := memory(t)
	cached := NewFunction(m, upper, Names("test", "in", "out"), Ignore("out"))
	in, out := write(t, filepath.Join(dir, "in.txt"), "text"), File(filepath.Join(dir, "out.txt"))
	if _, err := cached.Call(t.Name(), in, out); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(string(out)); err != nil {
		t.Fatal(err)
	}
	if e, err := cached.Explain(t.Name(), in, out); !e.Hit || err != nil {
		t.Errorf("a file that can be restored: %+v, %v", e, err)
	}
	if _, err := os.Stat(string(out)); err == nil {
		t.Error("Explain has restored the file")
	}
	s, err := m.entries()
	if err == nil {
		err = s.Clear(copiesOf)
	}
	if err != nil {
		t.Fatal(err)
	}
	e, err := cached.Explain(t.Name(), in, out)
	if want := "its output file " + string(out) + " is missing and no copy is kept"; e.Hit || e.Reason != record.Invalidated || !strings.Contains(e.Summary, want) || err != nil {
		t.Errorf("a file that cannot: %+v, %v", e, err)
	}
}

// Where a function puts a file depends on where its input is, often: two inputs
// with one content have an output each.
func TestOutputsOfEqualInputsAreApart(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	m := memory(t)
	cached := Wrap(m, func(test string, in map[string]File) (out []File, err error) {
		count(test).Add(1)
		for _, key := range []string{"a", "b"} {
			content, err := os.ReadFile(string(in[key]))
			if err != nil {
				return nil, err
			}
			out = append(out, in[key]+"."+File(key))
			if err := os.WriteFile(string(in[key])+"."+key, content, 0o600); err != nil {
				return nil, err
			}
		}
		return out, nil
	})
	one, two := write(t, filepath.Join(dir, "one"), "same"), write(t, filepath.Join(dir, "two"), "same")
	for range 2 {
		for _, in := range []map[string]File{{"a": one, "b": two}, {"a": two, "b": one}, {"a": one, "b": one}} {
			out, err := cached(t.Name(), in)
			if diff := cmp.Diff([]File{in["a"] + ".a", in["b"] + ".b"}, out); diff != "" || err != nil {
				t.Errorf("%v: %v (-want +got):\n%s", in, err, diff)
			}
		}
	}
	if n := runs(t.Name()); n != 3 {
		t.Errorf("it ran %d times for three calls", n)
	}
}

// A split is several files in a result, at some depth.
type split struct {
	Parts []File
	Named map[string]*File
	Notes []any
	Total int
}

func divide(test, dir string, n int) (split, *File, error) {
	count(test).Add(1)
	s := split{Named: map[string]*File{}, Notes: []any{"no file", 7}, Total: n}
	var last File
	for i := range n {
		path := filepath.Join(dir, "deep", fmt.Sprint(i), "part.txt")
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			return s, nil, err
		}
		if err := os.WriteFile(path, fmt.Appendf(nil, "part %d", i/2), 0o600); err != nil {
			return s, nil, err
		}
		last = File(path)
		switch i % 2 {
		case 0:
			s.Parts = append(s.Parts, last)
		case 1:
			file := last
			s.Named[fmt.Sprint(i)] = &file
		}
	}
	return s, &last, nil
}

func TestManyOutputFilesInsideResults(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	m := memory(t)
	cached := Wrap(m, divide)
	first, last, err := cached(t.Name(), dir, 5)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(filepath.Join(dir, "deep")); err != nil {
		t.Fatal(err)
	}
	second, lastAgain, err := cached(t.Name(), dir, 5)
	if err != nil || runs(t.Name()) != 1 {
		t.Fatalf("the files were not restored: %v", err)
	}
	if diff := cmp.Diff(first, second); diff != "" || *last != *lastAgain {
		t.Errorf("(-computed +loaded):\n%s", diff)
	}
	for i := range 5 {
		path := File(filepath.Join(dir, "deep", fmt.Sprint(i), "part.txt"))
		if got, want := read(t, path), fmt.Sprintf("part %d", i/2); got != want {
			t.Errorf("%s holds %q, want %q", path, got, want)
		}
	}
	s, err := m.entries()
	if err != nil {
		t.Fatal(err)
	}
	copies := 0
	for _, err := range s.Entries(copiesOf) {
		if copies++; err != nil {
			t.Error(err)
		}
	}
	if copies != 3 {
		t.Errorf("%d copies of five files with three contents", copies)
	}
}

func TestOutputFileThatDoesNotExist(t *testing.T) {
	t.Parallel()
	var warnings bytes.Buffer
	m := New(t.TempDir(), Options{Warnings: &warnings})
	missing := File(filepath.Join(t.TempDir(), "missing.csv"))
	cached := Wrap(m, func(test string, out File) split {
		count(test).Add(1)
		return split{Parts: []File{"", out}}
	}, Names("test", "out"), Ignore("out"))
	for range 2 {
		got := cached(t.Name(), missing)
		if diff := cmp.Diff(split{Parts: []File{"", missing}}, got); diff != "" {
			t.Errorf("the answer changes: %s", diff)
		}
	}
	if n := runs(t.Name()); n != 2 {
		t.Errorf("it ran %d times", n)
	}
	if text := warnings.String(); !strings.Contains(text, "result 1.Parts[1]: file "+string(missing)+" does not exist") || strings.Count(text, "\n") != 1 {
		t.Errorf("the warnings are %q", text)
	}
}

func TestCopyThatIsDamaged(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	m := memory(t)
	cached := Wrap(m, upper, Names("test", "in", "out"), Ignore("out"))
	in := write(t, filepath.Join(dir, "in.txt"), "some text")
	out := File(filepath.Join(dir, "out.txt"))
	if _, err := cached(t.Name(), in, out); err != nil {
		t.Fatal(err)
	}
	s, err := m.entries()
	if err != nil {
		t.Fatal(err)
	}
	for info, err := range s.Entries(copiesOf) {
		if err != nil {
			t.Fatal(err)
		}
		b, err := os.ReadFile(info.Path)
		if err != nil {
			t.Fatal(err)
		}
		b[len(b)-1] ^= 1
		if err := os.WriteFile(info.Path, b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for i := range 2 { // the second time with a copy that was made anew
		if err := os.Remove(string(out)); err != nil {
			t.Fatal(err)
		}
		_, err = cached(t.Name(), in, out)
		if n, want := runs(t.Name()), int64(2-2*i); n != want || err != nil || read(t, out) != "SOME TEXT" {
			t.Errorf("it ran %d times, want %d, made %q, %v", n, want, read(t, out), err)
		}
	}
	left, err := filepath.Glob(filepath.Join(dir, ".*"))
	if diff := cmp.Diff([]string(nil), left); diff != "" || err != nil {
		t.Errorf("left behind: %s, %v", diff, err)
	}
}

func TestOutputBehindALink(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	in, target, link := write(t, filepath.Join(dir, "in"), "text"), File(filepath.Join(dir, "target")), File(filepath.Join(dir, "link"))
	if err := os.Symlink(string(target), string(link)); err != nil {
		t.Skipf("no symbolic links here: %v", err)
	}
	cached := Wrap(memory(t), upper, Names("test", "in", "out"), Ignore("out"))
	for _, changed := range []string{"", "changed"} {
		if changed != "" {
			write(t, string(target), changed)
		}
		if _, err := cached(t.Name(), in, link); err != nil {
			t.Fatal(err)
		}
		if info, err := os.Lstat(string(link)); err != nil || info.Mode()&os.ModeSymlink == 0 {
			t.Errorf("the link is no longer one: %v, %v", info, err)
		}
		if read(t, target) != "TEXT" {
			t.Errorf("the file behind the link holds %q", read(t, target))
		}
	}
	if n := runs(t.Name()); n != 1 {
		t.Errorf("it ran %d times", n)
	}
}

func TestFunctionThatChangesItsInput(t *testing.T) {
	t.Parallel()
	cached := Wrap(memory(t), func(test string, f File) (File, error) {
		count(test).Add(1)
		content, err := os.ReadFile(string(f))
		if err != nil {
			return "", err
		}
		return f, os.WriteFile(string(f), bytes.ToUpper(content), 0o600)
	})
	file := write(t, filepath.Join(t.TempDir(), "f"), "text")
	for range 2 {
		if _, err := cached(t.Name(), file); err != nil || read(t, file) != "TEXT" {
			t.Errorf("the file holds %q, %v", read(t, file), err)
		}
		write(t, string(file), "text")
	}
	if n := runs(t.Name()); n != 1 {
		t.Errorf("it ran %d times", n)
	}
}

var makeStarted, makeRelease = make(chan struct{}), make(chan struct{})

func makeSlowly(test, out string) (File, error) {
	if count(test).Add(1) == 1 {
		makeStarted <- struct{}{}
		<-makeRelease
	}
	return File(out), os.WriteFile(out, []byte("made"), 0o600)
}

// Equal calls that wait for one that makes a file share its result.
func TestOutputsOfSharedFlights(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	slow := Wrap(memory(t), makeSlowly)
	results := make(chan error, 3)
	call := func() {
		file, err := slow(t.Name(), filepath.Join(dir, "out"))
		if err == nil && file != File(filepath.Join(dir, "out")) {
			err = fmt.Errorf("the result is %q", file)
		}
		results <- err
	}
	go call()
	<-makeStarted
	go call()
	go call()
	makeRelease <- struct{}{}
	for range 3 {
		if err := <-results; err != nil {
			t.Error(err)
		}
	}
	if n := runs(t.Name()); n != 1 {
		t.Errorf("it ran %d times", n)
	}
}

func BenchmarkFile(b *testing.B) {
	dir := b.TempDir()
	content := bytes.Repeat([]byte("0123456789abcde\n"), 64<<20/16)
	file := write(b, filepath.Join(dir, "large"), string(content))
	waitUntilSettled(b, file)
	for _, bench := range []struct {
		name string
		do   func() error
	}{
		{"read", func() error { return drain(string(file)) }},
		{"hash", func() error {
			c, err := file.look()
			if err == nil {
				_, err = c.read(string(file))
			}
			return err
		}},
		{"hash of its memory", func() error { diffargs.Sum(content); return nil }},
		{"unchanged", func() error { _, err := file.AppendKey(nil); return err }},
		{"stat", func() error { _, err := os.Stat(string(file)); return err }},
		{"copy", func() error {
			s := store.Open(filepath.Join(dir, "store"), store.Limits{})
			c, err := file.content(s)
			if err == nil {
				err = keepCopy(s, file, c)
			}
			return err
		}},
	} {
		b.Run(bench.name, func(b *testing.B) {
			if bench.name == "read" || strings.HasPrefix(bench.name, "hash") {
				b.SetBytes(64 << 20)
			}
			for b.Loop() {
				if err := bench.do(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// drain reads a file as `cat file > /dev/null` does.
func drain(path string) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	buffer := make([]byte, 128<<10)
	for {
		if n, err := file.Read(buffer); n == 0 {
			return ignoreEnd(err)
		}
	}
}

func ignoreEnd(err error) error {
	if errors.Is(err, io.EOF) {
		return nil
	}
	return err
}
