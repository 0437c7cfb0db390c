// Package capture records what a program prints while it prints it.
//
// The program's file descriptors 1 and 2 become pipes to a helper: the program
// itself, started again in a role that this package takes over before main. The
// helper passes every byte on to where it was going and appends it to a spool.
// It ignores the terminal's signals and lives until both pipes end, so that a
// panic's trace, what a child process prints, and whatever came before os.Exit
// or kill -9 reach both the terminal and the lab-book.
//
// The bytes of each stream are passed on exactly and in order. Bytes of the two
// streams that are written within microseconds of each other may change places.
// While captured, the streams are pipes, not a terminal, to the program.
//
// Capturing works on Unix; elsewhere Start does nothing.
package capture

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"

	"github.com/google/uuid"

	"labbook/runlog/event"
	"labbook/runlog/record"
	"labbook/runlog/spool"
)

const (
	// roleVariable makes a program take the helper's role. The value is the
	// run's UUID; dirVariable says where its spool goes.
	roleVariable = "LABBOOK_CAPTURE_RUN"
	dirVariable  = "LABBOOK_CAPTURE_SPOOL"
	// part names the helper's spool among those of the run.
	part = "output"
	// chunk is how much is read at once. It is a pipe's size on Linux.
	chunk = 64 << 10
	// drainTime bounds how long Stop waits for the helper. It only ever waits
	// that long if a child process of the program still holds the pipes.
	drainTime = 2 * time.Second
)

// A tee passes one stream on and records it.
type tee struct {
	stream record.Stream
	from   *os.File
	to     *os.File
	spool  *spool.Writer
}

// run copies until the end of the stream. If its destination takes no more, it
// closes the pipe, so that the program's next write fails as it would have. A
// spool that cannot be written does not stop the copying.
func (t *tee) run() {
	defer func() { _ = t.from.Close() }() // nothing was written to it
	buffer := make([]byte, chunk)
	var offset int64
	for {
		n, readErr := t.from.Read(buffer)
		if n > 0 {
			at := time.Now()
			_, writeErr := t.to.Write(buffer[:n])
			if t.spool != nil {
				// A spool that failed takes no more and keeps what it has;
				// there is nobody left here to tell.
				_ = t.spool.Append(&event.Output{Stream: t.stream, Offset: offset, At: at, Bytes: buffer[:n]})
			}
			offset += int64(n)
			if writeErr != nil {
				return
			}
		}
		if readErr != nil {
			return // the end, or a pipe that is beyond help
		}
	}
}

// serve is the helper's whole life. If the spool cannot be made it says so on
// the program's stderr: passing the output on matters more than recording it.
func serve(dir string, run uuid.UUID, streams [2]*os.File, destinations [2]*os.File) error {
	w, err := spool.Create(dir, run, part)
	if err != nil {
		w = nil
		_, _ = fmt.Fprintf(destinations[1], "labbook: %v; what the program prints is not recorded\n", err)
	}
	var group sync.WaitGroup
	for i, stream := range []record.Stream{record.Stdout, record.Stderr} {
		t := tee{stream: stream, from: streams[i], to: destinations[i], spool: w}
		group.Go(t.run)
	}
	group.Wait()
	if w != nil {
		return w.Close()
	}
	return nil
}

// waitFor waits for done, but not beyond ctx.
func waitFor(ctx context.Context, done <-chan error) error {
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return errors.New("capture output: a process that the program started still holds its output; what that prints will be recorded later")
	}
}
