package codeid

import (
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
	"testing"
	"time"
)

// TestUntrusted damages the module in one way each: the build stands in, and
// the reason says what is wrong.
func TestUntrusted(t *testing.T) {
	t.Parallel()
	future := time.Now().Add(24 * time.Hour)
	type damage func(t *testing.T, dir string)
	touch := func(name string) damage {
		return func(t *testing.T, dir string) {
			t.Helper()
			if err := os.Chtimes(filepath.Join(dir, filepath.FromSlash(name)), future, future); err != nil {
				t.Fatal(err)
			}
		}
	}
	edit := func(name, old, changed string) damage {
		return func(t *testing.T, dir string) {
			t.Helper()
			replace(t, filepath.Join(dir, filepath.FromSlash(name)), old, changed)
		}
	}
	without := func(name string) damage {
		return func(t *testing.T, dir string) {
			t.Helper()
			remove(t, filepath.Join(dir, filepath.FromSlash(name)))
		}
	}
	link := func(t *testing.T, dir string) {
		t.Helper()
		if err := os.Symlink(dir, filepath.Join(dir, "model", "link.go")); err != nil {
			t.Skip(err)
		}
	}
	grow := func(t *testing.T, dir string) {
		t.Helper()
		path := filepath.Join(dir, "model", "huge.go")
		write(t, path, "package model\n")
		if err := os.Truncate(path, maxSourceFile+1); err != nil {
			t.Skip(err)
		}
	}
	for _, test := range []struct {
		reason string
		damage damage
		want   string
	}{
		{"a newer file", touch("model/score.go"), "score.go is newer than the executable"},
		{"a newer embedded file", touch("model/deep/factor.txt"), "factor.txt is newer than the executable"},
		{"a newer go.mod", touch("go.mod"), "go.mod is newer than the executable"},
		{"a syntax error", edit("model/score.go", "type item struct", "type item strukt {"), "score.go:"},
		{
			"a declaration that is gone",
			edit("model/score.go", "func step(x float64) float64 { return deep.Scale(x) }", ""), "step is not declared",
		},
		{
			"a declaration of another package that is gone",
			edit("model/deep/scale.go", "func Scale", "func Scaled"), "deep.Scale is not declared",
		},
		{"the function is gone", edit("main.go", "func train(", "func trained("), "main.train is not where it was"},
		{"an embedded file that is gone", without("model/deep/factor.txt"), "nothing matches //go:embed factor.txt"},
		{"a package that is gone", without("model/deep"), "read package example.com/lab/model/deep: "},
		{"a package without files", without("model/deep/scale.go"), "no Go files"},
		{"a file that is none", link, "not a regular file"},
		{"a huge file", grow, "larger than"},
		{"an import of nowhere", edit("model/score.go", `"strings"`, `strings "example.org/strings"`), "in no module"},
	} {
		t.Run(test.reason, func(t *testing.T) {
			t.Parallel()
			dir := writeModule(t, readTestdata(t, "module.txtar"))
			fine := fromSource(t, dir, "main.train")
			test.damage(t, dir)
			id := identifyByName(dir, "main.train")
			if id.Kind != FromBuild || !strings.Contains(id.Reason, test.want) {
				t.Fatalf("%s %q, want it to say %q", id.Kind, id.Reason, test.want)
			}
			if id.Code == fine.Code || id.Code.IsZero() || id.Sources != nil || id.Modules != nil {
				t.Errorf("identity %+v", id)
			}
			if id.Name != fine.Name || id.Toolchain != fine.Toolchain {
				t.Errorf("named %s of %s", id.Name, id.Toolchain)
			}
			if again := identifyByName(dir, "main.train"); again.Code != id.Code {
				t.Error("the digest of the same build differs")
			}
			if other := identifyByName(dir, "main.unrelated"); other.Kind == FromBuild && other.Code == id.Code {
				t.Error("two functions of a build have the same digest")
			}
		})
	}
}

// TestMoved looks for functions by line, as those of a program that was built
// before an edit.
func TestMoved(t *testing.T) {
	t.Parallel()
	dir := writeModule(t, readTestdata(t, "module.txtar"))
	const first, last = 10, 16 // lines of train
	for _, test := range []struct {
		reason string
		symbol string
		file   string
		line   int
		want   Kind
	}{
		{"where it begins", "main.train", "main.go", first, FromSource},
		{"its first instruction is its last line", "main.train", "main.go", last, FromSource},
		{"above", "main.train", "main.go", first - 1, FromBuild},
		{"below", "main.train", "main.go", last + 1, FromBuild},
		{"in another file", "main.train", "other.go", first, FromBuild},
		{"no literal there", "main.train.func1", "main.go", first, FromBuild},
		{"no such method", "main.T.train", "main.go", first, FromBuild},
	} {
		id := testProgram(dir).identify(&function{entry: anchorEntry(), symbol: test.symbol, file: dir + "/" + test.file, line: test.line}, nil)
		if id.Kind != test.want {
			t.Errorf("%s: %s %q, want %s", test.reason, id.Kind, id.Reason, test.want)
		}
	}
}

// TestElidedArguments is about instances whose type arguments cannot be read:
// their names are the same, their digests must not be.
func TestElidedArguments(t *testing.T) {
	t.Parallel()
	p := testProgram(writeModule(t, readTestdata(t, "module.txtar")))
	one := p.identify(&function{entry: anchorEntry(), symbol: "main.pair[...]", file: autogenerated}, nil)
	two := p.identify(&function{entry: anchorEntry() + 64, symbol: "main.pair[...]", file: autogenerated}, nil)
	if one.Kind != FromBuild || two.Kind != FromBuild || one.Code == two.Code {
		t.Errorf("%+v and %+v", one, two)
	}
}

// TestProgramFromFiles is what "go run train.go" makes: a package without an
// import path, of which any file may have been named.
func TestProgramFromFiles(t *testing.T) {
	t.Parallel()
	dir := writeModule(t, `
-- go.mod --
module example.com/lab
-- cmd/train.go --
//go:build ignore

package main

import "example.com/lab/sub"

func train() { helper(); sub.F() }

func main() {}
-- cmd/helper.go --
//go:build ignore

package main

func helper() {}
-- sub/f.go --
package sub

func F() {}
`)
	info := &debug.BuildInfo{Path: fromFiles, Deps: []*debug.Module{{Path: "example.com/lab", Version: "(devel)"}}}
	p := newProgram(info, filepath.Join(dir, "cmd", "train.go"), dir, hostContext(info))
	p.built = time.Now().Add(time.Hour)
	id := p.identify(&function{entry: anchorEntry(), symbol: "main.train", file: filepath.Join(dir, "cmd", "train.go"), line: 7}, nil)
	if got, want := strings.Join(names(id), " "), "main.train example.com/lab/sub.F main.helper"; id.Name != "main.train" || got != want {
		t.Errorf("%s reaches %q, want %q (%s)", id.Name, got, want, id.Reason)
	}
}

// TestUnreachedFilesMayBeNewer is the other half: an edit elsewhere does not
// cost the trust.
func TestUnreachedFilesMayBeNewer(t *testing.T) {
	t.Parallel()
	dir := writeModule(t, readTestdata(t, "module.txtar"))
	future := time.Now().Add(24 * time.Hour)
	if err := os.Chtimes(filepath.Join(dir, "alone", "alone.go"), future, future); err != nil {
		t.Fatal(err)
	}
	fromSource(t, dir, "main.train")
}

func TestModuleIsElsewhere(t *testing.T) {
	t.Parallel()
	info := &debug.BuildInfo{
		Path: "example.com/lab", Main: debug.Module{Path: "example.com/lab"},
		Deps: []*debug.Module{{Path: "example.com/near", Replace: &debug.Module{Path: "../near"}}},
	}
	dir := writeModule(t, "\n-- go.mod --\nmodule example.org/another\n-- main.go --\npackage main\n")
	if got := findModuleDir(filepath.Join(dir, "main.go"), info); got != "" {
		t.Errorf("module folder %q of another module", got)
	}
	if got := findModuleDir("example.com/lab/main.go", info); got != "" {
		t.Errorf("module folder %q of a file without a place", got)
	}
	p := newProgram(info, "example.com/lab/main.go", "", hostContext(info))
	for _, symbol := range []string{"main.train", "example.com/near.F"} {
		id := p.identify(&function{entry: anchorEntry(), symbol: symbol, file: autogenerated}, nil)
		if id.Kind != FromBuild || !strings.Contains(id.Reason, "is not found") {
			t.Errorf("%s: %s %q", symbol, id.Kind, id.Reason)
		}
	}
}

func remove(t *testing.T, path string) {
	t.Helper()
	if err := os.RemoveAll(path); err != nil {
		t.Fatal(err)
	}
}
