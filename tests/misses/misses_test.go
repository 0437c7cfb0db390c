package misses

import (
	"flag"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"labbook/diffargs"
	"labbook/runlog/record"
)

// table asks for the table of all situations rather than for what is wrong with
// each.
var table = flag.Bool("table", false, "print the table of situations")

// short are the themes that take the least time.
var short = []string{"rows", "texts", "times", "values"}

// TestMisses lets each situation happen and compares what is said of it with what
// should be.
func TestMisses(t *testing.T) {
	all := situations()
	if testing.Short() {
		all = slices.DeleteFunc(all, func(s situation) bool {
			theme, _, _ := strings.Cut(s.name, "/")
			return !slices.Contains(short, theme)
		})
	}
	lab := equip(t)
	verdicts := make([]verdict, len(all))
	t.Run("misses", func(t *testing.T) {
		for i := range all {
			s, v := &all[i], &verdicts[i]
			t.Run(s.name, func(t *testing.T) {
				t.Parallel()
				v.situation = s
				v.told = lab.tell(t, s)
				if v.marks = s.want.score(&v.told); !v.marks.all() && !*table {
					v.fail(t)
				}
			})
		}
	})
	if *table {
		verdicts = slices.DeleteFunc(verdicts, func(v verdict) bool { return v.situation == nil }) // not asked for
		if understood := writeTable(os.Stdout, verdicts); understood < len(verdicts) {
			t.Fail()
		}
	}
}

// fail says what is wrong.
func (v *verdict) fail(t *testing.T) {
	t.Helper()
	e := &v.told.explanation
	t.Errorf("%s\nwant %s\ngot  %s\nsaid: %s", v.situation.story, &v.situation.want, v.told.inShort(&v.situation.want), e.Reason.Summary)
	for _, also := range e.Also {
		t.Logf("also: %s", also.Summary)
	}
	for _, d := range e.Differences {
		t.Logf("%s: %s → %s (%s) %s", d.Path, d.Before, d.After, d.Detail, d.Kind)
	}
}

// TestEveryKindHasItsSituation reads from the source which reasons and kinds of
// difference there are.
func TestEveryKindHasItsSituation(t *testing.T) {
	t.Parallel()
	all := situations()
	reasons, kinds := everyKind(all)
	for _, reason := range constants(t, filepath.Join("runlog", "record", "call.go"), "ReasonKind") {
		if !reasons[record.ReasonKind(reason)] {
			t.Errorf("no situation is explained by %s", reason)
		}
	}
	for _, kind := range constants(t, filepath.Join("diffargs", "difference.go"), "Kind") {
		if !kinds[diffargs.Kind(kind)] {
			t.Errorf("no situation has a difference of the kind %s", kind)
		}
	}
	if len(all) < 60 {
		t.Errorf("there are %d situations", len(all))
	}
	names := map[string]bool{}
	for i := range all {
		if names[all[i].name] || all[i].story == "" || (all[i].runs == nil) == (all[i].code == nil) {
			t.Errorf("situation %q: its name is taken, it has no story, or it does not say what happens", all[i].name)
		}
		names[all[i].name] = true
	}
}

// constants returns the values of the constants of a type.
func constants(t *testing.T, file, typ string) []string {
	t.Helper()
	parsed, err := parser.ParseFile(token.NewFileSet(), filepath.Join("..", "..", file), nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var values []string
	ast.Inspect(parsed, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok {
			return true
		}
		if name, ok := spec.Type.(*ast.Ident); !ok || name.Name != typ {
			return true
		}
		for _, v := range spec.Values {
			if literal, ok := v.(*ast.BasicLit); ok {
				value, err := strconv.Unquote(literal.Value)
				if err != nil {
					t.Fatal(err)
				}
				values = append(values, value)
			}
		}
		return true
	})
	if len(values) == 0 {
		t.Fatalf("%s declares no %s", file, typ)
	}
	return values
}
