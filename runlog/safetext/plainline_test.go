package safetext

import (
	"bytes"
	"strings"
	"testing"

	"github.com/charmbracelet/x/ansi"
	"github.com/google/go-cmp/cmp"
)

func TestPlainLine(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", maxLine)
	for _, test := range []struct {
		reason string
		line   string
		want   []string
	}{
		{"nothing is a line too", "", []string{""}},
		{"plain text stays", "epoch\t12", []string{"epoch\t12"}},
		{"the line end of another system", "text\r", []string{"text"}},
		{"colours go", "\x1b[31mre\x1b[1md\x1b[m!", []string{"red!"}},
		{"of a progress bar the last state stays", "10%\r50%\r100%", []string{"100%"}},
		{"also before a line end of another system", "10%\r50%\r", []string{"50%"}},
		{"what is not UTF-8, and NUL", "a\xff\x00b\xe2\x82", []string{"a\ufffdb\ufffd\ufffd"}},
		{"a vertical tab", "a\vb", []string{"a", "b"}},
		{"full length", long, []string{long}},
		{"more than that", long + "yz", []string{long, "yz"}},
		{"a string without an end", "a\x1bPb", []string{"a"}},
	} {
		if diff := cmp.Diff(test.want, textsOf([]byte(test.line))); diff != "" {
			t.Errorf("%s (-want +got):\n%.300s", test.reason, diff)
		}
	}
}

// textsOf feeds the parts of a line and returns its texts.
func textsOf(parts ...[]byte) []string {
	var p PlainLine
	return textsBy(&p, parts...)
}

func textsBy(p *PlainLine, parts ...[]byte) []string {
	var texts []string
	add := func(text []byte) { texts = append(texts, string(text)) }
	for _, part := range parts[:len(parts)-1] {
		p.Feed(part, add)
	}
	p.End(parts[len(parts)-1], add)
	return texts
}

// A line by itself is what Lines makes of it, but for colours; how it is split
// changes nothing, and nothing of it reaches the next line.
func FuzzPlainLine(f *testing.F) {
	f.Add([]byte("one\rtwo\x1b[31mred\x1b[0m"), 5)
	f.Add([]byte("\x1bP\x9b\xc2\x9d\xff\ra\vb"), 2)
	f.Fuzz(func(t *testing.T, line []byte, split int) {
		line = bytes.ReplaceAll(line, []byte("\n"), []byte("\x1b"))
		var want []string
		for _, text := range linesOf(line) {
			want = append(want, ansi.Strip(text))
		}
		if diff := cmp.Diff(want, textsOf(line)); diff != "" {
			t.Fatalf("%q (-Lines +PlainLine):\n%s", line, diff)
		}
		var p PlainLine
		split = min(max(split, 0), len(line))
		for range 2 {
			if diff := cmp.Diff(want, textsBy(&p, line[:split], line[split:])); diff != "" {
				t.Fatalf("%q split at %d (-whole +split):\n%s", line, split, diff)
			}
		}
	})
}
