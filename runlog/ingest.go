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
	"time"

	"github.com/google/uuid"

	"labbook/runlog/event"
	"labbook/runlog/record"
	"labbook/runlog/spool"
	"labbook/runlog/sqlbook"
)

// batchEvents bounds the events of one transaction, and with it how long other
// programs wait for theirs: some 50 ms.
const batchEvents = 8000

// takeIn moves what a spool holds at the beginning into the lab-book; more says
// that there is more by the end.
func takeIn(ctx context.Context, book *sqlbook.Book, r *spool.Reader) (more bool, err error) {
	return takeInWith(ctx, book, r, func() (event.Event, error) { return nil, nil })
}

// takeInAll moves all that a spool holds into the lab-book, whose writer is gone, and
// goes on behind what is damaged.
func takeInAll(ctx context.Context, book *sqlbook.Book, r *spool.Reader) error {
	skip := func() (event.Event, error) {
		lost, err := r.SkipDamage()
		if err != nil || lost == 0 {
			return nil, err
		}
		text := fmt.Sprintf("a part of what was recorded was damaged and is lost: %d bytes", lost)
		return &event.Note{Note: record.Note{Text: text, At: time.Now()}}, nil
	}
	for {
		if more, err := takeInWith(ctx, book, r, skip); err != nil || !more {
			return err
		}
	}
}

// takeInWith is takeIn, which at the end of the spool has skip go on, if it can: to
// what stands behind the event that it returns. Both are taken in together.
func takeInWith(ctx context.Context, book *sqlbook.Book, r *spool.Reader, skip func() (event.Event, error)) (more bool, err error) {
	size, err := r.Size()
	if err != nil {
		return false, err
	}
	offset, err := book.Offset(ctx, r.Name())
	if err != nil {
		return false, err
	}
	r.SkipTo(offset)
	var events []event.Event
	for {
		events = events[:0]
		var readErr error
		output := outputBatch{limit: book.OutputLimit()}
		for len(events) < batchEvents && !output.isFull() && readErr == nil {
			var e event.Event
			if e, readErr = r.Next(); readErr == nil {
				events = output.add(append(events, e))
			}
			if within, is := e.(*event.Within); is {
				takeInOuter(ctx, book, r, within)
			}
		}
		if errors.Is(readErr, io.EOF) {
			e, err := skip()
			if err != nil {
				return false, err
			}
			if e != nil {
				events, readErr = append(events, e), nil
			}
		}
		if len(events) > 0 {
			err := apply(ctx, book, r, events, offset)
			switch {
			case errors.Is(err, sqlbook.ErrGone):
				return false, nil
			case errors.Is(err, sqlbook.ErrMoved):
				if offset, err = book.Offset(ctx, r.Name()); err != nil {
					return false, err
				}
				r.SkipTo(offset)
				continue
			case err != nil:
				return false, err
			}
			offset = r.Offset()
			if r.Lost() == 0 { // else somebody may want to look at it
				r.TakenIn(offset)
			}
		}
		switch {
		case errors.Is(readErr, io.EOF):
			return false, nil
		case readErr != nil:
			return false, readErr
		case offset >= size:
			return true, nil
		}
	}
}

// apply takes in the events between offset and where r stands.
func apply(ctx context.Context, book *sqlbook.Book, r *spool.Reader, events []event.Event, offset int64) error {
	if offset > 0 {
		return book.Apply(ctx, r.Name(), r.Run().String(), events, offset, r.Offset())
	}
	return book.ApplyFirst(ctx, r.Name(), r.Run().String(), events, r.Offset(), r.Exists)
}

// forgetSpools has the lab-book forget the spools that are gone. That this fails
// costs some bytes, and the next one who looks tries it again.
func forgetSpools(ctx context.Context, book *sqlbook.Book, dir string) {
	_, _ = book.ForgetSpools(ctx, func() ([]string, error) { return spoolNames(dir) }) // as said above
}

// spoolNames lists the spools in a lab-book's folder by name.
func spoolNames(dir string) ([]string, error) {
	paths, err := spool.List(filepath.Join(dir, spoolFolder))
	for i := range paths {
		paths[i] = filepath.Base(paths[i])
	}
	return paths, err
}

// takeInLeftovers moves what dead programs left behind into the lab-book and
// deletes their spools. Spools of living programs are theirs to take in. One
// bad spool does not keep the others out.
func takeInLeftovers(ctx context.Context, book *sqlbook.Book, dir string) error {
	paths, err := spool.List(filepath.Join(dir, spoolFolder))
	if err != nil {
		return err
	}
	var problems []error
	for _, path := range paths {
		if err := takeInAbandoned(ctx, book, path); err != nil && !errors.Is(err, os.ErrNotExist) {
			problems = append(problems, err)
		}
	}
	forgetSpools(ctx, book, dir)
	return errors.Join(problems...)
}

// takeInLive takes in what programs that are under way have recorded so far, but
// for their output, without waiting for them to do so.
func takeInLive(ctx context.Context, book *sqlbook.Book, dir string) error {
	paths, err := spool.List(filepath.Join(dir, spoolFolder))
	if err != nil {
		return err
	}
	var problems []error
	for _, path := range paths {
		name := strings.TrimSuffix(filepath.Base(path), filepath.Ext(path))
		if !strings.HasSuffix(name, "-"+mainPart) && !strings.HasSuffix(name, "-"+innerPart) {
			continue
		}
		r, err := spool.Open(path)
		if err != nil {
			continue // gone, or still being born, or not for us
		}
		_, err = takeIn(ctx, book, r)
		problems = append(problems, err, r.Close())
	}
	return errors.Join(problems...)
}

func takeInAbandoned(ctx context.Context, book *sqlbook.Book, path string) error {
	r, err := spool.Open(path)
	if errors.Is(err, spool.ErrForeign) {
		return spool.RemoveUnborn(path) // or perhaps of a newer version: left for it
	}
	if err != nil {
		return err
	}
	abandoned, err := r.Abandoned()
	if err != nil || !abandoned {
		return errors.Join(err, r.Close())
	}
	return finishSpool(ctx, book, r)
}

// finishSpool takes in the rest of a spool whose writer is gone and whose lock
// r holds, then deletes it; one that is damaged it sets aside. The lab-book remembers
// how far it came, so that somebody who has the same spool open takes nothing in
// twice.
func finishSpool(ctx context.Context, book *sqlbook.Book, r *spool.Reader) error {
	err := takeInAll(ctx, book, r)
	if err == nil {
		err = book.Finish(ctx, r.Run().String(), r.IsMain())
	}
	if err != nil {
		return errors.Join(err, r.Close())
	}
	remove := r.Remove
	if r.Lost() > 0 {
		remove = r.SetAside
	}
	if err := remove(); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return closeShared(ctx, book, filepath.Dir(r.Path()), r.Run())
}

// closeShared closes a run that two processes recorded, once the spools of both
// are gone: a program that goes on when its Command was killed gives signs of life
// after the run was given up for dead. Whoever removes the second of them finds
// that neither is left, even if both are just being removed.
func closeShared(ctx context.Context, book *sqlbook.Book, spools string, run uuid.UUID) error {
	shared, err := book.IsShared(ctx, run.String())
	if err != nil || !shared {
		return err
	}
	for _, part := range []string{mainPart, innerPart} {
		if _, err := os.Stat(spool.Path(spools, run, part)); !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return book.Finish(ctx, run.String(), true)
}
