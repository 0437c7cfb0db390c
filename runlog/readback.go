package runlog

import (
	"context"
	"errors"

	"labbook/runlog/sqlbook"
)

// ErrNotRecording is returned where there is no lab-book to read from, since
// nothing is recorded.
var ErrNotRecording = errors.New("nothing is recorded")

// Book returns the lab-book, with all in it that was emitted before. It is for
// reading only, until the run ends. The error is ErrNotRecording, or why the
// lab-book cannot be used. It costs a transaction.
func (r *Recorder) Book(ctx context.Context) (*sqlbook.Book, error) {
	if !r.Recording() {
		return nil, ErrNotRecording
	}
	book, _, err := r.ingest.flush(ctx)
	return book, err
}
