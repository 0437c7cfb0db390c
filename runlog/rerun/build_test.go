package rerun

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"labbook/runlog/record"
)

// moduleOf writes a module whose main package has the given body, and returns
// a run of it whose executable is gone.
func moduleOf(t *testing.T, id int64, body string) record.RunDetail {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{
		"go.mod":           "module example.com/tiny\n\ngo 1.26\n",
		"cmd/tiny/main.go": "package main\n\nimport \"os\"\n\n" + body,
	} {
		path := filepath.Join(dir, filepath.FromSlash(name))
		err := os.MkdirAll(filepath.Dir(path), 0o700)
		if err == nil {
			err = os.WriteFile(path, []byte(text), 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	run := recorded(t, id)
	run.Exe, run.ModuleDir, run.Package = filepath.Join(dir, "tiny.exe"), dir, "example.com/tiny/cmd/tiny"
	run.Env = append(run.Env, "GOFLAGS=")
	return run
}

func needsGo(t *testing.T) {
	t.Helper()
	if _, err := exec.LookPath("go"); err != nil {
		t.Skip("it needs the go command: ", err)
	}
}

func TestProgramThatIsGoneIsBuiltAgain(t *testing.T) {
	t.Parallel()
	needsGo(t)
	run := moduleOf(t, 5, "func main() {\n\texe, _ := os.Executable()\n\tos.Stdout.WriteString(exe + \"\\n\")\n}\n")
	var stdout output
	var notes []string
	started := 0
	results, err := Runs(t.Context(), []record.RunDetail{run, run}, Options{
		Dir: t.TempDir(), Stdout: &stdout, Started: func() { started++ }, Progress: func(text string) { notes = append(notes, text) },
	})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]Result{{RerunOf: 5}, {RerunOf: 5}}, withoutPID(t, results)); diff != "" || started != 2 {
		t.Errorf("%d have started; results (-want +got):\n%s", started, diff)
	}
	if diff := cmp.Diff([]string{"building example.com/tiny/cmd/tiny in " + run.ModuleDir}, notes); diff != "" {
		t.Errorf("notes (-want +got):\n%s", diff)
	}
	lines := strings.Fields(stdout.String())
	if len(lines) != 2 || lines[0] != lines[1] || filepath.Base(lines[0]) != "tiny.exe" {
		t.Fatalf("the programs were %q; want one, twice, under its old name", lines)
	}
	if _, err := os.Stat(lines[0]); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("what was built is left behind: %v", err)
	}
	if _, err := os.Stat(run.Exe); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the old place has been written to: %v", err)
	}
}

func TestSourceThatDoesNotBuild(t *testing.T) {
	t.Parallel()
	needsGo(t)
	run := moduleOf(t, 6, "func main() { os.Exit(undefinedName) }\n")
	_, err := Runs(t.Context(), []record.RunDetail{run}, Options{Dir: t.TempDir()})
	if _, ok := errors.AsType[*GoneError](err); !ok {
		t.Fatalf("%v; want a *GoneError", err)
	}
	for _, want := range []string{"tiny.exe no longer exists, and building it failed: ", "undefined: undefinedName", "; mend the source in " + run.ModuleDir} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("the error is %q; want it to say %q", err, want)
		}
	}
}

func TestNoGoCommandToBuildWith(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	run := moduleOf(t, 7, "func main() {}\n")
	_, err := Runs(t.Context(), []record.RunDetail{run}, Options{Dir: t.TempDir()})
	gone, ok := errors.AsType[*GoneError](err)
	if !ok || gone.Advice != "install Go to have it built again from "+run.ModuleDir+", or build it by hand" {
		t.Errorf("%v; want the advice to install Go", err)
	}
}
