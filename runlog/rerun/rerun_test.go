package rerun

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"labbook/runlog/record"
)

// recorded is a run of the test binary in a folder of its own.
func recorded(t *testing.T, id int64, actions ...string) record.RunDetail {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return record.RunDetail{Run: record.Run{
		ID: id, UUID: "uuid-of-the-run", Exe: exe, Argv: append([]string{"named-by-hand"}, actions...), Cwd: t.TempDir(),
		Env: append(os.Environ(), asProgram+"=1"),
	}}
}

// output is a writer that several programs can share.
type output struct {
	mu     sync.Mutex
	buffer bytes.Buffer
	notify func(text string) // of all so far, if not nil
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	n, err := o.buffer.Write(p)
	if o.notify != nil {
		o.notify(o.buffer.String())
	}
	return n, err
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buffer.String()
}

// withoutPID checks that each result names a process, and takes its number out.
func withoutPID(t *testing.T, results []Result) []Result {
	t.Helper()
	results = slices.Clone(results)
	for i := range results {
		if results[i].PID <= 0 {
			t.Errorf("the result of run %d names process %d", results[i].RerunOf, results[i].PID)
		}
		results[i].PID = 0
	}
	return results
}

func TestProgramIsStartedAsItWas(t *testing.T) {
	t.Parallel()
	run := recorded(t, 12, "name", "cwd", "env:COLOUR", "env:LABBOOK_DIR", "env:LABBOOK_RERUN_OF", "env:LABBOOK_SET", "read", "moan:on stderr")
	run.Env = append(run.Env, "COLOUR=red", "LABBOOK_SET=a=1", "LABBOOK_DIR=/elsewhere")
	dir, err := filepath.Abs("a-book")
	if err != nil {
		t.Fatal(err)
	}
	var stdout, stderr output
	started := 0
	results, err := Runs(t.Context(), []record.RunDetail{run}, Options{
		Dir: "a-book", Set: []string{"b=2"}, Stdin: strings.NewReader("typed"), Stdout: &stdout, Stderr: &stderr,
		Started: func() { started++ },
	})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]Result{{RerunOf: 12}}, withoutPID(t, results)); diff != "" {
		t.Errorf("results (-want +got):\n%s", diff)
	}
	want := strings.Join([]string{
		"named-by-hand", run.Cwd + " <nil>", `COLOUR="red" true`, "LABBOOK_DIR=" + quoted(dir) + " true",
		`LABBOOK_RERUN_OF="uuid-of-the-run" true`, `LABBOOK_SET="a=1 b=2" true`, "typed", "",
	}, "\n")
	if diff := cmp.Diff(want, stdout.String()); diff != "" {
		t.Errorf("stdout (-want +got):\n%s", diff)
	}
	if got := stderr.String(); got != "on stderr\n" || started != 1 {
		t.Errorf("stderr is %q, and %d programs have started", got, started)
	}
}

func quoted(path string) string { return `"` + strings.ReplaceAll(path, `\`, `\\`) + `"` }

func TestResultsAreInTheOrderOfTheRuns(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		reason string
		jobs   int
		stdin  []string // what they read, in no order
	}{
		{"one after the other; the first takes the input", 0, []string{"", "", "typed"}},
		{"at the same time, without the input that they would snatch", 3, []string{"", "", ""}},
	} {
		t.Run(test.reason, func(t *testing.T) {
			t.Parallel()
			runs := []record.RunDetail{recorded(t, 3, "read", "exit:5"), recorded(t, 1, "read"), recorded(t, 2, "read", "exit:4")}
			var stdout output
			results, err := Runs(t.Context(), runs, Options{Dir: t.TempDir(), Jobs: test.jobs, Stdin: strings.NewReader("typed"), Stdout: &stdout})
			if err != nil {
				t.Fatal(err)
			}
			want := []Result{{RerunOf: 3, ExitCode: 5}, {RerunOf: 1}, {RerunOf: 2, ExitCode: 4}}
			if diff := cmp.Diff(want, withoutPID(t, results)); diff != "" {
				t.Errorf("results (-want +got):\n%s", diff)
			}
			var got []string
			for line := range strings.Lines(stdout.String()) {
				got = append(got, strings.TrimSuffix(line, "\n"))
			}
			slices.Sort(got)
			if diff := cmp.Diff(test.stdin, got); diff != "" {
				t.Errorf("what the programs read (-want +got):\n%s", diff)
			}
		})
	}
}

func TestNothingStartsUnlessAllCan(t *testing.T) {
	t.Parallel()
	good := recorded(t, 1, "touch:started")
	for _, test := range []struct {
		reason string
		spoil  func(run *record.RunDetail)
		want   string
	}{
		{
			"its folder is gone",
			func(run *record.RunDetail) { run.Cwd = filepath.Join(run.Cwd, "gone") },
			"its working directory ",
		},
		{
			"its folder is a file now",
			func(run *record.RunDetail) { run.Cwd = run.Exe },
			"its working directory ",
		},
		{
			"its program is gone, its source never known",
			func(run *record.RunDetail) { run.Exe += "-gone" },
			"-gone no longer exists; build it there again, then rerun; where its source lies is not known",
		},
		{
			"a folder stands in its place",
			func(run *record.RunDetail) { run.Exe = run.Cwd },
			" no longer exists; ",
		},
		{
			"it was run from files, which have no import path",
			func(run *record.RunDetail) {
				run.Exe, run.ModuleDir, run.Package = run.Exe+"-gone", run.Cwd, "command-line-arguments"
			},
			"where its source lies is not known",
		},
		{
			"program and source are gone",
			func(run *record.RunDetail) {
				run.Exe, run.ModuleDir, run.Package = run.Exe+"-gone", filepath.Join(run.Cwd, "module"), "a/program"
			},
			"module; bring one of them back, then rerun",
		},
	} {
		t.Run(test.reason, func(t *testing.T) {
			t.Parallel()
			bad := recorded(t, 2)
			test.spoil(&bad)
			results, err := Runs(t.Context(), []record.RunDetail{good, bad}, Options{Dir: t.TempDir()})
			var gone *GoneError
			if results != nil || !errors.As(err, &gone) || gone.Run != 2 {
				t.Fatalf("%v, %v; want no results and a *GoneError of run 2", results, err)
			}
			if !strings.HasPrefix(err.Error(), "rerun run 2: ") || !strings.Contains(err.Error(), test.want) {
				t.Errorf("the error is %q; want it to say %q", err, test.want)
			}
			if entries, err := os.ReadDir(good.Cwd); err != nil || len(entries) > 0 {
				t.Errorf("the good program was started all the same: %v, %v", entries, err)
			}
		})
	}
}

func TestProgramThatCannotBeStartedStopsNoOther(t *testing.T) {
	t.Parallel()
	bad := recorded(t, 1)
	bad.Exe = filepath.Join(bad.Cwd, "program")
	if err := os.WriteFile(bad.Exe, []byte("this is no program"), 0o600); err != nil {
		t.Fatal(err)
	}
	var notes []string
	var stdout output
	results, err := Runs(t.Context(), []record.RunDetail{bad, recorded(t, 2, "say:here")}, Options{
		Dir: t.TempDir(), Stdout: &stdout, Progress: func(text string) { notes = append(notes, text) },
	})
	if err == nil || !strings.HasPrefix(err.Error(), "rerun run 1: ") {
		t.Errorf("the error is %v; want it to name run 1", err)
	}
	if len(results) != 2 || results[0] != (Result{RerunOf: 1}) || results[1].PID == 0 || stdout.String() != "here\n" {
		t.Errorf("results are %v, stdout is %q; want the second program to have run", results, stdout.String())
	}
	if len(notes) != 0 {
		t.Errorf("notes are %q; there was no build ID to compare", notes)
	}
}

func TestEndOfTheContextInterrupts(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("programs cannot be interrupted there")
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	stdout := output{notify: func(text string) {
		if strings.Contains(text, "waiting") {
			cancel()
		}
	}}
	results, err := Runs(ctx, []record.RunDetail{recorded(t, 1, "wait")}, Options{Dir: t.TempDir(), Stdout: &stdout})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]Result{{RerunOf: 1, ExitCode: 7}}, withoutPID(t, results)); diff != "" {
		t.Errorf("results (-want +got):\n%s", diff)
	}
	_, err = Runs(ctx, []record.RunDetail{recorded(t, 1, "wait")}, Options{Dir: t.TempDir()})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("with a context that has ended: %v", err)
	}
}

func TestNewBuildIsReported(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ reason, buildID, want string }{
		{"not known", "", ""},
		{"another one", "another", "the program has been built anew since run 4"},
	} {
		run := recorded(t, 4)
		run.BuildID = test.buildID
		var notes []string
		options := Options{Dir: t.TempDir(), Progress: func(text string) { notes = append(notes, text) }}
		if _, err := Runs(t.Context(), []record.RunDetail{run}, options); err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(notes, "\n"); got != test.want {
			t.Errorf("build ID %s: told %q, want %q", test.reason, got, test.want)
		}
	}
}
