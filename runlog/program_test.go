package runlog

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"labbook/runlog/record"
)

// roleVariable makes the test binary one of the programs under test.
const roleVariable = "RUNLOG_TEST_ROLE"

// roles are the programs, by name. Each is told what to do by its arguments.
var roles = map[string]func(){}

func TestMain(m *testing.M) {
	if role := os.Getenv(roleVariable); role != "" {
		roles[role]()
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// say prints a line from within a program.
func say(what ...any) { fmt.Fprintln(os.Stdout, what...) }

// deadline ends a program under test that hangs.
const deadline = 30 * time.Second

// A program is one execution of a role.
type program struct {
	t      *testing.T
	cmd    *exec.Cmd
	stdin  io.Closer
	stdout *bufio.Reader
	stderr bytes.Buffer
	exit   int // once it has ended; -1 if a signal ended it
}

// start starts a program that records in dir, or where it finds a lab-book if
// that is "". Variables of env come last.
func start(t *testing.T, dir, role string, args []string, env ...string) *program {
	t.Helper()
	return startFor(t, deadline, dir, role, args, env...)
}

// startFor is start for a program that may take longer.
func startFor(t *testing.T, long time.Duration, dir, role string, args []string, env ...string) *program {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), long)
	t.Cleanup(cancel)
	p := &program{t: t, cmd: exec.CommandContext(ctx, exe, args...)}
	p.cmd.Dir = t.TempDir() // no repository, and no lab-book above it
	for _, entry := range os.Environ() {
		if !strings.HasPrefix(entry, "LABBOOK") && !strings.HasPrefix(entry, "JOBLIB_DEBUG=") {
			p.cmd.Env = append(p.cmd.Env, entry)
		}
	}
	// Under the race detector each program would else linger for a second.
	p.cmd.Env = append(p.cmd.Env, roleVariable+"="+role, "GORACE=atexit_sleep_ms=0 "+os.Getenv("GORACE"))
	if dir != "" {
		p.cmd.Env = append(p.cmd.Env, "LABBOOK_DIR="+dir)
	}
	p.cmd.Env = append(p.cmd.Env, env...)
	p.cmd.Stderr = &p.stderr
	p.cmd.WaitDelay = time.Second
	stdout, err := p.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	p.stdout = bufio.NewReader(stdout)
	if p.stdin, err = p.cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return p
}

// expect reads a line of the program's stdout.
func (p *program) expect(line string) {
	p.t.Helper()
	got, err := p.stdout.ReadString('\n')
	if err != nil || got != line+"\n" {
		rest, _ := io.ReadAll(p.stdout)
		_ = p.cmd.Wait()
		p.t.Fatalf("the program prints %q (%v), want %q; after that %q, and on stderr:\n%s", got, err, line, rest, &p.stderr)
	}
}

// wait waits for the end of the program and returns the rest of its stdout.
func (p *program) wait() string {
	p.t.Helper()
	rest, err := io.ReadAll(p.stdout)
	if err != nil {
		p.t.Fatal(err)
	}
	err = p.cmd.Wait()
	if exit, ok := errors.AsType[*exec.ExitError](err); err != nil && !ok {
		p.t.Fatalf("%v\n%s", err, &p.stderr)
	} else if ok {
		p.exit = exit.ExitCode()
	}
	return string(rest)
}

// execute runs a program to its end and returns what it printed on stdout.
func execute(t *testing.T, dir, role string, args []string, env ...string) (*program, string) {
	t.Helper()
	p := start(t, dir, role, args, env...)
	return p, p.wait()
}

// open opens the lab-book in dir.
func open(t *testing.T, dir string) *Reader {
	t.Helper()
	waitForForks()
	r, err := Open(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.Close() }) // nothing is read from it any more
	if err := r.Leftovers(); err != nil {
		t.Errorf("leftovers: %v", err)
	}
	return r
}

// waitForForks waits until the processes that other tests are just starting no
// longer share the files of this one: until then a spool that is closed stays
// locked.
func waitForForks() {
	syscall.ForkLock.Lock()
	syscall.ForkLock.Unlock() //nolint:gocritic,staticcheck // to have waited is all
}

// onlyRun returns the run of a lab-book that has one.
func onlyRun(t *testing.T, dir string) record.RunDetail {
	t.Helper()
	r := open(t, dir)
	runs, err := r.Runs(t.Context(), record.RunQuery{})
	if err != nil {
		t.Fatal(err)
	}
	if len(runs) != 1 {
		t.Fatalf("the lab-book has %d runs, want 1", len(runs))
	}
	run, err := r.Run(t.Context(), runs[0].ID)
	if err != nil {
		t.Fatal(err)
	}
	return run
}

// printed returns what the lab-book has of one stream of a run.
func printed(t *testing.T, dir string, run int64, stream record.Stream) string {
	t.Helper()
	chunks, err := open(t, dir).Output(t.Context(), run, 0, 1000)
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for _, chunk := range chunks {
		if chunk.Stream == stream {
			b.Write(chunk.Bytes)
		}
	}
	return b.String()
}

// spools lists what is left of spools in dir.
func spools(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(filepath.Join(dir, spoolFolder))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	names := []string{}
	for _, entry := range entries {
		names = append(names, entry.Name())
	}
	return names
}
