package runlog

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"labbook/runlog/event"
	"labbook/runlog/record"
	"labbook/runlog/sqlbook"
)

func init() {
	// It records for as long as its stdin is open, then says how much.
	roles["recording"] = func() {
		var over atomic.Bool
		go func() {
			_, _ = io.Copy(io.Discard, os.Stdin)
			over.Store(true)
		}()
		run := Start()
		rec := run.recorder
		function := rec.NextFunction()
		rec.Emit(&event.Function{Number: function, Function: record.Function{Name: "f", CodeDigest: "09", CodeKind: "source"}})
		tick := time.NewTicker(20 * time.Millisecond)
		rounds := int64(0)
		for ; !over.Load(); rounds++ {
			key := fmt.Appendf(nil, "%s %08d", rec.UUID()[28:], rounds) // its own
			shared := fmt.Appendf(nil, "%032d", 1+rounds%20)            // that of an old run
			begun := time.Now()
			rec.Emit(&event.Key{Key: key, Function: function, Parts: []record.Part{{Kind: record.PartArgument, Name: "x", Digest: fmt.Sprintf("%064x", rounds)}}})
			rec.Emit(&event.Key{Key: shared, Function: function, Parts: []record.Part{{Kind: record.PartArgument, Name: "x", Digest: fmt.Sprintf("%04d", 1+rounds%20)}}})
			miss := rec.NextCall()
			rec.Emit(&event.CallStart{Call: miss, Scope: event.Scope{Task: -1}, Function: function, Key: key, Started: begun})
			rec.Emit(&event.CallEnd{Call: miss, Scope: event.Scope{Task: -1}, Function: function, Key: key, Outcome: record.Miss, Started: begun, Duration: 1})
			rec.EmitCallEnd(&event.CallEnd{
				Call: rec.NextCall(), Scope: event.Scope{Task: -1}, Function: function, Key: shared, Outcome: record.Hit, Started: begun,
				OriginRun: runID(int(1 + rounds%20)), OriginCall: 1,
			})
			run.Note(strconv.FormatInt(rounds, 10))
			<-tick.C
		}
		run.End(nil)
		say(rounds)
	}
}

// Some programs record while the lab-book is pruned, checked and backed up, again
// and again: nobody is in anybody's way, and nothing is lost.
func TestUpkeepWhileProgramsRecord(t *testing.T) {
	t.Parallel()
	dir, place := t.TempDir(), t.TempDir()
	old := make([]pastRun, 40)
	for i := range old {
		old[i].days = 40
	}
	past(t, dir, time.Now(), old...)
	count, times := 4, 3
	if testing.Short() {
		count, times = 2, 1
	}
	programs := make([]*program, count)
	for i := range programs {
		programs[i] = startFor(t, 10*deadline, dir, "recording", nil)
	}
	waitUntilRecorded(t, dir, len(old)+len(programs))

	var group sync.WaitGroup
	group.Go(func() {
		for i := range times {
			file := filepath.Join(place, fmt.Sprintf("b%d.sqlite", i))
			if _, err := Backup(t.Context(), dir, file, BackupOptions{}); err != nil {
				t.Errorf("backup: %v", err)
			}
		}
	})
	group.Go(func() {
		for range times {
			report, err := Check(t.Context(), dir, CheckOptions{})
			if err != nil {
				t.Errorf("check: %v", err)
			}
			for _, f := range report.Findings {
				if f.Kind != sqlbook.RowsOfNoRun && f.Kind != FindingArtifactPruned && f.Kind != FindingSpoolKnown {
					t.Errorf("found while a prune is at work: %+v", f)
				}
			}
		}
	})
	removed := 0
	for keep := len(old) + len(programs); keep >= len(programs); keep -= 16 {
		report, err := Prune(t.Context(), dir, PruneOptions{KeepRuns: keep, Keep: time.Hour, Origins: true})
		if err != nil {
			t.Errorf("prune: %v", err)
		}
		if !report.UnusedKept || report.Kept.Running != int64(len(programs)) {
			t.Errorf("the programs were not seen: %+v", report)
		}
		removed += len(report.Runs)
	}
	group.Wait()
	if removed < len(old)-8 {
		t.Errorf("%d runs were removed", removed)
	}

	rounds := make([]int64, len(programs))
	for i, p := range programs {
		if err := p.stdin.Close(); err != nil {
			t.Fatal(err)
		}
		printed := strings.TrimSpace(p.wait())
		var err error
		if rounds[i], err = strconv.ParseInt(printed, 10, 64); err != nil || p.exit != 0 || p.stderr.Len() > 0 {
			t.Fatalf("program %d: %q, exit code %d, on stderr: %s", i, printed, p.exit, &p.stderr)
		}
	}
	compareRecorded(t, dir, rounds)
	for i := range times {
		to := t.TempDir()
		if err := os.Rename(filepath.Join(place, fmt.Sprintf("b%d.sqlite", i)), filepath.Join(to, bookFile)); err != nil {
			t.Fatal(err)
		}
		sound(t, to, sqlbook.RowsOfNoRun, FindingArtifactMissing, FindingArtifactElsewhere)
	}
	// Once nobody records, the rest goes too.
	report, err := Prune(t.Context(), dir, PruneOptions{KeepRuns: len(programs)})
	if err != nil || report.UnusedKept || report.Reusable != 0 {
		t.Errorf("%+v, %v", report, err)
	}
	sound(t, dir)
	compareRecorded(t, dir, rounds)
}

// waitUntilRecorded waits until the lab-book has so many runs.
func waitUntilRecorded(t *testing.T, dir string, runs int) {
	t.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	r, err := Open(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	for {
		have, err := r.Runs(t.Context(), record.RunQuery{Limit: 1000})
		if err != nil {
			t.Fatal(err)
		}
		if len(have) == runs {
			return
		}
		select {
		case <-tick.C:
		case <-t.Context().Done():
			t.Fatal("the programs did not begin to record")
		}
	}
}

// compareRecorded looks for all that the programs have recorded.
func compareRecorded(t *testing.T, dir string, rounds []int64) {
	t.Helper()
	r := open(t, dir)
	runs, err := r.Runs(t.Context(), record.RunQuery{Filter: record.Filter{Names: []string{"runlog"}}})
	if err != nil || len(runs) != len(rounds) {
		t.Fatalf("%d runs, %v; want %d", len(runs), err, len(rounds))
	}
	var got []int64
	for i := range runs {
		run, err := r.Run(t.Context(), runs[i].ID)
		if err != nil {
			t.Fatal(err)
		}
		n := int64(len(run.Notes))
		got = append(got, n)
		for j, note := range run.Notes {
			if note.Text != strconv.Itoa(j) {
				t.Fatalf("note %d of run %d is %q", j, run.ID, note.Text)
			}
		}
		want := record.Counts{Calls: 2 * n, Hits: n, Misses: n, Spent: time.Duration(n)}
		if diff := cmp.Diff(want, run.Counts); diff != "" || run.Status != record.StatusOK {
			t.Errorf("run %d is %s, its counts (-want +got):\n%s", run.ID, run.Status, diff)
		}
		for _, id := range []int64{1, 2, n, 2*n - 1, 2 * n} {
			call, err := r.Call(t.Context(), record.CallID{Run: run.ID, Call: id})
			if err != nil || len(call.Parts) != 1 {
				t.Errorf("call %d.%d: %d parts, %v", run.ID, id, len(call.Parts), err)
			}
		}
	}
	slices.Sort(got)
	want := slices.Sorted(slices.Values(rounds))
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("rounds (-the programs' own count +recorded):\n%s", diff)
	}
}
