package tui

import (
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"

	"labbook/runlog/display"
	"labbook/runlog/record"
	"labbook/runlog/safetext"
)

// runsPage lists the runs of the lab-book, the newest first.
type runsPage struct {
	filteredList[record.Run, int64]
	kit *kit
}

func newRunsPage(k *kit) *runsPage {
	return &runsPage{kit: k, filteredList: filteredList[record.Run, int64]{
		list:    newList(k, func(r *record.Run) int64 { return r.ID }, runColumns(&k.theme)),
		filter:  filterLine{kit: k},
		fetcher: fetchRuns(k.book),
	}}
}

func fetchRuns(book Book) func(record.Filter) fetcher[record.Run] {
	return func(narrowed record.Filter) fetcher[record.Run] {
		return func(ctx context.Context, after *record.Run, limit int) ([]record.Run, error) {
			query := record.RunQuery{Filter: narrowed, Limit: limit}
			if after != nil {
				query.Before = after.ID
			}
			return book.Runs(ctx, query)
		}
	}
}

// pinned marks a run that prune leaves.
const pinned = "⚑"

func runColumns(t *theme) []column[record.Run] {
	return []column[record.Run]{
		{title: "", least: 1, most: 1, cell: func(r *record.Run, _ time.Time) (string, ink) {
			return display.Status(r.Status), t.status(r.Status)
		}},
		{title: "run", least: 3, most: 8, right: true, cell: func(r *record.Run, _ time.Time) (string, ink) {
			if r.Pinned {
				return pinned + strconv.FormatInt(r.ID, 10), t.text
			}
			return strconv.FormatInt(r.ID, 10), t.text
		}},
		{title: "program", least: 8, most: 28, rank: 1, cell: func(r *record.Run, _ time.Time) (string, ink) {
			return runName(r.Name), t.text
		}},
		{title: "status", least: 7, most: 11, rank: 3, cell: func(r *record.Run, _ time.Time) (string, ink) {
			return safetext.Line(string(r.Status)), t.status(r.Status)
		}},
		{title: "started", least: 10, most: 10, right: true, rank: 2, cell: func(r *record.Run, now time.Time) (string, ink) {
			return display.Ago(r.Started, now), t.faint
		}},
		{title: "took", least: 9, most: 9, right: true, rank: 2, cell: func(r *record.Run, now time.Time) (string, ink) {
			return display.Duration(r.Duration(now)), t.text
		}},
		{title: "calls", least: 5, most: 11, right: true, rank: 4, cell: func(r *record.Run, _ time.Time) (string, ink) {
			return nonzero(r.Counts.Calls), t.text
		}},
		{title: "hits", least: 5, most: 5, right: true, rank: 5, cell: func(r *record.Run, _ time.Time) (string, ink) {
			return display.Percent(r.Counts.Hits, r.Counts.Hits+r.Counts.Misses), t.text
		}},
		{title: "errors", least: 6, most: 8, right: true, rank: 8, cell: func(r *record.Run, _ time.Time) (string, ink) {
			return nonzero(r.Counts.Errors), t.bad
		}},
		{title: "saved", least: 9, most: 9, right: true, rank: 6, cell: func(r *record.Run, _ time.Time) (string, ink) {
			if r.Counts.Saved <= 0 {
				return "", t.text
			}
			return display.Duration(r.Counts.Saved), t.good
		}},
		{title: "of", least: 6, most: 8, rank: 9, cell: func(r *record.Run, _ time.Time) (string, ink) {
			if r.RerunOf == 0 {
				return "", t.faint
			}
			return "↻ " + strconv.FormatInt(r.RerunOf, 10), t.faint
		}},
		{title: "arguments", least: 16, most: 120, rank: 7, grow: true, cell: func(r *record.Run, _ time.Time) (string, ink) {
			if len(r.Argv) < 2 {
				return "", t.faint
			}
			return safetext.Line(strings.Join(r.Argv[1:], " ")), t.faint
		}},
	}
}

// nonzero leaves a cell empty where there is nothing to count, so that what is
// there stands out.
func nonzero(n int64) string {
	if n == 0 {
		return ""
	}
	return display.Count(n)
}

func (p *runsPage) Update(msg tea.Msg) tea.Cmd {
	if msg, ok := msg.(tea.KeyMsg); ok && !p.IsTyping() && key.Matches(msg, p.kit.keys.rerun) {
		if run := p.list.selected(); run != nil {
			return send(askRerun{run.ID})
		}
		return nil
	}
	cmd, opens := p.update(msg)
	if opens {
		return send(openRun{p.list.selected().ID})
	}
	return cmd
}

func (p *runsPage) View() []string {
	return p.view([]string{"no runs yet", "", "call runlog.Main in your program and run it, or try: labbook demo"})
}

func (p *runsPage) Title() string       { return "runs" }
func (p *runsPage) Summary() string     { return counted(p.list.count(), "run") }
func (p *runsPage) Keys() []key.Binding { return p.bindings(p.kit.keys.rerun) }
