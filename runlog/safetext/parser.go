package safetext

import "strings"

// A parser tells text from escape sequences, one character at a time. It obeys
// nothing; it says what each character comes to.
//
//	sequence = ESC "[" { parameter } { intermediate } final     CSI
//	         | ESC ( "]" | "P" | "X" | "^" | "_" ) … terminator  OSC, DCS, SOS, PM, APC
//	         | ESC { intermediate } final
//
// The second byte of ESC and an introducer may come as one C1 character
// (U+0080–U+009F), as some terminals have it.
type parser struct {
	state  state
	length int // of the sequence so far, in characters
	params []byte
	plain  bool // the sequence has no private marker and no intermediate
}

type state uint8

const (
	inText    state = iota
	inEscape        // after ESC
	inCSI           // after ESC [
	inString        // within an OSC, SOS, PM or APC
	inPayload       // within a DCS, which may hold newlines
)

type action uint8

const (
	ignore    action = iota
	printChar        // the character is text
	execute          // the character is a control to obey
	setStyle         // an SGR sequence is complete
	eraseLine        // an EL sequence is complete
)

// Bounds on a sequence, in characters: beyond them what follows is text again,
// so that a stray introducer hides no more than that.
const (
	maxSequence = 256
	maxString   = 64 << 10
	maxPayload  = 1 << 20
)

// parameters returns the parameters of the sequence that was just completed.
func (p *parser) parameters() string { return string(p.params) }

func (p *parser) next(r rune) action {
	switch {
	case r == 0x1b:
		p.enter(inEscape)
		return ignore
	case r == 0x18, r == 0x1a: // CAN and SUB end any sequence
		p.enter(inText)
		return ignore
	case r >= 0x80 && r < 0xa0:
		return p.introduce(r - 0x40)
	}
	p.length++
	switch p.state {
	case inText:
		if r < 0x20 || r == 0x7f {
			return execute
		}
		return printChar
	case inEscape:
		return p.nextEscape(r)
	case inCSI:
		return p.nextCSI(r)
	case inString:
		if r == 0x07 {
			p.enter(inText)
		}
		if r == '\n' || p.length > maxString {
			return p.resume(r)
		}
	case inPayload:
		if p.length > maxPayload {
			return p.resume(r)
		}
	}
	return ignore
}

func (p *parser) nextEscape(r rune) action {
	switch {
	case r >= 0x20 && r < 0x30 && p.length <= maxSequence: // an intermediate
		return ignore
	case r >= 0x30 && r < 0x7f:
		if p.length > 1 { // after an intermediate no final introduces anything
			p.enter(inText)
			return ignore
		}
		return p.introduce(r)
	}
	return p.resume(r)
}

// introduce enters the state that a character after ESC leads to.
func (p *parser) introduce(r rune) action {
	switch {
	case r == '[':
		p.enter(inCSI)
	case r == 'P':
		p.enter(inPayload)
	case strings.ContainsRune("]X^_", r):
		p.enter(inString)
	default:
		p.enter(inText)
	}
	return ignore
}

func (p *parser) nextCSI(r rune) action {
	switch {
	case p.length > maxSequence:
		return p.resume(r)
	case r >= '0' && r <= ';': // digits, colon, semicolon
		p.params = append(p.params, byte(r))
		return ignore
	case r >= 0x20 && r < 0x40:
		p.plain = false
		return ignore
	case r >= 0x40 && r < 0x7f:
		p.state = inText
		switch {
		case r == 'm' && p.plain:
			return setStyle
		case r == 'K' && p.plain:
			return eraseLine
		}
		return ignore
	}
	return p.resume(r)
}

// resume gives up on the sequence and takes r as text.
func (p *parser) resume(r rune) action {
	p.enter(inText)
	return p.next(r)
}

func (p *parser) enter(s state) {
	p.state, p.length, p.params, p.plain = s, 0, p.params[:0], true
}
