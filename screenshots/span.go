package main

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/charmbracelet/x/ansi"
)

// A span is text of one style at a place on its line.
type span struct {
	column, cells int
	text          string
	style         style
}

// A style is what SGR sequences have set; colours are "#rrggbb" or "".
type style struct {
	front, back                             string
	bold, faint, italic, underlined, turned bool
}

// colors returns the colour of the text and of what is behind it, "" for the
// window's own.
func (s *style) colors() (front, back string) {
	front, back = s.front, s.back
	if front == "" {
		front = foreground
	}
	if s.turned {
		if back == "" {
			back = background
		}
		front, back = back, front
	}
	return front, back
}

// attributes returns the rest of the style as attributes of an element.
func (s *style) attributes() string {
	var b strings.Builder
	for _, a := range []struct {
		isSet bool
		text  string
	}{
		{s.bold, ` font-weight="bold"`},
		{s.faint, ` opacity="0.65"`},
		{s.italic, ` font-style="italic"`},
		{s.underlined, ` text-decoration="underline"`},
	} {
		if a.isSet {
			b.WriteString(a.text)
		}
	}
	return b.String()
}

var sgr = regexp.MustCompile(`\x1b\[([0-9;]*)m`)

// parseLine cuts a line into spans. Words of ASCII stay together, any other
// character is a span of its own: fonts do not agree on its width.
func parseLine(line string) []span {
	var spans []span
	var current style
	column := 0
	add := func(text string) {
		for text != "" {
			n := asciiPrefix(text)
			if n == 0 {
				cluster, _ := ansi.FirstGraphemeCluster(text, ansi.GraphemeWidth)
				n = len(cluster)
			}
			cells := ansi.StringWidth(text[:n])
			spans = append(spans, span{column: column, cells: cells, text: text[:n], style: current})
			column, text = column+cells, text[n:]
		}
	}
	end := 0
	for _, at := range sgr.FindAllStringSubmatchIndex(line, -1) {
		add(line[end:at[0]])
		current = current.apply(line[at[2]:at[3]])
		end = at[1]
	}
	add(line[end:])
	return spans
}

func asciiPrefix(text string) int {
	n := 0
	for n < len(text) && text[n] < 0x80 {
		n++
	}
	return n
}

// apply returns the style after an SGR sequence with these parameters.
func (s style) apply(parameters string) style {
	fields := strings.Split(parameters, ";")
	for i := 0; i < len(fields); i++ {
		code, _ := strconv.Atoi(fields[i]) // an empty one is 0
		switch {
		case code == 0:
			s = style{}
		case code == 1:
			s.bold = true
		case code == 2:
			s.faint = true
		case code == 3:
			s.italic = true
		case code == 4:
			s.underlined = true
		case code == 7:
			s.turned = true
		case code == 38 || code == 48:
			color, used := extendedColor(fields[i+1:])
			i += used
			if code == 38 {
				s.front = color
			} else {
				s.back = color
			}
		case code == 39:
			s.front = ""
		case code == 49:
			s.back = ""
		case code >= 30 && code <= 37:
			s.front = palette[code-30]
		case code >= 40 && code <= 47:
			s.back = palette[code-40]
		case code >= 90 && code <= 97:
			s.front = palette[code-90+8]
		case code >= 100 && code <= 107:
			s.back = palette[code-100+8]
		}
	}
	return s
}

// palette holds the sixteen colours that have names, as on a dark terminal.
var palette = [16]string{
	"#2b2f38", "#f28b82", "#7fd18b", "#e5c07b", "#8ab4f8", "#c792ea", "#78d0e0", "#d7dae0",
	"#5b6270", "#ff9e95", "#95e0a0", "#f2d291", "#a3c5ff", "#d9adf5", "#93e2f0", "#ffffff",
}

// extendedColor reads "2;R;G;B" or "5;N" and tells how many fields that took.
func extendedColor(fields []string) (color string, used int) {
	at := func(i int) int {
		n, _ := strconv.Atoi(fields[i])
		return n & 0xff
	}
	switch {
	case len(fields) >= 4 && fields[0] == "2":
		return fmt.Sprintf("#%02x%02x%02x", at(1), at(2), at(3)), 4
	case len(fields) >= 2 && fields[0] == "5":
		return indexedColor(at(1)), 2
	}
	return "", len(fields)
}

// indexedColor returns one of 256 colours: the palette, a cube of six levels
// each of red, green and blue, and a ramp of greys.
func indexedColor(n int) string {
	switch {
	case n < 16:
		return palette[n]
	case n >= 232:
		grey := 8 + 10*(n-232)
		return fmt.Sprintf("#%02x%02x%02x", grey, grey, grey)
	}
	level := func(n int) int {
		if n == 0 {
			return 0
		}
		return 55 + 40*n
	}
	n -= 16
	return fmt.Sprintf("#%02x%02x%02x", level(n/36), level(n/6%6), level(n%6))
}
