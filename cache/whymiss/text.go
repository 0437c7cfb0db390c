package whymiss

import (
	"fmt"
	"io"
	"strings"
	"time"

	"labbook/runlog/display"
	"labbook/runlog/safetext"
)

// maxShown bounds how many differences Text prints; --json has them all.
const maxShown = 12

// Text prints an explanation for people. What was recorded is made harmless for
// a terminal on its way.
func (e *Explanation) Text(w io.Writer, now time.Time) error {
	return (&Group{First: *e, Lost: seconds(e.LostSeconds)}).Text(w, now)
}

// Text prints the explanation that the calls of a group share, as that of one
// call is printed.
func (g *Group) Text(w io.Writer, now time.Time) error {
	var b strings.Builder
	e := &g.First
	b.WriteString(g.title() + "\n")
	fmt.Fprintf(&b, "  why      %s: %s\n", safetext.Line(string(e.Reason.Kind)), safetext.Line(e.Reason.Summary))
	if also := g.also(); also != "" {
		fmt.Fprintf(&b, "  also     %s\n", also)
	}
	if e.Nearest != nil {
		fmt.Fprintf(&b, "  nearest  %s, %s\n", e.Nearest.Call, display.Ago(e.Nearest.When, now))
	}
	for i := range e.Differences {
		if i == maxShown {
			fmt.Fprintf(&b, "  … and %d differences more\n", len(e.Differences)-i)
			break
		}
		e.Differences[i].text(&b)
	}
	if e.Remedy != "" {
		fmt.Fprintf(&b, "  remedy   %s\n", safetext.Line(e.Remedy))
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func (d *Difference) text(b *strings.Builder) {
	fmt.Fprintf(b, "  %s  %s", safetext.Line(d.Path), safetext.Line(string(d.Kind)))
	switch {
	case d.Before != "" && d.After != "":
		fmt.Fprintf(b, "  %s → %s", safetext.Line(d.Before), safetext.Line(d.After))
	case d.After != "":
		fmt.Fprintf(b, "  + %s", safetext.Line(d.After))
	case d.Before != "":
		fmt.Fprintf(b, "  - %s", safetext.Line(d.Before))
	}
	b.WriteString("\n")
	for line := range strings.Lines(d.Detail) {
		line = strings.ReplaceAll(strings.TrimSuffix(line, "\n"), "\t", "    ") // source is indented by tabs
		fmt.Fprintf(b, "      %s\n", safetext.Line(line))
	}
}
