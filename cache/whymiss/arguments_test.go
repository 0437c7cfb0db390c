package whymiss_test

import (
	"math"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"labbook/cache/whymiss"
	"labbook/diffargs"
	"labbook/runlog/record"
)

type layer struct {
	Width int
	Name  string
}

type params struct {
	Layers []layer
	Rate   float64
}

func TestArgumentChanged(t *testing.T) {
	t.Parallel()
	noon := time.Date(2024, 5, 1, 12, 0, 0, 0, time.UTC)
	for _, test := range []struct {
		reason        string
		before, after any
		summary       string
		kind          diffargs.Kind
		path          string
		remedy        string
	}{
		{"a number", 1, 2, "x changed from 1 to 2", diffargs.Value, "x", ""},
		{"all elements", []float64{1, 2, 3, 4, 5}, []float64{9, 7, 1, 8, 2.5}, "x changed: 5 of 5 elements differ, first at [0]", diffargs.Value, "x", ""},
		{"elements of a field", params{Rate: 1, Layers: []layer{{1, "a"}, {2, "b"}, {3, "c"}, {4, "d"}}}, params{Rate: 1, Layers: []layer{{7, "a"}, {9, "b"}, {31, "c"}, {14, "d"}}}, "x.Layers: .Width differs in 4 of 4 elements", diffargs.Value, "x.Layers[0].Width", ""},
		{"deep inside", params{Layers: []layer{{1, "a"}, {2, "b"}}}, params{Layers: []layer{{1, "a"}, {64, "b"}}}, "x.Layers[1].Width changed from 2 to 64", diffargs.Value, "x.Layers[1].Width", ""},
		{"float noise", 0.3, math.Nextafter(0.3, 1), "argument x is the same but for float noise", diffargs.FloatNoise, "x", "round x to 12 decimals before the call, so that equal inputs are equal to the bit"},
		{"the sign of zero", 0.0, math.Copysign(0, -1), "argument x differs only in the sign of zero", diffargs.NegativeZero, "x", "turn −0 into 0 in x"},
		{"nil and empty", []int(nil), []int{}, "argument x is empty in one call and nil in the other", diffargs.NilVsEmpty, "x", "make x empty rather than nil"},
		{"a time zone", noon, noon.In(time.FixedZone("CEST", 2*60*60)), "argument x is the same instant in another time zone", diffargs.TimeZone, "x", "bring x into one time zone"},
		{"another order", []int{1, 2, 3}, []int{3, 2, 1}, "argument x holds the same elements in another order", diffargs.Order, "x", "sort x before the call"},
		{"another element type", []float64{1, 2}, []float32{1, 2}, "argument x holds the same numbers in another element type", diffargs.DType, "x", "the same element type in every call"},
		{"longer", []int{1, 2}, []int{1, 2, 3}, "argument x holds another number of elements", diffargs.Length, "x", ""},
		{"NaN", 1.0, math.NaN(), "argument x holds NaN in one call where it holds a number in the other", diffargs.NaN, "x", ""},
		{"rounded to float32", 0.1, float64(float32(0.1)), "argument x holds the same numbers rounded to float32", diffargs.Float32, "x", "round x to float32"},
		{"scaled", []int{1, 2, 5}, []int{1000, 2000, 5000}, "argument x holds the same numbers in another scale", diffargs.Scale, "x", ""},
		{"plus a constant", []int{1, 2, 5}, []int{2, 3, 6}, "argument x holds the same numbers plus a constant", diffargs.Offset, "x", ""},
		{"moved", []int{1, 2, 5}, []int{5, 1, 2}, "argument x holds the same elements moved by some places", diffargs.Shift, "x", ""},
		{"transposed", [][]int{{1, 2, 3}, {4, 5, 6}}, [][]int{{1, 4}, {2, 5}, {3, 6}}, "argument x holds the same numbers with rows for columns", diffargs.Transposed, "x", ""},
		{"bytes reversed", []uint16{0x102, 0x304, 0xff00}, []uint16{0x201, 0x403, 0xff}, "argument x holds the same numbers with their bytes reversed", diffargs.ByteOrder, "x", ""},
		{"case", "Digits", "digits", "argument x differs only in upper and lower case", diffargs.Case, "x", "in lower case before the call"},
		{"white space", "a\r\n", "a\n", "argument x differs only in white space", diffargs.Whitespace, "x", "leave out white space"},
		{"another type", "1", 1, "argument x is of another type", diffargs.Type, "x", ""},
		{"a new entry", map[string]int{"a": 1}, map[string]int{"a": 1, "b": 2}, "argument x changed", diffargs.Added, `x["b"]`, ""},
	} {
		t.Run(test.reason, func(t *testing.T) {
			t.Parallel()
			h := newHistory(t)
			h.compute("1.1", arg("x", test.before), arg("y", 5))
			h.compute("2.1", arg("x", test.after), arg("y", 5))
			got := explain(t, h, "2.1")
			if got.Reason != (whymiss.Reason{Kind: record.ArgumentChanged, Summary: test.summary}) {
				t.Errorf("the reason is %+v, want %q", got.Reason, test.summary)
			}
			want := []whymiss.Difference{{Part: "x", Path: test.path, Kind: test.kind}}
			// What the values look like is for diffargs to say.
			values := cmpopts.IgnoreFields(whymiss.Difference{}, "Before", "After", "Detail")
			if diff := cmp.Diff(want, got.Differences, values); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			wantPiece(t, "remedy", got.Remedy, test.remedy)
		})
	}
}

func TestSeveralArgumentsChanged(t *testing.T) {
	t.Parallel()
	noise := math.Nextafter(0.3, 1)
	for _, test := range []struct {
		reason  string
		before  []change
		after   []change
		summary string
		remedy  string
	}{
		{
			"each in words",
			[]change{arg("x", 1), arg("y", "a"), arg("z", 0.3)},
			[]change{arg("x", 2), arg("y", "b"), arg("z", noise)},
			`x changed from 1 to 2; y changed from "a" to "b"; argument z is the same but for float noise`, "",
		},
		{
			"too many for words",
			[]change{arg("a", 1), arg("b", 1), arg("c", 1), arg("d", 1)},
			[]change{arg("a", 2), arg("b", 2), arg("c", 2), arg("d", 2)},
			"arguments changed: a, b, c, d", "",
		},
		{
			"several places in one",
			[]change{arg("x", params{Rate: 1})},
			[]change{arg("x", params{Rate: 2, Layers: []layer{{1, "a"}}})},
			"argument x changed", "",
		},
		{
			"noise in two",
			[]change{arg("x", 0.3), arg("y", []float64(nil))},
			[]change{arg("x", noise), arg("y", []float64{})},
			"argument x is the same but for float noise; argument y is empty in one call and nil in the other", "round x to 12 decimals before the call",
		},
		{
			"two kinds of noise in one",
			[]change{arg("x", params{Rate: 0.3})},
			[]change{arg("x", params{Rate: noise, Layers: []layer{}})},
			"argument x changed", "make x.Layers empty rather than nil",
		},
	} {
		t.Run(test.reason, func(t *testing.T) {
			t.Parallel()
			h := newHistory(t)
			h.compute("1.1", test.before...)
			h.compute("2.1", test.after...)
			got := explain(t, h, "2.1")
			if got.Reason != (whymiss.Reason{Kind: record.ArgumentChanged, Summary: test.summary}) {
				t.Errorf("the reason is %+v, want %q", got.Reason, test.summary)
			}
			wantPiece(t, "remedy", got.Remedy, test.remedy)
		})
	}
}

func TestSnapshotsThatAreNotThere(t *testing.T) {
	t.Parallel()
	const askForMore = "run with JOBLIB_DEBUG=1 to see which elements differ the next time"
	long := func(last int) []int { return append(make([]int, 100), last) }
	damage := func(h *history, c *record.CallDetail) {
		p := c.Parts[len(c.Parts)-1]
		h.snapshots[p.Digest] = append(h.snapshots[p.Digest][:4:4], "damaged"...)
	}
	swap := func(h *history, c *record.CallDetail) {
		digest := c.Parts[len(c.Parts)-1].Digest
		arg("other", long(2))(h, c)
		h.snapshots[digest] = h.snapshots[c.Parts[len(c.Parts)-1].Digest]
		without("other")(h, c)
	}
	for _, test := range []struct {
		reason        string
		before, after []change
		summary       string
		detail        string
	}{
		{"neither", []change{blind("x", long(1))}, []change{blind("x", long(2))}, "argument x changed", "the values of neither call were stored: " + askForMore},
		{"not the nearest", []change{blind("x", long(1))}, []change{arg("x", long(2))}, "argument x changed", "the value of the nearest call was not stored: " + askForMore},
		{"not this one", []change{arg("x", long(1))}, []change{blind("x", long(2))}, "argument x changed", "the value of this call was not stored: " + askForMore},
		{"a damaged one is none", []change{arg("x", long(1)), damage}, []change{arg("x", long(2))}, "argument x changed", "the value of the nearest call was not stored: " + askForMore},
		{"one of another value is none", []change{arg("x", long(1)), swap}, []change{arg("x", long(2))}, "argument x changed", "the value of the nearest call was not stored: " + askForMore},
		{"previews that say it all", []change{blind("x", 1)}, []change{blind("x", 2)}, "x changed from 1 to 2", ""},
		{"previews that say too little", []change{blind("x", int32(1))}, []change{blind("x", int64(1))}, "argument x changed", "the values of neither call were stored: " + askForMore},
	} {
		t.Run(test.reason, func(t *testing.T) {
			t.Parallel()
			h := newHistory(t)
			h.compute("1.1", test.before...)
			h.compute("2.1", test.after...)
			got := explain(t, h, "2.1")
			if got.Reason != (whymiss.Reason{Kind: record.ArgumentChanged, Summary: test.summary}) {
				t.Errorf("the reason is %+v, want %q", got.Reason, test.summary)
			}
			parts := func(id string) record.Part {
				i, err := h.at(h.id(id))
				if err != nil {
					t.Fatal(err)
				}
				return h.calls[i].Parts[len(h.calls[i].Parts)-1]
			}
			want := []whymiss.Difference{{
				Part: "x", Path: "x", Kind: diffargs.Value, Before: parts("1.1").Preview, After: parts("2.1").Preview, Detail: test.detail,
			}}
			if diff := cmp.Diff(want, got.Differences); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}
