package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"labbook/runlog"
	"labbook/runlog/display"
	"labbook/runlog/record"
)

func (a *app) showCommand() *cobra.Command {
	return &cobra.Command{
		Use:               "show [RUN|CALL]",
		ValidArgsFunction: a.completeRun,
		Short:             "Show all that is known of a run (12) or a call (12.57)",
		Long:              "Show all that is known of a run (12) or a call (12.57); without an id, of the latest run.",
		Args:              cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 1 && strings.Contains(args[0], ".") {
				id, err := record.ParseCallID(args[0])
				if err != nil {
					return usageError("%w", err)
				}
				return a.withBook(cmd.Context(), func(book *runlog.Reader) error { return a.showCall(cmd.Context(), book, id) })
			}
			id, err := parseOptionalRun(args)
			if err != nil {
				return err
			}
			return a.withBook(cmd.Context(), func(book *runlog.Reader) error { return a.showRun(cmd.Context(), book, id) })
		},
	}
}

// showRun shows a run, the latest for 0.
func (a *app) showRun(ctx context.Context, book *runlog.Reader, id int64) error {
	run, err := findRun(ctx, book, id)
	if err != nil {
		return err
	}
	batches, err := book.Batches(ctx, run.ID)
	if err != nil {
		return err
	}
	if a.json {
		return a.printJSON(newRunReport(&run, batches))
	}
	return a.printRun(&run, batches, func(id int64) string { return runLink(ctx, book, id) })
}

// runLink is the number of a run that another one names, and whether it is still
// there.
func runLink(ctx context.Context, book *runlog.Reader, id int64) string {
	if _, err := book.Run(ctx, id); errors.Is(err, runlog.ErrNoRun) {
		return fmt.Sprintf("%d  (removed)", id)
	}
	return strconv.FormatInt(id, 10)
}

// callLink is the number of a call that another one names, and whether it is still
// there.
func callLink(ctx context.Context, book *runlog.Reader, id record.CallID) string {
	if id.IsZero() {
		return ""
	}
	if _, err := book.Call(ctx, id); errors.Is(err, runlog.ErrNoCall) {
		return id.String() + "  (removed)"
	}
	return id.String()
}

func (a *app) printRun(r *record.RunDetail, batches []record.Batch, link func(run int64) string) error {
	var t table
	row := func(name, value string) {
		if value != "" {
			t.add(name, value)
		}
	}
	row("run", fmt.Sprintf("%d  %s %s  %s", r.ID, display.Status(r.Status), r.Status, r.Name))
	row("end", display.End(&r.Run))
	row("kept", map[bool]string{true: "pinned: labbook prune leaves it"}[r.Pinned])
	row("error", r.Error)
	row("command", readable(strings.Join(r.Argv, " ")))
	row("in", r.Cwd)
	started := r.Started.Format("2006-01-02 15:04:05")
	if took := r.Duration(a.now()); took > 0 { // else it died before there was a sign of life
		started += ", took " + display.Duration(took)
	}
	row("started", started)
	if r.RerunOf != 0 {
		row("rerun of", link(r.RerunOf))
	}
	if len(r.Reruns) > 0 {
		row("reruns", strings.Trim(fmt.Sprint(r.Reruns), "[]"))
	}
	if r.Within != 0 {
		row("started by", strconv.FormatInt(r.Within, 10))
	}
	if len(r.Children) > 0 {
		row("has started", strings.Trim(fmt.Sprint(r.Children), "[]"))
	}
	if r.VCSRevision != "" {
		row("revision", r.VCSRevision+map[bool]string{true: " with uncommitted changes"}[r.VCSDirty])
	}
	if len(r.Modules) > 0 {
		row("modules", display.Count(int64(len(r.Modules)))+"; --json lists them")
	}
	resourceRows(r, row)
	c := r.Counts
	row("calls", fmt.Sprintf("%s, %s, %s; saved %s, spent %s", display.Plural(c.Hits, "hit", "hits"), display.Plural(c.Misses, "miss", "misses"),
		display.Plural(c.Errors, "error", "errors"), display.Duration(c.Saved), display.Duration(c.Spent)))
	for i := range batches {
		b := &batches[i]
		row("batch "+strconv.FormatInt(b.Batch, 10), fmt.Sprintf("%s %s  %s of %s tasks on %d jobs  %s", display.BatchStatus(b.Status), b.Status,
			display.Count(b.Done), display.Count(b.Tasks), b.Jobs, b.Label))
	}
	rows(row, "param", r.Params, func(p record.Param) string {
		return p.Name + " = " + p.Value + map[bool]string{false: "  (" + p.Source + ")"}[p.Source == "default"]
	})
	rows(row, "input", r.Inputs, func(in record.Input) string {
		return strings.TrimRight(fmt.Sprintf("%s  %s  %s", in.Path, display.Bytes(in.Bytes), display.Digest(in.Digest)), " ")
	})
	rows(row, "metric", metricLines(r.Metrics), func(text string) string { return text })
	rows(row, "artifact", r.Artifacts, func(f record.Artifact) string {
		return fmt.Sprintf("%s  %s  %s", f.Name, display.Bytes(f.Bytes), f.Path)
	})
	row("tags", strings.Join(r.Tags, ", "))
	rows(row, "note", r.Notes, func(n record.Note) string { return n.Text })
	return t.write(a.stdout, "")
}

// readable is a text, or as much of it as a person reads.
func readable(text string) string {
	const most = 2000
	if len(text) <= most {
		return text
	}
	return strings.ToValidUTF8(text[:most], "") + " … --json has all"
}

// mostRows bounds how many of a kind are shown.
const mostRows = 100

// rows adds a row for each, or for as many as a person reads.
func rows[T any](row func(name, text string), name string, all []T, text func(T) string) {
	for _, one := range all[:min(len(all), mostRows)] {
		row(name, text(one))
	}
	if more := len(all) - mostRows; more > 0 {
		row(name, "and "+display.Count(int64(more))+" more; --json lists all")
	}
}

func (a *app) showCall(ctx context.Context, book *runlog.Reader, id record.CallID) error {
	call, err := book.Call(ctx, id)
	if err != nil {
		return err
	}
	parts, err := book.OutputScope(ctx, id.Run, id, 0, 0)
	if err != nil {
		return err
	}
	report := callReport{CallDetail: &call}
	for i := range parts {
		report.Printed += parts[i].Bytes
	}
	if a.json {
		return a.printJSON(report)
	}
	return a.printCall(&report, callLink(ctx, book, call.Origin))
}

// A callReport is what show --json prints of a call.
type callReport struct {
	*record.CallDetail
	Printed int64 `json:"printed_bytes,omitempty"` // by itself, as far as that is known
}

func (a *app) printCall(c *callReport, origin string) error {
	var t table
	row := func(name, value string) {
		if value != "" {
			t.add(name, value)
		}
	}
	row("call", fmt.Sprintf("%s  %s %s  %s", c.ID, display.Outcome(c.Outcome), c.Outcome, c.Function))
	row("error", c.Error)
	row("not stored", c.StoreError)
	if c.Reason != "" {
		row("reason", string(c.Reason))
	}
	row("detail", c.Detail)
	row("started", fmt.Sprintf("%s, took %s", c.Started.Format("2006-01-02 15:04:05.000"), display.Duration(c.Duration)))
	if c.Outcome == record.Hit {
		row("saved", display.Duration(c.Saved))
		row("computed by", origin)
	}
	row("inside", c.Parent.String())
	if c.Batch != 0 {
		row("task", fmt.Sprintf("%d of batch %d", c.Task, c.Batch))
	}
	if c.ResultBytes > 0 {
		row("result", fmt.Sprintf("%s  %s", display.Bytes(c.ResultBytes), display.Digest(c.ResultDigest)))
	}
	if c.Printed > 0 {
		row("printed", fmt.Sprintf("%s  labbook log --call %s", display.Bytes(c.Printed), c.ID))
	}
	row("source", fmt.Sprintf("%s:%d (code identified by %s)", c.Code.File, c.Code.Line, c.Code.CodeKind))
	row("key", c.Key)
	if err := t.write(a.stdout, ""); err != nil {
		return err
	}
	var parts table
	for _, p := range c.Parts {
		parts.add(string(p.Kind), p.Name, display.Digest(p.Digest), p.Preview)
	}
	return parts.write(a.stdout, "  ")
}

// metricLines prints metrics, sorted by name and step, a line a name: of many
// values the last, with how many there are and how far they reach.
func metricLines(metrics []record.Metric) []string {
	var lines []string
	for len(metrics) > 0 {
		n := 1
		low, high := metrics[0].Value, metrics[0].Value
		for n < len(metrics) && metrics[n].Name == metrics[0].Name {
			low, high = min(low, metrics[n].Value), max(high, metrics[n].Value)
			n++
		}
		text := metrics[0].Name + " = " + number(metrics[n-1].Value)
		if n > 1 {
			text += fmt.Sprintf("  (the last of %d, %s to %s)", n, number(low), number(high))
		}
		lines, metrics = append(lines, text), metrics[n:]
	}
	return lines
}

func number(x float64) string { return strconv.FormatFloat(x, 'g', 6, 64) }
