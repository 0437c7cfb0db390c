package tui

import (
	"strings"

	"github.com/charmbracelet/bubbles/key"

	"labbook/runlog/safetext"
)

// The header and the footer are a line each.
const frameHeight = 2

// View draws the whole screen.
func (m *Model) View() string {
	if m.width == 0 || m.height == 0 {
		return ""
	}
	var body []string
	switch {
	case m.dialog != nil:
		body = m.dialog.view(m.width, m.bodyHeight())
	case m.help != nil:
		body = m.help.view()
	default:
		body = m.page().View()
	}
	lines := append([]string{m.header()}, fit(body, m.width, m.bodyHeight())...)
	lines = fit(append(lines, m.footer()), m.width, m.height)
	return strings.Join(lines, "\n")
}

// header returns where one is, and what the page says of itself. If there is no
// room for the whole way, its end is what counts.
func (m *Model) header() string {
	t := &m.kit.theme
	crumbs := make([]string, 0, len(m.pages))
	for _, p := range m.pages[1:] {
		crumbs = append(crumbs, p.Title())
	}
	if len(crumbs) == 0 {
		crumbs = append(crumbs, m.pages[0].Title())
	}
	summary := safetext.Line(m.page().Summary())
	way := func() string { return " labbook › " + strings.Join(crumbs, " › ") }
	room := m.width - len(summary) - 3
	for len(crumbs) > 1 && len([]rune(way())) > room {
		crumbs = crumbs[1:]
		crumbs[0] = "… › " + strings.TrimPrefix(crumbs[0], "… › ")
	}
	left := strings.TrimPrefix(way(), " labbook")
	return between(" "+t.brand.on("labbook")+left, t.faint.on(summary)+" ", m.width)
}

// footer returns what went wrong, or what there is to say, or the keys.
func (m *Model) footer() string {
	t := &m.kit.theme
	switch err := m.err(); {
	case m.notice.isBad:
		return t.badLine.on(" ✗ " + safetext.Line(m.notice.text))
	case err != nil:
		return t.badLine.on(" ✗ " + safetext.Line(err.Error()))
	case m.notice.text != "":
		return t.busy.on(" " + safetext.Line(m.notice.text))
	}
	bindings, always := m.listening()
	return footerHelp(t, bindings, always, m.width)
}

// listening returns the bindings in effect, of which always must be shown.
func (m *Model) listening() (bindings, always []key.Binding) {
	k := &m.kit.keys
	switch {
	case m.dialog != nil:
		return []key.Binding{k.yes, k.no}, nil
	case m.help != nil:
		return []key.Binding{k.down, k.up}, []key.Binding{k.back}
	case m.page().IsTyping():
		return m.page().Keys(), nil
	case len(m.pages) > 1:
		return m.page().Keys(), []key.Binding{k.back, k.help, k.quit}
	}
	return m.page().Keys(), []key.Binding{k.help, k.quit}
}

func (m *Model) err() error {
	if err := m.page().Err(); err != nil {
		return err
	}
	return m.version.err
}
