package whymiss_test

import (
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"labbook/cache/whymiss"
	"labbook/diffargs"
	"labbook/runlog/record"
)

func TestOtherPartsChanged(t *testing.T) {
	t.Parallel()
	const oneKeyOnly = "an argument that counts in one of the two keys only: cache.Ignore, or the function's parameters, have changed"
	for _, test := range []struct {
		reason        string
		before, after []change
		want          whymiss.Reason
		differences   []whymiss.Difference
	}{
		{
			"the Go version", nil,
			[]change{part(record.PartToolchain, "go", "go1.27.0")},
			whymiss.Reason{Kind: record.ToolchainChanged, Summary: "the Go version changed: go from go1.26.0 to go1.27.0"},
			[]whymiss.Difference{{Part: "go", Path: "go", Kind: diffargs.Value, Before: "go1.26.0", After: "go1.27.0"}},
		},
		{
			"a declared dependency",
			[]change{part(record.PartDependency, "data.csv", "aa")},
			[]change{part(record.PartDependency, "data.csv", "bb")},
			whymiss.Reason{Kind: record.DependencyChanged, Summary: "something that it depends on changed: data.csv from aa to bb"},
			[]whymiss.Difference{{Part: "data.csv", Path: "data.csv", Kind: diffargs.Value, Before: "aa", After: "bb"}},
		},
		{
			"modules: another version, a new one, one less",
			[]change{part(record.PartModule, "gonum.org/v1/gonum", "v0.14.0"), part(record.PartModule, "a.org/old", "v1.0.0")},
			[]change{part(record.PartModule, "gonum.org/v1/gonum", "v0.15.0"), part(record.PartModule, "a.org/new", "v2.0.0")},
			whymiss.Reason{Kind: record.DependencyChanged, Summary: "something that it depends on changed: gonum.org/v1/gonum from v0.14.0 to v0.15.0, a.org/new (new), a.org/old (gone)"},
			[]whymiss.Difference{
				{Part: "gonum.org/v1/gonum", Path: "gonum.org/v1/gonum", Kind: diffargs.Value, Before: "v0.14.0", After: "v0.15.0"},
				{Part: "a.org/new", Path: "a.org/new", Kind: diffargs.Added, After: "v2.0.0", Detail: "a module that only one of the two uses"},
				{Part: "a.org/old", Path: "a.org/old", Kind: diffargs.Removed, Before: "v1.0.0", Detail: "a module that only one of the two uses"},
			},
		},
		{
			"an option",
			[]change{part(record.PartOption, "version", "1")},
			[]change{part(record.PartOption, "version", "2")},
			whymiss.Reason{Kind: record.OptionChanged, Summary: "an option of the cached function changed: version from 1 to 2"},
			[]whymiss.Difference{{Part: "version", Path: "version", Kind: diffargs.Value, Before: "1", After: "2"}},
		},
		{
			"an option that is new", nil,
			[]change{part(record.PartOption, "version", "2")},
			whymiss.Reason{Kind: record.OptionChanged, Summary: "an option of the cached function changed: version (new)"},
			[]whymiss.Difference{{Part: "version", Path: "version", Kind: diffargs.Added, After: "2", Detail: "a part of one of the two keys only"}},
		},
		{
			"an argument that counts no more",
			[]change{arg("verbose", true)},
			nil,
			whymiss.Reason{Kind: record.OptionChanged, Summary: "an option of the cached function changed: verbose (gone)"},
			[]whymiss.Difference{{Part: "verbose", Path: "verbose", Kind: diffargs.Removed, Before: "true", Detail: oneKeyOnly}},
		},
		{
			"an argument that counts from now on", nil,
			[]change{arg("verbose", true)},
			whymiss.Reason{Kind: record.OptionChanged, Summary: "an option of the cached function changed: verbose (new)"},
			[]whymiss.Difference{{Part: "verbose", Path: "verbose", Kind: diffargs.Added, After: "true", Detail: oneKeyOnly}},
		},
		{
			"an argument more, with the function's type",
			[]change{part(record.PartCode, "signature", "func()")},
			[]change{part(record.PartCode, "signature", "func(bool)"), arg("verbose", true)},
			whymiss.Reason{Kind: record.CodeChanged, Summary: "its code changed; also, argument verbose is new"},
			[]whymiss.Difference{
				{Part: "signature", Path: "signature", Kind: diffargs.Value, Before: "func()", After: "func(bool)"},
				{Part: "verbose", Path: "verbose", Kind: diffargs.Added, After: "true", Detail: oneKeyOnly},
			},
		},
		{
			"an argument of another name",
			[]change{arg("by", 4), arg("last", 1)},
			[]change{arg("factor", 4), arg("last", 1)},
			whymiss.Reason{Kind: record.OptionChanged, Summary: "an option of the cached function changed: by is called factor now"},
			[]whymiss.Difference{{Part: "factor", Path: "factor", Kind: diffargs.Renamed, Before: "by", After: "factor", Detail: "the value is equal: 4"}},
		},
		{
			"an argument of another name and value is another",
			[]change{arg("by", 4)},
			[]change{arg("factor", 5)},
			whymiss.Reason{Kind: record.OptionChanged, Summary: "an option of the cached function changed: factor (new), by (gone)"},
			[]whymiss.Difference{
				{Part: "factor", Path: "factor", Kind: diffargs.Added, After: "5", Detail: oneKeyOnly},
				{Part: "by", Path: "by", Kind: diffargs.Removed, Before: "4", Detail: oneKeyOnly},
			},
		},
		{
			"the function's type",
			[]change{part(record.PartCode, "signature", "func()")},
			[]change{part(record.PartCode, "signature", "func() int")},
			whymiss.Reason{Kind: record.CodeChanged, Summary: "its code changed"},
			[]whymiss.Difference{{Part: "signature", Path: "signature", Kind: diffargs.Value, Before: "func()", After: "func() int"}},
		},
		{
			"a Version in place of the code",
			[]change{part(record.PartOption, "version", "1"), without("code"), func(_ *history, c *record.CallDetail) { c.Code.CodeKind = "version" }},
			nil,
			whymiss.Reason{
				Kind:    record.CodeChanged,
				Summary: "its code is identified by its source, and was by a version given by hand; also, an option of the cached function changed: version (gone)",
			},
			[]whymiss.Difference{
				{Part: "code", Path: "code", Kind: diffargs.Added, After: "source: 1", Detail: "a part of one of the two keys only"},
				{Part: "version", Path: "version", Kind: diffargs.Removed, Before: "1", Detail: "a part of one of the two keys only"},
			},
		},
	} {
		t.Run(test.reason, func(t *testing.T) {
			t.Parallel()
			h := newHistory(t)
			h.compute("1.1", append([]change{arg("x", 0.3)}, test.before...)...)
			h.compute("2.1", append([]change{arg("x", 0.3)}, test.after...)...)
			got := explain(t, h, "2.1")
			if diff := cmp.Diff(test.want, whymiss.Reason{Kind: got.Reason.Kind, Summary: got.Summary()}); diff != "" {
				t.Errorf("reason (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(test.differences, got.Differences); diff != "" {
				t.Errorf("differences (-want +got):\n%s", diff)
			}
			wantPiece(t, "remedy", got.Remedy, "")
		})
	}
}

// What changes every key is the cause; what changes one is told besides. There
// is no remedy against half of it.
func TestSeveralCauses(t *testing.T) {
	t.Parallel()
	h := newHistory(t)
	h.compute("1.1", part(record.PartDependency, "data.csv", "aa"), part(record.PartOption, "mmap", "no"), arg("x", 0.3))
	h.compute("2.1", part(record.PartDependency, "data.csv", "bb"), part(record.PartOption, "mmap", "yes"), arg("x", math.Nextafter(0.3, 1)),
		code("func Train() { b }"), part(record.PartToolchain, "go", "go1.27.0"))
	got := explain(t, h, "2.1")
	want := []whymiss.Reason{
		{Kind: record.CodeChanged, Summary: "its code changed: model.Train"},
		{Kind: record.DependencyChanged, Summary: "something that it depends on changed: data.csv from aa to bb"},
		{Kind: record.ToolchainChanged, Summary: "the Go version changed: go from go1.26.0 to go1.27.0"},
		{Kind: record.OptionChanged, Summary: "an option of the cached function changed: mmap from no to yes"},
		{Kind: record.ArgumentChanged, Summary: "argument x is the same but for float noise"},
	}
	if diff := cmp.Diff(want, append([]whymiss.Reason{got.Reason}, got.Also...)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if want := "its code changed: model.Train; also, something that it depends on changed: data.csv from aa to bb; also, the Go version"; !strings.HasPrefix(got.Summary(), want) {
		t.Errorf("in one sentence: %q", got.Summary())
	}
	var parts []string
	for _, d := range got.Differences {
		parts = append(parts, d.Part)
	}
	if diff := cmp.Diff([]string{"code", "go", "data.csv", "mmap", "x"}, parts); diff != "" {
		t.Errorf("differences in the order of the key (-want +got):\n%s", diff)
	}
	wantPiece(t, "remedy", got.Remedy, "")
}

// Two keys of equal parts are not made alike.
func TestKeysOfEqualParts(t *testing.T) {
	t.Parallel()
	h := newHistory(t)
	h.compute("1.1", arg("x", 1), arg("y", 2))
	h.compute("2.1", arg("y", 2), arg("x", 1))
	got := explain(t, h, "2.1")
	want := whymiss.Reason{
		Kind:    record.KeyFormatChanged,
		Summary: "every part of its key is equal to that of call 1.1, and yet the keys differ: the order of its arguments changed, or the way keys are made",
	}
	if diff := cmp.Diff(want, got.Reason); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if len(got.Differences) != 0 || got.Differences == nil || got.Remedy != "" {
		t.Errorf("differences %v, remedy %q; want an empty list and none", got.Differences, got.Remedy)
	}
}

// Of settings whose values are not stored the previews say which fields differ,
// unless that takes a guess.
func TestFieldsOfPreviews(t *testing.T) {
	t.Parallel()
	type limits struct{ Low, High int }
	type plain struct {
		C    float64
		Rate int
		Fast bool
	}
	type other struct {
		C    float64
		Pace int
		Fast bool
	}
	type named struct{ Name string }
	type nested struct{ Limits limits }
	for _, test := range []struct {
		reason        string
		before, after any
		want          string
	}{
		{"one field", plain{C: 1, Rate: 2}, plain{C: 1, Rate: 3}, "x.Rate changed from 2 to 3"},
		{"two fields", &plain{C: 1}, &plain{C: -1.5e-9, Fast: true}, "x.C changed from 1 to -1.5e-09; x.Fast changed from false to true"},
		{"other fields", plain{Rate: 2}, other{Pace: 2}, "x changed from plain{C: 0, Rate: 2, Fast: false} to other{C: 0, Pace: 2, Fast: false}"},
		{"text, which may look like fields", named{"a"}, named{"b, Name: c"}, `x changed from named{Name: "a"} to named{Name: "b, Name: c"}`},
		{"fields of fields", nested{limits{1, 2}}, nested{limits{1, 3}}, "x changed from nested{Limits: limits{Low: 1, High: 2}} to nested{Limits: limits{Low: 1, High: 3}}"},
	} {
		h := newHistory(t)
		whole := func(value any) change {
			preview := diffargs.Preview(value, 200)
			return func(_ *history, c *record.CallDetail) {
				set(c, record.Part{Kind: record.PartArgument, Name: "x", Digest: sum(preview), Preview: preview})
			}
		}
		h.compute("1.1", whole(test.before))
		h.compute("2.1", whole(test.after))
		if got := explain(t, h, "2.1").Reason.Summary; got != test.want {
			t.Errorf("%s:\n%q, want\n%q", test.reason, got, test.want)
		}
	}
}
