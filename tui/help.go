package tui

import (
	"strings"

	"github.com/charmbracelet/bubbles/key"
	"github.com/charmbracelet/x/ansi"

	"labbook/runlog/display"
	"labbook/runlog/record"
)

// footerHelp returns the most useful bindings that fit, the last of more always
// among them.
func footerHelp(t *theme, bindings, always []key.Binding, width int) string {
	const gap = "  "
	one := func(b key.Binding) string { return b.Help().Key + " " + b.Help().Desc }
	room := width - 1
	for _, b := range always {
		room -= ansi.StringWidth(one(b)) + len(gap)
	}
	var shown []key.Binding
	for _, b := range bindings {
		if room -= ansi.StringWidth(one(b)) + len(gap); room < 0 {
			break
		}
		shown = append(shown, b)
	}
	var line strings.Builder
	line.WriteByte(' ')
	for i, b := range append(shown, always...) {
		if i > 0 {
			line.WriteString(gap)
		}
		line.WriteString(t.heading.on(b.Help().Key) + " " + t.faint.on(b.Help().Desc))
	}
	return line.String()
}

// helpLines returns all bindings of a page and of the explorer, and what the
// signs mean.
func helpLines(t *theme, page, moving, everywhere []key.Binding, width int) []string {
	s := sheet{theme: t, width: width}
	if len(page) > 0 {
		s.heading("On this page")
		bindingLines(&s, page)
	}
	s.heading("Moving about")
	bindingLines(&s, moving)
	s.heading("Everywhere")
	bindingLines(&s, everywhere)
	s.heading("Mouse")
	s.labelled("wheel", labelWidth, "scroll", t.text)
	s.labelled("click", labelWidth, "select; on the selected row open; on a tab show it", t.text)
	s.heading("Signs")
	for _, sign := range []struct {
		outcome record.Outcome
		meaning string
	}{
		{record.Hit, "hit: the stored result was returned"},
		{record.Miss, "miss: the function ran"},
		{record.Error, "error: the function or the program failed"},
		{record.Bypass, "bypass: caching was off"},
		{record.Running, "running"},
	} {
		s.labelled(display.Outcome(sign.outcome), labelWidth, sign.meaning, t.outcome(sign.outcome))
	}
	// The other states of a run have the signs of outcomes.
	for _, sign := range []struct {
		status  record.Status
		meaning string
	}{
		{record.StatusOK, "ended without an error"},
		{record.StatusInterrupted, "interrupted or cancelled"},
		{record.StatusDied, "killed, or died unseen"},
		{record.StatusEnded, "ended, how is not on record"},
	} {
		s.labelled(display.Status(sign.status), labelWidth, sign.meaning, t.status(sign.status))
	}
	s.labelled("│  !", labelWidth, "standard output, standard error", t.text)
	s.heading("Filter")
	s.text("fn:train outcome:miss,error reason:code-changed status:failed name:fit tag:paper run:12 dur>2s dur<1m since:1d until:2026-11-21 and any word; all terms must hold", t.text)
	return s.lines
}

func bindingLines(s *sheet, bindings []key.Binding) {
	for _, b := range bindings {
		s.labelled(b.Help().Key, labelWidth, b.Help().Desc, s.theme.text)
	}
}

func rule(n int) string { return strings.Repeat("─", max(n, 0)) }
