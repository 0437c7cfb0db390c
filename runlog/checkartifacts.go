package runlog

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"mime"
	"os"
	"path/filepath"
	"strings"
	"time"

	"labbook/runlog/record"
	"labbook/runlog/sqlbook"
)

// abandonedAge is the age at which a file that is written in one go counts as that
// of a writer that was killed.
const abandonedAge = time.Hour

const unfinishedPrefix = ".unfinished-"

// checkArtifacts compares the folder of artifacts with the table of them.
func (c *checking) checkArtifacts(ctx context.Context) error {
	if c.unusable {
		return nil
	}
	c.progress("looking at artifacts", 0, 0)
	// The folder comes first, then the spools, then the tables: a program makes its
	// spool before its first artifact, and its spool is gone only once all of it is
	// in the tables.
	folders, err := os.ReadDir(filepath.Join(c.dir, artifactFolder))
	if info, statErr := os.Stat(filepath.Join(c.dir, artifactFolder)); statErr == nil && !info.IsDir() {
		err = nil // a finding by now
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("look at artifacts: %w", err)
	}
	spools, err := spoolNames(c.dir)
	if err != nil {
		return err
	}
	book, err := sqlbook.Open(ctx, c.path)
	if err != nil {
		return err
	}
	defer func() { _ = book.Close() }() // it was only read
	known, err := book.Artifacts(ctx)
	if err != nil {
		return err
	}
	byRun := map[string]map[string]bool{}
	for i := range known {
		a := &known[i]
		if byRun[a.UUID] == nil {
			byRun[a.UUID] = map[string]bool{}
		}
		byRun[a.UUID][a.Name] = true
	}
	if err := c.checkFiles(ctx, book, known); err != nil {
		return err
	}
	for _, folder := range folders {
		run := folder.Name()
		switch {
		case strings.HasSuffix(run, prunedSuffix):
			c.found(Finding{
				Kind: FindingArtifactPruned, Subject: filepath.Join(c.dir, artifactFolder, run), Count: 1,
				Meaning: "artifacts of a run that a prune is removing, or was removing when it was stopped", Remedy: "remove them, or put them back if the run is still there",
			}, func() error {
				return c.withBook(ctx, func(book *sqlbook.Book) error { return settleArtifacts(ctx, book, c.dir) })
			})
		case hasSpool(spools, run):
			// The run may have more to say of them.
		default:
			if err := c.checkFolder(ctx, book, run, byRun[run]); err != nil {
				return err
			}
		}
	}
	return nil
}

// checkFolder looks for files that the lab-book does not know.
func (c *checking) checkFolder(ctx context.Context, book *sqlbook.Book, run string, known map[string]bool) error {
	folder := filepath.Join(c.dir, artifactFolder, run)
	id, err := book.RunID(ctx, run)
	if err != nil {
		return err
	}
	if id == 0 {
		if _, err := os.Stat(folder); errors.Is(err, fs.ErrNotExist) {
			return nil // it went with its run, just now
		}
		c.found(Finding{
			Kind: FindingArtifactStray, Subject: folder, Count: 1,
			Meaning: "artifacts of a run that the lab-book does not have; look at them, and delete them if they are of no use",
		}, nil)
		return nil
	}
	var unknown []sqlbook.RunArtifact
	err = filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return err
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		name, err := filepath.Rel(folder, path)
		if err != nil {
			return err
		}
		name = filepath.ToSlash(name)
		switch {
		case known[name]:
		case strings.HasPrefix(entry.Name(), unfinishedPrefix):
			if time.Since(info.ModTime()) > abandonedAge {
				c.foundUnfinished(path)
			}
		default:
			unknown = append(unknown, sqlbook.RunArtifact{UUID: run, Artifact: record.Artifact{
				Name: name, Path: path, MediaType: mediaType(path), Bytes: info.Size(), At: info.ModTime(),
			}})
		}
		return nil
	})
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("look at artifacts: %w", err)
	}
	if len(unknown) == 0 {
		return nil
	}
	c.found(Finding{
		Kind: FindingArtifactUnknown, Subject: unknown[0].Path, Count: int64(len(unknown)),
		Meaning: fmt.Sprintf("among the artifacts of run %d, what the lab-book does not know: %s", id, someNames(unknown)), Remedy: "list it among them",
	}, func() error {
		return c.withBook(ctx, func(book *sqlbook.Book) error {
			for i := range unknown {
				if err := book.AddArtifact(ctx, &unknown[i]); err != nil {
					return err
				}
			}
			return nil
		})
	})
	return nil
}

func (c *checking) foundUnfinished(path string) {
	c.found(Finding{
		Kind: FindingUnfinished, Subject: path, Count: 1,
		Meaning: "a file that was being written when its writer was killed", Remedy: "remove it",
	}, func() error { return os.Remove(path) })
}

// mediaType guesses what is in a file by its name.
func mediaType(name string) string {
	if t := mime.TypeByExtension(filepath.Ext(name)); t != "" {
		return t
	}
	return "application/octet-stream"
}

// artifactPath is where an artifact is. The lab-book may lie somewhere else than
// when its path was noted: moved, or restored from a backup.
func artifactPath(dir, run string, a *record.Artifact) string {
	here := artifactHere(dir, run, a)
	if _, err := os.Stat(here); err == nil {
		return here
	}
	return a.Path
}

// artifactHere is where an artifact belongs in the lab-book as it lies now.
func artifactHere(dir, run string, a *record.Artifact) string {
	if !filepath.IsLocal(filepath.FromSlash(a.Name)) {
		return a.Path
	}
	return filepath.Join(dir, artifactFolder, run, filepath.FromSlash(a.Name))
}

// checkLeftovers looks for what upkeep that was stopped has left, and probes.
func (c *checking) checkLeftovers(context.Context) error {
	entries, err := os.ReadDir(c.dir)
	if err != nil {
		return fmt.Errorf("look at lab-book: %w", err)
	}
	for _, entry := range entries {
		if !strings.HasPrefix(entry.Name(), salvagePrefix) && !strings.HasPrefix(entry.Name(), probePrefix) {
			continue
		}
		info, err := entry.Info()
		if err != nil || time.Since(info.ModTime()) < abandonedAge {
			continue // somebody is at work
		}
		path := filepath.Join(c.dir, entry.Name())
		c.found(Finding{
			Kind: FindingLeftover, Subject: path, Count: 1,
			Meaning: "a file that a repair, or a reader that was killed, has left; all that is in it is elsewhere too", Remedy: "remove it",
		}, func() error { return os.Remove(path) })
	}
	return nil
}
