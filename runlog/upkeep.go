package runlog

import (
	"context"
	"path/filepath"

	"labbook/runlog/sqlbook"
)

// openForUpkeep opens the lab-book in dir, "" for the one of the working
// directory, to change what it holds. It must exist; what dead programs left is
// taken in first.
func openForUpkeep(ctx context.Context, dir string) (*sqlbook.Book, string, error) {
	reader, err := Open(ctx, dir)
	if err != nil {
		return nil, "", err
	}
	dir = reader.Dir()
	if err := reader.Close(); err != nil {
		return nil, "", err
	}
	book, err := sqlbook.Create(ctx, filepath.Join(dir, bookFile))
	return book, dir, err
}

// SetPinned pins runs of the lab-book in dir, "" for the one of the working
// directory, so that Prune never removes them, or no longer pins them. If one of
// them is not there, the error is ErrNoRun and nothing has changed. It is safe
// while programs record.
func SetPinned(ctx context.Context, dir string, pinned bool, runs ...int64) (err error) {
	book, _, err := openForUpkeep(ctx, dir)
	if err != nil {
		return err
	}
	defer closeWith(book, &err)
	return book.SetPinned(ctx, pinned, runs...)
}

// closeWith closes a lab-book that was written to, and reports if that fails.
func closeWith(book *sqlbook.Book, err *error) {
	if closeErr := book.Close(); *err == nil {
		*err = closeErr
	}
}

// isQuiet reports whether no program records in dir: whoever does has a spool.
func isQuiet(dir string) func() (bool, error) {
	return func() (bool, error) {
		names, err := spoolNames(dir)
		return len(names) == 0, err
	}
}

// Progress tells how far a long job has come: what is being done, and how much of
// how much, both 0 if that is not known. It is called often and must return at
// once.
type Progress func(what string, done, all int64)

// orNone lets the zero Progress be called.
func (p Progress) orNone() Progress {
	if p == nil {
		return func(string, int64, int64) {}
	}
	return p
}
