package runlog

import (
	"bytes"
	"context"
	"io"
	"os"
	"sync"

	"labbook/runlog/capture"
)

// Stdout returns a writer to the program's standard output that has the lab-book
// say in which call or task of a batch each part was printed: the one that ctx is
// from, or the goroutine that calls Stdout. What is printed does not change. Up to
// some 400 bytes come out in one piece, longer writes line by line if their lines
// are no longer than that; nothing of another writer of this kind comes between.
// Without a run, or where this program does not capture its output itself, as under
// "labbook run", it is os.Stdout. It is safe for
// concurrent use, and costs a microsecond more than os.Stdout.
func Stdout(ctx context.Context) io.Writer { return newPrinter(ctx, os.Stdout) }

// Stderr is like Stdout, for standard error.
func Stderr(ctx context.Context) io.Writer { return newPrinter(ctx, os.Stderr) }

// A printer marks what it prints as a scope's.
type printer struct {
	to         *os.File
	recorder   *Recorder
	session    *capture.Session // that the marks are for
	begin, end string
}

// printing keeps what two printers print apart.
var printing sync.Mutex

func newPrinter(ctx context.Context, to *os.File) io.Writer {
	scope := ScopeOf(ctx)
	r := active.current.Load()
	if r == nil || scope == noScope {
		return to
	}
	session := r.capture.Load()
	begin, end := session.Mark(to, scope)
	if begin == "" {
		return to
	}
	return &printer{to: to, recorder: r, session: session, begin: begin, end: end}
}

// Write implements io.Writer.
func (p *printer) Write(b []byte) (written int, err error) {
	printing.Lock()
	defer printing.Unlock()
	if p.recorder.capture.Load() != p.session {
		return p.to.Write(b) // the run is over: nobody would take the marks out
	}
	frame := make([]byte, 0, capture.AtOnce)
	for len(b) > 0 {
		n := piece(b, capture.AtOnce-len(p.begin)-len(p.end))
		frame = append(append(append(frame[:0], p.begin...), b[:n]...), p.end...)
		if _, err := p.to.Write(frame); err != nil {
			return written, err // who reads marks takes a part of one for one
		}
		written += n
		b = b[n:]
	}
	return written, nil
}

// piece returns how many bytes to write at once, most at most: whole lines if
// possible.
func piece(b []byte, most int) int {
	if len(b) <= most {
		return len(b)
	}
	if line := bytes.LastIndexByte(b[:most], '\n'); line >= 0 {
		return line + 1
	}
	return most
}
