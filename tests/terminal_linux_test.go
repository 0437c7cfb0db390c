package tests

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"labbook/runlog/capture/capturetest"

	"github.com/creack/pty"
)

// onTerminal runs a program on a terminal of 97×31 and returns what the terminal
// was sent until nobody had it open any more. With, if not nil, sees it on the way.
func onTerminal(t *testing.T, cmd *exec.Cmd, with func(terminal *os.File, line string)) ending {
	t.Helper()
	terminal, err := pty.StartWithSize(cmd, &pty.Winsize{Cols: 97, Rows: 31})
	if errors.Is(err, fs.ErrNotExist) {
		t.Skip("there are no pseudo-terminals here")
	}
	if err != nil {
		t.Fatal(err)
	}
	defer terminal.Close()
	var sent strings.Builder
	lines := bufio.NewReader(terminal)
	for {
		line, err := lines.ReadString('\n')
		sent.WriteString(line)
		if with != nil && err == nil {
			with(terminal, line)
		}
		if errors.Is(err, io.EOF) || errors.Is(err, syscall.EIO) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	_ = cmd.Wait() // how it ended is compared by the caller
	return ending{Stdout: varying.ReplaceAllString(sent.String(), "?"), Exit: cmd.ProcessState.String()}
}

func TestOnATerminal(t *testing.T) {
	t.Parallel()
	behaviours := []string{"end normally", "return an error", "panic", "print 2 MB", "print raw bytes", "describe its streams", "let children print"}
	if capturetest.SeesEnds() {
		behaviours = append(behaviours, "exit with 3", "panic in a goroutine")
	}
	for _, behaviour := range behaviours {
		t.Run(behaviour, func(t *testing.T) {
			t.Parallel()
			with, without, dir := withAndWithout(t, func(t *testing.T, recording string) ending {
				t.Helper()
				return onTerminal(t, manners(t, behaviour, recording), nil)
			})
			if without.Stdout == "" {
				t.Fatal("the terminal was sent nothing, so that this shows nothing")
			}
			mustBeAlike(t, with, without)

			// The terminal puts a carriage return before each end of a line, and
			// nothing else.
			book := openBook(t, dir)
			both, _ := outputOf(t, book, newestRun(t, book).ID)
			if got := varying.ReplaceAllString(string(both), "?"); strings.ReplaceAll(got, "\n", "\r\n") != with.Stdout {
				t.Errorf("the lab-book has %d bytes, the terminal got %d", len(both), len(with.Stdout))
			}
		})
	}
}

// A program that redirects one of its streams has the other on the terminal.
func TestOneStreamOnATerminal(t *testing.T) {
	t.Parallel()
	with, without, dir := withAndWithout(t, func(t *testing.T, recording string) ending {
		t.Helper()
		cmd := manners(t, "describe its streams", recording)
		file, err := os.CreateTemp(t.TempDir(), "stderr")
		if err != nil {
			t.Fatal(err)
		}
		cmd.Stderr = file
		end := onTerminal(t, cmd, nil)
		end.Stderr = read(t, file.Name())
		return end
	})
	mustBeAlike(t, with, without)
	if !strings.Contains(with.Stdout, "stdout is a terminal of 97×31") || !strings.Contains(with.Stdout, "stderr is no terminal") {
		t.Errorf("it says of its streams: %q", with.Stdout)
	}
	book := openBook(t, dir)
	stdout, stderr := outputOf(t, book, newestRun(t, book).ID)
	if string(stderr) != with.Stderr || strings.ReplaceAll(string(stdout), "\n", "\r\n") != with.Stdout {
		t.Errorf("the lab-book has %q and %q", stdout, stderr)
	}
}

// The program is told when the terminal gets another size, and finds it.
func TestTerminalGetsAnotherSize(t *testing.T) {
	t.Parallel()
	with, without, _ := withAndWithout(t, func(t *testing.T, recording string) ending {
		t.Helper()
		return onTerminal(t, manners(t, "wait for another size", recording), func(terminal *os.File, line string) {
			if strings.HasPrefix(line, "ready") {
				if err := pty.Setsize(terminal, &pty.Winsize{Cols: 40, Rows: 10}); err != nil {
					t.Error(err)
				}
			}
		})
	})
	mustBeAlike(t, with, without)
	if !strings.Contains(with.Stdout, "stdout is a terminal of 40×10") {
		t.Errorf("it says %q", with.Stdout)
	}
}

// A program that asks for keys without their echo may ask where it prints.
func TestSettingsOfATerminal(t *testing.T) {
	t.Parallel()
	with, without, _ := withAndWithout(t, func(t *testing.T, recording string) ending {
		t.Helper()
		cmd := manners(t, "take a password", recording)
		return onTerminal(t, cmd, func(terminal *os.File, line string) {
			if strings.HasPrefix(line, "password") {
				if _, err := terminal.WriteString("secret\n"); err != nil {
					t.Error(err)
				}
			}
		})
	})
	mustBeAlike(t, with, without)
	if strings.Count(with.Stdout, "secret") != 0 || !strings.Contains(with.Stdout, "6 letters") {
		t.Errorf("the terminal shows %q", with.Stdout)
	}
}

func TestOutsideOnATerminal(t *testing.T) {
	t.Parallel()
	for _, behaviour := range []string{"end normally", "describe its streams", "let children print", "print 2 MB", "exit with 3"} {
		t.Run(behaviour, func(t *testing.T) {
			t.Parallel()
			with, without, _ := outsideAndWithout(t, behaviour, func(t *testing.T, cmd *exec.Cmd) ending {
				t.Helper()
				return onTerminal(t, cmd, nil)
			})
			mustBeAlike(t, with, without)
		})
	}
}

// A key that sends a signal sends it to the program too, which is to get it once;
// what is sent to labbook alone is to be passed on.
func TestSignalsOnATerminal(t *testing.T) {
	t.Parallel()
	for _, signal := range []syscall.Signal{syscall.SIGINT, syscall.SIGQUIT} {
		key := map[syscall.Signal]string{syscall.SIGINT: "\x03", syscall.SIGQUIT: "\x1c"}[signal]
		for _, c := range []struct {
			way  string
			send func(terminal *os.File, labbook *os.Process) error
		}{
			{"by a key", func(terminal *os.File, _ *os.Process) error {
				_, err := terminal.WriteString(key)
				return err
			}},
			{"to labbook alone", func(_ *os.File, labbook *os.Process) error { return labbook.Signal(signal) }},
			{"to the group", func(_ *os.File, labbook *os.Process) error { return syscall.Kill(-labbook.Pid, signal) }},
		} {
			t.Run(fmt.Sprint(signal, " ", c.way), func(t *testing.T) {
				t.Parallel()
				const program = `trap 'echo got it' INT QUIT; trap 'exit 7' USR1; echo ready; while :; do sleep 0.01; done`
				cmd := command(t, "/bin/bash", "-c", program)
				if _, err := exec.LookPath(cmd.Path); err != nil {
					t.Skip("there is no bash, which tells of each signal")
				}
				fromOutside(t, cmd, filepath.Join(t.TempDir(), "book"), true)
				end := onTerminal(t, cmd, func(terminal *os.File, line string) {
					var err error
					switch {
					case strings.HasPrefix(line, "ready"):
						err = c.send(terminal, cmd.Process)
					case strings.Contains(line, "got it"):
						// It is passed on after the one before, if that is at all.
						err = cmd.Process.Signal(syscall.SIGUSR1)
					}
					if err != nil {
						t.Error(err)
					}
				})
				if n := strings.Count(end.Stdout, "got it"); n != 1 || end.Exit != "exit status 7" {
					t.Errorf("the program got it %d times, and ended with %s:\n%s", n, end.Exit, end.Stdout)
				}
			})
		}
	}
}

// typeAKey answers the question of a program that reads keys as pagers do.
func typeAKey(t *testing.T) func(terminal *os.File, line string) {
	t.Helper()
	return func(terminal *os.File, line string) {
		if strings.HasPrefix(line, "any key?") {
			if _, err := terminal.WriteString("x"); err != nil {
				t.Error(err)
			}
		}
	}
}

// Pagers open the terminal that they print to by its name, and read keys there.
func TestKeysWhereAProgramPrints(t *testing.T) {
	t.Parallel()
	const behaviour = "read a key as pagers do"
	with, without, _ := withAndWithout(t, func(t *testing.T, recording string) ending {
		t.Helper()
		return onTerminal(t, manners(t, behaviour, recording), typeAKey(t))
	})
	mustBeAlike(t, with, without)
	if !strings.Contains(with.Stdout, `it is "x"`) {
		t.Errorf("it says %q", with.Stdout)
	}
	with, without, _ = outsideAndWithout(t, behaviour, func(t *testing.T, cmd *exec.Cmd) ending {
		t.Helper()
		return onTerminal(t, cmd, typeAKey(t))
	})
	mustBeAlike(t, with, without)
}
