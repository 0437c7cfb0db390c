//go:build unix

package tests

import (
	"bufio"
	"fmt"
	"io"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"

	"labbook/runlog/record"

	"github.com/google/go-cmp/cmp"
)

// fromOutside has a program, which must not be started yet, run by labbook and
// recorded in dir. It records itself too, or not.
func fromOutside(t *testing.T, cmd *exec.Cmd, dir string, itself bool) {
	t.Helper()
	labbook := programPath(t, "labbook")
	program := []string{"env", notRecorded, cmd.Path}
	if itself {
		program = []string{cmd.Path}
	}
	cmd.Args = slices.Concat([]string{labbook, "--dir", dir, "run", "--"}, program, cmd.Args[1:])
	cmd.Path = labbook
	cmd.Env = environment()
}

// talkingTerminal is one that could be asked for its colours, which the library
// behind the explorer does unless it is kept from it.
const talkingTerminal = "TERM=xterm"

// outsideAndWithout runs the same by labbook and by itself.
func outsideAndWithout(t *testing.T, behaviour string, run func(t *testing.T, cmd *exec.Cmd) ending) (with, without ending, dir string) {
	t.Helper()
	dir = filepath.Join(t.TempDir(), "book")
	recorded := manners(t, behaviour, notRecorded)
	fromOutside(t, recorded, dir, false)
	plain := manners(t, behaviour, notRecorded)
	for _, cmd := range []*exec.Cmd{recorded, plain} {
		cmd.Dir = "/" // children tell where they are
		cmd.Env = append(cmd.Env, talkingTerminal, "CI=")
	}
	return run(t, recorded), run(t, plain), dir
}

func TestNobodyCanTellThatAProgramIsRecordedFromOutside(t *testing.T) {
	t.Parallel()
	for behaviour, status := range map[string]record.Status{
		"end normally":               record.StatusOK,
		"print nothing":              record.StatusOK,
		"return an error":            record.StatusFailed,
		"panic":                      record.StatusPanicked,
		"panic in a goroutine":       record.StatusPanicked,
		"exit with 3":                record.StatusFailed,
		"print much and be killed":   record.StatusKilled,
		"print 20 MB":                record.StatusOK,
		"print much and exit with 3": record.StatusFailed,
		"print raw bytes":            record.StatusOK,
		"let children print":         record.StatusFailed,
		"copy the input":             record.StatusOK,
		"let a child list its files and variables": record.StatusOK,
	} {
		t.Run(behaviour, func(t *testing.T) {
			t.Parallel()
			with, without, dir := outsideAndWithout(t, behaviour, func(t *testing.T, cmd *exec.Cmd) ending {
				t.Helper()
				cmd.Stdin = strings.NewReader("what is typed\nwithout an end")
				end := finish(t, cmd)
				end.Stderr = varying.ReplaceAllString(end.Stderr, "?")
				return end
			})
			mustBeAlike(t, with, without)
			book := openBook(t, dir)
			run := newestRun(t, book)
			if run.Status != status || !run.Outside || run.Itself || !run.ExitSeen {
				t.Errorf("the run is %s, from outside %t, by itself %t, seen %t; want it %s", run.Status, run.Outside, run.Itself, run.ExitSeen, status)
			}
			stdout, stderr := outputOf(t, book, run.ID)
			if string(stdout) != without.Stdout || varying.ReplaceAllString(string(stderr), "?") != without.Stderr {
				t.Errorf("the lab-book has %d and %d bytes, the program prints %d and %d", len(stdout), len(stderr), len(without.Stdout), len(without.Stderr))
			}
			mustLeaveNoSpools(t, dir)
		})
	}
}

// TestSignalsFromOutside sends signals to labbook, which are for the program.
func TestSignalsFromOutside(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		behaviour string
		signals   []syscall.Signal // each once the program has printed a line
		exit      string
	}{
		{"wait for a signal", []syscall.Signal{syscall.SIGTERM}, "exit status 143"},
		{"wait for a signal", []syscall.Signal{syscall.SIGINT}, "exit status 130"},
		{"ignore a signal", []syscall.Signal{syscall.SIGTERM, syscall.SIGTERM}, "signal: terminated"},
		{"ignore a signal", []syscall.Signal{syscall.SIGINT, syscall.SIGINT}, "signal: interrupt"},
	} {
		t.Run(fmt.Sprint(c.behaviour, " ", c.signals), func(t *testing.T) {
			t.Parallel()
			with, without, dir := outsideAndWithout(t, c.behaviour, func(t *testing.T, cmd *exec.Cmd) ending {
				t.Helper()
				cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true} // no terminal's
				return signalled(t, cmd, c.signals)
			})
			mustBeAlike(t, with, without)
			if with.Exit != c.exit {
				t.Errorf("it ended with %s, want %s", with.Exit, c.exit)
			}
			book := openBook(t, dir)
			if run := newestRun(t, book); !run.Status.Ended() || run.Status == record.StatusOK {
				t.Errorf("the run is %s", run.Status)
			}
		})
	}
}

// TestEverySignalFromOutside sends labbook all signals that it can pass on: the
// program gets them, and labbook goes on.
func TestEverySignalFromOutside(t *testing.T) {
	t.Parallel()
	signals := []syscall.Signal{
		syscall.SIGHUP, syscall.SIGINT, syscall.SIGQUIT, syscall.SIGILL, syscall.SIGTRAP, syscall.SIGABRT, syscall.SIGBUS, syscall.SIGFPE,
		syscall.SIGUSR1, syscall.SIGSEGV, syscall.SIGUSR2, syscall.SIGALRM, syscall.SIGCONT, syscall.SIGXCPU, syscall.SIGVTALRM,
		syscall.SIGWINCH, syscall.SIGIO, syscall.SIGSYS,
	}
	if runtime.GOOS == "linux" {
		const stackFault, power, realTime = 16, 30, 34
		signals = append(signals, stackFault, power, realTime+1, realTime+30)
	}
	program, want := "", "ready\n"
	for _, s := range signals {
		program += fmt.Sprintf("trap 'echo got %d' %d; ", s, s)
		want += fmt.Sprintf("got %d\n", s)
	}
	program += "trap 'exit 7' TERM; echo ready; i=0; while [ $i -lt 6000 ]; do i=$((i+1)); sleep 0.01; done"
	cmd := command(t, "/bin/bash", "-c", program)
	if _, err := exec.LookPath(cmd.Path); err != nil {
		t.Skip("there is no bash, which tells of each signal")
	}
	fromOutside(t, cmd, filepath.Join(t.TempDir(), "book"), true)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true} // no terminal's
	end := signalled(t, cmd, append(signals, syscall.SIGTERM))
	if diff := cmp.Diff(ending{Stdout: want, Exit: "exit status 7"}, end); diff != "" {
		t.Errorf("want -, got +:\n%s", diff)
	}
}

// The program goes on, and its output arrives, if the one that records it is
// killed.
func TestRecorderFromOutsideIsKilled(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "book")
	cmd := manners(t, "copy the input", notRecorded)
	fromOutside(t, cmd, dir, false)
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, stdoutOfProgram := pipe(t)
	cmd.Stdout = stdoutOfProgram
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if err := stdoutOfProgram.Close(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewReader(stdout)
	for _, line := range []string{"before\n", "after\n"} {
		if _, err := io.WriteString(stdin, line); err != nil {
			t.Fatal(err)
		}
		if got, err := lines.ReadString('\n'); err != nil || got != line {
			t.Fatalf("%q came out, %v; want %q", got, err, line)
		}
		if line == "before\n" {
			if err := cmd.Process.Kill(); err != nil {
				t.Fatal(err)
			}
			_, _ = cmd.Process.Wait() // it was killed
		}
	}
	if err := stdin.Close(); err != nil {
		t.Fatal(err)
	}
	if rest := readAll(t, lines); rest != "" {
		t.Errorf("then came %q", rest)
	}
	book := openBook(t, dir)
	run := newestRun(t, book)
	if out, _ := outputOf(t, book, run.ID); string(out) != "before\nafter\n" || run.Status != record.StatusDied {
		t.Errorf("the run is %s, and printed %q", run.Status, out)
	}
	chunks := chunksOf(t, book, run.ID)
	if last := chunks[len(chunks)-1].At; run.Ended.Before(last) {
		t.Errorf("it died at %s, and printed at %s", run.Ended, last)
	}
}

// What a program used is on record as far as it is known, and what is not known is
// not taken for nothing.
func TestUsageFromOutside(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "book")
	for _, program := range [][]string{{"true"}, {"sleep", "0.4"}} {
		cmd := command(t, program[0], program[1:]...)
		fromOutside(t, cmd, dir, true)
		if end := finish(t, cmd); end.Exit != "exit status 0" {
			t.Fatalf("%+v", end)
		}
		book := openBook(t, dir)
		run, err := book.Run(t.Context(), newestRun(t, book).ID)
		if err != nil {
			t.Fatal(err)
		}
		for _, sample := range run.Samples {
			if sample.RSS == 0 {
				t.Errorf("%s: a sample has no memory: %+v", program, sample)
			}
		}
		isLong := len(program) > 1
		if isKnown := run.MaxRSS > 0; isLong && runtime.GOOS == "linux" && (!isKnown || len(run.Samples) < 2) {
			t.Errorf("%s had %d bytes at most, and %d samples", program, run.MaxRSS, len(run.Samples))
		}
	}
}
