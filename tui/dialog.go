package tui

import (
	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/x/ansi"
)

// A dialog asks a question that is answered with yes or no before anything else
// happens.
type dialog struct {
	kit      *kit
	question string
	yes      func() tea.Cmd
}

// update obeys a key and reports whether the question is answered.
func (d *dialog) update(msg tea.KeyMsg) (cmd tea.Cmd, isAnswered bool) {
	switch {
	case key.Matches(msg, d.kit.keys.yes):
		return d.yes(), true
	case key.Matches(msg, d.kit.keys.no):
		return nil, true
	}
	return nil, false
}

// view returns the dialog in a box in the middle of width and height cells.
func (d *dialog) view(width, height int) []string {
	text := wrap(d.question, max(min(width-6, 60), 1))
	text = append(text, "", "y yes   n no")
	inner := 0
	for _, line := range text {
		inner = max(inner, ansi.StringWidth(line))
	}
	t := &d.kit.theme
	left := spaces((width - inner - 4) / 2)
	lines := make([]string, max((height-len(text)-2)/2, 0))
	lines = append(lines, left+t.heading.on("╭"+rule(inner+2)+"╮"))
	for _, line := range text {
		lines = append(lines, left+t.heading.on("│")+" "+pad(line, inner)+" "+t.heading.on("│"))
	}
	return append(lines, left+t.heading.on("╰"+rule(inner+2)+"╯"))
}
