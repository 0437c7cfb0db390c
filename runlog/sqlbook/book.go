// Package sqlbook is the lab-book as a SQLite file: its schema, the way in for
// events, and the queries that readers ask. No other package knows SQL.
//
// One process writes at a time, for milliseconds, in immediate transactions;
// readers never wait for it (write-ahead log). A Book is safe for concurrent
// use.
package sqlbook

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"labbook/diffargs"
	"labbook/runlog/trigram"
)

// applicationID marks a SQLite file as a lab-book: "labb".
const applicationID = 0x6c616262

// busyTime is how long to wait for others that are writing.
const busyTime = 10 * time.Second

// keptLog is how much of the write-ahead log's file is kept for what is written
// next. It grows beyond that while somebody reads for long, as a check does, and
// would stay as large for as long as programs record.
const keptLog = 16 << 20

//go:embed migrations/*.sql
var migrationFiles embed.FS

// Errors of opening a lab-book.
var (
	ErrNotExist   = errors.New("there is no lab-book here")
	ErrNotLabbook = errors.New("the file is not a lab-book")
)

// NewerError is a lab-book of a schema that this version does not know.
type NewerError struct {
	Path        string
	Have, Known int
}

func (e *NewerError) Error() string {
	return fmt.Sprintf("%s was written by a newer labbook (schema %d, this one knows up to %d): update labbook to read it",
		e.Path, e.Have, e.Known)
}

// Book is an open lab-book.
type Book struct {
	path   string
	source string // how db makes connections
	db     *sql.DB
	now    func() time.Time
	// sketchOf reads the sketch of a marshalled snapshot.
	sketchOf func(blob []byte) ([]uint64, error)
	// patience is how long to wait for others that write, in nanoseconds; 0 for
	// busyTime.
	patience atomic.Int64

	// versionMu guards the one connection that watches for changes: SQLite's
	// data_version only counts what other connections did.
	versionMu   sync.Mutex
	versionConn *sql.Conn

	applyMu     sync.Mutex
	keys        keyCache
	openLines   lineCache
	trigrams    trigram.Set
	outputLimit int64
}

// DefaultOutputLimit is how many bytes of a run's output are kept if nothing else
// is said.
const DefaultOutputLimit = 32 << 20

// LimitOutput says how many bytes of a run's output are kept from now on: half of
// them from its beginning, the rest from its end. 0 means all. What was kept of a
// run before is cut down when more comes.
func (b *Book) LimitOutput(bytes int64) {
	b.applyMu.Lock()
	defer b.applyMu.Unlock()
	b.outputLimit = max(bytes, 0)
}

// Create opens the lab-book at path for writing, making or migrating it as
// needed.
func Create(ctx context.Context, path string) (*Book, error) {
	return createWith(ctx, path, func(int) error { return nil })
}

// createWith is Create, which has migrated say which schema the lab-book has reached
// inside of the transaction that migrates it.
func createWith(ctx context.Context, path string, migrated func(schema int) error) (*Book, error) {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600) // private from the first byte
	if err != nil {
		return nil, fmt.Errorf("open lab-book: %w", err)
	}
	if err := file.Close(); err != nil {
		return nil, fmt.Errorf("open lab-book: %w", err)
	}
	if path, err = filepath.Abs(path); err != nil {
		return nil, fmt.Errorf("open lab-book: %w", err)
	}
	b := &Book{path: path, source: dsn(path, "rwc", "synchronous(NORMAL)", fmt.Sprintf("journal_size_limit(%d)", keptLog)), now: time.Now, sketchOf: diffargs.SketchOf, outputLimit: DefaultOutputLimit}
	b.db, err = sql.Open("sqlite", b.source)
	if err == nil {
		err = b.migrate(ctx, migrated)
	}
	if err != nil {
		return nil, errors.Join(b.explain(err), b.Close())
	}
	return b, nil
}

// Open opens the lab-book at path for reading. It must exist, at the schema of
// this version or, if the file can be written, an older one.
func Open(ctx context.Context, path string) (*Book, error) {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("%s: %w", path, ErrNotExist)
	case err != nil:
		return nil, fmt.Errorf("open lab-book: %w", err)
	case info.Mode().IsRegular() && info.Size() == 0:
		// A program is just making it, or died when it was about to.
		return nil, fmt.Errorf("%s: %w", path, ErrNotExist)
	case info.IsDir():
		return nil, fmt.Errorf("%s is a folder, and a lab-book is a file: %w; move it away, or choose another folder with LABBOOK_DIR", path, ErrNotLabbook)
	case !info.Mode().IsRegular():
		return nil, fmt.Errorf("%s is no plain file: %w; move it away, or choose another folder with LABBOOK_DIR", path, ErrNotLabbook)
	}
	if path, err = filepath.Abs(path); err != nil {
		return nil, fmt.Errorf("open lab-book: %w", err)
	}
	b := &Book{path: path, source: dsn(path, "ro"), now: time.Now, sketchOf: diffargs.SketchOf}
	b.db, err = sql.Open("sqlite", b.source)
	if err != nil {
		return nil, fmt.Errorf("open lab-book: %w", err)
	}
	version, err := b.schema(ctx)
	if isCode(err, sqlite3.SQLITE_CANTOPEN) || isCode(err, sqlite3.SQLITE_READONLY) || isCode(err, sqlite3.SQLITE_IOERR) {
		// A write-ahead log wants a folder that can be written, with room on
		// its disk, even of a reader. If no log is there, the file is all
		// there is and cannot change.
		if log, statErr := os.Stat(path + "-wal"); errors.Is(statErr, fs.ErrNotExist) || statErr == nil && log.Size() == 0 {
			err = b.reopenImmutable()
			if err == nil {
				version, err = b.schema(ctx)
			}
		}
	}
	if err == nil && version < newestSchema() {
		if closeErr := b.Close(); closeErr != nil {
			return nil, closeErr
		}
		return Create(ctx, path)
	}
	if err != nil {
		return nil, errors.Join(b.explain(err), b.Close())
	}
	return b, nil
}

func (b *Book) reopenImmutable() (err error) {
	if err := b.db.Close(); err != nil {
		return err
	}
	b.source = dsn(b.path, "ro") + "&immutable=1"
	b.db, err = sql.Open("sqlite", b.source)
	return err
}

// dsn names the file with its pragmas: a pool opens connections by itself, and
// each needs them.
func dsn(path, mode string, pragmas ...string) string {
	query := url.Values{"mode": {mode}, "_txlock": {"immediate"}}
	for _, pragma := range append([]string{fmt.Sprintf("busy_timeout(%d)", busyTime.Milliseconds())}, pragmas...) {
		query.Add("_pragma", pragma)
	}
	name := url.URL{Scheme: "file", Path: filepath.ToSlash(path), RawQuery: query.Encode()}
	return name.String()
}

// Path is the file of the lab-book.
func (b *Book) Path() string { return b.path }

// Close closes the lab-book.
func (b *Book) Close() error {
	b.versionMu.Lock()
	defer b.versionMu.Unlock()
	var err error
	if b.versionConn != nil {
		err = b.versionConn.Close()
		b.versionConn = nil
	}
	if b.db != nil {
		err = errors.Join(err, b.db.Close())
	}
	return err
}

// Version returns a number that differs from its last value once another
// connection, of this process or another, has changed the lab-book.
func (b *Book) Version(ctx context.Context) (int64, error) {
	b.versionMu.Lock()
	defer b.versionMu.Unlock()
	if b.versionConn == nil {
		conn, err := b.db.Conn(ctx)
		if err != nil {
			return 0, fmt.Errorf("watch lab-book: %w", err)
		}
		b.versionConn = conn
	}
	var version int64
	if err := b.versionConn.QueryRowContext(ctx, "PRAGMA data_version").Scan(&version); err != nil {
		return 0, fmt.Errorf("watch lab-book: %w", err)
	}
	return version, nil
}

// OutputLimit is how many bytes of a run's output are kept; 0 means all.
func (b *Book) OutputLimit() int64 {
	b.applyMu.Lock()
	defer b.applyMu.Unlock()
	return b.outputLimit
}

// schema returns the schema's number, 0 for an empty file.
func (b *Book) schema(ctx context.Context) (int, error) {
	var id, version, tables int
	err := b.db.QueryRowContext(ctx, "SELECT (SELECT count(*) FROM sqlite_master), application_id, user_version FROM pragma_application_id, pragma_user_version").Scan(&tables, &id, &version)
	switch {
	case err != nil:
		return 0, err
	case id != applicationID && tables > 0:
		return 0, ErrNotLabbook
	case version > newestSchema():
		return 0, &NewerError{Path: b.path, Have: version, Known: newestSchema()}
	}
	return version, nil
}

// newestSchema is the number of the last migration.
func newestSchema() int {
	entries, err := migrationFiles.ReadDir("migrations")
	if err != nil {
		panic(err) // the files are part of the program
	}
	return len(entries)
}

// migrate brings the file to the newest schema. Two programs that start at
// once both find the work done or do it, since each looks again inside its
// transaction.
func (b *Book) migrate(ctx context.Context, migrated func(schema int) error) error {
	version, err := b.schema(ctx)
	if err != nil {
		return err // before anything of a file that is not ours is touched
	}
	// The journal's mode stays with the file.
	if err := b.enterWAL(ctx, version == 0); err != nil || version == newestSchema() {
		return err
	}
	conn, err := b.db.Conn(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }() // it goes back to the pool
	tx, err := takeTurn(ctx, conn, busyTime)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // after a commit it does nothing
	if err := tx.QueryRowContext(ctx, "PRAGMA user_version").Scan(&version); err != nil {
		return err
	}
	entries, err := fs.Glob(migrationFiles, "migrations/*.sql")
	if err != nil {
		return err
	}
	for i := version; i < len(entries); i++ {
		script, err := migrationFiles.ReadFile(entries[i])
		if err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, string(script)); err != nil {
			return fmt.Errorf("migrate to schema %d: %w", i+1, err)
		}
		if i+1 == indexedSchema {
			if err := b.indexAllOutput(ctx, conn, tx); err != nil {
				return fmt.Errorf("migrate to schema %d: index output: %w", i+1, err)
			}
		}
		if i+1 == derivedSchema {
			if err := b.derive(ctx, conn, tx); err != nil {
				return fmt.Errorf("migrate to schema %d: %w", i+1, err)
			}
		}
		if err := migrated(i + 1); err != nil {
			return err
		}
	}
	pragmas := fmt.Sprintf("PRAGMA user_version = %d; PRAGMA application_id = %d", len(entries), applicationID)
	if _, err := tx.ExecContext(ctx, pragmas); err != nil {
		return err
	}
	return tx.Commit()
}

// enterWAL switches to the write-ahead log. SQLite does not wait for its turn
// to do that, whatever the busy timeout, but several programs can meet here when
// the lab-book is new. A new file learns at the same time to give pages back one
// by one, which it has to before it has any; see GiveBack.
func (b *Book) enterWAL(ctx context.Context, isNew bool) error {
	ctx, cancel := context.WithTimeout(ctx, busyTime)
	defer cancel()
	conn, err := b.db.Conn(ctx) // the one that makes the first page decides
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }() // it goes back to the pool
	pragmas := "PRAGMA journal_mode = WAL"
	if isNew {
		pragmas = "PRAGMA auto_vacuum = INCREMENTAL; " + pragmas
	}
	for {
		_, err := conn.ExecContext(ctx, pragmas)
		if !isCode(err, sqlite3.SQLITE_BUSY) {
			return err
		}
		select {
		case <-time.After(time.Millisecond):
		case <-ctx.Done():
			return err
		}
	}
}

// explain turns SQLite's words into ours.
func (b *Book) explain(err error) error {
	var newer *NewerError
	switch {
	case err == nil, errors.As(err, &newer):
		return err
	case !errors.Is(err, context.Canceled) && !isCode(err, sqlite3.SQLITE_BUSY) && isLabbookBehind(b.path):
		return fmt.Errorf("%s is damaged: %w; labbook check --repair saves what can be read of it", b.path, errBeginning)
	case errors.Is(err, ErrNotLabbook), isCode(err, sqlite3.SQLITE_NOTADB):
		return fmt.Errorf("%s: %w; move it away, or choose another folder with LABBOOK_DIR", b.path, ErrNotLabbook)
	case isCode(err, sqlite3.SQLITE_CORRUPT):
		return fmt.Errorf("%s is damaged: %w; labbook check --repair saves what can be read of it", b.path, err)
	}
	return fmt.Errorf("open lab-book %s: %w", b.path, err)
}

func isCode(err error, code int) bool {
	var e *sqlite.Error
	return errors.As(err, &e) && e.Code()&0xff == code
}

// like makes a LIKE pattern that finds text anywhere, taking it literally. Use
// it with ESCAPE '\'.
func like(text string) string {
	return "%" + strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(text) + "%"
}
