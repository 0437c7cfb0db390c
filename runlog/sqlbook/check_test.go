package sqlbook

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"labbook/runlog/event"
	"labbook/runlog/record"
)

func TestInconsistenciesAreFoundAndMended(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		kind   string
		damage string
		rows   int64
		// of what is right afterwards
		query, want string
	}{
		{RowsOfNoRun, "DELETE FROM run WHERE id = 1", 24, "SELECT count(*) FROM output WHERE run = 1", "0"},
		{"calls-in-another-run", "UPDATE call SET run = 2 WHERE id = (1 << 32) + 3", 1, "SELECT run FROM call WHERE id = (1 << 32) + 3", "1"},
		{"output-in-another-place", "UPDATE output SET seq = 9 WHERE id = (1 << 32) + 1; UPDATE output SET run = 7 WHERE id = (2 << 32) + 1", 2, "SELECT group_concat(run || ' ' || seq) FROM (SELECT * FROM output WHERE id & 1 ORDER BY id)", "1 1,1 3,2 1"},
		{"no-function", "DELETE FROM func", 1, "SELECT count(*) FROM call JOIN func ON func.id = call.func WHERE func.name = 'lost.function1'", "5"},
		{"no-key", "DELETE FROM key WHERE id = 2; DELETE FROM part WHERE key = 2", 1, "SELECT key FROM call WHERE id = (1 << 32) + 3", "0"},
		{"parts-of-no-key", "INSERT INTO part SELECT 77, position, kind, name, digest, preview FROM part", 2, "SELECT count(*) FROM part", "2"},
		{"keys-not-indexed", "DELETE FROM leave_one_out", 1, "SELECT count(*) FROM leave_one_out", "2"},
		{"index-of-no-key", "UPDATE leave_one_out SET key = 77", 2, "SELECT group_concat(key) FROM leave_one_out", "1,1"},
		{"sketches-of-no-snapshot", "DELETE FROM snapshot", 1, "SELECT count(*) FROM sketch", "0"},
		{"results-of-no-call", "UPDATE result SET call = 9", 2, "SELECT count(*) FROM result", "0"},
		{"first-calls-of-no-key", "UPDATE first_call SET key = 77", 1, "SELECT count(*) FROM first_call", "0"},
		{"no-source-text", "DELETE FROM source_text", 1, "SELECT count(*) FROM source", "0"},
		{"tasks-of-no-batch", "DELETE FROM batch", 2, "SELECT label || tasks FROM batch", "lost2"},
		{"wrong-sums", "UPDATE run SET hits = 7, saved = 1", 2, "SELECT group_concat(hits || ' ' || misses || ' ' || saved) FROM run", "0 1 0,1 0 1000000000"},
	} {
		t.Run(test.kind, func(t *testing.T) {
			t.Parallel()
			b := create(t)
			fill(t, b)
			checkSound(t, b)
			if _, err := b.db.ExecContext(t.Context(), test.damage); err != nil {
				t.Fatal(err)
			}
			found, err := b.Inconsistencies(t.Context(), func(int64, int64) {})
			if err != nil {
				t.Fatal(err)
			}
			at := slices.IndexFunc(found, func(i Inconsistency) bool { return i.Kind == test.kind })
			if at < 0 || found[at].Rows != test.rows {
				t.Fatalf("found %+v; want %d rows of %s", found, test.rows, test.kind)
			}
			for _, i := range found {
				if err := b.Mend(t.Context(), i.Kind); err != nil {
					t.Fatal(err)
				}
			}
			var got string
			if err := b.db.QueryRowContext(t.Context(), test.query).Scan(&got); err != nil || got != test.want {
				t.Errorf("%s is %q, %v; want %q", test.query, got, err, test.want)
			}
			checkSound(t, b)
		})
	}
}

// root is where the tree of a table or an index begins in the file.
func root(t *testing.T, b *Book, name string) (page, pageSize int64) {
	t.Helper()
	err := b.db.QueryRowContext(t.Context(), "SELECT rootpage, page_size FROM sqlite_master, pragma_page_size WHERE name = ?", name).Scan(&page, &pageSize)
	if err != nil {
		t.Fatal(err)
	}
	return page, pageSize
}

// overwrite changes bytes of a file.
func overwrite(t *testing.T, path string, offset int64, data []byte) {
	t.Helper()
	file, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if _, err := file.WriteAt(data, offset); err != nil {
		t.Fatal(err)
	}
}

// writeBack empties the log of a lab-book, so that all of it is in its file.
func writeBack(t *testing.T, b *Book) {
	t.Helper()
	if _, err := b.db.ExecContext(t.Context(), "PRAGMA wal_checkpoint(TRUNCATE)"); err != nil {
		t.Fatal(err)
	}
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestReindex(t *testing.T) {
	t.Parallel()
	b := create(t)
	fill(t, b)
	page, size := root(t, b, "call_func")
	path := b.Path()
	writeBack(t, b)
	// An index that leaves a row out: one cell less on its page.
	var cells [2]byte
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	at := (page-1)*size + 3
	binary.BigEndian.PutUint16(cells[:], binary.BigEndian.Uint16(data[at:])-1)
	overwrite(t, path, at, cells[:])

	if b, err = Create(t.Context(), path); err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	if messages, err := b.IntegrityCheck(t.Context()); err != nil || len(messages) == 0 {
		t.Fatalf("%q, %v; want that the index is found out", messages, err)
	}
	if err := b.Reindex(t.Context()); err != nil {
		t.Fatal(err)
	}
	checkSound(t, b)
}

func TestSalvage(t *testing.T) {
	t.Parallel()
	b := create(t)
	fill(t, b)
	const runs, calls = 6, 400
	for run := range runs {
		events := aRun("digits")
		for n := range calls {
			events = append(events, call(int64(n+1), record.Hit, 1))
		}
		events = append(events, printed(record.Stdout, 0, "a needle\n"), &event.Note{Note: record.Note{Text: fmt.Sprint(run)}})
		apply(t, b, fmt.Sprintf("%d9234567-89ab-4def-8123-456789abcdef", run), events...)
	}
	found := blocksWith(t, b, "needle")
	// Two pages of calls, of two runs: what lies between them is to be saved too.
	rows, err := b.db.QueryContext(t.Context(), "SELECT pageno FROM dbstat WHERE name = 'call' AND pagetype = 'leaf' ORDER BY path")
	leaves, err := collect(rows, err, func(row scanner) (page int64, err error) { return page, row.Scan(&page) })
	if err != nil || len(leaves) < 12 {
		t.Fatalf("%d pages of calls, %v", len(leaves), err)
	}
	first, last := leaves[len(leaves)/6], leaves[len(leaves)*5/6]
	_, size := root(t, b, "call")
	before := contents(t, b.db, shape(t, b.db))
	path := b.Path()
	writeBack(t, b)
	garbage := bytes.Repeat([]byte{0xff, 0x13}, int(size)/2)
	overwrite(t, path, (first-1)*size, garbage)
	overwrite(t, path, (last-1)*size, garbage)
	damaged, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}

	saved, report := salvaged(t, path)
	if got := blocksWith(t, saved, "needle"); got != found || len(strings.Fields(got)) != runs {
		t.Errorf("the needle is in the output %q, was in %q", got, found)
	}
	after := contents(t, saved.db, shape(t, saved.db))
	perPage := len(before["call"]) / len(leaves)
	for _, s := range report {
		switch {
		case s.Table == "call":
			lost := len(before["call"]) - len(after["call"])
			if !s.Damaged || s.Rows != int64(len(after["call"])) || s.Before != int64(len(before["call"])) || lost == 0 || lost > 3*perPage {
				t.Errorf("%+v; %d of %d calls are lost, with some %d a page", s, lost, len(before["call"]), perPage)
			}
		case s.Damaged || s.Rows != int64(len(before[s.Table])):
			t.Errorf("%+v; want %d rows", s, len(before[s.Table]))
		}
	}
	for table, rows := range before {
		// The sums of runs have changed, and snapshots of tests have a sketch there only.
		if table == "call" || table == "run" || table == "sketch" {
			continue
		}
		if diff := cmp.Diff(rows, after[table]); diff != "" {
			t.Errorf("table %s (-before +after):\n%s", table, diff)
		}
	}
	for _, row := range after["call"] {
		if !slices.Contains(before["call"], row) {
			t.Errorf("a call has become %s", row)
		}
	}
	if left, err := os.ReadFile(path); err != nil || !bytes.Equal(left, damaged) {
		t.Errorf("the damaged file was touched: %v", err)
	}
}

// Of a file that ends too early every row is saved whose page is still there.
func TestSalvageOfAFileThatIsCut(t *testing.T) {
	t.Parallel()
	b := create(t)
	const runs, steps = 4, 1000
	for run := range runs {
		events := aRun("digits", call(1, record.Miss, 1))
		for step := range steps {
			events = append(events, &event.Metric{Metric: record.Metric{Name: []string{"loss", "rate"}[step%2], Step: int64(step), Value: 1, At: start}})
		}
		for n := range 100 {
			events = append(events, printed(record.Stdout, int64(n)*1000, strings.Repeat("x", 999)+"\n"))
		}
		apply(t, b, fmt.Sprintf("%d1234567-89ab-4def-8123-456789abcdef", run), events...)
	}
	before := contents(t, b.db, shape(t, b.db))
	// How many rows are on leaves before a page.
	rows, err := b.db.QueryContext(t.Context(), "SELECT name, pageno, ncell FROM dbstat WHERE pagetype = 'leaf' AND name IN ('output', 'metric')")
	type leaf struct {
		table       string
		page, cells int64
	}
	leaves, err := collect(rows, err, func(row scanner) (l leaf, err error) { return l, row.Scan(&l.table, &l.page, &l.cells) })
	if err != nil {
		t.Fatal(err)
	}
	path := b.Path()
	_, size := root(t, b, "run")
	writeBack(t, b)
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, percent := range []int{95, 75, 50, 30} {
		cut := filepath.Join(t.TempDir(), "cut.sqlite")
		if err := os.WriteFile(cut, whole[:len(whole)*percent/100], 0o600); err != nil {
			t.Fatal(err)
		}
		to := filepath.Join(t.TempDir(), "fresh.sqlite")
		report, err := Salvage(t.Context(), cut, to, func(string, int64) {})
		if err != nil {
			t.Fatal(err)
		}
		saved, err := Create(t.Context(), to)
		if err != nil {
			t.Fatal(err)
		}
		checkSound(t, saved)
		after := contents(t, saved.db, shape(t, saved.db))
		if err := saved.Close(); err != nil {
			t.Fatal(err)
		}
		left := map[string]int64{}
		for _, l := range leaves {
			if (l.page+1)*size <= int64(len(whole)*percent/100) {
				left[l.table] += l.cells
			}
		}
		for _, s := range report {
			if want := left[s.Table]; want > 0 && (s.Rows < want*9/10 || s.Damaged == (s.Rows == int64(len(before[s.Table])))) {
				t.Errorf("cut to %d%%: %+v; want about %d of %d rows", percent, s, want, len(before[s.Table]))
			}
		}
		if len(after["run"]) != runs || strings.Contains(strings.Join(after["run"], ""), "lost-") {
			t.Errorf("cut to %d%%: runs %.3000q", percent, after["run"])
		}
	}
}

// Of a row whose long columns are damaged, what comes before them is saved.
func TestSalvageOfShortRows(t *testing.T) {
	t.Parallel()
	b := create(t)
	for run := range 3 {
		events := aRun(fmt.Sprint("run", run))
		events[0].(*event.RunStart).Run.Env = []string{"LONG=" + strings.Repeat("x", 20<<10)}
		apply(t, b, fmt.Sprintf("%d1234567-89ab-4def-8123-456789abcdef", run), events...)
	}
	rows, err := b.db.QueryContext(t.Context(), "SELECT pageno FROM dbstat WHERE pagetype = 'overflow' AND name = 'run' ORDER BY pageno")
	pages, err := collect(rows, err, func(row scanner) (page int64, err error) { return page, row.Scan(&page) })
	if err != nil || len(pages) < 12 {
		t.Fatalf("pages %v, %v", pages, err)
	}
	_, size := root(t, b, "run")
	path := b.Path()
	writeBack(t, b)
	overwrite(t, path, (pages[len(pages)/2]-1)*size, bytes.Repeat([]byte{0xff}, int(size)))
	saved, report := salvaged(t, path)
	for _, s := range report {
		if s.Table == "run" && (!s.Damaged || s.Rows != 3) {
			t.Errorf("%+v", s)
		}
	}
	for id := range 3 {
		run, err := saved.Run(t.Context(), int64(id+1))
		if want := map[bool]int{true: 0, false: 1}[id == 1]; err != nil || run.Name != fmt.Sprint("run", id) || len(run.Env) != want {
			t.Errorf("run %d is called %q, has %d variables, %v", id+1, run.Name, len(run.Env), err)
		}
	}
}

// A file whose beginning was overwritten is saved as far as the rest can be read.
func TestSalvageWithoutBeginning(t *testing.T) {
	t.Parallel()
	b := create(t)
	fill(t, b)
	before := contents(t, b.db, shape(t, b.db))
	path := b.Path()
	writeBack(t, b)
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		reason string
		change func(data []byte)
	}{
		{"the name", func(data []byte) { copy(data, "what is this now") }},
		{"the header", func(data []byte) { copy(data[:headerSize], bytes.Repeat([]byte{0xa5}, headerSize)) }},
		{"the size of pages", func(data []byte) { data[16] = 0xff }},
		{"the text encoding", func(data []byte) { data[59] = 2 }},
		{"all of the first page", func(data []byte) { copy(data[:4096], bytes.Repeat([]byte{0xa5}, 4096)) }},
		{"the first page, with zeros", func(data []byte) { clear(data[:4096]) }},
	} {
		data := bytes.Clone(whole)
		test.change(data)
		damaged := filepath.Join(t.TempDir(), "labbook.sqlite")
		if err := os.WriteFile(damaged, data, 0o600); err != nil {
			t.Fatal(err)
		}
		if b, err := Open(t.Context(), damaged); !IsDamaged(err) || !strings.Contains(err.Error(), "check --repair") {
			t.Errorf("%s: Open = %v, %v", test.reason, b, err)
		}
		folder := t.TempDir()
		to := filepath.Join(folder, "fresh.sqlite")
		report, err := Salvage(t.Context(), damaged, to, func(string, int64) {})
		if err != nil {
			t.Errorf("%s: %v", test.reason, err)
			continue
		}
		for _, s := range report {
			if s.Damaged || s.Rows != int64(len(before[s.Table])) {
				t.Errorf("%s: %+v; want %d rows", test.reason, s, len(before[s.Table]))
			}
		}
		if files, err := os.ReadDir(folder); err != nil || len(files) != 1 {
			t.Errorf("%s: %v is left, %v", test.reason, files, err)
		}
		if left, err := os.ReadFile(damaged); err != nil || !bytes.Equal(left, data) {
			t.Errorf("%s: the damaged file was touched: %v", test.reason, err)
		}
	}
}

// Numbers that are damaged lead no reader astray: what can be told by another number
// is put right, and the rest goes.
func TestSalvageOfDamagedNumbers(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute) // it is to end
	defer cancel()
	b := create(t)
	events := aRun("digits", call(1, record.Miss, 1), call(2, record.Miss, 1))
	for n := range 10 {
		events = append(events, printed(record.Stdout, int64(n)*blockBytes, strings.Repeat("needle\n", blockBytes/7)))
	}
	apply(t, b, runUUID, events...)
	before := contents(t, b.db, shape(t, b.db))
	change := func(statements ...string) {
		t.Helper()
		for _, statement := range statements {
			if _, err := b.db.ExecContext(ctx, statement); err != nil {
				t.Fatalf("%s: %v", statement, err)
			}
		}
	}
	change(
		"UPDATE output SET seq = 2 WHERE seq = 7",
		"UPDATE output SET seq = -5 WHERE seq = 9",
		"UPDATE output SET run = 3000000000 WHERE seq = 4",
		"UPDATE call SET run = 77 WHERE id & 1",
	)
	// Whoever reads it as it is comes to its end.
	read := 0
	for after := int64(0); ; read++ {
		page, err := b.StreamOutput(ctx, 1, record.Stdout, after, 1)
		if err != nil || read > 20 {
			t.Fatalf("%v after %d reads", err, read)
		}
		if len(page) == 0 {
			break
		}
		after = page[0].Seq
	}
	if read != 9 {
		t.Errorf("%d chunks were read; want all but the one that seems to be of another run", read)
	}
	// What never was: a run of such a number, the chunk 0, a text for a number.
	change(
		"INSERT INTO output SELECT (1 << 40) + 3, run, seq, stream, offset, at, bytes FROM output LIMIT 1",
		"INSERT INTO output SELECT -7, run, seq, stream, offset, at, bytes FROM output LIMIT 1",
		"INSERT INTO output SELECT 1 << 32, run, seq, stream, offset, at, bytes FROM output LIMIT 1",
		"INSERT INTO output SELECT (1 << 32) + 99, run, 99, stream, 'x', at, bytes FROM output LIMIT 1",
		"INSERT INTO metric (run, name, step, value, at) VALUES (-1, 'm', 1, 1, 1), (1 << 40, 'm', 1, 1, 1)",
	)
	path := b.Path()
	writeBack(t, b)
	to := filepath.Join(t.TempDir(), "fresh.sqlite")
	report, err := Salvage(ctx, path, to, func(string, int64) {})
	if err != nil {
		t.Fatal(err)
	}
	saved, err := Create(ctx, to)
	if err != nil {
		t.Fatal(err)
	}
	defer saved.Close()
	checkSound(t, saved)
	after := contents(t, saved.db, shape(t, saved.db))
	for _, table := range []string{"run", "output", "call", "metric"} {
		if diff := cmp.Diff(before[table], after[table]); diff != "" {
			t.Errorf("table %s (-before +after):\n%.2000s", table, diff)
		}
	}
	for _, s := range report {
		if want := s.Table == "output" || s.Table == "metric"; s.Damaged != want || s.Rows != int64(len(after[s.Table])) && s.Table != "output_block" {
			t.Errorf("%+v; want %v, %d rows", s, want, len(after[s.Table]))
		}
	}
}

// Rows whose runs and functions are lost are listed nevertheless.
func TestSalvageWithoutRuns(t *testing.T) {
	t.Parallel()
	b := create(t)
	fill(t, b)
	const third = "31234567-89ab-4def-8123-456789abcdef" // which is no more, so that nothing but its number is left
	apply(t, b, third, &event.RunStart{Run: record.Run{Started: start}}, &event.RunEnd{Ended: start, Status: record.StatusOK})
	if err := b.RemoveRun(t.Context(), 3, agree, agree); err != nil {
		t.Fatal(err)
	}
	pages := map[string]int64{}
	var size int64
	for _, table := range []string{"run", "func"} {
		pages[table], size = root(t, b, table)
	}
	path := b.Path()
	writeBack(t, b)
	for _, page := range pages {
		overwrite(t, path, (page-1)*size, bytes.Repeat([]byte{0xff}, int(size)))
	}
	to := filepath.Join(t.TempDir(), "fresh.sqlite")
	if _, err := Salvage(t.Context(), path, to, func(string, int64) {}); err != nil {
		t.Fatal(err)
	}
	saved, err := Create(t.Context(), to)
	if err != nil {
		t.Fatal(err)
	}
	defer saved.Close()
	checkSound(t, saved)
	runs, err := saved.Runs(t.Context(), record.RunQuery{})
	if err != nil || len(runs) != 2 || runs[1].Name != "lost" || runs[1].Counts.Calls != 3 || !runs[1].Status.Ended() {
		t.Errorf("runs %+v, %v", runs, err)
	}
	calls, err := saved.Calls(t.Context(), record.CallQuery{})
	if err != nil || len(calls) != 5 || calls[0].Function != "lost.function1" {
		t.Errorf("calls %+v, %v", calls, err)
	}
	apply(t, saved, "41234567-89ab-4def-8123-456789abcdef", &event.RunStart{Run: record.Run{Name: "new", Started: start}})
	if run, err := saved.Run(t.Context(), 4); err != nil || run.Name != "new" {
		t.Errorf("%+v, %v: its number was used before", run.Run, err)
	}
}

// TestCheckWhileProgramsPrint checks while the index of what is printed changes: a
// connection that has read the index once must not take its new state for damage.
func TestCheckWhileProgramsPrint(t *testing.T) {
	t.Parallel()
	b := create(t)
	p := printing{book: b}
	other, err := Open(t.Context(), b.Path())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = other.Close() }) // it was only read
	for i := range 40 {
		for j := range 10 {
			p.print(t, fmt.Sprintf("line %d of %d\n", j, i))
		}
		if messages, err := other.QuickCheck(t.Context()); err != nil || len(messages) > 0 {
			t.Fatalf("after %d prints: quick check: %q, %v", i, messages, err)
		}
		if messages, err := other.IntegrityCheck(t.Context()); err != nil || len(messages) > 0 {
			t.Fatalf("after %d prints: integrity check: %q, %v", i, messages, err)
		}
	}
}

// salvaged saves what can be read of a damaged lab-book in another, which is sound.
func salvaged(t *testing.T, path string) (*Book, []Salvaged) {
	t.Helper()
	to := filepath.Join(t.TempDir(), "fresh.sqlite")
	report, err := Salvage(t.Context(), path, to, func(string, int64) {})
	if err != nil {
		t.Fatal(err)
	}
	saved, err := Create(t.Context(), to)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = saved.Close() }) // it was only read
	checkSound(t, saved)
	return saved, report
}
