package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
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
	exitNotFound = 3 // no such run, call, cache entry or lab-book
	exitUnusable = 4 // the lab-book or the cache cannot be read: damaged, newer, or something else
	exitUnsound  = 5 // check has found something that is still not as it should be
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

// An app is one invocation of the command.
type app struct {
	stdin          io.Reader
	stdout, stderr io.Writer
	now            func() time.Time

	dir   string
	cache string
	json  bool
}

// run is the program: arguments in, exit code out.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	a := &app{stdin: stdin, stdout: stdout, stderr: stderr, now: time.Now}
	root := a.rootCommand()
	root.SetArgs(args)
	return a.report(root.ExecuteContext(ctx))
}

// report prints an error and chooses the exit code. It may name what was recorded.
func (a *app) report(err error) int {
	if err == nil {
		return 0
	}
	if text := err.Error(); text != "" {
		_, _ = fmt.Fprintln(a.stderr, "labbook: "+harmless(text)) // nowhere else to say it
	}
	var exit *exitError
	var mistake *filter.Error
	switch {
	case errors.As(err, &exit):
		return exit.code
	case errors.As(err, &mistake):
		return exitUsage
	case errors.Is(err, runlog.ErrNoBook), errors.Is(err, runlog.ErrNoRun), errors.Is(err, runlog.ErrNoCall):
		return exitNotFound
	}
	return exitFailed
}

const rootLong = `labbook keeps and explains the results of programs that you run again and again.

Without a command it opens the explorer on a terminal, and lists the runs
elsewhere. The lab-book is the one in --dir, else in $LABBOOK_DIR, else in the
nearest .labbook folder upward.

Exit status: 0 all is well; 1 it could not be done; 2 a mistake in the command
line; 3 no such run, call, cache entry or lab-book; 4 the lab-book or the cache
cannot be read (damaged, written by a newer labbook, or something else
altogether); 5 check has found something that is not as it should be. run, rerun
and demo exit as the program does, or with 125 if it could not be started (run: 126
or 127); cache verify and cache merge with 1 if they met with a bad entry; verify
with 1 if a result did not come out as it is stored; log --grep with 1 if it found
nothing.`

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
	root.SetIn(a.stdin)
	root.SetOut(a.stdout)
	root.SetErr(a.stderr)
	root.PersistentFlags().StringVar(&a.dir, "dir", "", "folder of the lab-book")
	root.PersistentFlags().BoolVar(&a.json, "json", false, "print JSON")
	_ = root.MarkPersistentFlagDirname("dir") // it is there
	root.CompletionOptions.SetDefaultShellCompDirective(cobra.ShellCompDirectiveNoFileComp)
	root.AddCommand(
		a.runsCommand(), a.showCommand(), a.callsCommand(), a.whyMissCommand(), a.whyHitCommand(), a.verifyCommand(), a.logCommand(),
		a.runCommand(), a.rerunCommand(), a.pinCommand(), a.unpinCommand(), a.pruneCommand(), a.checkCommand(), a.backupCommand(),
		a.cacheCommand(), a.demoCommand(), a.versionCommand(),
	)
	reportMistakes(root)
	return root
}

// bookDir is the folder of the lab-book. It need not exist, but can be nothing
// else.
func (a *app) bookDir() (string, error) {
	dir, err := runlog.Dir()
	if a.dir != "" {
		dir, err = filepath.Abs(a.dir)
	}
	if err != nil {
		return "", err
	}
	if info, err := os.Stat(dir); err == nil && !info.IsDir() {
		return "", &exitError{exitUnusable, fmt.Errorf("open lab-book: %s is a file; name the folder that the lab-book is in", dir)}
	}
	return dir, nil
}

// open opens the lab-book.
func (a *app) open(ctx context.Context) (*runlog.Reader, error) {
	dir, err := a.bookDir()
	if err != nil {
		return nil, err
	}
	book, err := runlog.Open(ctx, dir)
	if errors.Is(err, runlog.ErrNoBook) {
		return nil, noBook(err)
	}
	if err != nil {
		return nil, &exitError{exitUnusable, err}
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
func (a *app) printJSON(v any) error { return writeJSON(a.stdout, v) }

func writeJSON(w io.Writer, v any) error {
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", "  ")
	encoder.SetEscapeHTML(false)
	return encoder.Encode(v)
}

// parseFilter reads a filter from the arguments of a command.
func (a *app) parseFilter(args []string) (record.Filter, error) {
	return filter.Parse(strings.Join(args, " "), a.now())
}
