package misses

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"labbook/tests/subject"
)

// modulePath is that of the module that has all packages which are edited.
const modulePath = "example.com/lab"

// standIn is a module that is at hand wherever labbook is tested, and that no
// program needs: it stands in for example.com/weights, so that there is a module
// with a version to edit. A module cannot be there under two names, so its own
// one goes to an empty folder.
const standIn = "github.com/rogpeppe/go-internal"

// modules is what go.mod says of other modules; version is that of standIn.
func modules(version string) string {
	return `
require (
	example.com/near v0.0.0
	example.com/weights v1.0.0
)

replace (
	` + standIn + ` => ./empty
	example.com/near => ./near
	example.com/weights => ` + standIn + ` ` + version + `
)
`
}

// versionIn returns the version that a go.mod requires of standIn.
func versionIn(t *testing.T, mod string) string {
	t.Helper()
	_, after, found := strings.Cut(mod, standIn+" ")
	if !found {
		t.Fatalf("go.mod does not require %s", standIn)
	}
	return strings.Fields(after)[0]
}

// An editedProgram has been built and run after each round of edits, with its
// source in sight and without.
type editedProgram struct {
	book     string
	deployed string // lab-book of where its source is not
}

// runEdits makes all edits of all situations: one build serves them all.
func runEdits(t *testing.T, dir string) *editedProgram {
	t.Helper()
	root, err := filepath.Abs(filepath.Join("..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	p := &editedProgram{book: filepath.Join(dir, "book"), deployed: filepath.Join(dir, "deployed")}
	home := filepath.Join(dir, "module")
	more := modules(versionIn(t, subject.Read(t, filepath.Join(root, "go.mod"))))
	module := subject.NewModule(t, root, home, modulePath, more, sources())
	run := func(exe, book string) {
		cmd := subject.Command(t, exe)
		cmd.Dir = dir
		cmd.Env = subject.Environment(append(subject.Building(), "LABBOOK_DIR="+book, "JOBLIB_DEBUG=1")...)
		if end := subject.Finish(t, cmd); end.Exit != "exit status 0" {
			t.Fatalf("the edited program ended with %s\n%s", end.Exit, end.Stderr)
		}
	}
	for round := range 1 + rounds() {
		for _, s := range editing() {
			if round > 0 && round <= len(s.code.edits) {
				for _, e := range s.code.edits[round-1] {
					module.Edit(t, e.file, e.before, e.after)
				}
			}
		}
		exe := filepath.Join(dir, fmt.Sprintf("edited-%d%s", round, subject.Exe))
		module.Build(t, exe)
		run(exe, p.book)
		away := filepath.Join(dir, "away")
		rename(t, home, away)
		run(exe, p.deployed)
		rename(t, away, home)
	}
	return p
}

func rename(t *testing.T, from, to string) {
	t.Helper()
	if err := os.Rename(from, to); err != nil {
		t.Fatal(err)
	}
}

// editing are the situations in which code is edited.
func editing() []situation {
	return slices.DeleteFunc(situations(), func(s situation) bool { return s.code == nil })
}

// rounds is how often anything is edited.
func rounds() int {
	most := 0
	for _, s := range editing() {
		most = max(most, len(s.code.edits))
	}
	return most
}

// sources are all files of all situations, and a main package that calls what they
// are about.
func sources() map[string]string {
	files := map[string]string{"empty/go.mod": "module " + standIn + "\n"}
	packages := map[string]bool{}
	for _, s := range editing() {
		for _, f := range txtar.Parse([]byte(s.code.files)).Files {
			files[f.Name] = string(f.Data)
		}
		packages[s.code.pkg()] = true
	}
	var imports, calls strings.Builder
	for _, name := range slices.Sorted(maps.Keys(packages)) {
		fmt.Fprintf(&imports, "\t%q\n", modulePath+"/"+name)
		fmt.Fprintf(&calls, "\t%s.Call(lab)\n", name)
	}
	files["main.go"] = fmt.Sprintf(`package main

import (
	"context"

	"labbook/cache"
	"labbook/runlog"
%s)

func main() { runlog.Main(analyse) }

func analyse(context.Context, *runlog.Run) error {
	lab := cache.New("", cache.Options{})
%s	return nil
}
`, imports.String(), calls.String())
	return files
}

// pkg is the folder of the package that a situation is about.
func (c *code) pkg() string {
	name, _, _ := strings.Cut(txtar.Parse([]byte(c.files)).Files[0].Name, "/")
	return name
}

// tell asks why the last call of a situation was made, in the run after its last
// edit.
func (p *editedProgram) tell(t *testing.T, l *laboratory, s *situation) told {
	t.Helper()
	book := p.book
	if s.code.deployed {
		book = p.deployed
	}
	return l.ask(t, book, int64(1+len(s.code.edits)), modulePath+"/"+s.code.pkg()+".")
}
