package runlog

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"labbook/runlog/sqlbook"
)

// checkFiles compares every artifact that the lab-book knows with its file. What is
// wrong with one run, in one way, is one finding.
func (c *checking) checkFiles(ctx context.Context, book *sqlbook.Book, known []sqlbook.RunArtifact) error {
	var missing, changed, elsewhere []sqlbook.RunArtifact
	for i := range known {
		a := &known[i]
		path := artifactHere(c.dir, a.UUID, &a.Artifact)
		info, err := os.Lstat(path)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			if stays, err := c.staysMissing(ctx, book, a); err != nil {
				return err
			} else if !stays {
				continue
			}
			if _, err := os.Stat(a.Path); err == nil && path != a.Path {
				elsewhere = append(elsewhere, *a)
			} else {
				missing = append(missing, *a)
			}
		case err != nil:
			c.foundUnreadable(path, err)
		case !isAsKept(info, a):
			changed = append(changed, *a)
		}
	}
	c.foundMissing(missing)
	c.foundElsewhere(ctx, elsewhere)
	return c.checkChanged(ctx, book, changed)
}

// isAsKept reports whether a file can be that of an artifact. A link counts as
// whatever somebody has put in its place.
func isAsKept(info fs.FileInfo, a *sqlbook.RunArtifact) bool {
	return info.Mode()&fs.ModeSymlink != 0 || info.Mode().IsRegular() && info.Size() == a.Bytes
}

// staysMissing reports whether an artifact without its file is one. Its run may just
// be on its way out, which goes as far as a new name first.
func (c *checking) staysMissing(ctx context.Context, book *sqlbook.Book, a *sqlbook.RunArtifact) (bool, error) {
	if _, err := os.Stat(filepath.Join(c.dir, artifactFolder, a.UUID+prunedSuffix)); err == nil {
		return false, nil
	}
	id, err := book.RunID(ctx, a.UUID)
	return id != 0, err
}

func (c *checking) foundMissing(missing []sqlbook.RunArtifact) {
	folder := filepath.Join(c.dir, artifactFolder)
	if _, err := os.Stat(folder); errors.Is(err, fs.ErrNotExist) && len(missing) > 1 {
		c.found(Finding{
			Kind: FindingArtifactMissing, Subject: folder, Count: int64(len(missing)),
			Meaning: fmt.Sprintf("the folder of artifacts is gone, with the files of all of %s: somebody has deleted or moved it",
				countRuns(missing)),
		}, nil)
		return
	}
	for _, of := range byRun(missing) {
		meaning := fmt.Sprintf("the file of artifact %s of run %d is gone: somebody has deleted or moved it", of[0].Name, of[0].Run)
		if len(of) > 1 {
			meaning = fmt.Sprintf("the files of artifacts of run %d are gone: %s; somebody has deleted or moved them", of[0].Run, someNames(of))
		}
		c.found(Finding{Kind: FindingArtifactMissing, Subject: artifactHere(c.dir, of[0].UUID, &of[0].Artifact), Count: int64(len(of)), Meaning: meaning}, nil)
	}
}

// foundElsewhere says which artifacts are only where the lab-book was made. All of
// them have one cause: a copy without artifacts, or with some.
func (c *checking) foundElsewhere(ctx context.Context, elsewhere []sqlbook.RunArtifact) {
	if len(elsewhere) == 0 {
		return
	}
	c.found(Finding{
		Kind: FindingArtifactElsewhere, Subject: elsewhere[0].Path, Count: int64(len(elsewhere)),
		Meaning: fmt.Sprintf("artifacts of %s are not in this lab-book, but only where it was when they were made: it was copied or moved without them",
			countRuns(elsewhere)),
		Remedy: "copy them here",
	}, func() error {
		for i := range elsewhere {
			a := &elsewhere[i]
			c.progress("copying artifacts", int64(i), int64(len(elsewhere)))
			if err := errors.Join(ctx.Err(), copyWhole(a.Path, artifactHere(c.dir, a.UUID, &a.Artifact))); err != nil {
				return err
			}
		}
		return nil
	})
}

// checkChanged looks again at files that are not as they were kept. A run that is
// under way, or was just now, may have replaced them.
func (c *checking) checkChanged(ctx context.Context, book *sqlbook.Book, changed []sqlbook.RunArtifact) error {
	if len(changed) == 0 {
		return nil
	}
	spools, err := spoolNames(c.dir)
	if err != nil {
		return err
	}
	known, err := book.Artifacts(ctx)
	if err != nil {
		return err
	}
	type place struct{ run, name string }
	now := map[place]sqlbook.RunArtifact{}
	for _, a := range known {
		now[place{a.UUID, a.Name}] = a
	}
	var still []sqlbook.RunArtifact
	var how []string
	for _, a := range changed {
		a, isThere := now[place{a.UUID, a.Name}]
		if !isThere || hasSpool(spools, a.UUID) {
			continue
		}
		info, err := os.Lstat(artifactHere(c.dir, a.UUID, &a.Artifact))
		switch {
		case err != nil || isAsKept(info, &a):
			continue
		case !info.Mode().IsRegular():
			how = append(how, "it is no file any more")
		default:
			how = append(how, fmt.Sprintf("it has %d bytes, and had %d", info.Size(), a.Bytes))
		}
		still = append(still, a)
	}
	for _, of := range byRun(still) {
		meaning := fmt.Sprintf("the file of artifact %s of run %d is not what was kept: %s", of[0].Name, of[0].Run, how[0])
		if len(of) > 1 {
			meaning = fmt.Sprintf("the files of artifacts of run %d are not what was kept, by their sizes: %s", of[0].Run, someNames(of))
		}
		how = how[len(of):]
		c.found(Finding{Kind: FindingArtifactChanged, Subject: artifactHere(c.dir, of[0].UUID, &of[0].Artifact), Count: int64(len(of)), Meaning: meaning}, nil)
	}
	return nil
}

// byRun parts artifacts, which are in the order of their runs, by them.
func byRun(artifacts []sqlbook.RunArtifact) (parts [][]sqlbook.RunArtifact) {
	for i := range artifacts {
		if i == 0 || artifacts[i].Run != artifacts[i-1].Run {
			parts = append(parts, nil)
		}
		last := &parts[len(parts)-1]
		*last = append(*last, artifacts[i])
	}
	return parts
}

func countRuns(artifacts []sqlbook.RunArtifact) string {
	if runs := len(byRun(artifacts)); runs != 1 {
		return fmt.Sprintf("%d runs", runs)
	}
	return "1 run"
}

// someNames names a few artifacts, and counts the rest.
func someNames(artifacts []sqlbook.RunArtifact) string {
	const most = 3
	var list []string
	for i := range artifacts[:min(len(artifacts), most)] {
		list = append(list, artifacts[i].Name)
	}
	names := strings.Join(list, ", ")
	if more := len(artifacts) - most; more > 0 {
		names += fmt.Sprintf(" and %d more", more)
	}
	return names
}

// copyWhole copies a file to where none is, so that it is there whole or not at all.
func copyWhole(from, to string) error {
	source, err := os.Open(from)
	if err != nil {
		return err
	}
	defer source.Close()
	if err := os.MkdirAll(filepath.Dir(to), 0o700); err != nil {
		return err
	}
	file, err := os.CreateTemp(filepath.Dir(to), unfinishedPrefix+"*")
	if err != nil {
		return err
	}
	_, err = io.Copy(file, source)
	if err = errors.Join(err, file.Close()); err == nil {
		err = os.Rename(file.Name(), to)
	}
	if err != nil {
		return errors.Join(err, os.Remove(file.Name()))
	}
	return nil
}
