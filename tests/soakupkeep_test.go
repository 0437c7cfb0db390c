//go:build unix

package tests

import (
	"archive/tar"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"labbook/runlog"
	"labbook/runlog/record"
)

// What a lab-book may take: a bound for each row of what is kept, generous enough
// for the indexes and for pages that are half full, and what does not depend on it.
const (
	bytesBeside  = 4 << 20
	bytesPerRun  = 32 << 10 // its environment, samples and artifacts' rows
	bytesPerCall = 400
	bytesPerKey  = 800 // with its parts
	// An index of trigrams is larger than the text.
	bytesPerByte = 6
	// The write-ahead log is written back at 4 MB. While somebody reads for long, a
	// check or a backup, it grows by what is written meanwhile.
	bytesOfLog          = 64 << 20
	bytesOfLogPerSecond = 32 << 20
	// mostSpooled bounds what spools take on the disk: of each program some steps of
	// 64 KiB or 1 MiB, of the one that goes on the 16 MiB that are given back at once.
	mostSpooled = 16<<20 + 4*soakers<<20
)

// measure looks at the sizes of the lab-book's files.
func (s *soak) measure() {
	sizes := map[string]int64{}
	_ = filepath.WalkDir(s.dir, func(path string, d fs.DirEntry, err error) error { // what is gone has no size
		if err != nil || d.IsDir() {
			if err == nil && d.Name() == "cache" {
				return fs.SkipDir
			}
			return nil
		}
		info, err := d.Info()
		if err != nil {
			return nil
		}
		what, _, _ := strings.Cut(strings.TrimPrefix(path, s.dir+"/"), "/")
		if strings.HasPrefix(what, ".") {
			return nil // small, or gone in a moment
		}
		sizes[what] += onDisk(info)
		return nil
	})
	s.mu.Lock()
	defer s.mu.Unlock()
	for what, size := range sizes {
		s.largest[what] = max(s.largest[what], size)
	}
}

// onDisk is what a file takes: spools have holes where they were taken in.
func onDisk(info fs.FileInfo) int64 {
	if stat, ok := info.Sys().(*syscall.Stat_t); ok {
		return min(info.Size(), stat.Blocks*512)
	}
	return info.Size()
}

// keepUp prunes, checks and backs up until stop is closed.
func (s *soak) keepUp(ctx context.Context, stop <-chan struct{}, scratch string) error {
	tick := time.NewTicker(min(s.asked/6, 5*time.Second))
	defer tick.Stop()
	jobs := []func(context.Context, string) error{s.prune, s.check, s.prune, s.backUp}
	for turn := 0; ; turn++ {
		select {
		case <-stop:
			return nil
		case <-tick.C:
		}
		if err := jobs[turn%len(jobs)](ctx, filepath.Join(scratch, strconv.Itoa(turn))); err != nil {
			return err
		}
	}
}

func (s *soak) prune(ctx context.Context, _ string) error {
	begun := time.Now()
	job, last := "prune, beginning", begun
	took := map[string]time.Duration{}
	turn := func(next string) {
		took[job] += time.Since(last)
		job, last = "prune, "+next, time.Now()
	}
	report, err := runlog.Prune(ctx, s.dir, runlog.PruneOptions{KeepRuns: soakKept, Progress: func(what string, _, _ int64) { turn(what) }})
	if err != nil {
		return fmt.Errorf("prune: %w", err)
	}
	turn("")
	s.waited("prune", begun)
	if report.Kept.Pinned != 1 {
		return fmt.Errorf("prune kept %d pinned runs, want 1", report.Kept.Pinned)
	}
	keys := int64(0) // beside those of calls that are kept
	if report.UnusedKept {
		keys = s.keysEver()
	}
	if err := s.checkSize(ctx, report.FileBytes-report.FreedBytes, keys); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	kept := report.Kept
	for job, spent := range took {
		s.waits[job] = max(s.waits[job], spent.Round(time.Millisecond))
	}
	s.mostRuns = max(s.mostRuns, int64(len(report.Runs))+kept.Recent+kept.Pinned+kept.Running+kept.Referenced)
	s.prunes++
	for _, r := range report.Runs {
		s.pruned[r.ID] = true
	}
	return nil
}

// checkSize compares the size of the database with what is in it.
func (s *soak) checkSize(ctx context.Context, size, keys int64) error {
	book, err := runlog.Open(ctx, s.dir)
	if err != nil {
		return err
	}
	defer book.Close()
	runs, err := book.Runs(ctx, record.RunQuery{Limit: 1 << 20})
	if err != nil {
		return err
	}
	calls, printed := int64(0), int64(0)
	for i := range runs {
		n, err := book.RunSize(ctx, runs[i].ID)
		if err != nil {
			return err
		}
		calls, printed = calls+n.Calls, printed+n.OutputBytes
	}
	bound := bytesBeside + bytesPerRun*int64(len(runs)) + (bytesPerCall+bytesPerKey/2)*calls + bytesPerKey*keys + bytesPerByte*printed
	if size > bound {
		return fmt.Errorf("pruned, the database has %d bytes; want at most %d for %d runs with %d calls and %d bytes of output, and %d keys",
			size, bound, len(runs), calls, printed, keys)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.largest["database by its bound, in percent"] = max(s.largest["database by its bound, in percent"], 100*size/bound)
	s.lastSize = fmt.Sprintf("in the end %d bytes for %d runs with %d calls and %d bytes of output (bound %d)", size, len(runs), calls, printed, bound)
	return nil
}

func (s *soak) check(ctx context.Context, _ string) error {
	begun := time.Now()
	// Programs that just end are about to have their spools forgotten.
	if err := soundness(ctx, s.dir, runlog.FindingSpoolKnown); err != nil {
		return err
	}
	s.waited("check", begun)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.checks++
	return nil
}

// mostLog bounds the write-ahead log.
func (s *soak) mostLog() int64 {
	longest := max(s.waits["check"], s.waits["backup"])
	return bytesOfLog + int64(longest.Seconds()*bytesOfLogPerSecond)
}

// soundness is an error for what is amiss in a lab-book. Kinds of findings that
// are no faults there are passed over.
func soundness(ctx context.Context, dir string, except ...string) error {
	report, err := runlog.Check(ctx, dir, runlog.CheckOptions{})
	for i := range report.Findings {
		if f := &report.Findings[i]; !slices.Contains(except, f.Kind) {
			err = errors.Join(err, fmt.Errorf("%s: %+v", dir, *f))
		}
	}
	return err
}

func (s *soak) backUp(ctx context.Context, scratch string) error {
	begun := time.Now()
	if err := os.Mkdir(scratch, 0o700); err != nil {
		return err
	}
	file := filepath.Join(scratch, "backup.tgz")
	if _, err := runlog.Backup(ctx, s.dir, file, runlog.BackupOptions{}); err != nil {
		return err
	}
	s.waited("backup", begun)
	restored := filepath.Join(scratch, "book")
	if err := unpack(file, restored); err != nil {
		return err
	}
	if err := soundness(ctx, restored); err != nil {
		return fmt.Errorf("a backup: %w", err)
	}
	book, err := runlog.Open(ctx, restored)
	if err != nil {
		return fmt.Errorf("a backup: %w", err)
	}
	if err := errors.Join(readAlong(ctx, book, map[int64]record.Counts{}), book.Close()); err != nil {
		return fmt.Errorf("a backup: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.backups++
	return os.RemoveAll(scratch)
}

// unpack restores a backup into a folder that is not there yet.
func unpack(file, dir string) error {
	packed, err := os.Open(file)
	if err != nil {
		return err
	}
	defer packed.Close()
	unzipped, err := gzip.NewReader(packed)
	if err != nil {
		return err
	}
	if err := os.Mkdir(dir, 0o700); err != nil {
		return err
	}
	archive := tar.NewReader(unzipped)
	for {
		header, err := archive.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		path := filepath.Join(dir, header.Name)
		if header.Typeflag == tar.TypeDir {
			err = os.Mkdir(path, 0o700)
		} else {
			var content []byte
			if content, err = io.ReadAll(archive); err == nil {
				err = os.WriteFile(path, content, 0o600)
			}
		}
		if err != nil {
			return err
		}
	}
}
