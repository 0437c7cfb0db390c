// Bench prints how long the house's main jobs take beside joblib and beside
// what the machine can do at all, each measured in the same run:
//
//	go run ./tests/bench                      the table
//	go run ./tests/bench -run digest -json    some rows, as JSON
//	go run ./tests/bench -dump 800            with dumps of 800 MB
//
// A time means little by itself: machines, kernels and disks differ by factors.
// The ratios to the bare operation, measured in turn with it, mean more. All
// numbers are medians of several rounds, after one that does not count.
//
// joblib is measured if a python3 is found that can import it; see joblib.py.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"regexp"

	"labbook/runlog"
)

// settings are what the flags say.
type settings struct {
	rows    *regexp.Regexp
	rounds  int
	dump    int // MB
	entries int
	dir     string
	python  string
	json    bool
	small   bool // arrays are small, since the rows are only tried
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func parseFlags(args []string) (settings, error) {
	var s settings
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	pattern := flags.String("run", "", "measure the rows whose name matches this regular `expression`")
	flags.IntVar(&s.rounds, "rounds", 5, "rounds that a median is taken of")
	flags.IntVar(&s.dump, "dump", 200, "size in `MB` of what is dumped, loaded and mapped; the budgets are for 800")
	flags.IntVar(&s.entries, "entries", 100_000, "entries in a full cache; the budgets are for 100000")
	flags.StringVar(&s.dir, "dir", "", "measure in a new folder under this `folder`, on its disk (default the system's for temporary files)")
	flags.StringVar(&s.python, "python", "", "the `python3` to measure joblib with, or none (default python3, else /usr/bin/python3)")
	flags.BoolVar(&s.json, "json", false, "print JSON")
	if err := flags.Parse(args); err != nil {
		return s, err
	}
	if flags.NArg() > 0 {
		return s, fmt.Errorf("it takes no arguments, and %q is given", flags.Args())
	}
	if s.rounds < 1 || s.dump < 1 || s.entries < 1_000 {
		return s, errors.New("-rounds and -dump begin at 1, -entries at 1000")
	}
	var err error
	s.rows, err = regexp.Compile(*pattern)
	return s, err
}

func run(ctx context.Context) error {
	set, err := parseFlags(os.Args[1:])
	if err != nil {
		return err
	}
	l, err := newLab(set)
	if err != nil {
		return err
	}
	recorded, err := startRecording(l)
	if err != nil {
		return errors.Join(err, l.close())
	}
	py := l.findPython(ctx)
	results, err := l.measureAll(ctx, py, selected(set))
	recorded.End(err)
	err = errors.Join(err, l.close())
	if set.json {
		return errors.Join(err, writeJSON(os.Stdout, set, py, results))
	}
	return errors.Join(err, writeTable(os.Stdout, set, py, results))
}

// selected returns the rows that the flags ask for.
func selected(set settings) []row {
	var some []row
	for _, r := range rows(set) {
		if set.rows.MatchString(r.name) {
			some = append(some, r)
		}
	}
	return some
}

// startRecording makes this a recorded program, in a lab-book of its own: what is
// measured includes recording.
func startRecording(l *lab) (*runlog.Run, error) {
	dir, err := l.fresh()
	if err != nil {
		return nil, err
	}
	settings := map[string]string{"LABBOOK_DIR": dir, "LABBOOK_CAPTURE": "off", "LABBOOK": "", "LABBOOK_CACHE": "", "JOBLIB_DEBUG": ""}
	for name, value := range settings {
		if err := os.Setenv(name, value); err != nil {
			return nil, err
		}
	}
	return runlog.Start(), nil
}

// measureAll measures all rows even if one fails.
func (l *lab) measureAll(ctx context.Context, py *python, some []row) (results []result, failed error) {
	for _, r := range some {
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		l.progress("%s", r.name)
		got, err := l.measure(r)
		if err == nil {
			err = l.measureJoblib(ctx, py, &got)
		}
		if err != nil {
			failed = errors.Join(failed, fmt.Errorf("measure %s: %w", r.name, err))
			continue
		}
		l.progress("  joblib %s, limit %s, ours %s", short(got.Joblib), short(got.Limit), short(got.Ours))
		results = append(results, got)
	}
	return results, failed
}
