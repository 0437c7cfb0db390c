package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"labbook/runlog"
	"labbook/runlog/display"
	"labbook/runlog/safetext"
)

func (a *app) backupCommand() *cobra.Command {
	var force bool
	cmd := &cobra.Command{
		Use:   "backup FILE",
		Short: "Write a consistent copy of the lab-book, while programs record",
		Long: `Write a consistent copy of the lab-book, of the moment at which it begins, while
programs record. The name of FILE says what is in it:

  .sqlite          the database alone: runs, calls, output, but no artifacts
  .tar.gz, .tgz    the database and the artifacts

Runs that are under way are in it as far as they have come. Since nothing will ever
be added to them there, they have died in the backup, with a note that says so; in
the lab-book they go on.

Cached results are not part of it: labbook cache merge copies them. The file is
readable by you alone, and appears whole or not at all. It is not overwritten
without --force.

To restore an archive, unpack it into an empty .labbook folder; to restore a
database, put it there as labbook.sqlite:

  mkdir -m 700 .labbook && tar -xzf FILE -C .labbook`,
		Example: "  labbook backup ~/backups/digits.tar.gz\n  labbook backup --force /mnt/labbook.sqlite",
		Args:    cobra.ExactArgs(1),
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
			return nil, cobra.ShellCompDirectiveDefault
		},
		RunE: func(cmd *cobra.Command, args []string) error { return a.backup(cmd.Context(), args[0], force) },
	}
	cmd.Flags().BoolVarP(&force, "force", "f", false, "replace a file of that name")
	return cmd
}

func (a *app) backup(ctx context.Context, file string, force bool) error {
	if !runlog.IsBackupName(file) {
		return usageError("backup %q: %w", file, runlog.ErrBackupName)
	}
	return a.upkeep(ctx, func(ctx context.Context, dir string, progress runlog.Progress) error {
		report, err := runlog.Backup(ctx, dir, file, runlog.BackupOptions{Force: force, Progress: progress})
		if errors.Is(err, runlog.ErrBackupExists) {
			return fmt.Errorf("%w; --force replaces it", err)
		}
		if err != nil {
			return err
		}
		if a.json {
			return a.printJSON(report)
		}
		what := "the database"
		if report.Artifacts > 0 {
			what += fmt.Sprintf(" and %s (%s)", display.Plural(report.Artifacts, "artifact", "artifacts"), display.Bytes(report.ArtifactBytes))
		}
		p := printer{w: a.stdout}
		p.line("%s  %s: %s", safetext.Line(report.File), display.Bytes(report.Bytes), what)
		return p.err
	})
}
