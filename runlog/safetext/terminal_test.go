package safetext

import (
	"bytes"
	"math/rand/v2"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

// sgr is a well-formed colour sequence; its parameters are looked at apart.
var sgr = regexp.MustCompile(`\x1b\[([0-9;]{0,64})m`)

// isHarmful reports whether r may not reach a terminal: controls of either set,
// and what reorders or hides text or breaks lines unseen.
func isHarmful(r rune) bool {
	return r != '\t' && (unicode.IsControl(r) ||
		unicode.In(r, unicode.Cf, unicode.Zl, unicode.Zp, unicode.Bidi_Control, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector))
}

// checkHarmless fails unless text holds no more than lines and visible colours.
func checkHarmless(t *testing.T, from any, text string) {
	t.Helper()
	if !utf8.ValidString(text) {
		t.Fatalf("%q gives %q, which is not UTF-8", from, text)
	}
	for _, match := range sgr.FindAllStringSubmatch(text, -1) {
		if !isColour(match[1]) {
			t.Fatalf("%q gives %q, which has the sequence %q", from, text, match[0])
		}
	}
	rest := sgr.ReplaceAllString(text, "")
	if i := strings.IndexFunc(rest, func(r rune) bool { return r != '\n' && isHarmful(r) }); i >= 0 {
		t.Fatalf("%q gives %q, which holds %q", from, text, rest[i:])
	}
}

// isColour reports whether the parameters of an SGR sequence set colours, weight,
// slant, underline, reverse or strike, and nothing that hides or blinks.
func isColour(parameters string) bool {
	if parameters == "" {
		return true
	}
	codes := strings.Split(parameters, ";")
	for len(codes) > 0 {
		n, err := strconv.Atoi(codes[0])
		used := 1
		switch {
		case err != nil:
			return false
		case n == 38 || n == 48:
			if len(codes) < 3 {
				return false
			}
			if used = map[string]int{"5": 3, "2": 5}[codes[1]]; used == 0 || len(codes) < used {
				return false
			}
			for _, part := range codes[2:used] {
				if v, err := strconv.Atoi(part); err != nil || v > 255 {
					return false
				}
			}
		case n <= 4 || n == 7 || n == 9 || n >= 30 && n <= 37 || n >= 40 && n <= 47 || n >= 90 && n <= 97 || n >= 100 && n <= 107:
		default:
			return false
		}
		codes = codes[used:]
	}
	return true
}

// hostileOutput is what a terminal would obey in one way or another.
var hostileOutput = []string{
	"\x1b]0;title\x07\x1b]52;c;ZXZpbA==\x07\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\",
	"\x1b]0;without an end", "\x1bPq#0;2\n~~ without an end", "\x1b_application", "\x1b^private", "\x1bXstart of string",
	"\u009b2J\u009d0;title\u009c\u0090q\u009c\u0098x\u009c\u009ex\u009c\u009fx\u009c\u0085\u008d",
	"\x9b2J\x9d0;title\x9c\x90q\x9c\x84\x85\x8d", // the same controls, raw
	"\xc2\x1b[2J\xe2\x80\x1b]0;t\x07\xc2", "\xc2\x9b31m", "\xe2\x80\xae\xe2\x81\xa6\u202a\u202b\u202d\u2067\u2068\u2069\u200e\u200f\u061c",
	"\x1b[2J\x1b[1;1H\x1b[?1049h\x1b[?25l\x1b[6n\x1b[c\x1b[5i\x1b[8mhidden\x1b[5mblink\x1b[0m", "\x1bc\x1b7\x1b8\x1b(0\x1b)0\x1b#8\x1bN\x1bO\x0e\x0f\x05\x07",
	"\x1b[38;2;1;2;3;48;5;200;58;5;31;1;2;3;4;7;9mall\x1b[38:2::1:2:3;4:3m\x1b[>4;2m\x1b[?31m\x1b[31 m\x1b[31\x18m",
	"\x1b\x1b[\x1b]\x1bP\x1b\\\x1b[\x1b[31m", "\x1b[31", "m\r\n\b\b\v\f\x7f\x00", "a\u2028b\u2029c\u00adx\u200b\u3164\ufeff\U000e0041\ufe0f",
}

// FuzzTerminal sends output the way it takes to a terminal, in chunks that are cut
// anywhere: nothing but lines and colours gets there, and how they are cut makes no
// difference.
func FuzzTerminal(f *testing.F) {
	for i, output := range hostileOutput {
		f.Add([]byte(output), uint64(i))
		f.Add([]byte(output+hostileOutput[(i+5)%len(hostileOutput)]), uint64(i+100))
	}
	f.Add([]byte(strings.Join(hostileOutput, "text\n")), uint64(7))
	f.Fuzz(func(t *testing.T, output []byte, seed uint64) {
		r := rand.New(rand.NewPCG(seed, 3))
		var whole, cut, single bytes.Buffer
		write(t, &whole, output)
		write(t, &single, chop(output, func(int) int { return 1 })...)
		write(t, &cut, chop(output, func(left int) int { return 1 + r.IntN(left) })...)
		checkHarmless(t, output, whole.String())
		if diff := cmp.Diff(whole.String(), cut.String()); diff != "" {
			t.Fatalf("%q in chunks (-whole +cut):\n%s", output, diff)
		}
		if diff := cmp.Diff(whole.String(), single.String()); diff != "" {
			t.Fatalf("%q byte by byte (-whole +cut):\n%s", output, diff)
		}
		// However much of it has come, what is on the screen by then is harmless.
		var l Lines
		for _, chunk := range chop(output, func(left int) int { return 1 + r.IntN(left) }) {
			l.Feed(chunk, func(string) {})
			checkHarmless(t, output, l.Rest())
		}
		// What a search prints has no escape sequences at all, nor what stands in a
		// table.
		var p PlainLine
		for line := range bytes.SplitSeq(output, newline) {
			p.End(line, func(text []byte) {
				if i := bytes.IndexFunc(text, isHarmful); i >= 0 || !utf8.Valid(text) {
					t.Fatalf("%q leaves %q", line, text)
				}
			})
		}
		if line := Line(string(output)); strings.ContainsFunc(line, func(r rune) bool { return r == '\t' || isHarmful(r) }) {
			t.Fatalf("Line(%q) = %q", output, line)
		}
	})
}

var newline = []byte("\n")

func write(t *testing.T, to *bytes.Buffer, chunks ...[]byte) {
	t.Helper()
	w := NewWriter(to)
	for _, chunk := range chunks {
		if n, err := w.Write(chunk); n != len(chunk) || err != nil {
			t.Fatalf("Write = %d, %v", n, err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
}

// chop cuts output into chunks, of lengths of which next says the next.
func chop(output []byte, next func(left int) int) (chunks [][]byte) {
	for len(output) > 0 {
		n := next(len(output))
		chunks, output = append(chunks, output[:n]), output[n:]
	}
	return chunks
}

func TestIsColour(t *testing.T) {
	t.Parallel()
	for parameters, want := range map[string]bool{
		"": true, "0": true, "1;31": true, "0;38;5;200": true, "0;48;2;1;2;3;1": true, "97;107": true,
		"5": false, "8": false, "28": false, "38;5": false, "38;2;1;2": false, "38;5;256": false, "1;": false, "58;5;1": false,
	} {
		if isColour(parameters) != want {
			t.Errorf("%q counts as colours: %t, want %t", parameters, !want, want)
		}
	}
}
