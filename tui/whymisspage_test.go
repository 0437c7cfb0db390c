package tui

import (
	"testing"

	"github.com/charmbracelet/lipgloss"
	"github.com/charmbracelet/x/ansi"
	"github.com/google/go-cmp/cmp"

	"labbook/cache/whymiss"
	"labbook/diffargs"
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
