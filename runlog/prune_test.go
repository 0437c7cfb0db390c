package runlog

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"labbook/runlog/event"
	"labbook/runlog/record"
	"labbook/runlog/spool"
	"labbook/runlog/sqlbook"
)

// A pastRun is a run of some days ago, which is over.
type pastRun struct {
	days    int
	loaded  int // number of the run whose call it loaded the result of; 0 for none
	rerunOf int
	within  int
	running bool // it is not over, though nothing was heard of it for days
}

// runID is the UUID of the run of that number.
func runID(number int) string { return fmt.Sprintf("%08d-89ab-4def-8123-456789abcdef", number) }

// past writes runs into the lab-book in dir, numbered from 1, each with two calls,
// 1000 bytes of output and an artifact.
func past(t *testing.T, dir string, now time.Time, runs ...pastRun) {
	t.Helper()
	if err := prepare(dir); err != nil {
		t.Fatal(err)
	}
	book, err := sqlbook.Create(t.Context(), filepath.Join(dir, bookFile))
	if err != nil {
		t.Fatal(err)
	}
	defer book.Close()
	for i, r := range runs {
		id := runID(i + 1)
		at := now.AddDate(0, 0, -r.days)
		path := filepath.Join(dir, artifactFolder, id, "a", "plot.txt")
		if err := writeWhole(path, []byte("artifact")); err != nil {
			t.Fatal(err)
		}
		key := []byte(fmt.Sprintf("%032d", i+1))
		hit := &event.CallEnd{Call: 2, Scope: event.Scope{Task: -1}, Function: 1, Key: key, Outcome: record.Hit, Started: at}
		if r.loaded > 0 {
			hit.OriginRun, hit.OriginCall, hit.Key = runID(r.loaded), 1, []byte(fmt.Sprintf("%032d", r.loaded))
		}
		start := &event.RunStart{Run: record.Run{Name: "past", Started: at}}
		if r.rerunOf > 0 {
			start.RerunOfUUID = runID(r.rerunOf)
		}
		events := []event.Event{
			start, &event.Heartbeat{At: at},
			&event.Function{Number: 1, Function: record.Function{Name: "f", CodeDigest: "09", CodeKind: "source"}},
			&event.Key{Key: key, Function: 1, Parts: []record.Part{{Kind: record.PartArgument, Name: "x", Digest: fmt.Sprintf("%04d", i+1)}}},
			&event.CallEnd{Call: 1, Scope: event.Scope{Task: -1}, Function: 1, Key: key, Outcome: record.Miss, Started: at},
			hit,
			&event.Output{Stream: record.Stdout, At: at, Bytes: make([]byte, 1000)},
			&event.Artifact{Artifact: record.Artifact{Name: "a/plot.txt", Path: path, Bytes: 8, At: at}},
		}
		if r.within > 0 {
			events = append(events, &event.Within{UUID: runID(r.within)})
		}
		if !r.running {
			events = append(events, &event.RunEnd{Ended: at, Status: record.StatusOK})
		}
		if err := book.Apply(t.Context(), id, id, events, 0, 1); err != nil {
			t.Fatal(err)
		}
	}
}

// runNumbers lists the runs of a lab-book.
func runNumbers(t *testing.T, dir string) []int64 {
	t.Helper()
	runs, err := open(t, dir).Runs(t.Context(), record.RunQuery{})
	if err != nil {
		t.Fatal(err)
	}
	ids := []int64{}
	for i := range runs {
		ids = append(ids, runs[i].ID)
	}
	slices.Sort(ids)
	return ids
}

// sound fails the test unless Check finds nothing, or nothing but what is named.
func sound(t *testing.T, dir string, but ...string) {
	t.Helper()
	waitForForks()
	report, err := Check(t.Context(), dir, CheckOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range report.Findings {
		if !slices.Contains(but, f.Kind) {
			t.Errorf("found: %+v", f)
		}
	}
}

func TestWhatPruneKeeps(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		reason  string
		runs    []pastRun
		pinned  []int64
		spool   int // number of a run that has one
		options PruneOptions
		want    []int64
		kept    PruneKept
	}{
		{
			"what ended long ago goes",
			[]pastRun{{days: 40}, {days: 31}, {days: 29}, {days: 0}},
			nil, 0,
			PruneOptions{Keep: 30 * 24 * time.Hour},
			[]int64{3, 4},
			PruneKept{Recent: 2},
		},
		{
			"all but the newest",
			[]pastRun{{days: 40}, {days: 31}, {days: 29}, {days: 0}},
			nil, 0,
			PruneOptions{KeepRuns: 1},
			[]int64{4},
			PruneKept{Recent: 1},
		},
		{
			"either reason to stay is enough",
			[]pastRun{{days: 40}, {days: 31}, {days: 2}, {days: 50}},
			nil, 0,
			PruneOptions{KeepRuns: 1, Keep: 24 * 3 * time.Hour},
			[]int64{3, 4},
			PruneKept{Recent: 2},
		},
		{
			"what is pinned stays",
			[]pastRun{{days: 40}, {days: 31}, {days: 31}},
			[]int64{1},
			0,
			PruneOptions{},
			[]int64{1},
			PruneKept{Pinned: 1},
		},
		{
			"what has a spool may still be told of",
			[]pastRun{{days: 40}, {days: 31}},
			nil, 1,
			PruneOptions{},
			[]int64{1},
			PruneKept{Running: 1},
		},
		{
			"a run that vanished is no longer under way",
			[]pastRun{{days: 40, running: true}, {days: 0, running: true}},
			nil, 0,
			PruneOptions{},
			[]int64{2},
			PruneKept{Running: 1},
		},
		{
			"a chain of origins stays",
			[]pastRun{{days: 40}, {days: 39, loaded: 1}, {days: 38}, {days: 0, loaded: 2}},
			nil, 0,
			PruneOptions{Keep: time.Hour},
			[]int64{1, 2, 4},
			PruneKept{Recent: 1, Referenced: 2},
		},
		{
			"unless it is not wanted",
			[]pastRun{{days: 40}, {days: 39, loaded: 1}, {days: 38}, {days: 0, loaded: 2}},
			nil, 0,
			PruneOptions{Keep: time.Hour, Origins: true},
			[]int64{4},
			PruneKept{Recent: 1},
		},
		{
			"origins of what goes go",
			[]pastRun{{days: 40}, {days: 39, loaded: 1}, {days: 0}},
			nil, 0,
			PruneOptions{Keep: time.Hour},
			[]int64{3},
			PruneKept{Recent: 1},
		},
		{
			"reruns and children outlive",
			[]pastRun{{days: 40}, {days: 0, rerunOf: 1}, {days: 0, within: 1}},
			nil, 0,
			PruneOptions{Keep: time.Hour},
			[]int64{2, 3},
			PruneKept{Recent: 2},
		},
	} {
		t.Run(test.reason, func(t *testing.T) {
			t.Parallel()
			now := time.Now() // other tests may have taken minutes before this one goes on
			dir := t.TempDir()
			past(t, dir, now, test.runs...)
			if err := SetPinned(t.Context(), dir, true, test.pinned...); err != nil {
				t.Fatal(err)
			}
			if test.spool > 0 {
				w, err := spool.Create(filepath.Join(dir, spoolFolder), uuid.MustParse(runID(test.spool)), "output")
				if err != nil {
					t.Fatal(err)
				}
				defer w.Close()
			}
			test.options.Now = now
			dry := test.options
			dry.DryRun = true
			forecast, err := Prune(t.Context(), dir, dry)
			if err != nil {
				t.Fatal(err)
			}
			if ids := runNumbers(t, dir); len(ids) != len(test.runs) {
				t.Fatalf("a dry run leaves runs %v", ids)
			}
			report, err := Prune(t.Context(), dir, test.options)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, runNumbers(t, dir)); diff != "" {
				t.Errorf("runs (-want +got):\n%s", diff)
			}
			gone := int64(len(test.runs) - len(test.want))
			if report.Kept != test.kept || report.Calls != 2*gone || report.OutputBytes != 1000*gone || report.Artifacts != gone || report.ArtifactBytes != 8*gone {
				t.Errorf("the report is %+v", report)
			}
			if diff := cmp.Diff(forecast.Runs, report.Runs, cmp.AllowUnexported(PrunedRun{})); diff != "" || forecast.Kept != report.Kept {
				t.Errorf("(-forecast +done):\n%s", diff)
			}
			for number := range test.runs {
				_, err := os.Stat(filepath.Join(dir, artifactFolder, runID(number+1)))
				if stays := slices.Contains(test.want, int64(number+1)); stays != (err == nil) {
					t.Errorf("artifacts of run %d: %v, stays: %t", number+1, err, stays)
				}
			}
			if report.UnusedKept != (test.spool > 0) {
				t.Errorf("unused kept: %t", report.UnusedKept)
			}
			sound(t, dir, FindingSpoolKnown) // named as no spool of a recorder is
		})
	}
}

// What refers to a removed run reads well.
func TestReadingAfterPrune(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	past(t, dir, time.Now(), pastRun{days: 40}, pastRun{rerunOf: 1, within: 1, loaded: 1})
	if _, err := Prune(t.Context(), dir, PruneOptions{Keep: time.Hour, Origins: true}); err != nil {
		t.Fatal(err)
	}
	r := open(t, dir)
	run, err := r.Run(t.Context(), 2)
	if err != nil || run.RerunOf != 1 || run.Within != 1 {
		t.Errorf("run 2: %+v, %v", run.Run, err)
	}
	hit, err := r.Call(t.Context(), record.CallID{Run: 2, Call: 2})
	if err != nil || hit.Origin != (record.CallID{Run: 1, Call: 1}) || len(hit.Parts) != 1 {
		t.Errorf("the hit: %+v, %v", hit, err)
	}
	if _, err := r.Run(t.Context(), 1); !errors.Is(err, ErrNoRun) {
		t.Errorf("run 1: %v", err)
	}
}

// However a prune ends, the next one comes to the end of it.
func TestPruneThatIsStopped(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	runs := make([]pastRun, 12)
	for i := range runs {
		runs[i].days = 40
	}
	past(t, dir, time.Now(), runs...)
	stops := 0
	for at := 1; ; at++ {
		ctx, cancel := context.WithCancel(t.Context())
		steps := 0
		_, err := Prune(ctx, dir, PruneOptions{KeepRuns: 1, Progress: func(string, int64, int64) {
			if steps++; steps == at {
				cancel()
			}
		}})
		cancel()
		if err == nil {
			break
		}
		stops++
		if !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
		sound(t, dir, sqlbook.RowsOfNoRun, FindingSpoolKnown, FindingArtifactPruned)
	}
	if stops < 8 {
		t.Errorf("it was stopped %d times only", stops)
	}
	if ids := runNumbers(t, dir); !slices.Equal(ids, []int64{12}) {
		t.Errorf("runs %v", ids)
	}
	sound(t, dir, FindingSpoolKnown)
	if left, err := os.ReadDir(filepath.Join(dir, artifactFolder)); err != nil || len(left) != 1 {
		t.Errorf("artifacts of %d runs, %v", len(left), err)
	}
}

// A process that dies between moving the artifacts and the end of its transaction,
// or after it, leaves it to the next one.
func TestArtifactsOfARemovalThatWasKilled(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	past(t, dir, time.Now(), pastRun{}, pastRun{})
	folder := func(number int) string { return filepath.Join(dir, artifactFolder, runID(number)) }
	if err := os.Rename(folder(2), folder(2)+prunedSuffix); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(folder(1), folder(7)+prunedSuffix); err != nil {
		t.Fatal(err)
	}
	report, err := Check(t.Context(), dir, CheckOptions{Repair: true})
	if err != nil {
		t.Fatal(err)
	}
	kinds := map[string]int{}
	for _, f := range report.Findings {
		kinds[f.Kind]++
	}
	want := map[string]int{FindingArtifactMissing: 1, FindingArtifactPruned: 2, FindingSpoolKnown: 1}
	if diff := cmp.Diff(want, kinds); diff != "" {
		t.Errorf("findings (-want +got):\n%s", diff)
	}
	if _, err := os.Stat(folder(2)); err != nil {
		t.Errorf("of a run that is there: %v", err)
	}
	if left, err := filepath.Glob(filepath.Join(dir, artifactFolder, "*"+prunedSuffix)); err != nil || len(left) != 0 {
		t.Errorf("left: %q, %v", left, err)
	}
}

func TestUpkeepOfNoLabbook(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	_, pruneErr := Prune(t.Context(), dir, PruneOptions{})
	_, checkErr := Check(t.Context(), dir, CheckOptions{Repair: true})
	_, backupErr := Backup(t.Context(), dir, filepath.Join(dir, "b.sqlite"), BackupOptions{})
	for name, err := range map[string]error{"prune": pruneErr, "check": checkErr, "backup": backupErr, "pin": SetPinned(t.Context(), dir, true, 1)} {
		if !errors.Is(err, ErrNoBook) {
			t.Errorf("%s: %v; want ErrNoBook", name, err)
		}
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != 0 {
		t.Errorf("something was made: %v, %v", entries, err)
	}
}
