package sqlbook

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	sqlite3 "modernc.org/sqlite/lib"
)

// turnTime is how often somebody who waits to write asks again.
const turnTime = time.Millisecond

// takeTurn begins a transaction that writes, once nobody else does. SQLite's own way
// of waiting asks more and more rarely, ten times a second in the end, and of a
// few busy writers leaves one out for seconds at a time. Those who ask often find
// the moments between two transactions, and all of them alike. It waits no longer
// than patience.
func takeTurn(ctx context.Context, conn *sql.Conn, patience time.Duration) (tx *sql.Tx, err error) {
	if err := setBusyTime(ctx, conn, 0); err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, setBusyTime(context.WithoutCancel(ctx), conn, busyTime)) }()
	ask := time.NewTicker(turnTime)
	defer ask.Stop()
	for begun := time.Now(); ; {
		tx, err := conn.BeginTx(ctx, nil)
		if !isCode(err, sqlite3.SQLITE_BUSY) || time.Since(begun) > patience {
			return tx, err
		}
		select {
		case <-ask.C:
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}
}

// IsBusy reports whether an error says that others were writing for longer than this
// one waited.
func IsBusy(err error) bool { return isCode(err, sqlite3.SQLITE_BUSY) }

// setBusyTime says how long SQLite waits for others by itself.
func setBusyTime(ctx context.Context, conn *sql.Conn, wait time.Duration) error {
	_, err := conn.ExecContext(ctx, fmt.Sprintf("PRAGMA busy_timeout = %d", wait.Milliseconds()))
	return err
}

// LimitWait says how long those who take something in wait from now on while
// others write: 10 s if nothing is said.
func (b *Book) LimitWait(patience time.Duration) { b.patience.Store(int64(patience)) }

func (b *Book) wait() time.Duration {
	if patience := b.patience.Load(); patience > 0 {
		return time.Duration(patience)
	}
	return busyTime
}
