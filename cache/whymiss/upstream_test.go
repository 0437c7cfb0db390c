package whymiss_test

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"labbook/cache/whymiss"
	"labbook/diffargs"
	"labbook/runlog/record"
)

const (
	load  = "example.com/lab/data.Load"
	scale = "example.com/lab/data.Scale"
)

// cascade is two runs of load → scale → train. What is other in the second run is
// how load came to its result.
func cascade(t *testing.T, second ...change) *history {
	t.Helper()
	h := newHistory(t)
	raw, scaled := []float64{1, 2, 3}, []float64{0.1, 0.2, 0.3}
	loading := code("func Load() { a }")
	h.compute("1.1", called(load), loading, arg("file", "a.csv"), returns(raw))
	h.compute("1.2", called(scale), arg("rows", raw), returns(scaled))
	h.compute("1.3", arg("x", scaled), arg("rate", 0.5))
	raw, scaled = []float64{1, 2, 4}, []float64{0.1, 0.2, 0.4}
	h.compute("2.1", append([]change{called(load), loading, arg("file", "a.csv"), returns(raw)}, second...)...)
	h.compute("2.2", called(scale), arg("rows", raw), returns(scaled))
	h.compute("2.3", arg("x", scaled), arg("rate", 0.5))
	return h
}

func TestUpstream(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		reason string
		second []change
		kind   record.ReasonKind
		want   string // what is said of the root
	}{
		{"its code changed", []change{code("func Load() { b }")}, record.CodeChanged, "rows equals the result of data.Load (call 2.1), which was another in call 1.1: its code changed: model.Load"},
		{"it was given something else", []change{arg("file", "b.csv")}, record.ArgumentChanged, `rows equals the result of data.Load (call 2.1), which was another in call 1.1: file changed from "a.csv" to "b.csv"`},
		{"it is not deterministic", nil, record.ArgumentChanged, "rows equals the result of data.Load (call 2.1), which was another in call 1.1: " +
			"data.Load returned another value for the same key (calls 1.1 and 2.1): it is not deterministic, or depends on what is not part of its key"},
	} {
		t.Run(test.reason, func(t *testing.T) {
			t.Parallel()
			h := cascade(t, test.second...)
			e := explain(t, h, "2.3")
			if e.Reason.Kind != record.ArgumentChanged || len(e.Upstream) != 1 || len(e.Upstream[0].Upstream) != 1 {
				t.Fatalf("the explanation is %+v", e)
			}
			first, root := e.Upstream[0], e.Upstream[0].Upstream[0]
			if first.Argument != "x" || first.Call != h.id("2.2") || first.Before != h.id("1.2") || first.Function != scale {
				t.Errorf("x comes from %+v, want call 2.2 of scale", first)
			}
			if root.Call != h.id("2.1") || root.Reason.Kind != test.kind {
				t.Errorf("the root is %+v", root)
			}
			got := text(t, &e)
			for _, want := range []string{"  from     x equals the result of data.Scale (call 2.2), which was another in call 1.2: ", "  from       " + test.want + "\n"} {
				if !strings.Contains(got, want) {
					t.Errorf("it lacks %q:\n%s", want, got)
				}
			}
		})
	}
}

// What had not ended when a call began did not give it its argument.
func TestUpstreamHasEndedBefore(t *testing.T) {
	t.Parallel()
	for lasts, want := range map[time.Duration]int{time.Second: 1, time.Hour: 0} {
		h := newHistory(t)
		h.compute("1.1", called(load), arg("file", "a"), returns([]float64{1, 2, 3}))
		h.compute("1.2", arg("x", []float64{1, 2, 3}))
		h.compute("2.1", called(load), arg("file", "b"), returns([]float64{1, 2, 4}), took(lasts))
		h.compute("2.2", arg("x", []float64{1, 2, 4}))
		if e := explain(t, h, "2.2"); len(e.Upstream) != want {
			t.Errorf("of a call that lasted %v: %+v", lasts, e.Upstream)
		}
	}
}

// A hit passes on what was computed earlier.
func TestUpstreamThroughAHit(t *testing.T) {
	t.Parallel()
	h := newHistory(t)
	a, b := []float64{1, 2, 3, 4}, []float64{5, 6, 7, 8}
	h.compute("1.1", called(load), arg("file", "a"), returns(a))
	h.compute("1.2", called(load), arg("file", "b"), returns(b))
	h.compute("2.1", called(load), arg("file", "a"), outcome(record.Hit), that(func(c *record.Call) { c.Origin = h.id("1.1") }))
	h.compute("2.2", arg("x", a))
	h.compute("3.1", called(load), arg("file", "b"), outcome(record.Hit), that(func(c *record.Call) { c.Origin = h.id("1.2") }))
	h.compute("3.2", arg("x", b))
	e := explain(t, h, "3.2")
	if len(e.Upstream) != 1 {
		t.Fatalf("x comes from %+v", e.Upstream)
	}
	want := whymiss.Upstream{
		Argument: "x", Call: h.id("3.1"), Function: load, Before: h.id("2.1"),
		Reason:      whymiss.Reason{Kind: record.ArgumentChanged, Summary: `file changed from "a" to "b"`},
		Differences: []whymiss.Difference{{Part: "file", Path: "file", Kind: diffargs.Value, Before: `"a"`, After: `"b"`, Detail: e.Upstream[0].Differences[0].Detail}},
		Upstream:    []whymiss.Upstream{},
	}
	if diff := cmp.Diff(want, e.Upstream[0]); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// That a small number was returned by somebody says nothing.
func TestUpstreamIsNoCoincidence(t *testing.T) {
	t.Parallel()
	h := newHistory(t)
	h.compute("1.1", arg("x", 3))
	h.compute("2.1", called(load), arg("file", "a"), returns(4))
	h.compute("2.2", arg("x", 4))
	if e := explain(t, h, "2.2"); len(e.Upstream) != 0 {
		t.Errorf("x is said to come from %+v", e.Upstream)
	}
	// Not even if it counts in both runs.
	h.compute("2.3", called(scale), returns(5))
	h.compute("2.4", arg("y", 5))
	h.compute("3.9", called(scale), returns(6))
	h.compute("3.10", arg("y", 6))
	if e := explain(t, h, "3.10"); len(e.Upstream) != 0 {
		t.Errorf("y is said to come from %+v", e.Upstream)
	}
	// A long value is nobody else's, even if what it was before is not known.
	long := []float64{1.25, 2.5, 3.75}
	h.compute("4.1", called(scale), arg("file", "a"), returns(long))
	h.compute("4.2", arg("x", long))
	e := explain(t, h, "4.2")
	if len(e.Upstream) != 1 || e.Upstream[0].Call != h.id("4.1") || e.Upstream[0].Reason.Kind != "" {
		t.Errorf("x comes from %+v", e.Upstream)
	}
	// What runs later, or around the call, did not give it anything.
	h.compute("5.1", arg("x", []float64{7.25, 8.5, 9.75}), that(func(c *record.Call) { c.Parent = h.id("5.2") }))
	h.compute("5.2", called(load), arg("file", "b"), returns([]float64{7.25, 8.5, 9.75}))
	if e := explain(t, h, "5.1"); len(e.Upstream) != 0 {
		t.Errorf("x is said to come from %+v", e.Upstream)
	}
}

// Each step of a loop is given all results of the step before. The ways up double
// with each step, but the steps do not.
func TestUpstreamOfALoop(t *testing.T) {
	t.Parallel()
	const steps, results = 8, 4
	h := newHistory(t)
	for run := 1; run <= 2; run++ {
		state := func(step, i int) []float64 { return []float64{float64(100000*(step+1) + run), float64(i), 12345} }
		for step := range steps {
			changes := []change{called(scale)}
			for i := range results {
				changes = append(changes, arg("x"+strconv.Itoa(i), state(step, i)))
			}
			id := strconv.Itoa(run) + "." + strconv.Itoa(step+1)
			h.compute(id, changes...)
			for i := range results {
				digest, err := diffargs.Of(state(step+1, i))
				if err != nil {
					t.Fatal(err)
				}
				h.results[h.id(id)] = append(h.results[h.id(id)], record.ResultValue{Path: "result" + strconv.Itoa(i), Digest: digest.String()})
			}
		}
	}
	e := explain(t, h, "2."+strconv.Itoa(steps))
	if len(e.Upstream) != results {
		t.Fatalf("%d arguments have an upstream, want %d", len(e.Upstream), results)
	}
	depth := 0
	for list := e.Upstream; len(list) > 0; list = list[0].Upstream {
		depth++
		for i, u := range list {
			if u.Reason != list[0].Reason || u.Reason.Kind == "" {
				t.Errorf("at depth %d, argument %d has the reason %+v", depth, i, u.Reason)
			}
			if i > 0 && len(u.Upstream)+len(u.Differences) > 0 {
				t.Errorf("at depth %d, what is above argument %d is told again", depth, i)
			}
		}
	}
	if depth != steps-1 {
		t.Errorf("the root is %d steps up, want %d", depth, steps-1)
	}
	if most := 40 * steps * results; len(h.asked) > most {
		t.Errorf("the lab-book was asked %d times, want %d at most", len(h.asked), most)
	}
}
