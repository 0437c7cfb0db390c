package misses

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"labbook/runlog"
	"labbook/runlog/record"
	"labbook/tests/subject"
)

// A laboratory has the programs that situations run.
type laboratory struct {
	labbook  *made[string] // the command
	programs map[program]*made[string]
	edited   *made[*editedProgram]
}

// A made is made when it is first needed, once for all that need it.
type made[T any] struct {
	make func(t *testing.T) T
	once sync.Once
	is   bool
	made T
}

func (m *made[T]) get(t *testing.T) T {
	t.Helper()
	m.once.Do(func() {
		m.made = m.make(t)
		m.is = true
	})
	if !m.is {
		t.Fatal("a program that this needs could not be made; another situation says why")
	}
	return m.made
}

// equip prepares a laboratory, which lasts as long as t.
func equip(t *testing.T) *laboratory {
	t.Helper()
	dir := t.TempDir()
	built := func(name, pkg string, flags ...string) *made[string] {
		return &made[string]{make: func(t *testing.T) string {
			t.Helper()
			exe := filepath.Join(dir, name+subject.Exe)
			cmd := subject.Command(t, "go", slices.Concat([]string{"build"}, flags, []string{"-o", exe, pkg})...)
			cmd.Env = subject.Environment("CGO_ENABLED=0")
			if end := subject.Finish(t, cmd); end.Exit != "exit status 0" {
				t.Fatalf("build %s: %s\n%s", pkg, end.Exit, end.Stderr)
			}
			return exe
		}}
	}
	return &laboratory{
		labbook: built("labbook", "labbook/cmd/labbook"),
		programs: map[program]*made[string]{
			study:      built("study", "./programs/study"),
			newerGo:    built("newer", "./programs/study", "-ldflags", "-X runtime.buildVersion=go1.99.1"),
			otherStudy: built("other", "./programs/other"),
		},
		edited: &made[*editedProgram]{make: func(t *testing.T) *editedProgram { t.Helper(); return runEdits(t, dir) }},
	}
}

// A bench is where one situation happens.
type bench struct {
	lab       *laboratory
	situation *situation
	book      string
	place     place
}

// tell lets a situation happen, and asks why its last call was made.
func (l *laboratory) tell(t *testing.T, s *situation) told {
	t.Helper()
	if s.code != nil {
		return l.edited.get(t).tell(t, l, s)
	}
	dir := t.TempDir()
	b := &bench{lab: l, situation: s, book: filepath.Join(dir, "book")}
	b.place = place{work: filepath.Join(dir, "work"), cache: filepath.Join(b.book, "cache"), labbook: func(args ...string) error {
		return b.command(t, args...)
	}}
	for _, folder := range []string{b.book, b.place.work} {
		if err := os.Mkdir(folder, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	var held []func()
	for i := range s.runs {
		if end := b.run(t, i); end != nil {
			held = append(held, end)
		}
	}
	for _, end := range held {
		end()
	}
	return l.ask(t, b.book, int64(len(s.runs)), "")
}

// run does one run. If that is held, it returns what ends it.
func (b *bench) run(t *testing.T, i int) (end func()) {
	t.Helper()
	r := &b.situation.runs[i]
	if r.byHand != nil {
		if err := r.byHand(b.place); err != nil {
			t.Fatal(err)
		}
	}
	var args []string
	switch {
	case r.program != otherStudy:
		args = []string{"-situation", b.situation.name, "-run", strconv.Itoa(i + 1)}
	case r.does != nil:
		args = []string{"-named"}
	}
	cmd := subject.Command(t, b.lab.programs[r.program].get(t), args...)
	cmd.Dir = b.place.work
	cmd.Env = subject.Environment(append([]string{"LABBOOK_DIR=" + b.book}, r.env...)...)
	if !r.plain {
		cmd.Env = append(cmd.Env, "JOBLIB_DEBUG=1")
	}
	if r.held {
		return hold(t, cmd)
	}
	want := r.ends
	if want == "" {
		want = "exit status 0"
	}
	if got := subject.Finish(t, cmd); got.Exit != want {
		t.Fatalf("run %d ended with %s, want %s\n%s", i+1, got.Exit, want, got.Stderr)
	}
	return nil
}

// hold starts a program and returns once it says that its call has begun.
func hold(t *testing.T, cmd *exec.Cmd) (end func()) {
	t.Helper()
	input, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	output, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if line, err := bufio.NewReader(output).ReadString('\n'); strings.TrimSpace(line) != begun {
		t.Fatalf("the program printed %q, want %q: %v", line, begun, err)
	}
	return func() {
		if err := input.Close(); err != nil {
			t.Error(err)
		}
		if err := cmd.Wait(); err != nil {
			t.Errorf("the program that was held: %v", err)
		}
	}
}

// command runs labbook, as a person would, for what it does.
func (b *bench) command(t *testing.T, args ...string) error {
	t.Helper()
	_, err := b.lab.run(t, b.book, args...)
	return err
}

func (l *laboratory) run(t *testing.T, book string, args ...string) (stdout string, err error) {
	t.Helper()
	cmd := subject.Command(t, l.labbook.get(t), slices.Concat([]string{"--dir", book}, args)...)
	cmd.Env = subject.Environment()
	end := subject.Finish(t, cmd)
	if end.Exit != "exit status 0" {
		return "", fmt.Errorf("labbook %s: %s: %s", strings.Join(args, " "), end.Exit, end.Stderr)
	}
	return end.Stdout, nil
}

// ask asks why the last call of a run was made, of those whose function's name
// begins so.
func (l *laboratory) ask(t *testing.T, book string, run int64, function string) told {
	t.Helper()
	call := lastCall(t, book, run, function)
	got := told{outcome: call.Outcome}
	if call.Outcome == record.Hit {
		return got
	}
	printed, err := l.run(t, book, "why-miss", call.ID.String(), "--json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.NewDecoder(bytes.NewReader([]byte(printed))).Decode(&got.explanation); err != nil {
		t.Fatalf("read what why-miss printed: %v\n%s", err, printed)
	}
	return got
}

func lastCall(t *testing.T, dir string, run int64, function string) record.Call {
	t.Helper()
	book, err := runlog.Open(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	defer book.Close()
	if err := book.Leftovers(); err != nil {
		t.Fatal(err)
	}
	calls, err := book.Calls(t.Context(), record.CallQuery{Filter: record.Filter{Run: run}, Limit: 1 << 10})
	if err != nil {
		t.Fatal(err)
	}
	for i := range calls { // newest first
		if strings.HasPrefix(calls[i].Function, function) {
			return calls[i]
		}
	}
	t.Fatalf("run %d made no call of %q", run, function)
	return record.Call{}
}
