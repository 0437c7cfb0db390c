package sqlbook

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"strings"

	"labbook/runlog/event"
	"labbook/runlog/record"
)

// A program that is run again records little but hits, and many of them. They
// become rows together, since a statement costs more than a row, and without
// package sql, which costs as much as binding what it hands on.
const hitRows = 64

const hitColumns = "run, id, parent, batch, task, func, key, origin, started, duration, saved, result_digest, result_bytes"

var (
	hitValues = strings.Count(hitColumns, ",") // of one hit; the run is that of all
	hitPlaces = "(?1, " + strings.Repeat("?, ", hitValues) + "'" + string(record.Hit) + "')"
)

// insertHits is the statement for so many rows. Should it fail, what it has
// inserted goes with the transaction: OR FAIL spares SQLite a journal of its own
// for the statement, which would cost more than the rows.
func insertHits(rows int) string {
	return "INSERT OR FAIL INTO call (" + hitColumns + ", outcome) VALUES " + strings.Repeat(hitPlaces+", ", rows-1) + hitPlaces
}

var insertHit, insertHitRows = insertHits(1), insertHits(hitRows)

// isPlainHit reports whether a hit has nothing to say that few hits have.
func isPlainHit(e *event.CallEnd) bool {
	return e.Outcome == record.Hit && e.Reason == "" && e.Detail == "" && e.Error == "" && e.StoreError == ""
}

// hits are those of one run that wait to be inserted together.
type hits struct {
	conn    *sql.Conn
	insert  driver.Stmt // of hitRows; nil until there are so many
	values  []driver.NamedValue
	waiting int
}

func (h *hits) add(values ...any) {
	for _, value := range values {
		h.values = append(h.values, driver.NamedValue{Ordinal: len(h.values) + 1, Value: value})
	}
	h.waiting++
}

// hit adds a hit to those that wait for each other.
func (a *applier) hit(e *event.CallEnd, function, key, origin int64, result any) error {
	h := &a.hits
	if h.waiting == 0 {
		h.values = append(h.values[:0], driver.NamedValue{Ordinal: 1, Value: a.run})
	}
	h.add(a.callID(e.Call), a.callID(e.Scope.Call), e.Scope.Batch, e.Scope.Task, function, key,
		origin, nanos(e.Started), int64(e.Duration), int64(e.Saved), result, e.ResultBytes)
	if h.waiting < hitRows {
		return nil
	}
	h.waiting = 0
	return h.conn.Raw(func(conn any) (err error) {
		if h.insert == nil {
			if h.insert, err = conn.(driver.ConnPrepareContext).PrepareContext(a.ctx, insertHitRows); err != nil {
				return err
			}
		}
		// Without a context that can end, which each statement would have a
		// goroutine watch: the next one that has it is not far.
		_, err = h.insert.(driver.StmtExecContext).ExecContext(context.WithoutCancel(a.ctx), h.values)
		return err
	})
}

// flushHits writes the hits that still wait.
func (a *applier) flushHits() error {
	h := &a.hits
	for ; h.waiting > 0; h.waiting-- {
		one := make([]any, 0, 1+hitValues)
		for _, value := range append(h.values[:1:1], h.values[1+(h.waiting-1)*hitValues:][:hitValues]...) {
			one = append(one, value.Value)
		}
		if err := a.exec(insertHit, one...); err != nil {
			return err
		}
	}
	return nil
}

// close gives up the statement, before its connection goes back to the others.
func (h *hits) close() error {
	if h.insert == nil {
		return nil
	}
	err := h.conn.Raw(func(any) error { return h.insert.Close() })
	if errors.Is(err, sql.ErrConnDone) {
		return nil // and the statement went with it
	}
	return err
}
