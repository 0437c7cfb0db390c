package conformance

import (
	"context"
	"errors"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"labbook/cache"
)

func add(test string, x, y float64) float64 {
	count(test)
	return x + y
}

func TestCalledOncePerDistinctBoundArguments(t *testing.T) {
	t.Parallel()
	cached := cache.Wrap(memory(t), add)
	for range 3 {
		for _, args := range [][2]float64{{1, 2}, {2, 1}, {1, 3}, {math.Copysign(0, -1), 0}, {0, 0}} {
			if got := cached(t.Name(), args[0], args[1]); got != args[0]+args[1] {
				t.Errorf("add%v is %v", args, got)
			}
		}
	}
	mustRun(t, 5, "once for each of the distinct arguments, in their order")
}

type fitting struct {
	Rate   float64
	Layers []int
	Name   string
}

func fit(test string, how fitting, seeds ...int) int {
	count(test)
	return len(how.Layers) + len(seeds)
}

// Go has no default values; what comes nearest are the zero values of fields
// that are not set, and variadic arguments.
func TestDefaultsAndExplicitValuesAreTheSameCall(t *testing.T) {
	t.Parallel()
	cached := cache.Wrap(memory(t), fit)
	cached(t.Name(), fitting{Rate: 0.5})
	cached(t.Name(), fitting{Rate: 0.5, Layers: nil, Name: ""})
	mustRun(t, 1, "a field that is not set is its zero value")
	cached(t.Name(), fitting{Rate: 0.5}, []int{}...)
	mustRun(t, 0, "no variadic arguments are an empty list of them")
	cached(t.Name(), fitting{Rate: 0.5}, 1, 2)
	cached(t.Name(), fitting{Rate: 0.5}, []int{1, 2}...)
	mustRun(t, 1, "a list of variadic arguments is each of them")
}

func TestNoLocationIsTransparent(t *testing.T) {
	t.Parallel()
	for name, m := range map[string]*cache.Memory{
		"no memory": nil,
		"off":       cache.New(filepath.Join(t.TempDir(), "never"), cache.Options{Off: true}),
	} {
		f := cache.NewFunction(m, fallible)
		for range 2 {
			if got, err := f.Call(t.Name(), 4); got != 2 || err != nil {
				t.Errorf("%s: half of 4 is %v, %v", name, got, err)
			}
			if _, err := f.Call(t.Name(), 3); !errors.Is(err, errAsked) {
				t.Errorf("%s: half of 3 fails with %v", name, err)
			}
		}
		mustRun(t, 4, name+": each call is the function's own")
		if has, err := f.Contains(t.Name(), 4); has || err != nil {
			t.Errorf("%s: it contains a result: %v, %v", name, has, err)
		}
	}
	unkeyable := cache.Wrap(cache.New("", cache.Options{Off: true}), anything)
	if got := unkeyable(t.Name(), func() {}); got != "anything" {
		t.Errorf("a cache that is off refuses an argument: %v", got)
	}
}

func anything(test string, _ any) any {
	count(test)
	return "anything"
}

func noisy(test string, x int, verbose bool, _ func(string)) int {
	count(test)
	return 2 * x
}

func TestIgnoredArgumentsDoNotAffectTheKey(t *testing.T) {
	t.Parallel()
	cached := cache.Wrap(memory(t), noisy, cache.Names("test", "x", "verbose", "log"), cache.Ignore("verbose", "log"))
	if cached(t.Name(), 1, true, func(string) {}) != 2 || cached(t.Name(), 1, false, nil) != 2 {
		t.Error("a wrong result")
	}
	mustRun(t, 1, "the calls differ in ignored arguments alone, one of which could not be keyed")
	cached(t.Name(), 2, true, nil)
	mustRun(t, 1, "another argument differs")
}

// wrapOf is a wrapper as libraries have them: it passes on functions.
func wrapOf[F any](m *cache.Memory, fn F, options ...cache.Option) F {
	return cache.Wrap(m, fn, append(options, cache.Ignore("verbose", "log"))...)
}

func throughWrapper(test string, x int) int {
	return noisy(test, x, false, nil)
}

func TestIgnoredArgumentsAlsoThroughWrappers(t *testing.T) {
	t.Parallel()
	m := memory(t)
	cached := wrapOf(m, noisy, cache.Names("test", "x", "verbose", "log"))
	cached(t.Name(), 1, true, nil)
	cached(t.Name(), 1, false, nil)
	mustRun(t, 1, "the option comes from a wrapper")
	// A cached function that calls the other's original is one of its own.
	if outer := cache.Wrap(m, throughWrapper); outer(t.Name(), 1)+outer(t.Name(), 1) != 4 {
		t.Error("a wrong result through a wrapper")
	}
	mustRun(t, 1, "the wrapper is cached by itself")
}

func TestUnknownIgnoredNameIsAnError(t *testing.T) {
	t.Parallel()
	m := memory(t)
	message := mustPanic(t, "ignoring an unknown name", func() {
		cache.Wrap(m, add, cache.Names("test", "x", "y"), cache.Ignore("loud"))
	})
	if !strings.Contains(message, `"loud"`) {
		t.Errorf("the panic does not name what is unknown: %s", message)
	}
}

func fallible(test string, n int) (int, error) {
	count(test)
	switch {
	case n < 0:
		panic("negative")
	case n%2 != 0:
		return n, errAsked
	}
	return n / 2, nil
}

func TestErrorsPropagateAndAreNotCached(t *testing.T) {
	t.Parallel()
	m := memory(t)
	f := cache.NewFunction(m, fallible)
	for range 2 {
		if n, err := f.Call(t.Name(), 3); !errors.Is(err, errAsked) || n != 3 {
			t.Errorf("half of 3 is %v, %v; want what the function returned", n, err)
		}
		if message := mustPanic(t, "half of -1", func() { _, _ = f.Call(t.Name(), -1) }); message != "negative" {
			t.Errorf("it panics with %q", message)
		}
	}
	mustRun(t, 4, "neither an error nor a panic is a result")
	for _, n := range []int{3, -1} {
		if has, err := f.Contains(t.Name(), n); has || err != nil {
			t.Errorf("there is a result for %d: %v, %v", n, has, err)
		}
	}
	if dir, err := m.Dir(); err != nil || len(entryFiles(t, dir)) > 0 {
		t.Errorf("failures left the entries %q, %v", entryFiles(t, dir), err)
	}
}

func first(test string, x int) int {
	count(test)
	return x + 1
}

func second(test string, x int) int {
	count(test)
	return x + 2
}

func TestTwoFunctionsOfOneName(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, round := range []string{"computed", "loaded"} {
		var told warnings
		m := memoryIn(t, dir, cache.Options{Warnings: &told})
		f, g := cache.Wrap(m, first, cache.Name("shared")), cache.Wrap(m, second, cache.Name("shared"))
		if f(t.Name(), 1) != 2 || g(t.Name(), 1) != 3 || f(t.Name(), 1) != 2 {
			t.Errorf("%s: a wrong result of one of two functions of a name", round)
		}
		if text := told.String(); !strings.Contains(text, "shared") || !strings.Contains(text, "first") || !strings.Contains(text, "second") {
			t.Errorf("%s: the warning %q does not name both functions and what they are called", round, text)
		}
	}
	mustRun(t, 2, "both have results of their own")
}

// Results of one name and one Version could not be told apart.
func TestTwoFunctionsOfOneNameAndVersion(t *testing.T) {
	t.Parallel()
	var told warnings
	m := memoryIn(t, t.TempDir(), cache.Options{Warnings: &told})
	same := []cache.Option{cache.Name("shared"), cache.Version("1")}
	f, g := cache.Wrap(m, first, same...), cache.Wrap(m, second, same...)
	for range 2 {
		if f(t.Name(), 1) != 2 || g(t.Name(), 1) != 3 {
			t.Error("one function got the other's result")
		}
	}
	if told.String() == "" {
		t.Error("nothing warns of them")
	}
}

// editedProgram is changed between its runs.
var editedProgram = map[string]string{
	"main.go": `package main

import (
	"fmt"
	"os"

	"labbook/cache"
)

func main() {
	slow := cache.Wrap(cache.New(os.Args[1], cache.Options{}), slow)
	fmt.Println(greeting(), slow(20))
}

func greeting() string { return "the answer is" }

func slow(x int) int {
	fmt.Fprintln(os.Stderr, "computing")
	return scale(x) + 1
}
`,
	"scale.go": `package main

func scale(x int) int { return 2 * x }
`,
}

// TestUnrelatedEditNeverInvalidatesRealChangeDoes runs a program and edits it.
// The tests beside this package try many more kinds of edits.
func TestUnrelatedEditNeverInvalidatesRealChangeDoes(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("it builds a program four times")
	}
	root, err := filepath.Abs(filepath.Join("..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	dir, cacheDir := t.TempDir(), t.TempDir()
	for name, text := range editedProgram {
		write(t, filepath.Join(dir, name), text)
	}
	mod := strings.Replace(read(t, filepath.Join(root, "go.mod")), "module labbook\n", "module example.com/edited\n", 1)
	mod += "\nrequire labbook v0.0.0\n\nreplace labbook => " + filepath.ToSlash(root) + "\n"
	write(t, filepath.Join(dir, "go.mod"), mod)
	write(t, filepath.Join(dir, "go.sum"), read(t, filepath.Join(root, "go.sum")))

	for _, edit := range []struct {
		why, file, before, after string
		stdout, stderr           string
	}{
		{"the first run", "", "", "", "the answer is 41\n", "computing\n"},
		{"comments, line breaks and another function", "main.go", `return "the answer is" }`, "// Told anew.\n\treturn \"it is\"\n}\n\n// slow is described now.", "it is 41\n", ""},
		{"what it calls", "scale.go", "2 * x", "3 * x", "it is 61\n", "computing\n"},
		{"back again", "scale.go", "3 * x", "2 * x", "it is 41\n", ""},
	} {
		if edit.file != "" {
			path := filepath.Join(dir, edit.file)
			write(t, path, strings.Replace(read(t, path), edit.before, edit.after, 1))
		}
		run := exec.CommandContext(t.Context(), "go", "run", ".", cacheDir)
		run.Dir = dir
		run.Env = append(os.Environ(), "GOFLAGS="+os.Getenv("GOFLAGS")+" -mod=mod", "GOWORK=off", "GOPROXY=off", "GOTOOLCHAIN=local", "CGO_ENABLED=0", "LABBOOK=off")
		var stderr strings.Builder
		run.Stderr = &stderr
		stdout, err := run.Output()
		if err != nil {
			t.Fatalf("%s: %v\n%s", edit.why, err, &stderr)
		}
		if string(stdout) != edit.stdout || stderr.String() != edit.stderr {
			t.Errorf("%s: it printed %q and on stderr %q, want %q and %q", edit.why, stdout, &stderr, edit.stdout, edit.stderr)
		}
	}
	if entries := entryFiles(t, cacheDir); len(entries) != 2 {
		t.Errorf("there are the entries %q; want those of both versions", entries)
	}
}

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestNilArgumentsAndResults(t *testing.T) {
	t.Parallel()
	cached := cache.Wrap(memory(t), nils)
	for range 2 {
		p, s, m, v := cached(t.Name(), nil, nil, nil, nil)
		if p != nil || s != nil || m != nil || v != nil {
			t.Errorf("nil came back as %v %v %v %v", p, s, m, v)
		}
	}
	mustRun(t, 1, "nil is an argument, and a result, like others")
	_, s, m, _ := cached(t.Name(), nil, []int{}, map[string]int{}, nil)
	mustRun(t, 1, "nil and empty differ")
	if s == nil || m == nil {
		t.Error("empty came back as nil")
	}
}

func nils(test string, p *fitting, s []int, m map[string]int, v any) (*fitting, []int, map[string]int, any) {
	count(test)
	return p, s, m, v
}

func total(test string, xs ...float64) (sum float64) {
	count(test)
	for _, x := range xs {
		sum += x
	}
	return sum
}

func TestVariadicFunctions(t *testing.T) {
	t.Parallel()
	cached := cache.Wrap(memory(t), total)
	if cached(t.Name()) != 0 || cached(t.Name(), 1, 2) != 3 || cached(t.Name(), []float64{1, 2}...) != 3 || cached(t.Name(), 2, 1) != 3 {
		t.Error("a wrong result")
	}
	mustRun(t, 3, "none, (1, 2) and (2, 1)")
}

func longest[T ~string | ~[]int](test string, xs ...T) (top T) {
	count(test)
	for _, x := range xs {
		if len(x) > len(top) {
			top = x
		}
	}
	return top
}

func TestGenericInstances(t *testing.T) {
	t.Parallel()
	m := memory(t)
	words, lists := cache.Wrap(m, longest[string]), cache.Wrap(m, longest[[]int])
	for range 2 {
		if got := words(t.Name(), "a", "abc"); got != "abc" {
			t.Errorf("the longest word is %q", got)
		}
		if got := lists(t.Name(), []int{1}, []int{2, 3}); !cmp.Equal(got, []int{2, 3}) {
			t.Errorf("the longest list is %v", got)
		}
		if words(t.Name()) != "" || lists(t.Name()) != nil {
			t.Error("the instances get into each other's way where arguments do not tell them apart")
		}
	}
	mustRun(t, 4, "two instances, two calls")
}

type model struct{ Weights []float64 }

func (m model) predict(test string, x float64) float64 {
	count(test)
	return m.Weights[0] * x
}

func (m *model) predictByPointer(_ context.Context, test string, x float64) float64 {
	return m.predict(test, x)
}

func TestMethodExpressions(t *testing.T) {
	t.Parallel()
	m := memory(t)
	predict, byPointer := cache.Wrap(m, model.predict), cache.Wrap(m, (*model).predictByPointer)
	for range 2 {
		if predict(model{[]float64{2}}, t.Name(), 3) != 6 || predict(model{[]float64{4}}, t.Name(), 3) != 12 ||
			byPointer(&model{[]float64{2}}, t.Context(), t.Name(), 3) != 6 {
			t.Error("a wrong result")
		}
	}
	mustRun(t, 3, "the receiver is an argument")
	bound := model{[]float64{2}}
	mustPanic(t, "a bound method, whose receiver no key would show", func() { cache.Wrap(m, bound.predict) })
	mustPanic(t, "a literal that captures what no key would show", func() {
		cache.Wrap(m, func(x float64) float64 { return bound.Weights[0] * x })
	})
}
