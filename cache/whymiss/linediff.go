package whymiss

import (
	"fmt"
	"slices"
	"strings"

	"github.com/sergi/go-diff/diffmatchpatch"
)

const (
	// contextLines is how many unchanged lines stand around a change.
	contextLines = 3
	// maxCompared bounds the lines of two texts that are matched one by one,
	// which takes time that grows with their square.
	maxCompared = 4000
)

// A diffLine is one line of a diff; op is ' ', '-' or '+'.
type diffLine struct {
	op   byte
	text string
}

// diffLines compares two texts line by line.
func diffLines(before, after string) []diffLine {
	if strings.Count(before, "\n")+strings.Count(after, "\n") > maxCompared {
		return roughDiffLines(before, after)
	}
	dmp := diffmatchpatch.New()
	dmp.DiffTimeout = 0 // the texts are short, and a time limit would make the result depend on the machine
	a, b, lines := dmp.DiffLinesToChars(before, after)
	var list []diffLine
	for _, d := range dmp.DiffCharsToLines(dmp.DiffMain(a, b, false), lines) {
		op := map[diffmatchpatch.Operation]byte{diffmatchpatch.DiffEqual: ' ', diffmatchpatch.DiffDelete: '-', diffmatchpatch.DiffInsert: '+'}[d.Type]
		list = appendLines(list, op, slices.Collect(strings.Lines(d.Text)))
	}
	return list
}

// roughDiffLines takes all from the first line that differs to the last for
// changed.
func roughDiffLines(before, after string) []diffLine {
	a, b := slices.Collect(strings.Lines(before)), slices.Collect(strings.Lines(after))
	shorter := min(len(a), len(b))
	prefix := 0
	for prefix < shorter && a[prefix] == b[prefix] {
		prefix++
	}
	suffix := 0
	for suffix < shorter-prefix && a[len(a)-1-suffix] == b[len(b)-1-suffix] {
		suffix++
	}
	list := appendLines(nil, ' ', a[:prefix])
	list = appendLines(list, '-', a[prefix:len(a)-suffix])
	list = appendLines(list, '+', b[prefix:len(b)-suffix])
	return appendLines(list, ' ', a[len(a)-suffix:])
}

func appendLines(list []diffLine, op byte, lines []string) []diffLine {
	for _, line := range lines {
		list = append(list, diffLine{op, strings.TrimSuffix(line, "\n")})
	}
	return list
}

// unified prints what changed as a unified diff, with a few lines around each
// change. The texts begin at these lines of their files.
func unified(lines []diffLine, before, after int) string {
	near := make([]bool, len(lines))
	for i, line := range lines {
		if line.op != ' ' {
			for j := max(0, i-contextLines); j < min(len(lines), i+contextLines+1); j++ {
				near[j] = true
			}
		}
	}
	var b strings.Builder
	for i := 0; i < len(lines); {
		end := i + 1
		for end < len(lines) && near[end] == near[i] {
			end++
		}
		was, is := counts(lines[i:end])
		if near[i] {
			fmt.Fprintf(&b, "@@ -%s +%s @@\n", hunkRange(before, was), hunkRange(after, is))
			for _, line := range lines[i:end] {
				fmt.Fprintf(&b, "%c%s\n", line.op, line.text)
			}
		}
		before, after, i = before+was, after+is, end
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// counts returns how many lines of a diff are in the earlier and in the later
// text.
func counts(lines []diffLine) (before, after int) {
	for _, line := range lines {
		if line.op != '+' {
			before++
		}
		if line.op != '-' {
			after++
		}
	}
	return before, after
}

// hunkRange says which lines a hunk covers, as diff -u does.
func hunkRange(first, count int) string {
	switch count {
	case 0:
		return fmt.Sprintf("%d,0", first-1)
	case 1:
		return fmt.Sprint(first)
	default:
		return fmt.Sprintf("%d,%d", first, count)
	}
}

// firstChange returns the first line that changed, as it was and as it is.
func firstChange(lines []diffLine) (was, is string) {
	for _, line := range lines {
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
