package whymiss_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"labbook/cache/whymiss"
	"labbook/diffargs"
	"labbook/runlog/record"
)

func TestCodeChanged(t *testing.T) {
	t.Parallel()
	body := func(lines ...string) string {
		return "func Train() {\n\t" + strings.Join(lines, "\n\t") + "\n}\n"
	}
	const step, loss = "func step() { a }\n", "func loss() { b }\n"
	for _, test := range []struct {
		reason        string
		before, after []string
		summary       string
		want          []whymiss.Difference
	}{
		{
			"one line",
			[]string{body("a", "b", "c", "d", "e", "f", "g")},
			[]string{body("a", "b", "c", "D", "e", "f", "g")},
			"its code changed: model.Train",
			[]whymiss.Difference{{Path: "code: model.Train", Kind: diffargs.Value, Before: "d", After: "D", Detail: "@@ -2,7 +2,7 @@\n \ta\n \tb\n \tc\n-\td\n+\tD\n \te\n \tf\n \tg"}},
		},
		{
			"two places with much between them",
			[]string{body("a", "1", "2", "3", "4", "5", "6", "7", "b")},
			[]string{body("A", "1", "2", "3", "4", "5", "6", "7", "B")},
			"its code changed: model.Train",
			[]whymiss.Difference{{
				Path: "code: model.Train", Kind: diffargs.Value, Before: "a", After: "A",
				Detail: "@@ -1,5 +1,5 @@\n func Train() {\n-\ta\n+\tA\n \t1\n \t2\n \t3\n@@ -7,5 +7,5 @@\n \t5\n \t6\n \t7\n-\tb\n+\tB\n }",
			}},
		},
		{
			"a line more",
			[]string{body("a", "b")},
			[]string{body("a", "new", "b")},
			"its code changed: model.Train",
			[]whymiss.Difference{{Path: "code: model.Train", Kind: diffargs.Value, After: "new", Detail: "@@ -1,4 +1,5 @@\n func Train() {\n \ta\n+\tnew\n \tb\n }"}},
		},
		{
			"a line less",
			[]string{body("a", "old", "b")},
			[]string{body("a", "b")},
			"its code changed: model.Train",
			[]whymiss.Difference{{Path: "code: model.Train", Kind: diffargs.Value, Before: "old", Detail: "@@ -1,5 +1,4 @@\n func Train() {\n \ta\n-\told\n \tb\n }"}},
		},
		{
			"a function more",
			[]string{body("a")},
			[]string{body("a"), step},
			"its code changed: model.step",
			[]whymiss.Difference{{Path: "code: model.step", Kind: diffargs.Added, Detail: "@@ -0,0 +1 @@\n+func step() { a }"}},
		},
		{
			"a function less",
			[]string{body("a"), step},
			[]string{body("a")},
			"its code changed: model.step",
			[]whymiss.Difference{{Path: "code: model.step", Kind: diffargs.Removed, Detail: "@@ -1 +0,0 @@\n-func step() { a }"}},
		},
		{
			"all of it, what is gone last",
			[]string{body("a"), loss},
			[]string{body("b"), step},
			"its code changed: model.Train, model.step, model.loss",
			[]whymiss.Difference{
				{Path: "code: model.Train", Kind: diffargs.Value, Before: "a", After: "b", Detail: "@@ -1,3 +1,3 @@\n func Train() {\n-\ta\n+\tb\n }"},
				{Path: "code: model.step", Kind: diffargs.Added, Detail: "@@ -0,0 +1 @@\n+func step() { a }"},
				{Path: "code: model.loss", Kind: diffargs.Removed, Detail: "@@ -1 +0,0 @@\n-func loss() { b }"},
			},
		},
	} {
		t.Run(test.reason, func(t *testing.T) {
			t.Parallel()
			h := newHistory(t)
			h.compute("1.1", arg("x", 1), code(test.before...))
			h.compute("2.1", arg("x", 1), code(test.after...))
			got := explain(t, h, "2.1")
			if got.Reason != (whymiss.Reason{Kind: record.CodeChanged, Summary: test.summary}) {
				t.Errorf("the reason is %+v, want %q", got.Reason, test.summary)
			}
			for i := range test.want {
				test.want[i].Part = "code"
			}
			if diff := cmp.Diff(test.want, got.Differences); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			wantPiece(t, "remedy", got.Remedy, "")
		})
	}
}

func TestCodeThatCannotBeCompared(t *testing.T) {
	t.Parallel()
	lost := func(h *history, c *record.CallDetail) { delete(h.sources, c.Code.CodeDigest) }
	const unknown = "the source of the functions is not in the lab-book"
	for _, test := range []struct {
		reason        string
		before, after []change
		summary       string
		want          whymiss.Difference
	}{
		{
			"the source of the earlier call is lost",
			[]change{code("func Train() { a }"), lost},
			[]change{code("func Train() { b }", "func b() {}")},
			"its code changed",
			whymiss.Difference{Before: "source: 1", After: "source: 2", Detail: unknown},
		},
		{
			"that of this call is lost",
			[]change{code("func Train() { a }")},
			[]change{code("func Train() { b }", "func b() {}"), lost},
			"its code changed",
			whymiss.Difference{Before: "source: 1", After: "source: 2", Detail: unknown},
		},
		{
			"the difference is in no function",
			[]change{code("func Train() { a }")},
			[]change{code("func Train() { b }"), func(h *history, c *record.CallDetail) {
				h.sources[c.Code.CodeDigest] = []record.Source{{Name: "example.com/lab/model.Train", Text: "func Train() { a }"}}
			}},
			"its code changed",
			whymiss.Difference{Before: "source: 1", After: "source: 1", Detail: "no function that the lab-book has the source of differs"},
		},
		{
			"both by the build",
			[]change{identifiedBy("build")},
			[]change{identifiedBy("build")},
			"the executable was built anew, and without trusted source nobody can tell whether this function changed",
			whymiss.Difference{Before: "build", After: "build"},
		},
		{
			"by the build now", nil,
			[]change{identifiedBy("build")},
			"its code is identified by the executable's build, and was by its source",
			whymiss.Difference{Before: "source: 1", After: "build"},
		},
		{
			"by the build before",
			[]change{identifiedBy("build")},
			nil,
			"its code is identified by its source, and was by the executable's build",
			whymiss.Difference{Before: "build", After: "source: 1"},
		},
	} {
		t.Run(test.reason, func(t *testing.T) {
			t.Parallel()
			h := newHistory(t)
			h.compute("1.1", append([]change{arg("x", 1)}, test.before...)...)
			h.compute("2.1", append([]change{arg("x", 1)}, test.after...)...)
			got := explain(t, h, "2.1")
			if got.Reason != (whymiss.Reason{Kind: record.CodeChanged, Summary: test.summary}) {
				t.Errorf("the reason is %+v, want %q", got.Reason, test.summary)
			}
			test.want.Part, test.want.Path, test.want.Kind = "code", "code", diffargs.Value
			if diff := cmp.Diff([]whymiss.Difference{test.want}, got.Differences); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// An argument that is called code is not taken for the code.
func TestArgumentCalledCode(t *testing.T) {
	t.Parallel()
	h := newHistory(t)
	h.compute("1.1", code("func Train() { a }"), arg("code", params{Rate: 1}))
	h.compute("2.1", code("func Train() { b }"), arg("code", params{Rate: 2}))
	got := explain(t, h, "2.1")
	if want := "its code changed: model.Train; also, code.Rate changed from 1 to 2"; got.Summary() != want {
		t.Errorf("it says %q, want %q", got.Summary(), want)
	}
}

// A table of data counts as code too, and can be long. It is compared from both
// ends only: what the middles share is not looked for.
func TestLongCode(t *testing.T) {
	t.Parallel()
	table := func(from int) string {
		var b strings.Builder
		b.WriteString("var table = []int{\n")
		for i := range 100_000 {
			if i == 50_000 {
				b.WriteString("\t// The second half.\n")
			}
			fmt.Fprintf(&b, "\t%d,\n", from+i)
		}
		b.WriteString("}\n")
		return b.String()
	}
	h := newHistory(t)
	h.compute("1.1", code(table(0)))
	h.compute("2.1", code(table(1_000_000)))
	got := explain(t, h, "2.1").Differences
	if len(got) != 1 || got[0].Before != "0," || got[0].After != "1000000," {
		t.Fatalf("%d differences, want one that begins with the first element", len(got))
	}
	lines := strings.Split(got[0].Detail, "\n")
	if want := 2*100_001 + 3; len(lines) != want || lines[1] != " var table = []int{" || lines[want-1] != " }" {
		t.Errorf("the diff has %d lines, from %q to %q; want %d lines", len(lines), lines[0], lines[len(lines)-1], want)
	}
}
