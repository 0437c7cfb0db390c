package tui

import (
	"os"
	"time"

	"github.com/charmbracelet/lipgloss"
)

// Options adjusts the explorer. The zero value is right for a terminal.
type Options struct {
	// Now tells the time, in the location in which times are shown. Nil means
	// time.Now.
	Now func() time.Time

	// Poll is how often the lab-book is asked whether it has changed. 0 means
	// twice a second; with a negative value it is asked once and never again,
	// and the screen stays as it is until a key is pressed.
	Poll time.Duration

	// Renderer decides which colours there are. Nil means one that asks the
	// terminal on stdout, and heeds NO_COLOR.
	Renderer *lipgloss.Renderer
}

func (o Options) withDefaults() Options {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Poll == 0 {
		o.Poll = 500 * time.Millisecond
	}
	if o.Renderer == nil {
		o.Renderer = lipgloss.NewRenderer(os.Stdout)
		// Before the explorer reads keys, which would get the answer.
		_ = o.Renderer.HasDarkBackground()
	}
	return o
}
