package sqlbook

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"labbook/runlog/event"
	"labbook/runlog/record"
)

// ErrMoved is returned by Apply when somebody else has taken in some of the
// same events meanwhile: ask for Offset again and go on from there.
var ErrMoved = errors.New("the spool has been taken in further by another process")

// Offset tells how far the spool of that name has been taken in; 0 if not at
// all.
func (b *Book) Offset(ctx context.Context, spool string) (int64, error) {
	offset, err := spoolOffset(ctx, b.db, spool)
	if err != nil {
		return 0, fmt.Errorf("read spool offset: %w", err)
	}
	return offset, nil
}

func spoolOffset(ctx context.Context, q querier, spool string) (offset int64, err error) {
	err = q.QueryRowContext(ctx, "SELECT offset FROM spool WHERE name = ?", spool).Scan(&offset)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, nil
	}
	return offset, err
}

// Apply takes in the events that stand in the spool between two offsets, all
// of them or none. It costs some microseconds an event.
func (b *Book) Apply(ctx context.Context, spool, runUUID string, events []event.Event, from, to int64) error {
	return b.apply(ctx, spool, runUUID, events, from, to, nil)
}

func (b *Book) apply(ctx context.Context, spool, runUUID string, events []event.Event, from, to int64, isThere func() (bool, error)) error {
	b.applyMu.Lock()
	defer b.applyMu.Unlock()
	err := b.transactOn(ctx, func(conn *sql.Conn, tx *sql.Tx) (err error) {
		offset, err := spoolOffset(ctx, tx, spool)
		if err != nil {
			return err
		}
		if offset != from {
			return ErrMoved
		}
		if isThere != nil {
			if there, err := isThere(); err != nil {
				return err
			} else if !there {
				return ErrGone
			}
		}
		a := b.newApplier(ctx, conn, tx)
		defer func() { err = errors.Join(err, a.hits.close(), a.closeBulks()) }()
		if err := a.openRun(runUUID); err != nil {
			return err
		}
		for _, e := range events {
			if err := a.apply(e); err != nil {
				return fmt.Errorf("take in %T: %w", e, err)
			}
		}
		if err := a.flushHits(); err != nil {
			return fmt.Errorf("take in hits: %w", err)
		}
		if err := a.flushRows(); err != nil {
			return fmt.Errorf("take in rows: %w", err)
		}
		if err := a.flushOutput(); err != nil {
			return fmt.Errorf("take in output: %w", err)
		}
		if err := a.addCounts(); err != nil {
			return err
		}
		return a.exec("INSERT INTO spool (name, offset) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET offset = excluded.offset", spool, to)
	})
	if err != nil && !errors.Is(err, ErrMoved) && !errors.Is(err, ErrGone) {
		return fmt.Errorf("take in events: %w", err)
	}
	return err
}

// Finish says that the writer of a spool is gone and all of it is taken in.
// If it was the program's own and no RunEnd came, the run has died: it is
// closed at the last moment that it is known to have been alive, and with it
// the batches and tasks that were under way. Calls that were stay as they are:
// nobody knows what they would have come to. Another spool, of output, can have
// later moments.
func (b *Book) Finish(ctx context.Context, runUUID string, main bool) error {
	b.applyMu.Lock()
	defer b.applyMu.Unlock()
	if !main {
		died := false
		err := b.db.QueryRowContext(ctx, "SELECT EXISTS (SELECT 1 FROM run WHERE uuid = ? AND status = 'died')", runUUID).Scan(&died)
		if err != nil {
			return fmt.Errorf("look up run: %w", err)
		}
		if !died {
			return nil
		}
	}
	err := b.transact(ctx, func(tx *sql.Tx) error {
		if main {
			return closeRun(ctx, tx, runUUID)
		}
		_, err := tx.ExecContext(ctx, lastSeen, runUUID)
		return err
	})
	if err != nil {
		return fmt.Errorf("close run: %w", err)
	}
	return nil
}

// lastSeen closes a run whose end nobody saw at the last moment that it is known
// to have been alive. Of its output the last chunk is the latest.
const lastSeen = `
	UPDATE run SET ended = max(ended, heartbeat, started,
		coalesce((SELECT max(started + duration) FROM call WHERE run = run.id), 0),
		coalesce((SELECT max(at) FROM sample WHERE run = run.id), 0),
		coalesce((SELECT at FROM output WHERE id BETWEEN run.id << 32 AND run.id << 32 | 0xffffffff ORDER BY id DESC LIMIT 1), 0))
	WHERE uuid = ? AND status IN ('died', 'ended')`

// closeRun has a run, if it is under way, end at the last moment that it is known to
// have been alive.
func closeRun(ctx context.Context, tx *sql.Tx, runUUID string) error {
	for _, statement := range []string{
		"UPDATE run SET status = iif(implicit, 'ended', 'died') WHERE uuid = ? AND status = 'running'",
		`UPDATE batch SET status = 'cancelled' WHERE run = (SELECT id FROM run WHERE uuid = ?) AND status = 'running'`,
		`UPDATE task SET status = 'cancelled' WHERE run = (SELECT id FROM run WHERE uuid = ?) AND status = 'running'`,
		lastSeen,
	} {
		if _, err := tx.ExecContext(ctx, statement, runUUID); err != nil {
			return err
		}
	}
	return nil
}

// RunID returns the number of the run with that UUID, 0 if there is none.
func (b *Book) RunID(ctx context.Context, uuid string) (id int64, err error) {
	err = b.db.QueryRowContext(ctx, "SELECT id FROM run WHERE uuid = ?", uuid).Scan(&id)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return 0, fmt.Errorf("look up run: %w", err)
	}
	return id, nil
}

// IsShared reports whether two processes have recorded the run with that UUID: a
// Command, and its program itself.
func (b *Book) IsShared(ctx context.Context, uuid string) (is bool, err error) {
	err = b.db.QueryRowContext(ctx, "SELECT EXISTS (SELECT 1 FROM run WHERE uuid = ? AND outside = 2)", uuid).Scan(&is)
	if err != nil {
		return false, fmt.Errorf("look up run: %w", err)
	}
	return is, nil
}

func (b *Book) transact(ctx context.Context, do func(*sql.Tx) error) error {
	return b.transactOn(ctx, func(_ *sql.Conn, tx *sql.Tx) error { return do(tx) })
}

// transactOn is transact for those who need the connection too.
func (b *Book) transactOn(ctx context.Context, do func(*sql.Conn, *sql.Tx) error) (err error) {
	conn, err := b.db.Conn(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, conn.Close()) }() // it goes back to the pool
	tx, err := takeTurn(ctx, conn, b.wait())
	if err != nil {
		return err
	}
	err = do(conn, tx)
	if err == nil {
		err = tx.Commit()
	}
	if err != nil {
		// They may know rows that are now undone.
		b.keys.reset()
		b.openLines.reset()
		// SQLite has rolled it back by itself if the disk is full, say, and then
		// does not find it any more.
		_ = tx.Rollback()
	}
	return err
}

// keyCache remembers the row of recent keys, so that a million hits of one key
// look it up once. Its owner serialises access.
type keyCache struct{ ids map[string]int64 }

const keyCacheSize = 50_000

func (c *keyCache) reset() { c.ids = nil }

func (c *keyCache) put(digest []byte, id int64) {
	if c.ids == nil || len(c.ids) >= keyCacheSize {
		c.ids = make(map[string]int64)
	}
	c.ids[string(digest)] = id
}

// An applier turns the events of one run into rows, within one transaction.
type applier struct {
	ctx        context.Context //nolint:containedctx // an applier lives no longer than its transaction
	conn       *sql.Conn
	tx         *sql.Tx
	keys       *keyCache
	statements map[string]*sql.Stmt
	run        int64
	book       *Book
	output     *outputKeeper    // nil before there is any
	functions  map[int64]int64  // number in the run → func.id
	names      map[int64]string // func.id → func.name
	lastMiss   missedKey
	bulks      bulks
	places     []keyPlace       // that wait to be inserted
	newKeys    map[int64]bool   // of this transaction; whether it is yet to be said what they are made of
	runs       map[string]int64 // UUID → run.id
	counts     record.Counts
	hits       hits
}

func (b *Book) newApplier(ctx context.Context, conn *sql.Conn, tx *sql.Tx) *applier {
	return &applier{
		ctx: ctx, conn: conn, tx: tx, book: b, keys: &b.keys, hits: hits{conn: conn}, bulks: newBulks(), newKeys: map[int64]bool{},
		statements: map[string]*sql.Stmt{}, functions: map[int64]int64{}, names: map[int64]string{}, runs: map[string]int64{},
	}
}

func (a *applier) statement(query string) (*sql.Stmt, error) {
	if s, ok := a.statements[query]; ok {
		return s, nil
	}
	s, err := a.tx.PrepareContext(a.ctx, query)
	if err == nil {
		a.statements[query] = s
	}
	return s, err
}

func (a *applier) exec(query string, args ...any) error {
	_, err := a.execCount(query, args...)
	return err
}

func (a *applier) execCount(query string, args ...any) (rows int64, err error) {
	s, err := a.statement(query)
	if err != nil {
		return 0, err
	}
	result, err := s.ExecContext(a.ctx, args...)
	if err != nil {
		return 0, err
	}
	return result.RowsAffected()
}

// id runs a query for one integer; 0 if there is no row.
func (a *applier) id(query string, args ...any) (id int64, err error) {
	s, err := a.statement(query)
	if err != nil {
		return 0, err
	}
	err = s.QueryRowContext(a.ctx, args...).Scan(&id)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, nil
	}
	return id, err
}

// insert runs an INSERT and returns the row's number.
func (a *applier) insert(query string, args ...any) (int64, error) {
	s, err := a.statement(query)
	if err != nil {
		return 0, err
	}
	result, err := s.ExecContext(a.ctx, args...)
	if err != nil {
		return 0, err
	}
	return result.LastInsertId()
}
