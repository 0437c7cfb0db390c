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
	columns []column // that both have
	key     []string // by which the table is kept in order
	insert  *sql.Stmt
	rows    int64
	seeks   int // that are still allowed inside of damaged ranges
	count   func(rows int64)

	isSpoilt bool // some rows could be read but make no sense
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
	columns = slices.DeleteFunc(columns, func(c column) bool {
		return !slices.ContainsFunc(have, func(old column) bool { return old.name == c.name })
	})
	err = b.transact(ctx, func(tx *sql.Tx) error {
		insert, err := tx.PrepareContext(ctx, fmt.Sprintf("INSERT OR IGNORE INTO %s (%s) VALUES (?%s)",
			table, names(columns), strings.Repeat(", ?", len(columns)-1)))
		if err != nil {
			return err
		}
		defer func() { _ = insert.Close() }() // ends with the transaction
		s := salvage{ctx: ctx, from: from, table: table, columns: columns, key: key, insert: insert, seeks: mostSeeks, count: count}
		report.Damaged, err = s.copy()
		report.Rows = s.rows
		report.Damaged = report.Damaged || s.isSpoilt
		return err
	})
	return report, err
}

// A column is one of a table.
type column struct {
	name, kind string
	isNeeded   bool // it cannot be NULL
	place      int  // in the primary key, from 1
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

// columnsOf returns the columns of a table and those that it is ordered by.
func columnsOf(ctx context.Context, db *sql.DB, table string) (columns []column, key []string, err error) {
	rows, err := db.QueryContext(ctx, "SELECT name, type, \"notnull\", pk FROM pragma_table_info(?)", table)
	columns, err = collect(rows, err, func(row scanner) (c column, err error) {
		return c, row.Scan(&c.name, &c.kind, &c.isNeeded, &c.place)
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
	query := fmt.Sprintf("SELECT %s, %s FROM %s NOT INDEXED WHERE %s ORDER BY %s %s", strings.Join(s.key, ", "), names(s.columns),
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
		last = append(last[:0], values[:len(s.key)]...)
		if !s.makesSense(values[len(s.key):]) {
			s.isSpoilt = true
			continue
		}
		copied, err := affected(s.insert.ExecContext(s.ctx, values[len(s.key):]...))
		if err != nil {
			return last, false, err
		}
		s.rows += copied
		s.count(s.rows)
	}
	return last, rows.Err() != nil, s.ctx.Err()
}

// makesSense reports whether every value of a row can be one of its column.
func (s *salvage) makesSense(values []any) bool {
	for i := range s.columns {
		if !s.columns[i].fits(values[i]) {
			return false
		}
	}
	return true
}

// settleSalvaged makes the tables fit each other again.
func (b *Book) settleSalvaged(ctx context.Context, damaged *sql.DB, report []Salvaged) error {
	var calls int64
	if err := b.db.QueryRowContext(ctx, "SELECT coalesce(sum(calls), 0) FROM run").Scan(&calls); err != nil {
		return err
	}
	var last int64
	isKnown := damaged.QueryRowContext(ctx, "SELECT seq FROM sqlite_sequence WHERE name = 'run'").Scan(&last) == nil
	if err := b.dropImpossible(ctx, last, report); err != nil {
		return err
	}
	for i := range report {
		if report[i].Table == "call" && report[i].Damaged {
			report[i].Before = max(calls, report[i].Rows)
		}
	}
	for _, r := range placeRules {
		if err := b.Mend(ctx, r.kind); err != nil {
			return err
		}
	}
	if err := b.addLostRuns(ctx); err != nil {
		return err
	}
	// Numbers of runs that are lost altogether must not be used again.
	if isKnown {
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

// dropImpossible deletes rows whose numbers say that they belong to a run that
// never was: the numbers are what is damaged, and nobody can tell what they were.
// The last run that ever was is 0 if it is not known.
func (b *Book) dropImpossible(ctx context.Context, last int64, report []Salvaged) error {
	if last > 0 {
		// A run that was saved was one, whatever became of the counter.
		if err := b.db.QueryRowContext(ctx, "SELECT max(?, coalesce(max(id), 0)) FROM run", last).Scan(&last); err != nil {
			return err
		}
	}
	for i := range report {
		table, run := report[i].Table, "run"
		also := ""
		switch {
		case table == "run":
			run = "id"
		case table == "call", table == "output":
			run, also = "id >> 32", " OR "+seqOfID+" = 0"
		case !slices.Contains(orphanTables(), table):
			continue
		}
		rows, err := affected(b.db.ExecContext(ctx, fmt.Sprintf("DELETE FROM %[1]s WHERE %[2]s < 1 OR (?1 > 0 AND %[2]s > ?1)%[3]s", table, run, also), last))
		if err != nil {
			return err
		}
		if rows > 0 {
			report[i].Rows -= rows
			report[i].Damaged = true
		}
	}
	return nil
}

// addLostRuns adds the runs that rows belong to and that are not there.
func (b *Book) addLostRuns(ctx context.Context) error {
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
	return nil
}
