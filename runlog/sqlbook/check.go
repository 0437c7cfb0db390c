package sqlbook

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"

	sqlite3 "modernc.org/sqlite/lib"

	"labbook/runlog/record"
)

// IsDamaged reports whether an error says that the file of a lab-book is damaged.
func IsDamaged(err error) bool {
	return isCode(err, sqlite3.SQLITE_CORRUPT) || errors.Is(err, errBeginning)
}

// HasNoBeginning reports whether an error says that a lab-book's file no longer
// begins as one, so that nothing of it can be read before it is salvaged.
func HasNoBeginning(err error) bool { return errors.Is(err, errBeginning) }

// mostMessages bounds what SQLite says of a damaged file.
const mostMessages = 20

// QuickCheck has SQLite look at the structure of the file: that every page is
// where it belongs and can be read. It returns what is wrong, nothing if all is
// well. It reads the whole file.
func (b *Book) QuickCheck(ctx context.Context) ([]string, error) {
	return b.pragmaCheck(ctx, "quick_check")
}

// IntegrityCheck is QuickCheck, which also compares every index with its table.
// It takes several times as long.
func (b *Book) IntegrityCheck(ctx context.Context) ([]string, error) {
	return b.pragmaCheck(ctx, "integrity_check")
}

// pragmaCheck uses a connection of its own. One that has looked into the index of
// output before has an idea of it that it does not bring up to date here: what
// others have written since would be taken for damage.
func (b *Book) pragmaCheck(ctx context.Context, pragma string) (_ []string, err error) {
	db, err := sql.Open("sqlite", b.source)
	if err != nil {
		return nil, fmt.Errorf("check lab-book: %w", err)
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	rows, err := db.QueryContext(ctx, fmt.Sprintf("PRAGMA %s(%d)", pragma, mostMessages))
	messages, err := collect(rows, err, func(row scanner) (text string, err error) { return text, row.Scan(&text) })
	switch {
	case IsDamaged(err):
		return []string{err.Error()}, nil
	case err != nil:
		return nil, fmt.Errorf("check lab-book: %w", err)
	case len(messages) == 1 && messages[0] == "ok":
		return nil, nil
	}
	return messages, nil
}

// Reindex makes every index anew from its table, each in a transaction of its own.
func (b *Book) Reindex(ctx context.Context) error {
	rows, err := b.db.QueryContext(ctx, "SELECT name FROM sqlite_master WHERE type = 'index' OR type = 'table' AND sql LIKE '%WITHOUT ROWID%' ORDER BY name")
	names, err := collect(rows, err, func(row scanner) (name string, err error) { return name, row.Scan(&name) })
	for _, name := range names {
		if err == nil {
			_, err = b.db.ExecContext(ctx, `REINDEX "`+name+`"`)
		}
	}
	if err != nil {
		return fmt.Errorf("make indexes anew: %w", err)
	}
	return nil
}

// An Inconsistency is something in the tables that cannot be.
type Inconsistency struct {
	Kind    string // a name that stays
	Rows    int64
	Meaning string
	Remedy  string // what Mend does
}

// A rule says what holds between tables.
type rule struct {
	kind            string
	count           string // a query for how many rows break it
	meaning, remedy string
	mend            []string
	mendWith        func(ctx context.Context, b *Book, conn *sql.Conn, tx *sql.Tx) error // what no statement can do; nil for nothing
}

// sums are the columns of run that sum up its calls, with how.
const sums = `SELECT run.id AS id, count(call.id) AS calls,
		count(call.id) FILTER (WHERE outcome = 'hit') AS hits,
		count(call.id) FILTER (WHERE outcome = 'miss') AS misses,
		count(call.id) FILTER (WHERE outcome = 'error') AS errors,
		count(call.id) FILTER (WHERE outcome = 'bypass') AS bypasses,
		count(call.id) FILTER (WHERE outcome = 'running') AS running,
		coalesce(sum(call.saved) FILTER (WHERE outcome = 'hit'), 0) AS saved,
		coalesce(sum(call.duration) FILTER (WHERE outcome IN ('miss', 'error')), 0) AS spent
	FROM run LEFT JOIN call ON call.run = run.id GROUP BY run.id`

const sumColumns = "calls, hits, misses, errors, bypasses, running, saved, spent"

const wrongSums = `SELECT id FROM (SELECT id, ` + sumColumns + ` FROM run EXCEPT SELECT id, ` + sumColumns + ` FROM (` + sums + `))`

// misplacedOutput is output that does not say of itself what its number says.
const misplacedOutput = "(run <> id >> 32 OR seq <> " + seqOfID + ")"

// missingFunctions are numbers of functions that rows name and that are not there.
const missingFunctions = `SELECT func AS id FROM (SELECT DISTINCT func FROM call UNION SELECT func FROM key UNION SELECT func FROM run_func)
	WHERE func NOT IN (SELECT id FROM func)`

const (
	withoutSnapshot = "value NOT IN (SELECT substr(digest, 1, 8) FROM snapshot)"
	withoutCall     = "run IN (SELECT id FROM run) AND NOT EXISTS (SELECT 1 FROM call WHERE call.id = result.run << 32 | result.call)"
)

// placeRules say to which run a row belongs. They come before what is said of the
// rows of runs, so that none is deleted with a run that it only seems to belong to.
var placeRules = []rule{
	{
		kind:    "calls-in-another-run",
		count:   "SELECT count(*) FROM call WHERE run <> id >> 32",
		meaning: "calls whose number belongs to another run than they do",
		remedy:  "go by the number",
		mend:    []string{"UPDATE call SET run = id >> 32 WHERE run <> id >> 32"},
	},
	{
		kind:    "output-in-another-place",
		count:   "SELECT count(*) FROM output WHERE " + misplacedOutput,
		meaning: "output whose number belongs to another run, or another place in it, than the output says",
		remedy:  "go by the number",
		mend:    []string{"UPDATE output SET run = id >> 32, seq = " + seqOfID + " WHERE " + misplacedOutput},
	},
}

var rules = []rule{
	{
		kind:    "no-function",
		count:   "SELECT count(*) FROM (" + missingFunctions + ")",
		meaning: "functions that calls or keys name and that are not there: such calls are not listed",
		remedy:  "put a function that is called lost in its place",
		mend: []string{`INSERT INTO func (id, name, code_digest, code_kind, file, line)
			SELECT id, 'lost.function' || id, x'', 'lost', '', 0 FROM (` + missingFunctions + `)`},
	},
	{
		kind:    "no-key",
		count:   "SELECT count(*) FROM call WHERE key <> 0 AND key NOT IN (SELECT id FROM key)",
		meaning: "calls whose key is not there: what they were made with is not known",
		remedy:  "note that they have none",
		mend:    []string{"UPDATE call SET key = 0 WHERE key <> 0 AND key NOT IN (SELECT id FROM key)"},
	},
	{
		kind:    "parts-of-no-key",
		count:   "SELECT count(*) FROM part WHERE key NOT IN (SELECT id FROM key)",
		meaning: "parts of keys that are not there",
		remedy:  "delete them",
		mend:    []string{"DELETE FROM part WHERE key NOT IN (SELECT id FROM key)"},
	},
	{
		kind:    "keys-not-indexed",
		count:   "SELECT count(*) FROM (SELECT DISTINCT key FROM part WHERE key NOT IN (SELECT key FROM leave_one_out))",
		meaning: "keys that are not found by their arguments: an older program was recording when the lab-book was migrated",
		remedy:  "index them",
		mendWith: func(ctx context.Context, b *Book, conn *sql.Conn, tx *sql.Tx) error {
			return b.derive(ctx, conn, tx)
		},
	},
	{
		kind:    "index-of-no-key",
		count:   "SELECT count(*) FROM leave_one_out WHERE key NOT IN (SELECT id FROM key)",
		meaning: "keys that are found by their arguments and are not there",
		remedy:  "delete what they are found by",
		mend:    []string{"DELETE FROM leave_one_out WHERE key NOT IN (SELECT id FROM key)"},
	},
	{
		kind:    "sketches-of-no-snapshot",
		count:   "SELECT count(*) FROM sketch WHERE " + withoutSnapshot,
		meaning: "sketches of values whose snapshots are not there",
		remedy:  "delete them",
		mend:    []string{"DELETE FROM sketch WHERE " + withoutSnapshot},
	},
	{
		kind:    "results-of-no-call",
		count:   "SELECT count(*) FROM result WHERE " + withoutCall,
		meaning: "values that calls returned which are not there",
		remedy:  "delete them",
		mend:    []string{"DELETE FROM result WHERE " + withoutCall},
	},
	{
		kind:    "first-calls-of-no-key",
		count:   "SELECT count(*) FROM first_call WHERE key NOT IN (SELECT id FROM key)",
		meaning: "first calls with keys that are not there",
		remedy:  "delete what names them",
		mend:    []string{"DELETE FROM first_call WHERE key NOT IN (SELECT id FROM key)"},
	},
	{
		kind:    "no-source-text",
		count:   "SELECT count(*) FROM source WHERE text NOT IN (SELECT id FROM source_text)",
		meaning: "functions whose source is named and not there",
		remedy:  "delete the name",
		mend:    []string{"DELETE FROM source WHERE text NOT IN (SELECT id FROM source_text)"},
	},
	{
		kind:    "tasks-of-no-batch",
		count:   "SELECT count(*) FROM task WHERE (run, batch) NOT IN (SELECT run, batch FROM batch)",
		meaning: "tasks of batches that are not there: they are not listed",
		remedy:  "put a batch that is called lost in its place",
		mend: []string{`INSERT INTO batch (run, batch, label, backend, jobs, tasks, started, status)
			SELECT run, batch, 'lost', '', 0, count(DISTINCT idx), min(started), 'cancelled' FROM task
			WHERE (run, batch) NOT IN (SELECT run, batch FROM batch) GROUP BY run, batch`},
	},
	{
		kind:    "wrong-sums",
		count:   "SELECT count(*) FROM (" + wrongSums + ")",
		meaning: "runs whose sums (calls, hits, time saved and so on) are not those of their calls",
		remedy:  "count again",
		mend:    []string{"UPDATE run SET (" + sumColumns + ") = (SELECT " + sumColumns + " FROM (" + sums + ") AS s WHERE s.id = run.id) WHERE id IN (" + wrongSums + ")"},
	},
}

// RowsOfNoRun is the kind of rows that belong to no run, which RemoveRows deletes.
const RowsOfNoRun = "rows-of-no-run"

// Inconsistencies looks for what cannot be in the tables. It reads most of them:
// some seconds for a million calls. What programs record meanwhile does not
// confuse it.
func (b *Book) Inconsistencies(ctx context.Context, progress func(done, all int64)) ([]Inconsistency, error) {
	var found []Inconsistency
	tx, err := b.db.BeginTx(ctx, &sql.TxOptions{ReadOnly: true}) // one state of all tables
	if err != nil {
		return nil, fmt.Errorf("check tables: %w", err)
	}
	defer func() { _ = tx.Rollback() }() // it only reads
	done, all := int64(0), int64(len(placeRules)+len(rules))
	look := func(rules []rule) error {
		for _, r := range rules {
			progress(done, all)
			done++
			var rows int64
			if err := tx.QueryRowContext(ctx, r.count).Scan(&rows); err != nil {
				return fmt.Errorf("check tables: %s: %w", r.kind, err)
			}
			if rows > 0 {
				found = append(found, Inconsistency{Kind: r.kind, Rows: rows, Meaning: r.meaning, Remedy: r.remedy})
			}
		}
		return nil
	}
	if err := look(placeRules); err != nil {
		return nil, err
	}
	orphaned := int64(0)
	for _, table := range orphanTables() {
		runs, err := b.orphanedRuns(ctx, tx, table)
		if err != nil {
			return nil, fmt.Errorf("check table %s: %w", table, err)
		}
		for _, run := range runs {
			var rows int64
			if err := tx.QueryRowContext(ctx, "SELECT count(*) FROM "+table+" WHERE run = ?", run).Scan(&rows); err != nil {
				return nil, fmt.Errorf("check table %s: %w", table, err)
			}
			orphaned += rows
		}
	}
	if orphaned > 0 {
		found = append(found, Inconsistency{
			Kind: RowsOfNoRun, Rows: orphaned, Meaning: "rows of runs that are not there: a prune is at work, or was stopped", Remedy: "delete them",
		})
	}
	return found, look(rules)
}

// Mend puts right what Inconsistencies found of some kind.
func (b *Book) Mend(ctx context.Context, kind string) error {
	if kind == RowsOfNoRun {
		return b.RemoveRows(ctx, func(int64) {})
	}
	err := b.transactOn(ctx, func(conn *sql.Conn, tx *sql.Tx) error {
		for _, r := range slices.Concat(placeRules, rules) {
			if r.kind != kind {
				continue
			}
			for _, statement := range r.mend {
				if _, err := tx.ExecContext(ctx, statement); err != nil {
					return err
				}
			}
			if r.mendWith != nil {
				return r.mendWith(ctx, b, conn, tx)
			}
			return nil
		}
		return errors.New("there is no such kind")
	})
	if err != nil {
		return fmt.Errorf("mend %s: %w", kind, err)
	}
	return nil
}

// A RunArtifact is an artifact with the run that it belongs to.
type RunArtifact struct {
	Run  int64
	UUID string
	record.Artifact
}

// Artifacts returns every artifact of every run, in the order of runs.
func (b *Book) Artifacts(ctx context.Context) ([]RunArtifact, error) {
	rows, err := b.db.QueryContext(ctx, `SELECT run.id, run.uuid, artifact.name, path, media_type, bytes, at
		FROM artifact JOIN run ON run.id = artifact.run ORDER BY run.id, artifact.name`)
	list, err := collect(rows, err, func(row scanner) (a RunArtifact, err error) {
		return a, row.Scan(&a.Run, &a.UUID, &a.Name, &a.Path, &a.MediaType, &a.Bytes, at(&a.At))
	})
	if err != nil {
		return nil, fmt.Errorf("list artifacts: %w", err)
	}
	return list, nil
}

// AddArtifact adds an artifact to a run that the lab-book did not hear of, and
// leaves one of the same name as it is.
func (b *Book) AddArtifact(ctx context.Context, a *RunArtifact) error {
	_, err := b.db.ExecContext(ctx, `INSERT OR IGNORE INTO artifact (run, name, path, media_type, bytes, at)
		SELECT id, ?, ?, ?, ?, ? FROM run WHERE uuid = ?`, a.Name, a.Path, a.MediaType, a.Bytes, nanos(a.At), a.UUID)
	if err != nil {
		return fmt.Errorf("add artifact: %w", err)
	}
	return nil
}
