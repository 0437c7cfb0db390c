//go:build unix

package runlog

import (
	"io"
	"os"
	"os/exec"
	"syscall"
	"time"
)

const (
	// groupTime is how long all of a group have to have got a signal after the
	// first one did: the system sends it to one after the other without a break.
	groupTime = 5 * time.Millisecond
	// answerTime bounds how long a witness is waited for that is stopped.
	answerTime = 200 * time.Millisecond
)

// A witness tells signals of the terminal, which reach the program too, from those
// that somebody sends to this process alone: the system does not say. It is a
// process of the same group that echoes what it is sent, and dies of the first
// signal: if it still answers, the signal was for this process. It ends when this
// process does.
type witness struct {
	cmd     *exec.Cmd
	asks    io.WriteCloser
	answers *os.File
}

// startWitness returns nil if there cannot be one.
func startWitness() *witness {
	answers, echo, err := os.Pipe()
	if err != nil {
		return nil
	}
	defer echo.Close()
	w := &witness{answers: answers}
	w.cmd = exec.Command("/bin/sh", "-c", "ulimit -c 0; exec cat") //nolint:noctx // it ends with its input
	w.cmd.Dir = "/"                                                // so that it keeps no folder busy
	w.cmd.Env = []string{"PATH=/usr/bin:/bin"}
	w.cmd.Stdout = echo
	if w.asks, err = w.cmd.StdinPipe(); err == nil {
		err = w.cmd.Start()
	}
	if err != nil {
		_ = answers.Close() // nothing was written to it
		return nil
	}
	return w
}

func (w *witness) isOver() bool { return w.cmd.ProcessState != nil }

// hasGot reports whether the witness has got a signal that this process has just
// got. Then it is no more.
func (w *witness) hasGot(s os.Signal) bool {
	<-time.After(groupTime)
	_ = w.answers.SetReadDeadline(time.Now().Add(answerTime)) // pipes have deadlines
	_, err := w.asks.Write([]byte{'\n'})
	if err == nil {
		_, err = w.answers.Read(make([]byte, 1))
	}
	if err == nil || os.IsTimeout(err) {
		return false
	}
	w.end()
	status, ok := w.cmd.ProcessState.Sys().(syscall.WaitStatus)
	return ok && status.Signaled() && status.Signal() == s
}

// end ends the witness. It does no harm to one that is no more.
func (w *witness) end() {
	_ = w.cmd.Process.Kill() // it may have ended
	_ = w.asks.Close()       // the same
	_ = w.cmd.Wait()         // it was killed
	_ = w.answers.Close()    // nothing was written to it
}
