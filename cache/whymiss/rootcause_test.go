package whymiss_test

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"labbook/cache/whymiss"
	"labbook/runlog/record"
)

// causes explains the misses of a run, and says of each cause which calls it has.
func causes(t *testing.T, h *history, run int64) (list []whymiss.RootCause, words []string) {
	t.Helper()
	misses, err := whymiss.Misses(t.Context(), h, run, 1000)
	if err != nil {
		t.Fatal(err)
	}
	list = whymiss.RootCauses(misses)
	for _, c := range list {
		words = append(words, fmt.Sprintf("%s %v direct %v downstream, %g s, %v", c.Kind, c.Direct, c.Downstream, c.LostSeconds, len(c.Functions)))
	}
	return list, words
}

func TestRootCauses(t *testing.T) {
	t.Parallel()
	edited := code("func Load() { b }")
	for _, test := range []struct {
		reason string
		calls  func(t *testing.T) *history
		want   []string
	}{
		{
			"one edit, two functions, and what was given their results",
			func(t *testing.T) *history {
				t.Helper()
				h := cascade(t, edited, took(2*time.Second))
				h.compute("1.4", called("lab.Other"), arg("x", 1), code("func Load() { a }"))
				h.compute("2.4", called("lab.Other"), arg("x", 1), edited, took(4*time.Second))
				return h
			},
			[]string{"code-changed [2.4 2.1] direct [2.2 2.3] downstream, 8 s, 4"},
		},
		{
			"another seed in each",
			func(t *testing.T) *history {
				t.Helper()
				h := newHistory(t)
				h.compute("1.1", arg("x", 1), arg("seed", 1))
				for i := range 5 {
					h.compute(fmt.Sprintf("2.%d", i+1), arg("x", 1), arg("seed", 10+i))
				}
				h.compute("2.6", arg("x", 2), arg("seed", 1), took(time.Minute))
				return h
			},
			[]string{"argument-changed [2.6] direct [] downstream, 60 s, 1", "argument-changed [2.1 2.2 2.3 2.4 2.5] direct [] downstream, 5 s, 1"},
		},
		{
			"noise is another cause than a change",
			func(t *testing.T) *history {
				t.Helper()
				h := newHistory(t)
				h.compute("1.1", arg("x", 1.5), arg("y", 1))
				h.compute("1.2", arg("x", 2.5), arg("y", 2))
				h.compute("2.1", arg("x", math.Nextafter(1.5, 2)), arg("y", 1))
				h.compute("2.2", arg("x", 9.5), arg("y", 2), took(time.Minute))
				return h
			},
			[]string{"argument-changed [2.2] direct [] downstream, 60 s, 1", "argument-changed [2.1] direct [] downstream, 1 s, 1"},
		},
		{
			"evicted, by function",
			func(t *testing.T) *history {
				t.Helper()
				h := newHistory(t)
				for _, run := range []int{1, 2} {
					h.compute(fmt.Sprintf("%d.1", run), arg("x", 1))
					h.compute(fmt.Sprintf("%d.2", run), arg("x", 2))
					h.compute(fmt.Sprintf("%d.3", run), called(load), arg("x", 2), took(time.Minute))
				}
				h.calls[3].Started, h.calls[4].Started, h.calls[5].Started = epoch.Add(time.Hour), epoch.Add(time.Hour), epoch.Add(time.Hour)
				return h
			},
			[]string{"evicted [2.3] direct [] downstream, 60 s, 1", "evicted [2.1 2.2] direct [] downstream, 2 s, 1"},
		},
		{"nothing", func(t *testing.T) *history { t.Helper(); return newHistory(t) }, nil},
	} {
		t.Run(test.reason, func(t *testing.T) {
			t.Parallel()
			_, got := causes(t, test.calls(t), 2)
			for i := range got {
				got[i] = strings.Join(strings.Fields(got[i]), " ")
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestRootCauseText(t *testing.T) {
	t.Parallel()
	h := cascade(t, code("func Load() { b }"))
	list, _ := causes(t, h, 2)
	if len(list) != 1 {
		t.Fatalf("%d causes", len(list))
	}
	var b strings.Builder
	p := whymiss.Printer{Now: epoch}
	if err := p.RootCause(&b, &list[0]); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"3.0 s  its code changed: model.Load\n",
		"  misses   1 call: 2.1; 2 calls downstream, given their results: 2.2, 2.3\n",
		"  such as  2.1  data.Load  computed in 1.0 s\n  why      code-changed: its code changed: model.Load\n",
	} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("it lacks %q:\n%s", want, b.String())
		}
	}
}

// Of a single miss, its explanation is all there is to say.
func TestRootCauseOfOneMiss(t *testing.T) {
	t.Parallel()
	h := newHistory(t)
	h.compute("1.1", arg("x", 1))
	h.compute("2.1", arg("x", 2), outcome(record.Error))
	list, _ := causes(t, h, 2)
	var b strings.Builder
	p := whymiss.Printer{Now: epoch.Add(2 * time.Hour)}
	if err := p.RootCause(&b, &list[0]); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(text(t, &list[0].Example), b.String()); diff != "" {
		t.Errorf("(-explanation +cause):\n%s", diff)
	}
}
