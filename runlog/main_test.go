package runlog

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"labbook/runlog/capture/capturetest"
	"labbook/runlog/record"
)

func init() {
	roles["main"] = func() { Main(behave) }
	roles["main in the background"] = func() {
		signal.Ignore(os.Interrupt)
		Main(behave)
	}
	roles["main in main"] = func() {
		outer := Start()
		defer outer.End(nil)
		if code := runMain(behave); code != 1 {
			panic(fmt.Sprint("exit code ", code))
		}
	}
}

// behave does what the program's last argument says.
func behave(ctx context.Context, run *Run) error {
	p := struct {
		N int `default:"7" help:"how many"`
	}{}
	if err := run.Params(&p); err != nil {
		return err
	}
	switch what := run.Args()[0]; what {
	case "print":
		say("n is", p.N)
		fmt.Fprintln(os.Stderr, "on stderr")
		return nil
	case "fail":
		return errors.New("it broke")
	case "misuse":
		return fmt.Errorf("read configuration: %w", &UsageError{errors.New("no such column")})
	case "panic":
		panic("oh no")
	case "goexit":
		runtime.Goexit()
	case "exit":
		os.Exit(3) //nolint:revive // that it is deep is what is tested
	case "until cancelled":
		say("ready")
		<-ctx.Done()
		return fmt.Errorf("analyse: %w", context.Cause(ctx))
	case "though cancelled":
		say("ready")
		<-ctx.Done()
		say("cancelled")
		_, err := io.Copy(io.Discard, os.Stdin)
		return err
	case "cancelled, and fine":
		say("ready")
		<-ctx.Done()
		return nil
	default:
		return fmt.Errorf("no such behaviour: %q", what)
	}
	return nil
}

// An end is what is recorded of how a run ended.
type end struct {
	Status record.Status
	Code   int
	Signal string
	Error  string
}

func endOf(run *record.RunDetail) end {
	return end{Status: run.Status, Code: run.ExitCode, Signal: run.Signal, Error: run.Error}
}

// name is what programs call themselves in front of an error.
func name(t *testing.T) string {
	t.Helper()
	return programName(&record.Run{Exe: os.Args[0]})
}

// unsaid is how a run is on record that ended that way without a word.
func unsaid(e end) end {
	if !capturetest.SeesEnds() {
		return end{Status: record.StatusDied}
	}
	return e
}

func TestMainExits(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		reason string
		args   []string
		env    string
		code   int
		stdout string
		stderr string // a piece of it; "" for none
		want   end
	}{
		{"no error", []string{"-n", "3", "print"}, "", 0, "n is 3\n", "on stderr\n", end{Status: record.StatusOK}},
		{"an error", []string{"fail"}, "", 1, "", name(t) + ": it broke\n", end{Status: record.StatusFailed, Code: 1, Error: "it broke"}},
		{
			"a mistake in the arguments",
			[]string{"-n=many", "print"},
			"", 2, "", `"many" is no int`,
			end{Status: record.StatusFailed, Code: 2, Error: `read parameters: invalid value "many" for flag -n: "many" is no int; -h lists them`},
		},
		{
			"a mistake in the environment",
			[]string{"print"},
			SetVariable + "=m=1", 2, "", `there is no parameter "m"; there are N`,
			end{Status: record.StatusFailed, Code: 2, Error: `read parameters: LABBOOK_SET: there is no parameter "m"; there are N`},
		},
		{
			"a mistake that the program found",
			[]string{"misuse"},
			"", 2, "", ": read configuration: no such column\n",
			end{Status: record.StatusFailed, Code: 2, Error: "read configuration: no such column"},
		},
		{
			"help",
			[]string{"-h"},
			"", 0, "Usage of " + name(t) + ":\n  -n value\n    \thow many (default 7)\n", "",
			end{Status: record.StatusOK},
		},
		{
			"a panic",
			[]string{"panic"},
			"", 2, "", "panic: oh no\n\ngoroutine 1 ",
			end{Status: record.StatusPanicked, Code: 2, Error: "panic; its trace is at the end of the output"},
		},
		{
			"the end of its goroutine",
			[]string{"goexit"},
			"", 1, "", name(t) + ": the function that Main was given ended its goroutine instead of returning\n",
			end{Status: record.StatusFailed, Code: 1, Error: "the function that Main was given ended its goroutine instead of returning"},
		},
		{"os.Exit", []string{"exit"}, "", 3, "", "", unsaid(end{Status: record.StatusFailed, Code: 3})},
	} {
		t.Run(test.reason, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			var env []string
			if test.env != "" {
				env = append(env, test.env)
			}
			p, stdout := execute(t, dir, "main", test.args, env...)
			if p.exit != test.code {
				t.Errorf("exit status %d, want %d", p.exit, test.code)
			}
			if diff := cmp.Diff(test.stdout, stdout); diff != "" {
				t.Errorf("stdout (-want +got):\n%s", diff)
			}
			stderr := p.stderr.String()
			if !strings.Contains(stderr, test.stderr) || test.stderr == "" && stderr != "" {
				t.Errorf("stderr: %q, want it to say %q", stderr, test.stderr)
			}
			run := onlyRun(t, dir)
			if diff := cmp.Diff(test.want, endOf(&run)); diff != "" {
				t.Errorf("on record (-want +got):\n%s", diff)
			}
			if run.Ended.Before(run.Started) || run.Implicit {
				t.Errorf("it ran from %v to %v, implicit %v", run.Started, run.Ended, run.Implicit)
			}
			if left := spools(t, dir); len(left) != 0 {
				t.Errorf("spools are left: %q", left)
			}
			if runtime.GOOS == "windows" {
				return
			}
			if got := printed(t, dir, run.ID, record.Stdout); got != stdout {
				t.Errorf("recorded of stdout: %q, want %q", got, stdout)
			}
			if got := printed(t, dir, run.ID, record.Stderr); got != stderr {
				t.Errorf("recorded of stderr: %q, want %q", got, stderr)
			}
		})
	}
}

func TestMainIsInterrupted(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("signals cannot be sent on Windows")
	}
	for _, test := range []struct {
		reason string
		what   string
		signal syscall.Signal
		stderr string
		want   end
	}{
		{
			"by SIGINT", "until cancelled", syscall.SIGINT, name(t) + ": analyse: stopped by signal: interrupt\n",
			end{Status: record.StatusInterrupted, Code: 130, Signal: "interrupt", Error: "analyse: stopped by signal: interrupt"},
		},
		{
			"by SIGTERM", "until cancelled", syscall.SIGTERM, name(t) + ": analyse: stopped by signal: terminated\n",
			end{Status: record.StatusInterrupted, Code: 143, Signal: "terminated", Error: "analyse: stopped by signal: terminated"},
		},
		{
			"without an error", "cancelled, and fine", syscall.SIGINT, "",
			end{Status: record.StatusInterrupted, Code: 130, Signal: "interrupt"},
		},
	} {
		t.Run(test.reason, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			p := start(t, dir, "main", []string{test.what})
			p.expect("ready")
			if err := p.cmd.Process.Signal(test.signal); err != nil {
				t.Fatal(err)
			}
			p.wait()
			if p.exit != test.want.Code || p.stderr.String() != test.stderr {
				t.Errorf("exit status %d, stderr %q; want %d, %q", p.exit, p.stderr.String(), test.want.Code, test.stderr)
			}
			run := onlyRun(t, dir)
			if diff := cmp.Diff(test.want, endOf(&run)); diff != "" {
				t.Errorf("on record (-want +got):\n%s", diff)
			}
		})
	}
}

// The second signal is for a program that does not listen.
func TestSecondSignalEndsAtOnce(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("signals cannot be sent on Windows")
	}
	dir := t.TempDir()
	p := start(t, dir, "main", []string{"though cancelled"})
	p.expect("ready")
	for _, line := range []string{"cancelled", ""} {
		if err := p.cmd.Process.Signal(syscall.SIGINT); err != nil {
			t.Fatal(err)
		}
		if line != "" {
			p.expect(line)
		}
	}
	p.wait()
	if status := p.cmd.ProcessState.String(); status != "signal: interrupt" {
		t.Errorf("it ended by %q, want the signal", status)
	}
	run := onlyRun(t, dir)
	if diff := cmp.Diff(unsaid(end{Status: record.StatusInterrupted, Signal: "interrupt"}), endOf(&run)); diff != "" {
		t.Errorf("on record (-want +got):\n%s", diff)
	}
	if got := printed(t, dir, run.ID, record.Stdout); got != "ready\ncancelled\n" {
		t.Errorf("recorded of stdout: %q", got)
	}
}

// Ctrl-C is not for the jobs that a shell has put into the background.
func TestIgnoredSignalStaysIgnored(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("signals cannot be sent on Windows")
	}
	p := start(t, t.TempDir(), "main in the background", []string{"until cancelled"})
	p.expect("ready")
	for _, s := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM} {
		if err := p.cmd.Process.Signal(s); err != nil {
			t.Fatal(err)
		}
	}
	p.wait()
	if want := 128 + int(syscall.SIGTERM); p.exit != want {
		t.Errorf("exit status %d, want %d, of the signal that was not ignored", p.exit, want)
	}
}

// A program whose main function has started a run already is in that one.
func TestMainInsideARun(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	p, _ := execute(t, dir, "main in main", []string{"fail"})
	if p.exit != 0 {
		t.Fatalf("exit status %d\n%s", p.exit, &p.stderr)
	}
	run := onlyRun(t, dir)
	if diff := cmp.Diff(end{Status: record.StatusOK}, endOf(&run)); diff != "" {
		t.Errorf("the inner end counts (-want +got):\n%s", diff)
	}
}
