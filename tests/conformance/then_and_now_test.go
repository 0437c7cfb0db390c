package conformance

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"labbook/cache"
	"labbook/cache/whymiss"
	"labbook/runlog"
	"labbook/runlog/record"
)

// makeVariable makes TestMakeProgram a program, in the working directory.
const makeVariable = "LABBOOK_CONFORMANCE_MAKE"

// compileSource and linkObjects are the rules of a makefile. They say on stderr
// that they run.
func compileSource(source cache.File) (cache.File, error) {
	fmt.Fprintln(os.Stderr, "ran compile", source)
	text, err := os.ReadFile(string(source))
	if err != nil {
		return "", err
	}
	object := strings.TrimSuffix(string(source), ".src") + ".obj"
	return cache.File(object), os.WriteFile(object, bytes.ToUpper(text), 0o600)
}

func linkObjects(objects []cache.File) (cache.File, error) {
	fmt.Fprintln(os.Stderr, "ran link")
	var program []byte
	for _, object := range objects {
		code, err := os.ReadFile(string(object))
		if err != nil {
			return "", err
		}
		program = append(program, code...)
	}
	return "program", os.WriteFile("program", program, 0o700)
}

func TestMakeProgram(t *testing.T) { //nolint:paralleltest // it is a program
	if os.Getenv(makeVariable) == "" {
		t.Skip("it is a program for another test")
	}
	run := runlog.Start()
	defer run.End(nil)
	mem := cache.New("", cache.Options{})
	compile := cache.Wrap(mem, compileSource, cache.Names("source"))
	link := cache.Wrap(mem, linkObjects, cache.Names("objects"))
	sources, err := filepath.Glob("*.src")
	if err != nil {
		t.Fatal(err)
	}
	var objects []cache.File
	for _, source := range sources {
		object, err := compile(cache.File(source))
		if err != nil {
			t.Fatal(err)
		}
		objects = append(objects, object)
	}
	if _, err := link(objects); err != nil {
		t.Fatal(err)
	}
}

// From joblib's first releases: a step runs again only if an input has changed,
// and the lab-book says why it did.
func TestThenAndNowMake(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	book := filepath.Join(dir, "book")
	put := func(name, text string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	lose := func(pattern string) {
		paths, err := filepath.Glob(filepath.Join(dir, pattern))
		if err != nil || len(paths) == 0 {
			t.Fatalf("nothing to lose at %s: %v", pattern, err)
		}
		for _, path := range paths {
			if err := os.RemoveAll(path); err != nil {
				t.Fatal(err)
			}
		}
	}
	for i, step := range []struct {
		reason  string
		change  func()
		ran     []string // in order
		program string
		why     []string // of each that ran, sorted: reason, and where arguments differ
	}{
		{
			"everything is new", func() { put("a.src", "a1 "); put("b.src", "b1 "); put("c.src", "c1 ") },
			[]string{"compile a.src", "compile b.src", "compile c.src", "link"},
			"A1 B1 C1 ",
			// The name of the source counts besides its content, for the object is
			// named after it.
			[]string{"dependency-changed", "dependency-changed", "first-call", "first-call"},
		},
		{"nothing changed", func() {}, nil, "A1 B1 C1 ", nil},
		{"an input is newer and the same", func() {
			later := time.Now().Add(time.Hour)
			if err := os.Chtimes(filepath.Join(dir, "a.src"), later, later); err != nil {
				t.Fatal(err)
			}
		}, nil, "A1 B1 C1 ", nil},
		{
			"an input changed", func() { put("b.src", "b2 ") },
			[]string{"compile b.src", "link"},
			"A1 B2 C1 ",
			[]string{"argument-changed objects", "argument-changed source"},
		},
		{"an output is missing", func() { lose("program"); lose("a.obj") }, nil, "A1 B2 C1 ", nil},
		{"an output was changed", func() { put("program", "?") }, nil, "A1 B2 C1 ", nil},
		{
			"an output is missing for good", func() { lose("a.obj"); lose("book/cache/labbook.*file") },
			[]string{"compile a.src"},
			"A1 B2 C1 ",
			[]string{"invalidated"},
		},
		{
			// The copy of b's old object is lost too, and so is the program's.
			"an input is what it was", func() { put("b.src", "b1 ") },
			[]string{"compile b.src", "link"},
			"A1 B1 C1 ",
			[]string{"invalidated", "invalidated"},
		},
		{"and again the other", func() { put("b.src", "b2 ") }, []string{"compile b.src", "link"}, "A1 B2 C1 ", []string{"invalidated", "invalidated"}},
		{"now both are kept", func() { put("b.src", "b1 ") }, nil, "A1 B1 C1 ", nil},
	} {
		step.change()
		if ran := runMake(t, dir, book); !slices.Equal(ran, step.ran) {
			t.Errorf("%s: ran %q, want %q", step.reason, ran, step.ran)
		}
		program, err := os.ReadFile(filepath.Join(dir, "program"))
		if err != nil || string(program) != step.program {
			t.Errorf("%s: the program is %q, %v; want %q", step.reason, program, err, step.program)
		}
		if diff := cmp.Diff(step.why, whyMade(t, book, int64(i+1))); diff != "" {
			t.Errorf("%s: the lab-book says (-want +got):\n%s", step.reason, diff)
		}
	}
}

// runMake runs the program and returns what it ran.
func runMake(t *testing.T, dir, book string) (ran []string) {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	program := exec.CommandContext(t.Context(), exe, "-test.run=^TestMakeProgram$")
	program.Dir = dir
	program.Env = append(os.Environ(), makeVariable+"=1", "LABBOOK_DIR="+book, "LABBOOK_CAPTURE=off", "LABBOOK=on")
	var stderr bytes.Buffer
	program.Stderr = &stderr
	if out, err := program.Output(); err != nil {
		t.Fatalf("%v\n%s%s", err, out, &stderr)
	}
	for line := range strings.Lines(stderr.String()) {
		what, ok := strings.CutPrefix(strings.TrimSpace(line), "ran ")
		if !ok {
			t.Fatalf("unexpected on stderr: %s", line)
		}
		ran = append(ran, what)
	}
	return ran
}

// whyMade returns why calls of a run were computed.
func whyMade(t *testing.T, dir string, run int64) (why []string) {
	t.Helper()
	book, err := runlog.Open(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	defer book.Close()
	misses, err := whymiss.Misses(t.Context(), book, run, 100)
	if err != nil {
		t.Fatal(err)
	}
	for _, miss := range misses {
		line := string(miss.Reason.Kind)
		if miss.Reason.Kind == record.ArgumentChanged {
			for _, d := range miss.Differences {
				line += " " + d.Part
			}
		}
		why = append(why, line)
	}
	slices.Sort(why)
	return why
}
