package tui

import (
	"context"
	"fmt"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"
)

// Model is the explorer as a Bubble Tea program: the shell around the pages. It
// is used by one goroutine, as Bubble Tea does.
type Model struct {
	kit           *kit
	options       Options
	pages         []page // the one on the screen last
	dialog        *dialog
	help          *scroll
	notice        notice
	rerun         rerun
	version       load[int64]
	seen          int64 // version of what the pages show
	isStarted     bool
	width, height int
}

// A notice is said in the footer until the next key.
type notice struct {
	text  string
	isBad bool
}

// New returns an explorer of book. All reads end with ctx.
func New(ctx context.Context, book Book, options Options) *Model {
	options = options.withDefaults()
	k := &kit{ctx: ctx, book: book, theme: newTheme(options.Renderer), keys: newKeys(), now: options.Now()}
	return &Model{kit: k, options: options, pages: []page{newRunsPage(k)}, rerun: rerun{kit: k}}
}

// Init asks for the version of the lab-book. The first page is read after it,
// so that no change between the two is missed.
func (m *Model) Init() tea.Cmd { return m.askVersion() }

func (m *Model) askVersion() tea.Cmd { return m.version.start(m.kit, m.kit.book.Version) }

// Update obeys one message.
func (m *Model) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	m.kit.now = m.options.Now()
	switch msg := msg.(type) {
	case tea.WindowSizeMsg:
		m.setSize(msg.Width, msg.Height)
		return m, nil
	case tea.KeyMsg:
		return m, m.updateKey(msg)
	case tea.MouseMsg:
		return m, m.updateMouse(msg)
	case openRun:
		return m, m.push(newRunPage(m.kit, msg.id))
	case openCall:
		return m, m.push(newCallPage(m.kit, msg.id))
	case openWhyMiss:
		return m, m.push(newWhyMissPage(m.kit, msg.id))
	case openBatch:
		return m, m.push(newTasksPage(m.kit, msg.batch))
	case askRerun:
		m.askRerun(msg.run)
		return m, nil
	case tick:
		return m, tea.Batch(m.askVersion(), m.rerun.look(), m.page().Update(msg))
	}
	return m, m.updateAnswer(msg)
}

// updateAnswer hands what a command brought to whoever asked for it. Pages that
// are covered get theirs too.
func (m *Model) updateAnswer(msg tea.Msg) tea.Cmd {
	if _, ok := m.version.take(m.kit, msg); ok {
		return m.updateVersion()
	}
	cmd, say := m.rerun.update(msg)
	if say != (notice{}) {
		m.notice = say
	}
	cmds := []tea.Cmd{cmd}
	for _, p := range m.pages {
		cmds = append(cmds, p.Update(msg))
	}
	return tea.Batch(cmds...)
}

// updateVersion reads the page again if the lab-book has changed, and asks again
// after a while.
func (m *Model) updateVersion() tea.Cmd {
	var cmd tea.Cmd
	switch {
	case !m.isStarted:
		m.isStarted = true
		cmd = m.page().Init()
	case m.version.err == nil && m.version.value != m.seen:
		cmd = m.page().Refresh()
	}
	m.seen = m.version.value
	if m.options.Poll < 0 {
		return cmd
	}
	return tea.Batch(cmd, tea.Tick(m.options.Poll, tickNow))
}

func (m *Model) page() page { return m.pages[len(m.pages)-1] }

// push shows a page on top of the others.
func (m *Model) push(p page) tea.Cmd {
	m.pages = append(m.pages, p)
	p.SetSize(m.width, m.bodyHeight())
	return p.Init()
}

// pop goes back to the page below, which may be out of date.
func (m *Model) pop() tea.Cmd {
	if len(m.pages) == 1 {
		return nil
	}
	m.pages = m.pages[:len(m.pages)-1]
	m.page().SetSize(m.width, m.bodyHeight())
	return m.page().Refresh()
}

func (m *Model) bodyHeight() int { return max(m.height-frameHeight, 0) }

func (m *Model) setSize(width, height int) {
	m.width, m.height = max(width, 0), max(height, 0)
	for _, p := range m.pages {
		p.SetSize(m.width, m.bodyHeight())
	}
	if m.help != nil {
		m.showHelp()
	}
}

func (m *Model) updateKey(msg tea.KeyMsg) tea.Cmd {
	k := &m.kit.keys
	m.notice = notice{}
	switch {
	case key.Matches(msg, k.interrupt):
		return tea.Quit
	case m.dialog != nil:
		cmd, isAnswered := m.dialog.update(msg)
		if isAnswered {
			m.dialog = nil
		}
		return cmd
	case m.help != nil:
		if key.Matches(msg, k.help, k.back, k.quit) {
			m.help = nil
		} else {
			m.help.move(k, msg)
		}
		return nil
	case m.page().IsTyping():
		return m.page().Update(msg)
	case key.Matches(msg, k.quit):
		return tea.Quit
	case key.Matches(msg, k.help):
		m.help = &scroll{}
		m.showHelp()
		return nil
	case key.Matches(msg, k.back):
		if cmd, ok := m.page().Back(); ok {
			return cmd
		}
		return m.pop()
	}
	return m.page().Update(msg)
}

func (m *Model) updateMouse(msg tea.MouseMsg) tea.Cmd {
	switch {
	case m.dialog != nil:
		return nil
	case m.help != nil:
		m.help.update(&m.kit.keys, msg)
		return nil
	}
	if msg.Y--; msg.Y < 0 || msg.Y >= m.bodyHeight() { // the header is above the page
		return nil
	}
	return m.page().Update(msg)
}

func (m *Model) askRerun(run int64) {
	if m.rerun.started.busy {
		m.notice = notice{text: "a run is being started already"}
		return
	}
	m.dialog = &dialog{
		kit:      m.kit,
		question: fmt.Sprintf("Start run %d again, with the same arguments and parameters?", run),
		yes: func() tea.Cmd {
			m.notice = notice{text: fmt.Sprintf("starting run %d again…", run)}
			return m.rerun.start(run)
		},
	}
}

func (m *Model) showHelp() {
	m.help.height = m.bodyHeight()
	m.help.set(helpLines(&m.kit.theme, m.page().Keys(), m.kit.keys.moving(), m.everywhere(), m.width))
}

func (m *Model) everywhere() []key.Binding {
	k := &m.kit.keys
	return []key.Binding{k.back, k.help, k.quit, k.interrupt}
}
