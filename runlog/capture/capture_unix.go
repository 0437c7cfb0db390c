//go:build unix

package capture

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"runtime/debug"
	"strings"
	"syscall"
	"time"

	"github.com/google/uuid"
	"golang.org/x/sys/unix"

	"labbook/runlog/record"
)

const (
	// roleVariable makes a program take the helper's role. The value is the
	// run's UUID; dirVariable says where its spool goes, streamsVariable which
	// streams it gets, with commas between.
	roleVariable    = "LABBOOK_CAPTURE_RUN"
	dirVariable     = "LABBOOK_CAPTURE_SPOOL"
	streamsVariable = "LABBOOK_CAPTURE_STREAMS"
	// drainTime bounds how long Stop waits for what was printed to arrive. A
	// terminal that is held up, or a pager that waits for its reader, can take
	// longer; the helper then goes on without the program.
	drainTime = 2 * time.Second
)

// Files that the helper is born with, after the standard three; then come a
// pipe and a destination for each stream. The crash pipe has no destination: a
// trace reaches stderr by itself.
const (
	fdAsks = 3 + iota
	fdAnswers
	fdCrash
	fdStreams
)

// init takes the helper's role before main, before the database is initialised,
// and before all packages of the program that import runlog. Go initialises what
// does not depend on each other by import path, so that a package that comes
// before labbook's in the alphabet is initialised in the helper too.
func init() {
	run, isHelper := os.LookupEnv(roleVariable)
	if !isHelper {
		return
	}
	// All that a terminal sends to its foreground processes, and what a
	// process manager sends to a group: the helper outlives the program.
	signal.Ignore(syscall.SIGINT, syscall.SIGTERM, syscall.SIGQUIT, syscall.SIGHUP, syscall.SIGTSTP, syscall.SIGTTOU)
	// A write to a closed destination is seen as an error and passed on to the
	// program by closing its pipe.
	signal.Ignore(syscall.SIGPIPE)
	var tees []*tee
	for i, stream := range strings.Split(os.Getenv(streamsVariable), ",") {
		tees = append(tees, &tee{
			stream: record.Stream(stream),
			from:   os.NewFile(uintptr(fdStreams+2*i), stream+" pipe"),
			to:     os.NewFile(uintptr(fdStreams+2*i+1), stream),
		})
	}
	last := tees[len(tees)-1] // stderr, or both
	tees = append(tees, &tee{stream: last.stream, from: os.NewFile(fdCrash, "crash pipe")})
	id, err := uuid.Parse(run)
	if err == nil {
		err = serve(os.Getenv(dirVariable), id, tees, last.to, os.NewFile(fdAsks, "asks"), os.NewFile(fdAnswers, "answers"))
	}
	if err != nil {
		os.Exit(1)
	}
	os.Exit(0)
}

// Session is a program's output being captured. The zero of *Session, nil,
// captures nothing.
type Session struct {
	originals [2]*os.File // what descriptors 1 and 2 were
	asks      *os.File
	answers   *os.File
	crash     *os.File // what is written to it is recorded and nothing else
}

// Start captures file descriptors 1 and 2 of this process, and of the children
// that inherit them from now on, into a spool in dir. It costs the start of a
// process, some 3 ms.
func Start(dir string, run uuid.UUID) (_ *Session, err error) {
	exe, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("capture output: %w", err)
	}
	s := &Session{}
	var passing []*os.File // to the helper, in the order of its descriptors
	var ours []*os.File    // our ends of its pipes
	defer func() {
		for _, f := range append(passing, ours...) {
			_ = f.Close() // whoever needs it has a copy by now
		}
		if err != nil {
			err = errors.Join(fmt.Errorf("capture output: %w", err), s.close())
		}
	}()
	for i := range s.originals {
		if s.originals[i], err = duplicate(1 + i); err != nil {
			return nil, err
		}
	}
	helperAsks, asks, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	s.asks, passing = asks, append(passing, helperAsks)
	answers, helperAnswers, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	s.answers, passing = answers, append(passing, helperAnswers)
	helperCrash, crash, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	s.crash, passing = crash, append(passing, helperCrash)
	streams := []record.Stream{record.Stdout, record.Stderr}
	if isOnePlace(s.originals[0], s.originals[1]) {
		streams = []record.Stream{record.Both}
	}
	for i := range streams {
		from, to, err := os.Pipe()
		if err != nil {
			return nil, err
		}
		ours, passing = append(ours, to), append(passing, from)
		destination, err := duplicate(1 + i)
		if err != nil {
			return nil, err
		}
		passing = append(passing, destination)
	}
	if err := startHelper(exe, dir, run, streams, passing); err != nil {
		return nil, err
	}
	for i := range s.originals {
		if err := unix.Dup2(int(ours[min(i, len(ours)-1)].Fd()), 1+i); err != nil {
			return nil, errors.Join(err, s.restore())
		}
	}
	return s, nil
}

// duplicate opens a descriptor once more, for this process alone.
func duplicate(fd int) (*os.File, error) {
	copied, err := unix.FcntlInt(uintptr(fd), unix.F_DUPFD_CLOEXEC, 3)
	if err != nil {
		return nil, fmt.Errorf("descriptor %d: %w", fd, err)
	}
	return os.NewFile(uintptr(copied), ""), nil
}

// isOnePlace reports whether two files are one, such as a terminal. What is
// written to it then has one order, which only one pipe can keep.
func isOnePlace(a, b *os.File) bool {
	infoA, errA := a.Stat()
	infoB, errB := b.Stat()
	return errA == nil && errB == nil && os.SameFile(infoA, infoB)
}

func startHelper(exe, dir string, run uuid.UUID, streams []record.Stream, files []*os.File) error {
	names := make([]string, len(streams))
	for i, stream := range streams {
		names[i] = string(stream)
	}
	helper := exec.Command(exe)        //nolint:noctx // it has to outlive whatever would stop it
	helper.Args[0] = "labbook-capture" // what ps shows
	helper.Env = append(environment(), roleVariable+"="+run.String(), dirVariable+"="+dir, streamsVariable+"="+strings.Join(names, ","))
	helper.ExtraFiles = files
	helper.Dir = "/"                                         // so that it keeps no folder busy
	helper.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // out of reach of signals to the program's group
	if err := helper.Start(); err != nil {
		return err
	}
	go func() { _ = helper.Wait() }() // so that it leaves no zombie
	return nil
}

// environment is the process's, without what would make the helper's own
// runtime behave like the program's.
func environment() []string {
	var env []string
	for _, entry := range os.Environ() {
		if !strings.HasPrefix(entry, "GODEBUG=") && !strings.HasPrefix(entry, "GOMAXPROCS=") {
			env = append(env, entry)
		}
	}
	return append(env, "GOMAXPROCS=2")
}

// Stop gives the process its own streams back and waits until the helper has
// passed on and recorded what was printed. Processes that still hold the pipes
// can go on printing through it. While the program panics, the trace that is
// still to come goes straight to stderr, and a copy of it to the helper.
func (s *Session) Stop(panicking bool) error {
	if s == nil || s.asks == nil {
		return nil
	}
	if err := s.restore(); err != nil {
		return err
	}
	var err error
	if panicking {
		err = debug.SetCrashOutput(s.crash, debug.CrashOptions{}) // it keeps a copy of the descriptor
	}
	// The answer is a byte, or the end of the helper. There is nothing to be
	// done about one that does not come.
	if _, askErr := s.asks.Write([]byte{1}); askErr == nil {
		_ = s.answers.SetReadDeadline(time.Now().Add(drainTime))
		_, _ = s.answers.Read(make([]byte, 1))
	}
	return errors.Join(err, s.close())
}

// restore makes descriptors 1 and 2 what they were.
func (s *Session) restore() error {
	for i, original := range s.originals {
		if err := unix.Dup2(int(original.Fd()), 1+i); err != nil {
			return fmt.Errorf("capture output: give back descriptor %d: %w", 1+i, err)
		}
	}
	return nil
}

func (s *Session) close() error {
	var err error
	for _, f := range []*os.File{s.originals[0], s.originals[1], s.asks, s.answers, s.crash} {
		if f != nil {
			err = errors.Join(err, f.Close())
		}
	}
	*s = Session{}
	return err
}
