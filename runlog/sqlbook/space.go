package sqlbook

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	sqlite3 "modernc.org/sqlite/lib"
)

// Space is what the file of a lab-book takes.
type Space struct {
	Bytes int64 // of the file, once its log is written back
	Free  int64 // bytes inside of it that hold nothing
}

// Space tells what the file takes. It costs some microseconds.
func (b *Book) Space(ctx context.Context) (Space, error) {
	var pages, free, size int64
	err := b.db.QueryRowContext(ctx, `SELECT page_count, freelist_count, page_size
		FROM pragma_page_count, pragma_freelist_count, pragma_page_size`).Scan(&pages, &free, &size)
	if err != nil {
		return Space{}, fmt.Errorf("measure lab-book: %w", err)
	}
	return Space{Bytes: pages * size, Free: free * size}, nil
}

// givenBack is how many pages are given back at first in one step.
const givenBack = 200

// vacuumPatience is how long a program that begins to record waits for the file
// to be written anew. Its transactions wait for longer.
const vacuumPatience = 2 * time.Second

// GiveBack returns the room that holds nothing to the disk, page by page in short
// transactions. A lab-book that was made before it could do that is written anew
// once, which keeps all others from writing: that needs isQuiet to say that no
// program records, and is given up when one begins to. ErrRecording says that the
// room stays in the file, where later runs use it.
func (b *Book) GiveBack(ctx context.Context, isQuiet func() (bool, error), progress func(done, all int64)) error {
	conn, err := b.db.Conn(ctx)
	if err != nil {
		return fmt.Errorf("give back room: %w", err)
	}
	defer func() { _ = conn.Close() }() // it goes back to the pool
	var mode, pages int64
	err = conn.QueryRowContext(ctx, "SELECT auto_vacuum, freelist_count FROM pragma_auto_vacuum, pragma_freelist_count").Scan(&mode, &pages)
	switch {
	case err != nil || pages == 0:
	case mode == 0:
		err = b.vacuum(ctx, conn, isQuiet)
	default:
		err = incrementally(ctx, conn, pages, progress)
	}
	if err == nil {
		err = shortenLog(ctx, conn)
	}
	if err != nil && !errors.Is(err, ErrRecording) {
		return fmt.Errorf("give back room: %w", err)
	}
	return err
}

func incrementally(ctx context.Context, conn *sql.Conn, all int64, progress func(done, all int64)) error {
	limit := givenBack
	for left := all; left > 0; {
		begun := time.Now()
		if _, err := conn.ExecContext(ctx, fmt.Sprintf("PRAGMA incremental_vacuum(%d)", limit)); isCode(err, sqlite3.SQLITE_BUSY) {
			return ErrRecording
		} else if err != nil {
			return err
		}
		took := time.Since(begun)
		before := left
		if err := conn.QueryRowContext(ctx, "PRAGMA freelist_count").Scan(&left); err != nil {
			return err
		}
		if left >= before && left >= all {
			return nil // others free as much meanwhile, or these pages cannot go
		}
		progress(max(all-left, 0), all)
		limit = nextLimit(limit, took)
		if left > 0 {
			if err := rest(ctx, took); err != nil {
				return err
			}
		}
	}
	return nil
}

// vacuum writes the file anew, once and for all: after it, it can give pages back
// one by one.
func (b *Book) vacuum(ctx context.Context, conn *sql.Conn, isQuiet func() (bool, error)) error {
	if err := whenQuiet(isQuiet); err != nil {
		return err
	}
	watched, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	done := make(chan struct{})
	go func() {
		defer close(done)
		tick := time.NewTicker(vacuumPatience / 4)
		defer tick.Stop()
		for seen := 0; ; {
			select {
			case <-watched.Done():
				return
			case <-tick.C:
			}
			if whenQuiet(isQuiet) != nil {
				seen++
			}
			if seen == 4 {
				cancel(ErrRecording)
			}
		}
	}()
	_, err := conn.ExecContext(watched, fmt.Sprintf("PRAGMA busy_timeout = %d; PRAGMA auto_vacuum = INCREMENTAL; VACUUM; PRAGMA busy_timeout = %d",
		vacuumPatience.Milliseconds(), busyTime.Milliseconds()))
	gaveUp := errors.Is(context.Cause(watched), ErrRecording)
	cancel(nil)
	<-done
	if err != nil && (gaveUp || isCode(err, sqlite3.SQLITE_BUSY)) {
		return ErrRecording
	}
	return err
}

// shortenLog writes the log back into the file, which shrinks only then. Readers
// that still need the log keep it from being emptied, which is no error: the next
// writer tries again.
func shortenLog(ctx context.Context, conn *sql.Conn) error {
	_, err := conn.ExecContext(ctx, fmt.Sprintf("PRAGMA busy_timeout = 200; PRAGMA wal_checkpoint(TRUNCATE); PRAGMA busy_timeout = %d", busyTime.Milliseconds()))
	if isCode(err, sqlite3.SQLITE_BUSY) {
		return nil
	}
	return err
}
