// Package subject is about the programs that tests are about: builds, copies and
// edits them, and runs them to their ends.
package subject

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"
)

// Deadline is how long one program may take: far longer than any does, so that
// one that hangs is found out rather than one that is slow.
const Deadline = 3 * time.Minute

// Exe ends the names of executables.
var Exe = map[bool]string{true: ".exe"}[runtime.GOOS == "windows"]

// Environment is that of the test, without what would steer a program under
// test, plus the given settings.
func Environment(settings ...string) []string {
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

// Building is what steers the go command: nothing from outside, no network.
func Building() []string {
	return []string{"GOFLAGS=" + os.Getenv("GOFLAGS") + " -mod=mod", "GOWORK=off", "GOPROXY=off", "GOTOOLCHAIN=local", "CGO_ENABLED=0"}
}

// Command prepares a program that is killed if it hangs.
func Command(t testing.TB, path string, args ...string) *exec.Cmd {
	t.Helper()
	return CommandWithin(t, Deadline, path, args...)
}

// CommandWithin prepares a program that is killed if it is not over by then.
func CommandWithin(t testing.TB, lifetime time.Duration, path string, args ...string) *exec.Cmd {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), lifetime)
	t.Cleanup(cancel)
	cmd := exec.CommandContext(ctx, path, args...)
	// What a killed program started may hold its output.
	cmd.WaitDelay = Deadline / 4
	return cmd
}

// An Ending is all that a program shows of itself to those who started it.
type Ending struct {
	Stdout, Stderr string
	Exit           string // "exit status 3", "signal: killed"
}

// Finish runs a command to its end.
func Finish(t testing.TB, cmd *exec.Cmd) Ending {
	t.Helper()
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatalf("run %s: %v\n%s", cmd, err, stderr.Bytes())
	}
	return Ending{Stdout: stdout.String(), Stderr: stderr.String(), Exit: cmd.ProcessState.String()}
}
