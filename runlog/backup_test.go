package runlog

import (
	"archive/tar"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"labbook/runlog/event"
	"labbook/runlog/record"
	"labbook/runlog/spool"
	"labbook/runlog/sqlbook"
)

// unpack does what tar -xzf does.
func unpack(t *testing.T, archive, to string) {
	t.Helper()
	file, err := os.Open(archive)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	unzipped, err := gzip.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	for r := tar.NewReader(unzipped); ; {
		header, err := r.Next()
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(to, header.Name)
		if header.Typeflag == tar.TypeDir {
			if err := os.Mkdir(path, header.FileInfo().Mode().Perm()); err != nil {
				t.Fatal(err)
			}
			continue
		}
		data, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, data, header.FileInfo().Mode().Perm()); err != nil {
			t.Fatal(err)
		}
	}
}

func TestBackupAndRestore(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	past(t, dir, time.Now(), pastRun{days: 1}, pastRun{days: 1, loaded: 1})
	forgetAll(t, dir)
	place := t.TempDir()
	for _, test := range []struct {
		name      string
		artifacts int64
		restore   func(t *testing.T, file, to string)
	}{
		{"b.tar.gz", 2, unpack},
		{"b.tgz", 2, unpack},
		{"b.sqlite", 0, func(t *testing.T, file, to string) {
			t.Helper()
			if err := os.Rename(file, filepath.Join(to, bookFile)); err != nil {
				t.Fatal(err)
			}
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			file := filepath.Join(place, test.name)
			report, err := Backup(t.Context(), dir, file, BackupOptions{})
			if err != nil {
				t.Fatal(err)
			}
			info, err := os.Stat(file)
			if err != nil || hasModes && info.Mode().Perm() != 0o600 || info.Size() != report.Bytes {
				t.Errorf("%+v, %v", info, err)
			}
			if report.Artifacts != test.artifacts || report.ArtifactBytes != 8*test.artifacts || report.DatabaseBytes < 10_000 {
				t.Errorf("the report is %+v", report)
			}
			to := t.TempDir()
			test.restore(t, file, to)
			if test.artifacts > 0 {
				sound(t, to) // though it lies elsewhere
			}
			run, err := open(t, to).Run(t.Context(), 2)
			if err != nil {
				t.Fatal(err)
			}
			calls, err := open(t, to).Calls(t.Context(), record.CallQuery{})
			if err != nil || len(calls) != 4 {
				t.Errorf("%d calls, %v", len(calls), err)
			}
			want := filepath.Join(to, artifactFolder, runID(2), "a", "plot.txt")
			if test.artifacts > 0 && run.Artifacts[0].Path != want {
				t.Errorf("the artifact is at %s, want %s", run.Artifacts[0].Path, want)
			}
		})
	}
}

func TestBackupRefuses(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	past(t, dir, time.Now(), pastRun{days: 1})
	place := t.TempDir()
	there := filepath.Join(place, "there.sqlite")
	if err := os.WriteFile(there, []byte("precious"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Backup(t.Context(), dir, there, BackupOptions{}); !errors.Is(err, ErrBackupExists) {
		t.Errorf("%v; want ErrBackupExists", err)
	}
	if data, err := os.ReadFile(there); err != nil || string(data) != "precious" {
		t.Errorf("%q, %v", data, err)
	}
	if _, err := Backup(t.Context(), dir, filepath.Join(place, "b.zip"), BackupOptions{}); !errors.Is(err, ErrBackupName) {
		t.Errorf("%v; want ErrBackupName", err)
	}
	if _, err := Backup(t.Context(), dir, filepath.Join(place, "none", "b.sqlite"), BackupOptions{}); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("%v; want that the folder is not there", err)
	}
	if _, err := Backup(t.Context(), dir, filepath.Join(dir, bookFile), BackupOptions{Force: true}); err == nil {
		t.Error("the lab-book was replaced by its backup")
	}
	stopped, stop := context.WithCancel(t.Context())
	stop()
	if _, err := Backup(stopped, dir, filepath.Join(place, "s.tgz"), BackupOptions{}); !errors.Is(err, context.Canceled) {
		t.Errorf("%v; want that it was stopped", err)
	}
	if entries, err := os.ReadDir(place); err != nil || len(entries) != 1 {
		t.Errorf("left: %v, %v", entries, err)
	}
	if _, err := Backup(t.Context(), dir, there, BackupOptions{Force: true}); err != nil {
		t.Fatal(err)
	}
	if data, err := os.ReadFile(there); err != nil || len(data) < 10_000 {
		t.Errorf("%d bytes, %v", len(data), err)
	}
}

// A backup that was made while programs record is sound, and nothing in it is under
// way for ever.
func TestBackupOfRunsUnderWay(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	past(t, dir, time.Now(), pastRun{days: 1})
	w, err := spool.Create(filepath.Join(dir, spoolFolder), uuid.MustParse(runID(2)), mainPart)
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	for _, e := range []event.Event{
		&event.RunStart{Run: record.Run{Name: "live", Started: now}}, &event.Note{Note: record.Note{Text: "mine", At: now}},
		&event.BatchStart{Batch: 1, Tasks: 9, Started: now}, &event.Heartbeat{At: now},
	} {
		if err := w.Append(e); err != nil {
			t.Fatal(err)
		}
	}
	book, err := sqlbook.Create(t.Context(), filepath.Join(dir, bookFile))
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(takeInLive(t.Context(), book, dir), book.Close()); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "b.tar.gz")
	if _, err := Backup(t.Context(), dir, file, BackupOptions{}); err != nil {
		t.Fatal(err)
	}
	to := t.TempDir()
	unpack(t, file, to)
	sound(t, to)
	run, err := open(t, to).Run(t.Context(), 2)
	if err != nil || run.Status != record.StatusDied || run.Ended.UnixNano() != now.UnixNano() || len(run.Notes) != 2 || !strings.Contains(run.Notes[1].Text, "under way") {
		t.Errorf("%s, ended at %s, notes %+v, %v", run.Status, run.Ended, run.Notes, err)
	}
	batches, err := open(t, to).Batches(t.Context(), 2)
	if err != nil || len(batches) != 1 || batches[0].Status != record.BatchCancelled {
		t.Errorf("batches %+v, %v", batches, err)
	}

	// Where it was made it goes on.
	if run, err := open(t, dir).Run(t.Context(), 2); err != nil || run.Status != record.StatusRunning || len(run.Notes) != 1 {
		t.Errorf("%s, notes %+v, %v", run.Status, run.Notes, err)
	}
	if err := w.Append(&event.RunEnd{Ended: now, Status: record.StatusOK}); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	waitForForks()
	if run, err := open(t, dir).Run(t.Context(), 2); err != nil || run.Status != record.StatusOK {
		t.Errorf("%s, %v", run.Status, err)
	}
}
