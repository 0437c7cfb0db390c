package runlog

import (
	"archive/tar"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"

	"labbook/runlog/record"
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
