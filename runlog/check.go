package runlog

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"labbook/runlog/sqlbook"
)

// Finding is something in a lab-book that is not as it should be.
type Finding struct {
	Kind     string `json:"kind"`              // a name that stays
	Subject  string `json:"subject,omitempty"` // a path
	Count    int64  `json:"count"`             // how many
	Meaning  string `json:"meaning"`
	Remedy   string `json:"remedy,omitempty"`  // what CheckOptions.Repair does; "" for nothing
	Repaired bool   `json:"repaired"`          // it did
	Problem  string `json:"problem,omitempty"` // why it could not
}

// The kinds of findings, beside those of the tables (sqlbook.Inconsistency).
const (
	FindingDamaged           = "damaged-file"       // SQLite cannot read all of the lab-book's file
	FindingIndex             = "damaged-index"      // an index does not fit its table
	FindingSpoolForeign      = "spool-foreign"      // of a newer labbook, or damaged from the start
	FindingSpoolLeft         = "spool-left"         // of a program that is gone, and not taken in
	FindingSpoolDamaged      = "spool-damaged"      // taken in as far as it could be read
	FindingSpoolKnown        = "spool-gone"         // known, but no longer there
	FindingArtifactMissing   = "artifact-missing"   // in the tables, without its file
	FindingArtifactChanged   = "artifact-changed"   // its file is another, by its size
	FindingArtifactElsewhere = "artifact-elsewhere" // where the lab-book was once, and not here
	FindingArtifactUnknown   = "artifact-unknown"   // a file of a run that the tables do not have
	FindingArtifactStray     = "artifacts-stray"    // a folder of a run that is not there
	FindingArtifactPruned    = "artifacts-pruned"   // of a removal that was stopped
	FindingUnfinished        = "file-unfinished"    // of a writer that was killed
	FindingMode              = "file-not-private"   // others may read it
	FindingLeftover          = "upkeep-left-behind" // of a repair or a backup that was stopped
	FindingOutOfPlace        = "out-of-place"       // a folder where a file belongs, or the other way round
	FindingUnreadable        = "not-looked-at"      // it could not be
)

// CheckOptions says what Check does beside looking.
type CheckOptions struct {
	Repair   bool
	Now      time.Time // names what is moved aside; zero for the present
	Progress Progress
}

// CheckReport is what Check has found.
type CheckReport struct {
	Dir      string    `json:"dir"`
	Findings []Finding `json:"findings"` // empty for a sound lab-book
	Salvage  *Salvage  `json:"salvage,omitempty"`
}

// Salvage says what became of a damaged file.
type Salvage struct {
	Corrupt string          `json:"corrupt"` // where the damaged file is now
	Tables  []SalvagedTable `json:"tables"`
}

// SalvagedTable is how much of a table could be read.
type SalvagedTable struct {
	Table   string `json:"table"`
	Rows    int64  `json:"rows"`
	Damaged bool   `json:"damaged"`        // some rows could not be read
	Lost    int64  `json:"lost,omitempty"` // so many, where that is known
}

// Open counts the findings that are not mended.
func (r *CheckReport) Open() int {
	open := 0
	for i := range r.Findings {
		if !r.Findings[i].Repaired {
			open++
		}
	}
	return open
}

// Check looks for everything in the lab-book in dir, "" for the one of the working
// directory, that is not as it should be: in its file, between its tables, in the
// spools, the artifacts, and in who may read them. It reads all of the file; some
// seconds for a million calls. Programs can record meanwhile.
//
// With Options.Repair it mends what can be mended. A file that SQLite cannot read
// is moved aside and never deleted, once every row that can be read has been
// copied into a new one; that waits until no program records.
//
// Into a sound file, what programs that died left is taken in first, as by every
// reader. The error is for a file that is no lab-book, or one of a newer version;
// what else cannot be looked at is a finding.
func Check(ctx context.Context, dir string, options CheckOptions) (CheckReport, error) {
	if dir == "" {
		var err error
		if dir, err = Dir(); err != nil {
			return CheckReport{}, err
		}
	}
	c := checking{dir: dir, path: filepath.Join(dir, bookFile), options: options, progress: options.Progress.orNone()}
	c.report = CheckReport{Dir: dir, Findings: []Finding{}}
	if err := c.checkFile(ctx); err != nil {
		return c.report, err
	}
	c.checkPlaces()
	for _, step := range []func(context.Context) error{c.checkTables, c.checkSpools, c.checkArtifacts, c.checkLeftovers, c.checkModes} {
		if err := step(ctx); err != nil {
			if ctx.Err() != nil {
				return c.report, err
			}
			c.foundUnreadable("", err)
		}
	}
	return c.report, nil
}

// foundUnreadable says what could not be looked at, so that the rest is.
func (c *checking) foundUnreadable(path string, err error) {
	c.found(Finding{Kind: FindingUnreadable, Subject: path, Count: 1, Meaning: "this could not be looked at: " + err.Error()}, nil)
}

// checkPlaces looks for files where folders belong, and for anything but files among
// the spools.
func (c *checking) checkPlaces() {
	for _, name := range []string{spoolFolder, artifactFolder} {
		path := filepath.Join(c.dir, name)
		if info, err := os.Stat(path); err == nil && !info.IsDir() {
			c.found(Finding{
				Kind: FindingOutOfPlace, Subject: path, Count: 1,
				Meaning: "a file where a folder belongs: programs cannot record until it is moved away",
			}, nil)
		}
	}
	spools := filepath.Join(c.dir, spoolFolder)
	entries, err := os.ReadDir(spools)
	if err != nil {
		return // the folder is not there, or is looked at later
	}
	for _, entry := range entries {
		if entry.Type().IsRegular() || entry.Type()&fs.ModeSymlink != 0 {
			continue
		}
		c.found(Finding{
			Kind: FindingOutOfPlace, Subject: filepath.Join(spools, entry.Name()), Count: 1,
			Meaning: "no file, where what programs record waits to be taken in: nobody looks into it; move it away",
		}, nil)
	}
}

// A checking is one Check.
type checking struct {
	dir, path string
	options   CheckOptions
	progress  Progress
	report    CheckReport
	isSound   bool // the file is, so that what programs left goes into it
	unusable  bool // the file cannot be read, and stays so
}

// found adds a finding. If it is to be repaired, and can be, repair does it.
func (c *checking) found(f Finding, repair func() error) {
	if c.options.Repair && repair != nil {
		if err := repair(); err != nil {
			f.Problem = err.Error()
		} else {
			f.Repaired = true
		}
	}
	c.report.Findings = append(c.report.Findings, f)
}

// checkFile has SQLite look at its file, first quickly.
func (c *checking) checkFile(ctx context.Context) error {
	c.progress("looking at the file", 0, 0)
	messages, err := c.sqliteSays(ctx)
	if errors.Is(err, ErrNoBook) || err == nil && len(messages) == 0 {
		// What programs left goes in only now: nothing is written to a damaged file.
		book, err := Open(ctx, c.dir)
		if err != nil {
			return err
		}
		c.isSound = true
		return book.Close()
	}
	if err != nil {
		return err // a newer lab-book, or something else, is nobody's to repair
	}
	f := Finding{
		Kind: FindingDamaged, Subject: c.path, Count: int64(len(messages)),
		Meaning: "the file is damaged: " + messages[0],
		Remedy:  "copy every row that can be read into a new file, and keep the damaged one beside it",
	}
	if c.isIndexOnly(ctx) {
		f.Kind, f.Meaning, f.Remedy = FindingIndex, "an index does not fit its table: "+messages[0], "make the indexes anew"
	}
	c.found(f, func() error { return c.repairFile(ctx, f.Kind) })
	c.unusable = !c.report.Findings[len(c.report.Findings)-1].Repaired && f.Kind == FindingDamaged
	return nil
}

// sqliteSays returns what SQLite has to say against the file.
func (c *checking) sqliteSays(ctx context.Context) (messages []string, err error) {
	book, err := sqlbook.Open(ctx, c.path)
	switch {
	case sqlbook.HasNoBeginning(err):
		return []string{"its beginning, which says what it is, was overwritten"}, nil
	case sqlbook.IsDamaged(err):
		return []string{"database disk image is malformed"}, nil // what SQLite says of it
	case err != nil:
		return nil, err
	}
	defer func() { _ = book.Close() }() // it was only read
	messages, err = book.QuickCheck(ctx)
	if err == nil && len(messages) == 0 {
		c.progress("comparing indexes with tables", 0, 0)
		messages, err = book.IntegrityCheck(ctx)
	}
	return messages, err
}

// isIndexOnly reports whether the tables are sound and only indexes are not.
func (c *checking) isIndexOnly(ctx context.Context) bool {
	book, err := sqlbook.Open(ctx, c.path)
	if err != nil {
		return false
	}
	defer func() { _ = book.Close() }() // it was only read
	messages, err := book.QuickCheck(ctx)
	return err == nil && len(messages) == 0
}

func (c *checking) repairFile(ctx context.Context, kind string) error {
	if kind == FindingIndex {
		err := c.withBook(ctx, func(book *sqlbook.Book) error { return book.Reindex(ctx) })
		if err != nil {
			return err
		}
		if messages, err := c.sqliteSays(ctx); err != nil || len(messages) == 0 {
			return err
		}
	}
	return c.salvage(ctx)
}

// withBook opens the lab-book for writing.
func (c *checking) withBook(ctx context.Context, do func(book *sqlbook.Book) error) (err error) {
	book, err := sqlbook.Create(ctx, c.path)
	if err != nil {
		return err
	}
	defer closeWith(book, &err)
	return do(book)
}

// checkTables looks at what the tables say of each other.
func (c *checking) checkTables(ctx context.Context) error {
	if c.unusable {
		return nil
	}
	book, err := sqlbook.Open(ctx, c.path)
	if err != nil {
		return err
	}
	defer func() { _ = book.Close() }() // it was only read
	found, err := book.Inconsistencies(ctx, func(done, all int64) { c.progress("comparing tables", done, all) })
	if err != nil {
		return err
	}
	for _, i := range found {
		c.found(Finding{Kind: i.Kind, Count: i.Rows, Meaning: i.Meaning, Remedy: i.Remedy}, func() error {
			return c.withBook(ctx, func(book *sqlbook.Book) error { return book.Mend(ctx, i.Kind) })
		})
	}
	return nil
}

// checkModes looks for what others may read.
func (c *checking) checkModes(context.Context) error {
	if !hasModes {
		return nil
	}
	var open []string
	look := func(path string, info fs.FileInfo) {
		if info.Mode()&fs.ModeSymlink == 0 && info.Mode().Perm()&0o077 != 0 {
			open = append(open, path)
		}
	}
	// A folder that somebody made for the lab-book may show others the names of what
	// is in it. Nobody else may put other files there.
	if info, err := os.Stat(c.dir); err == nil && info.Mode().Perm()&0o022 != 0 {
		open = append(open, c.dir)
	}
	for _, name := range []string{bookFile, bookFile + "-wal", bookFile + "-shm", cacheFolder} {
		path := filepath.Join(c.dir, name)
		if info, err := os.Lstat(path); err == nil {
			look(path, info)
		}
	}
	for _, name := range []string{spoolFolder, artifactFolder} {
		err := filepath.WalkDir(filepath.Join(c.dir, name), func(path string, entry fs.DirEntry, err error) error {
			var info fs.FileInfo
			if err == nil {
				info, err = entry.Info()
			}
			if errors.Is(err, fs.ErrNotExist) {
				return nil // its program is done with it
			}
			if err == nil {
				look(path, info)
			}
			return err
		})
		if err != nil {
			return fmt.Errorf("look at %s: %w", name, err)
		}
	}
	if len(open) == 0 {
		return nil
	}
	c.found(Finding{
		Kind: FindingMode, Subject: open[0], Count: int64(len(open)),
		Meaning: "files that others than their owner may read or change", Remedy: "let nobody but the owner",
	}, func() error {
		var problems []error
		for _, path := range open {
			info, err := os.Lstat(path)
			if err == nil {
				err = os.Chmod(path, info.Mode().Perm()&0o700)
			}
			if err != nil && !errors.Is(err, fs.ErrNotExist) {
				problems = append(problems, err)
			}
		}
		return errors.Join(problems...)
	})
	return nil
}
