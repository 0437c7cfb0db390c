//go:build unix

package capture

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"syscall"

	"github.com/google/uuid"
	"golang.org/x/sys/unix"
)

// Files that the helper is born with, after the standard three.
const (
	fdStdoutPipe = 3 + iota
	fdStderrPipe
	fdStdout
	fdStderr
)

// init takes the helper's role before the program's own packages are
// initialised, and before the database is.
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
	id, err := uuid.Parse(run)
	if err == nil {
		err = serve(os.Getenv(dirVariable), id,
			[2]*os.File{os.NewFile(fdStdoutPipe, "stdout pipe"), os.NewFile(fdStderrPipe, "stderr pipe")},
			[2]*os.File{os.NewFile(fdStdout, "stdout"), os.NewFile(fdStderr, "stderr")})
	}
	if err != nil {
		os.Exit(1)
	}
	os.Exit(0)
}

// Session is a program's output being captured. The zero of *Session, nil,
// captures nothing.
type Session struct {
	originals [2]int
	done      chan error
}

// Start captures file descriptors 1 and 2 of this process, and of the children
// that inherit them from now on, into a spool in dir. It costs the start of a
// process, some 3 ms.
func Start(dir string, run uuid.UUID) (*Session, error) {
	exe, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("capture output: %w", err)
	}
	var s Session
	// Our ends of the pipes, the helper's, and where it passes the output on.
	var ours, theirs, destinations [2]*os.File
	defer func() {
		for i := range 2 { // whoever needs them has a copy by then
			_ = ours[i].Close()
			_ = theirs[i].Close()
			_ = destinations[i].Close()
		}
	}()
	for i := range 2 {
		if theirs[i], ours[i], err = os.Pipe(); err != nil {
			return nil, fmt.Errorf("capture output: %w", err)
		}
		if s.originals[i], err = unix.FcntlInt(uintptr(1+i), unix.F_DUPFD_CLOEXEC, 3); err != nil {
			return nil, fmt.Errorf("capture output: descriptor %d: %w", 1+i, err)
		}
		fd, err := unix.FcntlInt(uintptr(1+i), unix.F_DUPFD_CLOEXEC, 3)
		if err != nil {
			return nil, fmt.Errorf("capture output: descriptor %d: %w", 1+i, err)
		}
		destinations[i] = os.NewFile(uintptr(fd), "")
	}
	helper := exec.Command(exe)
	helper.Args[0] = "labbook-capture" // what ps shows
	helper.Env = append(environment(), roleVariable+"="+run.String(), dirVariable+"="+dir)
	helper.ExtraFiles = []*os.File{theirs[0], theirs[1], destinations[0], destinations[1]}
	helper.Dir = "/"                                         // so that it keeps no folder busy
	helper.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // out of reach of signals to the program's group
	if err := helper.Start(); err != nil {
		return nil, errors.Join(fmt.Errorf("capture output: %w", err), s.closeOriginals())
	}
	s.done = make(chan error, 1)
	go func() { s.done <- helper.Wait() }()
	for i := range 2 {
		if err := unix.Dup2(int(ours[i].Fd()), 1+i); err != nil {
			return nil, errors.Join(fmt.Errorf("capture output: %w", err), s.Stop(true))
		}
	}
	return &s, nil
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

// Stop waits until the helper has passed on and recorded everything, and gives
// the process its own streams back. If restore is false, it leaves all as it
// is: what is still to come, the trace of a panic, goes through the helper.
func (s *Session) Stop(restore bool) error {
	if s == nil || !restore {
		return nil
	}
	for i, original := range s.originals {
		if err := unix.Dup2(original, 1+i); err != nil {
			return fmt.Errorf("capture output: give back descriptor %d: %w", 1+i, err)
		}
	}
	ctx, cancel := context.WithTimeout(context.Background(), drainTime)
	defer cancel()
	if err := waitFor(ctx, s.done); err != nil {
		return errors.Join(err, s.closeOriginals())
	}
	return s.closeOriginals()
}

func (s *Session) closeOriginals() error {
	var err error
	for i, fd := range s.originals {
		if fd > 0 {
			err = errors.Join(err, unix.Close(fd))
		}
		s.originals[i] = 0
	}
	return err
}
