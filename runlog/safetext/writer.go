package safetext

import "io"

// Writer passes captured output on to another writer, made harmless as [Lines]
// does. It writes whole lines; Close writes the last one if no newline ended it.
type Writer struct {
	to    io.Writer
	lines Lines
	ready []byte
	err   error
}

// NewWriter returns a Writer to w, which may be a terminal. The colours stay; to
// be rid of them too, strip them from what it writes.
func NewWriter(w io.Writer) *Writer { return &Writer{to: w} }

// Write takes a chunk. Once a write to the underlying writer has failed, all
// that follow return its error.
func (w *Writer) Write(chunk []byte) (int, error) {
	if w.err != nil {
		return 0, w.err
	}
	w.ready = w.ready[:0]
	w.lines.Feed(chunk, func(line string) {
		w.ready = append(append(w.ready, line...), '\n')
	})
	w.flush()
	if w.err != nil {
		return 0, w.err
	}
	return len(chunk), nil
}

// Close writes the line that no newline has ended. It does not close the
// underlying writer, and the Writer can be used for another stream afterwards.
func (w *Writer) Close() error {
	w.ready = append(w.ready[:0], w.lines.Rest()...)
	w.lines = Lines{}
	w.flush()
	return w.err
}

func (w *Writer) flush() {
	if len(w.ready) > 0 && w.err == nil {
		_, w.err = w.to.Write(w.ready)
	}
}
