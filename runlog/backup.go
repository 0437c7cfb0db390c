package runlog

import (
	"archive/tar"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"time"

	"labbook/runlog/sqlbook"
)

// BackupOptions says how Backup writes its file.
type BackupOptions struct {
	Force    bool // replace a file of that name
	Progress Progress
}

// BackupReport is what a backup holds.
type BackupReport struct {
	File          string `json:"file"`
	Bytes         int64  `json:"bytes"`          // of the file
	DatabaseBytes int64  `json:"database_bytes"` // in it
	Artifacts     int64  `json:"artifacts"`      // files in it
	ArtifactBytes int64  `json:"artifact_bytes"`
}

// Errors of Backup.
var (
	// ErrBackupExists is returned for a file that is there already.
	ErrBackupExists = errors.New("there is a file of that name already")
	// ErrBackupName is returned for a name that does not say what to write.
	ErrBackupName = errors.New("the name of a backup ends in .sqlite (the database alone), .tar.gz or .tgz (with artifacts)")
)

// IsBackupName reports whether Backup knows what to write into a file of that
// name: the database alone (.sqlite), or an archive with artifacts (.tar.gz, .tgz).
func IsBackupName(file string) bool { return isArchive(file) || strings.HasSuffix(file, ".sqlite") }

func isArchive(file string) bool {
	return strings.HasSuffix(file, ".tar.gz") || strings.HasSuffix(file, ".tgz")
}

// Backup writes a consistent copy of the lab-book in dir, "" for the one of the
// working directory, to file: the database, and unless the name ends in .sqlite the
// artifacts too. Programs can record meanwhile; the copy is of the moment at which
// it began; runs that were under way then have ended in it (see
// [sqlbook.Book.CopyTo]). It takes as much room beside file as the database does. The file is
// private, and appears whole or not at all. Cached results are not part of it.
//
// An archive is restored by unpacking it into an empty .labbook folder, a database
// by putting it there as labbook.sqlite.
func Backup(ctx context.Context, dir, file string, options BackupOptions) (BackupReport, error) {
	if !IsBackupName(file) {
		return BackupReport{}, fmt.Errorf("back up to %s: %w", file, ErrBackupName)
	}
	reader, err := Open(ctx, dir)
	if err != nil {
		return BackupReport{}, err
	}
	b := backup{reader: reader, progress: options.Progress.orNone(), force: options.Force, report: BackupReport{File: file}}
	err = b.write(ctx, file)
	if err = errors.Join(err, reader.Close()); err != nil {
		return BackupReport{}, fmt.Errorf("back up to %s: %w", file, err)
	}
	return b.report, nil
}

// A backup is one Backup.
type backup struct {
	reader   *Reader
	progress Progress
	force    bool
	report   BackupReport
}

func (b *backup) write(ctx context.Context, file string) (err error) {
	if err := b.refuse(file); err != nil {
		return err
	}
	// Both are made beside the file, so that they get its name in one step.
	database, err := emptyFile(file)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, removeIfThere(database)) }()
	if err := b.copyDatabase(ctx, database); err != nil {
		return err
	}
	whole := database
	if isArchive(file) {
		if whole, err = emptyFile(file); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, removeIfThere(whole)) }()
		if err := b.writeArchive(ctx, whole, database); err != nil {
			return err
		}
	} else if err := syncFile(database); err != nil {
		return err
	}
	info, err := os.Stat(whole)
	if err != nil {
		return err
	}
	b.report.Bytes = info.Size()
	return b.name(whole, file)
}

// refuse says why a file cannot be written.
func (b *backup) refuse(file string) error {
	info, err := os.Stat(file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	own, err := os.Stat(b.reader.Path())
	switch {
	case err != nil:
		return err
	case os.SameFile(info, own):
		return errors.New("that is the lab-book itself: choose another name")
	case !info.Mode().IsRegular():
		return errors.New("that is no plain file: choose another name")
	case !b.force:
		return ErrBackupExists
	}
	return nil
}

// name gives the whole file its name, which nobody else's file has got meanwhile
// unless that may be replaced.
func (b *backup) name(whole, file string) error {
	if !b.force {
		err := os.Link(whole, file)
		if err == nil {
			return nil
		}
		if errors.Is(err, fs.ErrExist) {
			return ErrBackupExists
		}
		// Some file systems have no links.
	}
	return os.Rename(whole, file)
}

// emptyFile makes a private file beside another.
func emptyFile(beside string) (string, error) {
	file, err := os.CreateTemp(filepath.Dir(beside), ".labbook-backup-*")
	if err != nil {
		return "", err
	}
	return file.Name(), file.Close()
}

func removeIfThere(name string) error {
	if err := os.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

func syncFile(name string) error {
	file, err := os.OpenFile(name, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	return errors.Join(file.Sync(), file.Close())
}

// copyDatabase copies the database. How far that has come shows in the file.
func (b *backup) copyDatabase(ctx context.Context, to string) error {
	space, err := b.reader.Space(ctx)
	if err != nil {
		return err
	}
	done := make(chan error, 1)
	go func() { done <- b.reader.CopyTo(ctx, to) }()
	tick := time.NewTicker(200 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case err := <-done:
			if info, statErr := os.Stat(to); statErr == nil {
				b.report.DatabaseBytes = info.Size()
			}
			return err
		case <-tick.C:
			if info, err := os.Stat(to); err == nil {
				b.progress("copying the database", info.Size(), space.Bytes-space.Free)
			}
		}
	}
}

// writeArchive writes the database and all artifacts that it names into one file.
func (b *backup) writeArchive(ctx context.Context, to, database string) (err error) {
	file, err := os.OpenFile(to, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	defer func() {
		if closeErr := file.Close(); err == nil {
			err = closeErr
		}
	}()
	zipped := gzip.NewWriter(file)
	archive := tar.NewWriter(zipped)
	if err := addFile(ctx, archive, database, bookFile); err != nil {
		return err
	}
	if err := b.addArtifacts(ctx, archive, database); err != nil {
		return err
	}
	if err := errors.Join(archive.Close(), zipped.Close()); err != nil {
		return err
	}
	return file.Sync()
}

// addArtifacts adds the artifacts that the copy of the database names. One that is
// gone was gone before, or its run is just being removed.
func (b *backup) addArtifacts(ctx context.Context, archive *tar.Writer, database string) error {
	book, err := sqlbook.Open(ctx, database)
	if err != nil {
		return err
	}
	artifacts, err := book.Artifacts(ctx)
	if err = errors.Join(err, book.Close()); err != nil {
		return err
	}
	made := map[string]bool{}
	for i := range artifacts {
		a := &artifacts[i]
		name := path.Join(artifactFolder, a.UUID, a.Name)
		if !filepath.IsLocal(filepath.FromSlash(name)) || strings.Count(path.Join(artifactFolder, a.UUID), "/") != 1 {
			continue // no recorder makes such names, and none must reach into other folders
		}
		b.progress("adding artifacts", int64(i), int64(len(artifacts)))
		if err := addFolders(archive, path.Dir(name), made); err != nil {
			return err
		}
		err := addFile(ctx, archive, filepath.Join(b.reader.Dir(), filepath.FromSlash(name)), name)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return err
		}
		b.report.Artifacts++
		b.report.ArtifactBytes += a.Bytes
	}
	return nil
}

// addFolders adds a folder and those above it, each once, so that they become
// private where they are unpacked.
func addFolders(archive *tar.Writer, name string, made map[string]bool) error {
	if name == "." || made[name] {
		return nil
	}
	if err := addFolders(archive, path.Dir(name), made); err != nil {
		return err
	}
	made[name] = true
	return archive.WriteHeader(&tar.Header{Typeflag: tar.TypeDir, Name: name + "/", Mode: 0o700, Format: tar.FormatPAX})
}

func addFile(ctx context.Context, archive *tar.Writer, from, name string) error {
	file, err := os.Open(from)
	if err != nil {
		return err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return err
	}
	if !info.Mode().IsRegular() {
		return fmt.Errorf("%s is no plain file", from)
	}
	header := &tar.Header{
		Typeflag: tar.TypeReg, Name: name, Mode: 0o600, Size: info.Size(), ModTime: info.ModTime().Truncate(time.Second), Format: tar.FormatPAX,
	}
	if err := archive.WriteHeader(header); err != nil {
		return err
	}
	_, err = io.Copy(archive, &untilDone{ctx, io.LimitReader(file, info.Size())})
	return err
}

// An untilDone reads until its context ends.
type untilDone struct {
	ctx context.Context //nolint:containedctx // it lives no longer than one call
	r   io.Reader
}

// Read implements io.Reader.
func (u *untilDone) Read(p []byte) (int, error) {
	if err := u.ctx.Err(); err != nil {
		return 0, err
	}
	return u.r.Read(p)
}
