package codeid

import (
	"path/filepath"
	"runtime/debug"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// labModule begins an archive of a module.
const labModule = "\n-- go.mod --\nmodule example.com/lab\n\ngo 1.26\n"

func TestLinks(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		reason  string
		archive string
		want    []string // what main.f reaches besides itself
	}{
		{
			"an import for its effects brings init functions, blank variables and what they call",
			"-- main.go --\npackage main\n\nimport _ \"example.com/lab/effects\"\n\nfunc f() {}\n" +
				"-- effects/e.go --\npackage effects\n\nfunc init() { register() }\n\nvar _ = other()\n\nfunc init() {}\n\nfunc register() {}\n\nfunc other() int { return 1 }\n\nfunc unused() {}\n",
			[]string{"/effects._(e.go)", "/effects.init(e.go)", "/effects.init(e.go)#2", "/effects.other", "/effects.register"},
		},
		{
			"a package goes by the name in its files",
			"-- main.go --\npackage main\n\nimport \"example.com/lab/go-odd\"\n\nfunc f() { strange.F() }\n" +
				"-- go-odd/f.go --\npackage strange\n\nfunc F() {}\n",
			[]string{"/go-odd.F"},
		},
		{
			"an import under another name",
			"-- main.go --\npackage main\n\nimport x \"example.com/lab/sub\"\n\nfunc f() { x.F() }\n" +
				"-- sub/f.go --\npackage sub\n\nfunc F() {}\n",
			[]string{"/sub.F"},
		},
		{
			"an import without a name",
			"-- main.go --\npackage main\n\nimport (\n\t. \"example.com/lab/sub\"\n\t. \"strings\"\n)\n\nfunc f() { F(ToUpper(\"a\")); V.m() }\n" +
				"-- sub/f.go --\npackage sub\n\nfunc F(string) {}\n\nvar V T\n\ntype T int\n\nfunc (T) m() {}\n",
			[]string{"/sub.F", "/sub.T", "/sub.T.m", "/sub.V"},
		},
		{
			"a name of the file's package hides a predeclared one",
			"-- main.go --\npackage main\n\nfunc f() { _ = len(1) }\n-- len.go --\npackage main\n\nfunc len(int) int { return 0 }\n",
			[]string{".len"},
		},
		{
			"a function of another package under this name",
			"-- main.go --\npackage main\n\nimport _ \"unsafe\"\n\nfunc f() { hidden() }\n\n//go:linkname hidden example.com/lab/sub.secret\nfunc hidden()\n" +
				"-- sub/f.go --\npackage sub\n\nfunc secret() {}\n",
			[]string{".hidden", "/sub.secret"},
		},
		{
			"assembly and what it names",
			"-- main.go --\npackage main\n\nfunc f() { fast() }\n\nfunc fast()\n\nvar table int\n-- fast.s --\nTEXT ·fast(SB), $0\n\tMOVQ ·table(SB), AX\n",
			[]string{".fast", ".table", "/fast.s"},
		},
		{
			"embedded methods come with their type",
			"-- main.go --\npackage main\n\ntype T struct{ *U }\n\ntype U struct{}\n\nfunc (U) M() { g() }\n\nfunc g() {}\n\nfunc f(t T) { t.M() }\n",
			[]string{".T", ".U", ".U.M", ".g"},
		},
		{
			"a method brings its type",
			"-- main.go --\npackage main\n\ntype T[P any] struct{ p P }\n\nfunc (t *T[P]) m(x T[P]) P { return t.p }\n\nvar v T[int]\n\nfunc f() { v.m(v) }\n",
			[]string{".(*T).m", ".T", ".v"},
		},
		{
			"an unexported method comes once its name is selected",
			"-- main.go --\npackage main\n\ntype T int\n\nfunc (T) m() { g() }\n\nfunc (T) unused() {}\n\nfunc g() {}\n\nfunc use(t T) { later(t) }\n\nfunc later(t interface{ m() }) { t.m() }\n\nfunc f() { use(T(1)) }\n",
			[]string{".T", ".T.m", ".g", ".later", ".use"},
		},
		{
			"labbook's own machinery is not followed",
			"-- main.go --\npackage main\n\nimport \"labbook/cache\"\n\nvar wrapped = cache.Wrap(nil, g)\n\nfunc g() {}\n\nfunc f() { wrapped() }\n",
			[]string{".g", ".wrapped"},
		},
		{
			"files for other systems do not belong to the package",
			"-- main.go --\npackage main\n\nfunc f() { g() }\n-- g.go --\n//go:build !plan9\n\npackage main\n\nfunc g() { h() }\n\nfunc h() {}\n" +
				"-- g_plan9.go --\npackage main\n\nfunc g() { other() }\n-- main_test.go --\npackage main\n\nfunc h() { other() }\n-- broken_plan9.go --\nbroken\n",
			[]string{".g", ".h"},
		},
	} {
		t.Run(test.reason, func(t *testing.T) {
			t.Parallel()
			id := fromSource(t, writeModule(t, labModule+test.archive), "main.f")
			var got []string
			for _, name := range names(id)[1:] {
				got = append(got, strings.TrimPrefix(name, "example.com/lab"))
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestMachineryIsNoModule(t *testing.T) {
	t.Parallel()
	dir := writeModule(t, labModule+"-- main.go --\npackage main\n\nimport (\n\t\"labbook/cache\"\n\t\"labbook/diffargs\"\n)\n\n"+
		"func f() { cache.New() }\n\nfunc g() { diffargs.Of(1) }\n")
	dep := &debug.Module{Path: "labbook", Version: "v1.0.0"}
	if id := fromSource(t, dir, "main.f", dep); len(id.Modules) > 0 {
		t.Errorf("calling another cached function brings %v", id.Modules)
	}
	// What else labbook offers can make a result.
	if id := fromSource(t, dir, "main.g", dep); len(id.Modules) != 1 {
		t.Errorf("modules %v, want labbook", id.Modules)
	}
}

func TestLinknameCounts(t *testing.T) {
	t.Parallel()
	dir := writeModule(t, labModule+"-- main.go --\npackage main\n\nimport _ \"unsafe\"\n\n//go:linkname f time.now\nfunc f()\n")
	before := fromSource(t, dir, "main.f")
	replace(t, filepath.Join(dir, "main.go"), "time.now", "time.later")
	if after := fromSource(t, dir, "main.f"); after.Code == before.Code {
		t.Error("what a function is linked to does not change the digest")
	}
}

func TestAssemblyCounts(t *testing.T) {
	t.Parallel()
	dir := writeModule(t, labModule+"-- main.go --\npackage main\n\nfunc f()\n-- f.s --\nTEXT ·f(SB), $0\n\tRET\n")
	before := fromSource(t, dir, "main.f")
	replace(t, filepath.Join(dir, "f.s"), "RET", "INT $3\n\tRET")
	if after := fromSource(t, dir, "main.f"); after.Code == before.Code {
		t.Error("an edit of an assembly file does not change the digest")
	}
}

func TestPreambleCounts(t *testing.T) {
	t.Parallel()
	dir := writeModule(t, labModule+"-- main.go --\npackage main\n\n// int g() { return 1; }\nimport \"C\"\n\nfunc f() { C.g() }\n")
	before := fromSource(t, dir, "main.f")
	replace(t, filepath.Join(dir, "main.go"), "return 1", "return 2")
	if after := fromSource(t, dir, "main.f"); after.Code == before.Code {
		t.Error("an edit of a C preamble does not change the digest")
	}
}

func TestLinkerFlagsCount(t *testing.T) {
	t.Parallel()
	dir := writeModule(t, labModule+"-- main.go --\npackage main\n\nvar a, b string\n\nfunc f() { _ = b }\n\nfunc g() {}\n")
	identify := func(symbol, flags string) *Identity {
		p := testProgram(dir)
		p.linked = flags
		return p.identify(&function{entry: anchorEntry(), symbol: symbol, file: autogenerated}, nil)
	}
	if identify("main.f", "-s").Code == identify("main.f", "-X main.b=2").Code {
		t.Error("a value given to the linker does not change the digest")
	}
	if identify("main.f", "-s").Code != identify("main.f", "-X main.bb=2").Code {
		t.Error("a value for another variable changes the digest")
	}
	if identify("main.g", "-s").Code != identify("main.g", "-X main.b=2").Code {
		t.Error("a value of a variable that is not reached changes the digest")
	}
}

func TestTypeArgumentsAreReached(t *testing.T) {
	t.Parallel()
	dir := writeModule(t, labModule+`
-- main.go --
package main

func generic[T any]() {}

type T int

func (T) String() string { return text }

const text = "text"

func user() { type L struct{ T } }
`)
	reached := func(symbol string) string {
		var short []string
		for _, name := range names(fromSource(t, dir, symbol)) {
			short = append(short, strings.TrimPrefix(name, "example.com/lab."))
		}
		return strings.Join(short, " ")
	}
	for symbol, want := range map[string]string{
		"main.generic[int]":            "generic",
		"main.generic[[]main.T]":       "generic T T.String text",
		"main.generic[main.L·1]":       "generic T T.String text user",
		"slices.Sort[[]main.T]":        "T T.String text",
		"main.generic[example.T[int]]": "generic",
	} {
		if got := reached(symbol); got != want {
			t.Errorf("%s reaches %q, want %q", symbol, got, want)
		}
	}
	if id := identifyByName(dir, "main.generic[main.Gone]"); id.Kind != FromBuild || !strings.Contains(id.Reason, "example.com/lab.Gone is not declared") {
		t.Errorf("%s %q", id.Kind, id.Reason)
	}
}
