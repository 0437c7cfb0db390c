package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/charmbracelet/x/term"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"labbook/runlog"
	"labbook/runlog/display"
	"labbook/runlog/filter"
	"labbook/runlog/record"
	"labbook/runlog/safetext"
	"labbook/runlog/search"
)

// exitNothingFound is the exit status of a search that finds nothing, as grep's.
const exitNothingFound = 1

// grepFlags say what to search for in output.
type grepFlags struct {
	isSet      bool
	pattern    string
	fixed      bool
	ignoreCase bool
	context    int
	filter     string
	max        int
}

// grepOnly are the flags that mean nothing without --grep.
var grepOnly = []string{"fixed", "ignore-case", "context", "filter", "max"}

func (f *grepFlags) define(set *pflag.FlagSet) {
	set.StringVar(&f.pattern, "grep", "", "search the output of all runs for a regular expression")
	set.BoolVar(&f.fixed, "fixed", false, "with --grep: the pattern is the very text to find")
	set.BoolVarP(&f.ignoreCase, "ignore-case", "i", false, "with --grep: letters of either case are the same")
	set.IntVarP(&f.context, "context", "C", 0, "with --grep: print so many lines around each match too")
	set.StringVar(&f.filter, "filter", "", "with --grep: only runs that the filter lets through")
	set.IntVar(&f.max, "max", 0, "with --grep: stop after so many lines that match (0 for none)")
}

func filterCompletions() []cobra.Completion {
	var all []cobra.Completion
	for _, field := range filter.Fields() {
		all = append(all, map[bool]string{true: "dur>", false: field + ":"}[field == "dur"])
	}
	return all
}

// grep searches the output of a run, or of all if it is 0.
func (a *app) grep(ctx context.Context, flags *logFlags, run int64) error {
	f := &flags.grep
	if f.context < 0 {
		return usageError("--context %d: want 0 or more", f.context)
	}
	if f.max < 0 {
		return usageError("--max %d: want 0 or more", f.max)
	}
	runs, err := a.parseFilter([]string{f.filter})
	if err != nil {
		return err
	}
	if run != 0 {
		if f.filter != "" {
			return usageError("--filter does not go with a run; write --filter 'run:%d …'", run)
		}
		runs.Run = run
	}
	progress := a.progress()
	defer progress.end()
	s, err := search.New(search.Options{
		Pattern: f.pattern, Fixed: f.fixed, IgnoreCase: f.ignoreCase, Context: f.context, Filter: runs, Stream: record.Stream(flags.stream),
		Progress: func(run, bytes int64) {
			progress.say(func() string { return fmt.Sprintf("searching run %d, %s read", run, display.Bytes(bytes)) })
		},
	})
	if err != nil {
		return usageError("--grep %q: %w; --fixed takes it as it stands", f.pattern, err)
	}
	return a.withBook(ctx, func(book *runlog.Reader) error {
		if run != 0 {
			if _, err := book.Run(ctx, run); err != nil {
				return err
			}
		}
		return a.printFound(ctx, s, book, f, progress)
	})
}

func (a *app) printFound(ctx context.Context, s *search.Search, book *runlog.Reader, f *grepFlags, progress *progress) error {
	var p foundPrinter
	switch {
	case a.json:
		p = &foundJSON{jsonList{w: a.stdout}}
	default:
		p = &foundText{w: a.stdout, isColored: a.isColored(), separate: f.context > 0}
	}
	matches, due := 0, 0
	for line, err := range s.Lines(ctx, book) {
		if err != nil {
			return &exitError{exitUnusable, err}
		}
		// After the last match come the lines around it, but no other match.
		if f.max > 0 && matches == f.max && (line.Matches != nil || line.Apart || due == 0) {
			break
		}
		if due--; line.Matches != nil {
			matches++
			due = f.context
		}
		progress.hide()
		if err := p.print(&line); err != nil {
			return err
		}
		if f.max > 0 && matches == f.max && due == 0 {
			break
		}
	}
	if err := p.close(); err != nil {
		return err
	}
	if matches == 0 {
		return &exitError{exitNothingFound, nil}
	}
	return nil
}

// isColored reports whether colours may be printed.
func (a *app) isColored() bool {
	file, ok := a.stdout.(*os.File)
	return ok && term.IsTerminal(file.Fd()) && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"
}

// A foundPrinter prints what a search finds.
type foundPrinter interface {
	print(line *search.Line) error
	close() error
}

// foundText prints for people: "run 12 digits stdout 2026-11-25 15:04:05: line",
// with a hyphen before a line that stands around a match.
type foundText struct {
	w         io.Writer
	isColored bool
	separate  bool // a line between those that do not follow one another
	hasBegun  bool
}

const (
	matchBegin = "\x1b[1;31m"
	matchEnd   = "\x1b[m"
)

func (p *foundText) print(line *search.Line) error {
	var b strings.Builder
	if p.separate && line.Apart && p.hasBegun {
		b.WriteString("--\n")
	}
	p.hasBegun = true
	name := line.Run.Name
	if name != "" {
		name = safetext.Line(name) + " "
	}
	fmt.Fprintf(&b, "run %d %s%s %s%s ", line.Run.ID, name, line.Stream, line.At.Format(time.DateTime),
		map[bool]string{true: ":", false: "-"}[line.Matches != nil])
	at := 0
	for _, m := range line.Matches {
		if p.isColored && m[0] < m[1] {
			b.WriteString(line.Text[at:m[0]] + matchBegin + line.Text[m[0]:m[1]] + matchEnd)
			at = m[1]
		}
	}
	b.WriteString(line.Text[at:] + "\n")
	_, err := io.WriteString(p.w, b.String())
	return err
}

func (p *foundText) close() error { return nil }

// foundJSON prints a list for programs.
type foundJSON struct{ jsonList }

// A foundReport is an element of the list. The matches are byte offsets in the
// line, begin and end of each; a line around a match has none.
type foundReport struct {
	Run     int64         `json:"run"`
	Name    string        `json:"name"`
	Stream  record.Stream `json:"stream"`
	Seq     int64         `json:"seq"`
	Offset  int64         `json:"offset"`
	At      time.Time     `json:"at"`
	Line    string        `json:"line"`
	Matches [][]int       `json:"matches"`
}

func (p *foundJSON) print(line *search.Line) error {
	report := foundReport{
		Run: line.Run.ID, Name: line.Run.Name, Stream: line.Stream, Seq: line.Seq, Offset: line.Offset, At: line.At,
		Line: line.Text, Matches: line.Matches,
	}
	if report.Matches == nil {
		report.Matches = [][]int{}
	}
	return p.add(report)
}
