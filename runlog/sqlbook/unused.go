package sqlbook

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"
)

// ErrRecording is returned where something waits until no program records.
var ErrRecording = errors.New("programs are recording")

// errChanged says that somebody has written to the lab-book meanwhile.
var errChanged = errors.New("the lab-book has changed")

// RemoveUnused deletes what no call refers to any more: keys with their parts,
// functions, source, snapshots. A program that records can have declared a key
// whose first call is still to come, and remember the numbers of those that it
// has declared; so this is for when none does, which isQuiet is asked while nobody
// else writes. ErrRecording says that one does. It works in short transactions as
// RemoveRows does.
func (b *Book) RemoveUnused(ctx context.Context, isQuiet func() (bool, error), progress func(rows int64)) error {
	total := int64(0)
	count := func(rows int64) {
		total += rows
		progress(total)
	}
	for range 3 {
		err := b.removeUnusedKeys(ctx, isQuiet, count)
		if errors.Is(err, errChanged) {
			continue // a program has come and gone
		}
		if err != nil {
			return fmt.Errorf("remove what is no longer used: %w", err)
		}
		for _, remove := range b.removers() {
			err := b.inSteps(ctx, count, func(tx *sql.Tx, limit int) (int64, bool, error) {
				if err := whenQuiet(isQuiet); err != nil {
					return 0, false, err
				}
				rows, err := remove(ctx, tx, limit)
				return rows, rows == int64(limit), err
			})
			if err != nil {
				return fmt.Errorf("remove what is no longer used: %w", err)
			}
		}
		return nil
	}
	return ErrRecording
}

// A remover deletes up to limit rows, and says how many it came to.
type remover func(ctx context.Context, tx *sql.Tx, limit int) (int64, error)

// removers delete what belongs to nothing once the keys are gone that do.
func (b *Book) removers() []remover {
	return []remover{
		b.removeSnapshots,
		rowsRemover("DELETE FROM first_call WHERE (run, key) IN (SELECT run, key FROM first_call WHERE key NOT IN (SELECT id FROM key) LIMIT ?)"),
		rowsRemover(`DELETE FROM func WHERE id IN (SELECT id FROM func
			WHERE NOT EXISTS (SELECT 1 FROM call WHERE call.func = func.id) AND NOT EXISTS (SELECT 1 FROM key WHERE key.func = func.id)
			AND id NOT IN (SELECT func FROM run_func) LIMIT ?)`),
		rowsRemover(`DELETE FROM source WHERE (code_digest, name) IN (SELECT code_digest, name FROM source
			WHERE code_digest NOT IN (SELECT code_digest FROM func) LIMIT ?)`),
		rowsRemover("DELETE FROM source_text WHERE id IN (SELECT id FROM source_text WHERE id NOT IN (SELECT text FROM source) LIMIT ?)"),
	}
}

func rowsRemover(query string) remover {
	return func(ctx context.Context, tx *sql.Tx, limit int) (int64, error) {
		return affected(tx.ExecContext(ctx, query, limit))
	}
}

func whenQuiet(isQuiet func() (bool, error)) error {
	quiet, err := isQuiet()
	if err == nil && !quiet {
		err = ErrRecording
	}
	return err
}

// removeUnusedKeys deletes keys without calls. Most calls are in no index by
// their key, so that it lists the keys in use first; errChanged says that the
// list is out of date.
func (b *Book) removeUnusedKeys(ctx context.Context, isQuiet func() (bool, error), count func(rows int64)) error {
	conn, err := b.db.Conn(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }() // it goes back to the pool
	defer func() {
		_, _ = conn.ExecContext(context.WithoutCancel(ctx), "DROP TABLE IF EXISTS temp.used") // goes with the connection
		b.applyMu.Lock()
		defer b.applyMu.Unlock()
		b.keys.reset() // it may know keys that are gone
	}()
	// The version counts what other connections write, so that it stays the same
	// while only this one does.
	var version int64
	if err := conn.QueryRowContext(ctx, "PRAGMA data_version").Scan(&version); err != nil {
		return err
	}
	_, err = conn.ExecContext(ctx, `CREATE TEMP TABLE used (key INTEGER PRIMARY KEY);
		INSERT INTO temp.used SELECT DISTINCT key FROM call`)
	if err != nil {
		return err
	}
	last := int64(0)
	for limit := 200; ; {
		begun := time.Now()
		rows, err := removeKeys(ctx, conn, &begun, version, &last, limit, isQuiet)
		if err != nil {
			return err
		}
		count(rows)
		if rows < int64(limit) {
			return nil
		}
		took := time.Since(begun)
		limit = nextLimit(limit, took)
		if err := rest(ctx, took); err != nil {
			return err
		}
	}
}

// removeKeys deletes the first keys after last that are not used, up to limit.
func removeKeys(ctx context.Context, conn *sql.Conn, begun *time.Time, version int64, last *int64, limit int, isQuiet func() (bool, error)) (int64, error) {
	tx, err := takeTurn(ctx, conn, busyTime)
	if err != nil {
		return 0, err
	}
	defer func() { _ = tx.Rollback() }() // after a commit it does nothing
	*begun = time.Now()
	if err := whenQuiet(isQuiet); err != nil {
		return 0, err
	}
	var now int64
	if err := tx.QueryRowContext(ctx, "PRAGMA data_version").Scan(&now); err != nil {
		return 0, err
	}
	if now != version {
		return 0, errChanged
	}
	rows, err := tx.QueryContext(ctx, "SELECT id FROM key WHERE id > ? AND id NOT IN (SELECT key FROM temp.used) ORDER BY id LIMIT ?", *last, limit)
	keys, err := collect(rows, err, func(row scanner) (id int64, err error) { return id, row.Scan(&id) })
	if err != nil {
		return 0, err
	}
	for _, key := range keys {
		if err := removeNeighbours(ctx, tx, key); err != nil {
			return 0, err
		}
		for _, query := range []string{"DELETE FROM part WHERE key = ?", "DELETE FROM key WHERE id = ?"} {
			if _, err := tx.ExecContext(ctx, query, key); err != nil {
				return 0, err
			}
		}
		*last = key
	}
	return int64(len(keys)), tx.Commit()
}
