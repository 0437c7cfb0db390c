package whymiss

import (
	"context"
	"fmt"
	"strings"

	"github.com/sergi/go-diff/diffmatchpatch"

	"labbook/diffargs"
	"labbook/runlog/display"
	"labbook/runlog/record"
)

// contextLines is how many unchanged lines stand around a change.
const contextLines = 2

// codeDifferences names the functions that differ between two states of the
// code, with their diffs.
func codeDifferences(ctx context.Context, h History, pair *partPair, n *neighbour, call *record.CallDetail) ([]Difference, error) {
	if n.call.Code.CodeKind != "source" || call.Code.CodeKind != "source" {
		return []Difference{previewDifference(pair, "")}, nil
	}
	before, err := h.Sources(ctx, n.call.Code.CodeDigest)
	if err != nil {
		return nil, err
	}
	after, err := h.Sources(ctx, call.Code.CodeDigest)
	if err != nil {
		return nil, err
	}
	old := map[string]string{}
	for _, s := range before {
		old[s.Name] = s.Text
	}
	list := []Difference{}
	add := func(name string, kind diffargs.Kind, was, is string) {
		d := Difference{Part: "code", Path: "code: " + display.Function(name), Kind: kind, Detail: lineDiff(was, is)}
		if kind == diffargs.Value {
			d.Before, d.After = firstChange(was, is)
		}
		list = append(list, d)
	}
	for _, s := range after {
		was, known := old[s.Name]
		delete(old, s.Name)
		switch {
		case !known:
			add(s.Name, diffargs.Added, "", s.Text)
		case was != s.Text:
			add(s.Name, diffargs.Value, was, s.Text)
		}
	}
	for _, s := range before {
		if _, gone := old[s.Name]; gone {
			add(s.Name, diffargs.Removed, s.Text, "")
		}
	}
	if len(list) == 0 {
		list = append(list, previewDifference(pair, "the source of the functions is not in the lab-book"))
	}
	return list, nil
}

// A diffLine is one line of a diff; op is ' ', '-' or '+'.
type diffLine struct {
	op   byte
	text string
}

func diffLines(before, after string) []diffLine {
	dmp := diffmatchpatch.New()
	dmp.DiffTimeout = 0 // functions are short, and a time limit would make the result depend on the machine
	a, b, lines := dmp.DiffLinesToChars(before, after)
	var list []diffLine
	for _, d := range dmp.DiffCharsToLines(dmp.DiffMain(a, b, false), lines) {
		op := map[diffmatchpatch.Operation]byte{diffmatchpatch.DiffEqual: ' ', diffmatchpatch.DiffDelete: '-', diffmatchpatch.DiffInsert: '+'}[d.Type]
		for line := range strings.Lines(d.Text) {
			list = append(list, diffLine{op, strings.TrimSuffix(line, "\n")})
		}
	}
	return list
}

// lineDiff prints what changed, with a few lines around it.
func lineDiff(before, after string) string {
	lines := diffLines(before, after)
	near := make([]bool, len(lines))
	for i, line := range lines {
		if line.op != ' ' {
			for j := max(0, i-contextLines); j < min(len(lines), i+contextLines+1); j++ {
				near[j] = true
			}
		}
	}
	var b strings.Builder
	for i, line := range lines {
		switch {
		case near[i]:
			fmt.Fprintf(&b, "%c %s\n", line.op, line.text)
		case i > 0 && near[i-1]:
			b.WriteString("  ⋮\n")
		}
	}
	return strings.TrimSuffix(strings.TrimSuffix(b.String(), "  ⋮\n"), "\n")
}

// firstChange returns the first line that changed, as it was and as it is.
func firstChange(before, after string) (was, is string) {
	for _, line := range diffLines(before, after) {
		switch {
		case line.op == '-' && was == "":
			was = strings.TrimSpace(line.text)
		case line.op == '+' && is == "":
			is = strings.TrimSpace(line.text)
		case line.op == ' ' && was+is != "":
			return was, is
		}
	}
	return was, is
}
