package codeid

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestReached(t *testing.T) {
	t.Parallel()
	id := fromSource(t, writeModule(t, readTestdata(t, "module.txtar")), "main.train")
	var want []string
	for _, name := range []string{
		".train", ".rate", "/model.Score", "/model.Table", "/model.byWeight", "/model.byWeight.Len", "/model.byWeight.Less",
		"/model.byWeight.Swap", "/model.init(score.go)", "/model.item", "/model.kind", "/model.names", "/model.one",
		"/model.pair", "/model.start", "/model.step", "/model.text", "/model.two", "/model.zero", "/model/deep.Scale",
		"/model/deep.factor", "/model/deep.helper", "/model/deep.shape", "/model/deep.shape.area", "/model/deep.side",
	} {
		want = append(want, "example.com/lab"+name)
	}
	if diff := cmp.Diff(want, names(id)); diff != "" {
		t.Error(diff)
	}
	chain := []string{
		"example.com/lab.train", "example.com/lab/model.Score", "example.com/lab/model.step", "example.com/lab/model/deep.Scale",
		"example.com/lab/model/deep.shape", "example.com/lab/model/deep.shape.area", "example.com/lab/model/deep.helper",
	}
	if diff := cmp.Diff(chain, id.Chain("example.com/lab/model/deep.helper")); diff != "" {
		t.Error(diff)
	}
	if got := id.Chain("example.com/lab.unrelated"); got != nil {
		t.Errorf("a chain to what is not reached: %q", got)
	}
	if got, want := id.Sources[0].Text, "func train(n int) float64 {"; !strings.HasPrefix(got, want) {
		t.Errorf("text %q, want it to begin with %q", got, want)
	}
	if got, want := id.Sources[1].Text, "const rate  = 0.5"; got != want {
		t.Errorf("text %q, want %q", got, want)
	}
	if got, want := id.Describe(), "source: 25 declarations in 3 files"; got != want {
		t.Errorf("described as %q, want %q", got, want)
	}
}

// TestChainsAreShort reaches a method through its type, long before anything
// selects it, and from it what a long chain reaches as well.
func TestChainsAreShort(t *testing.T) {
	t.Parallel()
	dir := writeModule(t, labModule+code("type T int\n\nfunc (T) m() { far() }\n\nfunc f(x T) { a(x) }\n\nfunc a(x T) { b(x) }\n\nfunc b(x T) { c(x) }\n\n"+
		"func c(x interface{ m() }) { d(); x.m() }\n\nfunc d() { far() }\n\nfunc far() {}"))
	for range 20 {
		id := fromSource(t, dir, "main.f")
		want := []string{"example.com/lab.f", "example.com/lab.T", "example.com/lab.T.m", "example.com/lab.far"}
		if diff := cmp.Diff(want, id.Chain("example.com/lab.far")); diff != "" {
			t.Fatal(diff)
		}
	}
}

func TestEdits(t *testing.T) {
	t.Parallel()
	const (
		main, score, scale = "main.go", "model/score.go", "model/deep/scale.go"
	)
	for _, test := range []struct {
		reason    string
		file      string
		old       string
		changed   string
		different bool
	}{
		{"a comment is no code", main, "// a comment", "// another one", false},
		{"nor is a doc comment", main, "// train is the", "// train is\n// the", false},
		{"layout does not count", main, "total := 0.0", "total   :=\n\t\t0.0", false},
		{"nor a line for each argument", score, "pair[int](1, 2)", "pair[int](\n\t\t1,\n\t\t2,\n\t)", false},
		{"nor where a block breaks", score, "{ return 1.5 }", "{\n\treturn 1.5\n}", false},
		{"the order of declarations does not count", score, "var text = \"text\"\n\nfunc start() float64 { return 1.5 }", "func start() float64 { return 1.5 }\n\nvar text = \"text\"", false},
		{"an unrelated function", main, "fmt.Println(other)", "fmt.Println(other, 1)", false},
		{"an unrelated constant of the same group", main, "other = 2", "other = 3", false},
		{"an unrelated function of a reached package", score, "func unused() float64 { return 1 }", "func unused() float64 { return 2 }", false},
		{"an unexported method that nothing selects", score, "return 7", "return 8", false},
		{"a file that is not embedded", "model/deep/unused.txt", "nothing", "something", false},
		{"a package that is not imported", "alone/alone.go", "func Alone() {}", "func Alone() { println() }", false},

		{"the function itself", main, "total += ", "total -= ", true},
		{"a function three calls deep in another package", scale, "math.Sqrt(x) * ", "math.Sqrt(x) + ", true},
		{"a constant", main, "rate  = 0.5", "rate  = 0.6", true},
		{"what starts a variable", score, `"a": start()`, `"a": 2 * start()`, true},
		{"a function that starts a variable", score, "return 1.5", "return 1.6", true},
		{"an init function that assigns a variable", score, `Table["b"] = 2.5`, `Table["b"] = 3.5`, true},
		{"a method that the standard library calls through an interface", score, "b[i].w < b[j].w", "b[i].w > b[j].w", true},
		{"a method called by an unexported name", scale, "return helper()", "return 2 * helper()", true},
		{"what a method calls", scale, "return 2 }", "return 3 }", true},
		{"the body of a generic function", score, "return 0.25", "return 0.75", true},
		{"the type of a field of a type", scale, "type side float64", "type side float32", true},
		{"an element of an iota group moves", score, "\tone\n", "\tone\n\tonehalf\n", true},
		{"the content of an embedded file", "model/deep/factor.txt", "12", "13", true},
		{"which file is embedded", scale, "embed factor.txt", "embed unused.txt", true},
		{"which package of the same name is meant", score, `"strings"`, `strings "bytes"`, true},
		{"the version of the language", "go.mod", "go 1.26", "go 1.21", true},
		{"a new method of a reached type", score, "type item struct{ w int }", "type item struct{ w int }\n\nfunc (item) String() string { return \"\" }", true},
	} {
		t.Run(test.reason, func(t *testing.T) {
			t.Parallel()
			dir := writeModule(t, readTestdata(t, "module.txtar"))
			before := fromSource(t, dir, "main.train")
			path := filepath.Join(dir, filepath.FromSlash(test.file))
			replace(t, path, test.old, test.changed)
			after := fromSource(t, dir, "main.train")
			if (after.Code != before.Code) != test.different {
				t.Errorf("code digest changed: %v, want %v; reached %q", after.Code != before.Code, test.different, names(after))
			}
			replace(t, path, test.changed, test.old)
			if back := fromSource(t, dir, "main.train"); back.Code != before.Code {
				t.Error("going back to the old code does not restore the digest")
			}
		})
	}
}
