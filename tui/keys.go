package tui

import "github.com/charmbracelet/bubbles/key"

// keys are all bindings of the explorer. Pages list those they listen to, and
// the footer and the help are made of these lists.
type keys struct {
	up, down, pageUp, pageDown, top, bottom key.Binding
	left, right                             key.Binding
	open, back                              key.Binding
	nextTab, previousTab, numberedTab       key.Binding
	filter, sort, whyMiss, rerun            key.Binding
	origin, parent, run                     key.Binding
	help, quit, interrupt                   key.Binding
	yes, no, apply, cancel                  key.Binding
}

func newKeys() keys {
	bind := func(name, does string, names ...string) key.Binding {
		return key.NewBinding(key.WithKeys(names...), key.WithHelp(name, does))
	}
	return keys{
		up:          bind("↑/k", "up", "up", "k"),
		down:        bind("↓/j", "down", "down", "j"),
		pageUp:      bind("pgup", "page up", "pgup", "ctrl+b", "ctrl+u"),
		pageDown:    bind("pgdn", "page down", "pgdown", "ctrl+f", "ctrl+d", " "),
		top:         bind("g", "first", "g", "home"),
		bottom:      bind("G", "last", "G", "end"),
		left:        bind("←/h", "left", "left", "h"),
		right:       bind("→/l", "right", "right", "l"),
		open:        bind("enter", "open", "enter"),
		back:        bind("esc", "back", "esc", "backspace"),
		nextTab:     bind("tab", "next tab", "tab"),
		previousTab: bind("shift+tab", "previous tab", "shift+tab"),
		numberedTab: bind("1–5", "tab by number", "1", "2", "3", "4", "5"),
		filter:      bind("/", "filter", "/"),
		sort:        bind("s", "sort", "s"),
		whyMiss:     bind("w", "why miss", "w"),
		rerun:       bind("r", "rerun", "r"),
		origin:      bind("o", "origin", "o"),
		parent:      bind("p", "parent call", "p"),
		run:         bind("u", "its run", "u"),
		help:        bind("?", "help", "?"),
		quit:        bind("q", "quit", "q"),
		interrupt:   bind("ctrl+c", "quit at once", "ctrl+c"),
		yes:         bind("y", "yes", "y", "Y"),
		no:          bind("n", "no", "n", "N", "esc", "q", "backspace"),
		apply:       bind("enter", "apply", "enter"),
		cancel:      bind("esc", "cancel", "esc"),
	}
}

// moving are the bindings of everything that scrolls.
func (k *keys) moving() []key.Binding {
	return []key.Binding{k.up, k.down, k.pageUp, k.pageDown, k.top, k.bottom}
}
