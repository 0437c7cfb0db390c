package safetext

// PlainLine turns one line of captured output into the text that it leaves on a
// screen, without its colours. The line is what stands between two newlines, and
// comes in parts that may be split anywhere. It is taken by itself: no escape
// sequence reaches into it from the line before.
//
// One line can leave several texts, as in [Lines]: at a vertical tab, and where it
// is too long. The zero value is ready to use, for one line after the other.
type PlainLine struct {
	lines  Lines
	begun  bool
	screen []byte
}

// Feed takes the next part of the line, without a newline, and calls yield with
// each text that it completes. The text is valid during the call.
func (p *PlainLine) Feed(part []byte, yield func(text []byte)) {
	if len(part) == 0 {
		return
	}
	p.begun = true
	p.lines.plain = true
	p.lines.Feed(part, func(text string) { yield(p.asBytes(text)) })
}

// End takes the last part of the line, and calls yield with what it leaves: at
// least one text. The next part begins another line.
func (p *PlainLine) End(part []byte, yield func(text []byte)) {
	if !p.begun {
		if text, ok := plainText(part); ok {
			yield(text)
			return
		}
	}
	p.Feed(part, yield)
	yield(p.Rest())
	p.Forget()
}

// Rest returns the text of the line so far, after the last that was yielded. It is
// valid until the next call of a method.
func (p *PlainLine) Rest() []byte { return p.asBytes(p.lines.Rest()) }

// Forget begins another line.
func (p *PlainLine) Forget() {
	if !p.begun {
		return
	}
	p.begun = false
	p.lines = Lines{plain: true, cells: p.lines.cells[:0], buffer: p.lines.buffer, partial: p.lines.partial[:0]}
}

func (p *PlainLine) asBytes(text string) []byte {
	p.screen = append(p.screen[:0], text...)
	return p.screen
}

// plainText returns a whole line as it stands if nothing in it has to be obeyed or
// dropped, as of most lines.
func plainText(line []byte) (text []byte, ok bool) {
	if n := len(line); n > 0 && line[n-1] == '\r' {
		line = line[:n-1]
	}
	if len(line) > maxLine {
		return nil, false
	}
	for _, b := range line {
		if (b < 0x20 || b >= 0x7f) && b != '\t' {
			return nil, false
		}
	}
	return line, true
}
