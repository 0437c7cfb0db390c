package sqlbook

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"strings"
)

// bulkRows is how many rows of one table are inserted together. A statement costs more
// than a row, and package sql as much as binding what it hands on.
const bulkRows = 64

// A bulk is rows of one table that wait to be inserted together.
type bulk struct {
	into    string // table and columns
	columns int
	values  []driver.NamedValue
	insert  driver.Stmt // of bulkRows; nil until there are so many
}

func newBulk(into string) *bulk { return &bulk{into: into, columns: 1 + strings.Count(into, ",")} }

// bulks are those of an applier. A row that is there already stays as it is.
type bulks struct {
	parts, neighbours, sketches, results, firstCalls *bulk
}

func newBulks() bulks {
	return bulks{
		parts:      newBulk("part (key, position, kind, name, digest, preview)"),
		neighbours: newBulk("leave_one_out (era, slot, digest, key, rest, value)"),
		sketches:   newBulk("sketch (bucket, value)"),
		results:    newBulk("result (run, call, path, era, digest)"),
		firstCalls: newBulk("first_call (run, key, call)"),
	}
}

func (b *bulks) all() []*bulk {
	return []*bulk{b.parts, b.neighbours, b.sketches, b.results, b.firstCalls}
}

// addRow adds a row to those that wait. Its values are of types that drivers know.
func (a *applier) addRow(b *bulk, values ...driver.Value) error {
	for _, value := range values {
		b.values = append(b.values, driver.NamedValue{Ordinal: len(b.values) + 1, Value: value})
	}
	if len(b.values) < bulkRows*b.columns {
		return nil
	}
	return a.insertRows(b)
}

// insertRows inserts the rows that wait.
func (a *applier) insertRows(b *bulk) error {
	rows := len(b.values) / b.columns
	if rows == 0 {
		return nil
	}
	err := a.conn.Raw(func(conn any) (err error) {
		insert := b.insert
		if insert == nil || rows < bulkRows {
			if insert, err = conn.(driver.ConnPrepareContext).PrepareContext(a.ctx, b.statement(rows)); err != nil {
				return err
			}
			if rows == bulkRows {
				b.insert = insert
			} else {
				defer func() { err = errors.Join(err, insert.Close()) }()
			}
		}
		// Without a context that can end, which each statement would have a
		// goroutine watch: the next one that has it is not far.
		_, err = insert.(driver.StmtExecContext).ExecContext(context.WithoutCancel(a.ctx), b.values)
		return err
	})
	b.values = b.values[:0]
	return err
}

func (b *bulk) statement(rows int) string {
	row := "(?" + strings.Repeat(", ?", b.columns-1) + ")"
	return "INSERT OR IGNORE INTO " + b.into + " VALUES " + row + strings.Repeat(", "+row, rows-1)
}

// flushRows inserts all rows that still wait.
func (a *applier) flushRows() error {
	if err := a.flushNeighbours(); err != nil {
		return err
	}
	for _, b := range a.bulks.all() {
		if err := a.insertRows(b); err != nil {
			return err
		}
	}
	return nil
}

// closeBulks gives up the statements, before their connection goes back to the others.
func (a *applier) closeBulks() error {
	err := a.conn.Raw(func(any) (err error) {
		for _, b := range a.bulks.all() {
			if b.insert != nil {
				err = errors.Join(err, b.insert.Close())
			}
		}
		return err
	})
	if errors.Is(err, sql.ErrConnDone) {
		return nil // and the statements went with it
	}
	return err
}
