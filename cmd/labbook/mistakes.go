package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// usageError is a mistake in the command line. Its message says what to type.
func usageError(format string, args ...any) error {
	return &exitError{exitUsage, fmt.Errorf(format, args...)}
}

// reportMistakes makes every mistake in the command line a usage error, in our
// words rather than in those of the libraries.
func reportMistakes(root *cobra.Command) {
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		if value, ok := errors.AsType[*pflag.InvalidValueError](err); ok {
			flag := value.GetFlag()
			err = fmt.Errorf("--%s %q: want %s", flag.Name, value.GetValue(), kindOfFlag(flag))
		}
		return usageError("%w; see %s --help", err, cmd.CommandPath())
	})
	root.Args = func(_ *cobra.Command, args []string) error {
		if len(args) > 0 {
			return noCommand(root, args[0])
		}
		return nil
	}
	root.InitDefaultHelpCmd()
	root.InitDefaultCompletionCmd()
	for _, cmd := range root.Commands() {
		switch cmd.Name() {
		case "help":
			reportHelpMistakes(root, cmd)
		case "completion":
			reportShellMistakes(cmd)
		default:
			reportArgumentMistakes(cmd)
		}
	}
}

// reportArgumentMistakes words what a command says of too many or too few
// arguments.
func reportArgumentMistakes(cmd *cobra.Command) {
	check := cmd.Args
	cmd.Args = func(cmd *cobra.Command, args []string) error {
		err := check(cmd, args)
		exit, ok := errors.AsType[*exitError](err)
		switch {
		case err == nil:
			return nil
		case ok:
			return exit // it says what is wrong already
		case len(args) == 0:
			return usageError("%s: an argument is missing; usage: %s", cmd.Name(), cmd.UseLine())
		default:
			return usageError("%s: there is no use for %q; usage: %s", cmd.Name(), args[len(args)-1], cmd.UseLine())
		}
	}
}

func kindOfFlag(flag *pflag.Flag) string {
	switch flag.Value.Type() {
	case "int":
		return "a whole number"
	case "bool":
		return "true or false"
	case "size":
		return "a size such as 10GB, 500MiB or 1.5G"
	case "age":
		return "an age such as 90m, 12h, 30d or 2w"
	default:
		return "a " + flag.Value.Type()
	}
}

func noCommand(parent *cobra.Command, typed string) error {
	suggestion := ""
	if names := parent.SuggestionsFor(typed); len(names) > 0 {
		suggestion = "; did you mean " + strings.Join(names, " or ") + "?"
	}
	_, prefix, _ := strings.Cut(parent.CommandPath()+" ", " ") // "" for the root
	return usageError("there is no command %q%s; see %s --help", prefix+typed, suggestion, parent.CommandPath())
}

// reportHelpMistakes has the help of a command that is not there be an error.
func reportHelpMistakes(root, help *cobra.Command) {
	help.Run = nil
	help.RunE = func(_ *cobra.Command, args []string) error {
		cmd, rest, err := root.Find(args)
		if err != nil || len(rest) > 0 {
			return noCommand(root, strings.Join(args, " "))
		}
		cmd.InitDefaultHelpFlag() // or the help would not name it
		return cmd.Help()
	}
}

// reportShellMistakes has a completion for a shell that is not known be an
// error. Without an argument the command says which shells are.
func reportShellMistakes(completion *cobra.Command) {
	var shells []string
	for _, shell := range completion.Commands() {
		shells = append(shells, shell.Name())
		reportArgumentMistakes(shell)
	}
	completion.Args = nil
	completion.RunE = func(cmd *cobra.Command, args []string) error {
		if len(args) == 0 {
			return cmd.Help()
		}
		return usageError("there is no completion for %q; the shells are %s", args[0], strings.Join(shells, ", "))
	}
}

// checkLimit refuses limits that would list nothing.
func checkLimit(limit int) error {
	if limit < 1 {
		return usageError("--limit %d: want 1 or more", limit)
	}
	return nil
}
