package codeid

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// TestScopes lets f use names that are local and names that are not: only the
// latter reach the package-level declarations of the same names.
func TestScopes(t *testing.T) {
	t.Parallel()
	const others = `
var a, b, c int

type T struct{ a, b int }

type M map[int]int

func fn(...any) int { return 0 }
`
	for _, test := range []struct {
		reason string
		code   string
		want   string // of a, b, c, T, M and fn those that are reached
	}{
		{"a parameter hides a variable", "func f(a int) int { return a + b }", "a b c"},
		{"a result does", "func f() (fn int) { fn = 1; return }", ""},
		{"a local variable hides from its declaration on", "func f() { fn := 1; _ = fn }", ""},
		{"the right side of := is outside", "func f() { fn := fn(); _ = fn }", "fn"},
		{"a block ends what it hides", "func f() { { fn := 1; _ = fn }; fn() }", "fn"},
		{"an if ends it", "func f() { if fn := 1; fn > 0 { } else { _ = fn } }", ""},
		{"after the if", "func f() { if fn := 1; fn > 0 { }; fn() }", "fn"},
		{"a loop variable", "func f() { for fn := 0; fn < 3; fn++ { _ = fn } }", ""},
		{"a range variable hides in the body", "func f(x []int) { for fn, T := range x { _, _ = fn, T } }", ""},
		{"but not in what is ranged over", "func f() { for fn := range fn() { _ = fn } }", "fn"},
		{"a switch", "func f() { switch fn := 1; fn { case 2: _ = fn } }", ""},
		{"a type switch", "func f(x any) { switch T := x.(type) { case int: _ = T } }", ""},
		{"the type of a case", "func f(x any) { switch x.(type) { case T: } }", "T"},
		{"a case has a scope of its own", "func f() { switch { case true: fn := 1; _ = fn; default: fn() } }", "fn"},
		{"a received value", "func f(x chan int) { select { case fn := <-x: _ = fn } }", ""},
		{"a local type", "func f() { type T int; var x T; _ = x }", ""},
		{"a local constant", "func f() { const fn = 1; _ = fn }", ""},
		{"a label is no name", "func f() { fn: for { break fn } }", ""},
		{"a type parameter", "func f[T any](x T) T { return x }", ""},
		{"its constraint", "func f[X interface{ ~int | T }](x X) X { return x }", "T"},
		{"a parameter of a literal", "func f() { _ = func(fn int) int { return fn } }", ""},
		{"what a literal does", "func f() { _ = func() int { return fn() } }", "fn"},
		{"a field is no name", "func f(x struct{ fn int }) int { return x.fn }", ""},
		{"nor is a field of a local struct type", "func f() { var x struct{ fn int; M }; _ = x }", "M"},
		{"the key of a struct may be a field", "func f() any { return struct{ z int }{z: 1} }", ""},
		{"the key of a map is a name", "func f() any { return M{a: 1} }", "a b c M"},
		{"an element is a name", "func f() any { return []any{fn} }", "fn"},
		{"a conversion and a method expression", "func f(x any) any { return x.(interface{ m(T) }).m }", "T"},
		{"a local method name", "func f(x interface{ fn() }) { x.fn() }", ""},
		{"a goroutine and a defer", "func f() { go fn(); defer func() { _ = T{} }() }", "T fn"},
		{"a selector on a local that is called like a package", "func f(strings struct{ a int }) int { return strings.a }", ""},
	} {
		t.Run(test.reason, func(t *testing.T) {
			t.Parallel()
			dir := writeModule(t, "\n-- go.mod --\nmodule example.com/lab\n\ngo 1.26\n-- main.go --\npackage main\n\nfunc main() {}\n\n"+test.code+"\n"+others)
			id := fromSource(t, dir, "main.f")
			var got []string
			for _, name := range names(id)[1:] {
				got = append(got, strings.TrimPrefix(name, "example.com/lab."))
			}
			// One specification declares three variables and goes by the first.
			want := strings.Fields(strings.ReplaceAll(test.want, "a b c", "a"))
			slices.Sort(want)
			slices.Sort(got)
			if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestCaptures(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		reason string
		code   string // its second line holds the literal
		want   []string
	}{
		{"nothing", "func f() any {\nreturn func(x int) int { return x + g }\n}", nil},
		{"a parameter", "func f(n int) any {\nreturn func(x int) int { return x + n }\n}", []string{"n"}},
		{"a loop variable", "func f() (r []any) {\nfor i := range 3 { r = append(r, func() int { return i }) }\nreturn\n}", []string{"i"}},
		{"twice the same", "func f(n int) any {\nreturn func() int { return n * n }\n}", []string{"n"}},
		{"a local constant is none", "func f() any {\nconst n = 1; return func() int { return n }\n}", nil},
		{"a local type is none", "func f() any {\ntype n int; return func() any { return n(1) }\n}", nil},
		{"a local of its own is none", "func f(n int) any {\nreturn func() int { n := 1; return n }\n}", nil},
		{"a local of a literal inside is none", "func f() any {\nreturn func() any { x := 1\nreturn func() int { return x } }\n}", nil},
		{"literals that cannot be told apart count together", "func f() any {\nreturn func() any { x := 1; return func() int { return x } }\n}", []string{"x"}},
		{"what a literal inside captures", "func f(n int) any {\nreturn func() any { return func() int { return n } }\n}", []string{"n"}},
		{"the field of a local", "func f(n struct{ x int }) any {\nreturn func() int { return n.x }\n}", []string{"n"}},
		{"a variable that is declared later is none", "func f() any {\nx := func() int { return g }; g := 1; _ = g; return x\n}", nil},
	} {
		t.Run(test.reason, func(t *testing.T) {
			t.Parallel()
			dir := writeModule(t, "\n-- go.mod --\nmodule example.com/lab\n\ngo 1.26\n-- main.go --\npackage main\n\nfunc main() {}\n\nvar g int\n\n"+test.code+"\n")
			got, err := testProgram(dir).captures(&function{symbol: "main.f.func1", file: dir + "/main.go", line: 8})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}
