package safetext

import (
	"fmt"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

func ExampleLine() {
	fmt.Println(Line("two\nlines\x1b[31m and a \u202etrap"))
	// Output: two␊lines␛[31m and a <U+202E>trap
}

func TestLine(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ reason, text, want string }{
		{"plain text stays", "train(0.1, 42)", "train(0.1, 42)"},
		{"letters of any script stay", "größe 数据 données", "größe 数据 données"},
		{"emoji stay", "run 🚀", "run 🚀"},
		{"newlines and tabs are seen", "a\n\tb\r\n", "a␊␉b␍␊"},
		{"an escape sequence is seen, not obeyed", "\x1b]0;title\a", "␛]0;title␇"},
		{"delete is seen", "a\x7f", "a␡"},
		{"C1 controls are no way around", "\u009b31m", "<U+009B>31m"},
		{"text cannot be reordered", "a\u202eb\u2066c", "a<U+202E>b<U+2066>c"},
		{"what cannot be seen is told", "a\u200bb\ufeff", "a<U+200B>b<U+FEFF>"},
		{"joined emoji come apart", "👩\u200d🔬", "👩<U+200D>🔬"},
		{"line separators break no line", "a\u2028b", "a<U+2028>b"},
		{"variation selectors go", "❤\ufe0f", "❤"},
		{"invalid UTF-8 is replaced", "a\xffb", "a\ufffdb"},
		{"accents stay", "e\u0301", "e\u0301"},
		{"towers of accents are cut", "e" + strings.Repeat("\u0301", 50) + "!", "e" + strings.Repeat("\u0301", maxMarks) + "!"},
	} {
		t.Run(test.reason, func(t *testing.T) {
			t.Parallel()
			if got := Line(test.text); got != test.want {
				t.Errorf("Line(%q) = %q, want %q", test.text, got, test.want)
			}
		})
	}
}

func FuzzLine(f *testing.F) {
	f.Add("plain")
	f.Add("\x1b[31m\u202e\xff\u009b\u2028")
	f.Fuzz(func(t *testing.T, text string) {
		line := Line(text)
		if !utf8.ValidString(line) {
			t.Fatalf("Line(%q) = %q is not UTF-8", text, line)
		}
		for _, r := range line {
			if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || r == '\u2028' || r == '\u2029' {
				t.Fatalf("Line(%q) = %q holds %U", text, line, r)
			}
		}
		if again := Line(line); again != line {
			t.Fatalf("Line twice of %q: %q, then %q", text, line, again)
		}
	})
}
