package tui

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/muesli/termenv"

	"labbook/runlog/record"
	"labbook/tui/samplebook"
)

// chunked is a book whose run 1 has printed chunks.
func chunked(chunks []record.Output) *samplebook.Book {
	return samplebook.New(samplebook.Content{
		Runs:    []record.RunDetail{{Run: record.Run{ID: 1, Name: "loud"}}},
		Outputs: map[int64][]record.Output{1: chunks},
	})
}

// numberedLines returns chunks of size bytes, each line of which holds its
// number, and how many lines there are. Some numbers of chunks are left out.
func numberedLines(r *rand.Rand, chunks, size int, hasGaps bool) ([]record.Output, int) {
	var text bytes.Buffer
	var all []record.Output
	lines, seq := 0, int64(0)
	for range chunks {
		for text.Len() < size {
			fmt.Fprintf(&text, "line %d\n", lines)
			lines++
		}
		seq++
		if hasGaps {
			seq += r.Int64N(3000)
		}
		all = append(all, record.Output{Seq: seq, Stream: record.Stdout, At: testNow, Bytes: bytes.Clone(text.Next(size))})
	}
	seq++
	all = append(all, record.Output{Seq: seq, Stream: record.Stdout, At: testNow, Bytes: bytes.Clone(text.Bytes())})
	return all, lines
}

func TestLastSeq(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 2))
	for n := range 60 {
		var chunks []record.Output
		last := int64(0)
		for range n {
			last += 1 + r.Int64N(1+r.Int64N(1_000_000))
			chunks = append(chunks, record.Output{Seq: last, Bytes: []byte("x")})
		}
		book := &guardedBook{Book: chunked(chunks), t: t}
		got, err := outputReader{book, 1}.lastSeq(t.Context())
		if err != nil || got != last {
			t.Errorf("lastSeq of %d chunks = %d, %v; want %d", n, got, err, last)
		}
		if reads := book.reads.Load(); reads > 80 {
			t.Errorf("%d reads to find the last of %d chunks", reads, n)
		}
	}
}

// TestWindowMovesOverAllOutput walks from the end to the start and back, and
// must see every line and no hole.
func TestWindowMovesOverAllOutput(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		reason       string
		chunks, size int
		hasGaps      bool
	}{
		{"one chunk", 1, 100, false},
		{"small chunks", 3000, 40, false},
		{"numbers missing", 60, 400, true},
		{"large chunks", 24, 60 << 10, false},
		{"huge chunks", 3, 600 << 10, false},
	} {
		t.Run(test.reason, func(t *testing.T) {
			t.Parallel()
			r := rand.New(rand.NewPCG(3, 4))
			chunks, lines := numberedLines(r, test.chunks, test.size, test.hasGaps)
			reader := outputReader{chunked(chunks), 1}
			w, err := reader.end(t.Context())
			if err != nil || !w.atEnd {
				t.Fatalf("end: %v, at the end: %t", err, w.atEnd)
			}
			if got, want := w.lines[len(w.lines)-1].text, fmt.Sprintf("line %d", lines-1); got != want {
				t.Fatalf("the last line is %q, want %q", got, want)
			}
			first := numberOf(t, w.lines[1].text)
			for steps := 0; !w.atStart; steps++ {
				if steps > 2*len(chunks) {
					t.Fatal("going up has no end")
				}
				if w, err = reader.up(t.Context(), w); err != nil {
					t.Fatal(err)
				}
				checkWindow(t, w, test.size)
				if last := numberOf(t, w.lines[len(w.lines)-2].text); last < first-2 {
					t.Fatalf("lines %d to %d were passed over", last, first)
				}
				first = numberOf(t, w.lines[min(1, len(w.lines)-1)].text)
			}
			if got := w.lines[0].text; got != "line 0" {
				t.Fatalf("the first line is %q", got)
			}
			for steps := 0; !w.atEnd; steps++ {
				if steps > 2*len(chunks) {
					t.Fatal("going down has no end")
				}
				last := numberOf(t, w.lines[len(w.lines)-2].text)
				if w, err = reader.down(t.Context(), w); err != nil {
					t.Fatal(err)
				}
				checkWindow(t, w, test.size)
				if first := numberOf(t, w.lines[1].text); first > last+3 {
					t.Fatalf("lines %d to %d were passed over", last, first)
				}
			}
			start, err := reader.start(t.Context())
			if err != nil || !start.atStart || start.lines[0].text != "line 0" {
				t.Fatalf("start: %v, %v", err, start.lines[:1])
			}
		})
	}
}

// numberOf returns the number of a whole line.
func numberOf(t *testing.T, line string) int {
	t.Helper()
	n, err := strconv.Atoi(strings.TrimPrefix(line, "line "))
	if err != nil {
		t.Fatalf("line %q: %v", line, err)
	}
	return n
}

// checkWindow checks the bound on a window and that its lines follow one another.
func checkWindow(t *testing.T, w outputWindow, chunkSize int) {
	t.Helper()
	size := 0
	for i := range w.chunks {
		size += len(w.chunks[i].Bytes)
	}
	if size > windowBytes+chunkSize {
		t.Fatalf("a window of %d bytes, of chunks of %d", size, chunkSize)
	}
	for i := 2; i < len(w.lines)-1; i++ {
		if a, b := numberOf(t, w.lines[i-1].text), numberOf(t, w.lines[i].text); b != a+1 {
			t.Fatalf("line %d follows line %d", b, a)
		}
	}
}

func TestWindowKeepsStreamsApart(t *testing.T) {
	t.Parallel()
	var chunks []record.Output
	for i, piece := range []struct {
		stream record.Stream
		text   string
	}{
		{record.Stdout, "out 1 be"},
		{record.Stderr, "err 1\nerr 2 be"},
		{record.Stdout, "gins\n\x1b[31mout 2\n"},
		{record.Stdout, ""},
		{record.Stderr, "gins\n"},
		{record.Stdout, "out\t3\tunfinished"},
	} {
		chunks = append(chunks, record.Output{Seq: int64(i + 1), Stream: piece.stream, Bytes: []byte(piece.text)})
	}
	got := newOutputWindow(chunks, true, true).lines
	want := []outputLine{
		{text: "err 1", chunk: 1, isError: true},
		{text: "out 1 begins", chunk: 0},
		{text: "\x1b[31mout 2\x1b[m", chunk: 2},
		{text: "err 2 begins", chunk: 1, nth: 1, isError: true},
		{text: "\x1b[31mout     3       unfinished\x1b[m", chunk: 5},
	}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(outputLine{})); diff != "" {
		t.Errorf("lines (-want +got):\n%s", diff)
	}
}

func TestOutputFollowsTheEndUnlessScrolledUp(t *testing.T) {
	t.Parallel()
	// Three windows full, of which progress bars leave few lines to walk over.
	lines := 3 * windowBytes / 1000
	chunks := make([]record.Output, lines)
	for i := range chunks {
		text := fmt.Sprintf("%s\rline %d\n", strings.Repeat("#", 1000), i)
		chunks[i] = record.Output{Seq: int64(i + 1), Stream: record.Stdout, Bytes: []byte(text)}
	}
	book := chunked(chunks)
	screen := open(t, book, 40, 12) // eight lines of output
	printLine := func() {
		book.Edit(func(c *samplebook.Content) {
			c.Outputs[1] = append(c.Outputs[1], record.Output{
				Seq: int64(len(c.Outputs[1]) + 1), Stream: record.Stdout, Bytes: fmt.Appendf(nil, "line %d\n", lines),
			})
		})
		lines++
		send1(t, screen, tick{})
	}
	press(t, screen, "enter", "4")
	wantOnScreen(t, screen, fmt.Sprintf("line %d", lines-1), "at the end")
	printLine()
	wantOnScreen(t, screen, fmt.Sprintf("line %d", lines-1), "at the end")

	press(t, screen, "k", "k")
	first := strings.Split(plain(screen.View()), "\n")[3]
	printLine()
	if got := strings.Split(plain(screen.View()), "\n")[3]; got != first {
		t.Errorf("scrolled up, the first line was %q and is %q after more was printed", first, got)
	}
	press(t, screen, "G")
	wantOnScreen(t, screen, fmt.Sprintf("line %d", lines-1))
	printLine()
	wantOnScreen(t, screen, fmt.Sprintf("line %d", lines-1))

	press(t, screen, "g")
	wantOnScreen(t, screen, "line 0", "line 7", "at the beginning")
	seen := 7
	for range lines {
		press(t, screen, "pgdown")
		view := plain(screen.View())
		if !strings.Contains(view, fmt.Sprintf("line %d\n", min(seen+7, lines-1))) {
			t.Fatalf("after line %d, one page down:\n%s", seen, view)
		}
		if seen = min(seen+7, lines-1); seen == lines-1 {
			break
		}
	}
	for top := lines - 8; top > 0; {
		press(t, screen, "pgup")
		top = max(top-7, 0)
		if view := plain(screen.View()); !strings.Contains(view, fmt.Sprintf("\n│ line %d\n", top)) || strings.Contains(view, fmt.Sprintf("line %d\n", top-1)) {
			t.Fatalf("one page up, line %d should be the first:\n%s", top, view)
		}
	}
}

func TestOutputToTheSide(t *testing.T) {
	t.Parallel()
	text := "\x1b[32m" + strings.Repeat("0123456789", 9) + "\x1b[0mEND\n"
	screen := open(t, chunked([]record.Output{{Seq: 1, Stream: record.Stderr, Bytes: []byte(text)}}), 40, 10)
	press(t, screen, "enter", "4")
	wantOnScreen(t, screen, "! 0123456789")
	press(t, screen, "right")
	wantOnScreen(t, screen, "! 6789")
	press(t, screen, "l", "l", "l", "l", "l", "l")
	wantOnScreen(t, screen, "END")
	press(t, screen, "h", "left", "h", "left", "left", "left")
	wantOnScreen(t, screen, "! 0123456789")
}

func TestOutputThatCannotBeRead(t *testing.T) {
	t.Parallel()
	reader := outputReader{&brokenOutput{Book: chunked(nil)}, 1}
	for name, read := range map[string]func() (outputWindow, error){
		"end":   func() (outputWindow, error) { return reader.end(t.Context()) },
		"start": func() (outputWindow, error) { return reader.start(t.Context()) },
		"down":  func() (outputWindow, error) { return reader.down(t.Context(), outputWindow{}) },
		"up": func() (outputWindow, error) {
			return reader.up(t.Context(), outputWindow{chunks: []record.Output{{Seq: 9}}})
		},
	} {
		if _, err := read(); err == nil {
			t.Errorf("%s gives no error", name)
		}
	}
}

// Where output was left out a line says so, as soon as it is known what stands
// before.
func TestWindowMarksGaps(t *testing.T) {
	t.Parallel()
	chunks := []record.Output{
		{Seq: 1, Stream: record.Stdout, Bytes: []byte("one\ntw")},
		{Seq: 2, Stream: record.Stderr, Bytes: []byte("\x1b[31moops")},
		{Seq: 7, Stream: record.Stdout, Offset: 106, Bytes: []byte("ten\n")},
		{Seq: 8, Stream: record.Stdout, Offset: 110, Bytes: []byte("eleven\n")},
		{Seq: 9, Stream: record.Stderr, Offset: 2057, Bytes: []byte("end\n")},
	}
	textsOf := func(w outputWindow) (texts []string) {
		for _, line := range w.lines {
			texts = append(texts, map[bool]string{true: "!", false: ""}[line.isError]+map[bool]string{true: "~", false: ""}[line.isMark]+line.text)
		}
		return texts
	}
	want := []string{
		"one", "tw", "~[… 100 B of output left out …]", "ten", "eleven",
		"!\x1b[31moops\x1b[m", "!~[… 2.0 KiB of output left out …]", "!end",
	}
	whole := newOutputWindow(chunks, true, true)
	if diff := cmp.Diff(want, textsOf(whole)); diff != "" {
		t.Errorf("all (-want +got):\n%s", diff)
	}
	part := newOutputWindow(chunks[2:], false, true)
	if diff := cmp.Diff([]string{"ten", "eleven", "!end"}, textsOf(part)); diff != "" {
		t.Errorf("the end alone (-want +got):\n%s", diff)
	}
	ten := part.lines[0]
	if i := whole.find(chunks[2].Seq, ten.nth, ten.isError); whole.lines[i].text != "ten" {
		t.Errorf("line %q of the part is %q in the whole", ten.text, whole.lines[i].text)
	}
	if got := textsOf(newOutputWindow([]record.Output{{Seq: 3, Stream: record.Stdout, Offset: 5, Bytes: []byte("x\n")}}, true, true)); got[0] != "~[… 5 B of output left out …]" {
		t.Errorf("what was left out at the beginning is not marked: %q", got)
	}
}

// A brokenOutput fails all reads of output.
type brokenOutput struct{ Book }

func (*brokenOutput) Output(context.Context, int64, int64, int) ([]record.Output, error) {
	return nil, errDisk
}

func BenchmarkOutputWindow(b *testing.B) {
	chunks, _ := numberedLines(rand.New(rand.NewPCG(7, 8)), 500, 1000, false)
	b.SetBytes(500_000)
	for b.Loop() {
		newOutputWindow(chunks, true, true)
	}
}

func BenchmarkFrame(b *testing.B) {
	for _, size := range [][2]int{{80, 24}, {300, 100}} {
		b.Run(fmt.Sprintf("%dx%d", size[0], size[1]), func(b *testing.B) {
			content := samplebook.Study(testNow)
			for i := range 20 {
				for _, call := range content.Calls[:24] {
					call.ID.Call += int64(24 * (i + 1))
					call.ID.Run = 14
					content.Calls = append(content.Calls, call)
				}
			}
			model := New(b.Context(), samplebook.New(content), Options{
				Renderer: renderer(termenv.TrueColor), Poll: -1, Now: func() time.Time { return testNow },
			})
			screen, err := openModel(model, size[0], size[1], "enter", "2")
			if err != nil {
				b.Fatal(err)
			}
			down, up := "j", "k"
			for b.Loop() {
				if err := screen.Press(down); err != nil {
					b.Fatal(err)
				}
				screen.View()
				down, up = up, down
			}
		})
	}
}
