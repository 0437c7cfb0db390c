package tui

import (
	"errors"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"

	"labbook/runlog/filter"
	"labbook/runlog/record"
	"labbook/runlog/safetext"
)

// maxMistake is how many lines the explanation of a mistake takes at most.
const maxMistake = 3

// A filterLine is where a list is narrowed. What is typed takes effect with
// enter; a mistake is explained below it, and the list stays as it is.
type filterLine struct {
	kit      *kit
	editor   editor
	isTyping bool
	mistake  string
	width    int

	text   string // in effect
	filter record.Filter
}

// update obeys a key while the filter is typed. It reports whether another
// filter is now in effect.
func (f *filterLine) update(msg tea.KeyMsg) (changed bool) {
	switch keys := &f.kit.keys; {
	case key.Matches(msg, keys.cancel):
		f.isTyping, f.mistake = false, ""
	case key.Matches(msg, keys.apply):
		return f.apply()
	default:
		f.editor.update(msg)
		f.mistake = ""
	}
	return false
}

func (f *filterLine) open() {
	f.editor.set(f.text)
	f.isTyping = true
}

func (f *filterLine) apply() (changed bool) {
	text := string(f.editor.text)
	parsed, err := filter.Parse(text, f.kit.now)
	if err != nil {
		f.mistake = mistakeText(err)
		return false
	}
	changed = text != f.text
	f.isTyping, f.text, f.filter = false, text, parsed
	return changed
}

// clear takes the filter away and reports whether there was one.
func (f *filterLine) clear() bool {
	if f.text == "" {
		return false
	}
	f.text, f.filter = "", record.Filter{}
	return true
}

// mistakeText leaves out the filter itself, which stands just above.
func mistakeText(err error) string {
	if mistake, ok := errors.AsType[*filter.Error](err); ok {
		return safetext.Line(mistake.Term + ": " + mistake.Problem)
	}
	return safetext.Line(err.Error())
}

// height is how many lines the filter takes: none without one.
func (f *filterLine) height() int { return len(f.view()) }

func (f *filterLine) view() []string {
	t, width := &f.kit.theme, f.width
	switch {
	case f.mistake != "":
		lines := []string{t.heading.on(" / ") + f.editor.view(width-3)}
		sign := " ✗ "
		for _, line := range wrap(f.mistake, width-3) {
			lines = append(lines, t.bad.on(sign+line))
			sign = "   "
		}
		return lines[:min(len(lines), 1+maxMistake)]
	case f.isTyping && len(f.editor.text) == 0:
		return []string{t.heading.on(" / ") + f.editor.view(1) +
			t.faint.on(cut("fn:train outcome:miss dur>2s run:12 since:1d", width-4))}
	case f.isTyping:
		return []string{t.heading.on(" / ") + f.editor.view(width-3)}
	case f.text != "":
		return []string{t.heading.on(" / ") + cut(safetext.Line(f.text), width-3)}
	}
	return nil
}
