package tui

import (
	"context"
	"strconv"
	"time"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"

	"labbook/cache/whymiss"
	"labbook/runlog/display"
	"labbook/runlog/record"
	"labbook/runlog/safetext"
)

// causesPane lists what made the calls of one run miss.
type causesPane struct {
	plainPage
	kit  *kit
	run  int64
	list list[whymiss.RootCause, record.CallID]
}

func newCausesPane(k *kit, run int64) *causesPane {
	return &causesPane{
		kit: k, run: run,
		list: newList(k, func(c *whymiss.RootCause) record.CallID { return c.ExampleCall }, causeColumns(&k.theme)),
	}
}

func causeColumns(t *theme) []column[whymiss.RootCause] {
	return []column[whymiss.RootCause]{
		{title: "lost", least: 9, most: 9, right: true, cell: func(c *whymiss.RootCause, _ time.Time) (string, ink) {
			if c.LostSeconds == 0 && c.Example.Outcome == record.Running {
				return "not ended", t.faint
			}
			return display.Duration(seconds(c.LostSeconds)), t.bad
		}},
		{title: "misses", least: 6, most: 8, right: true, cell: func(c *whymiss.RootCause, _ time.Time) (string, ink) {
			return strconv.Itoa(c.Calls()), t.text
		}},
		{title: "downstream", least: 10, most: 10, right: true, rank: 3, cell: func(c *whymiss.RootCause, _ time.Time) (string, ink) {
			return nonzero(int64(len(c.Downstream))), t.text
		}},
		{title: "such as", least: 7, most: 12, rank: 2, cell: func(c *whymiss.RootCause, _ time.Time) (string, ink) {
			return c.ExampleCall.String(), t.faint
		}},
		{title: "kind", least: 16, most: 18, rank: 1, cell: func(c *whymiss.RootCause, _ time.Time) (string, ink) {
			return safetext.Line(string(c.Kind)), t.warn
		}},
		{title: "cause", least: 36, most: 160, grow: true, cell: func(c *whymiss.RootCause, _ time.Time) (string, ink) {
			return safetext.Line(c.String()), t.text
		}},
	}
}

func (p *causesPane) Init() tea.Cmd {
	book, run := p.kit.book, p.run
	return p.list.show(func(ctx context.Context, after *whymiss.RootCause, _ int) ([]whymiss.RootCause, error) {
		if after != nil {
			return nil, nil // all of them came at once
		}
		report, err := book.ExplainRun(ctx, run)
		return report.Causes, err
	})
}

func (p *causesPane) Update(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case tea.KeyMsg:
		if key.Matches(msg, p.kit.keys.open, p.kit.keys.whyMiss) {
			return p.open()
		}
		return p.list.move(msg)
	case tea.MouseMsg:
		cmd, opens := p.list.mouse(msg)
		if opens {
			return p.open()
		}
		return cmd
	}
	return p.list.take(msg)
}

// open explains the costliest miss of the cause.
func (p *causesPane) open() tea.Cmd {
	if cause := p.list.selected(); cause != nil {
		return send(openWhyMiss{cause.ExampleCall})
	}
	return nil
}

func (p *causesPane) View() []string {
	return p.list.view([]string{"this run has no misses"})
}

func (p *causesPane) SetSize(width, height int) { p.list.setSize(width, height) }
func (p *causesPane) Refresh() tea.Cmd          { return p.list.refresh() }
func (p *causesPane) Title() string             { return "why" }
func (p *causesPane) Err() error                { return p.list.err() }

func (p *causesPane) Summary() string {
	if count := p.list.count(); count != "1" {
		return count + " causes"
	}
	return "1 cause"
}

func (p *causesPane) Keys() []key.Binding {
	open := p.kit.keys.open
	open.SetHelp("enter", "explain")
	return []key.Binding{open}
}
