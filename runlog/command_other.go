//go:build !unix

package runlog

import (
	"os"
	"os/signal"
)

// A signalRelay passes the signals of this process on to another. Here there is
// only that of the console, which both get.
type signalRelay struct{ signals chan os.Signal }

func relaySignals() *signalRelay {
	r := &signalRelay{make(chan os.Signal, 1)}
	signal.Notify(r.signals, os.Interrupt)
	return r
}

func (r *signalRelay) to(p *os.Process, stop, ended <-chan struct{}) {
	select {
	case <-ended:
	case <-stop:
		_ = p.Kill() // it may have just ended
	}
}

func (r *signalRelay) stop() { signal.Stop(r.signals) }

func exitOf(state *os.ProcessState) (code int, by os.Signal) { return state.ExitCode(), nil }

func maxRSS(*os.ProcessState) int64 { return 0 }
