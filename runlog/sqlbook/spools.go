package sqlbook

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"time"

	"labbook/runlog/event"
)

// ErrGone is returned by ApplyFirst for a spool that is no longer there: somebody
// else has taken all of it in, and perhaps forgotten it since.
var ErrGone = errors.New("the spool is gone: it has been taken in by another process")

// ApplyFirst is Apply for the first events of a spool. It takes them in only if
// the lab-book knows nothing of the spool and the spool is still there, which
// isThere is asked while nobody else writes.
//
// A spool is deleted after its last event is in the lab-book, and forgotten after
// it is deleted. So one that is there and not known is new, while of one that is
// neither there nor known nobody can tell whether it was ever taken in: whoever
// still has it open must not take it in again.
func (b *Book) ApplyFirst(ctx context.Context, spool, runUUID string, events []event.Event, to int64, isThere func() (bool, error)) error {
	return b.apply(ctx, spool, runUUID, events, 0, to, isThere)
}

// ForgetSpools deletes what the lab-book remembers of spools that no longer
// exist, and says of how many. List names those that do; it is asked again while
// nobody else writes. Spools of runs that seem to be under way stay: somebody may
// have deleted them by mistake, and the program still has them open.
func (b *Book) ForgetSpools(ctx context.Context, list func() ([]string, error)) (int64, error) {
	gone, err := b.goneSpools(ctx, b.db, list)
	if err != nil || len(gone) == 0 {
		return 0, err
	}
	b.applyMu.Lock()
	defer b.applyMu.Unlock()
	err = b.transact(ctx, func(tx *sql.Tx) error {
		if gone, err = b.goneSpools(ctx, tx, list); err != nil {
			return err
		}
		for _, name := range gone {
			if _, err := tx.ExecContext(ctx, "DELETE FROM spool WHERE name = ?", name); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return 0, fmt.Errorf("forget spools: %w", err)
	}
	return int64(len(gone)), nil
}

// goneSpools names the spools that are known and do not exist.
func (b *Book) goneSpools(ctx context.Context, q querier, list func() ([]string, error)) ([]string, error) {
	rows, err := q.QueryContext(ctx, `SELECT name FROM spool WHERE NOT EXISTS
		(SELECT 1 FROM run WHERE uuid = substr(spool.name, 1, 36) AND status = 'running' AND heartbeat >= ?)`,
		nanos(time.Now().Add(-silentAfter)))
	known, err := collect(rows, err, func(row scanner) (name string, err error) { return name, row.Scan(&name) })
	if err != nil {
		return nil, fmt.Errorf("list known spools: %w", err)
	}
	if len(known) == 0 {
		return nil, nil
	}
	there, err := list()
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(known, func(name string) bool { return slices.Contains(there, name) }), nil
}

// A querier is the database, a connection to it, or a transaction.
type querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// KnownSpools names the spools that the lab-book remembers.
func (b *Book) KnownSpools(ctx context.Context) ([]string, error) {
	rows, err := b.db.QueryContext(ctx, "SELECT name FROM spool ORDER BY name")
	known, err := collect(rows, err, func(row scanner) (name string, err error) { return name, row.Scan(&name) })
	if err != nil {
		return nil, fmt.Errorf("list known spools: %w", err)
	}
	return known, nil
}
