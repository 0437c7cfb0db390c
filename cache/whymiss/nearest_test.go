package whymiss_test

import (
	"fmt"
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"

	"labbook/cache/whymiss"
	"labbook/runlog/record"
)

func TestNearest(t *testing.T) {
	t.Parallel()
	const other = "func Train() { other() }"
	row := []float64{1, 2, 3}
	noisy := []float64{1, 2, math.Nextafter(3, 4)}
	for _, test := range []struct {
		reason  string
		earlier [][]change // calls 1.1, 1.2 and so on
		want    string
	}{
		{"the newest of equally near ones", [][]change{{arg("x", 1), arg("y", 1)}, {arg("x", 9), arg("y", 1)}}, "1.2"},
		{"a small change before a large one", [][]change{{arg("x", 4), arg("y", 1)}, {arg("x", 9), arg("y", 1)}}, "1.1"},
		{"fewer parts before newer", [][]change{{arg("x", 9), arg("y", 1)}, {arg("x", 9), arg("y", 9)}}, "1.1"},
		{
			"the same arguments before fewer parts",
			[][]change{{arg("x", 3), arg("y", 1), code(other), part(record.PartToolchain, "go", "go1.25.0")}, {arg("x", 9), arg("y", 1)}},
			"1.1",
		},
		{"noise before what is meant", [][]change{{arg("x", 3), arg("y", 1), arg("row", noisy)}, {arg("x", 3), arg("y", 1), arg("row", []float64{7, 8, 9})}}, "1.1"},
		{"noise before another order", [][]change{{arg("x", 3), arg("y", 1), arg("row", noisy)}, {arg("x", 3), arg("y", 1), arg("row", []float64{3, 2, 1})}}, "1.1"},
		{"another order before other values", [][]change{{arg("x", 3), arg("y", 1), arg("row", []float64{3, 2, 1})}, {arg("x", 3), arg("y", 1), arg("row", []float64{7, 8, 9})}}, "1.1"},
		{"a call that failed can be near", [][]change{{arg("x", 3), arg("y", 9), outcome(record.Error)}, {arg("x", 9), arg("y", 9)}}, "1.1"},
	} {
		t.Run(test.reason, func(t *testing.T) {
			t.Parallel()
			h := newHistory(t)
			for i, changes := range test.earlier {
				h.compute(fmt.Sprintf("1.%d", i+1), append([]change{arg("row", row)}, changes...)...)
			}
			h.compute("2.1", arg("row", row), arg("x", 3), arg("y", 1))
			got := explain(t, h, "2.1").Nearest
			if got == nil || got.Call != h.id(test.want) {
				t.Fatalf("nearest is %+v, want %s", got, test.want)
			}
			wanted, err := h.Call(t.Context(), got.Call)
			if err != nil || got.Run != 1 || !got.When.Equal(wanted.Started) {
				t.Errorf("nearest is of run %d at %v, want run 1 at %v (%v)", got.Run, got.When, wanted.Started, err)
			}
		})
	}
}

// After an edit a loop is compared with what it did before the edit, not with
// itself: nothing was edited between two calls of one run.
func TestNearestIsOfAnEarlierRun(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		reason string
		edited change
		kind   record.ReasonKind
		said   string
	}{
		{"code", code("func Train() { b }"), record.CodeChanged, "its code changed: model.Train"},
		{"code and an argument", func(h *history, c *record.CallDetail) {
			code("func Train() { b }")(h, c)
			arg("width", 9)(h, c)
		}, record.CodeChanged, "its code changed: model.Train; also, width changed from 3 to 9"},
		{"two arguments", func(h *history, c *record.CallDetail) {
			arg("depth", 9)(h, c)
			arg("width", 9)(h, c)
		}, record.ArgumentChanged, "depth changed from 1 to 9; width changed from 3 to 9"},
	} {
		h := newHistory(t)
		for i := range 10 {
			h.compute(fmt.Sprintf("1.%d", i+1), arg("depth", 1), arg("width", 3), arg("seed", i))
		}
		for i := range 10 {
			h.compute(fmt.Sprintf("2.%d", i+1), arg("depth", 1), arg("width", 3), arg("seed", i), test.edited)
		}
		for i := range 10 {
			e := explain(t, h, fmt.Sprintf("2.%d", i+1))
			if e.Reason.Kind != test.kind || e.Summary() != test.said || e.Nearest.Call != h.id(fmt.Sprintf("1.%d", i+1)) {
				t.Errorf("%s: %s is explained by %s, %q, as compared with %s", test.reason, e.Call, e.Reason.Kind, e.Summary(), e.Nearest.Call)
			}
		}
	}
	// What differs from a sibling by an accident is told.
	h := newHistory(t)
	h.compute("1.1", arg("x", 5.5), arg("y", 1))
	h.compute("2.1", arg("x", 0.3), arg("y", 2))
	h.compute("2.2", arg("x", math.Nextafter(0.3, 1)), arg("y", 2))
	if e := explain(t, h, "2.2"); e.Nearest.Call != h.id("2.1") {
		t.Errorf("%s is compared with %s: %s", e.Call, e.Nearest.Call, e.Summary())
	}
}

func TestNearestWhereAPartIsMissing(t *testing.T) {
	t.Parallel()
	h := newHistory(t)
	h.compute("1.1", arg("x", 1), part(record.PartDependency, "$TZ", "UTC"))
	h.compute("2.1", arg("x", 1))
	h.compute("3.1", arg("x", 1), part(record.PartDependency, "$TZ", "CET"))
	if e := explain(t, h, "3.1"); e.Nearest.Call != h.id("1.1") {
		t.Errorf("the other value of a variable is farther than none: %s", e.Summary())
	}
	h.compute("4.1", arg("x", 2), arg("verbose", true))
	h.compute("5.1", arg("x", 2))
	h.compute("6.1", arg("x", 2), arg("verbose", false))
	if e := explain(t, h, "6.1"); e.Nearest.Call != h.id("5.1") || e.Reason.Kind != record.OptionChanged {
		t.Errorf("that an argument did not count is farther than another value of it: %s", e.Summary())
	}
}

func TestNearestText(t *testing.T) {
	t.Parallel()
	h := newHistory(t)
	h.compute("1.1", blind("x", "rows 1 to 8 of a.csv"))
	h.compute("1.2", blind("x", "all of b.csv"))
	h.compute("2.1", blind("x", "rows 1 to 9 of a.csv"))
	if got, want := explain(t, h, "2.1").Nearest.Call, h.id("1.1"); got != want {
		t.Errorf("nearest is %s, want %s", got, want)
	}
}

// The work is bounded: of many calls that are equally near in their parts, only
// those that look nearest are compared value by value.
func TestNearestComparesFewValues(t *testing.T) {
	t.Parallel()
	h := newHistory(t)
	const earlier = 100
	for i := range earlier {
		h.compute(fmt.Sprintf("1.%d", i+1), arg("x", 1000+i))
	}
	h.compute("2.1", arg("x", 1))
	if got, want := explain(t, h, "2.1").Nearest.Call, h.id("1.1"); got != want {
		t.Errorf("nearest is %s, want %s", got, want)
	}
	snapshots := 0
	for _, method := range h.asked {
		if method == "Snapshot" {
			snapshots++
		}
	}
	if snapshots == 0 || snapshots >= earlier {
		t.Errorf("read %d snapshots for %d earlier calls, want a few", snapshots, earlier)
	}
}

// Nothing keeps a program from naming two arguments alike.
func TestArgumentsOfOneName(t *testing.T) {
	t.Parallel()
	twice := func(x, y int) change {
		return func(h *history, c *record.CallDetail) {
			arg("x", x)(h, c)
			first := c.Parts[len(c.Parts)-1]
			c.Parts = c.Parts[:len(c.Parts)-1]
			arg("x", y)(h, c)
			second := c.Parts[len(c.Parts)-1]
			c.Parts = append(c.Parts[:len(c.Parts)-1], first, second)
		}
	}
	h := newHistory(t)
	h.compute("1.1", twice(1, 2))
	h.compute("2.1", twice(1, 3))
	got := explain(t, h, "2.1")
	want := []whymiss.Difference{{Part: "x", Path: "x", Kind: "value", Before: "2", After: "3", Detail: "1 more"}}
	if diff := cmp.Diff(want, got.Differences); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
