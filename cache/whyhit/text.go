package whyhit

import (
	"fmt"
	"io"
	"strings"
	"time"

	"labbook/runlog/display"
	"labbook/runlog/safetext"
)

const (
	mostShown  = 12  // changes of a kind that Text prints; --json has them all
	mostValue  = 120 // characters of a value
	mostListed = 8   // names in a row
)

// Text prints an explanation for people. What was recorded is made harmless for
// a terminal on its way.
func (e *Explanation) Text(w io.Writer, now time.Time) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s  %s  loaded in %s", e.Call, safetext.Line(display.Function(e.Function)), seconds(e.LoadSeconds))
	if e.SavedSeconds > 0 {
		fmt.Fprintf(&b, ", which saved %s", seconds(e.SavedSeconds))
	}
	b.WriteString("\n")
	e.origin(&b, now)
	row(&b, "key", "covers "+e.Key.inWords())
	if e.Detail != "" {
		row(&b, "detail", e.Detail)
	}
	e.changed(&b)
	row(&b, "right?", e.verdict())
	_, err := io.WriteString(w, b.String())
	return err
}

func seconds(s float64) string { return display.Duration(time.Duration(s * float64(time.Second))) }

func row(b *strings.Builder, name, text string) {
	fmt.Fprintf(b, "  %-8s %s\n", name, safetext.Line(text))
}

func (e *Explanation) origin(b *strings.Builder, now time.Time) {
	switch e.State {
	case Unknown:
		row(b, "from", "a run that this lab-book does not have: of another lab-book, removed before this call, or never recorded")
		return
	case Removed:
		row(b, "from", e.Origin.Call.String()+", whose run was removed from the lab-book")
		return
	case SameRun, Unchanged, Changed:
	}
	o := e.Origin
	from := fmt.Sprintf("%s, which computed it in %s, %s (%s)", o.Call, seconds(o.ComputeSeconds), display.Ago(o.When, now), o.When.Format("2006-01-02 15:04:05"))
	if e.State == SameRun {
		from += ", in the same run"
	}
	if !o.SameResult {
		from += "; what is loaded is not what it stored"
	}
	row(b, "from", from)
	row(b, "by", fmt.Sprintf("run %d, %s: %s", o.Run, o.Name, strings.Join(o.Argv, " ")))
	place := []string{}
	for _, part := range []string{o.OSArch, o.CPU, o.GoVersion} {
		if part != "" {
			place = append(place, part)
		}
	}
	row(b, "on", fmt.Sprintf("%s as %s: %s", o.Host, o.User, strings.Join(place, ", ")))
	switch {
	case o.Revision == "":
		row(b, "at", "a commit that is not known")
	case !o.Dirty:
		row(b, "at", o.Revision)
	case o.DiffRecorded:
		row(b, "at", o.Revision+" with uncommitted changes, which are on record: labbook show --json "+fmt.Sprint(o.Run))
	default:
		row(b, "at", o.Revision+" with uncommitted changes, which are not on record")
	}
}

func (k *Key) inWords() string {
	var list []string
	switch k.Code {
	case "version":
		list = append(list, fmt.Sprintf("cache.Version %q in the place of the code, modules and Go version", k.Version))
	case "build":
		list = append(list, "the executable's build")
	default:
		list = append(list, "its code by "+k.Code)
	}
	if n := len(k.Modules); n > 0 {
		list = append(list, display.Plural(int64(n), "module", "modules"))
	}
	if k.Toolchain != "" {
		list = append(list, k.Toolchain)
	}
	list = append(list, k.Dependencies...)
	switch len(k.Arguments) {
	case 0:
		list = append(list, "no arguments")
	case 1:
		list = append(list, "argument "+k.Arguments[0])
	default:
		list = append(list, "arguments "+inARow(k.Arguments))
	}
	text := strings.Join(list, ", ")
	if k.Ignored > 0 {
		text += "; " + display.Plural(int64(k.Ignored), "argument is", "arguments are") + " left out by cache.Ignore"
	}
	return text
}

func inARow(names []string) string {
	if len(names) <= mostListed {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(names[:mostListed], ", "), len(names)-mostListed)
}

func (e *Explanation) changed(b *strings.Builder) {
	for _, group := range []struct {
		matters Matters
		title   string
	}{{Likely, "likely to matter"}, {Possible, "may matter"}} {
		shown := 0
		for i := range e.Changes {
			c := &e.Changes[i]
			if c.Matters != group.matters {
				continue
			}
			if shown == 0 {
				fmt.Fprintf(b, "  changed since, %s\n", group.title)
			}
			if shown++; shown > mostShown {
				b.WriteString("    … and more: --json has them\n")
				break
			}
			c.text(b)
		}
	}
	var unlikely []string
	for i := range e.Changes {
		if c := &e.Changes[i]; c.Matters == Unlikely {
			unlikely = append(unlikely, c.title())
		}
	}
	if len(unlikely) > 0 {
		row(b, "besides", "unlikely to matter: "+inARow(unlikely))
	}
	if len(e.Masked) > 0 {
		row(b, "unknown", "whether secrets have changed: "+inARow(e.Masked))
	}
}

// title names a change without its values.
func (c *Change) title() string {
	switch c.What {
	case Environment:
		return "$" + c.Name
	case Commit:
		if c.Covered {
			return "the commit (the key covers the code that the function reaches)"
		}
		return "the commit"
	case CodeOf:
		return "the code of " + display.Function(c.Name)
	case Input:
		return "file " + c.Name
	case Module, Parameter:
		return string(c.What) + " " + c.Name
	case Toolchain:
		return "Go version"
	case Program:
		return "program"
	case Recording:
		return "how it was recorded"
	case Machine, Argument, Folder, User:
	}
	return c.Name
}

func (c *Change) text(b *strings.Builder) {
	was, is := fromDifference(c.Before, c.After)
	before, after := shorten(was), shorten(is)
	switch {
	case c.Before == "":
		before = "none"
	case c.After == "":
		after = "none"
	}
	covered := ""
	if c.Covered {
		covered = "  (the key covers it)"
	}
	fmt.Fprintf(b, "    %s  %s → %s%s\n", safetext.Line(c.title()), before, after, covered)
}

// mostCommon is how much of an equal beginning of two values is shown.
const mostCommon = 30

// fromDifference leaves out most of what two values begin with alike, where all
// that is shown of them might be that.
func fromDifference(before, after string) (was, is string) {
	a, b := []rune(before), []rune(after)
	common := 0
	for common < min(len(a), len(b)) && a[common] == b[common] {
		common++
	}
	if max(len(a), len(b)) <= mostValue || common <= mostCommon {
		return before, after
	}
	from := common - mostCommon
	return "…" + string(a[from:]), "…" + string(b[from:])
}

func shorten(value string) string {
	runes := []rune(value)
	if len(runes) > mostValue {
		value = string(runes[:mostValue]) + "…"
	}
	return safetext.Line(value)
}

// verdict answers whether the hit is still right, as far as that is known.
func (e *Explanation) verdict() string {
	compute := "; " + e.Verify + " computes it again to see"
	switch e.State {
	case SameRun:
		return "it was computed in the same run" + compute
	case Unchanged:
		if len(e.Changes) == 0 {
			return "nothing that is recorded has changed since" + compute
		}
		return "nothing has changed that is recorded and likely to matter" + compute
	case Removed, Unknown:
		return "what has changed since is not known" + compute
	case Changed:
	}
	return "the key does not cover what has changed" + compute
}
