package tests

import (
	"bytes"
	"fmt"
	"os"
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
					printed := map[record.Stream]string{record.Stdout: without.Stdout}
					if !isOutside {
						printed[record.Stderr] = with.Stderr // what labbook says in it too
					}
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

// TestNoRoomForTheOutput has programs print where there is no room. Those that
// record themselves find out as ever; others go on, and how they end is theirs.
func TestNoRoomForTheOutput(t *testing.T) {
	t.Parallel()
	for _, behaviour := range []string{"end normally", "print much and exit with 3", "print 20 MB"} {
		for _, isOutside := range []bool{false, true} {
			if behaviour != "end normally" && isOutside {
				continue // they look at what becomes of their output, and it cannot be told
			}
			t.Run(fmt.Sprintf("%s/%t", behaviour, isOutside), func(t *testing.T) {
				t.Parallel()
				full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
				if err != nil {
					t.Fatal(err)
				}
				defer full.Close()
				run := func(dir string) ending {
					recording := notRecorded
					if dir != "" {
						recording = "LABBOOK_DIR=" + dir
					}
					cmd := manners(t, behaviour, recording)
					if dir != "" && isOutside {
						fromOutside(t, cmd, dir, false)
					}
					var stderr bytes.Buffer
					cmd.Stdout, cmd.Stderr = full, &stderr
					_ = cmd.Run() // how it ended is compared below
					return ending{Stderr: stderr.String(), Exit: cmd.ProcessState.String()}
				}
				dir := filepath.Join(t.TempDir(), "book")
				with, without := run(dir), run("")
				said, rest, found := strings.Cut(with.Stderr, "labbook: pass on what is printed: ")
				complaint, after, _ := strings.Cut(rest, "\n")
				if !found || !strings.Contains(complaint, "no space left on device") {
					t.Errorf("it says %q, without that there is no room", with.Stderr)
				}
				with.Stderr = said + after
				mustBeAlike(t, with, without)
				book := openBook(t, dir)
				printed := newestRun(t, book)
				if stdout, _ := outputOf(t, book, printed.ID); len(stdout) == 0 {
					t.Error("nothing of what it printed is on record")
				}
			})
		}
	}
}

// TestBecomesAnotherProgram has a program become another one (execve), whose end
// nobody can see.
func TestBecomesAnotherProgram(t *testing.T) {
	t.Parallel()
	with, without, dir := withAndWithout(t, func(t *testing.T, recording string) ending {
		t.Helper()
		return finish(t, manners(t, "become another program", recording))
	})
	mustBeAlike(t, with, without)
	if with.Exit != "exit status 4" {
		t.Errorf("it ended with %s", with.Exit)
	}
	book := openBook(t, dir)
	run, err := book.Run(t.Context(), newestRun(t, book).ID)
	if err != nil {
		t.Fatal(err)
	}
	if run.Status != record.StatusDied || run.ExitSeen || len(run.Notes) != 1 || !strings.Contains(run.Notes[0].Text, "became another program") {
		t.Errorf("the run is %s, seen %t, with the notes %v", run.Status, run.ExitSeen, run.Notes)
	}
	if stdout, _ := outputOf(t, book, run.ID); string(stdout) != with.Stdout {
		t.Errorf("of %q the lab-book has %q", with.Stdout, stdout)
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
		if !strings.Contains(line, "the program goes on") && !strings.Contains(line, "will be taken in later") &&
			!strings.Contains(line, "only the end is recorded") {
			t.Errorf("%q does not say what becomes of the record", line)
		}
	}
	if complaints > 1 {
		t.Errorf("it complains %d times:\n%s", complaints, stderr)
	}
	return rest.String()
}

// mustHaveEnds wants a run on record with the beginning and the end of what it
// printed.
func mustHaveEnds(t *testing.T, dir string, status record.Status, printed map[record.Stream]string) {
	t.Helper()
	book := openBook(t, dir)
	run := newestRun(t, book)
	if run.Status != status {
		t.Errorf("the run is %s, want it %s", run.Status, status)
	}
	on, missing := keptOf(t, book, run.ID, printed)
	if all := int64(len(printed[record.Stdout]) + len(printed[record.Stderr])); missing == 0 || missing+on != all {
		t.Errorf("%d bytes are on record and %d are known to be missing, of %d", on, missing, all)
	}
	if on < 100<<10 {
		t.Errorf("%d bytes are on record, of a room for more", on)
	}
	mustLeaveNoSpools(t, dir)
}
