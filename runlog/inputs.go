package runlog

import (
	"context"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"labbook/diffargs"
	"labbook/runlog/event"
	"labbook/runlog/record"
)

const (
	// mostInputs bounds how many files are looked at.
	mostInputs = 64
	// mostDigested bounds the size of a file whose content is read, and
	// mostDigestedInAll that of all of them.
	mostDigested, mostDigestedInAll = 64 << 20, 256 << 20
	// inputPatience is how long a program that has ended waits for what is still
	// being read.
	inputPatience = 100 * time.Millisecond
	// mostBefore bounds the bytes, of all files, that are read before the program
	// starts, which takes some milliseconds of a processor at most, and
	// beforePatience how long that may hold it up on a slow disk.
	mostBefore, beforePatience = 1 << 20, 50 * time.Millisecond
	// tick is more than the steps in which systems record when a file changed: two
	// changes within one are not told apart.
	tick = 20 * time.Millisecond
)

// A givenFile is a file that a program is given, as it was before the program
// started.
type givenFile struct {
	path   string
	before fs.FileInfo
}

// changed is when the file was changed last, as far as its system tells: nothing
// that a program can set, where there is such a time.
func (f *givenFile) changed() time.Time { return changeTime(f.before) }

// isSame reports whether a file is the one that it was, unchanged.
func (f *givenFile) isSame(now fs.FileInfo) bool {
	return os.SameFile(f.before, now) && now.Size() == f.before.Size() &&
		now.ModTime().Equal(f.before.ModTime()) && changeTime(now).Equal(f.changed())
}

func (f *givenFile) input(digest string) record.Input {
	return record.Input{Path: f.path, Bytes: f.before.Size(), Modified: f.before.ModTime(), Digest: digest}
}

// givenFiles finds the files that a program is given: its standard input, and
// those that its arguments name.
func givenFiles(args []string) (files []givenFile) {
	seen := map[string]bool{}
	for _, argument := range append([]string{"/dev/stdin"}, args...) {
		if _, value, isSetting := strings.Cut(argument, "="); isSetting && strings.HasPrefix(argument, "-") {
			argument = value
		}
		path, err := filepath.Abs(argument)
		if argument == "/dev/stdin" {
			path, err = pathOf(os.Stdin)
		}
		if err != nil || argument == "" || seen[path] || len(seen) == mostInputs {
			continue
		}
		info, err := os.Stat(path)
		if err != nil || !info.Mode().IsRegular() {
			continue
		}
		seen[path] = true
		files = append(files, givenFile{path, info})
	}
	return files
}

// An inputReader records the files that a program is given. That there are such
// files is on record before the program starts, and the digest of each as soon as
// it is known. Small files are read before the program starts, since it may change
// them; what it may have changed before it was read has no digest.
type inputReader struct {
	files  []givenFile
	emit   func(event.Event)
	digest func(ctx context.Context, f *givenFile) string // "" if it cannot be told

	stop context.CancelFunc
	done chan struct{}
}

// start records the files, and begins to read them. It waits for the small ones,
// but not for long.
func (r *inputReader) start() {
	ctx, stop := context.WithCancel(context.Background())
	r.stop, r.done = stop, make(chan struct{})
	for i := range r.files {
		r.emit(&event.Input{Input: r.files[i].input("")})
	}
	small, large := r.order()
	ready := make(chan struct{})
	go func() {
		defer close(r.done)
		r.read(ctx, small)
		close(ready)
		r.read(ctx, large)
	}()
	select {
	case <-ready:
	case <-time.After(beforePatience):
	}
}

// order says what is read before the program starts, and what beside it. Files
// without a size belong to the kernel, most of them, and some of those wait for
// something to happen when they are read.
func (r *inputReader) order() (small, large []*givenFile) {
	before, all := int64(mostBefore), int64(mostDigestedInAll)
	for i := range r.files {
		f := &r.files[i]
		size := f.before.Size()
		switch {
		case size > mostDigested || size > all:
			continue
		case size > 0 && size <= before:
			before -= size
			small = append(small, f)
		case time.Since(f.changed()) < tick: // the next change may not show
			continue
		default:
			large = append(large, f)
		}
		all -= size
	}
	return small, large
}

func (r *inputReader) read(ctx context.Context, files []*givenFile) {
	for _, f := range files {
		if ctx.Err() != nil {
			return
		}
		if digest := r.digest(ctx, f); digest != "" {
			r.emit(&event.Input{Input: f.input(digest)})
		}
	}
}

// finish waits for what is still being read, but not for long: whoever waits for
// the program waits for this.
func (r *inputReader) finish() {
	defer r.stop()
	select {
	case <-r.done:
	case <-time.After(inputPatience):
	}
}

// contentOf returns the digest of a file, "" if it cannot be read or was changed
// meanwhile, or when ctx ends.
func contentOf(ctx context.Context, f *givenFile) string {
	file, err := os.Open(f.path)
	if err != nil {
		return ""
	}
	defer file.Close()
	content := io.LimitReader(file, f.before.Size()+1)
	digest, n, err := diffargs.SumReader(readFunc(func(p []byte) (int, error) {
		if ctx.Err() != nil {
			return 0, context.Cause(ctx)
		}
		return content.Read(p)
	}))
	if err != nil || n != f.before.Size() {
		return ""
	}
	if now, err := file.Stat(); err != nil || !f.isSame(now) {
		return ""
	}
	return digest.String()
}

type readFunc func(p []byte) (int, error)

func (f readFunc) Read(p []byte) (int, error) { return f(p) }
