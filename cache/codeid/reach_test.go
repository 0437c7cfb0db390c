package codeid

import (
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestReached(t *testing.T) {
	t.Parallel()
	id := fromSource(t, writeModule(t, readTestdata(t, "module.txtar")), "main.train")
	want := []string{
		"example.com/lab.train",
		"example.com/lab.rate",
		"example.com/lab/model.(byWeight).Len",
	}
	_ = want
	t.Logf("%q", names(id))
	if diff := cmp.Diff([]string{"example.com/lab.train", "example.com/lab/model.Score"}, id.Chain("example.com/lab/model.Score")); diff != "" {
		t.Error(diff)
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
