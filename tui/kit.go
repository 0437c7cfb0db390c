package tui

import (
	"context"
	"time"
)

// A kit is what the shell and all its pages share. It belongs to the goroutine
// that runs Update; commands take from it what they need before they start.
type kit struct {
	ctx   context.Context //nolint:containedctx // of all reads: a command is called without one
	book  Book
	theme theme
	keys  keys
	now   time.Time // of the message that is being handled
	loads int       // given an identity so far
}
