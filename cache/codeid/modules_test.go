package codeid

import (
	"path/filepath"
	"runtime/debug"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// fourModules is a program of four modules that a version does not tell: the main
// one, one replaced by a folder, one of a workspace, and one inside of another.
const fourModules = `
-- go.work --
go 1.26

use (
	./lab
	"./used" // quoted
)
-- lab/go.mod --
module example.com/lab

go 1.26

require example.com/replaced v1.0.0

replace example.com/replaced => ../near
-- lab/main.go --
package main

import (
	"example.com/lab/inner"
	"example.com/replaced/sub"
	"example.com/used"
)

func train() int { return sub.F() + used.F() + inner.F() }

func main() {}
-- lab/inner/go.mod --
module example.com/lab/inner

go 1.25
-- lab/inner/f.go --
package inner

func F() int { return 1 }
-- near/go.mod --
module example.com/replaced
-- near/sub/f.go --
package sub

func F() int { return 1 }
-- used/go.mod --
module example.com/used
-- used/f.go --
package used

func F() int { return 1 }
`

func fourModulesDeps() []*debug.Module {
	return []*debug.Module{
		{Path: "example.com/replaced", Version: "v1.0.0", Replace: &debug.Module{Path: "../near"}},
		{Path: "example.com/used", Version: "(devel)"},
		{Path: "example.com/lab/inner", Version: "v0.0.0", Replace: &debug.Module{Path: "./inner", Version: "(devel)"}},
	}
}

func TestLocalModules(t *testing.T) {
	t.Parallel()
	dir := writeModule(t, fourModules)
	lab := filepath.Join(dir, "lab")
	before := fromSource(t, lab, "main.train", fourModulesDeps()...)
	want := []string{"example.com/lab.train", "example.com/lab/inner.F", "example.com/replaced/sub.F", "example.com/used.F"}
	if diff := cmp.Diff(want, names(before)); diff != "" {
		t.Error(diff)
	}
	if len(before.Modules) > 0 {
		t.Errorf("modules %v, want none", before.Modules)
	}
	seen := map[string]string{before.Code.String(): "nothing"}
	for _, file := range []string{"near/sub/f.go", "used/f.go", "lab/inner/f.go"} {
		path := filepath.Join(dir, filepath.FromSlash(file))
		replace(t, path, "return 1", "return 2")
		after := fromSource(t, lab, "main.train", fourModulesDeps()...)
		if other, known := seen[after.Code.String()]; known {
			t.Errorf("an edit of %s gives the same digest as one of %s", file, other)
		}
		seen[after.Code.String()] = file
		replace(t, path, "return 2", "return 1")
	}
}

func TestLocalModuleIsMissing(t *testing.T) {
	t.Parallel()
	dir := writeModule(t, fourModules)
	for reason, dep := range map[string]*debug.Module{
		"no such folder":       {Path: "example.com/replaced", Replace: &debug.Module{Path: "../gone"}},
		"not in the workspace": {Path: "example.com/replaced", Version: "(devel)"},
	} {
		deps := fourModulesDeps()
		deps[0] = dep
		id := identifyByName(filepath.Join(dir, "lab"), "main.train", deps...)
		if id.Kind != FromBuild || !strings.Contains(id.Reason, "the source of module example.com/replaced is not") {
			t.Errorf("%s: %s %q", reason, id.Kind, id.Reason)
		}
	}
	write(t, filepath.Join(dir, "lab", "vendor", "example.com", "replaced", "sub", "f.go"), "package sub\n")
	id := identifyByName(filepath.Join(dir, "lab"), "main.train", fourModulesDeps()...)
	if id.Kind != FromBuild || !strings.Contains(id.Reason, "vendored") {
		t.Errorf("vendored: %s %q", id.Kind, id.Reason)
	}
}

func TestOtherModules(t *testing.T) {
	t.Parallel()
	dir := writeModule(t, `
-- lab/go.mod --
module example.com/lab
-- lab/main.go --
package main

import (
	"strings"

	"example.com/Direct/v2/sub"
	renamed "gopkg.in/yaml.v3"
)

func uses() any { return sub.F() }

func usesAnother() any { return renamed.F() }

func usesNone() string { return strings.ToUpper("a") }

func main() {}
-- cache/cache/download/example.com/!direct/v2/@v/v2.1.0.mod --
module example.com/Direct/v2

go 1.17

require (
	example.com/indirect v1.0.0 // indirect
	example.com/notlinked v1.0.0
)
-- cache/cache/download/example.com/indirect/@v/v1.2.0.mod --
module example.com/indirect

go 1.21
-- cache/cache/download/gopkg.in/yaml.v3/@v/v3.0.1.mod --
module gopkg.in/yaml.v3
`)
	deps := []*debug.Module{
		{Path: "example.com/unrelated", Version: "v1.0.0"},
		{Path: "example.com/indirect", Version: "v1.2.0"},
		{Path: "example.com/Direct/v2", Version: "v2.0.0", Replace: &debug.Module{Path: "example.com/Direct/v2", Version: "v2.1.0"}},
		{Path: "gopkg.in/yaml.v3", Version: "v3.0.1"},
	}
	direct := Module{Path: "example.com/Direct/v2", Version: "v2.0.0 => example.com/Direct/v2 v2.1.0"}
	indirect := Module{Path: "example.com/indirect", Version: "v1.2.0"}
	yaml := Module{Path: "gopkg.in/yaml.v3", Version: "v3.0.1"}
	unrelated := Module{Path: "example.com/unrelated", Version: "v1.0.0"}
	for _, test := range []struct {
		reason string
		symbol string
		cache  string
		want   []Module
	}{
		{"what it imports and what that requires", "main.uses", "cache", []Module{direct, indirect}},
		{"an old go.mod file need not be complete: all modules", "main.usesAnother", "cache", []Module{direct, indirect, unrelated, yaml}},
		{"without a module cache: all modules", "main.uses", "gone", []Module{direct, indirect, unrelated, yaml}},
		{"the standard library is no module", "main.usesNone", "cache", nil},
	} {
		p := testProgram(filepath.Join(dir, "lab"), deps...)
		p.modules.cache = filepath.Join(dir, test.cache)
		id := p.identify(&function{entry: anchorEntry(), symbol: test.symbol, file: autogenerated}, nil)
		if id.Kind != FromSource {
			t.Fatalf("%s: %s", test.reason, id.Reason)
		}
		if diff := cmp.Diff(test.want, id.Modules); diff != "" {
			t.Errorf("%s: %s", test.reason, diff)
		}
	}
}

func TestFunctionsOfOthers(t *testing.T) {
	t.Parallel()
	dir := writeModule(t, fourModules)
	lab := filepath.Join(dir, "lab")
	dep := &debug.Module{Path: "example.com/other", Version: "v1.0.0"}
	p := testProgram(lab, dep)
	p.modules.cache = dir
	other := p.identify(&function{entry: anchorEntry(), symbol: "example.com/other/x.F", file: "/gone/x.go", line: 3}, nil)
	if other.Kind != FromSource || len(other.Modules) != 1 || other.Modules[0].Path != "example.com/other" {
		t.Errorf("a function of another module: %+v", other)
	}
	std := p.identify(&function{entry: anchorEntry(), symbol: "strings.ToUpper", file: "/usr/lib/go/src/strings/strings.go", line: 3}, nil)
	if std.Kind != FromSource || len(std.Modules) != 0 || std.Code == other.Code {
		t.Errorf("a function of the standard library: %+v", std)
	}
	stray := p.identify(&function{entry: anchorEntry(), symbol: "example.org/stray.F", file: "/gone/x.go", line: 3}, nil)
	if stray.Kind != FromBuild || !strings.Contains(stray.Reason, "example.org/stray is in no module") {
		t.Errorf("a function of no module: %s %q", stray.Kind, stray.Reason)
	}
}

func TestReadModFile(t *testing.T) {
	t.Parallel()
	dir := writeModule(t, `
-- go.mod --
// A comment.
module "example.com/lab" // its path

go 1.26.1
toolchain go1.27
require example.com/a v1.0.0
require (
	example.com/b v1.0.0 // indirect

	"example.com/c" v1.0.0
)
replace example.com/a => ../a
replace (
	example.com/b v1.0.0 => ./b
	example.com/c => example.com/d v1.0.0
)
exclude ( example.com/e v1.0.0 )
unknown
use ./x
`)
	got, err := readModFile(filepath.Join(dir, "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	want := &modFile{
		path: "example.com/lab", language: "1.26.1", uses: []string{"./x"},
		replaced: map[string]bool{"../a": true, "./b": true},
		requires: []requirement{{"example.com/a", "v1.0.0"}, {"example.com/b", "v1.0.0"}, {"example.com/c", "v1.0.0"}},
		changed:  got.changed,
	}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(modFile{}, requirement{})); diff != "" {
		t.Error(diff)
	}
}
