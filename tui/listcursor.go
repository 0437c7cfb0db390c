package tui

import (
	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"
)

// move obeys the keys that move the cursor.
func (l *list[T, K]) move(msg tea.KeyMsg) tea.Cmd {
	keys, step := &l.kit.keys, max(l.height-2, 1)
	switch {
	case key.Matches(msg, keys.up):
		return l.moveTo(l.cursor - 1)
	case key.Matches(msg, keys.down):
		return l.moveTo(l.cursor + 1)
	case key.Matches(msg, keys.pageUp):
		return l.moveTo(l.cursor - step)
	case key.Matches(msg, keys.pageDown):
		return l.moveTo(l.cursor + step)
	case key.Matches(msg, keys.top):
		return l.moveTo(0)
	case key.Matches(msg, keys.bottom):
		return l.moveTo(len(l.rows) - 1)
	}
	return nil
}

// mouse obeys the wheel and a click; the list begins at line 0. It reports
// whether the click was on the row that was selected already.
func (l *list[T, K]) mouse(msg tea.MouseMsg) (cmd tea.Cmd, opens bool) {
	switch {
	case msg.Action != tea.MouseActionPress:
	case msg.Button == tea.MouseButtonWheelUp:
		return l.moveTo(l.cursor - wheelStep), false
	case msg.Button == tea.MouseButtonWheelDown:
		return l.moveTo(l.cursor + wheelStep), false
	case msg.Button == tea.MouseButtonLeft && msg.Y >= 1 && msg.Y < l.height:
		row := l.top + msg.Y - 1
		if row >= len(l.rows) {
			return nil, false
		}
		opens = row == l.cursor
		return l.moveTo(row), opens
	}
	return nil, false
}

func (l *list[T, K]) moveTo(row int) tea.Cmd {
	l.cursor = row
	l.settle()
	l.tail.err = nil // moving on is how one asks again after an error
	return l.more()
}
