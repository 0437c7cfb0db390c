package main

import (
	"io"
	"os"
	"sync"
	"time"

	"github.com/charmbracelet/x/ansi"
	"github.com/charmbracelet/x/term"
)

const (
	progressDelay = time.Second            // what is done by then needs no progress
	progressBeat  = 200 * time.Millisecond // more often nobody can read it
)

// A progress is a line on a terminal that says how far work has come, and is
// gone when the work is done.
type progress struct {
	mu    sync.Mutex
	w     io.Writer
	width int
	due   time.Time // when the line is next drawn
	drawn bool
	now   func() time.Time
}

// progress begins the progress of what may take a while. It is shown on stderr
// if that is a terminal, from the first second on.
func (a *app) progress() *progress {
	p := &progress{now: a.now}
	file, ok := a.stderr.(*os.File)
	if !ok || !term.IsTerminal(file.Fd()) || os.Getenv("TERM") == "dumb" {
		return p
	}
	width, _, err := term.GetSize(file.Fd())
	if err != nil || width < 1 {
		width = 80
	}
	p.w, p.width, p.due = file, width, a.now().Add(progressDelay)
	return p
}

// say draws the line anew, unless it is too soon. The text is made only then.
func (p *progress) say(text func() string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.w == nil {
		return
	}
	now := p.now()
	if now.Before(p.due) {
		return
	}
	p.due, p.drawn = now.Add(progressBeat), true
	// A line as wide as the terminal would wrap on some.
	_, _ = io.WriteString(p.w, "\r"+ansi.Truncate(text(), p.width-1, "…")+ansi.EraseLineRight) // only a comment
}

// meanwhile does what cannot say how far it has come, and says what it is.
func (p *progress) meanwhile(text string, do func() error) error {
	timer := time.AfterFunc(progressDelay, func() { p.say(func() string { return text }) })
	defer timer.Stop()
	return do()
}

// hide takes the line away until it is drawn anew.
func (p *progress) hide() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.drawn {
		_, _ = io.WriteString(p.w, "\r"+ansi.EraseLineRight) // only a comment
		p.drawn = false
	}
}

// end takes the line away.
func (p *progress) end() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.drawn {
		_, _ = io.WriteString(p.w, "\r"+ansi.EraseLineRight) // only a comment
	}
	p.drawn, p.w = false, nil
}
