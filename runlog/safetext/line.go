package safetext

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxMarks is how many combining marks may follow one another. No script needs
// more, and a tower of them covers the lines around it.
const maxMarks = 4

// Line returns s as one line of plain text. Control characters become their
// pictures (␊ for a newline, ␛ for escape), invisible and reordering characters
// their numbers (<U+202E>), bytes that are not UTF-8 become U+FFFD. Variation
// selectors are dropped, since terminals disagree on how wide they make a
// character. Line(Line(s)) is Line(s).
func Line(s string) string {
	if isPlain(s) {
		return s
	}
	var b strings.Builder
	b.Grow(len(s) + 16)
	marks := 0
	for _, r := range s { // an invalid byte comes as utf8.RuneError
		if isMark(r) {
			marks++
		} else {
			marks = 0
		}
		switch {
		case r < 0x20:
			b.WriteRune(0x2400 + r) // the block of control pictures follows ASCII
		case r == 0x7f:
			b.WriteRune('␡')
		case r < utf8.RuneSelf:
			b.WriteByte(byte(r))
		case unicode.Is(unicode.Variation_Selector, r), marks > maxMarks:
		case r < 0xa0, isInvisible(r):
			fmt.Fprintf(&b, "<U+%04X>", r)
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// isPlain reports whether s is printable ASCII, which most strings are.
func isPlain(s string) bool {
	for i := range len(s) {
		if s[i] < 0x20 || s[i] >= 0x7f {
			return false
		}
	}
	return true
}

// isMark reports whether r is drawn over the character before it.
func isMark(r rune) bool { return r >= 0x300 && unicode.In(r, unicode.Mn, unicode.Me) }

// isInvisible reports whether r takes no ink of its own: bidirectional
// overrides, zero-width joiners and spaces, fillers, line separators.
func isInvisible(r rune) bool {
	return unicode.In(r, unicode.Cf, unicode.Zl, unicode.Zp, unicode.Other_Default_Ignorable_Code_Point)
}
