package tui

import (
	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"

	"labbook/runlog/record"
)

// A filteredList is a list with a line above it that narrows it. Pages embed it.
type filteredList[T any, K comparable] struct {
	list    list[T, K]
	filter  filterLine
	fetcher func(record.Filter) fetcher[T]
	height  int
}

// Init asks for the rows that the filter lets through.
func (f *filteredList[T, K]) Init() tea.Cmd { return f.list.show(f.fetcher(f.filter.filter)) }

// update obeys msg. It reports whether the selected row is to be opened.
func (f *filteredList[T, K]) update(msg tea.Msg) (cmd tea.Cmd, opens bool) {
	switch msg := msg.(type) {
	case tea.KeyMsg:
		defer f.layOut()
		switch keys := &f.list.kit.keys; {
		case f.filter.isTyping:
			if f.filter.update(msg) {
				return f.Init(), false
			}
			return nil, false
		case key.Matches(msg, keys.filter):
			f.filter.open()
			return nil, false
		case key.Matches(msg, keys.open):
			return nil, f.list.selected() != nil
		}
		return f.list.move(msg), false
	case tea.MouseMsg:
		msg.Y -= f.filter.height()
		return f.list.mouse(msg)
	}
	return f.list.take(msg), false
}

// view returns the filter and the rows, or what empty says if there are none,
// for which a filter is to blame if there is one.
func (f *filteredList[T, K]) view(empty []string) []string {
	if f.filter.text != "" {
		empty = []string{"nothing matches the filter", "", "/ changes it, esc takes it away"}
	}
	return append(f.filter.view(), f.list.view(empty)...)
}

// SetSize lays the list out anew.
func (f *filteredList[T, K]) SetSize(width, height int) {
	f.filter.width, f.height = width, height
	f.layOut()
}

func (f *filteredList[T, K]) layOut() { f.list.setSize(f.filter.width, f.height-f.filter.height()) }

// Refresh asks for the newest rows again.
func (f *filteredList[T, K]) Refresh() tea.Cmd { return f.list.refresh() }

// IsTyping reports whether the filter is being typed.
func (f *filteredList[T, K]) IsTyping() bool { return f.filter.isTyping }

// Err is what went wrong in the last read.
func (f *filteredList[T, K]) Err() error { return f.list.err() }

// Back takes the filter away.
func (f *filteredList[T, K]) Back() (tea.Cmd, bool) {
	if !f.filter.clear() {
		return nil, false
	}
	f.layOut()
	return f.Init(), true
}

// bindings are those of the list with the given ones of its page.
func (f *filteredList[T, K]) bindings(more ...key.Binding) []key.Binding {
	k := &f.list.kit.keys
	if f.filter.isTyping {
		return []key.Binding{k.apply, k.cancel}
	}
	return append(append([]key.Binding{k.open}, more...), k.filter)
}
