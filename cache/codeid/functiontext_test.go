package codeid

import (
	"go/build"
	"path/filepath"
	"runtime/debug"
	"slices"
	"testing"
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
