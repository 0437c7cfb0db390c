package misses

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"labbook/cache/whymiss"
	"labbook/diffargs"
	"labbook/runlog/record"
)

// said is a miss that is explained so.
func said(reason record.ReasonKind, nearest int64, also []record.ReasonKind, differences ...difference) told {
	got := told{outcome: record.Miss}
	got.explanation.Reason.Kind = reason
	if nearest != 0 {
		got.explanation.Nearest = &whymiss.Nearest{Run: nearest}
	}
	for _, kind := range also {
		got.explanation.Also = append(got.explanation.Also, whymiss.Reason{Kind: kind})
	}
	for _, d := range differences {
		got.explanation.Differences = append(got.explanation.Differences, whymiss.Difference{Part: d.part, Path: d.path, Kind: d.kind})
	}
	return got
}

func TestScore(t *testing.T) {
	t.Parallel()
	const argument, code, dependency = record.ArgumentChanged, record.CodeChanged, record.DependencyChanged
	x, y := in("x[3]", diffargs.Value), at("y", diffargs.NaN)
	reasons := func(kinds ...record.ReasonKind) []record.ReasonKind { return kinds }
	for name, c := range map[string]struct {
		want want
		got  told
		is   string // the marks for reason, part, path, kind
	}{
		"all right":                  {arguments(x, y), said(argument, 0, nil, x, y), "✓✓✓✓"},
		"in another order":           {arguments(x, y), said(argument, 0, nil, y, x), "✓✓✓✓"},
		"a hit":                      {hit(), told{outcome: record.Hit}, "✓✓✓✓"},
		"a miss, wanted was a hit":   {hit(), said(argument, 0, nil), "✗✗✗✗"},
		"a hit, wanted was a miss":   {arguments(x), told{outcome: record.Hit}, "✗✗✗✗"},
		"another reason":             {arguments(x), said(code, 0, nil, x), "✗✓✓✓"},
		"one difference too few":     {arguments(x, y), said(argument, 0, nil, x), "✓✗✗✗"},
		"one difference too many":    {arguments(x), said(argument, 0, nil, x, y), "✓✗✗✗"},
		"one difference twice":       {arguments(x), said(argument, 0, nil, x, x), "✓✗✗✗"},
		"another part":               {arguments(x), said(argument, 0, nil, difference{"z", x.path, x.kind}), "✓✗✓✓"},
		"another path":               {arguments(x), said(argument, 0, nil, difference{x.part, "x", x.kind}), "✓✓✗✓"},
		"another kind":               {arguments(x), said(argument, 0, nil, difference{x.part, x.path, diffargs.Order}), "✓✓✓✗"},
		"both causes":                {edited(x).besides(argument), said(code, 0, reasons(argument), x), "✓✓✓✓"},
		"a cause too few":            {edited(x).besides(argument), said(code, 0, nil, x), "✗✓✓✓"},
		"a cause too many":           {edited(x), said(code, 0, reasons(argument), x), "✗✓✓✓"},
		"causes in another order":    {edited(x).besides(dependency, argument), said(code, 0, reasons(argument, dependency), x), "✗✓✓✓"},
		"compared with the right":    {arguments(x).comparedWith(2), said(argument, 2, nil, x), "✓✓✓✓"},
		"compared with another":      {arguments(x).comparedWith(2), said(argument, 3, nil, x), "✗✓✓✓"},
		"compared with none":         {arguments(x).comparedWith(2), said(argument, 0, nil, x), "✗✓✓✓"},
		"whatever it compares with":  {arguments(x), said(argument, 7, nil, x), "✓✓✓✓"},
		"nothing differs, as wanted": {only(record.Evicted), said(record.Evicted, 1, nil), "✓✓✓✓"},
	} {
		m := c.want.score(&c.got)
		if got := m.reason.String() + m.part.String() + m.path.String() + m.kind.String(); got != c.is {
			t.Errorf("%s: %s, want %s", name, got, c.is)
		}
		if m.all() != !strings.Contains(c.is, "✗") {
			t.Errorf("%s: all right is %t", name, m.all())
		}
	}
}

func TestTable(t *testing.T) {
	t.Parallel()
	verdictOf := func(name string, w want, got told) verdict {
		s := &situation{name: name, want: w}
		return verdict{situation: s, told: got, marks: w.score(&got)}
	}
	var b strings.Builder
	understood := writeTable(&b, []verdict{
		verdictOf("one", argument("x[3]", diffargs.Value), said(record.ArgumentChanged, 0, nil, in("x[3]", diffargs.Value))),
		verdictOf("another", edited(function("a.b", diffargs.Value)).besides(record.ArgumentChanged).comparedWith(1),
			said(record.CodeChanged, 2, nil, function("a.b", diffargs.Value), at("n", diffargs.NaN))),
		verdictOf("a third", hit(), told{}),
	})
	const want = `situation  expected                                                      got                                             reason  part  path  kind
one        argument-changed: x[3] value                                  the same                                        ✓       ✓     ✓     ✓
another    code-changed + argument-changed (run 1): code: a.b value      code-changed (run 2): code: a.b value, n nan    ✗       ✗     ✗     ✗
a third    hit                                                           it could not be brought about                   ✗       ✗     ✗     ✗

1 of 3
`
	if understood != 1 {
		t.Errorf("%d were understood, want 1", understood)
	}
	squeeze := func(text string) []string {
		var lines []string
		for line := range strings.Lines(text) {
			lines = append(lines, strings.Join(strings.Fields(line), " "))
		}
		return lines
	}
	if diff := cmp.Diff(squeeze(want), squeeze(b.String())); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
