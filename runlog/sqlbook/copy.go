package sqlbook

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
	"time"
)

// CopyTo writes a consistent copy of the lab-book to a file, which must be empty
// or not exist. Others can read and write meanwhile; the copy is of the moment at
// which it began. It holds nothing that is free. The file is not synced.
//
// The copy is a lab-book of its own, without spools: it knows of none, and runs that
// were under way have ended in it, as those of programs that died, with a note that
// says why. Nobody will ever tell it more of them.
func (b *Book) CopyTo(ctx context.Context, path string) error {
	_, err := b.db.ExecContext(ctx, "VACUUM INTO ?", path)
	if err == nil {
		err = settleCopy(ctx, path)
	}
	if err != nil {
		return fmt.Errorf("copy lab-book: %w", err)
	}
	return nil
}

// settleCopy takes out of a copy what makes sense beside the spools only.
func settleCopy(ctx context.Context, path string) (err error) {
	if path, err = filepath.Abs(path); err != nil {
		return err
	}
	// No log or journal beside a file that nobody else knows of yet.
	db, err := sql.Open("sqlite", dsn(path, "rw", "journal_mode(MEMORY)", "synchronous(OFF)"))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // after a commit it does nothing
	rows, err := tx.QueryContext(ctx, "SELECT uuid FROM run WHERE status = 'running'")
	runs, err := collect(rows, err, func(row scanner) (uuid string, err error) { return uuid, row.Scan(&uuid) })
	if err != nil {
		return err
	}
	const text = "the run was under way when this copy of the lab-book was made: what came later is not in it"
	for _, run := range runs {
		if err := closeRun(ctx, tx, run); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, `INSERT INTO note (run, seq, text, at)
			SELECT id, 1 + coalesce((SELECT max(seq) FROM note WHERE run = run.id), 0), ?, ? FROM run WHERE uuid = ?`, text, nanos(time.Now()), run)
		if err != nil {
			return err
		}
	}
	if _, err := tx.ExecContext(ctx, "DELETE FROM spool"); err != nil {
		return err
	}
	return tx.Commit()
}
