package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"labbook/runlog"
	"labbook/runlog/filter"
	"labbook/runlog/record"
)

// Exit codes, documented in the help of the root command.
const (
	exitFailed   = 1 // what was asked for could not be done
	exitUsage    = 2 // a mistake in the command line
	exitNotFound = 3 // no such run, call or lab-book
	exitUnusable = 4 // the lab-book cannot be read: damaged, newer, or no lab-book
	exitNoStart  = 125
)

// An exitError ends the program with a code of its own, and with a message
// unless err is nil.
type exitError struct {
	code int
	err  error
}

func (e *exitError) Error() string {
	if e.err == nil {
		return ""
	}
	return e.err.Error()
}

func (e *exitError) Unwrap() error { return e.err }

func usageError(format string, args ...any) error {
	return &exitError{exitUsage, fmt.Errorf(format, args...)}
}

// An app is one invocation of the command.
type app struct {
	stdin          io.Reader
	stdout, stderr io.Writer
	now            func() time.Time

	dir  string
	json bool
}

// run is the program: arguments in, exit code out.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	a := &app{stdin: stdin, stdout: stdout, stderr: stderr, now: time.Now}
	root := a.rootCommand()
	root.SetArgs(args)
	root.SetIn(stdin)
	root.SetOut(stdout)
	root.SetErr(stderr)
	return a.report(root.ExecuteContext(ctx))
}

// report prints an error and chooses the exit code.
func (a *app) report(err error) int {
	if err == nil {
		return 0
	}
	if text := err.Error(); text != "" {
		_, _ = fmt.Fprintln(a.stderr, "labbook: "+text) // nowhere else to say it
	}
	var exit *exitError
	var newer *runlog.NewerError
	var mistake *filter.Error
	switch {
	case errors.As(err, &exit):
		return exit.code
	case errors.As(err, &mistake):
		return exitUsage
	case errors.Is(err, runlog.ErrNoBook), errors.Is(err, runlog.ErrNoRun), errors.Is(err, runlog.ErrNoCall):
		return exitNotFound
	case errors.Is(err, runlog.ErrNotLabbook), errors.As(err, &newer):
		return exitUnusable
	}
	return exitFailed
}

const rootLong = `labbook keeps and explains the results of programs that you run again and again.

Without a command it opens the explorer on a terminal, and lists the runs
elsewhere. The lab-book is the one in --dir, else in $LABBOOK_DIR, else in the
nearest .labbook folder upward.

Exit status: 0 all is well; 1 it could not be done; 2 a mistake in the command
line; 3 no such run, call or lab-book; 4 the lab-book cannot be read (damaged,
written by a newer labbook, or no lab-book). rerun and demo exit as the program
does, or with 125 if it could not be started.`

func (a *app) rootCommand() *cobra.Command {
	root := &cobra.Command{
		Use:           "labbook",
		Short:         "The lab-book of your runs: browse, explain, rerun",
		Long:          rootLong,
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          cobra.NoArgs,
		RunE:          func(cmd *cobra.Command, _ []string) error { return a.browse(cmd.Context()) },
	}
	root.PersistentFlags().StringVar(&a.dir, "dir", "", "folder of the lab-book")
	root.PersistentFlags().BoolVar(&a.json, "json", false, "print JSON")
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return usageError("%w; see labbook %s--help", err, commandPath(cmd))
	})
	root.AddCommand(
		a.runsCommand(), a.showCommand(), a.callsCommand(), a.whyMissCommand(), a.logCommand(),
		a.rerunCommand(), a.demoCommand(), a.versionCommand(),
	)
	for _, cmd := range root.Commands() {
		check := cmd.Args
		cmd.Args = func(cmd *cobra.Command, args []string) error {
			if err := check(cmd, args); err != nil {
				return usageError("%w; usage: %s", err, cmd.UseLine())
			}
			return nil
		}
	}
	root.Args = func(_ *cobra.Command, args []string) error {
		if len(args) > 0 {
			return usageError("there is no command %q%s; see labbook --help", args[0], suggestion(root, args[0]))
		}
		return nil
	}
	return root
}

// commandPath is the path of a subcommand with a space behind it.
func commandPath(cmd *cobra.Command) string {
	if !cmd.HasParent() {
		return ""
	}
	return strings.TrimPrefix(cmd.CommandPath(), "labbook ") + " "
}

func suggestion(root *cobra.Command, typed string) string {
	if names := root.SuggestionsFor(typed); len(names) > 0 {
		return "; did you mean " + strings.Join(names, " or ") + "?"
	}
	return ""
}

// open opens the lab-book.
func (a *app) open(ctx context.Context) (*runlog.Reader, error) {
	book, err := runlog.Open(ctx, a.dir)
	if errors.Is(err, runlog.ErrNoBook) {
		return nil, fmt.Errorf("%w; run a program that uses labbook/runlog or labbook/cache here, or try labbook demo", err)
	}
	if err != nil {
		return nil, err
	}
	if err := book.Leftovers(); err != nil {
		_, _ = fmt.Fprintf(a.stderr, "labbook: %v\n", err)
	}
	return book, nil
}

// withBook opens the lab-book, lets do read it, and closes it.
func (a *app) withBook(ctx context.Context, do func(book *runlog.Reader) error) error {
	book, err := a.open(ctx)
	if err != nil {
		return err
	}
	return errors.Join(do(book), book.Close())
}

// printJSON prints a value for programs.
func (a *app) printJSON(v any) error {
	encoder := json.NewEncoder(a.stdout)
	encoder.SetIndent("", "  ")
	encoder.SetEscapeHTML(false)
	return encoder.Encode(v)
}

// parseFilter reads a filter from the arguments of a command.
func (a *app) parseFilter(args []string) (record.Filter, error) {
	return filter.Parse(strings.Join(args, " "), a.now())
}

// latestRun is the newest run of the lab-book.
func latestRun(ctx context.Context, book *runlog.Reader) (record.Run, error) {
	runs, err := book.Runs(ctx, record.RunQuery{Limit: 1})
	if err != nil {
		return record.Run{}, err
	}
	if len(runs) == 0 {
		return record.Run{}, fmt.Errorf("the lab-book in %s is empty: %w", book.Dir(), runlog.ErrNoRun)
	}
	return runs[0], nil
}

// parseRun reads a run's number.
func parseRun(text string) (int64, error) {
	var id int64
	if _, err := fmt.Sscanf(text, "%d", &id); err != nil || id < 1 || fmt.Sprint(id) != text {
		return 0, usageError("run %q: a run is a number such as 12; labbook runs lists them", text)
	}
	return id, nil
}
