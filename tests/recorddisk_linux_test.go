package tests

import (
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"labbook/runlog/record"
)

// A scarcity leaves room for a part of what is recorded only.
type scarcity struct {
	dir      string              // a folder where there is little room
	limit    func(cmd *exec.Cmd) // has a program that is not started yet have little
	makeRoom func(t *testing.T)
}

var scarcities = map[string]func(t *testing.T) scarcity{
	"a full disk": func(t *testing.T) scarcity {
		t.Helper()
		dir := smallDisk(t)
		return scarcity{dir: dir, limit: func(*exec.Cmd) {}, makeRoom: func(t *testing.T) {
			t.Helper()
			if err := syscall.Mount("none", dir, "tmpfs", syscall.MS_REMOUNT, "size=256m"); err != nil {
				t.Fatal(err)
			}
		}}
	},
	"a limit on files": func(t *testing.T) scarcity {
		t.Helper()
		return scarcity{dir: t.TempDir(), limit: func(cmd *exec.Cmd) {
			cmd.Args = append([]string{"sh", "-c", `ulimit -f 500 && exec "$0" "$@"`, cmd.Path}, cmd.Args[1:]...)
			cmd.Path = "/bin/sh"
		}, makeRoom: func(*testing.T) {}}
	},
}

// TestNoRoomForTheRecord has programs print more than there is room for. They do
// not notice. How they ended is on record, with the beginning and the end of what
// they printed, and where the rest is missing.
func TestNoRoomForTheRecord(t *testing.T) {
	t.Parallel()
	for behaviour, status := range map[string]record.Status{
		"print 20 MB":                record.StatusOK,
		"print much and exit with 3": unsaid(record.StatusFailed),
	} {
		for name, begin := range scarcities {
			for _, isOutside := range []bool{false, true} {
				recorder := map[bool]string{true: "labbook run", false: "itself"}[isOutside]
				t.Run(strings.Join([]string{behaviour, name, recorder}, "/"), func(t *testing.T) {
					t.Parallel()
					little := begin(t)
					dir := filepath.Join(little.dir, "book")
					cmd := manners(t, behaviour, "LABBOOK_DIR="+dir)
					if isOutside {
						fromOutside(t, cmd, dir, false)
					}
					little.limit(cmd)
					with := finish(t, cmd)
					without := finish(t, manners(t, behaviour, notRecorded))
					printed := without.Stdout
					with.Stderr = withoutComplaints(t, with.Stderr)
					mustBeAlike(t, with, without)

					little.makeRoom(t)
					mustHaveEnds(t, dir, status, printed)
					mustBeSound(t, dir)
				})
			}
		}
	}
}

// withoutComplaints takes out of stderr what labbook says, each thing once.
func withoutComplaints(t *testing.T, stderr string) string {
	t.Helper()
	var rest strings.Builder
	complaints := 0
	for line := range strings.Lines(stderr) {
		if !strings.HasPrefix(line, "labbook: ") {
			rest.WriteString(line)
			continue
		}
		complaints++
		if !strings.Contains(line, "the program goes on") && !strings.Contains(line, "will be taken in later") {
			t.Errorf("%q does not say what becomes of the record", line)
		}
	}
	if complaints > 1 {
		t.Errorf("it complains %d times:\n%s", complaints, stderr)
	}
	return rest.String()
}

// mustHaveEnds wants a run on record with the beginning and the end of what it
// printed on stdout.
func mustHaveEnds(t *testing.T, dir string, status record.Status, printed string) {
	t.Helper()
	book := openBook(t, dir)
	run := newestRun(t, book)
	if run.Status != status {
		t.Errorf("the run is %s, want it %s", run.Status, status)
	}
	on, missing := keptOf(t, book, run.ID, map[record.Stream]string{record.Stdout: printed})
	if missing == 0 || missing+on != int64(len(printed)) {
		t.Errorf("%d bytes are on record and %d are known to be missing, of %d", on, missing, len(printed))
	}
	if on < 100<<10 {
		t.Errorf("%d bytes are on record, of a room for more", on)
	}
	mustLeaveNoSpools(t, dir)
}
