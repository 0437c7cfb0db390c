package cache

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestExpiresAfter(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		for _, memoryBytes := range []int64{0, -1} { // from memory, and from disk
			m := New(t.TempDir(), Options{MemoryBytes: memoryBytes})
			f := NewFunction(m, square, ExpiresAfter(time.Hour))
			f.Call(t.Name(), 3)
			time.Sleep(59 * time.Minute) //nolint:forbidigo // the clock is that of the test
			f.Call(t.Name(), 3)
			if n := runs(t.Name()); n != 1 {
				t.Errorf("it ran %d times within the hour", n)
			}
			time.Sleep(2 * time.Minute) //nolint:forbidigo // as above
			why, err := f.Explain(t.Name(), 3.0)
			if err != nil || why.Hit || why.Reason != "expired" || why.Entry == nil {
				t.Errorf("Explain = %+v, %v; want expired", why, err)
			}
			f.Call(t.Name(), 3)
			f.Call(t.Name(), 3)
			if n := runs(t.Name()); n != 1 {
				t.Errorf("it ran %d times after the hour, want once: the new result counts anew", n)
			}
			if err := m.Close(); err != nil {
				t.Error(err)
			}
		}
	})
}

func TestValidIf(t *testing.T) {
	t.Parallel()
	m := memory(t)
	var asked []Entry
	answer := true
	cached := Wrap(m, square, Names("test", "x"), ValidIf(func(e Entry) bool {
		asked = append(asked, e)
		return answer
	}))
	cached(t.Name(), 3)
	if len(asked) != 0 {
		t.Error("it was asked about a result that was just computed")
	}
	cached(t.Name(), 3)
	cached(t.Name(), 3)
	if n := runs(t.Name()); n != 1 || len(asked) != 2 {
		t.Fatalf("it ran %d times and asked %d times, want 1 and 2", n, len(asked))
	}
	for _, e := range asked {
		last := e.Parts[len(e.Parts)-1]
		if !strings.HasSuffix(e.Function, "cache.square") || e.Created.IsZero() || e.Bytes == 0 || last.Name != "x" || last.Preview != "3" {
			t.Errorf("it was asked about %+v", e)
		}
	}
	answer, asked = false, nil
	cached(t.Name(), 3)
	cached(t.Name(), 3)
	if n := runs(t.Name()); n != 2 {
		t.Errorf("results that are refused ran %d times, want 2", n)
	}
	if len(asked) != 2 {
		t.Errorf("it was asked %d times about two results that it refuses", len(asked))
	}
}

func TestDependsOnVariables(t *testing.T) { //nolint:paralleltest // the environment is that of the process
	m := memory(t)
	f := NewFunction(m, square, DependsOn(Env("CACHE_TEST_ZONE")))
	for _, test := range []struct {
		value string
		want  int64
	}{{"a", 1}, {"a", 0}, {"b", 1}, {"", 1}, {"a", 0}} {
		t.Setenv("CACHE_TEST_ZONE", test.value)
		f.Call(t.Name(), 3)
		if n := runs(t.Name()); n != test.want {
			t.Errorf("with %q it ran %d times, want %d", test.value, n, test.want)
		}
	}
	values, err := f.core.arguments([]any{t.Name(), 3.0})
	if err != nil {
		t.Fatal(err)
	}
	k, err := f.core.key(values, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range f.core.parts(&k, values) {
		if part.Name == "$CACHE_TEST_ZONE" && part.Kind == "dependency" && part.Preview == "a" {
			return
		}
	}
	t.Error("the variable is no part of the key on record")
}

func TestDependsOnCode(t *testing.T) {
	t.Parallel()
	m := memory(t)
	Wrap(m, square, DependsOn(Code(half)))(t.Name(), 3)
	Wrap(m, square, DependsOn(Code(sum)))(t.Name(), 3)
	Wrap(m, square, DependsOn(Code(half)))(t.Name(), 3)
	if n := runs(t.Name()); n != 2 {
		t.Errorf("with two dependencies it ran %d times", n)
	}
}

func TestOptionsThatMakeNoSense(t *testing.T) {
	t.Parallel()
	captured := 1
	for says, wrap := range map[string]func(){
		"cache.ExpiresAfter(0s)":       func() { Wrap(nil, square, ExpiresAfter(0)) },
		"cache.ValidIf(nil)":           func() { Wrap(nil, square, ValidIf(nil)) },
		"cache.DependsOn(nil)":         func() { Wrap(nil, square, DependsOn(nil)) },
		`cache.Env("")`:                func() { Wrap(nil, square, DependsOn(Env(""))) },
		"cache.Code: ":                 func() { Wrap(nil, square, DependsOn(Code(func() int { return captured }))) },
		"names $A twice":               func() { Wrap(nil, square, DependsOn(Env("A"), Env("A"))) },
		"Options.MaxBytes is -1":       func() { New("", Options{MaxBytes: -1}) },
		"Options.MaxEntries is -1":     func() { New("", Options{MaxEntries: -1}) },
		"Options.MaxAge is -1ns; want": func() { New("", Options{MaxAge: -1}) },
	} {
		func() {
			defer func() {
				if got := fmt.Sprint(recover()); !strings.Contains(got, says) {
					t.Errorf("it panics with %q; want it to say %q", got, says)
				}
			}()
			wrap()
		}()
	}
}

func TestVerbose(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		level int
		want  []string // of which a line starts with each, in this order
	}{
		{0, nil},
		{1, []string{"[labbook] computing cache.half\n", "[labbook] computed cache.half in "}},
		{2, []string{"[labbook] computing cache.half\n", "[labbook] computed cache.half in ", "[labbook] loaded cache.half, computed in "}},
		{3, []string{`[labbook] computing cache.half(test="TestVerbose", n=4)`, "[labbook] computed cache.half in ", `[labbook] loaded cache.half(test="TestVerbose", n=4), computed in `}},
	} {
		for _, byOption := range []bool{false, true} {
			var messages bytes.Buffer
			options, level := Options{Messages: &messages, Verbose: test.level}, []Option{Names("test", "n")}
			if byOption {
				options.Verbose = 7 - test.level
				level = append(level, Verbose(test.level))
			}
			cached := Wrap(New(t.TempDir(), options), half, level...)
			for range 2 {
				if _, err := cached(t.Name(), 4); err != nil {
					t.Fatal(err)
				}
			}
			lines := strings.SplitAfter(messages.String(), "\n")
			if len(lines)-1 != len(test.want) {
				t.Errorf("level %d: it says %q", test.level, lines)
				continue
			}
			for i, want := range test.want {
				if !strings.HasPrefix(lines[i], want) {
					t.Errorf("level %d: line %d is %q, want %q", test.level, i, lines[i], want)
				}
			}
		}
	}
}

func TestVerboseTellsOfErrors(t *testing.T) {
	t.Parallel()
	var messages bytes.Buffer
	cached := Wrap(New(t.TempDir(), Options{Messages: &messages, Verbose: 1}), half)
	if _, err := cached(t.Name(), 3); err == nil {
		t.Fatal("half of an odd number")
	}
	if text := messages.String(); !strings.Contains(text, ", which failed: odd\n") {
		t.Errorf("it says %q", text)
	}
}

func cube(test string, x float64) float64 {
	count(test).Add(1)
	return x * x * x
}

func TestTwoFunctionsOfOneName(t *testing.T) {
	t.Parallel()
	runs(t.Name()) // as a run of the test before may have left it
	for _, test := range []struct {
		reason  string
		options []Option
		says    string
		runs    int64 // of two calls each
	}{
		{"told apart by their code", []Option{Name("power")}, "kept apart", 2},
		{"not to be told apart", []Option{Name("power"), Version("1")}, "those of the second are not kept", 3},
	} {
		var warnings bytes.Buffer
		m := New(t.TempDir(), Options{Warnings: &warnings})
		two, three := Wrap(m, square, test.options...), Wrap(m, cube, test.options...)
		for range 2 {
			if a, b := two(t.Name(), 2), three(t.Name(), 2); a != 4 || b != 8 {
				t.Errorf("%s: the results are %v and %v", test.reason, a, b)
			}
		}
		if n := runs(t.Name()); n != test.runs {
			t.Errorf("%s: they ran %d times, want %d", test.reason, n, test.runs)
		}
		text := warnings.String()
		if strings.Count(text, "\n") != 1 || !strings.Contains(text, test.says) || !strings.Contains(text, "cache.square (") || !strings.Contains(text, "cache.cube (") {
			t.Errorf("%s: warned %q", test.reason, text)
		}
	}
	// One function wrapped twice is nothing to warn of.
	var warnings bytes.Buffer
	m := New(t.TempDir(), Options{Warnings: &warnings})
	Wrap(m, square)(t.Name(), 1)
	Wrap(m, square)(t.Name(), 1)
	if warnings.Len() > 0 {
		t.Errorf("warned %q", warnings.String())
	}
}

func TestDependsOnFiles(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "model.bin")
	cached := Wrap(memory(t), square, DependsOn(File(path)))
	write := func(content string) {
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, test := range []struct {
		reason string
		change func()
		want   int64
	}{
		{"it is not there", func() {}, 1},
		{"it is still not there", func() {}, 0},
		{"it appears", func() { write("a") }, 1},
		{"it is as it was", func() { write("a") }, 0},
		{"it changes", func() { write("b") }, 1},
		{"it is gone again", func() { _ = os.Remove(path) }, 0},
		{"it is a folder", func() { _ = os.Mkdir(path, 0o700) }, 1},
	} {
		test.change()
		cached(t.Name(), 3)
		if n := runs(t.Name()); n != test.want {
			t.Errorf("%s: it ran %d times, want %d", test.reason, n, test.want)
		}
	}
}
