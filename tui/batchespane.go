package tui

import (
	"context"
	"strconv"
	"time"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"

	"labbook/runlog/display"
	"labbook/runlog/record"
	"labbook/runlog/safetext"
)

// batchesPane lists the batches of one run.
type batchesPane struct {
	plainPage
	kit  *kit
	run  int64
	list list[record.Batch, int64]
}

func newBatchesPane(k *kit, run int64) *batchesPane {
	return &batchesPane{
		kit: k, run: run,
		list: newList(k, func(b *record.Batch) int64 { return b.Batch }, batchColumns(&k.theme)),
	}
}

func batchColumns(t *theme) []column[record.Batch] {
	return []column[record.Batch]{
		{title: "", least: 1, most: 1, cell: func(b *record.Batch, _ time.Time) (string, ink) {
			return display.BatchStatus(b.Status), t.batchStatus(b.Status)
		}},
		{title: "batch", least: 5, most: 8, right: true, cell: func(b *record.Batch, _ time.Time) (string, ink) {
			return strconv.FormatInt(b.Batch, 10), t.text
		}},
		{title: "label", least: 8, most: 32, rank: 2, cell: func(b *record.Batch, _ time.Time) (string, ink) {
			return safetext.Line(b.Label), t.text
		}},
		{title: "status", least: 9, most: 9, rank: 4, cell: func(b *record.Batch, _ time.Time) (string, ink) {
			return safetext.Line(string(b.Status)), t.batchStatus(b.Status)
		}},
		{title: "done", least: 8, most: 20, right: true, cell: func(b *record.Batch, _ time.Time) (string, ink) {
			return batchProgress(b), t.text
		}},
		{title: "failed", least: 6, most: 8, right: true, rank: 3, cell: func(b *record.Batch, _ time.Time) (string, ink) {
			return nonzero(b.Failed), t.bad
		}},
		{title: "took", least: 9, most: 9, right: true, rank: 1, cell: func(b *record.Batch, now time.Time) (string, ink) {
			return display.Duration(until(b.Started, b.Ended, now)), t.text
		}},
		{title: "on", least: 8, most: 12, rank: 5, cell: func(b *record.Batch, _ time.Time) (string, ink) {
			return safetext.Line(b.Backend), t.faint
		}},
		{title: "jobs", least: 4, most: 5, right: true, rank: 6, cell: func(b *record.Batch, _ time.Time) (string, ink) {
			return strconv.Itoa(b.Jobs), t.faint
		}},
		{title: "", least: 16, most: 120, rank: 7, grow: true, cell: func(b *record.Batch, _ time.Time) (string, ink) {
			return safetext.Line(b.Error), t.bad
		}},
	}
}

// batchProgress returns "40 / 100", or "40" while the length of the input is
// not known.
func batchProgress(b *record.Batch) string {
	if b.Tasks < 0 {
		return display.Count(b.Done)
	}
	return display.Count(b.Done) + " / " + display.Count(b.Tasks)
}

// until is how long something took, or has taken up to now.
func until(started, ended, now time.Time) time.Duration {
	switch {
	case started.IsZero():
		return 0
	case ended.IsZero():
		return now.Sub(started)
	}
	return ended.Sub(started)
}

func (p *batchesPane) Init() tea.Cmd {
	book, run := p.kit.book, p.run
	return p.list.show(func(ctx context.Context, after *record.Batch, _ int) ([]record.Batch, error) {
		if after != nil {
			return nil, nil // all of them came at once
		}
		return book.Batches(ctx, run)
	})
}

func (p *batchesPane) Update(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case tea.KeyMsg:
		if key.Matches(msg, p.kit.keys.open) {
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

func (p *batchesPane) open() tea.Cmd {
	if batch := p.list.selected(); batch != nil {
		return send(openBatch{*batch})
	}
	return nil
}

func (p *batchesPane) View() []string {
	return p.list.view([]string{
		"this run has no parallel batch", "",
		"call parallel.Map, and its tasks are listed here",
	})
}

func (p *batchesPane) SetSize(width, height int) { p.list.setSize(width, height) }
func (p *batchesPane) Refresh() tea.Cmd          { return p.list.refresh() }
func (p *batchesPane) Title() string             { return "batches" }
func (p *batchesPane) Summary() string           { return batchCount(p.list.count()) }
func (p *batchesPane) Err() error                { return p.list.err() }

func batchCount(count string) string {
	if count == "1" {
		return "1 batch"
	}
	return count + " batches"
}

func (p *batchesPane) Keys() []key.Binding { return []key.Binding{p.kit.keys.open} }
