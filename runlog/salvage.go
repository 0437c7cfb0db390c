package runlog

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"labbook/runlog/spool"
	"labbook/runlog/sqlbook"
)

// salvagePrefix begins the names of files that a salvage works on, and probePrefix
// those of files that show whether a folder can be written.
const (
	salvagePrefix = ".labbook-salvage-"
	probePrefix   = ".labbook-probe-"
)

// errRecording is why a damaged file stays where it is.
var errRecording = errors.New("programs are recording into this lab-book: end them first, or their events would be lost with the damaged file")

// salvage copies what can be read of the file into a new one and has them change
// places.
func (c *checking) salvage(ctx context.Context) (err error) {
	if err := c.nobodyRecords(); err != nil {
		return err
	}
	fresh := filepath.Join(c.dir, fmt.Sprintf("%s%d.sqlite", salvagePrefix, os.Getpid()))
	if err := removeBook(fresh); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, removeBook(fresh)) }()
	tables, err := sqlbook.Salvage(ctx, c.path, fresh, func(table string, rows int64) { c.progress("salvaging "+table, rows, 0) })
	if err != nil {
		return err
	}
	// A program that began meanwhile has the damaged file open by now, or will.
	if err := c.nobodyRecords(); err != nil {
		return err
	}
	aside := c.path + ".corrupt-" + c.stamp()
	if _, err := os.Lstat(aside); err == nil {
		return fmt.Errorf("move the damaged file aside: %s is there already; try again in a second", aside)
	}
	if err := changePlaces(c.path, fresh, aside); err != nil {
		return err
	}
	c.report.Salvage = &Salvage{Corrupt: aside, Tables: []SalvagedTable{}}
	for _, t := range tables {
		table := SalvagedTable{Table: t.Table, Rows: t.Rows, Damaged: t.Damaged, Lost: max(t.Before-t.Rows, 0)}
		c.report.Salvage.Tables = append(c.report.Salvage.Tables, table)
	}
	return nil
}

// stamp names what is moved aside.
func (c *checking) stamp() string {
	now := c.options.Now
	if now.IsZero() {
		now = time.Now()
	}
	return now.UTC().Format("20060102T150405Z")
}

// changePlaces moves a damaged lab-book aside, with its log: together they can be
// looked at again. The log goes before the new file comes, which it would damage.
// Whatever happens in between, nothing is deleted.
func changePlaces(path, fresh, aside string) error {
	linked := os.Link(path, aside) == nil // some file systems have no links
	for _, suffix := range []string{"-wal", "-shm"} {
		if err := os.Rename(path+suffix, aside+suffix); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("move the damaged file aside: %w", err)
		}
	}
	if !linked {
		if err := os.Rename(path, aside); err != nil {
			return fmt.Errorf("move the damaged file aside: %w", err)
		}
	}
	if err := os.Rename(fresh, path); err != nil {
		return fmt.Errorf("put the new file in the place of the damaged one, which is %s now: %w", aside, err)
	}
	return nil
}

// nobodyRecords fails while a program records. What programs have left that are
// gone does not count: it is taken in afterwards.
func (c *checking) nobodyRecords() error {
	paths, err := spool.List(filepath.Join(c.dir, spoolFolder))
	if err != nil {
		return err
	}
	for _, path := range paths {
		r, err := spool.Open(path)
		if errors.Is(err, spool.ErrForeign) && !spool.IsUnborn(path) {
			if info, err := os.Stat(path); err == nil && info.Size() > 0 {
				continue // nobody here can take it in; a newer labbook will
			}
			return errRecording
		}
		if errors.Is(err, spool.ErrForeign) || errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return err
		}
		abandoned, err := r.Abandoned()
		if err = errors.Join(err, r.Close()); err != nil {
			return err
		}
		if !abandoned {
			return errRecording
		}
	}
	return nil
}

// removeBook removes a lab-book's file that nobody has open.
func removeBook(path string) error {
	for _, suffix := range []string{"", "-wal", "-shm"} {
		if err := os.Remove(path + suffix); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}
