package misses

import (
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// A verdict is a situation with what was said of it.
type verdict struct {
	situation *situation
	told      told
	marks     marks
}

// maxCell is the width of the columns with explanations.
const maxCell = 64

// writeTable prints a line for each situation, and how many of them were
// understood, which it returns.
func writeTable(w io.Writer, verdicts []verdict) (understood int) {
	lines := [][]string{{"situation", "expected", "got", "reason", "part", "path", "kind"}}
	for i := range verdicts {
		v := &verdicts[i]
		got := v.told.inShort(&v.situation.want)
		switch {
		case v.marks.all():
			got = "the same"
			understood++
		case v.told.outcome == "":
			got = "it could not be brought about"
		}
		lines = append(lines, []string{
			v.situation.name, v.situation.want.String(), got,
			v.marks.reason.String(), v.marks.part.String(), v.marks.path.String(), v.marks.kind.String(),
		})
	}
	widths := make([]int, len(lines[0]))
	for _, cells := range lines {
		for i, cell := range cells {
			widths[i] = max(widths[i], min(utf8.RuneCountInString(cell), maxCell))
		}
	}
	for _, cells := range lines {
		var b strings.Builder
		for i, cell := range cells {
			fmt.Fprintf(&b, "%-*s  ", widths[i], shortened(cell))
		}
		fmt.Fprintln(w, strings.TrimRight(b.String(), " "))
	}
	fmt.Fprintf(w, "\n%d of %d\n", understood, len(verdicts))
	return understood
}

func shortened(cell string) string {
	runes := []rune(cell)
	if len(runes) <= maxCell {
		return cell
	}
	return string(runes[:maxCell-1]) + "…"
}
