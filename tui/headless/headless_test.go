package headless

import (
	"strings"
	"testing"

	tea "github.com/charmbracelet/bubbletea"
)

// An echo shows the keys that were pressed, each after a detour over a command.
type echo struct {
	width int
	keys  []string
}

type echoed string

func (e echo) Init() tea.Cmd { return nil }

func (e echo) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	switch msg := msg.(type) {
	case tea.WindowSizeMsg:
		e.width = msg.Width
	case tea.KeyMsg:
		switch msg.String() {
		case "ctrl+c":
			return e, tea.Quit
		case "L":
			return e, func() tea.Msg { return msg }
		}
		return e, tea.Batch(nil, func() tea.Msg { return echoed(msg.String()) })
	case echoed:
		e.keys = append(e.keys, string(msg))
	}
	return e, nil
}

func (e echo) View() string { return strings.Repeat("-", e.width) + strings.Join(e.keys, "|") }

func TestScreen(t *testing.T) {
	t.Parallel()
	s, err := New(echo{}, 3, 1)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Press("enter", "shift+tab", "j", "up", "pgdown", " ", "é"); err != nil {
		t.Fatal(err)
	}
	if err := s.Type("a b"); err != nil {
		t.Fatal(err)
	}
	if got, want := s.View(), "---enter|shift+tab|j|up|pgdown| |é|a| |b"; got != want {
		t.Errorf("View() = %q, want %q", got, want)
	}
	if s.HasEnded() {
		t.Error("the program has ended before ctrl+c")
	}
	if err := s.Press("ctrl+c"); err != nil || !s.HasEnded() {
		t.Errorf("after ctrl+c (%v) the program has not ended", err)
	}
}

func TestScreenMistakes(t *testing.T) {
	t.Parallel()
	s, err := New(echo{}, 3, 1)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Press("no such key"); err == nil || !strings.Contains(err.Error(), `"no such key"`) {
		t.Errorf("a key that there is not: %v", err)
	}
	if err := s.Press("L"); err == nil || !strings.Contains(err.Error(), "still there are more") {
		t.Errorf("a program that goes on forever: %v", err)
	}
}
