package tui

import (
	"strings"

	"github.com/charmbracelet/lipgloss"

	"labbook/runlog/record"
)

// An ink draws text in one style. It holds the sequences around the text, since
// making them anew for each of a thousand cells takes longer than a frame may.
type ink struct{ before, after string }

func newInk(style lipgloss.Style) ink {
	before, after, _ := strings.Cut(style.Render("x"), "x")
	return ink{before, after}
}

// on returns text drawn in the ink. The text must hold no escape sequences.
func (i ink) on(text string) string {
	if text == "" {
		return ""
	}
	return i.before + text + i.after
}

// A theme holds the inks by what they mean.
type theme struct {
	text, faint, heading, brand       ink
	good, warn, bad, busy             ink
	selected, tab, activeTab, badLine ink
	isColored                         bool
}

func newTheme(r *lipgloss.Renderer) theme {
	shade := func(light, dark string) lipgloss.Style {
		return r.NewStyle().Foreground(lipgloss.AdaptiveColor{Light: light, Dark: dark})
	}
	on := func(style lipgloss.Style, light, dark string) ink {
		return newInk(style.Background(lipgloss.AdaptiveColor{Light: light, Dark: dark}))
	}
	sample := shade("#000000", "#ffffff").Render("x")
	return theme{
		faint:     newInk(shade("#6b7280", "#8b93a1")),
		heading:   newInk(shade("#1d4ed8", "#8ab4f8").Bold(true)),
		brand:     newInk(shade("#1d4ed8", "#8ab4f8").Bold(true)),
		good:      newInk(shade("#15803d", "#7fd18b")),
		warn:      newInk(shade("#a16207", "#e5c07b")),
		bad:       newInk(shade("#b91c1c", "#f28b82")),
		busy:      newInk(shade("#0e7490", "#78d0e0")),
		selected:  on(shade("#111827", "#ffffff").Bold(true), "#dbe4f5", "#2f3b52"),
		tab:       newInk(shade("#6b7280", "#8b93a1")),
		activeTab: newInk(shade("#1d4ed8", "#8ab4f8").Bold(true).Underline(true)),
		badLine:   newInk(shade("#b91c1c", "#f28b82").Bold(true)),
		isColored: sample != "x",
	}
}

func (t *theme) outcome(o record.Outcome) ink {
	switch o {
	case record.Hit:
		return t.good
	case record.Miss:
		return t.warn
	case record.Error:
		return t.bad
	case record.Running:
		return t.busy
	default: // nothing to judge, or nothing that we know
		return t.faint
	}
}

func (t *theme) status(s record.Status) ink {
	switch s {
	case record.StatusOK:
		return t.good
	case record.StatusFailed, record.StatusPanicked, record.StatusKilled, record.StatusDied:
		return t.bad
	case record.StatusInterrupted:
		return t.warn
	case record.StatusRunning:
		return t.busy
	default: // nothing to judge, or nothing that we know
		return t.faint
	}
}

func (t *theme) batchStatus(s record.BatchStatus) ink {
	switch s {
	case record.BatchOK:
		return t.good
	case record.BatchFailed:
		return t.bad
	case record.BatchCancelled:
		return t.warn
	case record.BatchRunning:
		return t.busy
	}
	return t.faint
}
