//go:build unix

package capture

import (
	"fmt"
	"os"
	"sync"
	"time"

	"github.com/google/uuid"
	"golang.org/x/sys/unix"

	"labbook/runlog/event"
	"labbook/runlog/record"
	"labbook/runlog/spool"
)

const (
	// part names the helper's spool among those of the run.
	part = "output"
	// chunk is how much is read at once. It is a pipe's size on Linux.
	chunk = 64 << 10
)

// A tee passes one stream on and records it.
type tee struct {
	stream record.Stream
	from   *os.File
	to     *os.File      // nil for what reaches its place without us
	spool  *spool.Writer // nil to record nothing

	// working is held while bytes are on their way: whoever holds it and finds
	// the pipe empty knows that everything has arrived.
	working sync.Mutex
}

// run copies until the end of the stream. If its destination takes no more, it
// closes the pipe, so that the program's next write fails as it would have. A
// spool that cannot be written does not stop the copying.
func (t *tee) run() {
	buffer := make([]byte, chunk)
	var offset int64
	for {
		if err := waitReadable(t.from); err != nil {
			break
		}
		n, more := t.step(buffer, offset)
		offset += int64(n)
		if !more {
			break
		}
	}
	t.working.Lock()
	defer t.working.Unlock()
	_ = t.from.Close() // nothing was written to it
}

// step moves what is there on; more says whether there can be a next step.
func (t *tee) step(buffer []byte, offset int64) (n int, more bool) {
	t.working.Lock()
	defer t.working.Unlock()
	n, readErr := t.from.Read(buffer)
	if n == 0 {
		return 0, readErr == nil
	}
	at := time.Now()
	var writeErr error
	if t.to != nil {
		_, writeErr = t.to.Write(buffer[:n])
	}
	if t.spool != nil {
		// A spool that failed takes no more and keeps what it has; there is
		// nobody left here to tell.
		_ = t.spool.Append(&event.Output{Stream: t.stream, Offset: offset, At: at, Bytes: buffer[:n]})
	}
	return n, writeErr == nil && readErr == nil
}

// isEmpty reports whether everything that was written to the pipe has arrived.
func (t *tee) isEmpty() bool {
	t.working.Lock()
	defer t.working.Unlock()
	poll := []unix.PollFd{{Fd: int32(t.from.Fd()), Events: unix.POLLIN}}
	_, err := unix.Poll(poll, 0)
	return err == nil && poll[0].Revents&unix.POLLIN == 0
}

// waitReadable waits until there are bytes, or the end, to be read.
func waitReadable(f *os.File) error {
	for {
		_, err := unix.Poll([]unix.PollFd{{Fd: int32(f.Fd()), Events: unix.POLLIN}}, -1)
		if err != unix.EINTR {
			return err
		}
	}
}

// serve is the helper's whole life. If the spool cannot be made it says so on
// the program's stderr: passing the output on matters more than recording it.
// A byte that comes in through asks is answered with one through answers as
// soon as all that was printed before it has arrived.
func serve(dir string, run uuid.UUID, tees []*tee, stderr, asks, answers *os.File) error {
	w, err := spool.Create(dir, run, part)
	if err != nil {
		w = nil
		_, _ = fmt.Fprintf(stderr, "labbook: %v; what the program prints is not recorded\n", err)
	}
	var group sync.WaitGroup
	for _, t := range tees {
		t.spool = w
		group.Go(t.run)
	}
	go answer(tees, asks, answers) // it ends with the process
	group.Wait()
	if w != nil {
		return w.Close()
	}
	return nil
}

func answer(tees []*tee, asks, answers *os.File) {
	if n, _ := asks.Read(make([]byte, 1)); n == 0 {
		return // the program has ended without asking
	}
	for _, t := range tees {
		for !t.isEmpty() {
			time.Sleep(100 * time.Microsecond) //nolint:forbidigo // the tee is at work, and has no time for signals
		}
	}
	_, _ = answers.Write([]byte{1}) // if nobody listens any more, all is well
}
