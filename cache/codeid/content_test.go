package codeid

import (
	"bytes"
	"go/ast"
	"go/format"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestTokens(t *testing.T) {
	t.Parallel()
	const base = "func f(a int, b string) { g(a, b); x := []int{1, 2} }"
	want := appendTextTokens(nil, []byte(base))
	for reason, text := range map[string]string{
		"comments":                "func f(a int, b string) { /* one */ g(a, b); x := []int{1, 2} } // two",
		"lines":                   "func f(\n\ta int,\n\tb string,\n) {\n\tg(a, b)\n\tx := []int{\n\t\t1,\n\t\t2,\n\t}\n}\n",
		"a comment ends a line":   "func f(a int, b string) { g(a, b) // one\nx := []int{1, 2} }",
		"semicolons at the end":   "func f(a int, b string) { g(a, b); x := []int{1, 2}; }",
		"carriage returns do not": "func f(a int, b string) {\r\n\tg(a, b)\r\n\tx := []int{1, 2}\r\n}",
	} {
		if diff := cmp.Diff(want, appendTextTokens(nil, []byte(text))); diff != "" {
			t.Errorf("%s count: %s", reason, diff)
		}
	}
	for reason, text := range map[string]string{
		"a name":            "func f(a int, c string) { g(a, b); x := []int{1, 2} }",
		"a literal":         "func f(a int, b string) { g(a, b); x := []int{1, 3} }",
		"where names part":  "func f(a int, b string) { g(a, b); x := []int{12} }",
		"a statement less":  "func f(a int, b string) { g(a, b) }",
		"an operator":       "func f(a int, b string) { g(a, b); x = []int{1, 2} }",
		"another statement": "func f(a int, b string) { g(a, b); x := []int{1, 2}; return }",
	} {
		if bytes.Equal(want, appendTextTokens(nil, []byte(text))) {
			t.Errorf("%s does not count", reason)
		}
	}
	if got, want := string(appendTextTokens(nil, []byte("x := `a\nb` + 'c'"))), "x\x00:=\x00`a\nb`\x00+\x00'c'\x00"; got != want {
		t.Errorf("tokens %q, want %q", got, want)
	}
}

// TestMessages pins the bytes that are hashed: to change them is to change the
// version in the magic, and to compute everything anew.
func TestMessages(t *testing.T) {
	t.Parallel()
	dir := writeModule(t, labModule+"-- main.go --\npackage main\n\nimport \"math\"\n\nconst (\n\ta = iota // zero\n\tb\n)\n\nfunc f(x float64,) float64 {\n\treturn math.Sqrt(x)\n}\n")
	p := testProgram(dir)
	pkg, err := p.load("example.com/lab", &p.modules.local[0])
	if err != nil {
		t.Fatal(err)
	}
	content := func(name string, imports, extras []string) string {
		return string(pkg.declared[name][0].content(imports, extras))
	}
	reached := []reachedSource{{Source: Source{Name: "p.f"}, content: [32]byte{0: 'd', 31: 'e'}}}
	for _, test := range []struct {
		what, got, want string
	}{
		{
			"a function", content("f", []string{"=math", "=math", "C=C"}, []string{"extra"}),
			"func\x00func\x00f\x00(\x00x\x00float64\x00)\x00float64\x00{\x00return\x00math\x00.\x00Sqrt\x00(\x00x\x00)\x00}\x00" +
				"\x01=math\x00\x01C=C\x00\x02extra\x00\x021.26\x00",
		},
		{"a constant", content("b", nil, nil), "const\x00b\x00a\x00=\x00iota\x00\x021.26\x00\x02iota=1\x00"},
		{"the code", string(codeMessage("root", reached)), "labbook code\x01\x04root\x03p.fd" + strings.Repeat("\x00", 30) + "e"},
		{"the build", string(buildMessage("id", "p.f", -1)), "labbook build\x01\x02id\x03p.f\x01"},
	} {
		if test.got != test.want {
			t.Errorf("%s: %q, want %q", test.what, test.got, test.want)
		}
	}
}

// FuzzFile reads arbitrary source: nothing panics, and what gofmt makes of it
// has the same tokens.
func FuzzFile(f *testing.F) {
	paths, err := filepath.Glob("*.go")
	if err != nil {
		f.Fatal(err)
	}
	for _, path := range paths {
		src, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		if len(src) < 2000 { // mutations of small files are more often still Go
			f.Add(src)
		}
	}
	f.Add([]byte("package p\n\nconst (\n\ta = iota\n\tb\n)\n\n//go:embed x y\nvar e string\n\ntype (\n\tT[P any] struct{ P }\n)\nfunc (T[P]) m() { L: for { break L } }"))
	f.Add([]byte("package p\nfunc () f() {}\nfunc (a, b T) g() {}\nvar ()\nfunc _() {}\nvar _, x = 1, 2"))
	f.Add([]byte("package A\nfunc A()(A)"))
	f.Add([]byte("package A\nfunc;"))
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, src []byte) {
		comparePlainTokens(t, "", string(src))
		path := filepath.Join(dir, "f.go")
		write(t, path, string(src))
		file, _, err := readFile(path, &buildContext{}, true)
		if err != nil {
			return
		}
		pkg := &sourcePackage{path: "p", files: []*sourceFile{file}}
		file.pkg = pkg
		pkg.index()
		for _, decls := range pkg.declared {
			for _, d := range decls {
				checkUses(t, d)
				d.content(nil, nil)
				d.text()
			}
		}
		for _, decls := range pkg.methods {
			for _, d := range decls {
				checkUses(t, d)
			}
		}
		for line := range file.positions.LineCount() {
			literals, _ := pkg.literals(&function{symbol: "p.f.func1", file: path, line: line + 1})
			for _, d := range literals {
				_, _ = usesOf(d)
			}
		}
		formatted, err := format.Source(src)
		if err != nil {
			return
		}
		// gofmt takes parentheses away that are not needed, as around a single result.
		// They count: their removal costs a computation and is rare.
		parentheses := strings.NewReplacer("(\x00", "", ")\x00", "")
		plain := func(src []byte) (list []string) {
			for _, text := range tokensOfDeclarations(src) {
				list = append(list, parentheses.Replace(text))
			}
			return list
		}
		if diff := cmp.Diff(plain(src), plain(formatted)); diff != "" {
			t.Errorf("gofmt changes the tokens of %q: %s", src, diff)
		}
	})
}

// tokensOfDeclarations leaves out imports, which gofmt sorts.
func tokensOfDeclarations(src []byte) []string {
	positions := token.NewFileSet()
	syntax, err := parser.ParseFile(positions, "", src, parser.SkipObjectResolution)
	if err != nil {
		return nil
	}
	var tokens []string
	for _, decl := range syntax.Decls {
		if group, ok := decl.(*ast.GenDecl); ok && group.Tok == token.IMPORT {
			continue
		}
		from, to := positions.PositionFor(decl.Pos(), false).Offset, positions.PositionFor(decl.End(), false).Offset
		tokens = append(tokens, string(appendTextTokens(nil, src[from:to])))
	}
	return tokens
}
