package runlog

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/google/uuid"

	"labbook/runlog/event"
	"labbook/runlog/record"
	"labbook/runlog/secrets"
	"labbook/runlog/spool"
	"labbook/runlog/sqlbook"
)

// Parts of a run that have a spool each; output has more.
const (
	mainPart  = "main"    // of the process that began the run
	innerPart = "program" // of the program that a Command runs, if it records itself
)

// WithinVariable names the environment variable by which a Command tells its
// program, and what that starts, in which run they are: the UUID of the run; the
// process that records it, or 0 for any; the lab-book's folder; what LABBOOK_DIR
// was, so that whoever sets it further inside is heeded; and the name that the run
// was given, if any.
const WithinVariable = "LABBOOK_WITHIN"

// An outerRun is the run of a Command that this process is in.
type outerRun struct {
	id   uuid.UUID
	pid  int    // whose child is the run itself; 0 if the first that says so is
	dir  string // absolute
	told string // what LABBOOK_DIR was there
	name string // that the run was given; "" for none
}

const outerFormat = "%s %d %q %q %q"

func (o *outerRun) String() string {
	return fmt.Sprintf(outerFormat, o.id, o.pid, o.dir, o.told, o.name)
}

// outerRunOf returns the run that this process is in, if there is one.
func outerRunOf() (o outerRun, is bool) {
	var id string
	if _, err := fmt.Sscanf(os.Getenv(WithinVariable), outerFormat, &id, &o.pid, &o.dir, &o.told, &o.name); err != nil {
		return o, false
	}
	parsed, err := uuid.Parse(id)
	o.id = parsed
	return o, err == nil && filepath.IsAbs(o.dir)
}

// isOfParent reports whether this process is the one that the Command started.
func (o *outerRun) isOfParent() bool { return o.pid == 0 || o.pid == os.Getppid() }

// identify is identify for the program of the Command, which is in the same run.
func (o *outerRun) identify(id uuid.UUID, started time.Time, masker *secrets.Masker) record.Run {
	r := identify(id, started, masker)
	if o.name != "" {
		r.Name = o.name
	}
	return r
}

// dirWithin returns the folder of the lab-book to record in: that of the run that
// this process is in, unless LABBOOK_DIR was set within that run or the folder is
// gone, else what Dir says.
func dirWithin() (string, error) {
	if o, isInside := outerRunOf(); isInside && os.Getenv("LABBOOK_DIR") == o.told {
		if info, err := os.Stat(o.dir); err == nil && info.IsDir() {
			return o.dir, nil
		}
	}
	return Dir()
}

// within says in which run this one is, nil if in none of the same lab-book.
func (r *Recorder) within() *outerRun {
	if o, isInside := outerRunOf(); isInside && o.dir == r.dir && o.id != r.id {
		return &o
	}
	return nil
}

// takeInOuter has the lab-book know the run that another one is in, before it hears
// that it is: what the outer run has recorded may not have been taken in yet,
// whoever takes in the inner one. If that does not work the inner run has no tie,
// and is on record all the same.
func takeInOuter(ctx context.Context, book *sqlbook.Book, inner *spool.Reader, within *event.Within) {
	id, err := uuid.Parse(within.UUID)
	if known, bookErr := book.RunID(ctx, within.UUID); err != nil || bookErr != nil || known != 0 || id == inner.Run() {
		return
	}
	r, err := spool.Open(spool.Path(filepath.Dir(inner.Path()), id, mainPart))
	if err != nil {
		return // there is no such run, any more or here
	}
	_, _ = takeIn(ctx, book, r) // as said above
	_ = r.Close()               // it was only read
}
