package safetext

import "strconv"

// A style is how a character is drawn. Only what changes colour and weight is
// kept: concealed text would hide a part of the output, and blinking disturbs.
type style struct {
	attributes attributes
	foreground color
	background color
}

type attributes uint8

const (
	bold attributes = 1 << iota
	faint
	italic
	underline
	reverse
	strike
)

// attributeCodes holds the code that sets each attribute, in the order in which
// a style is written.
var attributeCodes = [...]struct {
	attribute attributes
	code      int
}{{bold, 1}, {faint, 2}, {italic, 3}, {underline, 4}, {reverse, 7}, {strike, 9}}

// A color is 0 for the terminal's own, else a kind in the top byte and a value.
type color uint32

const (
	basicColor   color = 1 << 24 // 0–15
	indexedColor color = 2 << 24 // 0–255
	rgbColor     color = 3 << 24 // 0xRRGGBB

	colorKind  color = 0xff << 24
	colorValue       = ^colorKind
)

// appendSGR appends the sequence that turns style from into style to. It is the
// same for the same pair, so that cleaning clean text changes nothing.
func appendSGR(b []byte, from, to style) []byte {
	b = append(b, "\x1b["...)
	if to == (style{}) {
		return append(b, 'm')
	}
	if from != (style{}) {
		b = append(b, "0;"...)
	}
	for _, a := range attributeCodes {
		if to.attributes&a.attribute != 0 {
			b = append(strconv.AppendInt(b, int64(a.code), 10), ';')
		}
	}
	b = appendColor(b, to.foreground, 30)
	b = appendColor(b, to.background, 40)
	b[len(b)-1] = 'm' // for the last semicolon
	return b
}

// appendColor appends the codes of a colour, each with a semicolon behind it.
// Base is 30 for the foreground, 40 for the background.
func appendColor(b []byte, c color, base int64) []byte {
	value := int64(c & colorValue)
	codes := make([]int64, 0, 5)
	switch c & colorKind {
	case basicColor:
		if value >= 8 {
			value += 60 - 8
		}
		codes = append(codes, base+value)
	case indexedColor:
		codes = append(codes, base+8, 5, value)
	case rgbColor:
		codes = append(codes, base+8, 2, value>>16, value>>8&0xff, value&0xff)
	}
	for _, code := range codes {
		b = append(strconv.AppendInt(b, code, 10), ';')
	}
	return b
}
