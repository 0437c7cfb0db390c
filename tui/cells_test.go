package tui

import (
	"strings"
	"testing"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/x/ansi"
	"github.com/google/go-cmp/cmp"
)

func TestCut(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		reason string
		text   string
		width  int
		want   string
	}{
		{"what fits stays", "abc", 3, "abc"},
		{"what does not ends in an ellipsis", "abcd", 3, "ab…"},
		{"a wide character is not halved", "漢漢漢", 4, "漢…"},
		{"colours have no width and are ended", "\x1b[31mabcd\x1b[m", 3, "\x1b[31mab…\x1b[m"},
		{"no room", "abc", 0, ""},
		{"less than none", "abc", -5, ""},
	} {
		if got := cut(test.text, test.width); got != test.want {
			t.Errorf("%s: cut(%q, %d) = %q, want %q", test.reason, test.text, test.width, got, test.want)
		}
	}
}

func TestPadIsExact(t *testing.T) {
	t.Parallel()
	for _, text := range append(nasty, "", "abc", "漢字") {
		text = strings.Map(func(r rune) rune { // what pad is given is safe already
			if r < ' ' || r == 0x7f {
				return -1
			}
			return r
		}, strings.ToValidUTF8(text, "?"))
		for width := range 12 {
			for _, padded := range []string{pad(text, width), padLeft(text, width)} {
				if got := ansi.StringWidth(padded); got != width {
					t.Errorf("%q padded to %d cells is %q, %d cells", text, width, padded, got)
				}
			}
		}
	}
}

func TestBetween(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		left, right string
		width       int
		want        string
	}{
		{"left", "right", 12, "left   right"},
		{"left", "right", 11, "left  right"},
		{"a long left", "right", 16, "a long l…  right"},
		{"a long left", "right", 12, "a lon…  rig…"},
		{"left", "a very long right", 12, "left  a ver…"},
		{"left", "", 6, "left  "},
	} {
		if got := between(test.left, test.right, test.width); got != test.want {
			t.Errorf("between(%q, %q, %d) = %q, want %q", test.left, test.right, test.width, got, test.want)
		}
	}
}

func TestEditor(t *testing.T) {
	t.Parallel()
	type step = tea.KeyMsg
	runes := func(text string) step { return step{Type: tea.KeyRunes, Runes: []rune(text)} }
	key := func(k tea.KeyType) step { return step{Type: k} }
	for _, test := range []struct {
		reason string
		steps  []step
		want   string // with the cursor
	}{
		{"typing", []step{runes("a"), {Type: tea.KeySpace, Runes: []rune(" ")}, runes("ß")}, "a ß▏"},
		{"pasting loses its line breaks", []step{{Type: tea.KeyRunes, Runes: []rune("a\nb\x1bc"), Paste: true}}, "a bc▏"},
		{"in the middle", []step{runes("ac"), key(tea.KeyLeft), runes("b")}, "ab▏c"},
		{"backspace and delete", []step{runes("abcd"), key(tea.KeyLeft), key(tea.KeyBackspace), key(tea.KeyDelete)}, "ab▏"},
		{"at the ends they do nothing", []step{key(tea.KeyBackspace), key(tea.KeyDelete), runes("a"), key(tea.KeyRight)}, "a▏"},
		{"home and end", []step{runes("bc"), key(tea.KeyHome), runes("a"), key(tea.KeyEnd), runes("d")}, "abcd▏"},
		{"a word", []step{runes("one two  "), key(tea.KeyCtrlW)}, "one ▏"},
		{"to the beginning", []step{runes("abc"), key(tea.KeyLeft), key(tea.KeyCtrlU)}, "▏c"},
		{"to the end", []step{runes("abc"), key(tea.KeyLeft), key(tea.KeyCtrlK)}, "ab▏"},
		{"other keys are no text", []step{runes("a"), key(tea.KeyF1), {Type: tea.KeyRunes, Runes: []rune("x"), Alt: true}}, "a▏"},
		{"no more than a screenful of screens", []step{runes(strings.Repeat("x", 2*maxEdited))}, "…" + strings.Repeat("x", 38) + "▏"},
	} {
		t.Run(test.reason, func(t *testing.T) {
			t.Parallel()
			var e editor
			for _, s := range test.steps {
				e.update(s)
			}
			if got := e.view(40); got != test.want || len(e.text) > maxEdited {
				t.Errorf("%q with %d characters, want %q", got, len(e.text), test.want)
			}
		})
	}
}

func TestPlace(t *testing.T) {
	t.Parallel()
	columns := []column[int]{
		{title: "id", least: 2, most: 4},
		{title: "name", least: 4, most: 10, rank: 1},
		{title: "rest", least: 6, most: 50, rank: 2, grow: true},
	}
	for _, test := range []struct {
		reason string
		width  int
		want   []placed
	}{
		{"all at their least", 18, []placed{{0, 2}, {1, 4}, {2, 6}}},
		{"what is worth most widens first", 21, []placed{{0, 3}, {1, 6}, {2, 6}}},
		{"the rest goes to the one that grows", 40, []placed{{0, 3}, {1, 8}, {2, 23}}},
		{"what is worth least goes first", 17, []placed{{0, 3}, {1, 8}}},
		{"then the next", 9, []placed{{0, 3}}},
		{"the first stays whatever the width", 1, []placed{{0, 2}}},
	} {
		got := place(columns, []int{3, 8, 7}, test.width)
		if diff := cmp.Diff(test.want, got, cmp.AllowUnexported(placed{})); diff != "" {
			t.Errorf("%s: in %d cells (-want +got):\n%s", test.reason, test.width, diff)
		}
	}
}
