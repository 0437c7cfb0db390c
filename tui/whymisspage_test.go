package tui

import (
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/lipgloss"
	"github.com/charmbracelet/x/ansi"
	"github.com/google/go-cmp/cmp"

	"labbook/cache/whymiss"
	"labbook/diffargs"
	"labbook/runlog/record"
)

// The diff of a function is shown line by line, its tabs as spaces and its
// escapes harmless.
func TestDifferenceOfCode(t *testing.T) {
	t.Parallel()
	colours := newTheme(lipgloss.DefaultRenderer())
	s := sheet{theme: &colours, width: 40}
	differenceLines(&s, &whymiss.Difference{
		Part: "code", Path: "code: m.f", Kind: diffargs.Value, Before: "a", After: "b",
		Where: "m.go:7", Chain: []string{"m.main", "m.f"}, Detail: "@@ -7,3 +7,3 @@\n func f() {\n-\ta\x1b[2J\n+\tb\n }",
	}, s.theme)
	var got []string
	for _, line := range s.lines {
		got = append(got, ansi.Strip(line))
	}
	want := []string{"  code: m.f  value, m.go:7", "    reached by m.main → m.f", "    @@ -7,3 +7,3 @@", "     func f() {", "    -    a␛[2J", "    +    b", "     }"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// What sums up many elements has several lines, and is no diff.
func TestDifferenceOfRows(t *testing.T) {
	t.Parallel()
	colours := newTheme(lipgloss.DefaultRenderer())
	s := sheet{theme: &colours, width: 60}
	differenceLines(&s, &whymiss.Difference{
		Part: "x", Path: "x", Kind: diffargs.Scale, Before: "1", After: "1000", Detail: "times 1000\nmean 2 → 2000\n\x1b[2J",
	}, s.theme)
	var got []string
	for _, line := range s.lines {
		got = append(got, ansi.Strip(line))
	}
	want := []string{"  x  scale, times 1000", "    1 → 1000", "  mean 2 → 2000", "  ␛[2J"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// Beginnings that are equal are shown once.
func TestDifferenceBeyondThePreview(t *testing.T) {
	t.Parallel()
	colours := newTheme(lipgloss.DefaultRenderer())
	s := sheet{theme: &colours, width: 60}
	differenceLines(&s, &whymiss.Difference{Part: "x", Path: "x", Kind: diffargs.Value, Before: "[]int[9] 1 2…", After: "[]int[9] 1 2…"}, s.theme)
	var got []string
	for _, line := range s.lines {
		got = append(got, ansi.Strip(line))
	}
	want := []string{"  x  value", "    both begin []int[9] 1 2…"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// A call without an end may belong to a program that is no more.
func TestWhyMissOfACallThatHasNotEnded(t *testing.T) {
	t.Parallel()
	colours := newTheme(lipgloss.DefaultRenderer())
	e := whymiss.Explanation{Outcome: record.Running}
	text := ansi.Strip(strings.Join(whyMissLines(&e, &colours, time.Time{}, 80), "\n"))
	if !strings.Contains(text, "… not ended: cut short, or still at it") {
		t.Errorf("it says\n%s", text)
	}
	pane := causeColumns(&colours)
	if cell, _ := pane[0].cell(&whymiss.RootCause{Example: e}, time.Time{}); cell != "not ended" {
		t.Errorf("what was lost is %q", cell)
	}
}

// A hit has nothing to explain, and that is no error.
func TestWhyMissOfAHit(t *testing.T) {
	t.Parallel()
	colours := newTheme(lipgloss.DefaultRenderer())
	e := ofHit(&record.Call{ID: record.CallID{Run: 2, Call: 1}, Origin: record.CallID{Run: 1, Call: 3}, Function: "m.f", Outcome: record.Hit})
	text := ansi.Strip(strings.Join(whyMissLines(&e, &colours, time.Time{}, 160), "\n"))
	for _, want := range []string{
		"Call 2.1 of m.f was not computed: it hit", "it loaded what call 1.3 had computed; labbook why-hit 2.1 says whether that is still right",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("it lacks %q:\n%s", want, text)
		}
	}
}

// Where the cause was known at once, nobody looked for a nearest call.
func TestWhyMissThatWasCertain(t *testing.T) {
	t.Parallel()
	colours := newTheme(lipgloss.DefaultRenderer())
	for kind, want := range map[record.ReasonKind]bool{record.Expired: false, record.FirstCall: true} {
		e := whymiss.Explanation{Outcome: record.Miss, Reason: whymiss.Reason{Kind: kind}}
		text := ansi.Strip(strings.Join(whyMissLines(&e, &colours, time.Time{}, 80), "\n"))
		if strings.Contains(text, "no earlier call can be compared") != want {
			t.Errorf("%s:\n%s", kind, text)
		}
	}
}
