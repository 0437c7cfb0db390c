package tui

import (
	"slices"
	"unicode"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/x/ansi"

	"labbook/runlog/safetext"
)

// maxEdited bounds what can be typed or pasted into an editor, in characters.
const maxEdited = 4096

// An editor is one line of text being typed.
type editor struct {
	text   []rune
	cursor int // before text[cursor]
}

func (e *editor) set(text string) {
	e.text = []rune(text)
	e.cursor = len(e.text)
}

func (e *editor) update(msg tea.KeyMsg) {
	switch msg.String() {
	case "left", "ctrl+b":
		e.cursor = max(e.cursor-1, 0)
	case "right", "ctrl+f":
		e.cursor = min(e.cursor+1, len(e.text))
	case "home", "ctrl+a":
		e.cursor = 0
	case "end", "ctrl+e":
		e.cursor = len(e.text)
	case "backspace", "ctrl+h":
		e.remove(max(e.cursor-1, 0), e.cursor)
	case "delete", "ctrl+d":
		e.remove(e.cursor, min(e.cursor+1, len(e.text)))
	case "ctrl+u":
		e.remove(0, e.cursor)
	case "ctrl+k":
		e.remove(e.cursor, len(e.text))
	case "ctrl+w", "alt+backspace":
		e.remove(e.wordStart(), e.cursor)
	default:
		if msg.Type == tea.KeyRunes && !msg.Alt || msg.Type == tea.KeySpace {
			e.insert(msg.Runes)
		}
	}
}

// insert adds what was typed or pasted, of which line breaks become spaces and
// other controls nothing.
func (e *editor) insert(typed []rune) {
	for _, r := range typed {
		if r == '\n' || r == '\t' {
			r = ' '
		}
		if unicode.IsControl(r) || len(e.text) >= maxEdited {
			continue
		}
		e.text = slices.Insert(e.text, e.cursor, r)
		e.cursor++
	}
}

func (e *editor) remove(from, to int) {
	e.text = slices.Delete(e.text, from, to)
	e.cursor = from
}

func (e *editor) wordStart() int {
	i := e.cursor
	for i > 0 && e.text[i-1] == ' ' {
		i--
	}
	for i > 0 && e.text[i-1] != ' ' {
		i--
	}
	return i
}

// view returns the text with the cursor as a bar, cut to the width around it.
func (e *editor) view(width int) string {
	const bar = "▏"
	before := safetext.Line(string(e.text[:e.cursor]))
	after := safetext.Line(string(e.text[e.cursor:]))
	if over := ansi.StringWidth(before) + 1 - width; over > 0 {
		before = ansi.TruncateLeft(before, over+1, ellipsis)
	}
	return cut(before+bar+after, width)
}
