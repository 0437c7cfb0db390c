package sqlbook

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"database/sql"
	"errors"
	"flag"
	"fmt"
	"io"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"labbook/runlog/event"
	"labbook/runlog/record"
)

var release = flag.Bool("release", false, "write the file of the newest schema, see testdata/schema/README.md")

const secondUUID = "11234567-89ab-4def-8123-456789abcdef"

// everything is two runs with rows in every table, by UUID.
func everything() map[string][]event.Event {
	at := func(s int) time.Time { return start.Add(time.Duration(s) * time.Second) }
	function := &event.Function{Number: 1, Function: record.Function{Name: "lab/model.train", CodeDigest: hexDigest(9), CodeKind: "source", File: "m.go", Line: 3}}
	return map[string][]event.Event{
		runUUID: {
			&event.Output{Stream: record.Stdout, Offset: 0, At: at(1), Bytes: []byte("before the start\n")},
			&event.RunStart{Run: record.Run{
				Name: "digits", Started: start, Argv: []string{"digits", "-c", "2"}, Cwd: "/w", Env: []string{"A=1"}, GoVersion: "go1.26",
				Host: "h", OSArch: "linux/amd64", CPUs: 2, User: "u", PID: 7, Debug: true, Modules: []string{"m@v1"},
			}},
			&event.RunParams{Params: []record.Param{{Name: "C", Value: "2", Source: "flag", Help: "how far"}, {Name: "Seed", Value: "42", Source: "default"}}},
			&event.VCS{Revision: "abc", Dirty: true, Diff: "diff"},
			&event.Heartbeat{At: at(2), Usage: event.Usage{UserTime: 1, SysTime: 2, MaxRSS: 3}},
			function,
			&event.Source{CodeDigest: hexDigest(9), Source: record.Source{Name: "lab/model.train", Text: "func train() {}", File: "m.go", Line: 3}},
			&event.Snapshot{Digest: hexDigest(2), Blob: []byte("snapshot")},
			&event.Key{Key: digest(1), Function: 1, Parts: []record.Part{
				{Position: 0, Kind: record.PartCode, Name: "code", Digest: hexDigest(9), Preview: "code"},
				{Position: 1, Kind: record.PartArgument, Name: "x", Digest: hexDigest(2), Preview: "[1 2]"},
			}, Call: 1},
			&event.BatchStart{Batch: 1, Label: "folds", Backend: "goroutines", Jobs: 2, Tasks: 2, Started: at(3)},
			&event.CallStart{Call: 1, Scope: event.Scope{Batch: 1}, Function: 1, Key: digest(1), Started: at(3)},
			&event.CallEnd{Call: 1, Scope: event.Scope{Batch: 1}, Function: 1, Key: digest(1), Outcome: record.Miss, Started: at(3), Duration: time.Second, ResultDigest: digest(7), ResultBytes: 77},
			&event.Result{Call: 1, Values: []record.ResultValue{{Path: "", Digest: hexDigest(5)}, {Path: ".W", Digest: hexDigest(6)}}},
			&event.CallEnd{Call: 2, Scope: event.Scope{Call: 1, Batch: 1, Task: 1}, Function: 1, Outcome: record.Bypass, Started: at(4), Duration: 5},
			&event.CallEnd{Call: 3, Scope: event.Scope{Task: -1}, Function: 1, Key: digest(3), Outcome: record.Error, Started: at(4), Duration: 6, Error: "no", Reason: record.Corrupt, Detail: "checksum"},
			&event.Tasks{Batch: 1, Tasks: []record.Task{
				{Index: 0, Worker: 1, Queued: at(3), Started: at(3), Ended: at(4), Status: record.BatchOK},
				{Index: 1, Attempt: 1, Worker: 2, Queued: at(3), Started: at(3), Ended: at(4), Status: record.BatchFailed, Error: "oh"},
			}},
			&event.BatchEnd{Batch: 1, Tasks: 2, Done: 1, Failed: 1, Ended: at(4), Status: record.BatchFailed, Error: "oh"},
			&event.Output{Stream: record.Stderr, Offset: 0, At: at(4), Bytes: []byte("oh\n")},
			&event.Output{Stream: record.Stdout, Offset: 17, At: at(5), Bytes: []byte{0xff, 0, 'x', '\n'}},
			&event.OutputScope{Stream: record.Stdout, Offset: 17, Bytes: 4, Scope: event.Scope{Call: 1}},
			&event.Metric{Metric: record.Metric{Name: "acc", Value: 0.5, At: at(5)}},
			&event.Metric{Metric: record.Metric{Name: "acc", Step: 1, Value: math.NaN(), At: at(6)}},
			&event.Artifact{Artifact: record.Artifact{Name: "a/b.png", Path: "/w/a/b.png", MediaType: "image/png", Bytes: 9, At: at(6)}},
			&event.Tag{Tag: "final"},
			&event.Note{Note: record.Note{Text: "first", At: at(6)}},
			&event.Note{Note: record.Note{Text: "second", At: at(6)}},
			&event.Sample{Sample: record.Sample{At: at(6), CPU: 1, RSS: 2, Read: 3, Written: 4}},
			&event.Input{Input: record.Input{Path: "/w/in.csv", Bytes: 5, Modified: start, Digest: hexDigest(4)}},
			&event.RunEnd{Ended: at(7), Status: record.StatusFailed, ExitCode: 1, Error: "no", Usage: event.Usage{UserTime: 4, SysTime: 5, MaxRSS: 6}},
			&event.Exit{At: at(8), ExitCode: 1},
		},
		secondUUID: {
			&event.RunStart{Run: record.Run{Name: "digits", Started: at(10), Argv: []string{"digits"}}, RerunOfUUID: runUUID},
			&event.Within{UUID: runUUID},
			function,
			&event.CallEnd{Call: 1, Scope: event.Scope{Task: -1}, Function: 1, Key: digest(1), Outcome: record.Hit, Started: at(11), Duration: 9, Saved: time.Second, OriginRun: runUUID, OriginCall: 1, ResultDigest: digest(7), ResultBytes: 77},
			&event.CallStart{Call: 2, Scope: event.Scope{Task: -1}, Function: 1, Key: digest(4), Started: at(12)},
			&event.Output{Stream: record.Both, Offset: 0, At: at(12), Bytes: []byte("again\n")},
		},
	}
}

// fill takes in everything.
func fill(t testing.TB, b *Book) {
	t.Helper()
	all := everything()
	for _, run := range []string{runUUID, secondUUID} {
		apply(t, b, run, all[run]...)
	}
}

// oldBook is a copy of the lab-book of a released schema.
func oldBook(t *testing.T, schema int) string {
	t.Helper()
	packed, err := os.Open(filepath.Join("testdata", "schema", fmt.Sprintf("%d.sqlite.gz", schema)))
	if err != nil {
		t.Fatal(err)
	}
	defer packed.Close()
	unpacked, err := gzip.NewReader(packed)
	if err != nil {
		t.Fatal(err)
	}
	data, err := io.ReadAll(unpacked)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "labbook.sqlite")
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// raw opens a file as SQLite does, without this package's part in it.
func raw(t *testing.T, path string) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite", dsn(path, "rw"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

// shape names the tables of a file with their columns.
func shape(t *testing.T, db *sql.DB) map[string][]string {
	t.Helper()
	rows, err := db.QueryContext(t.Context(), `SELECT t.name, c.name FROM pragma_table_list AS t JOIN pragma_table_info(t.name) AS c
		WHERE t.schema = 'main' AND t.type = 'table' AND t.name NOT LIKE 'sqlite!_%' ESCAPE '!' ORDER BY t.name, c.cid`)
	columns := map[string][]string{}
	_, err = collect(rows, err, func(row scanner) (struct{}, error) {
		var table, column string
		err := row.Scan(&table, &column)
		columns[table] = append(columns[table], column)
		return struct{}{}, err
	})
	if err != nil {
		t.Fatal(err)
	}
	return columns
}

// contents returns the rows of tables in some columns, each as a text, in an order
// that is that of the values.
func contents(t *testing.T, db *sql.DB, columns map[string][]string) map[string][]string {
	t.Helper()
	all := map[string][]string{}
	for table, names := range columns {
		list := strings.Join(names, ", ")
		rows, err := db.QueryContext(t.Context(), fmt.Sprintf("SELECT %s FROM %s ORDER BY %s", list, table, list))
		all[table], err = collect(rows, err, func(row scanner) (string, error) {
			values := make([]any, len(names))
			targets := make([]any, len(names))
			for i := range values {
				targets[i] = &values[i]
			}
			err := row.Scan(targets...)
			for i, value := range values {
				if data, ok := value.([]byte); ok && len(data) > 64 {
					values[i] = sha256.Sum256(data)
				}
			}
			return fmt.Sprintf("%#v", values), err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return all
}

func TestOldSchemas(t *testing.T) {
	if *release {
		writeRelease(t)
	}
	t.Parallel()
	files, err := filepath.Glob(filepath.Join("testdata", "schema", "*.sqlite.gz"))
	if err != nil || len(files) == 0 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	for _, file := range files {
		var schema int
		if _, err := fmt.Sscanf(filepath.Base(file), "%d.sqlite.gz", &schema); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		t.Run(fmt.Sprint(schema), func(t *testing.T) {
			t.Parallel()
			path := oldBook(t, schema)
			db := raw(t, path)
			columns := shape(t, db)
			before := contents(t, db, columns)
			for table, rows := range before {
				if len(rows) == 0 {
					t.Errorf("the lab-book of schema %d has nothing in table %s", schema, table)
				}
			}
			b, err := Create(t.Context(), path)
			if err != nil {
				t.Fatal(err)
			}
			defer b.Close()
			if version, err := b.schema(t.Context()); err != nil || version != newestSchema() {
				t.Errorf("schema %d, %v; want %d", version, err, newestSchema())
			}
			if diff := cmp.Diff(before, contents(t, db, columns)); diff != "" {
				t.Errorf("what there was (-before +after):\n%s", diff)
			}
			checkSound(t, b)
			readBack(t, b)
			// It is written to like a new one.
			apply(t, b, secondUUID, &event.Output{Stream: record.Both, Offset: 6, Bytes: []byte("more")})
			if chunks, err := b.Output(t.Context(), 2, 0, 0); err != nil || len(chunks) != 2 || chunks[1].Seq != 2 {
				t.Errorf("output after one more chunk: %+v, %v", chunks, err)
			}
		})
	}
}

// readBack reads, the way commands do, what every version of everything has.
func readBack(t *testing.T, b *Book) {
	t.Helper()
	run, err := b.Run(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	if run.UUID != runUUID || run.Status != record.StatusFailed || len(run.Params) != 2 || len(run.Notes) != 2 || run.Counts.Calls != 3 || run.Reruns[0] != 2 {
		t.Errorf("run 1 is %+v", run)
	}
	if len(run.Metrics) != 2 || !math.IsNaN(run.Metrics[1].Value) {
		t.Errorf("metrics %v", run.Metrics)
	}
	chunks, err := b.Output(t.Context(), 1, 0, 0)
	if err != nil {
		t.Fatal(err)
	}
	printed := ""
	for i, chunk := range chunks {
		printed += string(chunk.Bytes)
		if chunk.Seq != int64(i+1) {
			t.Errorf("chunk %d has number %d", i, chunk.Seq)
		}
	}
	if printed != "before the start\noh\n\xff\x00x\n" {
		t.Errorf("output %q", printed)
	}
	hit, err := b.Call(t.Context(), record.CallID{Run: 2, Call: 1})
	if err != nil || hit.Origin != (record.CallID{Run: 1, Call: 1}) || len(hit.Parts) != 2 || hit.Key != hexDigest(1) {
		t.Errorf("the hit is %+v, %v", hit, err)
	}
	if tasks, err := b.Tasks(t.Context(), 1, 1, -1, 0); err != nil || len(tasks) != 2 {
		t.Errorf("tasks %v, %v", tasks, err)
	}
	if blob, err := b.Snapshot(t.Context(), hexDigest(2)); err != nil || string(blob) != "snapshot" {
		t.Errorf("snapshot %q, %v", blob, err)
	}
}

// checkSound fails the test unless the file and its tables are as they should be.
func checkSound(t *testing.T, b *Book) {
	t.Helper()
	messages, err := b.IntegrityCheck(t.Context())
	if err != nil || len(messages) > 0 {
		t.Errorf("integrity: %q, %v", messages, err)
	}
	found, err := b.Inconsistencies(t.Context(), func(int64, int64) {})
	if err != nil || len(found) > 0 {
		t.Errorf("inconsistencies: %+v, %v", found, err)
	}
}

// writeRelease writes the lab-book of the newest schema.
func writeRelease(t *testing.T) {
	t.Helper()
	b := create(t)
	fill(t, b)
	path := filepath.Join(t.TempDir(), "copy.sqlite")
	// With its spools, which CopyTo leaves out.
	if _, err := b.db.ExecContext(t.Context(), "VACUUM INTO ?", path); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var packed bytes.Buffer
	w, err := gzip.NewWriterLevel(&packed, gzip.BestCompression)
	if err == nil {
		_, err = w.Write(data)
		err = errors.Join(err, w.Close())
	}
	if err != nil {
		t.Fatal(err)
	}
	name := filepath.Join("testdata", "schema", fmt.Sprintf("%d.sqlite.gz", newestSchema()))
	if _, err := os.Stat(name); err == nil {
		t.Fatalf("%s was released: it never changes", name)
	}
	if err := os.WriteFile(name, packed.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
}

// An older program has the lab-book open, and goes on writing as it knows to.
func TestMigrateUnderAnOlderProgram(t *testing.T) {
	t.Parallel()
	path := oldBook(t, 1)
	older := raw(t, path)
	if _, err := older.ExecContext(t.Context(), "PRAGMA journal_mode = WAL"); err != nil {
		t.Fatal(err)
	}
	// What a program of schema 1 prepares, and what it does in one transaction.
	write := func(n int) {
		tx, err := older.BeginTx(t.Context(), nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, statement := range []string{
			fmt.Sprintf(`INSERT INTO output (run, seq, stream, offset, at, bytes)
				SELECT 2, 1 + coalesce(max(seq), 0), 'both', %d, 0, x'61' FROM output WHERE run = 2`, n),
			"INSERT INTO spool (name, offset) VALUES ('s', 1) ON CONFLICT (name) DO UPDATE SET offset = offset + 1",
			"UPDATE run SET heartbeat = 1, utime = 1, stime = 1, max_rss = 1 WHERE id = 2",
		} {
			if _, err := tx.ExecContext(t.Context(), statement); err != nil {
				t.Fatal(err)
			}
		}
		if err := tx.Commit(); err != nil {
			t.Fatal(err)
		}
	}
	reader := raw(t, path)
	snapshot, err := reader.BeginTx(t.Context(), &sql.TxOptions{ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	var rows int
	if err := snapshot.QueryRowContext(t.Context(), "SELECT count(*) FROM output").Scan(&rows); err != nil {
		t.Fatal(err)
	}
	write(0)
	migrated := make(chan error, 1)
	ctx := context.WithoutCancel(t.Context())
	go func() {
		b, err := Create(ctx, path)
		if err == nil {
			err = b.Close()
		}
		migrated <- err
	}()
	n := 1
	for done := false; !done; n++ {
		write(n)
		select {
		case err := <-migrated:
			if err != nil {
				t.Fatal(err)
			}
			done = true
		default:
		}
	}
	for range 5 {
		write(n)
		n++
	}
	// The reader has seen one state all the time.
	var again int
	if err := errors.Join(snapshot.QueryRowContext(t.Context(), "SELECT count(*) FROM output").Scan(&again), snapshot.Rollback()); err != nil || again != rows {
		t.Errorf("%d rows, then %d, %v", rows, again, err)
	}
	b, err := Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	chunks, err := b.Output(t.Context(), 2, 0, 1<<20)
	if err != nil || len(chunks) != n+1 {
		t.Errorf("%d chunks, %v; want %d", len(chunks), err, n+1)
	}
	for i, chunk := range chunks {
		if chunk.Seq != int64(i+1) {
			t.Fatalf("chunk %d has number %d", i, chunk.Seq)
		}
	}
	if offset, err := b.Offset(t.Context(), "s"); err != nil || offset != int64(n) {
		t.Errorf("offset %d, %v; want %d", offset, err, n)
	}
	checkSound(t, b)
}

const killedVariable = "SQLBOOK_TEST_MIGRATE"

// TestMain makes the test binary a program that is killed while it migrates.
func TestMain(m *testing.M) {
	if path := os.Getenv(killedVariable); path != "" {
		_, err := createWith(context.Background(), path, func(schema int) error {
			if schema < newestSchema() {
				return nil
			}
			self, err := os.FindProcess(os.Getpid())
			if err == nil {
				err = self.Kill()
			}
			if err == nil {
				select {} // until the signal has come
			}
			return err
		})
		fmt.Fprintln(os.Stderr, "not killed:", err)
		os.Exit(1)
	}
	os.Exit(m.Run())
}

func TestMigrationKilledInTheMiddle(t *testing.T) {
	if testing.Short() {
		t.Skip("a migration that is large enough to be killed takes a minute under the race detector")
	}
	t.Parallel()
	path := oldBook(t, 1)
	db := raw(t, path)
	// Enough output that the transaction does not fit into memory and has begun to
	// fill the log by the time it is killed.
	_, err := db.ExecContext(t.Context(), `WITH RECURSIVE n (i) AS (SELECT 10 UNION ALL SELECT i + 1 FROM n WHERE i < 500)
		INSERT INTO output SELECT 1, i, 'stdout', 100 * i, 0, randomblob(8000) FROM n`)
	if err != nil {
		t.Fatal(err)
	}
	columns := shape(t, db)
	before := contents(t, db, columns)
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), exe)
	cmd.Env = append(os.Environ(), killedVariable+"="+path)
	if out, err := cmd.CombinedOutput(); err == nil || len(out) > 0 {
		t.Fatalf("the program was not killed: %v\n%s", err, out)
	}
	if log, err := os.Stat(path + "-wal"); err != nil || log.Size() < 1<<20 {
		t.Errorf("the log is %+v, %v: nothing of the migration had been written", log, err)
	}
	var version int
	if err := db.QueryRowContext(t.Context(), "PRAGMA user_version").Scan(&version); err != nil || version != 1 {
		t.Errorf("schema %d, %v; want 1", version, err)
	}
	if diff := cmp.Diff(before, contents(t, db, shape(t, db))); diff != "" {
		t.Errorf("after the kill (-before +after):\n%.2000s", diff)
	}
	b, err := Create(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	if diff := cmp.Diff(before, contents(t, db, columns)); diff != "" {
		t.Errorf("after the next migration (-before +after):\n%.2000s", diff)
	}
	checkSound(t, b)
}
