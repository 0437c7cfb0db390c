package codeid

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestSymbols(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		symbol string
		path   string
		want   declaredName
	}{
		{"main.train", "main", declaredName{name: "train"}},
		{"example.com/a.b/c.train", "example.com/a.b/c", declaredName{name: "train"}},
		{"gopkg.in/yaml%2ev3.Marshal", "gopkg.in/yaml.v3", declaredName{name: "Marshal"}},
		{"main.T.M", "main", declaredName{receiver: "T", name: "M"}},
		{"example.com/x.(*T).M", "example.com/x", declaredName{receiver: "T", name: "M"}},
		{"example.com/x.(*T[...]).M", "example.com/x", declaredName{receiver: "T", name: "M"}},
		{"example.com/x.T[example.com/y.U].M", "example.com/x", declaredName{receiver: "T", name: "M"}},
		{"example.com/x.f[map[string]example.com/y.U]", "example.com/x", declaredName{name: "f"}},
		{"main.main.func1", "main", declaredName{name: "main.func1", literal: true}},
		{"main.main.func1.2", "main", declaredName{name: "main.func1.2", literal: true}},
		{"main.init.make.func2", "main", declaredName{name: "init.make.func2", literal: true}},
		{"main.(*T).M.func1", "main", declaredName{name: "(*T).M.func1", literal: true}},
		{"main.f.func1-range1", "main", declaredName{name: "f.func1-range1", literal: true}},
		{"main.func1", "main", declaredName{name: "func1"}},
		{"nothing", "", declaredName{name: "nothing"}},
		{"", "", declaredName{}},
	} {
		f := &function{symbol: test.symbol}
		if got, _ := cutSymbol(test.symbol); got != test.path {
			t.Errorf("%s: path %q, want %q", test.symbol, got, test.path)
		}
		if got := f.declared(); got != test.want {
			t.Errorf("%s: declared %+v, want %+v", test.symbol, got, test.want)
		}
	}
}

func TestTypeArguments(t *testing.T) {
	t.Parallel()
	for symbol, want := range map[string][]qualifiedName{
		"main.f":         nil,
		"main.f[...]":    nil,
		"main.f[int]":    nil,
		"main.f[main.T]": {{path: "main", name: "T"}},
		"main.f[map[example.com/a.K][]*example.com/a/b.V,main.L·2]": {
			{path: "example.com/a", name: "K"}, {path: "example.com/a/b", name: "V"}, {path: "main", name: "L", local: true},
		},
		"main.f[func(main.A, ...main.B) <-chan main.C]": {
			{path: "main", name: "A"}, {path: "main", name: "B"}, {path: "main", name: "C"},
		},
		"main.f[struct { A main.T \"tag\"; main.U }]": {{path: "main", name: "T"}, {path: "main", name: "U"}},
		"main.T[example.com/x.G[main.V]].M":           {{path: "example.com/x", name: "G"}, {path: "main", name: "V"}},
	} {
		got := (&function{symbol: symbol}).typeArguments()
		if diff := cmp.Diff(want, got, cmp.AllowUnexported(qualifiedName{})); diff != "" {
			t.Errorf("%s: %s", symbol, diff)
		}
	}
}

func TestNamesOfInstances(t *testing.T) {
	t.Parallel()
	p := &program{mainPath: "example.com/lab"}
	for symbol, want := range map[string]string{
		"main.f":                                  "example.com/lab.f",
		"main.f[int]":                             "example.com/lab.f[int]",
		"main.f[map[string]main.T]":               "example.com/lab.f[map[string]example.com/lab.T]",
		"main.f[example.com/main.T,*main.U]":      "example.com/lab.f[example.com/main.T,*example.com/lab.U]",
		"example.com/x.(*G[main.T]).M":            "example.com/x.(*G[example.com/lab.T]).M",
		"example.com/x.f[struct { main main.T }]": "example.com/x.f[struct { main example.com/lab.T }]",
	} {
		if got := p.nameOf(&function{symbol: symbol}); got != want {
			t.Errorf("%s is named %s, want %s", symbol, got, want)
		}
	}
}

func FuzzSymbols(f *testing.F) {
	for _, seed := range []string{"main.f", "a/b.(*T[...]).M", "x.f[a/b.T·1]", ".(", "[", "a].b["} {
		f.Add(seed)
	}
	p := &program{mainPath: "example.com/lab"}
	f.Fuzz(func(t *testing.T, symbol string) {
		fn := &function{symbol: symbol}
		path, rest := cutSymbol(symbol)
		if len(path)+len(rest) > len(symbol) {
			t.Errorf("%q is cut into %q and %q", symbol, path, rest)
		}
		for _, arg := range fn.typeArguments() {
			if arg.path == "" || arg.name == "" {
				t.Errorf("type argument %+v of %q", arg, symbol)
			}
		}
		fn.declared()
		p.nameOf(fn)
	})
}
