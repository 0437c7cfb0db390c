//go:build unix

package capture

import (
	"os"

	"golang.org/x/sys/unix"
)

// settings lets a terminal follow the settings of the pseudo-terminal that a
// program has in its place: one that asks for keys without their echo may ask
// for that where it prints.
type settings struct {
	own, terminal *os.File
	last          unix.Termios // of own
}

// followSettings returns nil if to is no terminal.
func followSettings(own, to *os.File) *settings {
	if !isTerminal(to) {
		return nil
	}
	last, err := unix.IoctlGetTermios(int(own.Fd()), getTermios)
	if err != nil {
		return nil
	}
	return &settings{own: own, terminal: to, last: *last}
}

// follow passes on what has changed, but for what becomes of output.
func (s *settings) follow() {
	if s == nil {
		return
	}
	now, err := unix.IoctlGetTermios(int(s.own.Fd()), getTermios)
	if err != nil || *now == s.last {
		return
	}
	s.last = *now
	theirs, err := unix.IoctlGetTermios(int(s.terminal.Fd()), getTermios)
	if err != nil {
		return
	}
	theirs.Iflag, theirs.Lflag, theirs.Cc = now.Iflag, now.Lflag, now.Cc
	_ = unix.IoctlSetTermios(int(s.terminal.Fd()), setTermios, theirs) // it may have been closed meanwhile
}
