package spool

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"labbook/runlog/event"
)

var run = uuid.MustParse("01234567-89ab-4def-8123-456789abcdef")

func create(t testing.TB) *Writer {
	t.Helper()
	w, err := Create(t.TempDir(), run, "main")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = w.Close() })
	return w
}

func open(t testing.TB, path string) *Reader {
	t.Helper()
	r, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.Close() })
	return r
}

func read(t testing.TB, path string) []byte {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return content
}

// record is an event as a spool has it.
func record(e event.Event) []byte {
	b := event.Append(make([]byte, recordHead), e)
	writeHead(b)
	return append(b, make([]byte, aligned(int64(len(b)), alignment)-int64(len(b)))...)
}

// tags reads tags until there are no more.
func tags(t testing.TB, r *Reader) []string {
	t.Helper()
	var list []string
	for {
		e, err := r.Next()
		if errors.Is(err, io.EOF) {
			return list
		}
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, e.(*event.Tag).Tag)
	}
}

func TestReaderFollowsWriter(t *testing.T) {
	t.Parallel()
	w := create(t)
	r := open(t, w.Path())
	if got := tags(t, r); got != nil {
		t.Fatalf("an empty spool has %q", got)
	}
	for i := range 3 {
		if err := w.Append(&event.Tag{Tag: fmt.Sprint(i)}); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]string{fmt.Sprint(i)}, tags(t, r)); diff != "" {
			t.Errorf("after append %d (-want +got):\n%s", i, diff)
		}
	}
	if r.Run() != run || !r.IsMain() {
		t.Errorf("run %v, main %v; want %v, true", r.Run(), r.IsMain(), run)
	}
	again := open(t, w.Path())
	again.SkipTo(r.Offset())
	if got := tags(t, again); got != nil {
		t.Errorf("after the offset of a reader at the end there is %q", got)
	}
}

func TestExactBytes(t *testing.T) {
	t.Parallel()
	w := create(t)
	if err := w.Append(&event.Tag{Tag: "x"}); err != nil {
		t.Fatal(err)
	}
	if err := w.Append(&event.Tag{}); err != nil {
		t.Fatal(err)
	}
	const want = "4c4253504f4f4c02" + "0123456789ab4def8123456789abcdef" + "0000000000000000" +
		"03000000" + "3bd8645d" + "110178" + "0000000000" +
		"02000000" + "241e06dd" + "1100" + "000000000000"
	content := read(t, w.Path())
	live, rest := content[:len(want)/2], content[len(want)/2:]
	if hex.EncodeToString(live) != want {
		t.Errorf("the spool is\n%x, want\n%s", live, want)
	}
	if len(bytes.Trim(rest, "\x00")) > 0 {
		t.Errorf("after its records the spool has %x", rest)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if got := hex.EncodeToString(read(t, w.Path())); got != want {
		t.Errorf("once it is closed, the spool is\n%s, want\n%s", got, want)
	}
}

func TestConcurrentAppends(t *testing.T) {
	t.Parallel()
	w := create(t)
	const writers, each = 8, 200
	var group sync.WaitGroup
	for i := range writers {
		group.Go(func() {
			for range each {
				if err := w.Append(&event.Tag{Tag: fmt.Sprint(i)}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	group.Wait()
	count := map[string]int{}
	for _, tag := range tags(t, open(t, w.Path())) {
		count[tag]++
	}
	for i := range writers {
		if count[fmt.Sprint(i)] != each {
			t.Errorf("writer %d has %d events in the spool, want %d", i, count[fmt.Sprint(i)], each)
		}
	}
}

func TestAbandoned(t *testing.T) {
	t.Parallel()
	w := create(t)
	r := open(t, w.Path())
	if abandoned, err := r.Abandoned(); err != nil || abandoned {
		t.Fatalf("while its writer lives: Abandoned = %v, %v", abandoned, err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if abandoned, err := r.Abandoned(); err != nil || !abandoned {
		t.Fatalf("after its writer is gone: Abandoned = %v, %v", abandoned, err)
	}
	if abandoned, err := open(t, w.Path()).Abandoned(); err != nil || abandoned {
		t.Errorf("while another reader has it: Abandoned = %v, %v", abandoned, err)
	}
	if err := w.Append(&event.Tag{}); err == nil {
		t.Error("a closed spool takes an event")
	}
}

// A writer that dies in the middle of a record, or whose disk flips a bit,
// leaves all that came before readable.
func TestDamage(t *testing.T) {
	t.Parallel()
	w := create(t)
	for i := range 3 {
		if err := w.Append(&event.Tag{Tag: fmt.Sprint("tag", i)}); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	whole := read(t, w.Path())
	recordSize := (len(whole) - headerSize) / 3
	tagsOf := func(t *testing.T, data []byte) []string {
		t.Helper()
		path := filepath.Join(t.TempDir(), "x-main.spool")
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		return tags(t, open(t, path))
	}
	for n := headerSize; n < len(whole); n++ {
		if got, want := len(tagsOf(t, whole[:n])), (n-headerSize)/recordSize; got != want {
			t.Errorf("cut to %d bytes it has %d events, want %d", n, got, want)
		}
	}
	for n := headerSize; n < len(whole); n++ {
		flipped := bytes.Clone(whole)
		flipped[n] ^= 0x10
		at := (n - headerSize) % recordSize
		want := (n - headerSize) / recordSize
		if at >= recordHead+len("\x11\x04tag0") { // padding says nothing
			want = 3
		}
		if got := len(tagsOf(t, flipped)); got != want {
			t.Errorf("with byte %d flipped it has %d events, want the %d before it", n, got, want)
		}
	}
	for n := headerSize; n < len(whole); n++ {
		// A writer that was killed while it copied: no length yet, and room behind.
		at := headerSize + (n-headerSize)/recordSize*recordSize
		killed := append(bytes.Clone(whole[:n]), make([]byte, 1000)...)
		copy(killed[at:], make([]byte, min(4, n-at)))
		if got, want := len(tagsOf(t, killed)), (n-headerSize)/recordSize; got != want {
			t.Errorf("killed at byte %d it has %d events, want %d", n, got, want)
		}
	}
}

func TestUnknownEventsAreSkipped(t *testing.T) {
	t.Parallel()
	w := create(t)
	if err := w.Append(&event.Tag{Tag: "before"}); err != nil {
		t.Fatal(err)
	}
	unknown := record(&event.Tag{Tag: "of a kind that nobody knows"})
	unknown[recordHead] = 250
	if err := w.add(bytes.Clone(unknown)); err != nil {
		t.Fatal(err)
	}
	if err := w.Append(&event.Tag{Tag: "after"}); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"before", "after"}, tags(t, open(t, w.Path()))); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestForeignFiles(t *testing.T) {
	t.Parallel()
	for _, content := range []string{"", "LBSPOOL", "something else that is long enough to hold a header", "LBSPOOL\x03aaaaaaaaaaaaaaaabbbbbbbbcccc", "LBSPOOL\x02aaaaaaaaaaaaaaaabbbb"} {
		path := filepath.Join(t.TempDir(), "f.spool")
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := Open(path); !errors.Is(err, ErrForeign) {
			t.Errorf("Open of %q = %v, want ErrForeign", content, err)
		}
	}
}

func TestEventThatIsTooLarge(t *testing.T) {
	t.Parallel()
	w := create(t)
	if err := w.Append(&event.Tag{Tag: strings.Repeat("x", maxRecord)}); !errors.Is(err, ErrTooLarge) {
		t.Errorf("Append = %v, want ErrTooLarge", err)
	}
	if err := w.Append(&event.Tag{Tag: "after"}); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"after"}, tags(t, open(t, w.Path()))); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestListOfNothing(t *testing.T) {
	t.Parallel()
	if paths, err := List(filepath.Join(t.TempDir(), "none")); err != nil || paths != nil {
		t.Errorf("List = %v, %v; want nothing", paths, err)
	}
}

// Version 1 stays readable: a program of it may have died, or live.
func TestVersion1(t *testing.T) {
	t.Parallel()
	const old = "4c4253504f4f4c01" + "0123456789ab4def8123456789abcdef" +
		"03000000" + "3bd8645d" + "110178" +
		"02000000" + "241e06dd" + "1100"
	content, err := hex.DecodeString(old)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "x-main.spool")
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	r := open(t, path)
	if diff := cmp.Diff([]string{"x", ""}, tags(t, r)); diff != "" || r.Run() != run {
		t.Errorf("of run %v (-want +got):\n%s", r.Run(), diff)
	}
	r.TakenIn(r.Offset())
	if diff := cmp.Diff(content, read(t, path)); diff != "" {
		t.Errorf("taken in, it has changed (-want +got):\n%s", diff)
	}
	if abandoned, err := r.Abandoned(); err != nil || !abandoned {
		t.Errorf("Abandoned = %v, %v", abandoned, err)
	}
}

func FuzzReader(f *testing.F) {
	tag := record(&event.Tag{Tag: "x"})
	begun := binary.LittleEndian.AppendUint64(header(run)[:beginAt], uint64(headerSize+len(tag)))
	for _, header := range [][]byte{header(run), append([]byte(magic1), run[:]...), begun} {
		f.Add(header)
		f.Add(slices.Concat(header, tag, tag, make([]byte, 100)))
		f.Add(slices.Concat(header, tag[:len(tag)-5], tag[:len(tag)-5]))
		f.Add(append(bytes.Clone(header), 0xff, 0xff, 0xff, 0x03, 0, 0, 0, 0))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		path := filepath.Join(t.TempDir(), "x.spool")
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		r, err := Open(path)
		if err != nil {
			if !errors.Is(err, ErrForeign) {
				t.Fatalf("Open = %v", err)
			}
			return
		}
		defer func() { _ = r.Close() }()
		for {
			before := r.Offset()
			_, err := r.Next()
			if errors.Is(err, io.EOF) {
				lost, err := r.SkipDamage()
				if err != nil {
					t.Fatal(err)
				}
				if lost == 0 {
					return
				}
				if lost != r.Offset()-before && r.Offset() <= before {
					t.Fatalf("%d bytes are lost between %d and %d", lost, before, r.Offset())
				}
			} else if err != nil {
				t.Fatal(err)
			}
			if r.Offset() <= before || r.Offset() > int64(len(data)) {
				t.Fatalf("an event moves the reader from %d to %d in %d bytes", before, r.Offset(), len(data))
			}
		}
	})
}

// BenchmarkAppend appends hits, from one goroutine and from two. It begins a new
// spool before the disk has to keep up.
func BenchmarkAppend(b *testing.B) {
	digest := make([]byte, 32)
	const most = 200_000
	for _, goroutines := range []int{1, 2} {
		b.Run(fmt.Sprint(goroutines), func(b *testing.B) {
			b.ReportAllocs()
			b.StopTimer()
			for rest := b.N; rest > 0; rest -= most {
				w, err := Create(b.TempDir(), run, "main")
				if err != nil {
					b.Fatal(err)
				}
				b.StartTimer()
				var group sync.WaitGroup
				for range goroutines {
					group.Go(func() {
						hit := hit(0, digest)
						for i := range min(rest, most) / goroutines {
							hit.Call = int64(i)
							if err := w.AppendCallEnd(hit); err != nil {
								b.Error(err)
							}
						}
					})
				}
				group.Wait()
				b.StopTimer()
				if err := errors.Join(w.Close(), os.Remove(w.Path())); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// hit is what a program records most.
func hit(call int64, digest []byte) *event.CallEnd {
	return &event.CallEnd{
		Call: call, Scope: event.Scope{Task: -1}, Function: 1, Key: digest, Outcome: "hit",
		OriginRun: run.String(), OriginCall: 1, Started: time.Unix(0, 1<<60), Duration: 2000, Saved: time.Second,
		ResultDigest: digest, ResultBytes: 8,
	}
}

// TestUnborn has many make spools while others clear away what makers that died
// have left. None of the living loses its spool.
func TestUnborn(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	left := filepath.Join(dir, "left"+extension)
	if err := os.WriteFile(left, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	yesterday := time.Now().Add(-24 * time.Hour) // for systems without locks
	if err := os.Chtimes(left, yesterday, yesterday); err != nil {
		t.Fatal(err)
	}
	if !IsUnborn(left) {
		t.Error("an empty file that nobody holds is not unborn")
	}
	if err := RemoveUnborn(left); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(left); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("it is still there: %v", err)
	}

	const makers, spools = 4, 60
	var making, clearing sync.WaitGroup
	made := make(chan struct{})
	for range 2 {
		clearing.Go(func() {
			for {
				select {
				case <-made:
					return
				default:
				}
				paths, err := List(dir)
				if err != nil {
					t.Error(err)
				}
				for _, path := range paths {
					if err := RemoveUnborn(path); err != nil {
						t.Error(err)
					}
				}
			}
		})
	}
	for range makers {
		making.Go(func() {
			for range spools {
				w, err := Create(dir, uuid.New(), "main")
				if err != nil {
					t.Error(err)
					return
				}
				if r, err := Open(w.Path()); err != nil {
					t.Errorf("a spool that was just made: %v", err)
				} else if abandoned, err := r.Abandoned(); err != nil || abandoned && canLock {
					t.Errorf("a spool whose writer lives is abandoned %t, %v", abandoned, err)
				} else if err := r.Close(); err != nil {
					t.Error(err)
				}
				if err := errors.Join(w.Close(), os.Remove(w.Path())); err != nil {
					t.Error(err)
				}
			}
		})
	}
	making.Wait()
	close(made)
	clearing.Wait()
}
