package tui

import (
	"context"
	"strings"
	"time"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/x/ansi"

	"labbook/runlog/display"
)

// timedOutput is the width from which on each line of output has its time.
const timedOutput = 100

// sideStep is how many cells a step to the side moves.
const sideStep = 16

// outputPane shows what a run printed. It stays at the end as more comes, until
// one scrolls up.
type outputPane struct {
	plainPage
	kit           *kit
	reader        outputReader
	window        load[outputWindow]
	shown         outputWindow
	follows       bool
	isStale       bool // more may have come while a read was under way
	jumps         bool // the next window is another place: no line is kept in place
	top, left     int
	width, height int
}

func newOutputPane(k *kit, run int64) *outputPane {
	return &outputPane{kit: k, reader: outputReader{k.book, run}, follows: true}
}

func (p *outputPane) Init() tea.Cmd { return p.window.start(p.kit, p.reader.end) }

func (p *outputPane) Update(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case tea.KeyMsg:
		return p.updateKey(msg)
	case tea.MouseMsg:
		switch msg.Button {
		case tea.MouseButtonWheelUp:
			return p.scrollTo(p.top - wheelStep)
		case tea.MouseButtonWheelDown:
			return p.scrollTo(p.top + wheelStep)
		}
		return nil
	}
	again, ok := p.window.take(p.kit, msg)
	if !ok || p.window.err != nil {
		return again
	}
	p.show(p.window.value)
	if p.isStale {
		p.isStale = false
		return p.Refresh()
	}
	return p.keepUp()
}

func (p *outputPane) updateKey(msg tea.KeyMsg) tea.Cmd {
	keys, step := &p.kit.keys, max(p.height-1, 1)
	switch {
	case key.Matches(msg, keys.up):
		return p.scrollTo(p.top - 1)
	case key.Matches(msg, keys.down):
		return p.scrollTo(p.top + 1)
	case key.Matches(msg, keys.pageUp):
		return p.scrollTo(p.top - step)
	case key.Matches(msg, keys.pageDown):
		return p.scrollTo(p.top + step)
	case key.Matches(msg, keys.top):
		return p.jumpToStart()
	case key.Matches(msg, keys.bottom):
		return p.jumpToEnd()
	case key.Matches(msg, keys.left):
		p.left = max(p.left-sideStep, 0)
	case key.Matches(msg, keys.right):
		if p.left+p.width-markerSize < p.widest() {
			p.left += sideStep
		}
	}
	return nil
}

func (p *outputPane) jumpToStart() tea.Cmd {
	p.follows = false
	if p.shown.atStart {
		return p.scrollTo(0)
	}
	p.jumps = true
	return p.window.start(p.kit, p.reader.start)
}

func (p *outputPane) jumpToEnd() tea.Cmd {
	p.follows = true
	if p.shown.atEnd {
		return p.scrollTo(len(p.shown.lines))
	}
	return p.window.start(p.kit, p.reader.end)
}

// widest is how wide the lines on the screen are.
func (p *outputPane) widest() int {
	width := 0
	for _, line := range p.visible() {
		width = max(width, ansi.StringWidth(line.text))
	}
	return width
}

// scrollTo moves the screen. Near the edge of the window that it moves towards,
// it asks for what lies beyond.
func (p *outputPane) scrollTo(top int) tea.Cmd {
	isUp := top < p.top
	end := max(len(p.shown.lines)-p.height, 0)
	p.top = max(min(top, end), 0)
	p.follows = p.shown.atEnd && p.top == end && !isUp
	if p.window.busy || !p.window.known {
		return nil
	}
	near, shown, reader := 2*p.height, p.shown, p.reader
	switch {
	case isUp && !shown.atStart && p.top < near:
		return p.window.start(p.kit, func(ctx context.Context) (outputWindow, error) { return reader.up(ctx, shown) })
	case !isUp && !shown.atEnd && end-p.top < near:
		return p.window.start(p.kit, func(ctx context.Context) (outputWindow, error) { return reader.down(ctx, shown) })
	}
	return nil
}

// keepUp asks for the end if it is to be followed and was not reached.
func (p *outputPane) keepUp() tea.Cmd {
	if !p.follows || p.shown.atEnd || p.window.busy {
		return nil
	}
	return p.window.start(p.kit, p.reader.end)
}

// show puts a window on the screen so that the line at the top stays there.
func (p *outputPane) show(w outputWindow) {
	old := p.shown
	p.shown = w
	if p.jumps {
		p.top = 0
	} else if !p.follows && p.top < len(old.lines) {
		line := old.lines[p.top]
		p.top = w.find(old.chunks[line.chunk].Seq, line.nth, line.isError)
	}
	end := max(len(w.lines)-p.height, 0)
	if p.follows {
		p.top = end
	}
	p.top, p.jumps = max(min(p.top, end), 0), false
}

// find returns the index of a line by where it began, or of the nearest after.
func (w *outputWindow) find(seq int64, nth int32, isError bool) int {
	nearest := -1
	for i, line := range w.lines {
		switch lineSeq := w.chunks[line.chunk].Seq; {
		case lineSeq == seq && line.nth == nth && line.isError == isError:
			return i
		case lineSeq > seq && nearest < 0:
			nearest = i
		}
	}
	return max(nearest, 0)
}

// Refresh asks for what was printed since, if the end is in the window.
func (p *outputPane) Refresh() tea.Cmd {
	switch shown, reader := p.shown, p.reader; {
	case p.window.busy:
		p.isStale = true
		return nil
	case !p.window.known:
		return p.Init()
	case !shown.atEnd:
		return p.keepUp()
	default:
		return p.window.start(p.kit, func(ctx context.Context) (outputWindow, error) { return reader.down(ctx, shown) })
	}
}

func (p *outputPane) visible() []outputLine {
	return p.shown.lines[min(p.top, len(p.shown.lines)):min(p.top+p.height, len(p.shown.lines))]
}

func (p *outputPane) View() []string {
	switch {
	case !p.window.known:
		return waiting(p.kit, p.window.err)
	case len(p.shown.lines) == 0:
		return []string{
			unmarked + "nothing was printed, or nothing was captured", "",
			unmarked + "output is captured of programs that call runlog.Main,",
			unmarked + "and of any other that is started with: labbook run -- COMMAND",
		}
	}
	lines := make([]string, 0, p.height)
	for _, line := range p.visible() {
		lines = append(lines, p.lineView(&line))
	}
	return lines
}

// lineView returns a line behind its margin: the sign of its stream, and its
// time if there is room.
func (p *outputPane) lineView(line *outputLine) string {
	t := &p.kit.theme
	margin, ink := "│ ", t.faint
	if line.isError {
		margin, ink = "! ", t.warn
	}
	width := p.width - markerSize
	if p.width >= timedOutput {
		at := p.shown.chunks[line.chunk].At.In(p.kit.now.Location()).Format(time.TimeOnly)
		margin = at + " " + margin
		width -= len(at) + 1
	}
	text := line.text
	if !t.isColored {
		text = ansi.Strip(text)
	}
	if p.left > 0 {
		text = ansi.Cut(text, p.left, p.left+width)
	} else {
		text = cut(text, width)
	}
	if line.isMark {
		return ink.on(margin) + t.faint.on(text)
	}
	if line.isError && !strings.Contains(text, "\x1b") {
		text = t.warn.on(text)
	}
	return ink.on(margin) + text
}

func (p *outputPane) SetSize(width, height int) {
	p.width, p.height = width, height
	end := max(len(p.shown.lines)-height, 0)
	if p.follows {
		p.top = end
	}
	p.top = min(p.top, end)
}

func (p *outputPane) Title() string { return "output" }
func (p *outputPane) Err() error    { return p.window.err }

func (p *outputPane) Summary() string {
	switch {
	case len(p.shown.lines) == 0:
		return ""
	case p.follows:
		return "at the end"
	case p.shown.atStart && p.top == 0:
		return "at the beginning"
	case p.shown.atStart && p.shown.atEnd:
		return display.Percent(int64(p.top+p.height), int64(len(p.shown.lines)))
	}
	return p.shown.chunks[p.shown.lines[p.top].chunk].At.In(p.kit.now.Location()).Format(time.TimeOnly)
}

func (p *outputPane) Keys() []key.Binding {
	k := &p.kit.keys
	follow := k.bottom
	follow.SetHelp("G", "follow the end")
	return []key.Binding{follow, k.left, k.right}
}
