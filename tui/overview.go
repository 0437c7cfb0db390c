package tui

import (
	"strconv"
	"strings"
	"time"

	"labbook/runlog/display"
	"labbook/runlog/record"
	"labbook/runlog/safetext"
)

// twoColumns is the width from which on an overview has two columns.
const twoColumns = 110

// maxDiffLines bounds how much of the uncommitted changes is shown.
const maxDiffLines = 500

// An overview writes the sections about one run.
type overview struct {
	*record.RunDetail
	theme *theme
	now   time.Time
}

// overviewLines returns all there is to say about a run.
func overviewLines(d *record.RunDetail, t *theme, now time.Time, width int) []string {
	o := overview{d, t, now}
	var lines []string
	if width >= twoColumns {
		half := width / 2
		left, right := sheet{theme: t, width: half - 2}, sheet{theme: t, width: width - half}
		o.identity(&left)
		o.counts(&left)
		o.machine(&left)
		o.git(&left)
		o.results(&right)
		o.usage(&right)
		lines = beside(left.lines, right.lines, half)
	} else {
		single := sheet{theme: t, width: width}
		o.identity(&single)
		o.results(&single)
		o.counts(&single)
		o.usage(&single)
		o.machine(&single)
		o.git(&single)
		lines = single.lines
	}
	rest := sheet{theme: t, width: width, lines: lines}
	o.changes(&rest)
	o.environment(&rest)
	return rest.lines
}

func (o *overview) identity(s *sheet) {
	s.heading("Run")
	s.field("status", display.Status(o.Status)+" "+runStatus(&o.Run), o.theme.status(o.Status))
	s.field("error", safetext.Line(o.Error), o.theme.bad)
	s.field("program", runName(o.Name), o.theme.text)
	s.field("command", safetext.Line(strings.Join(o.Argv, " ")), o.theme.text)
	s.field("started", display.Moment(o.Started, o.now)+" ("+display.Ago(o.Started, o.now)+")", o.theme.text)
	s.field("ended", display.Moment(o.Ended, o.now), o.theme.text)
	s.field("took", display.Duration(o.Duration(o.now)), o.theme.text)
	if o.RerunOf != 0 {
		s.field("rerun of", runTitle(o.RerunOf), o.theme.text)
	}
	s.field("rerun as", runList(o.Reruns), o.theme.text)
	if o.Within != 0 {
		s.field("started by", runTitle(o.Within), o.theme.text)
	}
	s.field("has started", runList(o.Children), o.theme.text)
	s.field("folder", safetext.Line(o.Cwd), o.theme.text)
	if o.Pinned {
		s.field("kept", pinned+" pinned: labbook prune leaves it", o.theme.text)
	}
	s.field("tags", safetext.Line(strings.Join(o.Tags, ", ")), o.theme.text)
	if o.Implicit {
		s.text("The program does not call runlog.Main, so its end and its output are not on record.", o.theme.faint)
	}
}

func (o *overview) results(s *sheet) {
	if len(o.Params) > 0 {
		s.heading("Parameters")
		for _, p := range o.Params {
			value := safetext.Line(p.Value)
			if p.Source != "" && p.Source != "default" {
				value += "  (" + safetext.Line(p.Source) + ")"
			}
			s.labelled(safetext.Line(p.Name), labelWidth, value, o.theme.text)
		}
	}
	if len(o.Inputs) > 0 {
		s.heading("Inputs")
		for _, in := range o.Inputs {
			s.labelled(display.Bytes(in.Bytes), labelWidth, strings.TrimRight(safetext.Line(in.Path)+"  "+display.Digest(safetext.Line(in.Digest)), " "), o.theme.text)
		}
	}
	if len(o.Metrics) > 0 {
		s.heading("Metrics")
		for _, series := range metricSeries(o.Metrics) {
			s.labelled(safetext.Line(series.name), labelWidth, series.summary(), o.theme.text)
		}
	}
	if len(o.Artifacts) > 0 {
		s.heading("Artifacts")
		for _, a := range o.Artifacts {
			s.labelled(safetext.Line(a.Name), 2*labelWidth,
				display.Bytes(a.Bytes)+"  "+safetext.Line(a.MediaType)+"  "+safetext.Line(a.Path), o.theme.text)
		}
	}
	if len(o.Notes) > 0 {
		s.heading("Notes")
		for _, n := range o.Notes {
			s.labelled(display.Ago(n.At, o.now), labelWidth, safetext.Line(n.Text), o.theme.text)
		}
	}
}

func (o *overview) counts(s *sheet) {
	c := &o.Counts
	if c.Calls == 0 && c.Tasks == 0 {
		return
	}
	s.heading("Cached calls")
	for _, row := range []struct {
		outcome record.Outcome
		n       int64
		remark  string
	}{
		{record.Hit, c.Hits, "saved " + display.Duration(c.Saved)},
		{record.Miss, c.Misses, "took " + display.Duration(c.Spent)},
		{record.Error, c.Errors, ""},
		{record.Bypass, c.Bypasses, ""},
		{record.Running, c.Running, ""},
	} {
		if row.n > 0 {
			value := pad(display.Outcome(row.outcome)+" "+display.Count(row.n), labelWidth) + row.remark
			s.field(string(row.outcome), strings.TrimRight(value, " "), o.theme.outcome(row.outcome))
		}
	}
	s.field("tasks", nonzero(c.Tasks), o.theme.text)
}

func (o *overview) machine(s *sheet) {
	s.heading("Machine")
	host := safetext.Line(o.Host)
	if o.User != "" {
		host = safetext.Line(o.User) + "@" + host
	}
	s.field("host", host, o.theme.text)
	s.field("system", safetext.Line(o.OSArch)+", "+counted(strconv.Itoa(o.CPUs), "CPU"), o.theme.text)
	s.field("processor", safetext.Line(o.CPUModel), o.theme.text)
	if o.Memory > 0 {
		s.field("memory", display.Bytes(o.Memory), o.theme.text)
	}
	s.field("limits", display.Limits(&o.Run), o.theme.text)
	if o.PID != 0 {
		s.field("process", strconv.Itoa(o.PID), o.theme.text)
	}
	s.field("go", safetext.Line(o.GoVersion), o.theme.text)
	s.field("executable", safetext.Line(o.Exe), o.theme.text)
	if o.Debug {
		s.field("debug", "on", o.theme.text)
	}
}

// usage writes what the run used, and how that went over its time.
func (o *overview) usage(s *sheet) {
	memory, cpu := display.MemoryCourse(o.Samples, maxSpark), display.CPUCourse(o.Samples, maxSpark)
	if memory+cpu == "" && o.UserTime+o.SysTime == 0 && o.MaxRSS == 0 {
		return
	}
	s.heading("Resources")
	s.field("memory", memory, o.theme.text)
	if o.MaxRSS > 0 {
		s.field("at most", display.Bytes(o.MaxRSS), o.theme.text)
	}
	s.field("CPU", cpu, o.theme.text)
	if o.UserTime+o.SysTime > 0 {
		s.field("CPU time", display.Duration(o.UserTime)+" user, "+display.Duration(o.SysTime)+" system", o.theme.text)
	}
	if n := len(o.Samples); n > 0 && o.Samples[n-1].Read+o.Samples[n-1].Written > 0 {
		s.field("disk", display.Bytes(o.Samples[n-1].Read)+" read, "+display.Bytes(o.Samples[n-1].Written)+" written", o.theme.text)
	}
}

func (o *overview) git(s *sheet) {
	if o.Module == "" && o.VCSRevision == "" && len(o.Modules) == 0 {
		return
	}
	s.heading("Source")
	s.field("module", strings.TrimSpace(safetext.Line(o.Module)+" "+safetext.Line(o.ModuleVersion)), o.theme.text)
	s.field("package", safetext.Line(o.Package), o.theme.text)
	if n := len(o.Modules); n > 0 {
		s.field("built from", counted(strconv.Itoa(n), "module"), o.theme.text)
	}
	s.field("revision", display.Digest(safetext.Line(o.VCSRevision)), o.theme.text)
	if o.VCSDirty {
		s.field("", "with uncommitted changes"+below(o.VCSDiff), o.theme.warn)
	}
}

func below(diff string) string {
	if diff == "" {
		return ""
	}
	return ", shown below"
}

// changes writes the uncommitted changes, whose lines begin with their own
// signs.
func (o *overview) changes(s *sheet) {
	if o.VCSDiff == "" {
		return
	}
	s.heading("Uncommitted changes")
	n := 0
	for line := range strings.Lines(o.VCSDiff) {
		if n++; n > maxDiffLines {
			s.line(o.theme.faint.on("… and more"))
			return
		}
		ink := o.theme.text
		switch {
		case strings.HasPrefix(line, "+"):
			ink = o.theme.good
		case strings.HasPrefix(line, "-"):
			ink = o.theme.bad
		case strings.HasPrefix(line, "@@"), strings.HasPrefix(line, "diff "):
			ink = o.theme.faint
		}
		line = strings.ReplaceAll(strings.TrimRight(line, "\r\n"), "\t", "    ")
		s.line(ink.on(cut(safetext.Line(line), s.width-markerSize)))
	}
}

func (o *overview) environment(s *sheet) {
	if len(o.Env) == 0 {
		return
	}
	s.heading("Environment")
	for _, variable := range o.Env {
		s.line(cut(safetext.Line(variable), s.width-markerSize))
	}
}
