package whymiss

import (
	"context"
	"fmt"
	"go/scanner"
	"go/token"
	"slices"
	"strings"

	"github.com/sergi/go-diff/diffmatchpatch"

	"labbook/diffargs"
	"labbook/runlog/display"
	"labbook/runlog/record"
)

const (
	// contextLines is how many unchanged lines stand around a change.
	contextLines = 2
	// maxCompared bounds the lines of two texts that are matched one by one,
	// which takes time that grows with their square.
	maxCompared = 4000
)

// codePath begins the path of a difference in a function; the function's name
// follows. No path into an argument looks like it, not even into one that is
// called code.
const codePath = "code: "

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
	if len(before) == 0 || len(after) == 0 {
		// To list the functions of one side would say that they all are new.
		return []Difference{previewDifference(pair, "the source of the functions is not in the lab-book")}, nil
	}
	old := map[string]string{}
	for _, s := range before {
		old[s.Name] = s.Text
	}
	list := []Difference{}
	add := func(name string, kind diffargs.Kind, was, is string) {
		lines := diffLines(was, is)
		d := Difference{Part: pair.after.Name, Path: codePath + display.Function(name), Kind: kind, Detail: inContext(lines)}
		if kind == diffargs.Value {
			d.Before, d.After = firstChange(lines)
		}
		list = append(list, d)
	}
	for _, s := range after {
		was, known := old[s.Name]
		delete(old, s.Name)
		switch {
		case !known:
			add(s.Name, diffargs.Added, "", s.Text)
		case was != s.Text && !sameTokens(was, s.Text):
			add(s.Name, diffargs.Value, was, s.Text)
		}
	}
	for _, s := range before {
		if _, gone := old[s.Name]; gone {
			add(s.Name, diffargs.Removed, s.Text, "")
		}
	}
	if len(list) == 0 {
		list = append(list, previewDifference(pair, "no function that the lab-book has the source of differs"))
	}
	return list, nil
}

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

// inContext prints what changed, with a few lines around it.
func inContext(lines []diffLine) string {
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

// sameTokens reports whether two texts differ in comments and layout at most,
// which are no part of the code's identity: a function that was only described
// anew is not what changed.
func sameTokens(before, after string) bool { return slices.Equal(tokens(before), tokens(after)) }

// tokens are those of a text, but for commas and semicolons, which layout can
// decide.
func tokens(text string) []string {
	var s scanner.Scanner
	s.Init(token.NewFileSet().AddFile("", -1, len(text)), []byte(text), nil, 0)
	var list []string
	for {
		switch _, tok, literal := s.Scan(); tok {
		case token.EOF:
			return list
		case token.COMMA, token.SEMICOLON:
		default:
			list = append(list, tok.String()+" "+literal)
		}
	}
}
