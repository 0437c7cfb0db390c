package tests

import (
	"bufio"
	"fmt"
	"strings"
	"testing"

	"labbook/runlog/record"
)

// withoutComplaint takes out of stderr that output is not recorded any more, which
// it wants there.
func withoutComplaint(t *testing.T, stderr string) string {
	t.Helper()
	before, rest, _ := strings.Cut(stderr, "labbook: ")
	complaint, after, _ := strings.Cut(rest, "\n")
	if !strings.Contains(complaint, "has died") {
		t.Errorf("it says %q, want to be told that its output is not recorded any more", stderr)
	}
	return before + after
}

// TestHelperIsKilled kills the process that passes the output on, while nothing
// is on its way.
func TestHelperIsKilled(t *testing.T) {
	t.Parallel()
	with, without, dir := withAndWithout(t, func(t *testing.T, recording string) ending {
		t.Helper()
		cmd := manners(t, "kill its helper", recording)
		stdin, err := cmd.StdinPipe()
		if err != nil {
			t.Fatal(err)
		}
		stdout, stdoutOfProgram := pipe(t)
		stderr, stderrOfProgram := pipe(t)
		cmd.Stdout, cmd.Stderr = stdoutOfProgram, stderrOfProgram
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		for _, f := range []interface{ Close() error }{stdoutOfProgram, stderrOfProgram} {
			if err := f.Close(); err != nil {
				t.Fatal(err)
			}
		}
		out, errs := bufio.NewReader(stdout), bufio.NewReader(stderr)
		first, err := out.ReadString('\n')
		if err != nil {
			t.Fatal(err)
		}
		firstErr, err := errs.ReadString('\n')
		if err != nil {
			t.Fatal(err)
		}
		if _, err := fmt.Fprintln(stdin, "go on"); err != nil {
			t.Fatal(err)
		}
		end := ending{Stdout: first + readAll(t, out), Stderr: firstErr + readAll(t, errs)}
		_ = cmd.Wait() // how it ended is compared below
		end.Exit = cmd.ProcessState.String()
		return end
	})
	with.Stderr = withoutComplaint(t, with.Stderr)
	mustBeAlike(t, with, without)
	book := openBook(t, dir)
	run := newestRun(t, book)
	if stdout, _ := outputOf(t, book, run.ID); run.Status != record.StatusOK || string(stdout) != "out: before\n" {
		t.Errorf("the run is %s, and printed %q before the helper died", run.Status, stdout)
	}
}

// What the helper holds at that moment is lost, which is no more than a pipe holds.
func TestHelperIsKilledAtWork(t *testing.T) {
	t.Parallel()
	with, without, dir := withAndWithout(t, func(t *testing.T, recording string) ending {
		t.Helper()
		return finish(t, manners(t, "kill its helper in the middle of much", recording))
	})
	with.Stderr = withoutComplaint(t, with.Stderr)
	equal := 0
	for equal < len(with.Stdout) && with.Stdout[equal] == without.Stdout[equal] {
		equal++
	}
	lost := len(without.Stdout) - len(with.Stdout)
	if lost < 0 || lost > 64<<10 || with.Stdout[equal:] != without.Stdout[equal+lost:] {
		t.Errorf("of %d bytes %d are lost, in more than one place or too many; the first %d are right", len(without.Stdout), lost, equal)
	}
	with.Stdout = without.Stdout
	mustBeAlike(t, with, without)
	book := openBook(t, dir)
	if run := newestRun(t, book); run.Status != record.StatusOK {
		t.Errorf("the run is %s, want it ok", run.Status)
	}
}
