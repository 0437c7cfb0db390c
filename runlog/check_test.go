package runlog

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"labbook/runlog/event"
	"labbook/runlog/record"
	"labbook/runlog/spool"
)

func findingKinds(report *CheckReport) []string {
	kinds := []string{}
	for _, f := range report.Findings {
		kinds = append(kinds, f.Kind)
	}
	slices.Sort(kinds)
	return kinds
}

func TestCheckFindsAndRepairs(t *testing.T) {
	t.Parallel()
	long := time.Now().Add(-2 * abandonedAge)
	write := func(t *testing.T, path, content string, at time.Time) {
		t.Helper()
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(path, at, at); err != nil {
			t.Fatal(err)
		}
	}
	artifact := func(dir string, number int, name string) string {
		return filepath.Join(dir, artifactFolder, runID(number), name)
	}
	for _, test := range []struct {
		kind   string
		damage func(t *testing.T, dir string)
		mended bool
		// look sees whether it is
		look func(t *testing.T, dir string)
	}{
		{FindingSpoolForeign, func(t *testing.T, dir string) {
			t.Helper()
			write(t, filepath.Join(dir, spoolFolder, "x-main.spool"), "LBSPOOL\x09 of a newer labbook, which knows what to do with it", long)
		}, false, nil},
		{FindingArtifactMissing, func(t *testing.T, dir string) {
			t.Helper()
			if err := os.Remove(artifact(dir, 1, "a/plot.txt")); err != nil {
				t.Fatal(err)
			}
		}, false, nil},
		{FindingArtifactChanged, func(t *testing.T, dir string) { t.Helper(); write(t, artifact(dir, 1, "a/plot.txt"), "", long) }, false, nil},
		{FindingArtifactElsewhere, func(t *testing.T, dir string) {
			t.Helper()
			// As if it was copied from another place, without artifacts.
			there := filepath.Join(t.TempDir(), "there.txt")
			write(t, there, "artifact", long)
			if err := os.RemoveAll(filepath.Join(dir, artifactFolder)); err != nil {
				t.Fatal(err)
			}
			writtenBy(t, dir, &event.Artifact{Artifact: record.Artifact{Name: "a/plot.txt", Path: there, Bytes: 8, At: long}})
		}, true, func(t *testing.T, dir string) {
			t.Helper()
			if data, err := os.ReadFile(artifact(dir, 1, "a/plot.txt")); err != nil || string(data) != "artifact" {
				t.Errorf("%q, %v", data, err)
			}
		}},
		{FindingArtifactUnknown, func(t *testing.T, dir string) { t.Helper(); write(t, artifact(dir, 1, "b.txt"), "found", long) }, true, func(t *testing.T, dir string) {
			t.Helper()
			run, err := open(t, dir).Run(t.Context(), 1)
			at := slices.IndexFunc(run.Artifacts, func(a record.Artifact) bool { return a.Name == "b.txt" })
			if err != nil || at < 0 || run.Artifacts[at].Bytes != 5 || run.Artifacts[at].Path != artifact(dir, 1, "b.txt") {
				t.Errorf("artifacts %+v, %v", run.Artifacts, err)
			}
		}},
		{FindingArtifactStray, func(t *testing.T, dir string) { t.Helper(); write(t, artifact(dir, 9, "b.txt"), "evidence", long) }, false, func(t *testing.T, dir string) {
			t.Helper()
			if _, err := os.Stat(artifact(dir, 9, "b.txt")); err != nil {
				t.Errorf("what nobody knows was deleted: %v", err)
			}
		}},
		{FindingUnfinished, func(t *testing.T, dir string) {
			t.Helper()
			write(t, artifact(dir, 1, unfinishedPrefix+"1"), "hal", long)
			write(t, artifact(dir, 1, unfinishedPrefix+"2"), "is being written", time.Now())
		}, true, func(t *testing.T, dir string) {
			t.Helper()
			if left, err := filepath.Glob(artifact(dir, 1, unfinishedPrefix+"*")); err != nil || len(left) != 1 {
				t.Errorf("left: %q, %v", left, err)
			}
		}},
		{FindingMode, func(t *testing.T, dir string) {
			t.Helper()
			for _, name := range []string{bookFile, filepath.Join(artifactFolder, runID(1)), filepath.Join(artifactFolder, runID(1), "a", "plot.txt")} {
				if err := os.Chmod(filepath.Join(dir, name), 0o755); err != nil {
					t.Fatal(err)
				}
			}
		}, true, func(t *testing.T, dir string) {
			t.Helper()
			if info, err := os.Stat(artifact(dir, 1, "a/plot.txt")); err != nil || info.Mode().Perm()&0o077 != 0 {
				t.Errorf("%v, %v", info, err)
			}
		}},
		{FindingOutOfPlace, func(t *testing.T, dir string) {
			t.Helper()
			if err := os.Mkdir(filepath.Join(dir, spoolFolder, "dir.spool"), 0o700); err != nil {
				t.Fatal(err)
			}
		}, false, func(t *testing.T, dir string) {
			t.Helper()
			if left := open(t, dir).Leftovers(); left != nil {
				t.Errorf("readers speak of it too: %v", left)
			}
		}},
		{FindingLeftover, func(t *testing.T, dir string) {
			t.Helper()
			write(t, filepath.Join(dir, salvagePrefix+"1.sqlite"), "x", long)
			write(t, filepath.Join(dir, salvagePrefix+"2.sqlite"), "somebody is at work", time.Now())
		}, true, nil},
	} {
		t.Run(test.kind, func(t *testing.T) {
			t.Parallel()
			if test.kind == FindingMode && !hasModes {
				t.Skip("modes are those of Unix")
			}
			dir := t.TempDir()
			past(t, dir, time.Now(), pastRun{days: 1})
			forgetAll(t, dir)
			sound(t, dir)
			test.damage(t, dir)
			found, err := Check(t.Context(), dir, CheckOptions{})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff([]string{test.kind}, findingKinds(&found)); diff != "" || found.Open() != 1 {
				t.Fatalf("findings, of which %d are open (-want +got):\n%s", found.Open(), diff)
			}
			repaired, err := Check(t.Context(), dir, CheckOptions{Repair: true})
			if err != nil {
				t.Fatal(err)
			}
			again, err := Check(t.Context(), dir, CheckOptions{})
			if err != nil {
				t.Fatal(err)
			}
			want := 1
			if test.mended {
				want = 0
			}
			if repaired.Open() != want || again.Open() != want {
				t.Errorf("%d findings are open while it is repaired, and %d after; want %d: %+v", repaired.Open(), again.Open(), want, again.Findings)
			}
			if test.look != nil {
				test.look(t, dir)
			}
		})
	}
}

// forgetAll takes the spools that past invents from the lab-book's memory.
func forgetAll(t *testing.T, dir string) {
	t.Helper()
	report, err := Check(t.Context(), dir, CheckOptions{Repair: true})
	if err != nil || !slices.Equal(findingKinds(&report), []string{FindingSpoolKnown}) || report.Open() != 0 {
		t.Fatalf("%+v, %v", report.Findings, err)
	}
}

// writtenBy takes in events of run 1.
func writtenBy(t *testing.T, dir string, events ...event.Event) {
	t.Helper()
	w, err := spool.Create(filepath.Join(dir, spoolFolder), uuid.MustParse(runID(1)), "more")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range events {
		if err := w.Append(e); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	waitForForks()
	if left := open(t, dir).Leftovers(); left != nil {
		t.Fatal(left)
	}
}

// damage makes the file of the lab-book in dir one that cannot be read to its end.
func damage(t *testing.T, dir string) {
	t.Helper()
	path := filepath.Join(dir, bookFile)
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	at := bytes.Index(data, []byte("found me")) &^ 4095
	if at < 4096 {
		t.Fatal("the page to damage is not in the file")
	}
	copy(data[at:], bytes.Repeat([]byte{0xff}, 64))
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
}

// noted writes past runs, and a note that damage finds.
func noted(t *testing.T, dir string) {
	t.Helper()
	past(t, dir, time.Now(), pastRun{days: 1}, pastRun{days: 1, loaded: 1})
	forgetAll(t, dir)
	w, err := spool.Create(filepath.Join(dir, spoolFolder), uuid.MustParse(runID(1)), "notes")
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{"found me", "and me"} {
		if err := w.Append(&event.Note{Note: record.Note{Text: text}}); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	sound(t, dir)
}

func TestRepairOfADamagedFile(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	noted(t, dir)
	damage(t, dir)
	path := filepath.Join(dir, bookFile)
	damaged, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	found, err := Check(t.Context(), dir, CheckOptions{})
	if err != nil || !slices.Equal(findingKinds(&found), []string{FindingDamaged}) || found.Open() != 1 {
		t.Fatalf("%+v, %v", found.Findings, err)
	}

	// A program records into it: nothing moves.
	w, err := spool.Create(filepath.Join(dir, spoolFolder), uuid.MustParse(runID(5)), "main")
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Append(&event.RunStart{Run: record.Run{Name: "late", Started: time.Now()}}); err != nil {
		t.Fatal(err)
	}
	refused, err := Check(t.Context(), dir, CheckOptions{Repair: true})
	if err != nil || refused.Open() != 1 || !strings.Contains(refused.Findings[0].Problem, "programs are recording") || refused.Salvage != nil {
		t.Fatalf("%+v, %v", refused, err)
	}
	if now, err := os.ReadFile(path); err != nil || !bytes.Equal(now, damaged) {
		t.Fatalf("the file has changed: %v", err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}

	waitForForks()
	moment := time.Date(2026, 11, 21, 15, 4, 5, 0, time.UTC)
	repaired, err := Check(t.Context(), dir, CheckOptions{Repair: true, Now: moment})
	if err != nil || repaired.Open() != 0 || repaired.Salvage == nil {
		t.Fatalf("%+v, %v", repaired, err)
	}
	aside := path + ".corrupt-20261121T150405Z"
	if repaired.Salvage.Corrupt != aside {
		t.Errorf("moved to %s, want %s", repaired.Salvage.Corrupt, aside)
	}
	if kept, err := os.ReadFile(aside); err != nil || !bytes.Equal(kept, damaged) {
		t.Errorf("the damaged file is no longer what it was: %v", err)
	}
	for _, table := range repaired.Salvage.Tables {
		if table.Damaged != (table.Table == "note") {
			t.Errorf("table %+v", table)
		}
	}
	sound(t, dir)
	r := open(t, dir)
	runs, err := r.Runs(t.Context(), record.RunQuery{})
	if err != nil || len(runs) != 3 || runs[0].Name != "late" {
		t.Errorf("runs %+v, %v; want two and what was left in the spool", runs, err)
	}
	if calls, err := r.Calls(t.Context(), record.CallQuery{}); err != nil || len(calls) != 4 {
		t.Errorf("%d calls, %v", len(calls), err)
	}
	if left, err := filepath.Glob(filepath.Join(dir, salvagePrefix+"*")); err != nil || len(left) != 0 {
		t.Errorf("left: %q, %v", left, err)
	}
}

// A program that dies while its lab-book is looked at is no finding.
func TestProgramDiesDuringCheck(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	past(t, dir, time.Now(), pastRun{days: 1})
	forgetAll(t, dir)
	c := checking{dir: dir, path: filepath.Join(dir, bookFile), progress: Progress(nil).orNone()}
	if err := c.checkFile(t.Context()); err != nil {
		t.Fatal(err)
	}
	leave(t, dir, 3)
	waitForForks()
	if err := c.checkSpools(t.Context()); err != nil {
		t.Fatal(err)
	}
	if left := spools(t, dir); len(c.report.Findings) != 0 || len(left) != 0 {
		t.Errorf("found %+v, and these spools are left: %q", c.report.Findings, left)
	}
}

// A file whose beginning was overwritten is a damaged lab-book; one of something else
// is nobody's to repair.
func TestRepairWithoutBeginning(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	noted(t, dir)
	path := filepath.Join(dir, bookFile)
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	copy(data, "something else is here")
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	found, err := Check(t.Context(), dir, CheckOptions{})
	if err != nil || !slices.Equal(findingKinds(&found), []string{FindingDamaged}) || !strings.Contains(found.Findings[0].Meaning, "overwritten") {
		t.Fatalf("%+v, %v", found.Findings, err)
	}
	waitForForks()
	repaired, err := Check(t.Context(), dir, CheckOptions{Repair: true})
	if err != nil || repaired.Open() != 0 {
		t.Fatalf("%+v, %v", repaired, err)
	}
	sound(t, dir)
	if calls, err := open(t, dir).Calls(t.Context(), record.CallQuery{}); err != nil || len(calls) != 4 {
		t.Errorf("%d calls, %v", len(calls), err)
	}

	other := t.TempDir()
	if err := os.WriteFile(filepath.Join(other, bookFile), bytes.Repeat([]byte("something else\n"), 1000), 0o600); err != nil {
		t.Fatal(err)
	}
	if report, err := Check(t.Context(), other, CheckOptions{Repair: true}); !errors.Is(err, ErrNotLabbook) || IsDamaged(err) {
		t.Errorf("%+v, %v", report, err)
	}
}

// What is wrong with many artifacts of a run, in one way, is one finding; what is
// wrong with the folder of all is one altogether.
func TestArtifactsAreGrouped(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	past(t, dir, time.Now(), pastRun{days: 1}, pastRun{days: 1}, pastRun{days: 1})
	forgetAll(t, dir)
	var events []event.Event
	name := func(i int) string { return fmt.Sprintf("%03d.txt", i) }
	path := func(i int) string { return filepath.Join(dir, artifactFolder, runID(1), name(i)) }
	const many = 100
	for i := range many {
		if err := writeWhole(path(i), []byte("kept")); err != nil {
			t.Fatal(err)
		}
		events = append(events, &event.Artifact{Artifact: record.Artifact{Name: name(i), Path: path(i), Bytes: 4, At: time.Now()}})
	}
	writtenBy(t, dir, events...)
	sound(t, dir)
	for i := range 10 {
		err := errors.Join(os.Remove(path(i)), os.Truncate(path(20+i), 1), os.WriteFile(path(many+i), []byte("found"), 0o600))
		if i == 5 {
			err = errors.Join(err, os.Remove(path(25)), os.Mkdir(path(25), 0o700))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	found, err := Check(t.Context(), dir, CheckOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{FindingArtifactChanged, FindingArtifactMissing, FindingArtifactUnknown}, findingKinds(&found)); diff != "" {
		t.Fatalf("(-want +got):\n%s", diff)
	}
	for _, f := range found.Findings {
		if f.Count != 10 || !strings.Contains(f.Meaning, "and 7 more") {
			t.Errorf("%+v", f)
		}
	}
	if repaired, err := Check(t.Context(), dir, CheckOptions{Repair: true}); err != nil || repaired.Open() != 2 {
		t.Errorf("%+v, %v", repaired.Findings, err)
	}
	if err := os.RemoveAll(filepath.Join(dir, artifactFolder)); err != nil {
		t.Fatal(err)
	}
	found, err = Check(t.Context(), dir, CheckOptions{})
	if err != nil || len(found.Findings) != 1 || found.Findings[0].Count != many+10+3 || !strings.Contains(found.Findings[0].Meaning, "3 runs") {
		t.Errorf("%+v, %v", found.Findings, err)
	}
}

// One thing that cannot be looked at keeps nobody from looking at the rest.
func TestCheckGoesOn(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	past(t, dir, time.Now(), pastRun{days: 1})
	forgetAll(t, dir)
	spools := filepath.Join(dir, spoolFolder)
	leftover := filepath.Join(dir, salvagePrefix+"1.sqlite")
	long := time.Now().Add(-2 * abandonedAge)
	err := errors.Join(os.Remove(spools), os.WriteFile(spools, []byte("no folder"), 0o600),
		os.RemoveAll(filepath.Join(dir, artifactFolder, runID(1))), os.WriteFile(leftover, nil, 0o600), os.Chtimes(leftover, long, long))
	if err != nil {
		t.Fatal(err)
	}
	found, err := Check(t.Context(), dir, CheckOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{FindingArtifactMissing, FindingOutOfPlace, FindingLeftover}, slices.Compact(findingKinds(&found))); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if left := open(t, dir).Leftovers(); left != nil {
		t.Errorf("readers speak of it too: %v", left)
	}

	// A step that fails is a finding.
	c := checking{dir: filepath.Join(dir, "none"), progress: Progress(nil).orNone()}
	if err := c.checkLeftovers(t.Context()); err == nil {
		t.Fatal("a folder that is not there can be looked at")
	} else if c.foundUnreadable("", err); c.report.Open() != 1 || !strings.Contains(c.report.Findings[0].Meaning, "could not be looked at: ") {
		t.Errorf("%+v", c.report.Findings)
	}
}

func TestNoLabbookWhereThereWasOne(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		reason   string
		change   func(dir string) error
		want     string
		wantKind error
	}{
		{"emptied, with artifacts", func(dir string) error { return os.Truncate(filepath.Join(dir, bookFile), 0) }, "artifacts is still there", ErrEmptied},
		{"deleted, with artifacts", func(dir string) error { return os.Remove(filepath.Join(dir, bookFile)) }, "put a backup of it in its place", ErrEmptied},
		{"emptied, with its log", func(dir string) error {
			return errors.Join(os.Truncate(filepath.Join(dir, bookFile), 0), os.RemoveAll(filepath.Join(dir, artifactFolder)),
				os.WriteFile(filepath.Join(dir, bookFile+"-wal"), []byte("log"), 0o600))
		}, "labbook.sqlite-wal is still there", ErrEmptied},
		{"a folder in its place", func(dir string) error {
			path := filepath.Join(dir, bookFile)
			return errors.Join(os.Remove(path), os.Mkdir(path, 0o700))
		}, "is a folder, and a lab-book is a file", ErrNotLabbook},
	} {
		dir := t.TempDir()
		past(t, dir, time.Now(), pastRun{days: 1})
		if err := test.change(dir); err != nil {
			t.Fatal(err)
		}
		_, err := Check(t.Context(), dir, CheckOptions{Repair: true})
		if !errors.Is(err, test.wantKind) || !strings.Contains(err.Error(), test.want) || errors.Is(err, ErrNoBook) != errors.Is(err, ErrEmptied) {
			t.Errorf("%s: %v", test.reason, err)
		}
	}
}
