//go:build unix

package tests

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"labbook/runlog"
	"labbook/runlog/record"
	"labbook/tests/subject"

	"github.com/google/go-cmp/cmp"
)

const deadline = subject.Deadline

// A busyRun is a run of the program busy, which tells what it has done.
type busyRun struct {
	cmd            *exec.Cmd
	first          int // number
	told           *os.File
	toldByProgram  *os.File
	pid            int // of the program, once it has told it
	stdin          io.Closer
	stdout, stderr bytes.Buffer
}

// newBusy prepares it, with the lab-book in dir. Its numbers begin at first.
func newBusy(t *testing.T, dir string, first int, args ...string) *busyRun {
	t.Helper()
	return newBusyWithin(t, deadline, dir, first, args...)
}

// newBusyWithin prepares it for so long a life.
func newBusyWithin(t *testing.T, lifetime time.Duration, dir string, first int, args ...string) *busyRun {
	t.Helper()
	told, toldByProgram, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	b := &busyRun{first: first, told: told, toldByProgram: toldByProgram}
	b.cmd = subject.CommandWithin(t, lifetime, programPath(t, "busy"), append([]string{"-first", strconv.Itoa(first)}, args...)...)
	b.cmd.Dir = filepath.Dir(dir)
	b.cmd.Env = environment("LABBOOK_DIR=" + dir)
	b.cmd.Stdout, b.cmd.Stderr = &b.stdout, &b.stderr
	b.cmd.ExtraFiles = []*os.File{toldByProgram}
	t.Cleanup(func() {
		_ = told.Close() // unless deeds has
	})
	return b
}

func (b *busyRun) start(t *testing.T) *busyRun {
	t.Helper()
	stdin, err := b.cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	b.stdin = stdin
	if err := errors.Join(b.cmd.Start(), b.toldByProgram.Close()); err != nil {
		t.Fatal(err)
	}
	return b
}

// startBusy starts it for so many rounds.
func startBusy(t *testing.T, dir string, first, rounds int) *busyRun {
	t.Helper()
	return newBusy(t, dir, first, "-rounds", strconv.Itoa(rounds)).start(t)
}

// A deed is what the program has told of.
type deed struct {
	what string // "miss", "hit", "stdout" or "stderr"
	n    int
}

func (d *deed) isPrinting() bool { return d.what == "stdout" || d.what == "stderr" }

// deeds passes on what the program tells until it is dead.
func (b *busyRun) deeds(each func(d deed)) error {
	lines := bufio.NewScanner(b.told)
	for lines.Scan() {
		var d deed
		if _, err := fmt.Sscanf(lines.Text(), "%s %d", &d.what, &d.n); err != nil {
			return fmt.Errorf("the program told %q: %w", lines.Text(), err)
		}
		if d.what == "begun" {
			b.pid = d.n
			continue
		}
		each(d)
	}
	return errors.Join(lines.Err(), b.told.Close())
}

// A strike is what is done to a program at a moment of its life.
type strike struct {
	after int           // this many more deeds
	later time.Duration // and so long after the strike before
	do    func(b *busyRun) error
}

// What can be struck. If the program is not run by labbook it records itself.
func killProgram(b *busyRun) error  { return syscall.Kill(b.pid, syscall.SIGKILL) }
func killRecorder(b *busyRun) error { return b.cmd.Process.Kill() }
func killGroup(b *busyRun) error    { return syscall.Kill(-b.cmd.Process.Pid, syscall.SIGKILL) }
func endInput(b *busyRun) error     { return b.stdin.Close() }

// A life is what a program has told of and printed, and what is expected of it.
type life struct {
	first          int
	deeds          map[deed]int
	stdout, stderr string
	state          *os.ProcessState
	statuses       []record.Status // the run has one of them
}

// live strikes the program until it is dead.
func (b *busyRun) live(strikes ...strike) (life, error) {
	l := life{first: b.first, deeds: map[deed]int{}}
	var strikeErr error
	deeds, last := 0, time.Now()
	err := b.deeds(func(d deed) {
		l.deeds[d]++
		deeds++
		for len(strikes) > 0 && deeds > strikes[0].after && time.Since(last) >= strikes[0].later {
			strikeErr = errors.Join(strikeErr, strikes[0].do(b))
			strikes, deeds, last = strikes[1:], 0, time.Now()
		}
	})
	// This returns when nobody holds the program's output any more.
	waitErr := b.cmd.Wait()
	if _, isExit := errors.AsType[*exec.ExitError](waitErr); isExit {
		waitErr = nil
	}
	l.stdout, l.stderr, l.state = b.stdout.String(), b.stderr.String(), b.cmd.ProcessState
	return l, errors.Join(err, strikeErr, waitErr)
}

// liveKilled is live for a program that is killed.
func (b *busyRun) liveKilled(strikes ...strike) (life, error) {
	l, err := b.live(strikes...)
	if state := l.state.String(); err == nil && state != "signal: killed" {
		err = fmt.Errorf("the program ended with %s, want it killed\n%s", state, l.stderr)
	}
	return l, err
}

// recorded counts what the lab-book has of a run, each deed by itself. It
// checks that the sums that the run carries are those of its calls.
func recorded(t *testing.T, book *runlog.Reader, run *record.Run) map[deed]int {
	t.Helper()
	deeds := map[deed]int{}
	counts := record.Counts{Saved: run.Counts.Saved, Spent: run.Counts.Spent, Tasks: run.Counts.Tasks}
	calls := callsOf(t, book, run.ID)
	for _, call := range calls {
		counts.Calls++
		switch call.Outcome {
		case record.Hit:
			counts.Hits++
		case record.Miss:
			counts.Misses++
		case record.Running:
			counts.Running++
		default:
			t.Errorf("call %s is a %s", call.ID, call.Outcome)
		}
		detail, err := book.Call(t.Context(), call.ID)
		if err != nil {
			t.Fatal(err)
		}
		argument := slices.IndexFunc(detail.Parts, func(p record.Part) bool { return p.Kind == record.PartArgument })
		if argument < 0 {
			t.Fatalf("call %s has no argument among its parts: %+v", call.ID, detail.Parts)
		}
		n, err := strconv.Atoi(detail.Parts[argument].Preview)
		if err != nil {
			t.Fatalf("call %s: %v", call.ID, err)
		}
		deeds[deed{string(call.Outcome), n}]++
	}
	if diff := cmp.Diff(counts, run.Counts); diff != "" {
		t.Errorf("the counts of run %d (-its calls +itself):\n%s", run.ID, diff)
	}
	stdout, stderr := outputOf(t, book, run.ID)
	for name, output := range map[string][]byte{"stdout": stdout, "stderr": stderr} {
		for line := range strings.Lines(string(output)) {
			var n int
			if strings.HasPrefix(line, "busy: ") {
				continue // it says why it fails
			}
			if _, err := fmt.Sscanf(line, name+" line %d\n", &n); err != nil {
				t.Fatalf("%s of run %d has the line %q", name, run.ID, line)
			}
			deeds[deed{name, n}]++
		}
	}
	return deeds
}

// mustLeaveNoSpools wants everything taken in.
func mustLeaveNoSpools(t *testing.T, dir string) {
	t.Helper()
	left, err := filepath.Glob(filepath.Join(dir, "spool", "*"))
	if err != nil {
		t.Fatal(err)
	}
	if len(left) > 0 {
		t.Errorf("these spools are left: %q", left)
	}
}

// mustBeSound wants nothing amiss in a lab-book, its database or beside it.
func mustBeSound(t *testing.T, dir string) {
	t.Helper()
	report, err := runlog.Check(t.Context(), dir, runlog.CheckOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range report.Findings {
		t.Errorf("%s: %+v", dir, f)
	}
}

// openTogether has several readers find the same leftovers at once.
func openTogether(t *testing.T, dir string) {
	t.Helper()
	var group sync.WaitGroup
	for range 3 {
		group.Go(func() {
			book, err := runlog.Open(t.Context(), dir)
			if err != nil {
				t.Error(err)
				return
			}
			if err := errors.Join(book.Leftovers(), book.Close()); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
}

// checkLives looks for what the newest programs had done. Those that were killed
// before they had told or printed anything may be missing.
func checkLives(t *testing.T, dir string, sum *tally, lives ...life) {
	t.Helper()
	openTogether(t, dir)
	book := openBook(t, dir)
	mustLeaveNoSpools(t, dir)
	runs, err := book.Runs(t.Context(), record.RunQuery{Limit: len(lives)})
	if err != nil {
		t.Fatal(err)
	}
	// Openers that race for what two programs left may hear of the later one
	// first, so that their numbers say nothing of their order.
	for _, l := range lives {
		at := slices.IndexFunc(runs, func(r record.Run) bool { return slices.Contains(r.Argv, strconv.Itoa(l.first)) })
		if at >= 0 {
			checkLife(t, book, &runs[at], sum, &l)
		} else if len(l.deeds) > 0 || l.stdout != "" || l.stderr != "" {
			t.Errorf("the runs are %+v, without the one from %d", runs, l.first)
		} else {
			sum.kills++
			sum.unborn++
		}
	}
}

func checkLife(t *testing.T, book *runlog.Reader, run *record.Run, sum *tally, l *life) {
	t.Helper()
	if !slices.Contains(l.statuses, run.Status) || run.Ended.IsZero() {
		t.Errorf("run %d, %q, is %s, ended at %s; want it %s", run.ID, run.Argv, run.Status, run.Ended, l.statuses)
	}
	got := recorded(t, book, run)
	sum.add(l, got)
	for d, times := range l.deeds {
		if got[d] != 1 || times != 1 {
			t.Errorf("run %d: the %s of %d was told %d times and is on record %d times, want once", run.ID, d.what, d.n, times, got[d])
		}
	}
	for d, times := range got {
		if times != 1 {
			t.Errorf("run %d: the %s of %d is on record %d times", run.ID, d.what, d.n, times)
		}
	}
	stdout, stderr := outputOf(t, book, run.ID)
	sum.bytesFound += len(stdout) + len(stderr)
	if string(stdout) != l.stdout || string(stderr) != l.stderr {
		t.Errorf("run %d: the lab-book has %d and %d bytes of output, the terminal got %d and %d",
			run.ID, len(stdout), len(stderr), len(l.stdout), len(l.stderr))
	}
}

// A tally is what is expected of programs that are killed, and what is found.
type tally struct {
	kills                       int
	unborn                      int // that had done nothing yet, and are not on record
	calls, callsFound           int // that had returned
	lines, linesFound           int // that had been printed, and told of
	bytes, bytesFound           int // that came out
	unsaidCalls, unsaidPrinting int // that are on record besides: they had not been told of yet
}

// add counts a program that was killed, and what is on record of its deeds.
func (n *tally) add(l *life, got map[deed]int) {
	n.kills++
	n.bytes += len(l.stdout) + len(l.stderr)
	for d := range l.deeds {
		found := 0
		if got[d] == 1 {
			found = 1
		}
		if d.isPrinting() {
			n.lines, n.linesFound = n.lines+1, n.linesFound+found
		} else {
			n.calls, n.callsFound = n.calls+1, n.callsFound+found
		}
	}
	for d := range got {
		if l.deeds[d] == 0 && d.isPrinting() {
			n.unsaidPrinting++
		} else if l.deeds[d] == 0 {
			n.unsaidCalls++
		}
	}
}

// sumOf adds tallies up.
func sumOf(tallies []tally) (sum tally) {
	for _, n := range tallies {
		sum.kills, sum.unborn = sum.kills+n.kills, sum.unborn+n.unborn
		sum.calls, sum.callsFound = sum.calls+n.calls, sum.callsFound+n.callsFound
		sum.lines, sum.linesFound = sum.lines+n.lines, sum.linesFound+n.linesFound
		sum.bytes, sum.bytesFound = sum.bytes+n.bytes, sum.bytesFound+n.bytesFound
		sum.unsaidCalls, sum.unsaidPrinting = sum.unsaidCalls+n.unsaidCalls, sum.unsaidPrinting+n.unsaidPrinting
	}
	return sum
}
