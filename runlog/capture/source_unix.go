//go:build unix

package capture

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/creack/pty"
	"golang.org/x/sys/unix"

	"labbook/runlog/record"
)

// A source is where a process prints to instead of to, and where the helper
// reads it.
type source struct {
	stream   record.Stream
	to       *os.File // where the output goes in the end
	read     *os.File
	write    *os.File
	is       os.FileInfo // of write
	terminal bool        // a pseudo-terminal, else a pipe
}

// newSource makes a source for a stream that goes to a file: a terminal for a
// terminal, so that who prints to it sees no difference.
func newSource(stream record.Stream, to *os.File) (*source, error) {
	s := &source{stream: stream}
	err := s.open(to)
	if err == nil {
		s.is, err = s.write.Stat()
	}
	if err != nil {
		return nil, errors.Join(err, s.close())
	}
	return s, nil
}

func (s *source) open(to *os.File) (err error) {
	if s.to, err = duplicate(to.Fd(), to.Name()); err != nil {
		return err
	}
	if canBeTerminal && isTerminal(to) {
		if s.read, s.write, err = openTerminal(); err == nil {
			s.terminal = true
			return likeTerminal(s.write, to)
		}
		// No more of them are to be had: better recorded than a terminal.
	}
	s.read, s.write, err = os.Pipe()
	return err
}

// openTerminal makes a pseudo-terminal that is open for writing only, as far as
// the process and its children are given it: whoever wants to read from it has to
// open it by its name, which shows (see keys).
func openTerminal() (read, write *os.File, err error) {
	read, both, err := pty.Open()
	if err != nil {
		return nil, nil, err
	}
	defer both.Close()
	descriptor, err := unix.Open(both.Name(), unix.O_WRONLY|unix.O_NOCTTY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, nil, errors.Join(&fs.PathError{Op: "open", Path: both.Name(), Err: err}, read.Close())
	}
	return read, os.NewFile(uintptr(descriptor), both.Name()), nil
}

// closeWrite gives up the end that is printed to: whoever prints has a copy.
func (s *source) closeWrite() error {
	if s.write == nil {
		return nil
	}
	err := s.write.Close()
	s.write = nil
	return err
}

func (s *source) close() error {
	err := s.closeWrite()
	for _, f := range []*os.File{s.read, s.to} {
		if f != nil {
			err = errors.Join(err, f.Close())
		}
	}
	s.read, s.to = nil, nil
	return err
}

// isOpenAs reports whether a descriptor of this process leads to the source.
func (s *source) isOpenAs(descriptor int) bool {
	copied, err := duplicate(uintptr(descriptor), "")
	if err != nil {
		return false // it was closed
	}
	defer copied.Close()
	info, err := copied.Stat()
	return err == nil && os.SameFile(info, s.is)
}

// duplicate opens a file once more, for this process alone.
func duplicate(descriptor uintptr, name string) (*os.File, error) {
	copied, err := unix.FcntlInt(descriptor, unix.F_DUPFD_CLOEXEC, 3)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return os.NewFile(uintptr(copied), name), nil
}

// isOnePlace reports whether two files are one, such as a terminal. What is
// written to it then has one order, which only one source can keep.
func isOnePlace(a, b *os.File) bool {
	infoA, errA := a.Stat()
	infoB, errB := b.Stat()
	return errA == nil && errB == nil && os.SameFile(infoA, infoB)
}

func isTerminal(f *os.File) bool {
	_, err := unix.IoctlGetTermios(int(f.Fd()), getTermios)
	return err == nil
}

// likeTerminal gives a pseudo-terminal the size and the settings of a terminal.
// Only what becomes of output is left to the terminal itself: it would be done
// twice, and be recorded.
func likeTerminal(own, terminal *os.File) error {
	settings, err := unix.IoctlGetTermios(int(terminal.Fd()), getTermios)
	if err != nil {
		return os.NewSyscallError("tcgetattr", err)
	}
	settings.Oflag &^= unix.OPOST
	if err := unix.IoctlSetTermios(int(own.Fd()), setTermios, settings); err != nil {
		return os.NewSyscallError("tcsetattr", err)
	}
	_, err = resize(own, terminal)
	return err
}

// resize gives a pseudo-terminal the size of a terminal and tells whether it had
// another.
func resize(own, terminal *os.File) (changed bool, err error) {
	size, err := unix.IoctlGetWinsize(int(terminal.Fd()), unix.TIOCGWINSZ)
	if err != nil {
		return false, os.NewSyscallError("get the size of a terminal", err)
	}
	before, err := unix.IoctlGetWinsize(int(own.Fd()), unix.TIOCGWINSZ)
	if err == nil && *before == *size {
		return false, nil
	}
	return true, os.NewSyscallError("set the size of a terminal", unix.IoctlSetWinsize(int(own.Fd()), unix.TIOCSWINSZ, size))
}
