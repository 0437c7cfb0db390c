// Package tests checks what only holds if all packages do their part: programs
// are built, run, changed and killed, and their lab-books read.
package tests

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"labbook/runlog"
	"labbook/runlog/record"
)

// deadline is how long one program may take: far longer than any does, so that
// one that hangs is found out rather than one that is slow.
const deadline = 3 * time.Minute

// built is the folder of the programs that all tests share.
var built string

func TestMain(m *testing.M) {
	os.Exit(testMain(m))
}

func testMain(m *testing.M) int {
	var err error
	if built, err = os.MkdirTemp("", "labbook-programs-*"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer func() { _ = os.RemoveAll(built) }() // the system cleans up what is left
	return m.Run()
}

// exe ends the names of executables.
var exe = map[bool]string{true: ".exe"}[runtime.GOOS == "windows"]

// environment is that of the test, without what would steer a program under
// test, plus the given settings.
func environment(settings ...string) []string {
	env := slices.DeleteFunc(os.Environ(), func(entry string) bool {
		for _, prefix := range []string{"LABBOOK", "JOBLIB_DEBUG=", "GOTRACEBACK=", "GODEBUG=", "EDITED_"} {
			if strings.HasPrefix(entry, prefix) {
				return true
			}
		}
		return false
	})
	return append(env, settings...)
}

// command prepares a program that is killed if it hangs.
func command(t *testing.T, path string, args ...string) *exec.Cmd {
	t.Helper()
	return commandWithin(t, deadline, path, args...)
}

// commandWithin prepares a program that is killed if it is not over by then.
func commandWithin(t *testing.T, lifetime time.Duration, path string, args ...string) *exec.Cmd {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), lifetime)
	t.Cleanup(cancel)
	cmd := exec.CommandContext(ctx, path, args...)
	// What a killed program started may hold its output.
	cmd.WaitDelay = deadline / 4
	return cmd
}

// An ending is all that a program shows of itself to those who started it.
type ending struct {
	Stdout, Stderr string
	Exit           string // "exit status 3", "signal: killed"
}

// finish runs a command to its end.
func finish(t *testing.T, cmd *exec.Cmd) ending {
	t.Helper()
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatalf("run %s: %v\n%s", cmd, err, stderr.Bytes())
	}
	return ending{Stdout: stdout.String(), Stderr: stderr.String(), Exit: cmd.ProcessState.String()}
}

// openBook opens the lab-book in dir, and closes it when the test ends.
func openBook(t *testing.T, dir string) *runlog.Reader {
	t.Helper()
	book, err := runlog.Open(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := book.Close(); err != nil {
			t.Error(err)
		}
	})
	if err := book.Leftovers(); err != nil {
		t.Errorf("take in what is left: %v", err)
	}
	return book
}

// newestRun returns the run that was started last.
func newestRun(t *testing.T, book *runlog.Reader) record.Run {
	t.Helper()
	runs, err := book.Runs(t.Context(), record.RunQuery{Limit: 1})
	if err != nil {
		t.Fatal(err)
	}
	if len(runs) != 1 {
		t.Fatal("the lab-book has no run")
	}
	return runs[0]
}

// callsOf returns the calls of a run, in order.
func callsOf(t *testing.T, book *runlog.Reader, run int64) []record.Call {
	t.Helper()
	calls, err := book.Calls(t.Context(), record.CallQuery{Filter: record.Filter{Run: run}, Limit: 1 << 20})
	if err != nil {
		t.Fatal(err)
	}
	slices.Reverse(calls)
	return calls
}
