package whymiss

import (
	"fmt"
	"io"
	"strings"
	"time"

	"labbook/diffargs"
	"labbook/runlog/display"
	"labbook/runlog/record"
	"labbook/runlog/safetext"
)

const (
	// maxShown bounds how many differences Text prints; --json has them all.
	maxShown = 12
	// maxBeside is how long a detail is that stands beside the values.
	maxBeside = 40
	// maxDiffLines bounds the lines of one diff that it prints.
	maxDiffLines = 60
)

// A Printer prints explanations for people. What was recorded is made harmless
// for a terminal on its way.
type Printer struct {
	Now   time.Time
	Color bool // what is gone is red, what is new green
}

// Explanation prints why one call was computed.
func (p *Printer) Explanation(w io.Writer, e *Explanation) error {
	t := text{Printer: p}
	t.line("", fmt.Sprintf("%s  %s  %s", e.Call, display.Function(e.Function), ended(e)))
	t.body(e)
	return t.writeTo(w)
}

// RootCause prints a cause with its costliest miss as the example.
func (p *Printer) RootCause(w io.Writer, c *RootCause) error {
	t := text{Printer: p}
	e := &c.Example
	if c.Calls() == 1 {
		return p.Explanation(w, e)
	}
	t.line("", fmt.Sprintf("%s  %s", c.lost(), c.String()))
	t.field("misses", c.misses())
	t.field("such as", fmt.Sprintf("%s  %s  %s", e.Call, display.Function(e.Function), ended(e)))
	t.body(e)
	return t.writeTo(w)
}

// lost says what the misses took, as far as they have ended.
func (c *RootCause) lost() string {
	if c.Lost() == 0 && c.Example.Outcome == record.Running {
		return "not ended"
	}
	return display.Duration(c.Lost())
}

// misses says how many there are, and which.
func (c *RootCause) misses() string {
	var b strings.Builder
	if len(c.Direct) > 0 {
		b.WriteString(display.Plural(int64(len(c.Direct)), "call", "calls") + ": " + listedCalls(c.Direct))
	}
	if len(c.Downstream) > 0 {
		if b.Len() > 0 {
			b.WriteString("; ")
		}
		b.WriteString(display.Plural(int64(len(c.Downstream)), "call", "calls") + " downstream, given their results: " + listedCalls(c.Downstream))
	}
	return b.String()
}

// maxNamedCalls bounds how many calls of a cause are named.
const maxNamedCalls = 8

func listedCalls(calls []record.CallID) string {
	names := make([]string, 0, maxNamedCalls)
	for _, id := range calls[:min(len(calls), maxNamedCalls)] {
		names = append(names, id.String())
	}
	text := strings.Join(names, ", ")
	if more := len(calls) - len(names); more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return text
}

// ended says how the computation came out.
func ended(e *Explanation) string {
	if e.Outcome == record.Running {
		return "not ended: cut short, or still at it"
	}
	return "computed in " + display.Duration(seconds(e.LostSeconds))
}

// text collects what is printed, in lines.
type text struct {
	*Printer
	b strings.Builder
}

func (t *text) writeTo(w io.Writer) error {
	_, err := io.WriteString(w, t.b.String())
	return err
}

// line prints what is for one line, made harmless.
func (t *text) line(indent, line string) { t.b.WriteString(indent + safetext.Line(line) + "\n") }

// field prints a line with a name before it.
func (t *text) field(name, value string) { t.line("  ", fmt.Sprintf("%-8s %s", name, value)) }

const (
	red   = "\x1b[31m"
	green = "\x1b[32m"
	faint = "\x1b[2m"
	plain = "\x1b[m"
)

// ink colours what was made harmless.
func (t *text) ink(color, s string) string {
	if !t.Color || s == "" {
		return s
	}
	return color + s + plain
}

// body prints all but the first line of an explanation.
func (t *text) body(e *Explanation) {
	t.field("why", string(e.Reason.Kind)+": "+e.Reason.Summary)
	for _, also := range e.Also {
		t.field("also", string(also.Kind)+": "+also.Summary)
	}
	for i := range e.Upstream {
		t.upstream(&e.Upstream[i], 0)
	}
	if e.Nearest != nil {
		t.field("nearest", t.nearest(e))
	}
	t.differences(e.Differences, "  ")
	for i := range e.Remedies {
		t.remedy(&e.Remedies[i])
	}
	if text := OnceMore(e.Remedies); text != "" {
		t.line("           ", text)
	}
}

// nearest says which call the missed one is compared with.
func (t *text) nearest(e *Explanation) string {
	n := e.Nearest
	s := fmt.Sprintf("%s, %s", n.Call, display.Ago(n.When, t.Now))
	if n.Of > 1 && n.Equal < n.Of {
		s += fmt.Sprintf("; %d of %d arguments are equal", n.Equal, n.Of)
	}
	if n.Result == ResultEqual && len(e.Differences) > 0 {
		s += "; its result was equal"
	}
	return s
}

// upstream prints where an argument comes from, each call below the one before.
func (t *text) upstream(u *Upstream, depth int) {
	t.line("  ", fmt.Sprintf("%-8s %s%s", "from", strings.Repeat("  ", depth), u.String()))
	for i := range u.Upstream {
		t.upstream(&u.Upstream[i], depth+1)
	}
	if len(u.Upstream) == 0 {
		t.differences(u.Differences, "    "+strings.Repeat("  ", depth))
	}
}

func (t *text) differences(list []Difference, indent string) {
	for i := range list {
		if i == maxShown {
			t.line(indent, fmt.Sprintf("… and %d differences more", len(list)-i))
			break
		}
		t.difference(&list[i], indent)
	}
}

func (t *text) difference(d *Difference, indent string) {
	t.b.WriteString(indent + safetext.Line(d.Path) + "  " + t.ink(faint, safetext.Line(string(d.Kind))))
	isCode := d.IsCode()
	before, after := t.ink(red, safetext.Line(d.Before)), t.ink(green, safetext.Line(d.After))
	switch {
	case isCode && d.Kind != diffargs.Renamed:
		if d.Where != "" {
			t.b.WriteString("  " + t.ink(faint, safetext.Line(d.Where)))
		}
	case d.Before != "" && d.Before == d.After: // as far as they are shown
		t.b.WriteString("  both begin " + t.ink(faint, safetext.Line(d.Before)))
	case d.Before != "" && d.After != "":
		t.b.WriteString("  " + before + " → " + after)
	case d.After != "":
		t.b.WriteString("  + " + after)
	case d.Before != "":
		t.b.WriteString("  - " + before)
	}
	detail := d.Detail
	if !isCode && len(detail) <= maxBeside && !strings.Contains(detail, "\n") && detail != "" {
		t.b.WriteString("  (" + safetext.Line(detail) + ")")
		detail = ""
	}
	t.b.WriteString("\n")
	if len(d.Chain) > 0 {
		t.line(indent+"    ", "reached by "+strings.Join(d.Chain, " → "))
	}
	t.detail(detail, indent+"    ", isCode)
}

// detail prints the lines of a detail, those of a diff in its colours.
func (t *text) detail(detail, indent string, isDiff bool) {
	count := 0
	for line := range strings.Lines(detail) {
		if count++; count > maxDiffLines {
			t.line(indent, "… the rest is in --json")
			return
		}
		line = safetext.Line(strings.ReplaceAll(strings.TrimSuffix(line, "\n"), "\t", "    ")) // source is indented by tabs
		if isDiff {
			line = t.ink(diffColor(line), line)
		}
		t.b.WriteString(indent + line + "\n")
	}
}

func diffColor(line string) string {
	switch {
	case strings.HasPrefix(line, "-"):
		return red
	case strings.HasPrefix(line, "+"):
		return green
	default:
		return faint
	}
}

func (t *text) remedy(r *Remedy) {
	t.field("remedy", r.String())
	if r.Evidence != "" {
		t.line("           ", r.Evidence)
	}
	for line := range strings.Lines(r.Code) {
		t.line("               ", strings.ReplaceAll(strings.TrimSuffix(line, "\n"), "\t", "    "))
	}
}
