package sqlbook

import (
	"bytes"
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"iter"
	"math"
	"slices"
	"strings"
)

// A salvage copies one table.
type salvage struct {
	ctx      context.Context //nolint:containedctx // it lives no longer than one call
	from     *sql.DB
	table    string
	columns  []column // that both have
	key      []string // by which the table is kept in order
	keyKinds []string
	tx       *sql.Tx
	insert   *sql.Stmt
	rows     int64
	useless  int64 // rows that were read without any gain
	seeks    int   // that are still allowed
	count    func(rows int64)

	isSpoilt bool // some rows could be read but make no sense
}

// A file can be damaged so that going through it never comes to an end.
const (
	// mostSeeks bounds how often it is tried to get behind a damaged place.
	mostSeeks = 20_000
	// mostUseless bounds how many rows may be read of a table that are there already
	// or make no sense, and mostUselessOnce how many in one go, if no more are new:
	// pages can name each other as those that come next.
	mostUseless     = 200_000
	mostUselessOnce = 2_000
)

func (b *Book) salvageTable(ctx context.Context, from *sql.DB, table string, count func(rows int64)) (Salvaged, error) {
	report := Salvaged{Table: table}
	columns, key, err := columnsOf(ctx, b.db, table)
	kinds := kindsOf(columns, key)
	if err != nil {
		return report, err
	}
	have, _, err := columnsOf(ctx, from, table)
	if err != nil || len(have) == 0 {
		report.Damaged = true // not even its name can be read, or it is older than the table
		return report, ctx.Err()
	}
	columns = slices.DeleteFunc(columns, func(c column) bool {
		return !slices.ContainsFunc(have, func(old column) bool { return old.name == c.name })
	})
	err = b.transact(ctx, func(tx *sql.Tx) error {
		insert, err := tx.PrepareContext(ctx, insertInto(table, columns))
		if err != nil {
			return err
		}
		defer func() { _ = insert.Close() }() // ends with the transaction
		s := salvage{ctx: ctx, from: from, table: table, columns: columns, key: key, keyKinds: kinds, tx: tx, insert: insert, seeks: mostSeeks, count: count}
		report.Damaged, err = s.copy()
		report.Rows = s.rows
		report.Damaged = report.Damaged || s.isSpoilt
		return err
	})
	return report, err
}

func insertInto(table string, columns []column) string {
	return fmt.Sprintf("INSERT OR IGNORE INTO %s (%s) VALUES (?%s)", table, names(columns), strings.Repeat(", ?", len(columns)-1))
}

// A column is one of a table.
type column struct {
	name, kind string
	isNeeded   bool // it cannot be NULL
	hasDefault bool
	place      int // in the primary key, from 1
}

// fits reports whether a value can be one of the column. What is not there is none
// of anything, and readers of the lab-book would fail at the row.
func (c *column) fits(value any) bool {
	switch value.(type) {
	case nil:
		return !c.isNeeded
	case int64:
		return c.kind == "INTEGER" || c.kind == "REAL"
	case float64:
		return c.kind == "REAL"
	case string, []byte:
		return c.kind == "TEXT" || c.kind == "BLOB"
	}
	return false
}

func names(columns []column) string {
	var list []string
	for i := range columns {
		list = append(list, columns[i].name)
	}
	return strings.Join(list, ", ")
}

// kindsOf returns the kinds of the columns of a key.
func kindsOf(columns []column, key []string) []string {
	kinds := make([]string, len(key))
	for i, name := range key {
		kinds[i] = "INTEGER" // of rowid
		for _, c := range columns {
			if c.name == name {
				kinds[i] = c.kind
			}
		}
	}
	return kinds
}

// columnsOf returns the columns of a table and those that it is ordered by.
func columnsOf(ctx context.Context, db *sql.DB, table string) (columns []column, key []string, err error) {
	rows, err := db.QueryContext(ctx, "SELECT name, type, \"notnull\", dflt_value IS NOT NULL, pk FROM pragma_table_info(?)", table)
	columns, err = collect(rows, err, func(row scanner) (c column, err error) {
		return c, row.Scan(&c.name, &c.kind, &c.isNeeded, &c.hasDefault, &c.place)
	})
	if err != nil || len(columns) == 0 {
		return nil, nil, err
	}
	var isOrdered bool
	if err := db.QueryRowContext(ctx, "SELECT wr FROM pragma_table_list WHERE schema = 'main' AND name = ?", table).Scan(&isOrdered); err != nil {
		return nil, nil, err
	}
	if !isOrdered {
		return columns, []string{"rowid"}, nil
	}
	key = make([]string, len(columns))
	last := 0
	for _, c := range columns {
		if c.place > 0 {
			key[c.place-1] = c.name
			last = max(last, c.place)
		}
	}
	return columns, key[:last], nil
}

// copy copies all rows in order, and goes on behind what is damaged.
func (s *salvage) copy() (damaged bool, err error) {
	last, failed, err := s.read("1", nil, "ASC")
	if err != nil || !failed {
		return false, err
	}
	if last == nil {
		last = s.lowest()
	}
	for failed && err == nil {
		last, failed, err = s.goOn(last)
	}
	return true, err
}

// readShort reads the first row behind another as far as it can be read. Long
// columns come last, and can be on other pages than the rest of their row. It gives
// up where there is no telling what else would have stood there.
func (s *salvage) readShort(after []any) (key []any, found bool, err error) {
	for n := len(s.columns) - 1; n > 0 && s.columns[n].hasDefault; n-- {
		values, targets := scanTargets(len(s.key) + n)
		query := fmt.Sprintf("SELECT %s, %s FROM %s NOT INDEXED WHERE %s ORDER BY %s LIMIT 1",
			strings.Join(s.key, ", "), names(s.columns[:n]), s.table, s.beyond(">"), strings.Join(s.key, ", "))
		if s.from.QueryRowContext(s.ctx, query, after...).Scan(targets...) != nil {
			continue
		}
		if key = values[:len(s.key)]; compareKeys(key, after) <= 0 {
			break
		}
		if !s.makesSense(values[len(s.key):]) {
			return key, true, nil
		}
		copied, err := affected(s.tx.ExecContext(s.ctx, insertInto(s.table, s.columns[:n]), values[len(s.key):]...))
		s.rows += copied
		return key, true, err
	}
	return nil, false, s.ctx.Err()
}

// scanTargets makes room for the values of a row.
func scanTargets(count int) (values, targets []any) {
	values, targets = make([]any, count), make([]any, count)
	for i := range values {
		targets[i] = &values[i]
	}
	return values, targets
}

// lowest is a key before that of every row. No row of the lab-book has a negative
// number.
func (s *salvage) lowest() []any {
	lowest := make([]any, len(s.keyKinds))
	for i, kind := range s.keyKinds {
		switch kind {
		case "INTEGER":
			lowest[i] = int64(-1)
		case "BLOB":
			lowest[i] = []byte{}
		default:
			lowest[i] = ""
		}
	}
	return lowest
}

// goOn reads on behind a row after which a damaged place comes. Where it ends can
// only be tried: at keys that are further and further away. What was jumped over
// that can be read is read from behind. It returns as read does; the last row is
// behind the one before, or failed is false.
func (s *salvage) goOn(after []any) (last []any, failed bool, err error) {
	if s.isTooMuch() {
		return nil, false, s.ctx.Err()
	}
	short, found, err := s.readShort(after)
	if err != nil {
		return nil, false, err
	}
	if found {
		// Behind it all may be well.
		if last, failed, err = s.read(s.beyond(">"), short, "ASC"); compareKeys(last, short) < 0 {
			last = short
		}
		return last, failed, err
	}
	for probe := range s.probes(after) {
		if s.isTooMuch() {
			return nil, false, s.ctx.Err()
		}
		last, failed, err := s.read(s.beyond(">="), probe, "ASC")
		if err != nil {
			return nil, false, err
		}
		if failed && (last == nil || compareKeys(last, probe) < 0) {
			continue // nothing came, or what is out of order: of half a page, say
		}
		if _, _, err := s.read(s.beyond(">")+" AND "+s.beyond("<"), slices.Concat(after, probe), "DESC"); err != nil {
			return nil, false, err
		}
		return last, failed, nil
	}
	return nil, false, s.ctx.Err()
}

// isTooMuch counts the tries, and reports whether it is time to give up.
func (s *salvage) isTooMuch() bool {
	s.seeks--
	return s.seeks < 0 || s.useless > mostUseless
}

// probes are keys behind a key: of its last column first, at growing distances,
// then of the one before.
func (s *salvage) probes(after []any) iter.Seq[[]any] {
	return func(yield func([]any) bool) {
		for column, from := range slices.Backward(after) {
			for value := range further(from) {
				probe := slices.Concat(after[:column], []any{value}, s.lowest()[column+1:])
				if !yield(probe) {
					return
				}
			}
		}
	}
}

// further are values behind a value, further and further away from it.
func further(value any) iter.Seq[any] {
	return func(yield func(any) bool) {
		switch value := value.(type) {
		case int64:
			for step := int64(1); step > 0 && step <= math.MaxInt64-max(value, 0); step *= 2 {
				if !yield(value + step) {
					return
				}
			}
		case string:
			for length := len(value); length >= 0; length-- {
				if !yield(value[:length] + "\U0010ffff") {
					return
				}
			}
		case []byte:
			for length := len(value); length >= 0; length-- {
				if !yield(append(slices.Clone(value[:length]), 0xff)) {
					return
				}
			}
		}
	}
}

// compareKeys compares keys in SQLite's order. What is not comparable is before
// everything.
func compareKeys(a, b []any) int {
	for i := range min(len(a), len(b)) {
		c := -1
		switch x := a[i].(type) {
		case int64:
			if y, ok := b[i].(int64); ok {
				c = cmp.Compare(x, y)
			}
		case string:
			if y, ok := b[i].(string); ok {
				c = cmp.Compare(x, y)
			}
		case []byte:
			if y, ok := b[i].([]byte); ok {
				c = bytes.Compare(x, y)
			}
		}
		if c != 0 {
			return c
		}
	}
	return cmp.Compare(len(a), len(b))
}

// beyond is the condition that a row comes after, or before, a key.
func (s *salvage) beyond(comparison string) string {
	return fmt.Sprintf("(%s) %s (?%s)", strings.Join(s.key, ", "), comparison, strings.Repeat(", ?", len(s.key)-1))
}

// read copies rows in order until one cannot be read, which is no error but
// failed. It returns the key of the last row.
func (s *salvage) read(where string, args []any, direction string) (last []any, failed bool, err error) {
	query := fmt.Sprintf("SELECT %s, %s FROM %s NOT INDEXED WHERE %s ORDER BY %s %s", strings.Join(s.key, ", "), names(s.columns),
		s.table, where, strings.Join(s.key, " "+direction+", "), direction)
	rows, err := s.from.QueryContext(s.ctx, query, args...)
	if err != nil {
		return nil, true, s.ctx.Err()
	}
	defer func() { _ = rows.Close() }() // rows.Err says what there is to say
	values, targets := scanTargets(len(s.key) + len(s.columns))
	gained, useless := int64(0), int64(0)
	for rows.Next() {
		if useless > mostUselessOnce+gained {
			return last, true, s.ctx.Err()
		}
		if err := rows.Scan(targets...); err != nil {
			return last, true, s.ctx.Err()
		}
		last = append(last[:0], values[:len(s.key)]...)
		if !s.makesSense(values[len(s.key):]) {
			s.isSpoilt = true
			useless++
			s.useless++
			continue
		}
		copied, err := affected(s.insert.ExecContext(s.ctx, values[len(s.key):]...))
		if err != nil {
			return last, false, err
		}
		gained += copied
		useless += 1 - copied
		s.useless += 1 - copied
		s.rows += copied
		s.count(s.rows)
	}
	return last, rows.Err() != nil, s.ctx.Err()
}

// makesSense reports whether every value of a row can be one of its column.
func (s *salvage) makesSense(values []any) bool {
	for i := range values {
		if !s.columns[i].fits(values[i]) {
			return false
		}
	}
	return true
}
