// Package headless drives a Bubble Tea program without a terminal: it presses
// keys and runs the commands that come of them one after the other, until none
// is left. What it shows depends on nothing but the program, so tests and
// pictures of it are the same each time.
package headless

import (
	"fmt"

	tea "github.com/charmbracelet/bubbletea"
)

// maxCommands is how many commands may follow one message. A program that goes
// on and on by itself, with a clock for instance, is not for this package.
const maxCommands = 10_000

// Screen is a program on a screen that nobody sees.
type Screen struct {
	model  tea.Model
	hasEnd bool
}

// New starts a program on a screen of the given size.
func New(model tea.Model, width, height int) (*Screen, error) {
	s := &Screen{model: model}
	if err := s.run(model.Init()); err != nil {
		return nil, err
	}
	return s, s.Send(tea.WindowSizeMsg{Width: width, Height: height})
}

// Send hands a message to the program and runs what comes of it.
func (s *Screen) Send(msg tea.Msg) error { return s.run(func() tea.Msg { return msg }) }

// Press presses keys by their names: "j", "enter", "shift+tab", "ctrl+c".
func (s *Screen) Press(names ...string) error {
	for _, name := range names {
		msg, err := keyNamed(name)
		if err != nil {
			return err
		}
		if err := s.Send(msg); err != nil {
			return fmt.Errorf("press %q: %w", name, err)
		}
	}
	return nil
}

// Type types text.
func (s *Screen) Type(text string) error {
	for _, r := range text {
		if err := s.Send(tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune{r}}); err != nil {
			return fmt.Errorf("type %q: %w", text, err)
		}
	}
	return nil
}

// View returns what is on the screen.
func (s *Screen) View() string { return s.model.View() }

// HasEnded reports whether the program has asked to quit.
func (s *Screen) HasEnded() bool { return s.hasEnd }

func (s *Screen) run(cmd tea.Cmd) error {
	queue := []tea.Cmd{cmd}
	for n := 0; len(queue) > 0; n++ {
		if n == maxCommands {
			return fmt.Errorf("run commands: %d have followed one message, and still there are more", maxCommands)
		}
		cmd, queue = queue[0], queue[1:]
		if cmd == nil {
			continue
		}
		switch msg := cmd().(type) {
		case nil:
		case tea.BatchMsg:
			queue = append(queue, msg...)
		case tea.QuitMsg:
			s.hasEnd = true
		default:
			s.model, cmd = s.model.Update(msg)
			queue = append(queue, cmd)
		}
	}
	return nil
}

// keyNamed is the inverse of tea.KeyMsg's String.
func keyNamed(name string) (tea.KeyMsg, error) {
	if r := []rune(name); len(r) == 1 && r[0] != ' ' {
		return tea.KeyMsg{Type: tea.KeyRunes, Runes: r}, nil
	}
	for t := tea.KeyType(-100); t < 128; t++ {
		if t != tea.KeyRunes && t.String() == name {
			msg := tea.KeyMsg{Type: t}
			if t == tea.KeySpace {
				msg.Runes = []rune{' '}
			}
			return msg, nil
		}
	}
	return tea.KeyMsg{}, fmt.Errorf("there is no key %q", name)
}
