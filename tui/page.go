package tui

import (
	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"
)

// A page fills the screen between header and footer; the tabs of a run are pages
// in a page. Update gets the keys that the shell does not claim, the mouse in
// coordinates of the page, ticks, and all answers, its own and others'.
type page interface {
	// Init asks for what the page shows.
	Init() tea.Cmd
	Update(msg tea.Msg) tea.Cmd
	// View returns the lines of the page; the shell cuts what is too much.
	View() []string
	SetSize(width, height int)
	// Refresh asks for what is shown once more, since the lab-book has changed.
	Refresh() tea.Cmd
	// Title is the page's piece of the breadcrumb.
	Title() string
	// Summary is said at the right end of the header.
	Summary() string
	// Keys are what the page listens to at the moment, most useful first, without
	// those that move about, which all pages have.
	Keys() []key.Binding
	// IsTyping reports whether all keys are text for the page.
	IsTyping() bool
	// Back undoes the last thing on the page itself, such as a filter. It
	// reports false if there was none, and the shell leaves the page.
	Back() (tea.Cmd, bool)
	// Err is what went wrong in the last read, nil if nothing.
	Err() error
}

// plainPage is embedded by pages that have nothing to say on some points.
type plainPage struct{}

func (plainPage) Summary() string       { return "" }
func (plainPage) IsTyping() bool        { return false }
func (plainPage) Back() (tea.Cmd, bool) { return nil, false }
