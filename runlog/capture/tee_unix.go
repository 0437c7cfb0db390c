//go:build unix

package capture

import (
	"bytes"
	"errors"
	"io"
	"os"
	"regexp"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"labbook/runlog/event"
)

const (
	// chunk is how much is read at once. It is a pipe's size on Linux.
	chunk = 64 << 10
	// markPatience is how long the rest of a mark is waited for. Marks are
	// written at once, so that it is on its way.
	markPatience = 20 * time.Millisecond
	// settingsPatience is how long after some output a terminal's settings are
	// compared once more: programs change them right before or after they print.
	settingsPatience = 50 * time.Millisecond
)

// A tee passes one stream on and records it.
type tee struct {
	from   *os.File
	to     *os.File // nil for what reaches its place without us
	sink   *sink    // nil to record nothing
	marks  *marks
	broken func()              // called when to takes no more
	full   func(syscall.Errno) // called, once, when to has no room for what comes

	settings *settings // of the terminal; nil if there is none
	trace    traceFinder
	isFull   bool

	// working is held while bytes are on their way: whoever holds it and finds
	// the source empty knows that everything has arrived.
	working sync.Mutex
}

// run copies until the end of the stream. If its destination takes no more it
// says so and ends, so that the program's next write fails as it would have. A
// sink that cannot be written does not stop the copying.
func (t *tee) run() {
	buffer := make([]byte, chunk)
	quiet := t.settings == nil
	for {
		patience := -1
		switch {
		case t.marks.isHolding():
			patience = int(markPatience.Milliseconds())
		case !quiet:
			patience = int(settingsPatience.Milliseconds())
		}
		ready, err := waitReadable(t.from, patience)
		if err != nil {
			break
		}
		if !ready {
			t.settings.follow()
			quiet = true
			if !t.flush() {
				break
			}
			continue
		}
		if !t.step(buffer) {
			break
		}
		quiet = t.settings == nil
	}
	t.flush()
	t.working.Lock()
	defer t.working.Unlock()
	_ = t.from.Close() // nothing was written to it
}

// step moves what is there on and reports whether there can be a next step.
func (t *tee) step(buffer []byte) bool {
	t.working.Lock()
	defer t.working.Unlock()
	n, readErr := t.from.Read(buffer)
	at := time.Now()
	t.settings.follow() // before what is printed under them
	passed := n == 0
	if n > 0 {
		clean, scopes := t.marks.strip(buffer[:n])
		passed = t.pass(clean, at)
		for i := range scopes {
			t.sink.append(&scopes[i])
		}
	}
	if n == 0 && readErr == nil {
		readErr = io.EOF // which some files say without a word
	}
	return passed && readErr == nil
}

// flush passes on what looked like a mark.
func (t *tee) flush() bool {
	t.working.Lock()
	defer t.working.Unlock()
	return t.pass(t.marks.flush(), time.Now())
}

// pass passes bytes on that come right before the offset that marks has come to.
func (t *tee) pass(b []byte, at time.Time) bool {
	if len(b) == 0 {
		return true
	}
	t.trace.look(b)
	var err error
	if t.to != nil {
		_, err = t.to.Write(b)
	}
	t.sink.append(&event.Output{Stream: t.marks.stream, Offset: t.marks.offset - int64(len(b)), At: at, Bytes: b})
	if errno := noRoom(err); errno != 0 {
		// Nobody has gone: what comes later may find room again.
		if !t.isFull {
			t.full(errno)
		}
		t.isFull, err = true, nil
	}
	if err != nil && t.broken != nil {
		t.broken()
	}
	return err == nil
}

// noRoom returns what says that a destination has no room for what was written to
// it, 0 if err does not say so.
func noRoom(err error) syscall.Errno {
	errno, _ := errors.AsType[syscall.Errno](err)
	switch errno {
	case unix.ENOSPC, unix.EDQUOT, unix.EFBIG:
		return errno
	}
	return 0
}

// A traceFinder looks for the trace of a Go program that ends in a panic.
type traceFinder struct {
	last  []byte // the end of what was looked at
	found atomic.Bool
}

var traceBegins = regexp.MustCompile(`(?m)^goroutine \d+ (gp=\S+ m=\S+ (mp=\S+ )?)?\[`)

// longestTraceBegin is more than what traceBegins matches.
const longestTraceBegin = 100

func (f *traceFinder) look(b []byte) {
	const word = "goroutine "
	if !bytes.Contains(b, []byte(word)) && !bytes.Contains(append(f.last, b[:min(len(b), len(word))]...), []byte(word)) {
		f.remember(b)
		return
	}
	if traceBegins.Match(append(f.last, b...)) {
		f.found.Store(true)
	}
	f.remember(b)
}

// remember keeps whole lines, or one that has not ended.
func (f *traceFinder) remember(b []byte) {
	f.last = append(f.last, b[max(0, len(b)-longestTraceBegin):]...)
	f.last = append(f.last[:0], f.last[max(0, len(f.last)-longestTraceBegin):]...)
}

// isEmpty reports whether everything that was printed has arrived.
func (t *tee) isEmpty() bool {
	t.working.Lock()
	defer t.working.Unlock()
	ready, err := waitReadable(t.from, 0)
	return err != nil || !ready && !t.marks.isHolding()
}

// waitReadable waits, at most for so many milliseconds or for ever if they are
// negative, until there are bytes, or the end, to be read.
func waitReadable(f *os.File, patience int) (bool, error) {
	for {
		poll := []unix.PollFd{{Fd: int32(f.Fd()), Events: unix.POLLIN}}
		n, err := unix.Poll(poll, patience)
		if !errors.Is(err, unix.EINTR) {
			return n > 0, err
		}
	}
}
