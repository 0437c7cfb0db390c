package codeid

import (
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// A builtProgram is the program of testdata/program.txtar, with this module in
// one workspace.
type builtProgram struct{ dir string }

func newBuiltProgram(t *testing.T) *builtProgram {
	t.Helper()
	if testing.Short() {
		t.Skip("builds programs")
	}
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	dir, err := filepath.EvalSymlinks(writeModule(t, readTestdata(t, "program.txtar")))
	if err != nil {
		t.Fatal(err)
	}
	mod, err := readModFile(filepath.Join(root, "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "go.work"), "go "+mod.language+"\n\nuse (\n\t./lab\n\t"+root+"\n)\n")
	return &builtProgram{dir: dir}
}

func (p *builtProgram) file(name string) string {
	return filepath.Join(p.dir, "lab", filepath.FromSlash(name))
}

// command runs in the module's folder, as one would without this test around.
func (p *builtProgram) command(t *testing.T, env, args []string) []byte {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), args[0], args[1:]...)
	cmd.Dir = filepath.Join(p.dir, "lab")
	cmd.Env = append(append(os.Environ(), "GOFLAGS=", "GOWORK=", "CGO_ENABLED=0"), env...)
	var problems strings.Builder
	cmd.Stderr = &problems
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%q: %v\n%s%s", args, err, out, problems.String())
	}
	return out
}

func (p *builtProgram) build(t *testing.T, env []string, flags ...string) {
	t.Helper()
	args := append([]string{"go", "build", "-o", filepath.Join(p.dir, "program.exe")}, flags...)
	p.command(t, env, append(args, "."))
}

type programResult struct {
	ID    *Identity
	Error string
}

func (p *builtProgram) run(t *testing.T) map[string]programResult {
	t.Helper()
	return parseReport(t, p.command(t, nil, []string{filepath.Join(p.dir, "program.exe")}))
}

func parseReport(t *testing.T, out []byte) map[string]programResult {
	t.Helper()
	var results map[string]programResult
	if err := json.NewDecoder(strings.NewReader(string(out))).Decode(&results); err != nil {
		t.Fatalf("%v in %q", err, out)
	}
	return results
}

// wantNames are the functions of the program by import path.
var wantNames = map[string]string{
	"function":         "example.com/lab.v1/digits.x.train",
	"imported":         "example.com/lab.v1/digits.x/sub.Double",
	"value method":     "example.com/lab.v1/digits.x.model.Value",
	"value by pointer": "example.com/lab.v1/digits.x.(*model).Value",
	"pointer method":   "example.com/lab.v1/digits.x.(*model).Pointer",
	"unexported":       "example.com/lab.v1/digits.x.model.unexported",
	"promoted":         "example.com/lab.v1/digits.x.ensemble.Value",
	"interface":        "example.com/lab.v1/digits.x.valuer.Value",
	"zero int":         "example.com/lab.v1/digits.x.zero[int]",
	"zero celsius":     "example.com/lab.v1/digits.x.zero[example.com/lab.v1/digits.x.celsius]",
	"zero local":       "example.com/lab.v1/digits.x.zero[example.com/lab.v1/digits.x.local·1]",
	"generic method":   "example.com/lab.v1/digits.x/sub.Box[example.com/lab.v1/digits.x.celsius].Get",
	"variable literal": "example.com/lab.v1/digits.x.init.func1",
	"literal":          "example.com/lab.v1/digits.x.functions.func1",
	"local constant":   "example.com/lab.v1/digits.x.localConstant.func1",
	"standard":         "strings.ToUpper",
}

// wantRefused are the refused functions and what the message must say.
var wantRefused = map[string][]string{
	"capture":          {"main.refused.func1 (main.go:82)", "captures n", "package level"},
	"made":             {"captures by", "as arguments"},
	"method value":     {"method value", "main.model.Value", "receiver as an argument"},
	"interface value":  {"method value", "main.valuer.Value"},
	"inside a generic": {"generic", "load[int]"},
	"nil":              {"nil"},
	"no function":      {"int", "no function"},
}

func checkNames(t *testing.T, results map[string]programResult, kind Kind) {
	t.Helper()
	got := map[string]string{}
	codes := map[string]string{}
	for label, r := range results {
		if r.ID == nil {
			continue
		}
		got[label] = r.ID.Name
		if r.ID.Kind != kind {
			t.Errorf("%s: kind %s (%s), want %s", label, r.ID.Kind, r.ID.Reason, kind)
		}
		if other, taken := codes[r.ID.Code.String()]; taken {
			t.Errorf("%s and %s have the same code digest", label, other)
		}
		codes[r.ID.Code.String()] = label
		// On 32 bits only the source tells that a literal captures nothing.
		if r.Error != "" && (kind == FromSource || addressesTell) {
			t.Errorf("%s is refused: %s", label, r.Error)
		}
	}
	if diff := cmp.Diff(wantNames, got); diff != "" {
		t.Error(diff)
	}
}

func checkRefused(t *testing.T, results map[string]programResult) {
	t.Helper()
	for label, words := range wantRefused {
		for _, word := range words {
			if !strings.Contains(results[label].Error, word) {
				t.Errorf("%s: %q does not say %q", label, results[label].Error, word)
			}
		}
	}
}

func TestProgram(t *testing.T) {
	t.Parallel()
	p := newBuiltProgram(t)
	p.build(t, nil)
	first := p.run(t)
	checkNames(t, first, FromSource)
	checkRefused(t, first)
	if got, want := first["module"].Error, filepath.Join(p.dir, "lab"); got != want {
		t.Errorf("module folder %q, want %q", got, want)
	}
	if id := strings.TrimSpace(string(p.command(t, nil, []string{"go", "tool", "buildid", filepath.Join(p.dir, "program.exe")}))); first["build"].Error != id+"<nil>" {
		t.Errorf("build ID %q, want %q", first["build"].Error, id)
	}
	if got := first["function"].ID; filepath.Base(got.File) != "main.go" || got.Line != 14 {
		t.Errorf("train is at %s:%d, want main.go:14", got.File, got.Line)
	}

	// In a test of the same package the function is the same one.
	tested := parseReport(t, p.command(t, nil, []string{"go", "test", "-v", "."}))
	if got, want := tested["function"].ID, first["function"].ID; got.Name != want.Name || got.Code != want.Code {
		t.Errorf("in a test: %s %s %s, want %s %s", got.Name, got.Code, got.Reason, want.Name, want.Code)
	}
	if tested["module"].Error != first["module"].Error {
		t.Errorf("in a test: module folder %q", tested["module"].Error)
	}

	// An edit of what the function calls, built again.
	replace(t, p.file("main.go"), "return x * 2 }", "return x * 2.5 }")
	replace(t, p.file("sub/sub.go"), "// Double is", "// Double can be")
	stale := p.run(t)
	for _, label := range []string{"function", "imported"} {
		if id := stale[label].ID; id.Kind != FromBuild || !strings.Contains(id.Reason, "is newer than the executable") {
			t.Errorf("%s after an edit without a build: %s %q", label, id.Kind, id.Reason)
		}
	}
	p.build(t, nil)
	second := p.run(t)
	for label, changes := range map[string]bool{
		"function": true, "unexported": true, "imported": false, "literal": false, "zero int": false,
	} {
		if changed := first[label].ID.Code != second[label].ID.Code; changed != changes {
			t.Errorf("%s: code digest changed: %v, want %v", label, changed, changes)
		}
	}
}

// TestProgramBuiltOtherwise builds the same source in ways that change the
// executable and not the results: the identities are the same.
func TestProgramBuiltOtherwise(t *testing.T) {
	t.Parallel()
	p := newBuiltProgram(t)
	p.build(t, nil)
	plain := p.run(t)
	builds := map[string][]string{
		"for coverage, which rewrites the source": {"-cover"},
		"without optimisation":                    {"-gcflags=all=-N -l"},
		"with a build ID given by hand":           {"-ldflags=-buildid=redacted"},
	}
	env := []string{"GOCOVERDIR=" + t.TempDir()}
	if _, err := exec.LookPath("gcc"); err == nil && runtime.GOOS == "linux" && runtime.GOARCH == "amd64" {
		builds["for the race detector"] = []string{"-race"}
		env = append(env, "CGO_ENABLED=1")
	}
	for reason, flags := range builds {
		p.build(t, env, flags...)
		results := parseReport(t, p.command(t, env, []string{filepath.Join(p.dir, "program.exe")}))
		for label, want := range plain {
			if want.ID == nil {
				continue
			}
			got := results[label].ID
			if got.Kind != want.ID.Kind || got.Code != want.ID.Code {
				t.Errorf("%s: %s is %s %s %q, want %s %s", reason, label, got.Kind, got.Code, got.Reason, want.ID.Kind, want.ID.Code)
			}
		}
		if reason == "with a build ID given by hand" && !strings.HasPrefix(results["build"].Error, "content:") {
			t.Errorf("%s: build ID %q", reason, results["build"].Error)
		}
	}
}

func TestProgramWithoutSource(t *testing.T) {
	t.Parallel()
	p := newBuiltProgram(t)
	flags := []string{"-trimpath", "-ldflags=-s -w"}
	if runtime.GOOS == "linux" && addressesTell {
		// Loaded at another address than the file says, without a C linker.
		flags = append(flags, "-buildmode=pie")
	}
	p.build(t, nil, flags...)
	results := p.run(t)
	checkNames(t, results, FromBuild)
	if reason := results["function"].ID.Reason; !strings.Contains(reason, "-trimpath") {
		t.Errorf("reason %q does not say -trimpath", reason)
	}
}

func TestProgramOf32Bits(t *testing.T) {
	t.Parallel()
	p := newBuiltProgram(t)
	p.build(t, []string{"GOARCH=386"})
	if err := exec.CommandContext(t.Context(), filepath.Join(p.dir, "program.exe")).Run(); errors.Is(err, syscall.ENOEXEC) {
		t.Skip("this kernel runs no 32-bit programs")
	}
	results := p.run(t)
	checkNames(t, results, FromSource)
	checkRefused(t, results)

	// Without trusted source a literal cannot be told from a closure.
	later := time.Now().Add(time.Hour)
	if err := os.Chtimes(p.file("main.go"), later, later); err != nil {
		t.Fatal(err)
	}
	results = p.run(t)
	if got := results["literal"].Error; !strings.Contains(got, "main.go is newer than the executable") || !strings.Contains(got, "package level") {
		t.Errorf("error %q", got)
	}
	if got := results["function"].Error; got != "" {
		t.Errorf("a function is refused: %s", got)
	}
}

func TestExternalTest(t *testing.T) {
	t.Parallel()
	p := newBuiltProgram(t)
	out := string(p.command(t, nil, []string{"go", "test", "-v", "./sub"}))
	for _, want := range []string{
		"example.com/lab.v1/digits.x/sub.Double source \n",
		"example.com/lab.v1/digits.x/sub_test.inTest source \n",
		filepath.Join(p.dir, "lab") + "\n",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is missing in %s", want, out)
		}
	}
}
