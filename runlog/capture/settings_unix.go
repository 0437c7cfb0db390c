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
	keys          keys
	last          unix.Termios // of own
	processes     bool         // the terminal processed output at first
}

// followSettings returns nil if to is no terminal.
func followSettings(own, to *os.File) *settings {
	theirs, err := unix.IoctlGetTermios(int(to.Fd()), getTermios)
	if err != nil {
		return nil
	}
	// What likeTerminal began with: the program may have changed it by now.
	last := *theirs
	last.Oflag &^= unix.OPOST
	return &settings{own: own, terminal: to, keys: keys{own: own, terminal: to}, last: last, processes: theirs.Oflag&unix.OPOST != 0}
}

// follow passes on what has changed.
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
	theirs.Iflag, theirs.Oflag, theirs.Lflag, theirs.Cc = now.Iflag, now.Oflag&^unix.OPOST, now.Lflag, now.Cc
	if s.processes && !isRaw(now) {
		theirs.Oflag |= unix.OPOST
	}
	_ = unix.IoctlSetTermios(int(s.terminal.Fd()), setTermios, theirs) // it may have been closed meanwhile
	s.keys.follow(now.Lflag&unix.ICANON == 0)
}

// isRaw reports whether a program has made a terminal raw. Whether it has output
// processed does not show: likeTerminal has that off from the beginning.
func isRaw(t *unix.Termios) bool {
	return t.Lflag&(unix.ICANON|unix.ISIG|unix.IEXTEN) == 0 && t.Iflag&(unix.ICRNL|unix.IXON) == 0
}
