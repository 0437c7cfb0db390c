package tests

import (
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"labbook/cache/whymiss"
	"labbook/runlog/record"
	"labbook/tests/subject"
)

// An edited is a copy of the program of that name, a module of its own, to be
// changed and built again.
type edited struct {
	module *subject.Module
	exe    string
}

const (
	originalModule = "labbook/tests/programs/edited"
	copiedModule   = "example.com/edited"
	fitName        = copiedModule + ".fit"
)

// copyEdited makes a copy.
func copyEdited(t *testing.T) *edited {
	t.Helper()
	root, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{}
	for _, name := range []string{"main.go", "input.go", "model/model.go"} {
		text := read(t, filepath.Join("programs", "edited", name))
		files[name] = strings.ReplaceAll(text, originalModule, copiedModule)
	}
	return &edited{
		module: subject.NewModule(t, root, filepath.Join(t.TempDir(), "edited"), copiedModule, "", files),
		exe:    filepath.Join(t.TempDir(), "edited"+exe),
	}
}

// build builds the program as it stands, offline.
func (e *edited) build(t *testing.T) {
	t.Helper()
	e.module.Build(t, e.exe)
}

// edit replaces a text that stands once in a file.
func (e *edited) edit(t *testing.T, name, before, after string) {
	t.Helper()
	e.module.Edit(t, name, before, after)
}

// A trial runs a program with one lab-book.
type trial struct {
	command []string
	folder  string // where it is run
	dir     string // of the lab-book
}

// program is a trial of what was built last.
func (e *edited) program(t *testing.T) trial {
	t.Helper()
	folder := t.TempDir()
	return trial{command: []string{e.exe}, folder: folder, dir: filepath.Join(folder, "book")}
}

// goRun is a trial of the source as it stands at each run.
func (e *edited) goRun(t *testing.T) trial {
	t.Helper()
	return trial{command: []string{"go", "run", "."}, folder: e.module.Dir, dir: filepath.Join(t.TempDir(), "book")}
}

// A setup is what can be different from one run to the next, besides the
// source.
type setup struct {
	args []string
	env  []string
	exit string // "exit status 0" if ""
}

// run runs the program in debug mode.
func (r trial) run(t *testing.T, s setup) ending {
	t.Helper()
	program := command(t, r.command[0], slices.Concat(r.command[1:], s.args)...)
	program.Dir = r.folder
	program.Env = environment(slices.Concat(subject.Building(), []string{"LABBOOK_DIR=" + r.dir, "JOBLIB_DEBUG=1"}, s.env)...)
	end := finish(t, program)
	want := s.exit
	if want == "" {
		want = "exit status 0"
	}
	if end.Exit != want {
		t.Fatalf("%v ended with %s, want %s\n%s", s.args, end.Exit, want, end.Stderr)
	}
	return end
}

// told is what the lab-book has of the call of the newest run.
type told struct {
	Call        record.Call
	Explanation whymiss.Explanation // of a miss
}

// ask reads the lab-book.
func (r trial) ask(t *testing.T) told {
	t.Helper()
	book := openBook(t, r.dir)
	calls := callsOf(t, book, newestRun(t, book).ID)
	if len(calls) != 1 || calls[0].Function != fitName {
		t.Fatalf("the run made the calls %+v, want one of %s", calls, fitName)
	}
	explanation, err := whymiss.Explain(t.Context(), book, calls[0].ID)
	var hit *whymiss.HitError
	if isHit := errors.As(err, &hit); err != nil && !isHit || isHit != (calls[0].Outcome == record.Hit) {
		t.Fatalf("explain a %s: %v", calls[0].Outcome, err)
	}
	return told{calls[0], explanation}
}

// runAndAsk does both.
func (r trial) runAndAsk(t *testing.T, s setup) told {
	t.Helper()
	r.run(t, s)
	return r.ask(t)
}

// mustHit runs the program and wants a hit.
func (r trial) mustHit(t *testing.T, s setup, why string) {
	t.Helper()
	if got := r.runAndAsk(t, s); got.Call.Outcome != record.Hit {
		t.Fatalf("%s: a %s (%s: %s)\n%+v", why, got.Call.Outcome, got.Explanation.Reason.Kind, got.Explanation.Reason.Summary, got.Explanation.Differences)
	}
}

// mustMiss runs the program and wants a miss of that kind, explained by a
// sentence that has those words in it.
func (r trial) mustMiss(t *testing.T, s setup, why string, kind record.ReasonKind, words ...string) told {
	t.Helper()
	got := r.runAndAsk(t, s)
	if got.Call.Outcome != record.Miss {
		t.Fatalf("%s: a %s", why, got.Call.Outcome)
	}
	got.mustSay(t, why, kind, words...)
	return got
}

func (g *told) mustSay(t *testing.T, why string, kind record.ReasonKind, words ...string) {
	t.Helper()
	got, summary := g.Explanation.Reason.Kind, g.Explanation.Summary()
	missing := slices.ContainsFunc(words, func(word string) bool { return !strings.Contains(summary, word) })
	if got != kind || missing {
		t.Errorf("%s: explained by %s: %s\nwant %s with %q", why, got, summary, kind, words)
	}
}
