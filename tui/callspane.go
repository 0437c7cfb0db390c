package tui

import (
	"context"
	"time"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"

	"labbook/runlog/display"
	"labbook/runlog/record"
	"labbook/runlog/safetext"
)

// callsPane lists the calls of one run.
type callsPane struct {
	filteredList[record.Call, record.CallID]
	kit   *kit
	run   int64
	order record.Order
}

func newCallsPane(k *kit, run int64) *callsPane {
	return &callsPane{kit: k, run: run, filteredList: filteredList[record.Call, record.CallID]{
		list:    newList(k, func(c *record.Call) record.CallID { return c.ID }, callColumns(&k.theme)),
		filter:  filterLine{kit: k},
		fetcher: fetchCalls(k.book, run, record.ByID),
	}}
}

func fetchCalls(book Book, run int64, order record.Order) func(record.Filter) fetcher[record.Call] {
	return func(narrowed record.Filter) fetcher[record.Call] {
		return func(ctx context.Context, after *record.Call, limit int) ([]record.Call, error) {
			if narrowed.Run != 0 && narrowed.Run != run {
				return nil, nil // the filter asks for another run's
			}
			query := record.CallQuery{Filter: narrowed, Order: order, Limit: limit}
			query.Filter.Run = run
			if after != nil {
				query.After, query.AfterDuration = after.ID, after.Duration
			}
			return book.Calls(ctx, query)
		}
	}
}

func callColumns(t *theme) []column[record.Call] {
	return []column[record.Call]{
		{title: "", least: 1, most: 1, cell: func(c *record.Call, _ time.Time) (string, ink) {
			return display.Outcome(c.Outcome), t.outcome(c.Outcome)
		}},
		{title: "call", least: 5, most: 14, cell: func(c *record.Call, _ time.Time) (string, ink) {
			return c.ID.String(), t.text
		}},
		{title: "function", least: 20, most: 44, cell: func(c *record.Call, _ time.Time) (string, ink) {
			return functionName(c.Function), t.text
		}},
		{title: "outcome", least: 7, most: 7, rank: 2, cell: func(c *record.Call, _ time.Time) (string, ink) {
			return safetext.Line(string(c.Outcome)), t.outcome(c.Outcome)
		}},
		{title: "took", least: 9, most: 9, right: true, rank: 1, cell: func(c *record.Call, now time.Time) (string, ink) {
			return display.Duration(callDuration(c, now)), t.text
		}},
		{title: "saved", least: 9, most: 9, right: true, rank: 5, cell: func(c *record.Call, _ time.Time) (string, ink) {
			if c.Saved <= 0 {
				return "", t.text
			}
			return display.Duration(c.Saved), t.good
		}},
		{title: "result", least: 8, most: 8, right: true, rank: 6, cell: func(c *record.Call, _ time.Time) (string, ink) {
			if c.ResultDigest == "" {
				return "", t.text
			}
			return display.Bytes(c.ResultBytes), t.text
		}},
		{title: "started", least: 10, most: 10, right: true, rank: 3, cell: func(c *record.Call, now time.Time) (string, ink) {
			return display.Ago(c.Started, now), t.faint
		}},
		{title: "in", least: 8, most: 16, rank: 8, cell: func(c *record.Call, _ time.Time) (string, ink) {
			return callPlace(c), t.faint
		}},
		{title: "", least: 16, most: 120, rank: 7, grow: true, cell: func(c *record.Call, _ time.Time) (string, ink) {
			return callRemark(c, t)
		}},
	}
}

// callDuration is how long a call took, or has taken up to now.
func callDuration(c *record.Call, now time.Time) time.Duration {
	if c.Outcome == record.Running && c.Duration == 0 {
		return now.Sub(c.Started)
	}
	return c.Duration
}

// callPlace says what a call was made in.
func callPlace(c *record.Call) string {
	switch {
	case !c.Parent.IsZero():
		return c.Parent.String()
	case c.Batch != 0:
		return "batch " + display.Count(c.Batch)
	}
	return ""
}

// callRemark is what is worth knowing of a call beyond its outcome.
func callRemark(c *record.Call, t *theme) (string, ink) {
	switch {
	case c.Error != "":
		return safetext.Line(c.Error), t.bad
	case c.StoreError != "":
		return "not stored: " + safetext.Line(c.StoreError), t.warn
	case c.Reason != "":
		return safetext.Line(string(c.Reason)), t.faint
	case !c.Origin.IsZero():
		return "from " + c.Origin.String(), t.faint
	}
	return "", t.faint
}

func (p *callsPane) Update(msg tea.Msg) tea.Cmd {
	if msg, ok := msg.(tea.KeyMsg); ok && !p.IsTyping() {
		switch {
		case key.Matches(msg, p.kit.keys.sort):
			return p.sort()
		case key.Matches(msg, p.kit.keys.whyMiss):
			if call := p.list.selected(); call != nil {
				return send(openWhyMiss{call.ID})
			}
			return nil
		}
	}
	cmd, opens := p.update(msg)
	if opens {
		return send(openCall{p.list.selected().ID})
	}
	return cmd
}

// sort changes between the newest and the longest first and shows its beginning, which is what it is for.
func (p *callsPane) sort() tea.Cmd {
	if p.order == record.ByDuration {
		p.order = record.ByID
	} else {
		p.order = record.ByDuration
	}
	p.fetcher = fetchCalls(p.kit.book, p.run, p.order)
	p.list.home = true
	return p.Init()
}

func (p *callsPane) View() []string {
	return p.view([]string{"this run has called no cached function", "", "wrap one with cache.Wrap, and its calls are listed here"})
}

func (p *callsPane) Title() string { return "calls" }

func (p *callsPane) Summary() string {
	order := "newest first"
	if p.order == record.ByDuration {
		order = "longest first"
	}
	return counted(p.list.count(), "call") + ", " + order
}

func (p *callsPane) Keys() []key.Binding { return p.bindings(p.kit.keys.whyMiss, p.kit.keys.sort) }
