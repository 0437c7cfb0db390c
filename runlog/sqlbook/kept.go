package sqlbook

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
)

// SetPinned pins runs, or no longer pins them: all or, if one of them is not
// there (ErrNoRun), none. A pinned run is never removed.
func (b *Book) SetPinned(ctx context.Context, pinned bool, runs ...int64) error {
	err := b.transact(ctx, func(tx *sql.Tx) error {
		for _, run := range runs {
			result, err := tx.ExecContext(ctx, "UPDATE run SET pinned = ? WHERE id = ?", pinned, run)
			if err != nil {
				return err
			}
			rows, err := result.RowsAffected()
			if err == nil && rows == 0 {
				err = noRun(ctx, tx, run)
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil && !errors.Is(err, ErrNoRun) {
		return fmt.Errorf("pin run: %w", err)
	}
	return err
}

// noRun says that a run is not there, and if it once was, that it was pruned:
// numbers are never used twice.
func noRun(ctx context.Context, q querier, id int64) error {
	if wasRemoved(ctx, q, id) {
		return fmt.Errorf("run %d was removed: %w", id, ErrNoRun)
	}
	return fmt.Errorf("run %d: %w", id, ErrNoRun)
}

// wasRemoved reports whether a run that is not there once was.
func wasRemoved(ctx context.Context, q querier, id int64) bool {
	var last int64
	err := q.QueryRowContext(ctx, "SELECT seq FROM sqlite_sequence WHERE name = 'run'").Scan(&last)
	return err == nil && id > 0 && id <= last
}

// RunsRemoved reports whether a run was removed that had a number below before, or
// any number if that is 0.
func (b *Book) RunsRemoved(ctx context.Context, before int64) (bool, error) {
	var removed bool
	err := b.db.QueryRowContext(ctx, `SELECT count(*) < coalesce(nullif(?1, 0) - 1, (SELECT seq FROM sqlite_sequence WHERE name = 'run'), 0)
		FROM run WHERE ?1 = 0 OR id < ?1`, before).Scan(&removed)
	if err != nil {
		return false, fmt.Errorf("look for removed runs: %w", err)
	}
	return removed, nil
}
