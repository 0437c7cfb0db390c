package tui

import (
	"strings"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/x/ansi"
)

// tabBarHeight is the bar and the empty line below it.
const tabBarHeight = 2

// runPage shows one run in tabs. A tab reads nothing until it is first looked
// at.
type runPage struct {
	kit           *kit
	run           int64
	tabs          []page
	isOpened      []bool
	active        int
	width, height int
}

func newRunPage(k *kit, run int64) *runPage {
	tabs := []page{newOverviewPane(k, run), newCallsPane(k, run), newBatchesPane(k, run), newOutputPane(k, run), newCausesPane(k, run)}
	return &runPage{kit: k, run: run, tabs: tabs, isOpened: make([]bool, len(tabs))}
}

func (p *runPage) Init() tea.Cmd { return p.show(0) }

// show makes a tab the active one; one that was read before is read again.
func (p *runPage) show(tab int) tea.Cmd {
	p.active = tab
	if p.isOpened[tab] {
		return p.tabs[tab].Refresh()
	}
	p.isOpened[tab] = true
	return p.tabs[tab].Init()
}

func (p *runPage) Update(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case tea.KeyMsg:
		if cmd, ok := p.updateKey(msg); ok {
			return cmd
		}
		return p.tabs[p.active].Update(msg)
	case tea.MouseMsg:
		if msg.Y < tabBarHeight {
			return p.click(msg)
		}
		msg.Y -= tabBarHeight
		return p.tabs[p.active].Update(msg)
	}
	cmds := make([]tea.Cmd, len(p.tabs))
	for i, tab := range p.tabs {
		cmds[i] = tab.Update(msg)
	}
	return tea.Batch(cmds...)
}

func (p *runPage) updateKey(msg tea.KeyMsg) (tea.Cmd, bool) {
	if p.IsTyping() {
		return nil, false
	}
	switch keys := &p.kit.keys; {
	case key.Matches(msg, keys.nextTab):
		return p.show((p.active + 1) % len(p.tabs)), true
	case key.Matches(msg, keys.previousTab):
		return p.show((p.active + len(p.tabs) - 1) % len(p.tabs)), true
	case key.Matches(msg, keys.numberedTab):
		return p.show(int(msg.Runes[0] - '1')), true
	case key.Matches(msg, keys.rerun):
		return send(askRerun{p.run}), true
	}
	return nil, false
}

// click shows the tab that was clicked on.
func (p *runPage) click(msg tea.MouseMsg) tea.Cmd {
	if msg.Button != tea.MouseButtonLeft || msg.Action != tea.MouseActionPress || msg.Y != 0 {
		return nil
	}
	from := 0
	for i := range p.tabs {
		to := from + ansi.StringWidth(p.label(i))
		if msg.X >= from && msg.X < to {
			return p.show(i)
		}
		from = to
	}
	return nil
}

// label returns what stands in the bar for a tab, brackets around the active
// one.
func (p *runPage) label(tab int) string {
	title := p.tabs[tab].Title()
	if tab == p.active {
		return "[" + title + "]"
	}
	return " " + title + " "
}

func (p *runPage) View() []string {
	var bar strings.Builder
	for i := range p.tabs {
		ink := p.kit.theme.tab
		if i == p.active {
			ink = p.kit.theme.activeTab
		}
		bar.WriteString(ink.on(p.label(i)))
	}
	return append([]string{bar.String(), ""}, p.tabs[p.active].View()...)
}

func (p *runPage) SetSize(width, height int) {
	p.width, p.height = width, height
	for _, tab := range p.tabs {
		tab.SetSize(width, max(height-tabBarHeight, 0))
	}
}

func (p *runPage) Refresh() tea.Cmd      { return p.tabs[p.active].Refresh() }
func (p *runPage) Title() string         { return runTitle(p.run) }
func (p *runPage) Summary() string       { return p.tabs[p.active].Summary() }
func (p *runPage) IsTyping() bool        { return p.tabs[p.active].IsTyping() }
func (p *runPage) Back() (tea.Cmd, bool) { return p.tabs[p.active].Back() }
func (p *runPage) Err() error            { return p.tabs[p.active].Err() }

func (p *runPage) Keys() []key.Binding {
	k := &p.kit.keys
	bindings := p.tabs[p.active].Keys()
	if p.IsTyping() {
		return bindings
	}
	return append(bindings, k.nextTab, k.rerun, k.previousTab, k.numberedTab)
}
