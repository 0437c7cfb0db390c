package recheck

import (
	"fmt"
	"io"
	"strings"
	"time"

	"labbook/runlog/display"
	"labbook/runlog/safetext"
)

// mostShown bounds how many calls of a function Text prints.
const mostShown = 5

// Text prints a report for people. What was recorded is made harmless for a
// terminal on its way.
func (r *Report) Text(w io.Writer) error {
	var b strings.Builder
	for i := range r.Functions {
		r.Functions[i].text(&b)
	}
	if len(r.Functions) > 0 {
		b.WriteString("\n")
	}
	fmt.Fprintf(&b, "%s computed %s again in %s: %s\n", r.where(), display.Plural(r.Total.Verified, "result", "results"),
		display.Duration(time.Duration(r.Total.SpentSeconds*float64(time.Second))), r.Total.inWords())
	_, err := io.WriteString(w, b.String())
	return err
}

// where names the runs.
func (r *Report) where() string {
	if len(r.Runs) == 1 {
		return fmt.Sprintf("run %d", r.Runs[0])
	}
	return fmt.Sprintf("run %d and %s that it started", r.Runs[0], display.Plural(int64(len(r.Runs)-1), "run", "runs"))
}

// inWords says what there is more than none of.
func (c *Counts) inWords() string {
	if c.IsClean() {
		if c.Verified == 0 {
			return "there is nothing to compare"
		}
		return "all as stored"
	}
	var list []string
	for _, part := range []struct {
		count int64
		text  string
	}{
		{c.Equal, "as stored"}, {c.Noise, "equal but for float noise"}, {c.Different, "different"}, {c.Failed, "failed"}, {c.Unfinished, "did not return"},
	} {
		if part.count > 0 {
			list = append(list, display.Count(part.count)+" "+part.text)
		}
	}
	return strings.Join(list, ", ")
}

func (f *Function) text(b *strings.Builder) {
	sign := "✓"
	if !f.IsClean() {
		sign = "✗"
	}
	fmt.Fprintf(b, "%s %s  %s: %s\n", sign, safetext.Line(display.Function(f.Function)), display.Count(f.Verified), f.inWords())
	if f.Unsteady > 0 {
		fmt.Fprintf(b, "    it is not deterministic: computed twice in a row, %s came out in two ways\n", display.Plural(f.Unsteady, "result", "results"))
	}
	if f.Steady > 0 {
		fmt.Fprintf(b, "    computed twice in a row, %s came out alike, and not as stored: something has changed that is no part of the key\n",
			display.Plural(f.Steady, "result", "results"))
	}
	for _, name := range f.Changes {
		fmt.Fprintf(b, "    it changes its argument %s, which a hit does not\n", safetext.Line(name))
	}
	for i := range f.Calls {
		if i == mostShown {
			fmt.Fprintf(b, "    … and %d more: --json has them\n", f.Verified-f.Equal-int64(i))
			break
		}
		f.Calls[i].text(b)
	}
}

func (c *Call) text(b *strings.Builder) {
	what := ""
	switch c.Finding {
	case Failed:
		what = "failed: "
	case Unfinished:
		what = "did not return: "
	case Equal, Noise, Different:
	}
	origin := ""
	if !c.Origin.IsZero() {
		origin = ", computed by " + c.Origin.String()
	}
	fmt.Fprintf(b, "    %s%s  %s%s\n", c.Call, origin, what, safetext.Line(c.Detail))
}
