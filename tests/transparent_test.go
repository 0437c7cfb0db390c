//go:build unix

package tests

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"labbook/runlog/capture/capturetest"
	"labbook/runlog/record"

	"github.com/google/go-cmp/cmp"
)

// LABBOOK=off is how the program is without being recorded.
const notRecorded = "LABBOOK=off"

// manners prepares the program to behave so.
func manners(t *testing.T, behaviour, recording string) *exec.Cmd {
	t.Helper()
	cmd := command(t, programPath(t, "manners"), strings.Fields(behaviour)...)
	cmd.Dir = t.TempDir()
	cmd.Env = environment(recording)
	return cmd
}

// withAndWithout runs the same with and without recording, and returns both
// endings and the lab-book's folder.
func withAndWithout(t *testing.T, run func(t *testing.T, recording string) ending) (with, without ending, dir string) {
	t.Helper()
	dir = filepath.Join(t.TempDir(), "book")
	return run(t, "LABBOOK_DIR="+dir), run(t, notRecorded), dir
}

// mustBeAlike wants endings that nobody can tell apart.
func mustBeAlike(t *testing.T, with, without ending) {
	t.Helper()
	if len(with.Stdout)+len(without.Stdout) > 1<<20 {
		// A diff of these would take longer than the test.
		if with.Stdout != without.Stdout {
			t.Errorf("recorded, it printed %d bytes that are not the %d it prints else", len(with.Stdout), len(without.Stdout))
		}
		with.Stdout, without.Stdout = "", ""
	}
	if diff := cmp.Diff(without, with); diff != "" {
		t.Errorf("(-not recorded +recorded):\n%s", diff)
	}
}

// mustBeRecorded wants the run in the lab-book, with all that it printed.
func mustBeRecorded(t *testing.T, dir string, status record.Status, printed ending) {
	t.Helper()
	book := openBook(t, dir)
	run := newestRun(t, book)
	if run.Status != status {
		t.Errorf("the run is %s, want it %s", run.Status, status)
	}
	stdout, stderr := outputOf(t, book, run.ID)
	if string(stdout) != printed.Stdout || string(stderr) != printed.Stderr {
		t.Errorf("the lab-book has %d bytes of stdout and %d of stderr, the terminal got %d and %d",
			len(stdout), len(stderr), len(printed.Stdout), len(printed.Stderr))
	}
	mustLeaveNoSpools(t, dir)
}

// varying is what no two runs of a program that panics have in common.
var varying = regexp.MustCompile(`0x[0-9a-f]+|goroutine \d+`)

// unsaid is the status of a run that ended that way without a word.
func unsaid(status record.Status) record.Status {
	if !capturetest.SeesEnds() {
		return record.StatusDied
	}
	return status
}

func TestNobodyCanTellThatAProgramIsRecorded(t *testing.T) {
	t.Parallel()
	for behaviour, status := range map[string]record.Status{
		"end normally":               record.StatusOK,
		"print nothing":              record.StatusOK,
		"print in tasks":             record.StatusOK,
		"cache":                      record.StatusOK,
		"return an error":            record.StatusFailed,
		"no such behaviour":          record.StatusFailed,
		"panic":                      record.StatusPanicked,
		"panic in a goroutine":       unsaid(record.StatusPanicked),
		"exit with 3":                unsaid(record.StatusFailed),
		"print 20 MB":                record.StatusOK,
		"print much and exit with 3": unsaid(record.StatusFailed),
		"print raw bytes":            record.StatusOK,
		"let children print":         record.StatusFailed,
		"copy the input":             record.StatusOK,
		"let a child list its files and variables": record.StatusOK,
	} {
		t.Run(behaviour, func(t *testing.T) {
			t.Parallel()
			var printed ending
			with, without, dir := withAndWithout(t, func(t *testing.T, recording string) ending {
				t.Helper()
				cmd := manners(t, behaviour, recording)
				cmd.Dir = "/" // the same for both, and for the child that lists its variables
				if behaviour == "cache" && recording == notRecorded {
					cmd.Env = append(cmd.Env, "LABBOOK_DIR="+filepath.Join(t.TempDir(), "book"))
				}
				cmd.Stdin = strings.NewReader("what is typed\nwithout an end")
				end := finish(t, cmd)
				if recording != notRecorded {
					printed = end
				}
				end.Stderr = varying.ReplaceAllString(end.Stderr, "?")
				return end
			})
			if without.Stdout == "" && without.Stderr == "" && behaviour != "print nothing" {
				t.Fatal("the program printed nothing, so that this shows nothing")
			}
			mustBeAlike(t, with, without)
			mustBeRecorded(t, dir, status, printed)
		})
	}
}

// TestOutputOfTasks looks for what each task printed, by the parts that are its.
func TestOutputOfTasks(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "book")
	end := finish(t, manners(t, "print in tasks", "LABBOOK_DIR="+dir))
	book := openBook(t, dir)
	run := newestRun(t, book)
	known := 0
	for task := range int64(8) {
		parts, err := book.OutputScope(t.Context(), run.ID, record.CallID{}, 1, task)
		if err != nil {
			t.Fatal(err)
		}
		got := map[record.Stream]string{}
		for _, part := range parts {
			from := map[record.Stream]string{record.Stdout: end.Stdout, record.Stderr: end.Stderr}[part.Stream]
			got[part.Stream] += from[part.Offset : part.Offset+part.Bytes]
		}
		want := map[record.Stream]string{}
		for i := range 3 {
			want[record.Stdout] += fmt.Sprintf("task %d says %d\n%s\n", task, i, strings.Repeat("-", 200*int(task)))
			want[record.Stderr] += fmt.Sprintf("task %d complains\n", task)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("task %d (-printed +known as its):\n%s", task, diff)
		}
		known += len(got[record.Stdout])
	}
	if rest := len(end.Stdout) - known; rest != len("no task says this\n") {
		t.Errorf("%d bytes of stdout are known as no task's", rest)
	}
}

// signalled runs a program, with an input that never ends, and sends it signals,
// each once it has printed a line.
func signalled(t *testing.T, cmd *exec.Cmd, signals []syscall.Signal) ending {
	t.Helper()
	if _, err := cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewReader(stdout)
	var printed strings.Builder
	for _, signal := range signals {
		line, err := lines.ReadString('\n')
		if err != nil {
			t.Fatalf("the program printed %q and no more: %v", line, err)
		}
		printed.WriteString(line)
		if err := cmd.Process.Signal(signal); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := io.Copy(&printed, lines); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait() // how it ended is compared by the caller
	return ending{Stdout: printed.String(), Stderr: stderr.String(), Exit: cmd.ProcessState.String()}
}

// TestSignals sends a signal to a program that waits for it.
func TestSignals(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		behaviour string
		signals   []syscall.Signal // each once the program has printed a line
		status    record.Status
		exit      string
	}{
		{"wait for a signal", []syscall.Signal{syscall.SIGTERM}, record.StatusInterrupted, "exit status 143"},
		{"wait for a signal", []syscall.Signal{syscall.SIGINT}, record.StatusInterrupted, "exit status 130"},
		{"wait for a signal", []syscall.Signal{syscall.SIGKILL}, unsaid(record.StatusKilled), "signal: killed"},
		{"ignore a signal", []syscall.Signal{syscall.SIGTERM, syscall.SIGTERM}, unsaid(record.StatusInterrupted), "signal: terminated"},
		{"Start and wait for a signal", []syscall.Signal{syscall.SIGTERM}, unsaid(record.StatusInterrupted), "signal: terminated"},
	} {
		t.Run(fmt.Sprint(c.behaviour, " ", c.signals), func(t *testing.T) {
			t.Parallel()
			with, without, dir := withAndWithout(t, func(t *testing.T, recording string) ending {
				t.Helper()
				return signalled(t, manners(t, c.behaviour, recording), c.signals)
			})
			mustBeAlike(t, with, without)
			if with.Exit != c.exit {
				t.Errorf("it ended with %s, want %s", with.Exit, c.exit)
			}
			mustBeRecorded(t, dir, c.status, with)
		})
	}
}

// TestReaderGoesAway closes the other end of the output, as head -1 does.
func TestReaderGoesAway(t *testing.T) {
	t.Parallel()
	with, without, dir := withAndWithout(t, func(t *testing.T, recording string) ending {
		t.Helper()
		cmd := manners(t, "print forever", recording)
		stdout, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		var stderr bytes.Buffer
		cmd.Stderr = &stderr
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		line, err := bufio.NewReader(stdout).ReadString('\n')
		if err != nil {
			t.Fatal(err)
		}
		if err := stdout.Close(); err != nil {
			t.Fatal(err)
		}
		_ = cmd.Wait() // how it ended is compared below
		return ending{Stdout: line, Stderr: stderr.String(), Exit: cmd.ProcessState.String()}
	})
	mustBeAlike(t, with, without)
	if with.Exit != "signal: broken pipe" {
		t.Errorf("it ended with %s, want a broken pipe", with.Exit)
	}
	book := openBook(t, dir)
	run := newestRun(t, book)
	if stdout, _ := outputOf(t, book, run.ID); run.Status != unsaid(record.StatusKilled) || !strings.HasPrefix(string(stdout), with.Stdout) {
		t.Errorf("the run is %s and printed %.40q…, want it killed, with %q", run.Status, stdout, with.Stdout)
	}
}

// TestChildLeftBehind has a program end before a child that still prints.
func TestChildLeftBehind(t *testing.T) {
	t.Parallel()
	const late = "said when the program had ended\n"
	with, without, dir := withAndWithout(t, func(t *testing.T, recording string) ending {
		t.Helper()
		cmd := manners(t, "leave a child behind", recording)
		input, inputOfChild := pipe(t)
		stdout, stdoutOfProgram := pipe(t)
		stderr, stderrOfProgram := pipe(t)
		cmd.Stdin, cmd.Stdout, cmd.Stderr = input, stdoutOfProgram, stderrOfProgram
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		for _, file := range []*os.File{input, stdoutOfProgram, stderrOfProgram} {
			if err := file.Close(); err != nil {
				t.Fatal(err)
			}
		}
		_ = cmd.Wait() // how it ended is compared below
		if _, err := inputOfChild.WriteString(late); err != nil {
			t.Fatal(err)
		}
		if err := inputOfChild.Close(); err != nil {
			t.Fatal(err)
		}
		return ending{Stdout: readAll(t, stdout), Stderr: readAll(t, stderr), Exit: cmd.ProcessState.String()}
	})
	if !strings.HasSuffix(without.Stdout, late) {
		t.Fatalf("the child printed %q, so that this shows nothing", without.Stdout)
	}
	mustBeAlike(t, with, without)
	mustBeRecorded(t, dir, record.StatusOK, with)
}

// pipe makes a pipe whose ends are closed when the test ends, if not before.
func pipe(t *testing.T) (r, w *os.File) {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _, _ = r.Close(), w.Close() }) // most are closed already
	return r, w
}

func readAll(t *testing.T, r io.Reader) string {
	t.Helper()
	text, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestFileIsCompleteWhenTheProgramHasEnded reads a file that the output was
// sent to as soon as the program has ended, in whichever way.
func TestFileIsCompleteWhenTheProgramHasEnded(t *testing.T) {
	t.Parallel()
	behaviours := []string{"end normally", "print 20 MB", "panic"}
	if capturetest.SeesEnds() {
		behaviours = append(behaviours, "exit with 3", "print much and exit with 3", "panic in a goroutine", "print much and be killed")
	}
	for _, behaviour := range behaviours {
		t.Run(behaviour, func(t *testing.T) {
			t.Parallel()
			for range 5 {
				with, without, _ := withAndWithout(t, func(t *testing.T, recording string) ending {
					t.Helper()
					path := filepath.Join(t.TempDir(), "output")
					file, err := os.Create(path)
					if err != nil {
						t.Fatal(err)
					}
					cmd := manners(t, behaviour, recording)
					cmd.Stdout, cmd.Stderr = file, file
					_ = cmd.Run() // how it ended is compared below
					text := read(t, path)
					if err := file.Close(); err != nil {
						t.Fatal(err)
					}
					return ending{Stdout: varying.ReplaceAllString(text, "?"), Exit: cmd.ProcessState.String()}
				})
				mustBeAlike(t, with, without)
			}
		})
	}
}

// TestOrderOfBothStreams sends both streams to one place, as a terminal is.
func TestOrderOfBothStreams(t *testing.T) {
	t.Parallel()
	with, without, _ := withAndWithout(t, func(t *testing.T, recording string) ending {
		t.Helper()
		cmd := manners(t, "end normally", recording)
		var both bytes.Buffer
		cmd.Stdout, cmd.Stderr = &both, &both // one pipe
		_ = cmd.Run()                         // how it ended is compared below
		return ending{Stdout: both.String(), Exit: cmd.ProcessState.String()}
	})
	mustBeAlike(t, with, without)
}

// TestUnusableBook puts a file in the place of the lab-book's folder. That the
// run is not recorded is said once, and once that results are not kept.
func TestUnusableBook(t *testing.T) {
	t.Parallel()
	inTheWay := filepath.Join(t.TempDir(), "book")
	write(t, inTheWay, "no folder\n")
	for behaviour, complaints := range map[string]int{
		"end normally": 1, "return an error": 1, "print 20 MB": 1, "cache": 2, "cache without Main": 2,
	} {
		t.Run(behaviour, func(t *testing.T) {
			t.Parallel()
			with := finish(t, manners(t, behaviour, "LABBOOK_DIR="+inTheWay))
			usual := manners(t, behaviour, notRecorded)
			usual.Env = append(usual.Env, "LABBOOK_DIR="+filepath.Join(t.TempDir(), "book"))
			without := finish(t, usual)

			for range complaints {
				var complaint string
				complaint, with.Stderr, _ = strings.Cut(with.Stderr, "\n")
				if !strings.HasPrefix(complaint, "labbook: ") || !strings.Contains(complaint, inTheWay) || !strings.Contains(complaint, "goes on") {
					t.Errorf("it says %q, want a complaint that names %s", complaint, inTheWay)
				}
			}
			mustBeAlike(t, with, without)
		})
	}
}

// TestProgramWithoutMain is recorded by the cache it uses, and by that alone.
func TestProgramWithoutMain(t *testing.T) {
	t.Parallel()
	with, without, dir := withAndWithout(t, func(t *testing.T, recording string) ending {
		t.Helper()
		return finish(t, manners(t, "cache without Main", recording))
	})
	mustBeAlike(t, with, without)
	book := openBook(t, dir)
	run := newestRun(t, book)
	if run.Status != record.StatusEnded || !run.Implicit || run.Ended.IsZero() {
		t.Errorf("the run is %s, implicit %t, ended at %s; want an implicit one that has ended", run.Status, run.Implicit, run.Ended)
	}
	calls := callsOf(t, book, run.ID)
	if len(calls) != 1 || calls[0].Outcome != record.Miss {
		t.Errorf("it has the calls %+v, want one miss", calls)
	}
}

// TestOutputLimit prints more than is to be kept.
func TestOutputLimit(t *testing.T) {
	t.Parallel()
	const limit = 8 << 20
	dir := filepath.Join(t.TempDir(), "book")
	cmd := manners(t, "print 200 MB without a pause", "LABBOOK_DIR="+dir)
	cmd.Env = append(cmd.Env, fmt.Sprint("LABBOOK_OUTPUT_LIMIT=", limit))
	end := finish(t, cmd)
	if end.Exit != "exit status 0" {
		t.Fatalf("it ended with %s\n%s", end.Exit, end.Stderr)
	}
	book := openBook(t, dir)
	var kept, at, beginning int64
	for _, c := range chunksOf(t, book, newestRun(t, book).ID) {
		if c.Offset < at || string(c.Bytes) != end.Stdout[c.Offset:c.Offset+int64(len(c.Bytes))] {
			t.Fatalf("chunk %d, at %d after %d, is not what was printed there", c.Seq, c.Offset, at)
		}
		if c.Offset > at && beginning == 0 {
			beginning = at
		}
		at = c.Offset + int64(len(c.Bytes))
		kept += int64(len(c.Bytes))
	}
	if at != int64(len(end.Stdout)) || beginning < limit/2 || kept-beginning < limit/2-(64<<10) {
		t.Errorf("of %d bytes %d are kept, the first %d and up to %d; want %d of the beginning and of the end",
			len(end.Stdout), kept, beginning, at, limit/2)
	}
}
