package tui

import (
	"context"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"

	"labbook/runlog/record"
)

// overviewPane shows what is known of a run besides its calls, batches and
// output.
type overviewPane struct {
	plainPage
	kit    *kit
	run    int64
	detail load[record.RunDetail]
	scroll scroll
	width  int
}

func newOverviewPane(k *kit, run int64) *overviewPane { return &overviewPane{kit: k, run: run} }

func (p *overviewPane) Init() tea.Cmd {
	book, run := p.kit.book, p.run
	return p.detail.start(p.kit, func(ctx context.Context) (record.RunDetail, error) { return book.Run(ctx, run) })
}

func (p *overviewPane) Update(msg tea.Msg) tea.Cmd {
	if _, ok := msg.(tick); ok {
		p.layOut() // a live run has grown older
		return nil
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

func (p *overviewPane) layOut() {
	if p.detail.known {
		p.scroll.set(overviewLines(&p.detail.value, &p.kit.theme, p.kit.now, p.width))
	}
}

func (p *overviewPane) View() []string {
	if !p.detail.known {
		return waiting(p.kit, p.detail.err)
	}
	return p.scroll.view()
}

// waiting is what stands in the place of a page of which nothing has come yet.
func waiting(k *kit, err error) []string {
	if err != nil {
		return []string{unmarked + "nothing could be read"}
	}
	return []string{unmarked + k.theme.faint.on("reading…")}
}

func (p *overviewPane) SetSize(width, height int) {
	p.width, p.scroll.height = width, height
	p.scroll.moveTo(p.scroll.top)
	p.layOut()
}

func (p *overviewPane) Refresh() tea.Cmd    { return p.detail.refresh(p.kit) }
func (p *overviewPane) Title() string       { return "overview" }
func (p *overviewPane) Summary() string     { return p.scroll.position() }
func (p *overviewPane) Err() error          { return p.detail.err }
func (p *overviewPane) Keys() []key.Binding { return nil }
