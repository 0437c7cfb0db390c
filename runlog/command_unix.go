//go:build unix

package runlog

import (
	"os"
	"os/signal"
	"syscall"

	"golang.org/x/sys/unix"

	"labbook/runlog/machine"
)

// A signalRelay passes the signals of this process on to another.
type signalRelay struct {
	signals chan os.Signal
	witness *witness // nil where there is no terminal, or where there cannot be one
}

// relayed are the signals that ask a program for something. Those of job control
// reach the whole group, and a change of the terminal's size is the business of
// who captures its output.
var relayed = []os.Signal{syscall.SIGINT, syscall.SIGQUIT, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGUSR1, syscall.SIGUSR2, syscall.SIGALRM}

// relaySignals begins to catch signals. Those that this process was started to
// ignore its child will ignore too.
func relaySignals() *signalRelay {
	r := &signalRelay{signals: make(chan os.Signal, 16)}
	for _, s := range relayed {
		if !signal.Ignored(s) {
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
			if (s == syscall.SIGINT || s == syscall.SIGQUIT) && r.isTerminals(s) {
				continue
			}
			_ = p.Signal(s) // it may have just ended
		}
	}
}

// isTerminals reports whether a signal came from the terminal, for all of the
// group. Without a witness any signal that this process gets in the foreground is
// taken for that.
func (r *signalRelay) isTerminals(s os.Signal) bool {
	if r.witness == nil {
		group, _ := foreground()
		return group == unix.Getpgrp()
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
