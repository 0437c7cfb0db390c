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

// callPage shows one call and what its key was made of.
type callPage struct {
	plainPage
	kit    *kit
	id     record.CallID
	detail load[record.CallDetail]
	scroll scroll
	width  int
}

func newCallPage(k *kit, id record.CallID) *callPage { return &callPage{kit: k, id: id} }

func (p *callPage) Init() tea.Cmd {
	book, id := p.kit.book, p.id
	return p.detail.start(p.kit, func(ctx context.Context) (record.CallDetail, error) { return book.Call(ctx, id) })
}

func (p *callPage) Update(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case tick:
		p.layOut()
		return nil
	case tea.KeyMsg:
		if cmd := p.open(msg); cmd != nil {
			return cmd
		}
	}
	if p.scroll.update(&p.kit.keys, msg) {
		return nil
	}
	cmd, ok := p.detail.take(p.kit, msg)
	if ok {
		p.layOut()
	}
	return cmd
}

// open follows the call to what it names.
func (p *callPage) open(msg tea.KeyMsg) tea.Cmd {
	keys, call := &p.kit.keys, &p.detail.value
	switch {
	case key.Matches(msg, keys.whyMiss):
		return send(openWhyMiss{p.id})
	case key.Matches(msg, keys.rerun):
		return send(askRerun{p.id.Run})
	case key.Matches(msg, keys.run):
		return send(openRun{p.id.Run})
	case key.Matches(msg, keys.origin) && !call.Origin.IsZero():
		return send(openCall{call.Origin})
	case key.Matches(msg, keys.parent) && !call.Parent.IsZero():
		return send(openCall{call.Parent})
	}
	return nil
}

func (p *callPage) layOut() {
	if p.detail.known {
		p.scroll.set(callLines(&p.detail.value, &p.kit.theme, p.kit.now, p.width))
	}
}

func (p *callPage) View() []string {
	if !p.detail.known {
		return waiting(p.kit, p.detail.err)
	}
	return p.scroll.view()
}

func (p *callPage) SetSize(width, height int) {
	p.width, p.scroll.height = width, height
	p.scroll.moveTo(p.scroll.top)
	p.layOut()
}

func (p *callPage) Refresh() tea.Cmd { return p.detail.refresh(p.kit) }
func (p *callPage) Title() string    { return "call " + p.id.String() }
func (p *callPage) Summary() string  { return p.scroll.position() }
func (p *callPage) Err() error       { return p.detail.err }

func (p *callPage) Keys() []key.Binding {
	k := &p.kit.keys
	bindings := []key.Binding{k.whyMiss}
	if !p.detail.value.Origin.IsZero() {
		bindings = append(bindings, k.origin)
	}
	if !p.detail.value.Parent.IsZero() {
		bindings = append(bindings, k.parent)
	}
	return append(bindings, k.run, k.rerun)
}

// callLines returns all there is to say about a call.
func callLines(c *record.CallDetail, t *theme, now time.Time, width int) []string {
	s := sheet{theme: t, width: width}
	s.heading("Call")
	s.field("function", safetext.Line(c.Function), t.text)
	s.field("outcome", display.Outcome(c.Outcome)+" "+safetext.Line(string(c.Outcome)), t.outcome(c.Outcome))
	s.field("reason", safetext.Line(string(c.Reason)), t.text)
	s.field("", safetext.Line(c.Detail), t.faint)
	s.field("error", safetext.Line(c.Error), t.bad)
	s.field("started", display.Moment(c.Started, now)+" ("+display.Ago(c.Started, now)+")", t.text)
	s.field("took", display.Duration(callDuration(&c.Call, now)), t.text)
	if c.Saved > 0 {
		s.field("saved", display.Duration(c.Saved), t.good)
	}
	s.field("origin", c.Origin.String(), t.text)
	s.field("made by", c.Parent.String(), t.text)
	if c.Batch != 0 {
		place := "batch " + strconv.FormatInt(c.Batch, 10)
		if c.Task >= 0 {
			place += ", task " + strconv.FormatInt(c.Task, 10)
		}
		s.field("in", place, t.text)
	}
	if c.ResultDigest != "" || c.StoreError != "" {
		s.heading("Result")
		s.field("size", display.Bytes(c.ResultBytes), t.text)
		s.field("digest", display.Digest(safetext.Line(c.ResultDigest)), t.text)
		s.field("not stored", safetext.Line(c.StoreError), t.warn)
	}
	keyLines(&s, c, t)
	if c.Code.Name != "" {
		s.heading("Code")
		if c.Code.File != "" {
			s.field("file", safetext.Line(c.Code.File)+":"+strconv.Itoa(c.Code.Line), t.text)
		}
		s.field("known by", safetext.Line(c.Code.CodeKind), t.text)
		s.field("digest", display.Digest(safetext.Line(c.Code.CodeDigest)), t.text)
	}
	return s.lines
}

// keyLines writes the parts that the key was made of, in the order in which
// they were hashed.
func keyLines(s *sheet, c *record.CallDetail, t *theme) {
	if len(c.Parts) == 0 {
		return
	}
	s.heading("Key " + display.Digest(safetext.Line(c.Key)))
	columns := partColumns(t)
	natural := make([]int, len(columns))
	measure(columns, natural, c.Parts, time.Time{})
	layout := place(columns, natural, s.width)
	s.lines = append(s.lines, tableHeader(columns, layout, t))
	for i := range c.Parts {
		s.lines = append(s.lines, tableRow(columns, layout, &c.Parts[i], false, t, time.Time{}))
	}
}

func partColumns(t *theme) []column[record.Part] {
	return []column[record.Part]{
		{title: "part", least: 8, most: 24, cell: func(p *record.Part, _ time.Time) (string, ink) {
			return safetext.Line(p.Name), t.text
		}},
		{title: "kind", least: 10, most: 10, rank: 2, cell: func(p *record.Part, _ time.Time) (string, ink) {
			return safetext.Line(string(p.Kind)), t.faint
		}},
		{title: "digest", least: 12, most: 12, rank: 1, cell: func(p *record.Part, _ time.Time) (string, ink) {
			return display.Digest(safetext.Line(p.Digest)), t.faint
		}},
		{title: "value", least: 12, most: 200, grow: true, cell: func(p *record.Part, _ time.Time) (string, ink) {
			return safetext.Line(p.Preview), t.text
		}},
	}
}
