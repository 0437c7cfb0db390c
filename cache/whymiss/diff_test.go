package whymiss

import (
	"strings"
	"testing"
)

// FuzzDiffLines checks that a diff tells what both texts are, however it finds
// what they share.
func FuzzDiffLines(f *testing.F) {
	f.Add("a\nb\nc\n", "a\nB\nc\n")
	f.Add("", "a")
	f.Add("a\n\n", "a\n")
	f.Add("x\r\ny", "x\ny\xff\x00")
	f.Add(strings.Repeat("a\nb\n", 300), strings.Repeat("b\na\n", 300))
	f.Fuzz(func(t *testing.T, before, after string) {
		if strings.Count(before, "\n")+strings.Count(after, "\n") > 500 {
			return // long ones take long and show nothing new
		}
		fine, rough := diffLines(before, after), roughDiffLines(before, after)
		for name, lines := range map[string][]diffLine{"fine": fine, "rough": rough} {
			var was, is []string
			for _, line := range lines {
				if line.op != '+' {
					was = append(was, line.text)
				}
				if line.op != '-' {
					is = append(is, line.text)
				}
			}
			if got, want := strings.Join(was, "\n"), strings.TrimSuffix(before, "\n"); got != want {
				t.Errorf("the %s diff of %q and %q shows %q as the text before", name, before, after, got)
			}
			if got, want := strings.Join(is, "\n"), strings.TrimSuffix(after, "\n"); got != want {
				t.Errorf("the %s diff of %q and %q shows %q as the text after", name, before, after, got)
			}
		}
		for _, lines := range [][]diffLine{fine, rough} {
			changed := false
			for _, line := range lines {
				changed = changed || line.op != ' '
			}
			if changed != (before != after) {
				t.Errorf("the diff of %q and %q shows a change: %v", before, after, changed)
			}
			if (unified(lines, 1, 1) != "") != changed {
				t.Errorf("the diff of %q and %q is printed as %q", before, after, unified(lines, 1, 1))
			}
		}
	})
}
