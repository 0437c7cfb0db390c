package runlog

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"labbook/runlog/spool"
	"labbook/runlog/sqlbook"
)

// checkSpools looks at what waits to be taken in. What could be taken in has been
// by now, unless there was no lab-book to take it into.
func (c *checking) checkSpools(ctx context.Context) error {
	c.progress("looking at spools", 0, 0)
	paths, err := spool.List(filepath.Join(c.dir, spoolFolder))
	if err != nil {
		return err
	}
	for _, path := range paths {
		if err := c.checkSpool(ctx, path); err != nil {
			c.foundUnreadable(path, err)
		}
	}
	if err := c.checkDamagedSpools(); err != nil {
		return err
	}
	if c.unusable {
		return nil
	}
	return c.checkKnownSpools(ctx)
}

func (c *checking) checkSpool(ctx context.Context, path string) error {
	r, err := spool.Open(path)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return nil
	case errors.Is(err, spool.ErrForeign):
		c.checkForeign(path)
		return nil
	case err != nil:
		return err
	}
	abandoned, err := r.Abandoned()
	if err = errors.Join(err, r.Close()); err != nil || !abandoned {
		return err // a program records into it
	}
	takeIn := func() error {
		return c.withBook(ctx, func(book *sqlbook.Book) error {
			err := takeInAbandoned(ctx, book, path)
			forgetSpools(ctx, book, c.dir)
			return err
		})
	}
	if c.isSound {
		// As a rule its program has died since the others were taken in.
		if err := takeIn(); err == nil || errors.Is(err, os.ErrNotExist) {
			return nil
		}
	}
	c.found(Finding{
		Kind: FindingSpoolLeft, Subject: path, Count: 1,
		Meaning: "what a program recorded that is gone is not in the lab-book yet", Remedy: "take it in",
	}, takeIn)
	return nil
}

// checkDamagedSpools looks for spools that were set aside when they were taken in.
// Nothing can be made of them; that they were there should not go unnoticed.
func (c *checking) checkDamagedSpools() error {
	paths, err := spool.ListDamaged(filepath.Join(c.dir, spoolFolder))
	if err != nil {
		return err
	}
	for _, path := range paths {
		c.found(Finding{
			Kind: FindingSpoolDamaged, Subject: path, Count: 1,
			Meaning: "what a program recorded was damaged before it was taken in: what could be read of it is in the lab-book, and a note with its run says how much is lost",
			Remedy:  "move the damaged file out of the way, beside the lab-book",
		}, func() error {
			aside := filepath.Join(c.dir, filepath.Base(path)+".corrupt-"+c.stamp())
			if _, err := os.Lstat(aside); err == nil {
				return fmt.Errorf("%s is there already; try again in a second", aside)
			}
			return os.Rename(path, aside)
		})
	}
	return nil
}

// checkForeign looks at a file that is no spool as this package knows them.
func (c *checking) checkForeign(path string) {
	if info, err := os.Stat(path); err != nil || info.Size() == 0 || spool.IsUnborn(path) {
		return // a program is just making it, or died when it was about to: readers remove that
	}
	c.found(Finding{
		Kind: FindingSpoolForeign, Subject: path, Count: 1,
		Meaning: "no spool of a version that is known: a newer labbook wrote it and can take it in, or its beginning is damaged",
	}, nil)
}

// checkKnownSpools looks for spools that the lab-book remembers although they are
// gone.
func (c *checking) checkKnownSpools(ctx context.Context) error {
	book, err := sqlbook.Open(ctx, c.path)
	if err != nil {
		return err
	}
	known, err := book.KnownSpools(ctx) // before the folder is read: what is new there is no concern
	if err = errors.Join(err, book.Close()); err != nil {
		return err
	}
	names, err := spoolNames(c.dir)
	if err != nil {
		return err
	}
	known = slices.DeleteFunc(known, func(name string) bool { return slices.Contains(names, name) })
	if len(known) == 0 {
		return nil
	}
	c.found(Finding{
		Kind: FindingSpoolKnown, Subject: filepath.Join(c.dir, spoolFolder, known[0]), Count: int64(len(known)),
		Meaning: "spools that the lab-book remembers and that are gone: their programs were killed at their end, or the files were deleted",
		Remedy:  "forget them, unless their programs seem to be running",
	}, func() error {
		return c.withBook(ctx, func(book *sqlbook.Book) error {
			forgotten, err := book.ForgetSpools(ctx, func() ([]string, error) { return spoolNames(c.dir) })
			if err == nil && forgotten == 0 {
				err = fmt.Errorf("the program of %s seems to be running; see to it that its folder is not cleaned", known[0])
			}
			return err
		})
	})
	return nil
}
