package runlog

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	"labbook/runlog/record"
	"labbook/runlog/sqlbook"
)

// Errors of reading a lab-book, to branch on with errors.Is; a lab-book that a
// newer version wrote is a *NewerError.
var (
	ErrNoBook     = sqlbook.ErrNotExist
	ErrNotLabbook = sqlbook.ErrNotLabbook
	ErrNoRun      = sqlbook.ErrNoRun
	ErrNoCall     = sqlbook.ErrNoCall

	// ErrEmptied is returned where a lab-book was and is no more, though its log or
	// its artifacts are still there. It is an ErrNoBook.
	ErrEmptied = fmt.Errorf("%w, though there was one", ErrNoBook)
)

// NewerError is a lab-book of a schema that this version does not know.
type NewerError = sqlbook.NewerError

// IsDamaged reports whether an error says that the lab-book's file is damaged; see
// [Check].
func IsDamaged(err error) bool { return sqlbook.IsDamaged(err) }

// Reader reads a lab-book, also while programs write to it. It is safe for
// concurrent use; close it when done. Its queries are those of *sqlbook.Book.
type Reader struct {
	*sqlbook.Book
	dir       string
	leftovers error

	lookedMu sync.Mutex
	looked   time.Time // when Version last looked for leftovers
}

// lookEvery is how often a reader that is asked for changes looks for what a
// program that died meanwhile has left.
const lookEvery = 2 * time.Second

// Open opens the lab-book in dir, "" for the one of the working directory (see
// Dir), for reading. What dead programs left in their spools is taken in first,
// if the folder can be written. ErrNoBook means that there is none.
func Open(ctx context.Context, dir string) (*Reader, error) {
	if dir == "" {
		var err error
		if dir, err = Dir(); err != nil {
			return nil, err
		}
	}
	path := filepath.Join(dir, bookFile)
	leftovers := takeInBeforeReading(ctx, dir, path)
	book, err := sqlbook.Open(ctx, path)
	if errors.Is(err, ErrNoBook) {
		err = explainEmptied(dir, path, err)
	}
	if err != nil {
		return nil, err
	}
	return &Reader{Book: book, dir: dir, leftovers: leftovers, looked: time.Now()}, nil
}

// explainEmptied says what to do if there was a lab-book once. While a program
// records, it may just be making one.
func explainEmptied(dir, path string, err error) error {
	if names, listErr := spoolNames(dir); listErr != nil || len(names) > 0 {
		return err
	}
	for _, left := range []string{path + "-wal", filepath.Join(dir, artifactFolder)} {
		info, statErr := os.Stat(left)
		if statErr != nil || info.Size() == 0 {
			continue
		}
		if entries, readErr := os.ReadDir(left); info.IsDir() && (readErr != nil || len(entries) == 0) {
			continue
		}
		return fmt.Errorf("%s: %w: it was emptied or deleted, but %s is still there; put a backup of it in its place, or move what is left away to begin anew", path, ErrEmptied, left)
	}
	return err
}

// Leftovers says what of dead programs could not be taken in when the lab-book
// was opened, and why; nil if all could. It stays where it is and is tried
// again the next time.
func (r *Reader) Leftovers() error { return r.leftovers }

// Version returns a number that differs from its last value once anything in the
// lab-book has changed. Some of the time it takes in leftovers first, so that
// who watches a program sees it die.
func (r *Reader) Version(ctx context.Context) (int64, error) {
	r.lookedMu.Lock()
	due := time.Since(r.looked) >= lookEvery
	if due {
		r.looked = time.Now()
	}
	r.lookedMu.Unlock()
	if due {
		// What cannot be taken in now stays for the next time.
		_ = takeInBeforeReading(ctx, r.dir, r.Path())
	}
	return r.Book.Version(ctx)
}

// Run returns a run with all that belongs to it but its calls, batches and output,
// as [sqlbook.Book.Run] does, with its artifacts where they are now: a lab-book can
// be moved.
func (r *Reader) Run(ctx context.Context, id int64) (record.RunDetail, error) {
	run, err := r.Book.Run(ctx, id)
	for i := range run.Artifacts {
		run.Artifacts[i].Path = artifactPath(r.dir, run.UUID, &run.Artifacts[i])
	}
	return run, err
}

// Dir is the folder of the lab-book.
func (r *Reader) Dir() string { return r.dir }

// takeInBeforeReading takes in leftovers. A folder that cannot be written, or a
// file that is no lab-book, is for the reader to report or to live with.
func takeInBeforeReading(ctx context.Context, dir, path string) error {
	entries, err := os.ReadDir(filepath.Join(dir, spoolFolder))
	if err != nil || len(entries) == 0 || !writable(dir) {
		return nil
	}
	book, err := sqlbook.Create(ctx, path)
	if err != nil {
		return nil // opening it to read will say the same
	}
	limit, limitErr := outputLimit()
	book.LimitOutput(limit)
	err = errors.Join(takeInLeftovers(ctx, book, dir), limitErr)
	if closeErr := book.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		return fmt.Errorf("take in what programs left: %w", err)
	}
	return nil
}

// writable reports whether files can be made in dir.
func writable(dir string) bool {
	file, err := os.CreateTemp(dir, probePrefix+"*")
	if err != nil {
		return false
	}
	return errors.Join(file.Close(), os.Remove(file.Name())) == nil
}
