package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"unicode"

	"github.com/spf13/cobra"

	"labbook/runlog"
)

// Exit codes of run when there is nothing to run, as shells have them.
const (
	exitNotExecutable = 126
	exitNoProgram     = 127
)

func (a *app) runCommand() *cobra.Command {
	var name string
	var tags []string
	var verbose bool
	cmd := &cobra.Command{
		Use:   "run [flags] [--] PROGRAM [ARGUMENT…]",
		Short: "Run any program and record it",
		Long: `Run any program and record it: what it prints, its exit status or the signal that
ended it, the time, memory and disk that it used, the state of the source around
it, and the files that its arguments name. The program runs with the same input,
on a terminal if this one is one, gets the signals that this command gets, and its
exit status becomes that of this command: 126 if it cannot be executed, 127 if
there is none. A program that is not there leaves no run.

If it uses labbook itself, both record one run. What it starts is recorded in the
same lab-book, as runs within this one, unless LABBOOK_DIR is set on the way.

Two things differ where the output is a terminal. What is printed to /dev/tty rather
than to stdout or stderr is not recorded; and interactive shells have no job control,
since the terminal that they print to is not the one that controls them. Use
'script' to record a shell.

Of files size and time are recorded, and a digest of the content up to 64 MiB a
file and 256 MiB in all. The end of the program waits 0.1 s at most for digests,
and 1 s for a lab-book that somebody else keeps locked.`,
		Example:           "  labbook run -- python train.py --epochs 10\n  labbook run --name nightly --tag paper -- make all",
		Args:              cobra.MinimumNArgs(1),
		ValidArgsFunction: completeProgram,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := errors.Join(checkLabels("--name", name), checkLabels("--tag", tags...)); err != nil {
				return usageError("run: %w", err)
			}
			if slices.Contains(tags, "") {
				return usageError(`run: --tag "": a tag has at least one letter; leave it out for none`)
			}
			command := runlog.Command{Args: args, Name: name, Tags: tags, Dir: a.dir}
			return a.runProgram(cmd.Context(), &command, verbose)
		},
	}
	cmd.Flags().SetInterspersed(false) // what follows the program is its own
	cmd.Flags().StringVar(&name, "name", "", "name of the run; that of the program by default")
	cmd.Flags().StringArrayVar(&tags, "tag", nil, "mark the run, to find it again by tag:NAME")
	cmd.Flags().BoolVarP(&verbose, "verbose", "v", false, "say on stderr which run it was")
	return cmd
}

// checkLabels refuses names and tags that no list could show on a line of its own.
func checkLabels(flag string, labels ...string) error {
	for _, label := range labels {
		if strings.ContainsFunc(label, unicode.IsControl) {
			return fmt.Errorf("%s %q: it has a line break or another control character; write it on one line", flag, label)
		}
	}
	return nil
}

// A commandReport is what run --json prints on stderr: stdout is the program's.
type commandReport struct {
	Run      int64  `json:"run"` // 0 if it was not recorded
	UUID     string `json:"uuid"`
	ExitCode int    `json:"exit_code"`
	Signal   string `json:"signal,omitempty"`
}

func (a *app) runProgram(ctx context.Context, command *runlog.Command, verbose bool) error {
	result, err := command.Run(ctx)
	program := command.Args[0]
	switch {
	case errors.Is(err, fs.ErrPermission):
		return &exitError{exitNotExecutable, fmt.Errorf("%s cannot be executed: you have no permission to", program)}
	case program == "":
		return &exitError{exitNoProgram, errors.New("there is no program without a name; name one, such as labbook run -- make")}
	case errors.Is(err, exec.ErrNotFound) && filepath.Base(program) == program:
		return &exitError{exitNoProgram, fmt.Errorf("there is no program %s in $PATH", program)}
	case errors.Is(err, exec.ErrNotFound), errors.Is(err, fs.ErrNotExist):
		return &exitError{exitNoProgram, fmt.Errorf("there is no program %s", program)}
	case err != nil:
		return &exitError{exitNotExecutable, err}
	}
	if a.json || verbose {
		if err := a.reportCommand(ctx, &result); err != nil {
			return err
		}
	}
	if result.Signal != nil {
		return &exitError{code: endBySignal(result.Signal)}
	}
	if result.ExitCode != 0 {
		return &exitError{code: result.ExitCode}
	}
	return nil
}

// reportCommand says which run it was.
func (a *app) reportCommand(ctx context.Context, result *runlog.CommandResult) error {
	report := commandReport{UUID: result.UUID, ExitCode: result.ExitCode}
	if result.Signal != nil {
		report.Signal = result.Signal.String()
	}
	if result.UUID != "" {
		book, err := a.open(ctx)
		if err != nil {
			return err
		}
		report.Run, err = book.RunID(ctx, result.UUID)
		if err := errors.Join(err, book.Close()); err != nil {
			return err
		}
	}
	if a.json {
		return writeJSON(a.stderr, report)
	}
	if report.Run == 0 {
		a.say("the run was not recorded")
		return nil
	}
	a.say("this was run %d; labbook show %d", report.Run, report.Run)
	return nil
}
