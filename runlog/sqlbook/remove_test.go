package sqlbook

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"labbook/runlog/event"
	"labbook/runlog/record"
)

func now() time.Time { return time.Now() }

func agree() error { return nil }

func always() (bool, error) { return true, nil }

func ignore(int64) {}

// sizes counts the rows of every table.
func sizes(t *testing.T, b *Book) map[string]int {
	t.Helper()
	counts := map[string]int{}
	for table, rows := range contents(t, b.db, shape(t, b.db)) {
		counts[table] = len(rows)
	}
	return counts
}

// remove removes a run with all that is only its own.
func remove(t *testing.T, b *Book, run int64) {
	t.Helper()
	err := b.RemoveRun(t.Context(), run, agree, agree)
	if err == nil {
		err = b.RemoveRows(t.Context(), ignore)
	}
	if err == nil {
		err = b.RemoveUnused(t.Context(), always, ignore)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func TestRemovingEveryRunLeavesNothing(t *testing.T) {
	t.Parallel()
	b := create(t)
	fill(t, b)
	for table, rows := range sizes(t, b) {
		if rows == 0 {
			t.Errorf("there is nothing in table %s to begin with", table)
		}
	}
	if err := b.Finish(t.Context(), secondUUID, true); err != nil {
		t.Fatal(err)
	}
	for _, before := range []int64{0, 1, 2} {
		if removed, err := b.RunsRemoved(t.Context(), before); err != nil || removed {
			t.Errorf("removed before %d: %t, %v", before, removed, err)
		}
	}
	remove(t, b, 1)
	for before, want := range map[int64]bool{0: true, 1: false, 2: true} {
		if removed, err := b.RunsRemoved(t.Context(), before); err != nil || removed != want {
			t.Errorf("removed before %d: %t, %v; want %t", before, removed, err, want)
		}
	}
	remove(t, b, 2)
	for table, rows := range sizes(t, b) {
		if rows > 0 && table != "spool" {
			t.Errorf("%d rows are left in table %s", rows, table)
		}
	}
	// A number is not used again.
	apply(t, b, "31234567-89ab-4def-8123-456789abcdef", &event.RunStart{Run: record.Run{Started: start}})
	if _, err := b.Run(t.Context(), 3); err != nil {
		t.Error(err)
	}
	if _, err := b.Run(t.Context(), 1); !errors.Is(err, ErrNoRun) || err.Error() != "run 1 was removed: there is no such run in the lab-book" {
		t.Errorf("run 1: %v", err)
	}
	if _, err := b.Call(t.Context(), record.CallID{Run: 1, Call: 1}); !errors.Is(err, ErrNoCall) || err.Error() != "call 1.1 was removed with its run: there is no such call in the lab-book" {
		t.Errorf("call 1.1: %v", err)
	}
}

// What another run refers to stays, and reads as before.
func TestRemovingARunLeavesOthersAlone(t *testing.T) {
	t.Parallel()
	b := create(t)
	fill(t, b)
	fresh := create(t)
	apply(t, fresh, "31234567-89ab-4def-8123-456789abcdef", &event.RunStart{}) // takes the number 1
	apply(t, fresh, secondUUID, everything()[secondUUID]...)
	before, err := b.Call(t.Context(), record.CallID{Run: 2, Call: 1})
	if err != nil {
		t.Fatal(err)
	}
	remove(t, b, 1)
	after, err := b.Call(t.Context(), record.CallID{Run: 2, Call: 1})
	if diff := cmp.Diff(before, after); diff != "" || err != nil {
		t.Errorf("the hit (-before +after): %v\n%s", err, diff)
	}
	got, want := sizes(t, b), sizes(t, fresh)
	want["run"]--                                                                    // the one that only takes a number
	want["spool"] = got["spool"]                                                     // not of runs
	want["part"], want["snapshot"], want["source"], want["source_text"] = 2, 1, 1, 1 // of what the hit shares
	want["leave_one_out"], want["sketch"] = 2, 1
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("rows (-as if the run had never been +got):\n%s", diff)
	}
	var stored int64
	if err := b.db.QueryRowContext(t.Context(), "SELECT max(stored) FROM key").Scan(&stored); err != nil || stored != 0 {
		t.Errorf("a key says that call %d stored it, %v", stored, err)
	}
	checkSound(t, b)
}

func TestRemoveRunRefuses(t *testing.T) {
	t.Parallel()
	b := create(t)
	apply(t, b, runUUID, &event.RunStart{Run: record.Run{Started: start}}, &event.RunEnd{Status: record.StatusOK, Ended: start})
	apply(t, b, secondUUID, &event.RunStart{Run: record.Run{Started: now()}}, &event.Heartbeat{At: now()})
	if err := b.SetPinned(t.Context(), true, 1); err != nil {
		t.Fatal(err)
	}
	for id, want := range map[int64]error{1: ErrKept, 2: ErrKept, 3: ErrNoRun} {
		if err := b.RemoveRun(t.Context(), id, agree, agree); !errors.Is(err, want) {
			t.Errorf("run %d: %v; want %v", id, err, want)
		}
	}
	if err := b.SetPinned(t.Context(), false, 1, 99); !errors.Is(err, ErrNoRun) {
		t.Errorf("%v; want ErrNoRun", err)
	}
	if run, err := b.Run(t.Context(), 1); err != nil || !run.Pinned {
		t.Errorf("pinned %t, %v: a mistake about one run has changed another", run.Pinned, err)
	}
	if err := b.SetPinned(t.Context(), false, 1); err != nil {
		t.Fatal(err)
	}
	no := errors.New("no")
	if err := b.RemoveRun(t.Context(), 1, func() error { return no }, agree); !errors.Is(err, no) {
		t.Errorf("%v; want what was not confirmed", err)
	}
	undone := false
	ctx, cancel := context.WithCancel(t.Context())
	err := b.RemoveRun(ctx, 1, func() error { cancel(); return nil }, func() error { undone = true; return nil })
	if err == nil || !undone {
		t.Errorf("%v, undone %t: a removal that was stopped is undone", err, undone)
	}
	if _, err := b.Run(t.Context(), 1); err != nil {
		t.Error(err)
	}
	if err := b.RemoveRun(t.Context(), 1, agree, agree); err != nil {
		t.Error(err)
	}
}

// A removal that is stopped leaves rows that the next one finds.
func TestRemovalThatIsStopped(t *testing.T) {
	t.Parallel()
	b := create(t)
	fill(t, b)
	var many []event.Event // more than one step comes to
	for range 1000 {
		many = append(many, note("again")...)
	}
	apply(t, b, runUUID, many...)
	if err := b.RemoveRun(t.Context(), 1, agree, agree); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	if err := b.RemoveRows(ctx, func(int64) { cancel() }); !errors.Is(err, context.Canceled) {
		t.Fatalf("%v; want that it was stopped", err)
	}
	found, err := b.Inconsistencies(t.Context(), func(int64, int64) {})
	if err != nil || len(found) != 1 || found[0].Kind != RowsOfNoRun {
		t.Fatalf("found %+v, %v", found, err)
	}
	if err := b.RemoveRows(t.Context(), ignore); err != nil {
		t.Fatal(err)
	}
	checkSound(t, b)
}

func TestUnusedStaysWhileProgramsRecord(t *testing.T) {
	t.Parallel()
	b := create(t)
	fill(t, b)
	if err := b.RemoveRun(t.Context(), 1, agree, agree); err != nil {
		t.Fatal(err)
	}
	if err := b.RemoveRows(t.Context(), ignore); err != nil {
		t.Fatal(err)
	}
	before := sizes(t, b)
	if err := b.RemoveUnused(t.Context(), func() (bool, error) { return false, nil }, ignore); !errors.Is(err, ErrRecording) {
		t.Errorf("%v; want ErrRecording", err)
	}
	if diff := cmp.Diff(before, sizes(t, b)); diff != "" {
		t.Errorf("(-before +after):\n%s", diff)
	}
	if err := b.RemoveUnused(t.Context(), always, ignore); err != nil {
		t.Fatal(err)
	}
	if got := sizes(t, b)["key"]; got != 2 {
		t.Errorf("%d keys; want the two of run 2", got)
	}
	// Whoever remembered the numbers of keys has forgotten them.
	apply(t, b, secondUUID, &event.CallEnd{Call: 5, Scope: event.Scope{Task: -1}, Function: 1, Key: digest(3), Outcome: record.Miss, Started: start})
	if c, err := b.Call(t.Context(), record.CallID{Run: 2, Call: 5}); err != nil || c.Key != hexDigest(3) {
		t.Errorf("key %s, %v", c.Key, err)
	}
}

// Rows that somebody adds after the keys in use were listed are seen.
func TestUnusedKeysAreListedAgain(t *testing.T) {
	t.Parallel()
	b := create(t)
	fill(t, b)
	remove(t, b, 1)
	other, err := Create(t.Context(), b.Path())
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	// A key without a call, as of a program that was cut short.
	apply(t, b, secondUUID, &event.Key{Key: digest(8), Function: 1, Parts: []record.Part{{Name: "x", Digest: hexDigest(8)}}})
	conn, err := b.db.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	var version, last int64
	if err := conn.QueryRowContext(t.Context(), "PRAGMA data_version").Scan(&version); err != nil {
		t.Fatal(err)
	}
	if _, err := conn.ExecContext(t.Context(), "CREATE TEMP TABLE used (key INTEGER PRIMARY KEY); INSERT INTO temp.used SELECT DISTINCT key FROM call"); err != nil {
		t.Fatal(err)
	}
	apply(t, other, secondUUID, &event.CallEnd{Call: 6, Scope: event.Scope{Task: -1}, Function: 1, Key: digest(8), Outcome: record.Miss, Started: start})
	begun := now()
	if _, err := removeKeys(t.Context(), conn, &begun, version, &last, 100, always); !errors.Is(err, errChanged) {
		t.Errorf("%v; want errChanged", err)
	}
	if c, err := b.Call(t.Context(), record.CallID{Run: 2, Call: 6}); err != nil || len(c.Parts) != 1 {
		t.Errorf("%d parts, %v", len(c.Parts), err)
	}
}

func TestGiveBack(t *testing.T) {
	t.Parallel()
	fillUp := func(t *testing.T, db *sql.DB) {
		t.Helper()
		_, err := db.ExecContext(t.Context(), `WITH RECURSIVE n (i) AS (SELECT 10 UNION ALL SELECT i + 1 FROM n WHERE i < 1000)
			INSERT INTO output (id, run, seq, stream, offset, at, bytes) SELECT 7 << 32 | i, 7, i, 'stdout', 100 * i, 0, randomblob(8000) FROM n`)
		if err != nil {
			t.Fatal(err)
		}
	}
	size := func(t *testing.T, b *Book) int64 {
		t.Helper()
		info, err := os.Stat(b.Path())
		if err != nil {
			t.Fatal(err)
		}
		return info.Size()
	}
	t.Run("page by page", func(t *testing.T) {
		t.Parallel()
		b := create(t)
		fillUp(t, b.db)
		if err := b.RemoveRows(t.Context(), ignore); err != nil {
			t.Fatal(err)
		}
		steps := 0
		never := func() (bool, error) { return false, nil }
		if err := b.GiveBack(t.Context(), never, func(int64, int64) { steps++ }); err != nil {
			t.Fatal(err)
		}
		space, err := b.Space(t.Context())
		if err != nil || space.Free != 0 || space.Bytes > 1<<20 || size(t, b) != space.Bytes || steps < 2 {
			t.Errorf("%+v, %v, a file of %d bytes, in %d steps", space, err, size(t, b), steps)
		}
		checkSound(t, b)
	})
	t.Run("of an older one all at once", func(t *testing.T) {
		t.Parallel()
		b, err := Create(t.Context(), oldBook(t, 1))
		if err != nil {
			t.Fatal(err)
		}
		defer b.Close()
		fillUp(t, b.db)
		if err := b.RemoveRows(t.Context(), ignore); err != nil {
			t.Fatal(err)
		}
		full := size(t, b)
		err = b.GiveBack(t.Context(), func() (bool, error) { return false, nil }, func(int64, int64) {})
		if space, spaceErr := b.Space(t.Context()); !errors.Is(err, ErrRecording) || spaceErr != nil || space.Free < 7<<20 {
			t.Errorf("%v, %+v, %v; want that it waits", err, space, spaceErr)
		}
		if err := b.GiveBack(t.Context(), always, func(int64, int64) {}); err != nil {
			t.Fatal(err)
		}
		if got := size(t, b); got > full/4 {
			t.Errorf("%d bytes of %d are left", got, full)
		}
		// From now on it can do it page by page.
		var mode int
		if err := b.db.QueryRowContext(t.Context(), "PRAGMA auto_vacuum").Scan(&mode); err != nil || mode != 2 {
			t.Errorf("auto_vacuum %d, %v", mode, err)
		}
		readBack(t, b)
		checkSound(t, b)
	})
}

func TestCopyTo(t *testing.T) {
	t.Parallel()
	b := create(t)
	fill(t, b)
	if err := b.Finish(t.Context(), secondUUID, true); err != nil { // one that is under way is changed in the copy
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "it's a copy.sqlite")
	if err := b.CopyTo(t.Context(), path); err != nil {
		t.Fatal(err)
	}
	c, err := Create(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	original, copied := contents(t, b.db, shape(t, b.db)), contents(t, c.db, shape(t, c.db))
	delete(original, "spool")
	if spools := copied["spool"]; len(spools) > 0 {
		t.Errorf("the copy remembers spools: %q", spools)
	}
	delete(copied, "spool")
	if diff := cmp.Diff(original, copied); diff != "" {
		t.Errorf("(-original +copy):\n%s", diff)
	}
	checkSound(t, c)
	if err := b.CopyTo(t.Context(), path); err == nil {
		t.Error("a file that is there was overwritten")
	}
}

func TestEstimateIsNotFarOff(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		mostly string
		events func(run int) []event.Event
	}{
		{"calls", func(run int) (events []event.Event) {
			for n := range 1000 {
				c := call(int64(n+1), record.Hit, 1)
				c.Key = append([]byte{byte(run), byte(n >> 8), byte(n)}, digest(5)...)
				events = append(events, &event.Key{Key: c.Key, Function: 1, Parts: []record.Part{{Name: "x", Digest: fmt.Sprintf("%064x", run*1000+n), Preview: "value"}}}, c)
			}
			return append(events, &event.Output{Stream: record.Stdout, Bytes: make([]byte, 150_000)})
		}},
		{"metrics", func(int) (events []event.Event) {
			for n := range 10_000 {
				events = append(events, &event.Metric{Metric: record.Metric{Name: "loss", Step: int64(n), Value: float64(n) / 3, At: start}})
			}
			return events
		}},
		{"small chunks of output", func(run int) (events []event.Event) {
			for n := range 3000 {
				line := fmt.Sprintf("%d %d of the lines that are found again\n", run, n*n)
				events = append(events, &event.Output{Stream: record.Stdout, Offset: int64(n * 100), Bytes: []byte(line)})
			}
			return events
		}},
		{"batches and inputs", func(int) (events []event.Event) {
			for n := range 3000 {
				events = append(events, &event.Tasks{Batch: 1, Tasks: []record.Task{{Index: int64(n), Started: start, Status: "ok"}}},
					&event.Input{Input: record.Input{Path: fmt.Sprintf("/data/a/long/path/of/some/file/%d", n), Digest: hexDigest(3)}})
			}
			return events
		}},
	} {
		t.Run(test.mostly, func(t *testing.T) {
			t.Parallel()
			b := create(t)
			for run := range 4 {
				events := append(aRun("digits"), test.events(run)...)
				apply(t, b, fmt.Sprintf("%d1234567-89ab-4def-8123-456789abcdef", run), append(events, &event.RunEnd{Status: record.StatusOK, Ended: start})...)
			}
			estimate, err := b.EstimateFreed(t.Context(), []int64{1, 2})
			if err != nil {
				t.Fatal(err)
			}
			before, err := b.Space(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			remove(t, b, 1)
			remove(t, b, 2)
			if err := b.GiveBack(t.Context(), always, func(int64, int64) {}); err != nil {
				t.Fatal(err)
			}
			after, err := b.Space(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			freed := before.Bytes - after.Bytes
			if estimate < freed*7/10 || estimate > freed*13/10 {
				t.Errorf("estimated %d bytes, freed %d", estimate, freed)
			}
		})
	}
}
