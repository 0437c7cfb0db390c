package cache

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// ran counts what the cached functions of these tests really ran. The
// functions are at package level, since those of a program are; each test has
// a Memory of its own, and gives its calls arguments that no other test uses.
var ran sync.Map // string → *atomic.Int64

func count(name string) *atomic.Int64 {
	n, _ := ran.LoadOrStore(name, new(atomic.Int64))
	return n.(*atomic.Int64)
}

// runs tells how often a function ran since the last time somebody asked.
func runs(name string) int64 { return count(name).Swap(0) }

func memory(t *testing.T) *Memory {
	t.Helper()
	return New(t.TempDir(), Options{})
}

func square(test string, x float64) float64 {
	count(test).Add(1)
	return x * x
}

func TestComputedOncePerArguments(t *testing.T) {
	t.Parallel()
	m := memory(t)
	cached := Wrap(m, square)
	for range 3 {
		if got := cached(t.Name(), 3); got != 9 {
			t.Fatalf("square(3) = %v", got)
		}
	}
	if got := cached(t.Name(), -3); got != 9 {
		t.Fatalf("square(-3) = %v", got)
	}
	if n := runs(t.Name()); n != 2 {
		t.Errorf("it ran %d times for two arguments", n)
	}
	// Another wrapper, as another process would have it, finds the results.
	again := Wrap(New(m.dir, Options{}), square)
	if got := again(t.Name(), 3); got != 9 || runs(t.Name()) != 0 {
		t.Errorf("a second wrapper computes again, or gets %v", got)
	}
}

type shape struct {
	Name  string
	Sides []float64
	Meta  map[string]int
	Next  *shape
}

func describe(test string, s *shape) (shape, []string, error) {
	count(test).Add(1)
	return *s, []string{s.Name, fmt.Sprint(len(s.Sides))}, nil
}

func TestResultsOfManyKinds(t *testing.T) {
	t.Parallel()
	cached := Wrap(memory(t), describe)
	in := &shape{Name: "a", Sides: []float64{1, math.NaN(), math.Copysign(0, -1)}, Meta: map[string]int{"x": 1}, Next: &shape{Name: "b"}}
	first, words, err := cached(t.Name(), in)
	if err != nil {
		t.Fatal(err)
	}
	second, wordsAgain, err := cached(t.Name(), in)
	if err != nil || runs(t.Name()) != 1 {
		t.Fatalf("not loaded: %v", err)
	}
	same := cmp.Comparer(func(a, b float64) bool { return math.Float64bits(a) == math.Float64bits(b) })
	if diff := cmp.Diff(first, second, same); diff != "" {
		t.Errorf("(-computed +loaded):\n%s", diff)
	}
	if diff := cmp.Diff(words, wordsAgain); diff != "" {
		t.Errorf("(-computed +loaded):\n%s", diff)
	}
	// What is loaded is the caller's own.
	second.Sides[0] = 77
	if third, _, _ := cached(t.Name(), in); third.Sides[0] != 1 {
		t.Error("changing a loaded result has changed the stored one")
	}
}

var errOdd = errors.New("odd")

func half(test string, n int) (int, error) {
	count(test).Add(1)
	if n%2 != 0 {
		return n, errOdd
	}
	return n / 2, nil
}

func TestErrorsAreReturnedAndNotStored(t *testing.T) {
	t.Parallel()
	cached := Wrap(memory(t), half)
	for range 2 {
		if n, err := cached(t.Name(), 3); !errors.Is(err, errOdd) || n != 3 {
			t.Errorf("half(3) = %v, %v; want both results as the function gave them", n, err)
		}
	}
	if n := runs(t.Name()); n != 2 {
		t.Errorf("it ran %d times; an error is no result", n)
	}
	for range 2 {
		if n, err := cached(t.Name(), 4); err != nil || n != 2 {
			t.Errorf("half(4) = %v, %v", n, err)
		}
	}
	if n := runs(t.Name()); n != 1 {
		t.Errorf("half(4) ran %d times", n)
	}
}

func sum(test string, xs ...int) (total int) {
	count(test).Add(1)
	for _, x := range xs {
		total += x
	}
	return total
}

func TestVariadic(t *testing.T) {
	t.Parallel()
	cached := Wrap(memory(t), sum)
	if got := cached(t.Name(), 1, 2, 3) + cached(t.Name(), []int{1, 2, 3}...); got != 12 || runs(t.Name()) != 1 {
		t.Errorf("sum is %d; the two ways to call it are one call", got)
	}
	if got := cached(t.Name()) + cached(t.Name(), []int{}...); got != 0 || runs(t.Name()) != 1 {
		t.Errorf("sum of nothing is %d; the two ways to give nothing are one call", got)
	}
}

func withContext(ctx context.Context, test string, n int) (string, error) {
	count(test).Add(1)
	name, _ := ctx.Value(contextKey{}).(string)
	return fmt.Sprint(name, n), ctx.Err()
}

type contextKey struct{}

func TestContextIsNoPartOfTheKey(t *testing.T) {
	t.Parallel()
	cached := Wrap(memory(t), withContext)
	a := context.WithValue(t.Context(), contextKey{}, "a")
	b := context.WithValue(t.Context(), contextKey{}, "b")
	first, err := cached(a, t.Name(), 1)
	if err != nil || first != "a1" {
		t.Fatalf("%q, %v: the function does not get the caller's context", first, err)
	}
	if second, err := cached(b, t.Name(), 1); err != nil || second != "a1" || runs(t.Name()) != 1 {
		t.Errorf("%q, %v: another context makes another call", second, err)
	}
}

func largest[T int | string](test string, xs []T) (top T) {
	count(test).Add(1)
	for _, x := range xs {
		top = max(top, x)
	}
	return top
}

func (s shape) area(test string, scale float64) float64 {
	count(test).Add(1)
	return s.Sides[0] * scale
}

func TestGenericInstancesAndMethods(t *testing.T) {
	t.Parallel()
	m := memory(t)
	ints, words := Wrap(m, largest[int]), Wrap(m, largest[string])
	for range 2 {
		if ints(t.Name(), []int{1, 3, 2}) != 3 || words(t.Name(), []string{"a", "c", "b"}) != "c" {
			t.Error("the instances of a generic function get into each other's way")
		}
	}
	if n := runs(t.Name()); n != 2 {
		t.Errorf("two instances ran %d times", n)
	}
	area := Wrap(m, shape.area)
	for _, side := range []float64{2, 3, 2} {
		if got := area(shape{Sides: []float64{side}}, t.Name(), 10); got != side*10 {
			t.Errorf("area = %v, want %v", got, side*10)
		}
	}
	if n := runs(t.Name()); n != 2 {
		t.Errorf("a method ran %d times for two receivers", n)
	}
}

func noisy(test string, x int, verbose bool) int {
	count(test).Add(1)
	return x
}

func TestIgnoredArguments(t *testing.T) {
	t.Parallel()
	m := memory(t)
	cached := Wrap(m, noisy, Names("test", "x", "verbose"), Ignore("verbose"))
	cached(t.Name(), 1, true)
	cached(t.Name(), 1, false)
	if n := runs(t.Name()); n != 1 {
		t.Errorf("it ran %d times; verbose was to be ignored", n)
	}
	cached(t.Name(), 2, false)
	if n := runs(t.Name()); n != 1 {
		t.Errorf("it ran %d times for another x", n)
	}
	byPosition := Wrap(m, noisy, Ignore("arg2"))
	byPosition(t.Name(), 1, true)
	if n := runs(t.Name()); n != 0 {
		t.Errorf("named by its position the argument is not ignored: it ran %d times", n)
	}
}

func TestVersionStandsForTheCode(t *testing.T) {
	t.Parallel()
	m := memory(t)
	for _, test := range []struct {
		version string
		want    int64
	}{{"1", 1}, {"2", 1}, {"1", 0}, {"", 1}} {
		Wrap(m, square, Version(test.version))(t.Name(), 5)
		if n := runs(t.Name()); n != test.want {
			t.Errorf("version %q: it ran %d times, want %d", test.version, n, test.want)
		}
	}
}

func TestNamesKeepFunctionsApart(t *testing.T) {
	t.Parallel()
	m := memory(t)
	Wrap(m, square, Name("one"))(t.Name(), 2)
	Wrap(m, square, Name("two"))(t.Name(), 2)
	if n := runs(t.Name()); n != 2 {
		t.Errorf("two names ran %d times", n)
	}
}

func apply(test string, f any) int {
	count(test).Add(1)
	return 1
}

func applyOrFail(test string, f any) (int, error) {
	count(test).Add(1)
	return 1, nil
}

func TestUnkeyableArguments(t *testing.T) {
	t.Parallel()
	m := memory(t)
	bad := map[string]any{"callback": []func(){nil}}
	n, err := Wrap(m, applyOrFail, Names("test", "options"))(t.Name(), bad)
	var argument *ArgumentError
	if !errors.As(err, &argument) || argument.Argument != "options" || n != 0 {
		t.Fatalf("%v, %v; want an *ArgumentError of options", n, err)
	}
	if text := err.Error(); !strings.Contains(text, "applyOrFail") || !strings.Contains(text, `["callback"]`) {
		t.Errorf("the error does not name function and path: %v", err)
	}
	defer func() {
		got, _ := recover().(error)
		if !errors.As(got, &argument) {
			t.Errorf("a function without an error panics with %v; want an *ArgumentError", got)
		}
		if runs(t.Name()) != 0 {
			t.Error("the function ran all the same")
		}
	}()
	Wrap(m, apply)(t.Name(), bad)
}

func TestWrapRefuses(t *testing.T) {
	t.Parallel()
	captured := 3
	for _, test := range []struct {
		reason string
		wrap   func()
		says   string
	}{
		{"no function", func() { Wrap(nil, 3) }, "it is no function"},
		{"nil", func() { Wrap(nil, (func())(nil)) }, "it is no function"},
		{"a literal that captures", func() { Wrap(nil, func() int { return captured }) }, "captur"},
		{"a bound method", func() { Wrap(nil, shape{}.area) }, "method"},
		{"an argument that has no value", func() { Wrap(nil, func(chan int) int { return 0 }) }, "argument arg0: "},
		{"a result that cannot be stored", func() { Wrap(nil, func() func() { return nil }) }, "result 1: "},
		{"too few names", func() { Wrap(nil, noisy, Names("test")) }, "too few"},
		{"a name twice", func() { Wrap(nil, noisy, Names("test", "x", "x")) }, `names "x" twice`},
		{"too many names", func() { Wrap(nil, noisy, Names("test", "x", "v", "w")) }, `names "w"`},
		{"ignoring what is not there", func() { Wrap(nil, noisy, Ignore("verbose")) }, `cache.Ignore("verbose"): it has no argument of that name; name them all with cache.Names`},
	} {
		t.Run(test.reason, func(t *testing.T) {
			t.Parallel()
			defer func() {
				if got := fmt.Sprint(recover()); !strings.Contains(got, test.says) {
					t.Errorf("Wrap panics with %q; want it to say %q", got, test.says)
				}
			}()
			test.wrap()
		})
	}
}

// entryFiles lists the stored entries in a Memory's folder.
func entryFiles(t *testing.T, m *Memory) []string {
	t.Helper()
	var files []string
	err := filepath.WalkDir(m.dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.IsDir() && strings.HasPrefix(d.Name(), ".") {
			return fs.SkipDir // notes
		}
		if err == nil && d.Type().IsRegular() && len(d.Name()) >= 60 {
			files = append(files, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func TestDamagedEntriesAreComputedAgain(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		reason string
		damage func(data []byte) []byte
	}{
		{"empty", func([]byte) []byte { return nil }},
		{"cut short", func(data []byte) []byte { return data[:len(data)-1] }},
		{"a bit flipped in the result", func(data []byte) []byte { data[len(data)-1] ^= 1; return data }},
		{"a bit flipped in the head", func(data []byte) []byte { data[20] ^= 1; return data }},
		{"something else", func([]byte) []byte { return []byte("not an entry at all") }},
	} {
		t.Run(test.reason, func(t *testing.T) {
			t.Parallel()
			m := New(t.TempDir(), Options{MemoryBytes: -1})
			cached := Wrap(m, square)
			cached(t.Name(), 3)
			files := entryFiles(t, m)
			if len(files) != 1 {
				t.Fatalf("entries: %q", files)
			}
			data, err := os.ReadFile(files[0])
			if err == nil {
				err = os.WriteFile(files[0], test.damage(data), 0o600)
			}
			if err != nil {
				t.Fatal(err)
			}
			if got := cached(t.Name(), 3); got != 9 || runs(t.Name()) != 2 {
				t.Errorf("square(3) = %v, or it was not computed again", got)
			}
			if got := cached(t.Name(), 3); got != 9 || runs(t.Name()) != 0 {
				t.Errorf("square(3) = %v, or the new entry is not used", got)
			}
		})
	}
}

func textOrNumber(test string, asText bool) any {
	count(test).Add(1)
	return struct{ hidden int }{1}
}

func TestResultThatCannotBeStored(t *testing.T) {
	t.Parallel()
	var warnings bytes.Buffer
	m := New(t.TempDir(), Options{Warnings: &warnings})
	cached := Wrap(m, textOrNumber)
	for range 2 {
		if got := fmt.Sprint(cached(t.Name(), true)); got != "{1}" {
			t.Errorf("the result is %s", got)
		}
	}
	if n := runs(t.Name()); n != 2 {
		t.Errorf("it ran %d times", n)
	}
	if files := entryFiles(t, m); len(files) != 0 {
		t.Errorf("something that looks like an entry is left: %q", files)
	}
	if text := warnings.String(); strings.Count(text, "\n") != 1 || !strings.Contains(text, "keep the result of ") {
		t.Errorf("warned: %q; want one line that says what is not kept", text)
	}
}

func TestFolderThatCannotBeUsed(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	var warnings bytes.Buffer
	cached := Wrap(New(path, Options{Warnings: &warnings}), square)
	for range 2 {
		if got := cached(t.Name(), 4); got != 16 {
			t.Errorf("square(4) = %v", got)
		}
	}
	if n := runs(t.Name()); n != 2 || strings.Count(warnings.String(), "\n") != 1 {
		t.Errorf("it ran %d times and warned %q", n, warnings.String())
	}
}

func TestOff(t *testing.T) {
	t.Parallel()
	off := New(t.TempDir(), Options{Off: true})
	for name, m := range map[string]*Memory{"nil": nil, "off": off} {
		cached := NewFunction(m, square)
		cached.Call(t.Name(), 2)
		cached.Call(t.Name(), 2)
		if n := runs(t.Name()); n != 2 {
			t.Errorf("%s: it ran %d times, want 2", name, n)
		}
		if has, err := cached.Contains(t.Name(), 2.0); has || err != nil {
			t.Errorf("%s: Contains = %v, %v", name, has, err)
		}
	}
	if entries, err := os.ReadDir(off.dir); err != nil || len(entries) != 0 {
		t.Errorf("a Memory that is off has written %v, %v", entries, err)
	}
}

func TestNoDiskBeforeTheFirstCall(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "cache")
	Wrap(New(dir, Options{}), square)
	if _, err := os.Stat(dir); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("wrapping a function has made the folder: %v", err)
	}
}

func TestContainsForgetClear(t *testing.T) {
	t.Parallel()
	f := NewFunction(memory(t), withContext)
	has := func(args ...any) bool {
		got, err := f.Contains(args...)
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	if has(t.Name(), 1) || runs(t.Name()) != 0 {
		t.Error("before the first call: there is a result, or asking ran the function")
	}
	for n := range 3 {
		if _, err := f.Call(t.Context(), t.Name(), n); err != nil {
			t.Fatal(err)
		}
	}
	runs(t.Name())
	if !has(t.Name(), 1) || !has(t.Context(), t.Name(), 1) || has(t.Name(), 7) || runs(t.Name()) != 0 {
		t.Error("after the calls: Contains is wrong, or has run the function")
	}
	if err := f.Forget(t.Name(), 1); err != nil || has(t.Name(), 1) || !has(t.Name(), 2) {
		t.Errorf("Forget: %v", err)
	}
	if err := f.Clear(); err != nil || has(t.Name(), 2) {
		t.Errorf("Clear: %v", err)
	}
	for _, test := range []struct {
		args []any
		says string
	}{
		{[]any{t.Name()}, "argument arg2 is missing"},
		{[]any{t.Name(), "x"}, "string is given where int is wanted"},
		{[]any{t.Name(), 1, 2}, "takes fewer than these 3 arguments"},
		{[]any{nil, 1}, "is given where string is wanted"},
	} {
		if _, err := f.Contains(test.args...); err == nil || !strings.Contains(err.Error(), test.says) {
			t.Errorf("Contains(%v) = %v; want it to say %q", test.args, err, test.says)
		}
	}
}
