package codeid

import (
	"go/ast"
	"go/build"
	"go/parser"
	"go/token"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// resolved are the uses that can mean something: of names that the package
// declares or the file may import.
func resolved(d *declaration, found *uses) []string {
	var list []string
	for _, use := range found.names {
		if d.file.pkg.declared[use.name] != nil {
			list = append(list, use.name)
		}
	}
	for _, s := range found.selected {
		if d.file.pkg.declared[s.base] != nil || d.file.mayImport(s.base) {
			list = append(list, s.base+"."+s.name)
		}
	}
	for _, name := range found.members {
		list = append(list, "."+name)
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// checkUses compares what the tokens of a declaration say with what its syntax
// says, and reports whether the tokens say anything. They may name more in code
// that nobody would write, such as a parameter with its type in brackets, but
// never less.
func checkUses(t *testing.T, d *declaration) (quick bool, more []string) {
	t.Helper()
	found, ok := d.quickUses()
	if !ok {
		return false, nil
	}
	slow, err := usesBySyntax(d)
	if err != nil {
		return false, nil
	}
	got, want := resolved(d, found), resolved(d, slow)
	for _, name := range want {
		if !slices.Contains(got, name) {
			t.Errorf("%s:%d: the tokens of %s do not name %s", d.file.path, d.line(), d.name, name)
		}
	}
	for _, name := range got {
		if !slices.Contains(want, name) {
			more = append(more, name)
		}
	}
	return true, more
}

// standardFiles are Go files of the standard library.
func standardFiles(t *testing.T) []string {
	t.Helper()
	var files []string
	for _, path := range []string{
		"bufio", "crypto/tls", "database/sql", "embed/internal/embedtest", "encoding/json", "fmt", "go/parser", "go/scanner", "html/template",
		"math", "math/big", "net/http", "os", "reflect", "runtime", "runtime/cgo", "strconv", "time", "unicode",
	} {
		found, err := filepath.Glob(filepath.Join(build.Default.GOROOT, "src", filepath.FromSlash(path), "*.go"))
		if err != nil || len(found) == 0 {
			t.Fatal(path, err)
		}
		files = append(files, found...)
	}
	return files
}

// TestPlainTokens compares the two scanners.
func TestPlainTokens(t *testing.T) {
	t.Parallel()
	plain := 0
	files := standardFiles(t)
	for _, path := range files {
		src := readFileText(t, path)
		if !comparePlainTokens(t, path, src) {
			continue
		}
		plain++
	}
	if plain*10 < len(files)*9 {
		t.Errorf("of %d files, only %d are plain", len(files), plain)
	}
	for _, src := range []string{
		"", "x", "x\n", "x // c", "x /* c */", "x /* c */ y", "x /* c\n */ y", "x /* a */ /* b */\ny", "x /* a */ // b\ny", "/* c */ x", "return // c\n", "x /*", "x //",
		"0x1e+2", "1e+2", "1.5e-3i", ".5", "1.", "a...", "1..2", "0b11", "0o7", "017", "08", "1_000", "0x", "1e", "x.1", "a[1:]", "'\\''", "'ä'", "\"\\\"\"", "\"ä\"", "`a\r\nb`", "`",
		"ä", "aä1", "ä٣", "٣", "\xff", "x\x00", "// \xff", "\ufeffx", "a&^=b", "a<-b", "a<<=b", "a:=b", "~a", "a!=b", "#", "$", "?", "@", "\\",
	} {
		comparePlainTokens(t, "", src)
	}
}

// comparePlainTokens reports whether the quick scanner took the source.
func comparePlainTokens(t *testing.T, path, src string) bool {
	t.Helper()
	got, ok := scanPlainly(nil, src)
	if !ok {
		return false
	}
	want, _ := scanThoroughly(nil, src)
	for i := range min(len(got), len(want)) {
		got, want := got[i], want[i]
		if want.kind == token.SEMICOLON { // the end of a line, before or after a comment
			got.from = want.from
		}
		if got != want {
			t.Errorf("%s: token %d of %.40q is %+v, want %+v", path, i, src, got, want)
			return true
		}
	}
	if len(got) != len(want) {
		t.Errorf("%s: %d tokens in %.40q, want %d", path, len(got), src, len(want))
	}
	return true
}

// TestOutlines compares outlines of files with what the parser says.
func TestOutlines(t *testing.T) {
	t.Parallel()
	type seen struct {
		Name, Receiver string
		Pointer, Body  bool
		Pos, End       token.Pos
	}
	look := func(syntax *ast.File) []seen {
		var list []seen
		for _, decl := range syntax.Decls {
			s := seen{Pos: decl.Pos(), End: decl.End()}
			if decl, ok := decl.(*ast.FuncDecl); ok {
				s.Name, s.Body = decl.Name.Name, decl.Body != nil
				if decl.Recv != nil {
					s.Receiver, s.Pointer = receiverOf(decl)
				}
			}
			list = append(list, s)
		}
		return list
	}
	for _, path := range standardFiles(t) {
		set := token.NewFileSet()
		want, err := parser.ParseFile(set, path, nil, parser.SkipObjectResolution|parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		f, _, err := readFile(path, &buildContext{}, true)
		if err != nil {
			t.Fatal(err)
		}
		if f.functions == nil && !strings.Contains(string(f.src), "line ") {
			t.Errorf("%s has no outline", path)
		}
		if diff := cmp.Diff(look(want), look(f.syntax)); diff != "" {
			t.Errorf("%s: %s", path, diff)
		}
		imports, err := importsOf(want)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(imports, f.imports, cmp.AllowUnexported(fileImport{}, location{})); diff != "" {
			t.Errorf("%s: %s", path, diff)
		}
		if set.File(want.FileStart).LineCount() != f.positions.LineCount() {
			t.Errorf("%s: %d lines, want %d", path, f.positions.LineCount(), set.File(want.FileStart).LineCount())
		}
	}
}

// TestTokensSayWhatSyntaxSays reads the standard library.
func TestTokensSayWhatSyntaxSays(t *testing.T) {
	t.Parallel()
	context := hostContext(&debug.BuildInfo{})
	functions, quick := 0, 0
	for _, path := range []string{
		"bufio", "bytes", "compress/flate", "crypto/tls", "database/sql", "encoding/json", "encoding/xml", "fmt", "go/ast", "go/parser", "go/types",
		"html/template", "image/jpeg", "math/big", "net/http", "os", "reflect", "regexp/syntax", "runtime", "sort", "strconv", "strings", "sync", "text/template", "time",
	} {
		pkg := &sourcePackage{path: path, dir: filepath.Join(build.Default.GOROOT, "src", filepath.FromSlash(path))}
		if err := pkg.read(&context, variant{}, func() bool { return false }); err != nil {
			t.Fatal(err)
		}
		for _, table := range []map[string][]*declaration{pkg.declared, pkg.methods} {
			for _, decls := range table {
				for _, d := range decls {
					if d.function == nil {
						continue
					}
					functions++
					ok, more := checkUses(t, d)
					if ok {
						quick++
					}
					if len(more) > 0 {
						t.Errorf("%s:%d: the tokens of %s name %q besides", d.file.path, d.line(), d.name, more)
					}
				}
			}
		}
	}
	t.Logf("of %d functions, %d need no syntax", functions, quick)
	if quick*2 < functions {
		t.Errorf("of %d functions, only %d need no syntax", functions, quick)
	}
}
