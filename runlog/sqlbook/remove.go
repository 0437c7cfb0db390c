package sqlbook

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	sqlite3 "modernc.org/sqlite/lib"

	"labbook/runlog/record"
)

// ErrKept is returned by RemoveRun for a run that must stay.
var ErrKept = errors.New("the run is pinned, or under way")

// A runTable holds rows of runs. Its key is what tells the rows of one run apart.
type runTable struct{ name, key string }

// runTables are those whose rows need nothing but deleting; calls and output are
// deleted by deleteCalls and deleteOutput.
var runTables = []runTable{
	{"param", "position"},
	{"metric", "name, step"},
	{"artifact", "name"},
	{"tag", "tag"},
	{"note", "seq"},
	{"sample", "at"},
	{"input", "path"},
	{"output_scope", "stream, offset"},
	{"run_func", "number"},
	{"batch", "batch"},
	{"task", "batch, idx, attempt"},
	{"result", "call, path"},
	{"first_call", "key"},
}

// RemoveRun takes a run out of the lists at once. Its other rows are gone once
// RemoveRows has come to them. A run that is pinned or under way stays: that is
// ErrKept. Confirm is asked inside of the transaction, when nobody else writes; if
// it fails, so does RemoveRun, and undo puts right what it did should the
// transaction come to nothing after all.
func (b *Book) RemoveRun(ctx context.Context, id int64, confirm, undo func() error) error {
	confirmed := false
	err := b.patiently(ctx, func(tx *sql.Tx) error {
		var pinned bool
		var status record.Status
		err := tx.QueryRowContext(ctx, "SELECT pinned, "+b.liveStatus()+" FROM run WHERE id = ?", id).Scan(&pinned, &status)
		switch {
		case errors.Is(err, sql.ErrNoRows):
			return noRun(ctx, tx, id)
		case err != nil:
			return err
		case pinned || !status.Ended():
			return ErrKept
		}
		if err := confirm(); err != nil {
			return err
		}
		confirmed = true
		_, err = tx.ExecContext(ctx, "DELETE FROM run WHERE id = ?", id)
		return err
	})
	if err == nil || errors.Is(err, ErrNoRun) || errors.Is(err, ErrKept) {
		return err
	}
	err = fmt.Errorf("remove run %d: %w", id, err)
	if confirmed {
		err = errors.Join(err, undo())
	}
	return err
}

// Exclusively does something while nobody else writes to the lab-book. It must not
// take long, nor write to the lab-book itself.
func (b *Book) Exclusively(ctx context.Context, do func() error) error {
	return b.transact(ctx, func(*sql.Tx) error { return do() })
}

// RemoveRows deletes the rows of runs that are no more, in short transactions
// with pauses between them, so that others can write. What an earlier call that
// was stopped has left is deleted too.
func (b *Book) RemoveRows(ctx context.Context, progress func(rows int64)) error {
	total := int64(0)
	count := func(rows int64) {
		total += rows
		progress(total)
	}
	type place struct {
		table string
		run   int64
	}
	var places []place
	for _, table := range orphanTables() {
		runs, err := b.orphanedRuns(ctx, b.db, table)
		if err != nil {
			return fmt.Errorf("look for rows of removed runs: %w", err)
		}
		for _, run := range runs {
			places = append(places, place{table, run})
		}
	}
	err := b.inSteps(ctx, count, func(tx *sql.Tx, limit int) (done int64, more bool, err error) {
		left := places
		for begun := time.Now(); len(left) > 0 && done < int64(limit) && time.Since(begun) < stepTime; {
			most := limit - int(done)
			rows, err := deleteRows(ctx, tx, left[0].table, left[0].run, most)
			if err != nil {
				return 0, false, fmt.Errorf("run %d: %w", left[0].run, err)
			}
			done += rows
			if rows < int64(most) {
				left = left[1:]
			}
		}
		places = left
		return done, len(left) > 0, nil
	})
	if err != nil {
		return fmt.Errorf("remove rows of runs: %w", err)
	}
	if err := b.forgetStored(ctx); err != nil {
		return fmt.Errorf("remove rows of runs: %w", err)
	}
	return nil
}

// forgetStored has keys no longer name calls that are gone as those that stored
// their results.
func (b *Book) forgetStored(ctx context.Context) error {
	rows, err := b.db.QueryContext(ctx, "SELECT id FROM key WHERE stored <> 0 AND NOT EXISTS (SELECT 1 FROM call WHERE call.id = key.stored)")
	keys, err := collect(rows, err, func(row scanner) (id int64, err error) { return id, row.Scan(&id) })
	if err != nil {
		return err
	}
	return b.inSteps(ctx, func(int64) {}, func(tx *sql.Tx, limit int) (done int64, more bool, err error) {
		for ; len(keys) > 0 && done < int64(limit) && err == nil; done++ {
			_, err = tx.ExecContext(ctx, "UPDATE key SET stored = 0 WHERE id = ? AND NOT EXISTS (SELECT 1 FROM call WHERE call.id = key.stored)", keys[0])
			keys = keys[1:]
		}
		return done, len(keys) > 0, err
	})
}

// orphanTables names the tables whose rows belong to runs.
func orphanTables() []string {
	names := []string{"call", "output"}
	for _, table := range runTables {
		names = append(names, table.name)
	}
	return names
}

// orphanedRuns finds the runs that a table has rows of and that are no more. It
// looks at one row of each run.
func (b *Book) orphanedRuns(ctx context.Context, q querier, table string) ([]int64, error) {
	rows, err := q.QueryContext(ctx, `WITH RECURSIVE r (run) AS (
			SELECT min(run) FROM `+table+`
			UNION ALL SELECT (SELECT min(run) FROM `+table+` WHERE run > r.run) FROM r WHERE r.run IS NOT NULL
		) SELECT run FROM r WHERE run IS NOT NULL AND run NOT IN (SELECT id FROM run)`)
	return collect(rows, err, func(row scanner) (run int64, err error) { return run, row.Scan(&run) })
}

// deleteRows deletes up to limit rows of a run that is no more, and says how many
// it came to.
func deleteRows(ctx context.Context, tx *sql.Tx, table string, run int64, limit int) (int64, error) {
	switch table {
	case "call":
		return deleteCalls(ctx, tx, run, limit)
	case "output":
		return deleteOutput(ctx, tx, run, limit)
	}
	for _, t := range runTables {
		if t.name == table {
			return affected(tx.ExecContext(ctx, fmt.Sprintf("DELETE FROM %[1]s WHERE run = ?1 AND (%[2]s) IN (SELECT %[2]s FROM %[1]s WHERE run = ?1 LIMIT ?2)",
				t.name, t.key), run, limit))
		}
	}
	return 0, fmt.Errorf("there is no table %s", table)
}

func deleteCalls(ctx context.Context, tx *sql.Tx, run int64, limit int) (int64, error) {
	return affected(tx.ExecContext(ctx, "DELETE FROM call WHERE id IN (SELECT id FROM call WHERE run = ? LIMIT ?)", run, limit))
}

// deleteOutput deletes what a run printed. No other place deletes output but the
// one that bounds it: what is kept about its chunks goes here too.
func deleteOutput(ctx context.Context, tx *sql.Tx, run int64, limit int) (int64, error) {
	first, last := outputID(run, 0), outputID(run, maxSeq)
	const ofRun = "id BETWEEN ?1 AND ?2"
	n, err := affected(tx.ExecContext(ctx, "DELETE FROM output WHERE id IN (SELECT id FROM output WHERE "+ofRun+" ORDER BY id LIMIT ?3)", first, last, limit))
	for _, statement := range []string{
		// Blocks begin with one of their chunks; a trigger takes them out of the index.
		"DELETE FROM output_block WHERE " + ofRun + " AND id < coalesce((SELECT min(id) FROM output WHERE " + ofRun + "), ?2 + 1)",
		"DELETE FROM output_kept WHERE run = ?1 >> 32 AND NOT EXISTS (SELECT 1 FROM output WHERE " + ofRun + ")",
	} {
		if err == nil {
			_, err = tx.ExecContext(ctx, statement, first, last)
		}
	}
	return n, err
}

func affected(result sql.Result, err error) (int64, error) {
	if err != nil {
		return 0, err
	}
	return result.RowsAffected()
}

// Steps take about stepTime each. Others have a quarter of it between two of them:
// of the dozens of times that they look for their turn in the time that they wait
// for it, every fifth is good.
const (
	stepTime  = 10 * time.Millisecond
	leastRows = 10
	mostRows  = 20_000
)

// inSteps deletes rows in transactions that take some milliseconds each, for as
// long as there are more. Between them it lets others write:
// they poll for their turn, and would not get it from one who never rests.
func (b *Book) inSteps(ctx context.Context, count func(rows int64), do func(tx *sql.Tx, limit int) (rows int64, more bool, err error)) error {
	limit := 200
	for {
		begun := time.Now()
		var rows int64
		var more bool
		err := b.patiently(ctx, func(tx *sql.Tx) (err error) {
			begun = time.Now() // the wait for its turn is no part of it
			rows, more, err = do(tx, limit)
			return err
		})
		if err != nil {
			return err
		}
		count(rows)
		if !more {
			return ctx.Err()
		}
		took := time.Since(begun)
		limit = nextLimit(limit, took)
		if err := rest(ctx, took); err != nil {
			return err
		}
	}
}

// patience is how often a job that nobody waits for asks anew for its turn, each
// time for as long as others wait for theirs.
const patience = 6

// patiently is transact for a job that nobody waits for.
func (b *Book) patiently(ctx context.Context, do func(*sql.Tx) error) error {
	for range patience - 1 {
		if err := b.transact(ctx, do); !isCode(err, sqlite3.SQLITE_BUSY) {
			return err
		}
	}
	return b.transact(ctx, do)
}

// nextLimit is how much to do in the next step, if this one took so long.
func nextLimit(limit int, took time.Duration) int {
	switch {
	case took < stepTime/2:
		return min(limit*2, mostRows)
	case took > 2*stepTime:
		return max(limit/2, leastRows)
	}
	return limit
}

// rest lets others write after a step that took so long.
func rest(ctx context.Context, took time.Duration) error {
	timer := time.NewTimer(min(max(took/4, time.Millisecond), 10*stepTime))
	defer timer.Stop()
	select {
	case <-timer.C:
		return ctx.Err()
	case <-ctx.Done():
		return ctx.Err()
	}
}
