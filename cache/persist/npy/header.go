package npy

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"reflect"
	"strconv"
)

// Magic is what every file begins with.
const Magic = "\x93NUMPY"

// HeadSize is how many bytes [HeaderSize] needs.
const HeadSize = len(Magic) + 2 + 4

// maxHeader bounds what a reader takes for a header. Those of arrays are short;
// what makes them long is the names of fields.
const maxHeader = 256 << 10

// A Header says what an array is.
type Header struct {
	Descr   string // numpy's name for the elements: "<f8"
	Fortran bool   // the first index runs fastest
	Shape   []int

	count int
	size  int // of an element
}

// Count is the number of elements.
func (h Header) Count() int { return h.count }

// Bytes is the size of the content.
func (h Header) Bytes() int { return h.count * h.size }

// HeaderSize tells from the first [HeadSize] bytes of a file where its content
// begins.
func HeaderSize(start []byte) (int, error) {
	if len(start) < HeadSize || !bytes.HasPrefix(start, []byte(Magic)) {
		return 0, &SyntaxError{"it does not begin as one"}
	}
	at := len(Magic) + 2
	switch major := start[len(Magic)]; major {
	case 1:
		size := at + 2 + int(binary.LittleEndian.Uint16(start[at:]))
		return max(size, HeadSize), nil
	case 2, 3:
		size := binary.LittleEndian.Uint32(start[at:])
		if size > maxHeader {
			return 0, &SyntaxError{fmt.Sprintf("its header is to have %d bytes", size)}
		}
		return at + 4 + int(size), nil
	default:
		return 0, &SyntaxError{fmt.Sprintf("its version is %d", major)}
	}
}

// ParseHeader reads the beginning of a file, which has [HeaderSize] bytes.
func ParseHeader(b []byte) (Header, error) {
	size, err := HeaderSize(b)
	if err != nil {
		return Header{}, err
	}
	if size > len(b) {
		return Header{}, &SyntaxError{"the data ends within the header"}
	}
	from := len(Magic) + 2 + 2
	if b[len(Magic)] > 1 {
		from += 2
	}
	p := literal{rest: b[from:size]}
	h, err := p.header()
	if err != nil {
		return Header{}, err
	}
	var ok bool
	if h.count, ok = product(h.Shape); !ok {
		return Header{}, &SyntaxError{fmt.Sprintf("its shape is %v", h.Shape)}
	}
	if _, width, known := h.element(); known {
		h.size = width
	}
	return h, nil
}

// element takes the name of a type apart.
func (h Header) element() (letter byte, width int, known bool) {
	if len(h.Descr) < 3 {
		return 0, 0, false
	}
	letter = h.Descr[1]
	width, err := strconv.Atoi(h.Descr[2:])
	if err != nil {
		return 0, 0, false
	}
	switch h.Descr[0] {
	case '<', '>', '=', '|':
	default:
		return 0, 0, false
	}
	switch fmt.Sprintf("%c%d", letter, width) {
	case "b1", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f4", "f8", "c8", "c16":
		return letter, width, true
	}
	return 0, 0, false
}

// typeFor checks that the elements are what t holds, and tells their byte
// order.
func (h Header) typeFor(t reflect.Type) (swap bool, err error) {
	letter, width, known := h.element()
	if !known {
		hint := "Go has no such numbers; convert the array with astype before saving it"
		switch {
		case h.Descr == "" || h.Descr[0] == '[':
			hint = "save each field of a structured array on its own"
		case len(h.Descr) > 1 && h.Descr[1] == 'O':
			hint = "objects are pickles, which only Python can read"
		}
		return false, &TypeError{h.Descr, t, hint}
	}
	if letter != letterOf(t) || width != int(t.Size()) {
		return false, &TypeError{h.Descr, t, "load it as what it is"}
	}
	big := h.Descr[0] == '>'
	little := h.Descr[0] == '<'
	return width > 1 && (big && littleEndian || little && !littleEndian), nil
}

// A literal reads the one literal of Python's that a header is.
type literal struct{ rest []byte }

func (p *literal) blanks() { p.rest = bytes.TrimLeft(p.rest, " \t\r\n") }

// sign takes a character if it comes next.
func (p *literal) sign(c byte) bool {
	p.blanks()
	if len(p.rest) == 0 || p.rest[0] != c {
		return false
	}
	p.rest = p.rest[1:]
	return true
}

func (p *literal) word(w string) bool {
	p.blanks()
	rest, ok := bytes.CutPrefix(p.rest, []byte(w))
	if ok {
		p.rest = rest
	}
	return ok
}

func (p *literal) damaged(what string) error { return &SyntaxError{"its header has no sound " + what} }

func (p *literal) header() (h Header, err error) {
	if !p.sign('{') {
		return h, p.damaged("beginning")
	}
	seen := map[string]bool{}
	for !p.sign('}') {
		key, ok := p.text()
		if !ok || seen[key] || !p.sign(':') {
			return h, p.damaged("names")
		}
		seen[key] = true
		switch key {
		case "descr":
			h.Descr, ok = p.descr()
		case "fortran_order":
			h.Fortran = p.word("True")
			ok = h.Fortran || p.word("False")
		case "shape":
			h.Shape, ok = p.shape()
		default:
			ok = false
		}
		if !ok {
			return h, p.damaged(key)
		}
		if !p.sign(',') {
			if !p.sign('}') {
				return h, p.damaged("end")
			}
			break
		}
	}
	if p.blanks(); len(p.rest) > 0 || len(seen) != 3 {
		return h, p.damaged("end")
	}
	return h, nil
}

// text takes a text without escapes.
func (p *literal) text() (string, bool) {
	for _, quote := range []byte{'\'', '"'} {
		if p.sign(quote) {
			text, rest, ok := bytes.Cut(p.rest, []byte{quote})
			p.rest = rest
			return string(text), ok && bytes.IndexByte(text, '\\') < 0
		}
	}
	return "", false
}

// descr takes the name of a type; of a record, as it stands there.
func (p *literal) descr() (string, bool) {
	p.blanks()
	if len(p.rest) == 0 || p.rest[0] != '[' {
		return p.text()
	}
	depth, quote := 0, byte(0)
	for i, c := range p.rest {
		switch {
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '\'' || c == '"':
			quote = c
		case c == '[' || c == '(':
			depth++
		case c == ']' || c == ')':
			if depth--; depth == 0 {
				text := string(p.rest[:i+1])
				p.rest = p.rest[i+1:]
				return text, true
			}
		}
	}
	return "", false
}

// maxDimensions is how many numpy allows, from its version 2 on.
const maxDimensions = 64

func (p *literal) shape() ([]int, bool) {
	if !p.sign('(') {
		return nil, false
	}
	shape := []int{}
	for !p.sign(')') {
		p.blanks()
		n := 0
		for n < len(p.rest) && p.rest[n] >= '0' && p.rest[n] <= '9' {
			n++
		}
		d, err := strconv.Atoi(string(p.rest[:n]))
		if err != nil || len(shape) == maxDimensions {
			return nil, false
		}
		p.rest = p.rest[n:]
		p.word("L") // Python 2 wrote some numbers so
		shape = append(shape, d)
		if !p.sign(',') {
			return shape, p.sign(')')
		}
	}
	return shape, true
}
