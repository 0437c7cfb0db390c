package main

import (
	"bytes"
	"context"
	"io"

	"github.com/spf13/cobra"

	"labbook/runlog"
	"labbook/runlog/record"
	"labbook/runlog/safetext"
)

func (a *app) logCommand() *cobra.Command {
	var raw bool
	var stream string
	cmd := &cobra.Command{
		Use:   "log [RUN]",
		Short: "Print what a run printed",
		Long: `Print what a run printed, both streams in order; without an id, the latest run.
Escape sequences other than colours are taken out, so that what a program once
printed cannot take over your terminal; --raw leaves every byte as it was. Where
both streams went to one place, a terminal most often, they were recorded as one,
and --stream does not part them.`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if stream != "" && stream != string(record.Stdout) && stream != string(record.Stderr) {
				return usageError("--stream %q: the streams are stdout and stderr", stream)
			}
			id, err := parseOptionalRun(args)
			if err != nil {
				return err
			}
			return a.withBook(cmd.Context(), func(book *runlog.Reader) error {
				run, err := findRun(cmd.Context(), book, id)
				if err != nil {
					return err
				}
				return a.printLog(cmd.Context(), book, run.ID, record.Stream(stream), raw)
			})
		},
	}
	cmd.Flags().BoolVar(&raw, "raw", false, "print the very bytes, escape sequences and all")
	cmd.Flags().StringVar(&stream, "stream", "", "only stdout, or only stderr")
	return cmd
}

func (a *app) printLog(ctx context.Context, book *runlog.Reader, run int64, stream record.Stream, raw bool) error {
	all := []record.Output{}
	w := a.stdout
	if !raw {
		harmless := safetext.NewWriter(a.stdout)
		defer func() { _ = harmless.Close() }() // a failed write has been reported
		w = harmless
	}
	var last int64
	for {
		chunks, err := book.Output(ctx, run, last, 0)
		if err != nil {
			return err
		}
		if len(chunks) == 0 {
			break
		}
		for i := range chunks {
			chunk := &chunks[i]
			last = chunk.Seq
			if stream != "" && chunk.Stream != stream && chunk.Stream != record.Both {
				continue
			}
			if a.json {
				all = append(all, *chunk)
				continue
			}
			if _, err := io.Copy(w, bytes.NewReader(chunk.Bytes)); err != nil {
				return err
			}
		}
	}
	if a.json {
		return a.printJSON(all)
	}
	return nil
}
