package tui

import (
	"github.com/charmbracelet/x/ansi"
)

// labelWidth is how wide the names of a sheet's fields are, with the space
// behind them.
const labelWidth = 12

// A sheet is written from top to bottom: headings, and below them labelled
// values that wrap within the width. All text given to it must be safe.
type sheet struct {
	theme *theme
	width int
	lines []string
}

// heading begins a section.
func (s *sheet) heading(text string) {
	if len(s.lines) > 0 {
		s.lines = append(s.lines, "")
	}
	s.lines = append(s.lines, " "+s.theme.heading.on(text))
}

// field writes a labelled value, nothing if the value is empty.
func (s *sheet) field(label, value string, ink ink) {
	if value == "" {
		return
	}
	s.labelled(label, labelWidth, value, ink)
}

// labelled writes a value with a label of the given width. A label that is
// wider stands on a line of its own.
func (s *sheet) labelled(label string, width int, value string, ink ink) {
	indent := markerSize + width
	if s.width < 2*indent {
		indent = 2 * markerSize
	}
	head := unmarked + s.theme.faint.on(label)
	if room := indent - markerSize - ansi.StringWidth(label); room > 0 {
		head += spaces(room)
	} else {
		s.lines = append(s.lines, head)
		head = spaces(indent)
	}
	for i, line := range wrap(value, s.width-indent) {
		if i > 0 {
			head = spaces(indent)
		}
		s.lines = append(s.lines, head+ink.on(line))
	}
}

// text writes a paragraph.
func (s *sheet) text(text string, ink ink) {
	for _, line := range wrap(text, s.width-2*markerSize) {
		s.lines = append(s.lines, unmarked+ink.on(line))
	}
}

// line writes a line as it is: it may hold colours, and is cut at the width.
func (s *sheet) line(text string) { s.lines = append(s.lines, unmarked+text) }

// beside returns the lines of two sheets next to each other; the left one takes
// the given width.
func beside(left, right []string, width int) []string {
	lines := make([]string, max(len(left), len(right)))
	for i := range lines {
		if i < len(left) {
			lines[i] = left[i]
		}
		if i < len(right) && right[i] != "" {
			lines[i] = pad(lines[i], width) + right[i]
		}
	}
	return lines
}
