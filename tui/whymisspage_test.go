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
