package sqlbook

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
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
// only reads the damaged file. Nobody must write to it meanwhile. If the beginning of
// the file was overwritten, it needs room for a copy of all of it beside to.
func Salvage(ctx context.Context, from, to string, progress func(table string, rows int64)) (_ []Salvaged, err error) {
	if from, err = filepath.Abs(from); err != nil {
		return nil, fmt.Errorf("salvage lab-book: %w", err)
	}
	book, err := Create(ctx, to)
	if err != nil {
		return nil, err
	}
	report, err := book.salvageFrom(ctx, from, progress)
	if err = errors.Join(err, book.Close()); err != nil {
		return nil, fmt.Errorf("salvage lab-book: %w", err)
	}
	return report, syncFile(to)
}

func (b *Book) salvageFrom(ctx context.Context, from string, progress func(table string, rows int64)) (report []Salvaged, err error) {
	damaged, closeDamaged, err := b.openDamaged(ctx, from)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, closeDamaged()) }()
	tables, err := b.ownTables(ctx)
	for _, table := range tables {
		if err != nil {
			break
		}
		var s Salvaged
		s, err = b.salvageTable(ctx, damaged, table, func(rows int64) { progress(table, rows) })
		report = append(report, s)
	}
	if err == nil {
		err = b.settleSalvaged(ctx, damaged, report)
	}
	return report, err
}

// openDamaged opens a damaged file for reading. If its beginning was overwritten, it
// is a copy that has one again, with the first page of this book if its own is gone
// too: where the schema is, is the same in all lab-books that one version made.
func (b *Book) openDamaged(ctx context.Context, from string) (db *sql.DB, closeIt func() error, err error) {
	header := make([]byte, headerSize)
	file, err := os.Open(from)
	if err == nil {
		_, err = io.ReadFull(file, header)
		err = errors.Join(err, file.Close())
	}
	if err != nil || !isOverwritten(header) {
		db, err = rawForReading(from)
		return db, func() error { return db.Close() }, err
	}
	made := b.path + "-copy"
	closeIt = func() error {
		err := db.Close()
		for _, suffix := range []string{"", "-wal", "-shm"} {
			if removeErr := os.Remove(made + suffix); !errors.Is(removeErr, fs.ErrNotExist) {
				err = errors.Join(err, removeErr)
			}
		}
		return err
	}
	page, err := b.firstPage(ctx)
	if err != nil {
		return nil, nil, err
	}
	for _, page := range [][]byte{nil, page} {
		if db != nil {
			if err := db.Close(); err != nil {
				return nil, nil, err
			}
		}
		if err := putHeaderBack(ctx, from, made, page); err != nil {
			return nil, nil, err
		}
		if db, err = rawForReading(made); err != nil {
			return nil, nil, err
		}
		if columns, _, err := columnsOf(ctx, db, "run"); err == nil && len(columns) > 0 {
			break
		}
	}
	return db, closeIt, nil
}

// rawForReading opens a file of which only some can be read. SQLite reads nothing of
// a file that is shorter than it says of itself, nor of one with an odd line in its
// schema, unless it is told that its schema may be written.
func rawForReading(path string) (*sql.DB, error) {
	return sql.Open("sqlite", dsn(path, "ro", "cell_size_check(1)", "writable_schema(1)"))
}

// firstPage is the first page of this lab-book's file.
func (b *Book) firstPage(ctx context.Context) ([]byte, error) {
	if _, err := b.db.ExecContext(ctx, "PRAGMA wal_checkpoint(TRUNCATE)"); err != nil {
		return nil, err
	}
	file, err := os.Open(b.path)
	if err != nil {
		return nil, err
	}
	page := make([]byte, bookPageSize)
	_, err = io.ReadFull(file, page)
	return page, errors.Join(err, file.Close())
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
	names, err := collect(rows, err, func(row scanner) (name string, err error) { return name, row.Scan(&name) })
	return slices.DeleteFunc(names, func(name string) bool { return slices.Contains(derivedTables, name) }), err
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
	if err := b.emptyBrokenLists(ctx); err != nil {
		return err
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
	if err := b.deriveAnew(ctx); err != nil {
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

// emptyBrokenLists empties the lists of runs that are none any more, without which
// the run could not be read.
func (b *Book) emptyBrokenLists(ctx context.Context) error {
	type list struct {
		column string
		run    int64
		text   string
	}
	var lists []list
	for _, column := range []string{"argv", "env", "modules"} {
		rows, err := b.db.QueryContext(ctx, "SELECT id, "+column+" FROM run")
		of, err := collect(rows, err, func(row scanner) (l list, err error) {
			l.column = column
			return l, row.Scan(&l.run, &l.text)
		})
		if err != nil {
			return err
		}
		lists = append(lists, of...)
	}
	for _, l := range lists {
		var words []string
		if json.Unmarshal([]byte(l.text), &words) == nil {
			continue
		}
		if _, err := b.db.ExecContext(ctx, "UPDATE run SET "+l.column+" = '[]' WHERE id = ?", l.run); err != nil {
			return err
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
