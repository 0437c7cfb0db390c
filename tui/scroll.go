package tui

import (
	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"

	"labbook/runlog/display"
)

// wheelStep is how many lines one notch of the mouse wheel moves.
const wheelStep = 3

// A scroll shows a part of lines that are already made for its width.
type scroll struct {
	lines  []string
	top    int
	height int
}

func (s *scroll) set(lines []string) {
	s.lines = lines
	s.moveTo(s.top)
}

func (s *scroll) moveTo(top int) {
	s.top = max(min(top, len(s.lines)-s.height), 0)
}

// update obeys the keys and the wheel; it reports whether they were for it.
func (s *scroll) update(k *keys, msg tea.Msg) bool {
	switch msg := msg.(type) {
	case tea.KeyMsg:
		return s.move(k, msg)
	case tea.MouseMsg:
		switch msg.Button {
		case tea.MouseButtonWheelUp:
			s.moveTo(s.top - wheelStep)
			return true
		case tea.MouseButtonWheelDown:
			s.moveTo(s.top + wheelStep)
			return true
		}
	}
	return false
}

func (s *scroll) move(k *keys, msg tea.KeyMsg) bool {
	step := max(s.height-1, 1)
	switch {
	case key.Matches(msg, k.up):
		s.moveTo(s.top - 1)
	case key.Matches(msg, k.down):
		s.moveTo(s.top + 1)
	case key.Matches(msg, k.pageUp):
		s.moveTo(s.top - step)
	case key.Matches(msg, k.pageDown):
		s.moveTo(s.top + step)
	case key.Matches(msg, k.top):
		s.moveTo(0)
	case key.Matches(msg, k.bottom):
		s.moveTo(len(s.lines))
	default:
		return false
	}
	return true
}

func (s *scroll) view() []string {
	return s.lines[s.top:min(s.top+s.height, len(s.lines))]
}

// position says which share of the lines lies above the end of the screen, ""
// if all are on it.
func (s *scroll) position() string {
	if len(s.lines) <= s.height {
		return ""
	}
	return display.Percent(int64(s.top+s.height), int64(len(s.lines)))
}
