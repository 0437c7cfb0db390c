//go:build unix

package runlog

import (
	"os"
	"os/signal"
	"runtime"
	"slices"
	"syscall"

	"golang.org/x/sys/unix"

	"labbook/runlog/machine"
)

// A signalRelay passes the signals of this process on to another.
type signalRelay struct {
	signals chan os.Signal
	witness *witness // nil where there is no terminal, or where there cannot be one
}

// kept are the signals that are not passed on: what this process has to hear of
// itself, what stops the whole group, what Go keeps for itself or cannot tell, and
// a limit on files, which this process can meet by itself.
var kept = []syscall.Signal{
	syscall.SIGKILL, syscall.SIGSTOP, syscall.SIGCHLD, syscall.SIGURG, syscall.SIGPIPE, syscall.SIGPROF,
	syscall.SIGTSTP, syscall.SIGTTIN, syscall.SIGTTOU, syscall.SIGXFSZ,
}

// Signals up to mostCommon are those that all systems have, most of them under
// other numbers. Those of Linux for any use begin at firstRealTime: the ones
// before it are Go's and the C library's.
const mostCommon, firstRealTime, mostRealTime = 31, 35, 64

// relaySignals begins to catch signals. Those that this process was started to
// ignore its child will ignore too.
func relaySignals() *signalRelay {
	r := &signalRelay{signals: make(chan os.Signal, mostRealTime)}
	for s := syscall.Signal(1); s <= mostRealTime; s++ {
		isThere := s <= mostCommon || runtime.GOOS == "linux" && s >= firstRealTime
		if isThere && !slices.Contains(kept, s) && !signal.Ignored(s) {
			signal.Notify(r.signals, s)
		}
	}
	if _, hasTerminal := foreground(); hasTerminal {
		r.witness = startWitness() // before the program, so that it gets all that the program gets
	}
	return r
}

// to passes signals on until ended is closed, and asks the process to end when
// stop is.
func (r *signalRelay) to(p *os.Process, stop, ended <-chan struct{}) {
	for {
		select {
		case <-ended:
			return
		case <-stop:
			_ = p.Signal(syscall.SIGTERM) // it may have just ended
			stop = nil
		case s := <-r.signals:
			if r.isTerminals(s) {
				continue
			}
			_ = p.Signal(s) // it may have just ended
		}
	}
}

// isTerminals reports whether a signal came from the terminal, for all of the
// group. In the foreground a new size of the terminal does, and that the group goes
// on after it was stopped; without a witness keys are taken for granted too.
func (r *signalRelay) isTerminals(s os.Signal) bool {
	switch s {
	case syscall.SIGINT, syscall.SIGQUIT:
	case syscall.SIGWINCH, syscall.SIGCONT:
		return isInForeground()
	default:
		return false
	}
	if r.witness == nil {
		return isInForeground()
	}
	has := r.witness.hasGot(s)
	if r.witness.isOver() {
		r.witness = startWitness()
	}
	return has
}

// stop stops to catch signals. Nothing else may go on with r by then.
func (r *signalRelay) stop() {
	signal.Stop(r.signals)
	if r.witness != nil {
		r.witness.end()
	}
}

// foreground returns the group that the terminal sends signals to, if there is a
// terminal.
func foreground() (group int, hasTerminal bool) {
	terminal, err := os.OpenFile("/dev/tty", os.O_RDONLY, 0)
	if err != nil {
		return 0, false
	}
	defer terminal.Close()
	group, err = unix.IoctlGetInt(int(terminal.Fd()), unix.TIOCGPGRP)
	return group, err == nil
}

func isInForeground() bool {
	group, hasTerminal := foreground()
	return hasTerminal && group == unix.Getpgrp()
}

// exitOf says how a process ended.
func exitOf(state *os.ProcessState) (code int, by os.Signal) {
	status, ok := state.Sys().(syscall.WaitStatus)
	if ok && status.Signaled() {
		return 0, status.Signal()
	}
	return state.ExitCode(), nil
}

// maxRSS is the most memory that a process or a child that it waited for had.
func maxRSS(state *os.ProcessState) int64 {
	usage, ok := state.SysUsage().(*syscall.Rusage)
	if !ok {
		return 0
	}
	return machine.PeakOf(usage)
}
