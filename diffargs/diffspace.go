package diffargs

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// onlySpace says whether only white space and invisible marks differ, and
// which.
func onlySpace(x, y string) (explanation, bool) {
	if !equalButSpace(x, y) {
		return explanation{}, false
	}
	gaps := gapsOf(x, y)
	if unixLines(x) == unixLines(y) {
		return explanation{Whitespace, []string{lineEndings(x, y, len(gaps))}}, true
	}
	line := "only white space differs"
	first := gaps[0]
	place := fmt.Sprintf("in line %d", first.line)
	switch {
	case first.isEnd:
		place = "at the end"
	case first.isStart:
		place = "at the beginning"
	}
	if len(gaps) == 1 {
		line += ", " + place
	} else {
		line += fmt.Sprintf(", in %d places, the first %s", len(gaps), place)
	}
	before, after := trimShared(first.before, first.after)
	return explanation{Whitespace, []string{line + ": " + marksText(before) + " → " + marksText(after)}}, true
}

// equalButSpace reports whether two texts have the same visible characters.
func equalButSpace(x, y string) bool {
	return utf8.ValidString(x) && utf8.ValidString(y) && withoutSpace(x) == withoutSpace(y)
}

// A gap is a run of invisible characters that differs.
type gap struct {
	line           int // from 1, of the earlier text
	before, after  string
	isStart, isEnd bool
}

// gapsOf returns the runs of invisible characters that differ between texts of
// the same visible ones.
func gapsOf(x, y string) []gap {
	var gaps []gap
	line := 1
	for isStart := true; x != "" || y != ""; isStart = false {
		before, after := leadingMarks(x), leadingMarks(y)
		x, y = x[len(before):], y[len(after):]
		if before != after {
			gaps = append(gaps, gap{line, before, after, isStart, x == "" && y == ""})
		}
		line += strings.Count(before, "\n")
		// Both go on with the same visible character.
		_, size := utf8.DecodeRuneInString(x)
		_, sizeY := utf8.DecodeRuneInString(y)
		x, y = x[size:], y[sizeY:]
	}
	return gaps
}

func leadingMarks(text string) string {
	if end := strings.IndexFunc(text, func(r rune) bool { return !isInvisible(r) }); end >= 0 {
		return text[:end]
	}
	return text
}

// unixLines returns a text with line feeds for all line endings.
func unixLines(text string) string {
	return strings.ReplaceAll(strings.ReplaceAll(text, "\r\n", "\n"), "\r", "\n")
}

func lineEndings(x, y string, places int) string {
	name := func(text string) string {
		all, windows, old := strings.Count(text, "\n"), strings.Count(text, "\r\n"), strings.Count(text, "\r")
		switch {
		case old == 0:
			return "LF"
		case all == windows && old == windows:
			return "CRLF"
		case all == 0:
			return "CR"
		default:
			return "mixed"
		}
	}
	return fmt.Sprintf("only line endings differ: %s before, %s after, in %s", name(x), name(y), counted(places, "place", "places"))
}

// trimShared returns two runs without what they share at both ends.
func trimShared(x, y string) (restX, restY string) {
	a, b := []rune(x), []rune(y)
	for len(a) > 0 && len(b) > 0 && a[0] == b[0] {
		a, b = a[1:], b[1:]
	}
	for len(a) > 0 && len(b) > 0 && a[len(a)-1] == b[len(b)-1] {
		a, b = a[:len(a)-1], b[:len(b)-1]
	}
	return string(a), string(b)
}

// markNames are what people call invisible characters.
var markNames = map[rune]string{
	' ': "space", '\t': "tab", '\n': "newline", '\r': "carriage return", '\u00A0': "no-break space (U+00A0)",
	'\u202F': "narrow no-break space (U+202F)", '\u2009': "thin space (U+2009)", '\u3000': "ideographic space (U+3000)",
	'\uFEFF': "byte order mark (U+FEFF)", '\u200B': "zero-width space (U+200B)", '\u200D': "zero-width joiner (U+200D)",
	'\u200C': "zero-width non-joiner (U+200C)", '\u00AD': "soft hyphen (U+00AD)",
}

// marksText says which invisible characters are in a run.
func marksText(run string) string {
	const most = 3
	if run == "" {
		return "nothing"
	}
	var names []string
	runes := []rune(run)
	for from := 0; from < len(runes); {
		to := from
		for to < len(runes) && runes[to] == runes[from] {
			to++
		}
		if len(names) == most {
			names = append(names, "more")
			break
		}
		names = append(names, markText(runes[from], to-from))
		from = to
	}
	if n := len(names); n > 1 {
		return strings.Join(names[:n-1], ", ") + " and " + names[n-1]
	}
	return names[0]
}

func markText(r rune, n int) string {
	name, known := markNames[r]
	if !known {
		name = fmt.Sprintf("%U", r)
	}
	switch head, tail, _ := strings.Cut(name, " ("); {
	case n == 1 && known:
		return "a " + name
	case n == 1:
		return name
	case !known:
		return fmt.Sprintf("%d of %s", n, name)
	case tail == "":
		return fmt.Sprintf("%d %ss", n, head)
	default:
		return fmt.Sprintf("%d %ss (%s", n, head, tail)
	}
}
