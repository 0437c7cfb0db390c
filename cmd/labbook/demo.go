package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"labbook/cache/whymiss"
	"labbook/cmd/labbook/demo"
	"labbook/runlog"
	"labbook/runlog/display"
	"labbook/runlog/record"
)

// analysisArgument makes the program the demo's analysis itself. It is what the
// demo's runs are recorded with, so that they can be run again.
const analysisArgument = "demo-analysis"

func (a *app) demoCommand() *cobra.Command {
	var plain bool
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "Record a real analysis twice and explain its misses",
		Long: `Record a real analysis twice and explain its misses. Two models learn to read 1,797
handwritten digits; the second time with one more setting to try, and with one
number off by its last bit. Then the explorer opens on what was recorded; where
there is no terminal, or with --plain, it is printed.

The lab-book is a new one in a temporary folder unless --dir says where.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.demo(cmd.Context(), plain) },
	}
	cmd.Flags().BoolVar(&plain, "plain", false, "print what was recorded rather than open the explorer")
	return cmd
}

func (a *app) demo(ctx context.Context, plain bool) error {
	if err := a.demoDir(); err != nil {
		return err
	}
	programOutput := a.stdout
	if a.json {
		programOutput = a.stderr // stdout is for the JSON
	}
	a.say("recording in %s", a.dir)
	for i, settings := range [][]string{demo.First(), demo.Second()} {
		set := strings.Join(settings, " ")
		a.say("run %d of 2: %s", i+1, set)
		if err := a.analyse(ctx, set, programOutput); err != nil {
			return err
		}
	}
	if a.json || plain || !a.onTerminal() {
		return a.printDemo(ctx)
	}
	if err := a.browse(ctx); err != nil {
		return err
	}
	a.say("come back to this lab-book with: %s --dir %s", self(), a.dir)
	return nil
}

// demoDir chooses the folder of the demo's lab-book.
func (a *app) demoDir() (err error) {
	if a.dir == "" {
		a.dir, err = os.MkdirTemp("", "labbook-demo-")
	} else {
		a.dir, err = a.bookDir()
	}
	return err
}

// say tells on stderr what goes on.
func (a *app) say(format string, args ...any) {
	_, _ = fmt.Fprintf(a.stderr, "labbook: "+format+"\n", args...) // only a comment
}

// analyse runs the analysis as a program of its own.
func (a *app) analyse(ctx context.Context, set string, stdout io.Writer) error {
	exe, err := os.Executable()
	if err != nil {
		return &exitError{exitNoStart, err}
	}
	cmd := exec.CommandContext(ctx, exe, analysisArgument)
	cmd.Env = append(os.Environ(), // whatever is switched off, the demo shows it
		"LABBOOK=", "LABBOOK_CACHE=", "LABBOOK_DIR="+a.dir, "LABBOOK_NAME=digits", runlog.SetVariable+"="+set, "JOBLIB_DEBUG=1")
	cmd.Stdout, cmd.Stderr = stdout, a.stderr
	err = cmd.Run()
	var exit *exec.ExitError
	switch {
	case errors.As(err, &exit):
		code := exit.ExitCode()
		if code < 0 { // a signal
			code = exitFailed
		}
		return &exitError{code, errors.New("the demo's analysis failed; what it printed says why")}
	case err != nil:
		return &exitError{exitNoStart, fmt.Errorf("start the demo's analysis: %w", err)}
	}
	return nil
}

// printDemo prints what was recorded: the runs, the second run's hits, and why
// its misses missed.
func (a *app) printDemo(ctx context.Context) error {
	return a.withBook(ctx, func(book *runlog.Reader) error {
		runs, err := book.Runs(ctx, record.RunQuery{Limit: 2})
		if err != nil {
			return err
		}
		query := record.CallQuery{Filter: record.Filter{Run: runs[0].ID, Outcomes: []record.Outcome{record.Hit}}}
		hits, err := book.Calls(ctx, query)
		if err != nil {
			return err
		}
		report, err := whymiss.ExplainRun(ctx, book, &runs[0], maxDemoMisses)
		if err != nil {
			return err
		}
		if a.json {
			return a.printJSON(map[string]any{"dir": book.Dir(), "runs": runs, "hits": hits, "causes": report.Causes, "misses": report.Misses})
		}
		return a.printDemoText(book.Dir(), runs, hits, &report)
	})
}

const maxDemoMisses = 100

func (a *app) printDemoText(dir string, runs []record.Run, hits []record.Call, report *whymiss.RunReport) error {
	heading := func(format string, args ...any) error {
		_, err := fmt.Fprintf(a.stdout, "\n"+format+"\n\n", args...)
		return err
	}
	if err := heading("THE RUNS"); err != nil {
		return err
	}
	if err := a.printRuns(runs); err != nil {
		return err
	}
	if err := heading("WHAT RUN %d DID NOT COMPUTE AGAIN", runs[0].ID); err != nil {
		return err
	}
	if err := a.printHits(hits); err != nil {
		return err
	}
	if err := heading("WHY THE OTHERS WERE COMPUTED"); err != nil {
		return err
	}
	if err := a.printCauses(report); err != nil {
		return err
	}
	return heading("Look around in it:\n  %[3]s --dir %[1]s\n  %[3]s --dir %[1]s show\n  %[3]s --dir %[1]s rerun %[2]d", dir, runs[0].ID, self())
}

// self is what to type to run this program once more.
func self() string {
	if exe, err := os.Executable(); err == nil && strings.Contains(exe, "go-build") {
		return "go run ./cmd/labbook" // the program is gone when it ends
	}
	return "labbook"
}

// printHits sums up hits by function, in the order in which they come.
func (a *app) printHits(hits []record.Call) error {
	var names []string
	count, saved := map[string]int64{}, map[string]time.Duration{}
	for i := range hits {
		name := hits[i].Function
		if count[name] == 0 {
			names = append(names, name)
		}
		count[name]++
		saved[name] += hits[i].Saved
	}
	var t table
	t.add("FUNCTION", "HITS", "SAVED")
	for _, name := range names {
		t.add(display.Function(name), display.Count(count[name]), display.Duration(saved[name]))
	}
	return t.write(a.stdout, "")
}
