package cache

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"labbook/diffargs"
)

// write writes a file, and the folders that it needs.
func write(t testing.TB, path, content string) File {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return File(path)
}

func read(t testing.TB, path File) string {
	t.Helper()
	content, err := os.ReadFile(string(path))
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

// lines counts the lines of a file.
func lines(test string, in File) (int, error) {
	count(test).Add(1)
	content, err := os.ReadFile(string(in))
	return bytes.Count(content, []byte("\n")), err
}

func TestFileArgumentIsItsContent(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	m := memory(t)
	cached := Wrap(m, lines)
	in := write(t, filepath.Join(dir, "a.txt"), "one\ntwo\n")
	later := time.Now().Add(time.Hour)
	for _, test := range []struct {
		reason string
		change func() File
		lines  int
		runs   int64
	}{
		{"the first call runs", func() File { return in }, 2, 1},
		{"nothing changed", func() File { return in }, 2, 0},
		{"touched", func() File { return in.withTime(t, later) }, 2, 0},
		{"a copy elsewhere", func() File { return write(t, filepath.Join(dir, "b", "c.txt"), "one\ntwo\n") }, 2, 0},
		{"another content", func() File { return write(t, string(in), "one\ntwo\nthree\n") }, 3, 1},
		{"the content from before", func() File { return write(t, string(in), "one\ntwo\n") }, 2, 0},
		{"an empty file", func() File { return write(t, string(in), "") }, 0, 1},
	} {
		file := test.change()
		got, err := cached(t.Name(), file)
		if n := runs(t.Name()); got != test.lines || err != nil || n != test.runs {
			t.Errorf("%s: %d lines, %v, ran %d times; want %d lines, run %d times", test.reason, got, err, n, test.lines, test.runs)
		}
	}
}

func (f File) withTime(t *testing.T, at time.Time) File {
	t.Helper()
	if err := os.Chtimes(string(f), at, at); err != nil {
		t.Fatal(err)
	}
	return f
}

type dataset struct {
	Name  string
	Parts []File
	ByDay map[string]*File
	Any   any
	extra File
	Skip  File `labbook:"-"`
}

func total(test string, d dataset, more ...File) (n int, err error) {
	count(test).Add(1)
	for _, file := range append(append(d.Parts, d.extra, *d.ByDay["mon"], d.Any.(File)), more...) {
		one, err := lines(test+" inner", file)
		if err != nil {
			return 0, err
		}
		n += one
	}
	return n, nil
}

func TestFilesInsideArguments(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := func(name, content string) File { return write(t, filepath.Join(dir, name), content) }
	day := file("day", "1\n")
	d := dataset{
		Parts: []File{file("part0", "1\n"), file("part1", "1\n")}, ByDay: map[string]*File{"mon": &day},
		Any: file("any", "1\n"), extra: file("extra", "1\n"), Skip: "not there",
	}
	more := file("more", "1\n")
	cached := Wrap(memory(t), total)
	want := 6
	for i, name := range []string{"", "", "part1", "day", "any", "extra", "more"} {
		wantRuns := int64(1)
		if name != "" {
			file(name, "1\n2\n")
			want++
		} else if i > 0 {
			wantRuns = 0
		}
		got, err := cached(t.Name(), d, more)
		if n := runs(t.Name()); got != want || err != nil || n != wantRuns {
			t.Errorf("%d: %q changed: %d, %v after %d runs; want %d after %d", i, name, got, err, n, want, wantRuns)
		}
	}
}

func TestFilesThatCannotBeKeyed(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	cached := Wrap(memory(t), lines, Names("test", "in"))
	nested := Wrap(memory(t), total, Names("test", "data", "more"))
	for _, test := range []struct {
		reason string
		file   File
		is     error
		says   string
	}{
		{"missing", File(filepath.Join(dir, "no.csv")), fs.ErrNotExist, "no.csv does not exist"},
		{"missing, relative", "no.csv", fs.ErrNotExist, "no.csv does not exist in "},
		{"a directory", File(dir), errDirectory, "[]cache.File"},
		{"a device", File(os.DevNull), errIrregular, "no regular file"},
		{"a file in the place of a folder", write(t, filepath.Join(dir, "f"), "") + "/x", nil, "cannot be read"},
	} {
		if runtime.GOOS == "windows" && test.reason != "missing" {
			continue
		}
		_, err := cached(t.Name(), test.file)
		argument, ok := errors.AsType[*ArgumentError](err)
		if !ok || argument.Argument != "in" || test.is != nil && !errors.Is(err, test.is) || !strings.Contains(err.Error(), test.says) {
			t.Errorf("%s: %v", test.reason, err)
		}
		_, err = nested(t.Name(), dataset{Parts: []File{"", test.file}})
		if err == nil || !strings.Contains(err.Error(), "argument data.Parts[1]: file ") {
			t.Errorf("%s, nested: %v", test.reason, err)
		}
	}
	if n := runs(t.Name()); n != 0 {
		t.Errorf("a function ran %d times on files that cannot be keyed", n)
	}
}

func TestEmptyPathIsNoFile(t *testing.T) {
	t.Parallel()
	cached := Wrap(memory(t), func(test string, f File) bool { count(test).Add(1); return f == "" })
	empty := write(t, filepath.Join(t.TempDir(), "empty"), "")
	for range 2 {
		if !cached(t.Name(), "") || cached(t.Name(), empty) {
			t.Error("no file and an empty file are one to the cache")
		}
	}
	if n := runs(t.Name()); n != 2 {
		t.Errorf("it ran %d times", n)
	}
}

// The classic trap of build tools: another content of the same length, and the
// modification time set back.
func TestSameSizeAndSameTimeIsAnotherFile(t *testing.T) {
	t.Parallel()
	cached := Wrap(memory(t), func(test string, f File) (string, error) {
		count(test).Add(1)
		content, err := os.ReadFile(string(f))
		return string(content), err
	})
	past := time.Now().Add(-24 * time.Hour)
	path := filepath.Join(t.TempDir(), "f")
	for i := range 100 {
		want := fmt.Sprintf("content %03d", i)
		// Rewritten at once, in one tick of the clock of the file system and
		// across ticks, in place and anew.
		if i%3 == 0 {
			_ = os.Remove(path)
		}
		file := write(t, path, want).withTime(t, past)
		if i%30 == 29 {
			waitUntilSettled(t, file)
		}
		for range 2 {
			if got, err := cached(t.Name(), file); got != want || err != nil {
				t.Fatalf("%q, %v; want %q", got, err, want)
			}
		}
		if n := runs(t.Name()); n != 1 {
			t.Fatalf("ran %d times for %q", n, want)
		}
	}
}

// waitUntilSettled waits until the file may be remembered.
func waitUntilSettled(t testing.TB, file File) {
	t.Helper()
	c, err := file.look()
	if err != nil {
		t.Fatal(err)
	}
	if c.stamp.changed == 0 {
		t.Skip("nothing is remembered of files here")
	}
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !c.stamp.settledAt(time.Now()) {
		<-tick.C
	}
}

func TestStampsSettle(t *testing.T) {
	t.Parallel()
	second := time.Unix(1_700_000_000, 0)
	fine := second.Add(123_456_789)
	for _, test := range []struct {
		reason  string
		changed time.Time
		after   time.Duration
		want    bool
	}{
		{"read in the tick of the change", fine, 5 * time.Millisecond, false},
		{"read well after it", fine, 101 * time.Millisecond, true},
		{"a file system that counts seconds, or two", second, 1999 * time.Millisecond, false},
		{"and the next of them", second, 2001 * time.Millisecond, true},
		{"a clock that went back", fine, -time.Hour, false},
		{"nobody knows when", time.Unix(0, 0), 24 * time.Hour, false},
	} {
		s := stamp{size: 1, modified: 1, changed: test.changed.UnixNano()}
		if got := s.settledAt(test.changed.Add(test.after)); got != test.want {
			t.Errorf("%s: %t", test.reason, got)
		}
	}
}

func TestUnchangedFileIsNotReadAgain(t *testing.T) {
	t.Parallel()
	m := memory(t)
	content := strings.Repeat("line\n", notedSize/5+1)
	file := write(t, filepath.Join(t.TempDir(), "large"), content)
	waitUntilSettled(t, file)
	if n, err := Wrap(m, lines)(t.Name(), file); n != notedSize/5+1 || err != nil {
		t.Fatal(n, err)
	}
	c, err := file.look()
	if err != nil {
		t.Fatal(err)
	}
	// Wrong on purpose: who trusts it has not read the file.
	planted := diffargs.Sum([]byte("planted"))
	memo := fileMemos.of(c.stamp)
	memo.mu.Lock()
	if memo.stamp != c.stamp {
		t.Error("it is not remembered")
	}
	memo.digest = planted
	memo.mu.Unlock()
	if got, err := file.content(nil); err != nil || got.digest != planted {
		t.Error("the process reads an unchanged file again")
	}

	// Another process knows the note alone.
	store, err := m.entries()
	if err != nil {
		t.Fatal(err)
	}
	fileMemos.files.Delete(fileID{c.stamp.device, c.stamp.inode})
	note, err := store.Note(noteOf(string(file)))
	if err != nil {
		t.Fatal(err)
	}
	noted, digest, ok := decodeFileNote(note)
	if !ok || noted != c.stamp || digest != diffargs.Sum([]byte(content)) {
		t.Errorf("the note says %v %v %v", noted, digest, ok)
	}
	if err := store.PutNote(noteOf(string(file)), encodeFileNote(c.stamp, planted)); err != nil {
		t.Fatal(err)
	}
	if got, err := file.content(store); err != nil || got.digest != planted {
		t.Error("another process reads an unchanged file again")
	}

	// A note that is damaged, or that is of another state of the file, is none.
	for _, test := range []struct {
		reason string
		note   []byte
	}{
		{"empty", nil},
		{"damaged", append(bytes.Clone(note[:20]), make([]byte, len(note)-20)...)},
		{"of another time", encodeFileNote(stamp{c.stamp.device, c.stamp.inode, c.stamp.size, c.stamp.modified, c.stamp.changed - 1}, planted)},
		{"of another file", encodeFileNote(stamp{c.stamp.device, c.stamp.inode + 1, c.stamp.size, c.stamp.modified, c.stamp.changed}, planted)},
	} {
		fileMemos.files.Delete(fileID{c.stamp.device, c.stamp.inode})
		if err := store.PutNote(noteOf(string(file)), test.note); err != nil {
			t.Fatal(err)
		}
		if got, err := file.content(store); err != nil || got.digest != diffargs.Sum([]byte(content)) {
			t.Errorf("a note that is %s is trusted", test.reason)
		}
	}
}

func TestFileNoteBytes(t *testing.T) {
	t.Parallel()
	s := stamp{device: 1, inode: 2, size: 3, modified: -4, changed: 5}
	want := "LBFILE\x00\x01" +
		"\x01\x00\x00\x00\x00\x00\x00\x00" + "\x02\x00\x00\x00\x00\x00\x00\x00" + "\x03\x00\x00\x00\x00\x00\x00\x00" +
		"\xfc\xff\xff\xff\xff\xff\xff\xff" + "\x05\x00\x00\x00\x00\x00\x00\x00" +
		strings.Repeat("\xab", 32)
	digest := diffargs.Digest(bytes.Repeat([]byte{0xab}, 32))
	got := encodeFileNote(s, digest)
	if string(got[:len(got)-4]) != want || len(got) != fileNoteSize {
		t.Errorf("the note is\n%q", got)
	}
	if again, d, ok := decodeFileNote(got); !ok || again != s || d != digest {
		t.Errorf("read back: %v %v %v", again, d, ok)
	}
	for i := range got {
		damaged := bytes.Clone(got)
		damaged[i] ^= 0x10
		if _, _, ok := decodeFileNote(damaged); ok {
			t.Errorf("a note with byte %d damaged is believed", i)
		}
		if _, _, ok := decodeFileNote(got[:i]); ok {
			t.Errorf("a note of %d bytes is believed", i)
		}
	}
}

func TestInputThatChangesWhileTheFunctionRuns(t *testing.T) {
	t.Parallel()
	runs(t.Name()) // as a run of the test before may have left it
	var warnings bytes.Buffer
	m := New(t.TempDir(), Options{Warnings: &warnings})
	cached := Wrap(m, func(test string, in File) (string, error) {
		if count(test).Add(1) == 1 {
			// As if somebody else wrote it.
			if err := os.WriteFile(string(in), []byte("after"), 0o600); err != nil {
				return "", err
			}
		}
		content, err := os.ReadFile(string(in))
		return string(content), err
	})
	file := write(t, filepath.Join(t.TempDir(), "in"), "before")
	if got, err := cached(t.Name(), file); got != "after" || err != nil {
		t.Fatal(got, err)
	}
	if !strings.Contains(warnings.String(), "in changed while it ran") {
		t.Errorf("the warning is %q", &warnings)
	}
	// Had "after" been stored as the result for "before", this would find it.
	if got, err := cached(t.Name(), write(t, string(file), "before")); got != "before" || err != nil {
		t.Errorf("the result for the content before is %q, %v", got, err)
	}
}
