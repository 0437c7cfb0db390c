package tui

import (
	"strings"

	"github.com/charmbracelet/x/ansi"
)

const ellipsis = "…"

// cut returns text at most width cells wide; if something is missing, it ends in
// an ellipsis. Escape sequences have no width and stay.
func cut(text string, width int) string {
	if len(text) <= width { // no character is wider than its bytes are many
		return text
	}
	if width <= 0 {
		return ""
	}
	return ansi.Truncate(text, width, ellipsis)
}

// pad returns text exactly width cells wide.
func pad(text string, width int) string {
	text = cut(text, width)
	return text + spaces(width-ansi.StringWidth(text))
}

// padLeft is pad for what is aligned on the right.
func padLeft(text string, width int) string {
	text = cut(text, width)
	return spaces(width-ansi.StringWidth(text)) + text
}

func spaces(n int) string { return strings.Repeat(" ", max(n, 0)) }

// between returns left and right at the two ends of width cells. If there is no
// room for both, the left one gives way down to half of them.
func between(left, right string, width int) string {
	rightWidth := ansi.StringWidth(right)
	room := max(width-rightWidth-2, width/2)
	left = cut(left, room)
	right = cut(right, width-ansi.StringWidth(left)-2)
	return left + spaces(width-ansi.StringWidth(left)-ansi.StringWidth(right)) + right
}

// wrap returns plain text in lines at most width cells wide.
func wrap(text string, width int) []string {
	if width <= 0 {
		return nil
	}
	return strings.Split(ansi.Wrap(text, width, " /"), "\n")
}

// fit returns exactly height lines, none wider than width.
func fit(lines []string, width, height int) []string {
	fitted := make([]string, max(height, 0))
	for i := range fitted {
		if i < len(lines) {
			fitted[i] = cut(lines[i], width)
		}
	}
	return fitted
}
