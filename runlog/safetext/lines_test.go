package safetext

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestLines(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		reason string
		output string
		want   []string // the last one without a newline
	}{
		{"nothing", "", []string{""}},
		{"lines and a rest", "one\ntwo\nthree", []string{"one", "two", "three"}},
		{"line ends of other systems", "one\r\ntwo\r\n", []string{"one", "two", ""}},
		{"tabs stay", "a\tb", []string{"a\tb"}},
		{"a vertical tab and a form feed end a line", "a\vb\fc", []string{"a", "b", "c"}},
		{"of a progress bar the last state stays", "10%\r50%\r100%\n", []string{"100%", ""}},
		{"a shorter state leaves nothing of a longer one", "loading\rok\n", []string{"ok", ""}},
		{"a return at the end replaces nothing", "100%\r", []string{"100%"}},
		{"a bar that wipes itself out", "50%\r\x1b[Kdone\n", []string{"done", ""}},
		{"a bar wiped out and no more", "50%\x1b[2K\r\n", []string{"", ""}},
		{"erasing to the end in mid-line erases nothing", "50%\x1b[K\n", []string{"50%", ""}},
		{"a spinner leaves its last state", "|\b/\b-\b done", []string{" done"}},
		{"colours stay and end with their line", "\x1b[31mred\x1b[0m!", []string{"\x1b[31mred\x1b[m!"}},
		{"a colour goes on on the next line", "\x1b[1;32ma\nb\n", []string{"\x1b[1;32ma\x1b[m", "\x1b[1;32mb\x1b[m", ""}},
		{"a colour without text is nothing", "\x1b[31m\n\x1b[0mx", []string{"", "x"}},
		{"one colour after another", "\x1b[31ma\x1b[44mb", []string{"\x1b[31ma\x1b[0;31;44mb\x1b[m"}},
		{
			"bright, indexed and full colours", "\x1b[91ma\x1b[0;38;5;200mb\x1b[0;48;2;1;2;3mc",
			[]string{"\x1b[91ma\x1b[0;38;5;200mb\x1b[0;48;2;1;2;3mc\x1b[m"},
		},
		{"the colon form", "\x1b[38:2::1:2:3;4:3mx", []string{"\x1b[4;38;2;1;2;3mx\x1b[m"}},
		{"the colour of an underline does not pass for codes", "\x1b[58;5;31mx", []string{"x"}},
		{"concealed text is shown", "\x1b[8msecret", []string{"secret"}},
		{"numbers out of range change nothing", "\x1b[38;5;999;99999999999mx", []string{"x"}},
		{"a colour cut short changes nothing", "\x1b[38;2mx\x1b[38my", []string{"xy"}},
		{"attributes can be taken back", "\x1b[1;2;3;4;7;9ma\x1b[22;23;24;27;29mb", []string{"\x1b[1;2;3;4;7;9ma\x1b[mb"}},
		{"private sequences that end in m are no colour", "\x1b[>4;2mx\x1b[?31my", []string{"xy"}},
		{"the title stays as it is", "\x1b]0;evil\x07a\x1b]2;evil\x1b\\b", []string{"ab"}},
		{"links lose their target", "\x1b]8;;http://x\x1b\\text\x1b]8;;\x1b\\", []string{"text"}},
		{"the clipboard stays as it is", "\x1b]52;c;ZXZpbA==\x07x", []string{"x"}},
		{"a title without an end costs one line", "\x1b]0;evil\nx", []string{"", "x"}},
		{"device control strings go", "a\x1bPq#0;2\n~~\x1b\\b", []string{"ab"}},
		{"the cursor stays where it is", "a\x1b[2J\x1b[1;1Hb\x1b[5A\x1b7\x1b8c", []string{"abc"}},
		{"character sets stay", "\x1b(0a\x1b)Bb", []string{"ab"}},
		{"terminal reports are not asked for", "\x1b[6n\x1b[c\x05a", []string{"a"}},
		{"bells are silent", "a\ab", []string{"ab"}},
		{"C1 controls are sequences too", "\u009b31ma\u009d0;evil\u009cb", []string{"\x1b[31mab\x1b[m"}},
		{"a control within a sequence ends it", "\x1b[3\nx", []string{"", "x"}},
		{"a cancelled sequence is none", "\x1b[31\x18mx", []string{"mx"}},
		{"a letter that is not ASCII ends a sequence", "\x1b[é", []string{"é"}},
		{"invalid UTF-8 is replaced", "a\xff\xe2\x82", []string{"a\ufffd\ufffd\ufffd"}},
		{"text cannot be reordered", "a\u202eb", []string{"ab"}},
		{"a long line is broken", strings.Repeat("x", maxLine+1), []string{strings.Repeat("x", maxLine), "x"}},
		{"a line of full length is not", strings.Repeat("x", maxLine) + "\ny", []string{strings.Repeat("x", maxLine), "y"}},
		{"a sequence without an end hides little", "\x1b[" + strings.Repeat("1", maxSequence) + "1x", []string{"1x"}},
		{"nor does a string", "\x1b]" + strings.Repeat("1", maxString) + "1x", []string{"1x"}},
	} {
		t.Run(test.reason, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(test.want, linesOf([]byte(test.output))); diff != "" {
				t.Errorf("lines of %.80q (-want +got):\n%s", test.output, diff)
			}
		})
	}
}

// linesOf feeds output in the given chunks and returns all lines and the rest.
func linesOf(chunks ...[]byte) []string {
	var l Lines
	var lines []string
	for _, chunk := range chunks {
		l.Feed(chunk, func(line string) { lines = append(lines, line) })
	}
	return append(lines, l.Rest())
}

func TestRestChangesNothing(t *testing.T) {
	t.Parallel()
	var l Lines
	l.Feed([]byte("\x1b[31mab\xe2\x82"), func(line string) { t.Errorf("line %q before any newline", line) })
	if got, want := l.Rest(), "\x1b[31mab\ufffd\ufffd\x1b[m"; got != want {
		t.Errorf("Rest() = %q, want %q", got, want)
	}
	l.Feed([]byte("\xacc"), func(line string) { t.Errorf("line %q before any newline", line) })
	if got, want := l.Rest(), "\x1b[31mab€c\x1b[m"; got != want {
		t.Errorf("after the rest of the character Rest() = %q, want %q", got, want)
	}
}

func FuzzLines(f *testing.F) {
	f.Add([]byte("one\r\ntwo\x1b[31mred\x1b[0m\n"), 5)
	f.Add([]byte("\x1b]0;t\x07\u009b1m\xff10%\r20%\be\u0301\u0301\u0301\u0301\u0301\u0301"), 1)
	f.Add([]byte("\x1b[38:5:1;48;2;1;2;3ma\x1b[2K\x1bP\n\x1b\\b"), 3)
	f.Fuzz(func(t *testing.T, output []byte, split int) {
		lines := linesOf(output)
		split = min(max(split, 0), len(output))
		if diff := cmp.Diff(lines, linesOf(output[:split], output[split:])); diff != "" {
			t.Fatalf("split at %d, %q (-whole +split):\n%s", split, output, diff)
		}
		single := make([][]byte, len(output))
		for i := range output {
			single[i] = output[i : i+1]
		}
		if diff := cmp.Diff(lines, linesOf(single...)); diff != "" {
			t.Fatalf("byte by byte, %q (-whole +split):\n%s", output, diff)
		}
		if diff := cmp.Diff(lines, linesOf([]byte(strings.Join(lines, "\n")))); diff != "" {
			t.Fatalf("cleaned twice, %q (-once +twice):\n%s", output, diff)
		}
		for _, line := range lines {
			checkHarmless(t, output, line)
			if strings.Contains(line, "\n") {
				t.Fatalf("%q gives %q, which is more than a line", output, line)
			}
			if strings.Contains(line, "\x1b") && !strings.HasSuffix(line, "\x1b[m") {
				// Colours may end before the line does, but not after it.
				if last := line[strings.LastIndex(line, "\x1b"):]; !strings.HasPrefix(last, "\x1b[m") {
					t.Fatalf("%q gives %q, which leaves a colour on", output, line)
				}
			}
		}
	})
}

func BenchmarkLines(b *testing.B) {
	chunk := []byte(strings.Repeat("epoch 12 \x1b[32mloss\x1b[0m 0.1234 accuracy 0.98 größe\n", 1000))
	b.SetBytes(int64(len(chunk)))
	var l Lines
	for b.Loop() {
		l.Feed(chunk, func(string) {})
	}
}
