package sqlbook

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Salvaged is what could be read of one table of a damaged lab-book.
type Salvaged struct {
	Table   string
	Rows    int64
	Damaged bool  // some of the table could not be read
	Before  int64 // how many there were, where that is known; else 0
}

// Salvage copies every row that can be read of the damaged lab-book at from into
// a new one at to, table by table, around what is damaged. Runs that are lost and
// that other rows belong to get a row that says so, and sums are counted again. It
// only reads the damaged file. Nobody must write to it meanwhile.
func Salvage(ctx context.Context, from, to string, progress func(table string, rows int64)) (_ []Salvaged, err error) {
	if from, err = filepath.Abs(from); err != nil {
		return nil, fmt.Errorf("salvage lab-book: %w", err)
	}
	damaged, err := sql.Open("sqlite", dsn(from, "ro", "cell_size_check(1)"))
	if err != nil {
		return nil, fmt.Errorf("salvage lab-book: %w", err)
	}
	defer func() { _ = damaged.Close() }() // it was only read
	book, err := Create(ctx, to)
	if err != nil {
		return nil, err
	}
	var report []Salvaged
	tables, err := book.ownTables(ctx)
	for _, table := range tables {
		if err != nil {
			break
		}
		var s Salvaged
		s, err = book.salvageTable(ctx, damaged, table, func(rows int64) { progress(table, rows) })
		report = append(report, s)
	}
	if err == nil {
		err = book.settleSalvaged(ctx, damaged, report)
	}
	if err = errors.Join(err, book.Close()); err != nil {
		return nil, fmt.Errorf("salvage lab-book: %w", err)
	}
	return report, syncFile(to)
}

func syncFile(path string) error {
	file, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	return errors.Join(file.Sync(), file.Close())
}

// ownTables names the tables that hold what was recorded, rather than an index of
// it or SQLite's own notes.
func (b *Book) ownTables(ctx context.Context) ([]string, error) {
	rows, err := b.db.QueryContext(ctx, "SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'table' AND name NOT LIKE 'sqlite!_%' ESCAPE '!' ORDER BY name")
	return collect(rows, err, func(row scanner) (name string, err error) { return name, row.Scan(&name) })
}

// A salvage copies one table.
type salvage struct {
	ctx     context.Context //nolint:containedctx // it lives no longer than one call
	from    *sql.DB
	table   string
	columns []string // that both have
	key     []string // by which the table is kept in order
	insert  *sql.Stmt
	rows    int64
	seeks   int // that are still allowed inside of damaged ranges
	count   func(rows int64)
}

// mostSeeks bounds how often it is tried to get at rows inside of a damaged range.
const mostSeeks = 500

func (b *Book) salvageTable(ctx context.Context, from *sql.DB, table string, count func(rows int64)) (Salvaged, error) {
	report := Salvaged{Table: table}
	columns, key, err := columnsOf(ctx, b.db, table)
	if err != nil {
		return report, err
	}
	have, _, err := columnsOf(ctx, from, table)
	if err != nil || len(have) == 0 {
		report.Damaged = true // not even its name can be read, or it is older than the table
		return report, ctx.Err()
	}
	columns = slices.DeleteFunc(columns, func(name string) bool { return !slices.Contains(have, name) })
	err = b.transact(ctx, func(tx *sql.Tx) error {
		insert, err := tx.PrepareContext(ctx, fmt.Sprintf("INSERT OR IGNORE INTO %s (%s) VALUES (?%s)",
			table, strings.Join(columns, ", "), strings.Repeat(", ?", len(columns)-1)))
		if err != nil {
			return err
		}
		defer func() { _ = insert.Close() }() // ends with the transaction
		s := salvage{ctx: ctx, from: from, table: table, columns: columns, key: key, insert: insert, seeks: mostSeeks, count: count}
		report.Damaged, err = s.copy()
		report.Rows = s.rows
		return err
	})
	return report, err
}

// columnsOf returns the columns of a table and those that it is ordered by.
func columnsOf(ctx context.Context, db *sql.DB, table string) (columns, key []string, err error) {
	type column struct {
		name string
		pk   int
	}
	rows, err := db.QueryContext(ctx, "SELECT name, pk FROM pragma_table_info(?)", table)
	list, err := collect(rows, err, func(row scanner) (c column, err error) { return c, row.Scan(&c.name, &c.pk) })
	if err != nil || len(list) == 0 {
		return nil, nil, err
	}
	var isOrdered bool
	if err := db.QueryRowContext(ctx, "SELECT wr FROM pragma_table_list WHERE schema = 'main' AND name = ?", table).Scan(&isOrdered); err != nil {
		return nil, nil, err
	}
	key = []string{"rowid"}
	if isOrdered {
		key = make([]string, len(list))
		last := 0
		for _, c := range list {
			if c.pk > 0 {
				key[c.pk-1] = c.name
				last = max(last, c.pk)
			}
		}
		key = key[:last]
	}
	for _, c := range list {
		columns = append(columns, c.name)
	}
	return columns, key, nil
}

// copy copies from both ends up to what is damaged, then what lies between two
// damaged places.
func (s *salvage) copy() (damaged bool, err error) {
	low, failed, err := s.read("1", nil, "ASC")
	if err != nil || !failed {
		return false, err
	}
	where, args := "1", []any(nil)
	if low != nil {
		where, args = s.beyond(">"), low
	}
	high, failed, err := s.read(where, args, "DESC")
	if err != nil || !failed {
		return true, err
	}
	first, isLow := firstInteger(low, 0)
	last, isHigh := firstInteger(high, 1<<62)
	if !isLow || !isHigh {
		return true, nil // in no order that could be halved
	}
	return true, s.between(first, last)
}

// firstInteger is the first column of a key, or what stands for the end of the
// table where nothing was read; false if it is no integer.
func firstInteger(key []any, otherwise int64) (int64, bool) {
	if key == nil {
		return otherwise, true
	}
	n, ok := key[0].(int64)
	return n, ok
}

// between copies what can be read between two rows, by halving what is left.
func (s *salvage) between(low, high int64) error {
	gaps := [][2]int64{{low, high}}
	for len(gaps) > 0 && s.seeks > 0 {
		gap := gaps[0]
		gaps = gaps[1:]
		middle := gap[0] + (gap[1]-gap[0])/2
		if middle <= gap[0] {
			continue
		}
		s.seeks -= 2
		first := s.key[0]
		up, failed, err := s.read(fmt.Sprintf("%[1]s >= ? AND %[1]s <= ?", first), []any{middle, gap[1]}, "ASC")
		if err != nil {
			return err
		}
		if failed {
			at, isNumber := firstInteger(up, middle)
			if isNumber {
				gaps = append(gaps, [2]int64{at, gap[1]})
			}
		}
		down, failed, err := s.read(fmt.Sprintf("%[1]s >= ? AND %[1]s < ?", first), []any{gap[0], middle}, "DESC")
		if err != nil {
			return err
		}
		if failed {
			at, isNumber := firstInteger(down, middle)
			if isNumber {
				gaps = append(gaps, [2]int64{gap[0], at})
			}
		}
	}
	return s.ctx.Err()
}

// beyond is the condition that a row comes after, or before, a key.
func (s *salvage) beyond(comparison string) string {
	return fmt.Sprintf("(%s) %s (?%s)", strings.Join(s.key, ", "), comparison, strings.Repeat(", ?", len(s.key)-1))
}

// read copies rows in order until one cannot be read, which is no error but
// failed. It returns the key of the last row.
func (s *salvage) read(where string, args []any, direction string) (last []any, failed bool, err error) {
	query := fmt.Sprintf("SELECT %s, %s FROM %s NOT INDEXED WHERE %s ORDER BY %s %s", strings.Join(s.key, ", "), strings.Join(s.columns, ", "),
		s.table, where, strings.Join(s.key, " "+direction+", "), direction)
	rows, err := s.from.QueryContext(s.ctx, query, args...)
	if err != nil {
		return nil, true, s.ctx.Err()
	}
	defer func() { _ = rows.Close() }() // rows.Err says what there is to say
	values := make([]any, len(s.key)+len(s.columns))
	targets := make([]any, len(values))
	for i := range values {
		targets[i] = &values[i]
	}
	for rows.Next() {
		if err := rows.Scan(targets...); err != nil {
			return last, true, s.ctx.Err()
		}
		copied, err := affected(s.insert.ExecContext(s.ctx, values[len(s.key):]...))
		if err != nil {
			return last, false, err
		}
		last = append(last[:0], values[:len(s.key)]...)
		s.rows += copied
		s.count(s.rows)
	}
	return last, rows.Err() != nil, s.ctx.Err()
}

// settleSalvaged makes the tables fit each other again.
func (b *Book) settleSalvaged(ctx context.Context, damaged *sql.DB, report []Salvaged) error {
	var calls int64
	if err := b.db.QueryRowContext(ctx, "SELECT coalesce(sum(calls), 0) FROM run").Scan(&calls); err != nil {
		return err
	}
	for i := range report {
		if report[i].Table == "call" && report[i].Damaged {
			report[i].Before = max(calls, report[i].Rows)
		}
	}
	for _, table := range orphanTables() {
		lost, err := b.orphanedRuns(ctx, b.db, table)
		if err != nil {
			return err
		}
		for _, run := range lost {
			_, err := b.db.ExecContext(ctx, `INSERT INTO run (id, uuid, name, status, started, ended)
				SELECT ?1, 'lost-' || ?1, 'lost', 'died', t, t FROM (SELECT coalesce(min(started), 0) AS t FROM call WHERE run = ?1)`, run)
			if err != nil {
				return err
			}
		}
	}
	// Numbers of runs that are lost altogether must not be used again.
	var last int64
	if err := damaged.QueryRowContext(ctx, "SELECT seq FROM sqlite_sequence WHERE name = 'run'").Scan(&last); err == nil {
		_, err := b.db.ExecContext(ctx, `INSERT INTO sqlite_sequence (name, seq) SELECT 'run', 0 WHERE NOT EXISTS (SELECT 1 FROM sqlite_sequence WHERE name = 'run');
			UPDATE sqlite_sequence SET seq = max(seq, ?) WHERE name = 'run'`, last)
		if err != nil {
			return err
		}
	}
	found, err := b.Inconsistencies(ctx, func(int64, int64) {})
	if err != nil {
		return err
	}
	for _, f := range found {
		if err := b.Mend(ctx, f.Kind); err != nil {
			return err
		}
	}
	if err := b.indexAnew(ctx); err != nil {
		return err
	}
	messages, err := b.IntegrityCheck(ctx)
	if err == nil && len(messages) > 0 {
		err = fmt.Errorf("what was salvaged is damaged too: %s", messages[0])
	}
	return err
}
