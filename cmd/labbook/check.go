package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"labbook/runlog"
	"labbook/runlog/display"
	"labbook/runlog/safetext"
)

func (a *app) checkCommand() *cobra.Command {
	var repair bool
	cmd := &cobra.Command{
		Use:   "check",
		Short: "Look whether the lab-book is sound, and mend it",
		Long: `Look whether the lab-book is sound: its file, as SQLite sees it; what its tables say
of each other; spools, which hold what programs have recorded and the lab-book has
not; artifacts; who may read the files; what was left by jobs that were stopped.
Each finding comes with what it means and what --repair does about it. Programs can
record meanwhile. In normal use there is nothing to find, nor is this ever needed.

--repair mends what can be mended, and deletes nothing that is not elsewhere. Of a
damaged file it copies every row that can be read into a new one, moves the damaged
one aside (labbook.sqlite.corrupt-TIME) and says what was lost; programs that record
have to end first. What a program left that is damaged is taken in around the damage,
with a note to its run, and kept as NAME.spool-damaged: that is a finding until
--repair moves it beside the lab-book. Cached results are not looked at: labbook
cache verify is for them.

Exit status: 0 if the lab-book is sound, or is by now; 5 if there is a finding that
was not mended; 4 if there is a newer lab-book or something else altogether.`,
		Example: "  labbook check\n  labbook check --repair",
		Args:    cobra.NoArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return a.check(cmd.Context(), repair) },
	}
	cmd.Flags().BoolVar(&repair, "repair", false, "mend what can be mended")
	return cmd
}

func (a *app) check(ctx context.Context, repair bool) error {
	var report runlog.CheckReport
	err := a.upkeep(ctx, func(ctx context.Context, dir string, progress runlog.Progress) (err error) {
		report, err = runlog.Check(ctx, dir, runlog.CheckOptions{Repair: repair, Now: a.now(), Progress: progress})
		return err
	})
	if err != nil {
		return err
	}
	if a.json {
		err = a.printJSON(report)
	} else {
		err = a.printCheck(&report, repair)
	}
	if err == nil && report.Open() > 0 {
		err = &exitError{code: exitUnsound} // what is wrong was printed
	}
	return err
}

func (a *app) printCheck(r *runlog.CheckReport, repair bool) error {
	p := printer{w: a.stdout}
	for i := range r.Findings {
		f := &r.Findings[i]
		sign := "✗"
		if f.Repaired {
			sign = "✓"
		}
		count := ""
		if f.Count > 1 {
			count = fmt.Sprintf(" (%s)", display.Count(f.Count))
		}
		p.line("%s %s%s: %s", sign, f.Kind, count, safetext.Line(f.Meaning))
		if f.Subject != "" {
			p.line("    %s", safetext.Line(f.Subject))
		}
		switch {
		case f.Problem != "":
			p.line("    not repaired: %s", safetext.Line(f.Problem))
		case f.Repaired:
			p.line("    repaired: %s", f.Remedy)
		case f.Remedy != "":
			p.line("    --repair: %s", f.Remedy)
		default:
			p.line("    nothing is done about it")
		}
	}
	if r.Salvage != nil {
		printSalvage(&p, r.Salvage)
	}
	open := r.Open()
	switch {
	case len(r.Findings) == 0:
		p.line("the lab-book in %s is sound", safetext.Line(r.Dir))
	case open == 0:
		p.line("the lab-book in %s is sound again", safetext.Line(r.Dir))
	default:
		text := display.Plural(int64(open), "finding", "findings")
		if !repair && hasRemedy(r) {
			text += "; labbook check --repair mends what can be mended"
		}
		p.line("%s", text)
	}
	return p.err
}

func hasRemedy(r *runlog.CheckReport) bool {
	for i := range r.Findings {
		if r.Findings[i].Remedy != "" {
			return true
		}
	}
	return false
}

func printSalvage(p *printer, s *runlog.Salvage) {
	p.line("the damaged file is %s now", safetext.Line(s.Corrupt))
	rows, damaged := int64(0), 0
	for i := range s.Tables {
		t := &s.Tables[i]
		rows += t.Rows
		if !t.Damaged {
			continue
		}
		damaged++
		lost := "an unknown number lost"
		if t.Lost > 0 {
			lost = display.Count(t.Lost) + " lost"
		}
		p.line("    table %s: %s saved, %s", t.Table, display.Plural(t.Rows, "row", "rows"), lost)
	}
	if damaged == 0 {
		p.line("    every row was saved: %s", display.Plural(rows, "row", "rows"))
	}
}
