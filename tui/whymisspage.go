package tui

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/x/ansi"

	"labbook/cache/whymiss"
	"labbook/runlog/display"
	"labbook/runlog/record"
	"labbook/runlog/safetext"
)

// whyMissPage says why a call was computed.
type whyMissPage struct {
	plainPage
	kit         *kit
	id          record.CallID
	explanation load[whymiss.Explanation]
	scroll      scroll
	width       int
}

func newWhyMissPage(k *kit, id record.CallID) *whyMissPage { return &whyMissPage{kit: k, id: id} }

func (p *whyMissPage) Init() tea.Cmd {
	book, id := p.kit.book, p.id
	return p.explanation.start(p.kit, func(ctx context.Context) (whymiss.Explanation, error) {
		e, err := book.Explain(ctx, id)
		if hit := (*whymiss.HitError)(nil); errors.As(err, &hit) {
			return ofHit(&hit.Call), nil
		}
		return e, err
	})
}

// ofHit says of a call that was a hit that there is nothing to explain.
func ofHit(call *record.Call) whymiss.Explanation {
	from := "its result was loaded"
	if !call.Origin.IsZero() {
		from = "it loaded what call " + call.Origin.String() + " had computed"
	}
	return whymiss.Explanation{
		Call: call.ID, Function: call.Function, Outcome: record.Hit,
		Reason: whymiss.Reason{Summary: from + "; labbook why-hit " + call.ID.String() + " says whether that is still right"},
	}
}

func (p *whyMissPage) Update(msg tea.Msg) tea.Cmd {
	if msg, ok := msg.(tea.KeyMsg); ok {
		switch {
		case key.Matches(msg, p.kit.keys.open) && p.nearest() != nil:
			return send(openCall{p.nearest().Call})
		case key.Matches(msg, p.kit.keys.rerun):
			return send(askRerun{p.id.Run})
		}
	}
	if p.scroll.update(&p.kit.keys, msg) {
		return nil
	}
	cmd, ok := p.explanation.take(p.kit, msg)
	if ok {
		p.layOut()
	}
	return cmd
}

func (p *whyMissPage) nearest() *whymiss.Nearest { return p.explanation.value.Nearest }

func (p *whyMissPage) layOut() {
	if p.explanation.known {
		p.scroll.set(whyMissLines(&p.explanation.value, &p.kit.theme, p.kit.now, p.width))
	}
}

func (p *whyMissPage) View() []string {
	if !p.explanation.known {
		return waiting(p.kit, p.explanation.err)
	}
	return p.scroll.view()
}

func (p *whyMissPage) SetSize(width, height int) {
	p.width, p.scroll.height = width, height
	p.scroll.moveTo(p.scroll.top)
	p.layOut()
}

func (p *whyMissPage) Refresh() tea.Cmd { return p.explanation.refresh(p.kit) }
func (p *whyMissPage) Title() string    { return "why " + p.id.String() }
func (p *whyMissPage) Summary() string  { return p.scroll.position() }
func (p *whyMissPage) Err() error       { return p.explanation.err }

func (p *whyMissPage) Keys() []key.Binding {
	k := &p.kit.keys
	var bindings []key.Binding
	if p.nearest() != nil {
		open := k.open
		open.SetHelp("enter", "nearest call")
		bindings = append(bindings, open)
	}
	return append(bindings, k.rerun)
}

// whyMissLines returns an explanation, the answer before what it rests on.
func whyMissLines(e *whymiss.Explanation, t *theme, now time.Time, width int) []string {
	s := sheet{theme: t, width: width}
	if e.Outcome == record.Hit {
		s.heading("Call " + e.Call.String() + " of " + functionName(e.Function) + " was not computed: it hit")
	} else {
		s.heading("Why call " + e.Call.String() + " of " + functionName(e.Function) + " was computed")
	}
	outcome := safetext.Line(string(e.Outcome))
	if e.Outcome == record.Running {
		outcome = "not ended: cut short, or still at it"
	}
	s.field("outcome", display.Outcome(e.Outcome)+" "+outcome, t.outcome(e.Outcome))
	if e.Outcome == record.Hit {
		s.field("reason", safetext.Line(e.Reason.Summary), t.text)
		return s.lines
	}
	s.field("reason", safetext.Line(string(e.Reason.Kind)), t.warn)
	s.field("", safetext.Line(e.Reason.Summary), t.text)
	for _, also := range e.Also {
		s.field("also", safetext.Line(string(also.Kind)), t.warn)
		s.field("", safetext.Line(also.Summary), t.text)
	}
	if e.LostSeconds > 0 {
		s.field("lost", display.Duration(seconds(e.LostSeconds)), t.bad)
	}
	upstreamLines(&s, e.Upstream, t)
	for i := range e.Remedies {
		s.field("remedy", safetext.Line(e.Remedies[i].Advice), t.good)
	}
	if e.Nearest != nil || e.Reason.Kind == record.FirstCall { // else nobody has looked for one
		nearestLine(&s, e.Nearest, t, now)
	}
	if len(e.Differences) > 0 {
		s.heading(counted(strconv.Itoa(len(e.Differences)), "difference") + ", before → after")
	}
	for i := range e.Differences {
		differenceLines(&s, &e.Differences[i], t)
	}
	remedyLines(&s, e.Remedies, t)
	return s.lines
}

// nearestLine says which call the missed one is compared with.
func nearestLine(s *sheet, n *whymiss.Nearest, t *theme, now time.Time) {
	if n == nil {
		s.field("nearest", "no earlier call can be compared with this one", t.faint)
		return
	}
	line := "call " + n.Call.String() + ", " + display.Moment(n.When, now) + " (" + display.Ago(n.When, now) + ")"
	if n.Of > 1 && n.Equal < n.Of {
		line += fmt.Sprintf("; %d of %d arguments are equal", n.Equal, n.Of)
	}
	if n.Result == whymiss.ResultEqual {
		line += "; its result was equal"
	}
	s.field("nearest", line, t.text)
}

// upstreamLines says whose results arguments are, each call below the one whose
// argument it returned.
func upstreamLines(s *sheet, list []whymiss.Upstream, t *theme) {
	for i := range list {
		s.field("from", safetext.Line(list[i].String()), t.text)
		upstreamLines(s, list[i].Upstream, t)
	}
}

// remedyLines shows the code of remedies, with what speaks for them and against.
func remedyLines(s *sheet, list []whymiss.Remedy, t *theme) {
	for i := range list {
		r := &list[i]
		if r.Code == "" && r.Evidence == "" {
			continue
		}
		s.heading("Remedy")
		s.text(safetext.Line(r.Advice), t.good)
		for line := range strings.Lines(r.Code) {
			s.line(spaces(markerSize) + t.text.on(safetext.Line(strings.ReplaceAll(strings.TrimSuffix(line, "\n"), "\t", spaces(4)))))
		}
		if r.Caveat != "" {
			s.text("but "+safetext.Line(r.Caveat), t.warn)
		}
		if r.Evidence != "" {
			s.text(safetext.Line(r.Evidence), t.faint)
		}
	}
	if text := whymiss.OnceMore(list); text != "" {
		s.text(text, t.faint)
	}
}

// seconds is what a float says in seconds, at most the longest duration.
func seconds(f float64) time.Duration {
	const most = float64(1<<63 - 1)
	return time.Duration(min(f*float64(time.Second), most/2))
}

// differenceLines writes where two calls differ, and how: the first line of the
// detail beside the kind, the others below the values.
func differenceLines(s *sheet, d *whymiss.Difference, t *theme) {
	where := safetext.Line(d.Path)
	if where == "" {
		where = safetext.Line(d.Part)
	}
	remark := safetext.Line(string(d.Kind))
	isDiff := d.IsCode()
	remarks := d.Detail
	if isDiff {
		remarks = d.Where
	}
	first, more, _ := strings.Cut(remarks, "\n")
	if first != "" {
		remark += ", " + safetext.Line(first)
	}
	if ansi.StringWidth(where)+ansi.StringWidth(remark)+3*markerSize <= s.width {
		s.line(where + unmarked + t.faint.on(remark))
	} else {
		s.text(where, t.text)
		s.text(remark, t.faint)
	}
	if len(d.Chain) > 0 {
		s.text(spaces(markerSize)+"reached by "+safetext.Line(strings.Join(d.Chain, " → ")), t.faint)
	}
	if isDiff {
		diffLines(s, d.Detail, t)
		return
	}
	valueLines(s, d, t)
	for line := range strings.Lines(more) {
		s.text(safetext.Line(strings.TrimSuffix(line, "\n")), t.faint)
	}
}

// valueLines writes both values, on one line if they fit and under each other
// if not.
func valueLines(s *sheet, d *whymiss.Difference, t *theme) {
	before, after := orNothing(d.Before), orNothing(d.After)
	indent := spaces(markerSize)
	if before == after { // as far as they are shown
		s.text(indent+"both begin "+before, t.faint)
		return
	}
	if ansi.StringWidth(before)+ansi.StringWidth(after)+3*markerSize+3 <= s.width {
		s.line(indent + t.bad.on(before) + " → " + t.good.on(after))
		return
	}
	for _, value := range []struct {
		sign, text string
		ink        ink
	}{{"− ", before, t.bad}, {"+ ", after, t.good}} {
		sign := value.sign
		for _, line := range wrap(value.text, s.width-4*markerSize) {
			s.line(indent + value.ink.on(sign+line))
			sign = unmarked
		}
	}
}

// diffLines writes the diff of a text: lines that begin with a minus are gone,
// those with a plus are new. They are cut rather than wrapped, as code is.
func diffLines(s *sheet, diff string, t *theme) {
	for line := range strings.Lines(diff) {
		line = safetext.Line(strings.ReplaceAll(strings.TrimSuffix(line, "\n"), "\t", spaces(4)))
		ink := t.faint
		switch {
		case strings.HasPrefix(line, "-"):
			ink = t.bad
		case strings.HasPrefix(line, "+"):
			ink = t.good
		}
		s.line(spaces(markerSize) + ink.on(line))
	}
}

// orNothing names the value of what one of the calls does not have.
func orNothing(value string) string {
	if value == "" {
		return "(nothing)"
	}
	return safetext.Line(value)
}
