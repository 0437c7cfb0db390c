package codeid

import (
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
	"testing"
)

// A change is a module in which main.f is in question, and one edit of it.
type change struct {
	reason  string
	archive string // without go.mod
	file    string
	old     string // "" to write a new file, with changed in it
	changed string // "" to remove the file, if old is "" too
}

// code is a module of one file.
func code(text string) string { return "-- main.go --\npackage main\n\n" + text + "\n" }

func (c *change) apply(t *testing.T, dir string) {
	t.Helper()
	path := filepath.Join(dir, filepath.FromSlash(c.file))
	switch {
	case c.old != "":
		replace(t, path, c.old, c.changed)
	case c.changed != "":
		write(t, path, c.changed)
	default:
		remove(t, path)
	}
}

// behaviour are edits that change what f does, each of a kind that is easily
// overlooked. Not to notice one is to serve wrong results.
var behaviour = []change{
	{"a method promoted from an embedded type", code("type in struct{}\n\nfunc (in) M() int { return 1 }\n\ntype out struct{ in }\n\nfunc f(o out) int { return o.M() }"), "main.go", "return 1", "return 2"},
	{"a method promoted through a pointer and two types", code("type in struct{}\n\nfunc (in) m() int { return 1 }\n\ntype mid struct{ *in }\n\ntype out struct{ mid }\n\nfunc f(o out) int { return o.m() }"), "main.go", "return 1", "return 2"},
	{"a method that only reflection calls", code("import \"reflect\"\n\ntype T struct{}\n\nfunc (T) Name() string { return \"one\" }\n\nfunc f() any { return reflect.ValueOf(T{}).Method(0).Call(nil) }"), "main.go", `"one"`, `"two"`},
	{"a method of a type of which reflection makes values", code("import \"reflect\"\n\ntype T struct{}\n\nfunc (*T) Name() string { return \"one\" }\n\nvar types = map[string]reflect.Type{\"t\": reflect.TypeFor[T]()}\n\nfunc f() any { return reflect.New(types[\"t\"]).Interface() }"), "main.go", `"one"`, `"two"`},
	{"a method value", code("type T int\n\nfunc (T) m() int { return 1 }\n\nfunc f(x T) func() int { return x.m }"), "main.go", "return 1", "return 2"},
	{"a method expression", code("type T int\n\nfunc (*T) m() int { return 1 }\n\nfunc f() func(*T) int { return (*T).m }"), "main.go", "return 1", "return 2"},
	{"a method that a constraint asks for", code("type T int\n\nfunc (T) size() int { return 1 }\n\nfunc g[P interface{ size() int }](x P) int { return x.size() }\n\nfunc f() int { return g(T(0)) }"), "main.go", "return 1", "return 2"},
	{"a constraint", code("type number interface{ ~int | ~float64 }\n\nfunc g[P number](x P) int { return 0 }\n\nfunc f() int { return g(1) }"), "main.go", "~int |", "int |"},
	{"a method that is declared for an alias", code("type T struct{}\n\ntype A = T\n\nfunc (A) M() int { return 1 }\n\nfunc f(x T) int { return x.M() }"), "main.go", "return 1", "return 2"},
	{"a method that is declared for an alias of an alias", code("type T[P any] struct{}\n\ntype A = T[int]\n\ntype B = (A)\n\nfunc (b *B) M() int { return 1 }\n\nfunc f(x *T[int]) int { return x.M() }"), "main.go", "return 1", "return 2"},
	{"what an alias stands for", code("type A = int32\n\nfunc f(x float64) any { return A(x) }"), "main.go", "= int32", "= int64"},
	{"an alias becomes a type", code("type A = int32\n\nfunc f(x float64) any { return A(x) }"), "main.go", "A = int32", "A int32"},
	{"a variable that a reached function assigns", code("var rate = 1.0\n\nfunc set() { rate = 2 }\n\nfunc f() float64 { set(); return rate }"), "main.go", "rate = 2", "rate = 3"},
	{"a function that a variable holds", code("var g = h\n\nfunc h() int { return 1 }\n\nfunc f() int { return g() }"), "main.go", "return 1", "return 2"},
	{"a function in a table", code("var table = map[string]func() int{\"h\": h}\n\nfunc h() int { return 1 }\n\nfunc f(name string) int { return table[name]() }"), "main.go", "return 1", "return 2"},
	{"another variable's initialiser that fills a table", code("var table = map[string]int{}\n\nvar one = register(\"one\", 1)\n\nfunc register(name string, n int) bool { table[name] = n; return true }\n\nfunc f(name string) int { return table[name] }"), "main.go", `"one", 1`, `"one", 2`},
	{"one that does so through a pointer and a method", code("var table T\n\nvar by = &table\n\nvar one = by.add(1)\n\ntype T []int\n\nfunc (t *T) add(n int) bool { *t = append(*t, n); return true }\n\nfunc f() int { return table[0] }"), "main.go", "add(1)", "add(2)"},
	{"one that does so in a literal that runs at once", code("var table = map[string]int{}\n\nvar one = func() int { table[\"one\"] = 1; return 1 }()\n\nfunc f(name string) int { return table[name] }"), "main.go", `"one"] = 1`, `"one"] = 2`},
	{"the order in which variables draw from one source", code("var n int\n\nfunc next() int { n++; return n }\n\nvar a = next()\n\nvar b = next()\n\nfunc f() int { return a - b }"), "main.go", "var a = next()\n\nvar b = next()", "var b = next()\n\nvar a = next()"},
	{"that order, where another package has the source", "-- main.go --\npackage main\n\nimport \"example.com/lab/sub\"\n\nvar a = sub.Next()\n\nvar b = sub.Next()\n\nfunc f() int { return a - b }\n-- sub/s.go --\npackage sub\n\nvar n int\n\nfunc Next() int { n++; return n }\n", "main.go", "var a = sub.Next()\n\nvar b = sub.Next()", "var b = sub.Next()\n\nvar a = sub.Next()"},
	{"the order of init functions", code("var n = 1\n\nfunc init() { n += 2 }\n\nfunc init() { n *= 3 }\n\nfunc f() int { return n }"), "main.go", "func init() { n += 2 }\n\nfunc init() { n *= 3 }", "func init() { n *= 3 }\n\nfunc init() { n += 2 }"},
	{"a value is put into an iota group", code("const (\n\ta = iota\n\tb\n\tc\n)\n\nfunc f() int { return c }"), "main.go", "\tb\n", "\tb\n\t_\n"},
	{"an iota group begins at another value", code("const (\n\ta = iota + off\n\tb\n)\n\nconst off = 1\n\nfunc f() int { return b }"), "main.go", "off = 1", "off = 2"},
	{"a repeated constant changes", code("const (\n\ta = off\n\tb\n)\n\nconst off = 1\n\nfunc f() int { return b }"), "main.go", "off = 1", "off = 2"},
	{"a file for this system", code("func f() int { return g() }") + "-- g_unix.go --\n//go:build !plan9\n\npackage main\n\nfunc g() int { return 1 }\n-- g_plan9.go --\npackage main\n\nfunc g() int { return 2 }\n", "g_unix.go", "return 1", "return 3"},
	{"a file for an experiment that may be on", code("func f() int { return g() }") + "-- on.go --\n//go:build goexperiment.greenteagc\n\npackage main\n\nfunc g() int { return 1 }\n-- off.go --\n//go:build !goexperiment.greenteagc\n\npackage main\n\nfunc g() int { return 2 }\n", "on.go", "return 1", "return 3"},
	{"a new file with an init function", code("var n int\n\nfunc f() int { return n }"), "more.go", "", "package main\n\nfunc init() { n = 7 }\n"},
	{"a file with an init function goes", code("var n int\n\nfunc f() int { return n }") + "-- more.go --\npackage main\n\nfunc init() { n = 7 }\n", "more.go", "", ""},
	{"a C preamble", code("// int g() { return 1; }\nimport \"C\"\n\nfunc f() { C.g() }"), "main.go", "return 1", "return 2"},
	{"a C preamble of another file", code("// int g();\nimport \"C\"\n\nfunc f() { C.g() }") + "-- other.go --\npackage main\n\n// int g() { return 1; }\nimport \"C\"\n", "other.go", "return 1", "return 2"},
	{"a C file", code("// int g();\nimport \"C\"\n\nfunc f() { C.g() }") + "-- g.c --\nint g() { return 1; }\n", "g.c", "return 1", "return 2"},
	{"a C header", code("// #include \"g.h\"\nimport \"C\"\n\nfunc f() { C.g() }") + "-- g.h --\nstatic int g() { return 1; }\n", "g.h", "return 1", "return 2"},
	{"a function that C calls", code("// int g();\nimport \"C\"\n\nfunc f() { C.g() }\n\n//export back\nfunc back() int { return 1 }") + "-- g.c --\nint g() { return back(); }\n", "main.go", "return 1", "return 2"},
	{"assembly", code("func f()") + "-- f.s --\nTEXT ·f(SB), $0\n\tRET\n", "f.s", "RET", "INT $3\n\tRET"},
	{"a constant that assembly takes", code("func f()\n\nconst size = 1") + "-- f.s --\n#include \"go_asm.h\"\nTEXT ·f(SB), $0\n\tMOVQ $const_size, AX\n", "main.go", "size = 1", "size = 2"},
	{"a field whose place assembly takes", code("func f()\n\ntype pair struct{ a, b int32 }") + "-- f.s --\n#include \"go_asm.h\"\nTEXT ·f(SB), $0\n\tMOVL pair_b(AX), AX\n", "main.go", "a, b int32", "b, a int32"},
	{"a function of another package that assembly calls", "-- main.go --\npackage main\n\nimport _ \"example.com/lab/sub\"\n\nfunc f()\n-- f.s --\nTEXT ·f(SB), $0\n\tCALL example·com∕lab∕sub·F(SB)\n-- sub/s.go --\npackage sub\n\nfunc F() int { return 1 }\n", "sub/s.go", "return 1", "return 2"},
	{"what a function is linked to", code("import _ \"unsafe\"\n\n//go:linkname f time.now\nfunc f()"), "main.go", "time.now", "time.later"},
	{"a method that a function is linked to", "-- main.go --\npackage main\n\nimport (\n\t_ \"unsafe\"\n\n\t_ \"example.com/lab/sub\"\n)\n\n//go:linkname f example.com/lab/sub.(*T).m\nfunc f()\n-- sub/s.go --\npackage sub\n\ntype T int\n\nfunc (*T) m() int { return 1 }\n", "sub/s.go", "return 1", "return 2"},
	{"an embedded file", "-- main.go --\npackage main\n\nimport _ \"embed\"\n\n//go:embed data.txt\nvar data string\n\nfunc f() string { return data }\n-- data.txt --\none\n", "data.txt", "one", "two"},
	{"an embedded file whose directive stands apart", "-- main.go --\npackage main\n\nimport _ \"embed\"\n\n//go:embed data.txt\n\n// data is more than a doc comment away.\nvar data string\n\nfunc f() string { return data }\n-- data.txt --\none\n", "data.txt", "one", "two"},
	{"an embedded file in a group", "-- main.go --\npackage main\n\nimport _ \"embed\"\n\nvar (\n\tother int\n\t//go:embed data.txt\n\n\tdata string\n)\n\nfunc f() string { return data }\n-- data.txt --\none\n", "data.txt", "one", "two"},
	{"a file in an embedded folder", "-- main.go --\npackage main\n\nimport \"embed\"\n\n//go:embed data\nvar data embed.FS\n\nfunc f() any { return data }\n-- data/deep/x.txt --\none\n", "data/deep/x.txt", "one", "two"},
	{"a new file in an embedded folder", "-- main.go --\npackage main\n\nimport \"embed\"\n\n//go:embed data\nvar data embed.FS\n\nfunc f() any { return data }\n-- data/x.txt --\none\n", "data/deep/y.txt", "", "two"},
	{"a new file that an embedding pattern matches", "-- main.go --\npackage main\n\nimport \"embed\"\n\n//go:embed *.txt\nvar data embed.FS\n\nfunc f() any { return data }\n-- x.txt --\none\n", "y.txt", "", "two"},
	{"a hidden file, where all are embedded", "-- main.go --\npackage main\n\nimport \"embed\"\n\n//go:embed all:data\nvar data embed.FS\n\nfunc f() any { return data }\n-- data/x.txt --\none\n", "data/.y", "", "two"},
	{"a function of an import without a name", "-- main.go --\npackage main\n\nimport . \"example.com/lab/sub\"\n\nfunc f() int { return F() }\n-- sub/s.go --\npackage sub\n\nfunc F() int { return 1 }\n", "sub/s.go", "return 1", "return 2"},
	{"a function of a renamed import", "-- main.go --\npackage main\n\nimport other \"example.com/lab/sub\"\n\nfunc f() int { return other.F() }\n-- sub/s.go --\npackage sub\n\nfunc F() int { return 1 }\n", "sub/s.go", "return 1", "return 2"},
	{"another package under the same name", "-- main.go --\npackage main\n\nimport r \"math/rand\"\n\nfunc f() int { return r.Int() }\n", "main.go", "math/rand", "math/rand/v2"},
	{"an init function of a package that is imported for its effects", "-- main.go --\npackage main\n\nimport _ \"example.com/lab/sub\"\n\nfunc f() {}\n-- sub/s.go --\npackage sub\n\nfunc init() { println(1) }\n", "sub/s.go", "println(1)", "println(2)"},
	{"where a jump goes", code("func f() (n int) {\na:\n\tn++\nb:\n\tn++\n\tif n < 9 {\n\t\tgoto a\n\t}\n\tif n < 0 {\n\t\tgoto b\n\t}\n\treturn n\n}"), "main.go", "goto a", "goto b"},
	{"the tag of a field, which reflection sees", code("import \"encoding/json\"\n\ntype T struct {\n\tA int `json:\"a\"`\n}\n\nfunc f(x T) ([]byte, error) { return json.Marshal(x) }"), "main.go", `json:"a"`, `json:"b"`},
	{"the order of fields", code("import \"fmt\"\n\ntype T struct{ A, B int }\n\nfunc f(x T) string { return fmt.Sprint(x) }"), "main.go", "A, B int", "B, A int"},
	{"the type of a field of a field", code("type in struct{ a int8 }\n\ntype T struct{ in in }\n\nfunc f(x T) int { return int(x.in.a) }"), "main.go", "int8", "int16"},
	{"the length of an array", code("const size = 3\n\nvar a [size]int\n\nfunc f() int { return len(a) }"), "main.go", "size = 3", "size = 4"},
	{"a case of a type switch", code("type T int\n\nfunc (T) Error() string { return \"one\" }\n\nfunc f(err error) string {\n\tswitch x := err.(type) {\n\tcase T:\n\t\treturn x.Error()\n\t}\n\treturn \"\"\n}"), "main.go", `"one"`, `"two"`},
	{"what is deferred, started and selected", code("func g() int { return 1 }\n\nfunc f(c chan int) {\n\tdefer func() { _ = g() }()\n\tselect {\n\tcase c <- g():\n\t}\n}"), "main.go", "return 1", "return 2"},
	{"a value of a raw string", code("func f() string { return `a\n\tb` }"), "main.go", "\n\tb", "\n\t\tb"},
	{"a function that goes under the name of a predeclared one", code("func f() int { return max(1, 2) }") + "-- max.go --\npackage main\n\nfunc max(a, b int) int { return a }\n", "max.go", "return a", "return b"},
	{"a predeclared name is taken by a new file", code("func f() int { return max(1, 2) }"), "max.go", "", "package main\n\nfunc max(a, b int) int { return a }\n"},
	{"the version of the language of one file", "-- main.go --\n//go:build go1.21\n\npackage main\n\nfunc f() (fs []func() int) {\n\tfor i := 0; i < 3; i++ {\n\t\tfs = append(fs, func() int { return i })\n\t}\n\treturn fs\n}\n", "main.go", "go1.21", "go1.22"},
}

func TestBehaviourCounts(t *testing.T) {
	t.Parallel()
	for _, test := range behaviour {
		t.Run(test.reason, func(t *testing.T) {
			t.Parallel()
			dir := writeModule(t, labModule+test.archive)
			before := fromSource(t, dir, "main.f")
			test.apply(t, dir)
			if after := fromSource(t, dir, "main.f"); after.Code == before.Code {
				t.Errorf("the edit does not change the digest; reached %q", names(after))
			}
		})
	}
}

// indifferent are edits that f does not depend on: to notice one is to compute
// again for nothing.
var indifferent = []change{
	{"a comment", code("// f is.\nfunc f() int { return 1 /* one */ }"), "main.go", "/* one */", "// a number\n"},
	{"layout", code("func f() int { return g(1, 2) }\n\nfunc g(a, b int) int { return a }"), "main.go", "g(1, 2)", "g(\n\t\t1,\n\t\t2,\n\t)"},
	{"the order of imports", code("import (\n\t\"math\"\n\t\"strings\"\n)\n\nfunc f() any { return strings.Repeat(\"a\", int(math.Pi)) }"), "main.go", "\"math\"\n\t\"strings\"", "\"strings\"\n\n\t\"math\""},
	{"an import that f does not use", code("import \"math\"\n\nfunc f() float64 { return math.Pi }"), "main.go", "import \"math\"", "import (\n\t\"fmt\"\n\t\"math\"\n)\n\nfunc g() { fmt.Println() }"},
	{"an unrelated function", code("func f() int { return 1 }\n\nfunc g() int { return 1 + 0 }"), "main.go", "1 + 0", "1 + 1"},
	{"an unrelated init function, where no variable is reached", code("func f() int { return 1 }\n\nfunc init() { println(1) }"), "main.go", "println(1)", "println(2)"},
	{"an unrelated variable that calls something", code("var a = g()\n\nvar b = h()\n\nfunc g() int { return 1 }\n\nfunc h() int { return 2 }\n\nfunc f() int { return a }"), "main.go", "return 2", "return 3"},
	{"a literal that a variable keeps for later", code("var n int\n\nvar later = func() { n = 1 }\n\nfunc f() int { return n }"), "main.go", "n = 1", "n = 2"},
	{"the order of variables that call nothing of the program's own", code("import \"errors\"\n\nvar a = errors.New(\"a\")\n\nvar b = errors.New(\"b\")\n\nfunc f() (error, error) { return a, b }"), "main.go", "var a = errors.New(\"a\")\n\nvar b = errors.New(\"b\")", "var b = errors.New(\"b\")\n\nvar a = errors.New(\"a\")"},
	{"the order of functions", code("func f() int { return g() + h() }\n\nfunc g() int { return 1 }\n\nfunc h() int { return 2 }"), "main.go", "func g() int { return 1 }\n\nfunc h() int { return 2 }", "func h() int { return 2 }\n\nfunc g() int { return 1 }"},
	{"a function moves to another file", code("func f() int { return g() }") + "-- g.go --\npackage main\n\nfunc g() int { return 1 }\n", "h.go", "", "package main\n\nfunc h() int { return 2 }\n"},
	{"a new test file", code("func f() int { return 1 }"), "main_test.go", "", "package main\n\nfunc g() int { return 2 }\n"},
	{"an edit of a test file", code("func f() int { return 1 }") + "-- main_test.go --\npackage main\n\nvar a = 1\n", "main_test.go", "a = 1", "a = 2"},
	{"a new file of the package", code("func f() int { return 1 }"), "more.go", "", "package main\n\nvar more = 1\n"},
	{"a new file of other contents", code("func f() int { return 1 }"), "notes.txt", "", "one"},
	{"a comment in go.mod", code("func f() int { return 1 }"), "go.mod", "go 1.26", "go 1.26 // the newest"},
	{"a requirement in go.mod that is not linked", code("func f() int { return 1 }"), "go.mod", "go 1.26", "go 1.26\n\nrequire example.com/other v1.0.0\n"},
	{"another package", code("func f() int { return 1 }") + "-- sub/s.go --\npackage sub\n\nfunc F() int { return 1 }\n", "sub/s.go", "return 1", "return 2"},
	{"a package that another function imports", "-- main.go --\npackage main\n\nimport \"example.com/lab/sub\"\n\nfunc f() int { return 1 }\n\nfunc g() int { return sub.F() }\n-- sub/s.go --\npackage sub\n\nfunc F() int { return 1 }\n", "sub/s.go", "return 1", "return 2"},
	{"another constant of the group", code("const (\n\ta = 1\n\tb = 2\n)\n\nfunc f() int { return b }"), "main.go", "a = 1", "a = 3"},
	{"a file that is not embedded", "-- main.go --\npackage main\n\nimport _ \"embed\"\n\n//go:embed data.txt\nvar data string\n\nfunc f() string { return data }\n-- data.txt --\none\n-- other.txt --\none\n", "other.txt", "one", "two"},
	{"a hidden file in an embedded folder", "-- main.go --\npackage main\n\nimport \"embed\"\n\n//go:embed data\nvar data embed.FS\n\nfunc f() any { return data }\n-- data/x.txt --\none\n", "data/.y", "", "two"},
	{"a directive of another kind", code("//go:noinline\nfunc f() int { return 1 }"), "main.go", "//go:noinline\n", ""},
	{"a file for another system", code("func f() int { return 1 }") + "-- f_plan9.go --\npackage main\n\nfunc f() int { return 2 }\n", "f_plan9.go", "return 2", "return 3"},
}

func TestTheRestDoesNotCount(t *testing.T) {
	t.Parallel()
	for _, test := range indifferent {
		t.Run(test.reason, func(t *testing.T) {
			t.Parallel()
			dir := writeModule(t, labModule+test.archive)
			before := fromSource(t, dir, "main.f")
			test.apply(t, dir)
			if after := fromSource(t, dir, "main.f"); after.Code != before.Code {
				t.Errorf("the edit changes the digest; reached %q", names(after))
			}
		})
	}
}

// TestWithoutBody is about functions whose code cannot be found.
func TestWithoutBody(t *testing.T) {
	t.Parallel()
	for reason, archive := range map[string]string{
		"nothing holds the body":                          code("func f()"),
		"another package may have pushed it here":         code("func f()") + "-- empty.s --\n// This file lets f be declared.\n",
		"what it is linked to is not there":               code("import _ \"unsafe\"\n\n//go:linkname f example.com/lab.gone\nfunc f()"),
		"the method that it is linked to is not there":    code("import _ \"unsafe\"\n\n//go:linkname f example.com/lab.T.gone\nfunc f()\n\ntype T int"),
		"an assembly file names something that is longer": code("func f()") + "-- f.s --\nTEXT ·ff(SB), $0\n",
	} {
		if id := identifyByName(writeModule(t, labModule+archive), "main.f"); id.Kind != FromBuild || id.Reason == "" {
			t.Errorf("%s: %s", reason, id.Kind)
		}
	}
}

// TestSettingsCount is about what the build information says besides modules.
func TestSettingsCount(t *testing.T) {
	t.Parallel()
	dir := writeModule(t, labModule+code("func f() int { return 1 }"))
	plain := fromSource(t, dir, "main.f")
	p := testProgram(dir)
	p.godebug = "randseednop=0"
	id := p.identify(&function{entry: anchorEntry(), symbol: "main.f", file: autogenerated}, nil)
	if id.Code == plain.Code {
		t.Error("GODEBUG settings do not change the digest")
	}
	if got, want := id.Describe(), plain.Describe(); got != "source: 2 declarations in 1 file" {
		t.Errorf("described as %q, without settings as %q", got, want)
	}
}

// TestVendoredModule edits what nobody should edit, but can.
func TestVendoredModule(t *testing.T) {
	t.Parallel()
	dir := writeModule(t, labModule+"-- main.go --\npackage main\n\nimport \"example.com/other\"\n\nfunc f() int { return other.F() }\n"+
		"-- vendor/example.com/other/o.go --\npackage other\n\nfunc F() int { return 1 }\n")
	dep := &debug.Module{Path: "example.com/other", Version: "v1.0.0"}
	before := fromSource(t, dir, "main.f", dep).Modules
	path := filepath.Join(dir, "vendor", "example.com", "other", "o.go")
	replace(t, path, "return 1", "return 2")
	after := fromSource(t, dir, "main.f", dep).Modules
	if len(before) != 1 || len(after) != 1 || before[0] == after[0] || !strings.HasPrefix(after[0].Version, "v1.0.0 vendored as ") {
		t.Errorf("modules %v, after an edit %v", before, after)
	}
	p := testProgram(dir, dep)
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	p.built = info.ModTime()
	if id := p.identify(&function{entry: anchorEntry(), symbol: "main.f", file: autogenerated}, nil); id.Kind != FromBuild {
		t.Error("a file as old as the executable is trusted")
	}
}

// TestAnotherFolder finds a function of the same name in a file of the same name
// that it was not built from.
func TestAnotherFolder(t *testing.T) {
	t.Parallel()
	one := writeModule(t, labModule+code("func f() int { return 1 }"))
	two := writeModule(t, labModule+code("func f() int { return 1 }"))
	for _, test := range []struct {
		file string
		want Kind
	}{
		{filepath.Join(one, "main.go"), FromSource},
		{filepath.Join(two, "main.go"), FromBuild},
		{filepath.Join(one, "gone", "main.go"), FromBuild},
	} {
		id := testProgram(one).identify(&function{entry: anchorEntry(), symbol: "main.f", file: filepath.ToSlash(test.file), line: 3}, nil)
		if id.Kind != test.want {
			t.Errorf("built from %s: %s %q", test.file, id.Kind, id.Reason)
		}
	}
}

// TestAnotherWorkspace cannot tell which workspace the program was built in.
func TestAnotherWorkspace(t *testing.T) {
	t.Parallel()
	dir := writeModule(t, fourModules)
	for gowork, want := range map[string]Kind{
		"": FromSource, filepath.Join(dir, "go.work"): FromSource, "off": FromBuild, filepath.Join(dir, "other.work"): FromBuild,
	} {
		info := &debug.BuildInfo{Path: "example.com/lab", Main: debug.Module{Path: "example.com/lab"}, Deps: fourModulesDeps()}
		build := hostContext(info)
		build.gowork = gowork
		p := newProgram(info, filepath.Join(dir, "lab", "main.go"), filepath.Join(dir, "lab"), build)
		p.built = testProgram(dir).built
		id := p.identify(&function{entry: anchorEntry(), symbol: "main.train", file: autogenerated}, nil)
		if id.Kind != want || want == FromBuild && !strings.Contains(id.Reason, "GOWORK") {
			t.Errorf("GOWORK=%s: %s %q", gowork, id.Kind, id.Reason)
		}
	}
}
