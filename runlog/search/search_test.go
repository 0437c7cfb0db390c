package search

import (
	"bytes"
	"cmp"
	"flag"
	"fmt"
	"math"
	"math/rand/v2"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"
	gocmp "github.com/google/go-cmp/cmp"

	"labbook/runlog/event"
	"labbook/runlog/record"
	"labbook/runlog/safetext"
	"labbook/runlog/sqlbook"
)

var seeds = flag.Uint64("seeds", 16, "how many random lab-books are searched")

var start = time.Unix(1_700_000_000, 0)

func create(t testing.TB, path string) *sqlbook.Book {
	t.Helper()
	b, err := sqlbook.Create(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = b.Close() })
	return b
}

// apply takes in events of a run.
func apply(t testing.TB, b *sqlbook.Book, run string, events ...event.Event) {
	t.Helper()
	offset, err := b.Offset(t.Context(), run)
	if err == nil {
		err = b.Apply(t.Context(), run, run, events, offset, offset+1)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func output(stream record.Stream, offset int64, text string) *event.Output {
	return &event.Output{Stream: stream, Offset: offset, At: start, Bytes: []byte(text)}
}

// found is what a search finds, a line each.
func found(t testing.TB, b Book, options Options) []string {
	t.Helper()
	s, err := New(options)
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for line, err := range s.Lines(t.Context(), b) {
		if err != nil {
			t.Fatal(err)
		}
		lines = append(lines, describe(line.Run.ID, line.Stream, line.Seq, line.Offset, line.Text, line.Matches))
	}
	return lines
}

func describe(run int64, stream record.Stream, seq, offset int64, text string, matches [][]int) string {
	return fmt.Sprintf("%d %s %d %d %q %v", run, stream, seq, offset, text, matches)
}

// A plainLine is a line of output as a naive reader finds it.
type plainLine struct {
	run         int64
	stream      record.Stream
	seq, offset int64
	text        string
}

// naive reads all that the lab-book has, in the order in which it is found, without
// an index and without PlainLine.
func naive(t testing.TB, b *sqlbook.Book, runs int64) []plainLine {
	t.Helper()
	var all []plainLine
	for run := runs; run > 0; run-- {
		chunks, err := b.Output(t.Context(), run, 0, math.MaxInt32)
		if err != nil {
			t.Fatal(err)
		}
		begin := len(all)
		for _, stream := range []record.Stream{record.Both, record.Stderr, record.Stdout} {
			var raw []byte // nil before a line begins
			var line plainLine
			end := func() {
				var lines safetext.Lines
				each := func(text string) {
					line.text = ansi.Strip(text)
					all = append(all, line)
				}
				lines.Feed(raw, each)
				each(lines.Rest())
				raw = nil
			}
			last := int64(-1)
			for _, c := range chunks {
				if c.Stream != stream {
					continue
				}
				if raw != nil && c.Offset != last {
					end()
				}
				for i, x := range c.Bytes {
					if raw == nil {
						raw, line = []byte{}, plainLine{run, stream, c.Seq, c.Offset + int64(i), ""}
					}
					if x == '\n' {
						end()
					} else {
						raw = append(raw, x)
					}
				}
				last = c.End()
			}
			if raw != nil {
				end()
			}
		}
		slices.SortStableFunc(all[begin:], func(a, b plainLine) int { return cmp.Compare(a.seq, b.seq) })
	}
	return all
}

// matching are the lines that a pattern matches, as found describes them.
func matching(lines []plainLine, pattern *regexp.Regexp) []string {
	var all []string
	for _, line := range lines {
		if matches := pattern.FindAllStringIndex(line.text, -1); matches != nil {
			all = append(all, describe(line.run, line.stream, line.seq, line.offset, line.text, matches))
		}
	}
	return all
}

// What a search finds is what going through everything finds: however output is cut
// into chunks, whatever is in it, with and without an index, and where the limit
// has left some of it out.
func TestSearchFindsAll(t *testing.T) {
	t.Parallel()
	number := *seeds
	if testing.Short() {
		number = min(number, 3)
	}
	for seed := range number {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			t.Parallel()
			r := rand.New(rand.NewPCG(seed, 1))
			path := filepath.Join(t.TempDir(), "labbook.sqlite")
			b := create(t, path)
			limit := []int64{0, 1 << 20, 60_000, 3000, 200}[r.IntN(5)]
			b.LimitOutput(limit)
			texts := map[string][]byte{}
			runs := 1 + r.Int64N(3)
			for range 1 + r.IntN(12) {
				run := fmt.Sprint("run ", r.Int64N(runs))
				var events []event.Event
				for range 1 + r.IntN(20) {
					stream := []record.Stream{record.Stdout, record.Stderr, record.Stdout, record.Both}[r.IntN(4)]
					key := run + string(stream)
					chunk := randomOutput(r)
					events = append(events, output(stream, int64(len(texts[key])), chunk))
					texts[key] = append(texts[key], chunk...)
					if r.IntN(15) == 0 { // left out before it came here
						texts[key] = append(texts[key], "lost"...)
					}
				}
				apply(t, b, run, events...)
				if r.IntN(4) == 0 { // another process goes on
					_ = b.Close()
					b = create(t, path)
					b.LimitOutput(limit)
				}
			}
			lines := naive(t, b, runs)
			for range 40 {
				options := randomOptions(r, texts)
				s, err := New(options)
				if err != nil {
					t.Fatal(err)
				}
				if diff := gocmp.Diff(matching(lines, s.pattern), found(t, b, options)); diff != "" {
					t.Fatalf("%+v, narrowed by %+v (-naive +found):\n%.2000s", options, s.query, diff)
				}
			}
		})
	}
}

func randomOutput(r *rand.Rand) string {
	pieces := []string{
		"error", "Error: ", "größe", "Größe ", "loss=0.25", "數據", "\u212aelvin", " ", " ", "\n", "\n", "\n", "\r\n", "\r", "\x1b[31m", "\x1b[0m", "\x1b[K",
		"\x1b]0;title\x07", "\x1b]", "\x1bP", "\x1b", "\b", "\t", "\v", "\x00", "\xff", "\u202e", "\u009b1m", "10%", "50%", "100%", "e\u0301", "abc", "xyz",
	}
	var b strings.Builder
	for range 1 + r.IntN(12) {
		b.WriteString(pieces[r.IntN(len(pieces))])
	}
	switch r.IntN(40) {
	case 0:
		b.WriteString(strings.Repeat("long text ", 600)) // more than 4 KiB
	case 1:
		b.WriteString(strings.Repeat("longer!", 5000)) // more than a line
	case 2:
		b.WriteString(strings.Repeat("abc xyz\n", 9_000)) // more than a block
	}
	text := b.String()
	cut := r.IntN(len(text)) // anywhere: in a word, a character, an escape sequence
	return text[:len(text)-cut]
}

func randomOptions(r *rand.Rand, texts map[string][]byte) Options {
	words := []string{"error", "größe", "GRÖßE", "0.25", "數", "kelvin", "Kelvin", "100%", "titleerror", "errorerror", "abcxyz", "long text", "!longer", "a", "%", "é", "\ufffd"}
	for _, text := range texts {
		if len(text) > 0 { // anything that was printed, perhaps no text
			at := r.IntN(len(text))
			lines := bytes.FieldsFunc(text[at:min(at+3+r.IntN(12), len(text))], func(c rune) bool { return c == '\n' || c == '\ufffd' })
			if len(lines) > 0 {
				words = append(words, string(lines[0]), string(lines[0]))
			}
		}
	}
	slices.Sort(words) // maps have no order
	word := func() string { return regexp.QuoteMeta(words[r.IntN(len(words))]) }
	pattern := word()
	switch r.IntN(6) {
	case 0:
		pattern = word() + ".*" + word()
	case 1:
		pattern = "(" + word() + "|" + word() + ")"
	case 2:
		pattern = "(" + word() + ")?" + word()
	case 3:
		pattern = "^.?" + word() + "+"
	}
	return Options{Pattern: pattern, IgnoreCase: r.IntN(3) == 0, NoIndex: r.IntN(8) == 0}
}

func TestContext(t *testing.T) {
	t.Parallel()
	b := create(t, filepath.Join(t.TempDir(), "labbook.sqlite"))
	// Blocks are 64 KiB: most lines are in none that holds a match.
	var text strings.Builder
	for i := range 20_000 {
		fmt.Fprintf(&text, "line %d\n", i)
		if i == 10_000 || i == 10_003 || i == 19_999 {
			text.WriteString("a needle\n")
		}
	}
	var events []event.Event
	for offset := 0; offset < text.Len(); offset += 3001 {
		events = append(events, output(record.Stdout, int64(offset), text.String()[offset:min(offset+3001, text.Len())]))
	}
	apply(t, b, "run", events...)
	s, err := New(Options{Pattern: "needle", Context: 2})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for line, err := range s.Lines(t.Context(), b) {
		if err != nil {
			t.Fatal(err)
		}
		sign := map[bool]string{true: "-- ", false: ""}[line.Apart] + map[bool]string{true: ":", false: "-"}[line.Matches != nil]
		got = append(got, sign+line.Text)
	}
	want := []string{
		"-- -line 9999", "-line 10000", ":a needle", "-line 10001", "-line 10002", "-line 10003", ":a needle", "-line 10004", "-line 10005",
		"-- -line 19998", "-line 19999", ":a needle",
	}
	if diff := gocmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// A search that the index narrows reads little.
func TestIndexNarrows(t *testing.T) {
	t.Parallel()
	b := create(t, filepath.Join(t.TempDir(), "labbook.sqlite"))
	filler := strings.Repeat("nothing of interest here\n", 2600)
	for i := range 30 {
		apply(t, b, fmt.Sprint("run ", i), output(record.Stdout, 0, filler), output(record.Stdout, int64(len(filler)), filler))
	}
	apply(t, b, "run 3", output(record.Stderr, 0, "a need"), output(record.Stderr, 6, "le\n"))
	for _, test := range []struct {
		reason  string
		options Options
		read    int64
	}{
		{"only around where it is", Options{Pattern: "needle"}, 70_000},
		{"all", Options{Pattern: "needle", NoIndex: true}, math.MaxInt64},
		{"another run alone", Options{Pattern: "interest", Filter: record.Filter{Run: 5}, Stream: record.Stdout}, 300_000},
	} {
		read := int64(0)
		test.options.Progress = func(_, bytes int64) { read = bytes }
		lines := found(t, b, test.options)
		if len(lines) == 0 || read > test.read || read == 0 {
			t.Errorf("%s: %d lines found, %d bytes read; want some lines, and at most %d bytes", test.reason, len(lines), read, test.read)
		}
	}
}

func TestFilters(t *testing.T) {
	t.Parallel()
	b := create(t, filepath.Join(t.TempDir(), "labbook.sqlite"))
	for i, name := range []string{"digits", "other", "digits", "other"} {
		apply(t, b, fmt.Sprint("run ", i), &event.RunStart{Run: record.Run{Name: name, Started: start}},
			output(record.Stdout, 0, "a needle\n"), output(record.Stderr, 0, "a Needle\n"), output(record.Both, 0, "needles\n"))
	}
	for _, test := range []struct {
		reason  string
		options Options
		want    string
	}{
		{"newest first", Options{Pattern: "a needle"}, "4 stdout, 3 stdout, 2 stdout, 1 stdout"},
		{"runs of a name", Options{Pattern: "a needle", Filter: record.Filter{Names: []string{"dig"}}}, "3 stdout, 1 stdout"},
		{"runs of a name, one by one", Options{Pattern: "a needle", NoIndex: true, Filter: record.Filter{Names: []string{"dig"}}}, "3 stdout, 1 stdout"},
		{"one run", Options{Pattern: "needle", Filter: record.Filter{Run: 2}}, "2 stdout, 2 both"},
		{"one stream, and what may be of it", Options{Pattern: "needle", IgnoreCase: true, Stream: record.Stderr, Filter: record.Filter{Run: 2}}, "2 stderr, 2 both"},
		{"text, not a pattern", Options{Pattern: "n.edle", Fixed: true}, ""},
		{"a pattern", Options{Pattern: "n.edle", Filter: record.Filter{Run: 1}}, "1 stdout, 1 both"},
		{"no such run", Options{Pattern: "needle", Filter: record.Filter{Run: 9}}, ""},
	} {
		var got []string
		for _, line := range found(t, b, test.options) {
			got = append(got, strings.Join(strings.Fields(line)[:2], " "))
		}
		if strings.Join(got, ", ") != test.want {
			t.Errorf("%s: found %v, want %s", test.reason, got, test.want)
		}
	}
}

func TestWrongPattern(t *testing.T) {
	t.Parallel()
	if _, err := New(Options{Pattern: "a("}); err == nil || !strings.Contains(err.Error(), "a(") {
		t.Errorf("a pattern without its end: %v", err)
	}
	if _, err := New(Options{Pattern: "a(", Fixed: true}); err != nil {
		t.Errorf("the same as a text: %v", err)
	}
}

// BenchmarkSearch looks for what is in one line of 64 MiB.
func BenchmarkSearch(b *testing.B) {
	book := create(b, filepath.Join(b.TempDir(), "labbook.sqlite"))
	r := rand.New(rand.NewPCG(1, 2))
	const runs, size = 4, 16 << 20
	for i := range runs {
		var events []event.Event
		for offset := 0; offset < size; {
			var text []byte
			for len(text) < 64<<10 {
				text = fmt.Appendf(text, "2026-11-25 15:04:05 epoch %d \x1b[32mloss\x1b[0m %.6f id=%08x\n", r.IntN(1000), r.Float64(), r.Uint32())
			}
			if i == 1 && offset == 0 {
				text = append(text, "connection refused\n"...)
			}
			events = append(events, output(record.Stdout, int64(offset), string(text)))
			offset += len(text)
		}
		apply(b, book, fmt.Sprint("run ", i), events...)
	}
	for name, options := range map[string]Options{
		"indexed":    {Pattern: "connection (refused|reset)"},
		"everything": {Pattern: "connection (refused|reset)", NoIndex: true},
	} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(runs * size)
			for b.Loop() {
				if lines := found(b, book, options); len(lines) != 1 {
					b.Fatal(lines)
				}
			}
		})
	}
}
