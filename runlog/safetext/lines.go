package safetext

import (
	"unicode"
	"unicode/utf8"
)

// maxLine bounds a line, in characters. A longer one is broken, so that a
// program which prints no newlines costs no more memory than another.
const maxLine = 16 << 10

// Lines turns captured output into harmless lines. It takes the output in
// chunks that may be split anywhere, within a character or an escape sequence
// too; how they are split does not change the lines.
//
// A line keeps its text, its tabs and its colours; it begins by setting the
// colour it needs and ends by resetting it, so that each can be shown alone. A
// carriage return begins the line anew: of a progress bar, its last state
// stays. All other controls are dropped.
//
// The zero value is ready to use. Lines is for one stream and one goroutine.
type Lines struct {
	cells   []cell // the line so far
	style   style  // of the next character
	atStart bool   // after a carriage return: the next character replaces the line
	parser  parser
	partial []byte // the beginning of a character that the next chunk completes
	buffer  []byte
	plain   bool // without colours
}

// A cell is one character of a line.
type cell struct {
	char  rune
	style style
}

// Feed takes the next chunk and calls yield with each line that it completes,
// without its newline.
func (l *Lines) Feed(chunk []byte, yield func(line string)) {
	for len(l.partial) > 0 && len(chunk) > 0 {
		l.partial = append(l.partial, chunk[0])
		chunk = chunk[1:]
		l.partial = l.consume(l.partial, yield)
	}
	if rest := l.consume(chunk, yield); len(rest) > 0 {
		l.partial = append(l.partial[:0], rest...)
	}
}

// consume takes the whole characters of text and returns what is left: the
// beginning of a character, at most three bytes.
func (l *Lines) consume(text []byte, yield func(string)) []byte {
	for len(text) > 0 {
		if l.isOrdinary(text[0]) {
			l.cells = append(l.cells, cell{rune(text[0]), l.style})
			text = text[1:]
			continue
		}
		if text[0] < utf8.RuneSelf {
			l.take(rune(text[0]), yield)
			text = text[1:]
			continue
		}
		if !utf8.FullRune(text) {
			break
		}
		r, size := utf8.DecodeRune(text)
		l.take(r, yield)
		text = text[size:]
	}
	return text
}

// isOrdinary reports whether b is a character that just joins the line, as most
// do; it spares them all other questions.
func (l *Lines) isOrdinary(b byte) bool {
	return b >= 0x20 && b < 0x7f && l.parser.state == inText && !l.atStart && len(l.cells) < maxLine
}

// Rest returns the line that no newline has ended yet, "" if there is none.
func (l *Lines) Rest() string {
	if len(l.partial) == 0 {
		return l.render()
	}
	rest := *l // each byte of a character cut short is invalid by itself
	rest.cells = append([]cell(nil), l.cells...)
	rest.buffer = nil
	for range l.partial {
		if len(rest.cells) < maxLine {
			rest.take(utf8.RuneError, func(string) {})
		}
	}
	return rest.render()
}

// take obeys one character.
func (l *Lines) take(r rune, yield func(string)) {
	switch l.parser.next(r) {
	case printChar:
		l.print(r, yield)
	case execute:
		l.control(r, yield)
	case setStyle:
		l.style = applySGR(l.style, l.parser.parameters())
	case eraseLine:
		l.erase(l.parser.parameters())
	}
}

func (l *Lines) control(r rune, yield func(string)) {
	switch r {
	case '\n', '\v', '\f':
		l.end(yield)
	case '\r':
		l.atStart = true
	case '\t':
		l.print(r, yield)
	case '\b': // a spinner draws over its last character
		if len(l.cells) > 0 && !l.atStart {
			l.cells = l.cells[:len(l.cells)-1]
		}
	}
}

func (l *Lines) print(r rune, yield func(string)) {
	if isDropped(r) {
		return
	}
	if l.atStart {
		l.cells, l.atStart = l.cells[:0], false
	}
	if isMark(r) && l.endsInMarks() {
		return
	}
	if len(l.cells) == maxLine {
		l.end(yield)
	}
	l.cells = append(l.cells, cell{r, l.style})
}

// isDropped reports whether r, which is no control character, stays out of a
// line. Unlike a name, output is there to be read, not to be compared: what is
// invisible in it is left out rather than spelled out.
func isDropped(r rune) bool {
	return r >= 0xa0 && (isInvisible(r) || unicode.Is(unicode.Variation_Selector, r))
}

func (l *Lines) endsInMarks() bool {
	if len(l.cells) < maxMarks {
		return false
	}
	for _, c := range l.cells[len(l.cells)-maxMarks:] {
		if !isMark(c.char) {
			return false
		}
	}
	return true
}

// erase obeys "ESC [ K", as far as it makes the line empty.
func (l *Lines) erase(parameters string) {
	fromStart := l.atStart && (parameters == "" || parameters == "0")
	if fromStart || parameters == "2" {
		l.cells, l.atStart = l.cells[:0], false
	}
}

func (l *Lines) end(yield func(string)) {
	yield(l.render())
	l.cells, l.atStart = l.cells[:0], false
}

func (l *Lines) render() string {
	b := l.buffer[:0]
	var current style
	for _, c := range l.cells {
		if c.style != current && !l.plain {
			b = appendSGR(b, current, c.style)
			current = c.style
		}
		b = utf8.AppendRune(b, c.char)
	}
	if current != (style{}) {
		b = appendSGR(b, current, style{})
	}
	l.buffer = b
	return string(b)
}
