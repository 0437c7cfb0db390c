package runlog

import (
	"fmt"
	"os"
	"strings"

	"github.com/google/uuid"
)

// Parts of a run that have a spool each; output has more.
const (
	mainPart  = "main"    // of the process that began the run
	innerPart = "program" // of the program that a Command runs, if it records itself
)

// WithinVariable names the environment variable by which a Command tells its
// program, and what that starts, in which run they are: the UUID of the run, the
// process that records it or 0 for any, and the lab-book's folder.
const WithinVariable = "LABBOOK_WITHIN"

// An outerRun is the run of a Command that this process is in.
type outerRun struct {
	id  uuid.UUID
	pid int // whose child is the run itself; 0 if the first that says so is
	dir string
}

func (o *outerRun) String() string { return fmt.Sprintf("%s %d %s", o.id, o.pid, o.dir) }

// outerRunOf returns the run that this process is in, if there is one.
func outerRunOf() (o outerRun, is bool) {
	var id string
	value := os.Getenv(WithinVariable)
	if n, _ := fmt.Sscan(value, &id, &o.pid); n < 2 {
		return o, false
	}
	if fields := strings.SplitN(value, " ", 3); len(fields) == 3 {
		o.dir = fields[2]
	}
	parsed, err := uuid.Parse(id)
	o.id = parsed
	return o, err == nil && o.dir != ""
}

// isOfParent reports whether this process is the one that the Command started.
func (o *outerRun) isOfParent() bool { return o.pid == 0 || o.pid == os.Getppid() }
