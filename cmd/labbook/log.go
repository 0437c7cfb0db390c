package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"labbook/runlog"
	"labbook/runlog/display"
	"labbook/runlog/record"
	"labbook/runlog/safetext"
)

// logFlags say what of a run's output to print.
type logFlags struct {
	raw    bool
	stream string
	task   string // BATCH/INDEX
	call   string // RUN.CALL
	grep   grepFlags
}

const logLong = `Print what a run printed, both streams in order; without an id, the latest run.
Escape sequences other than colours are taken out, so that what a program once
printed cannot take over your terminal; --raw leaves every byte as it was. Where
both streams went to one place, a terminal most often, they were recorded as one,
and --stream does not part them. A line in brackets says where output was left
out; see LABBOOK_OUTPUT_LIMIT.

--task and --call print only what one task of a batch or one cached call printed,
as far as the program has told them apart (runlog.Writer). What calls inside the
call printed is theirs.

--grep searches the output of all runs, or of those that the filter lets through,
newest first. The pattern is a regular expression (RE2, as in Go) over lines as a
terminal showed them last: without escape sequences, and of a progress bar its last
state. Patterns in which every match contains some text of at least three bytes are
looked up in an index; others, such as 'a.b', go through all output. It exits with
1 if nothing was found.`

func (a *app) logCommand() *cobra.Command {
	var flags logFlags
	cmd := &cobra.Command{
		Use:               "log [RUN]",
		ValidArgsFunction: a.completeRun,
		Short:             "Print what a run printed, or search the output of all runs",
		Long:              logLong + filterHelp,
		Example: `  labbook log 12 --stream stderr
  labbook log 12 --task 1/40
  labbook log --grep 'connection (refused|reset)' -C 2
  labbook log --grep 0.25 --fixed --filter 'name:digits since:7d' --max 20`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			flags.grep.isSet = cmd.Flags().Changed("grep")
			if err := flags.check(cmd); err != nil {
				return err
			}
			id, err := parseOptionalRun(args)
			if err != nil {
				return err
			}
			if flags.grep.isSet {
				return a.grep(cmd.Context(), &flags, id)
			}
			return a.log(cmd.Context(), &flags, id)
		},
	}
	set := cmd.Flags()
	set.BoolVar(&flags.raw, "raw", false, "print the very bytes, escape sequences and all")
	set.StringVar(&flags.stream, "stream", "", "only stdout, or only stderr")
	set.StringVar(&flags.task, "task", "", "only what a task printed: BATCH/INDEX, such as 1/40")
	set.StringVar(&flags.call, "call", "", "only what a cached call printed: RUN.CALL, such as 12.57")
	flags.grep.define(set)
	for name, values := range map[string][]cobra.Completion{
		"stream": {"stdout", "stderr"}, "task": nil, "call": nil, "grep": nil, "filter": filterCompletions(),
	} {
		complete := cobra.FixedCompletions(values, cobra.ShellCompDirectiveNoFileComp)
		if name == "filter" {
			complete = cobra.FixedCompletions(values, cobra.ShellCompDirectiveNoFileComp|cobra.ShellCompDirectiveNoSpace)
		}
		_ = cmd.RegisterFlagCompletionFunc(name, complete) // it is there
	}
	return cmd
}

// check refuses flags that make no sense together.
func (f *logFlags) check(cmd *cobra.Command) error {
	if f.stream != "" && f.stream != string(record.Stdout) && f.stream != string(record.Stderr) {
		return usageError("--stream %q: the streams are stdout and stderr", f.stream)
	}
	for _, name := range grepOnly {
		if !f.grep.isSet && cmd.Flags().Changed(name) {
			return usageError("--%s is for a search; say what for with --grep PATTERN", name)
		}
	}
	for _, name := range []string{"raw", "task", "call"} {
		if f.grep.isSet && cmd.Flags().Changed(name) {
			return usageError("--%s does not go with --grep", name)
		}
	}
	if f.task != "" && f.call != "" {
		return usageError("--task does not go with --call; ask for one of them")
	}
	return nil
}

// scope is a call or a task whose output is asked for.
type scope struct {
	call        record.CallID
	batch, task int64
}

// parseScope reads --call and --task; nil if there is neither. The run is that of
// the call.
func (f *logFlags) parseScope(run int64) (*scope, int64, error) {
	switch {
	case f.call != "":
		id, err := record.ParseCallID(f.call)
		if err != nil {
			return nil, 0, usageError("--call: %w", err)
		}
		if run != 0 && run != id.Run {
			return nil, 0, usageError("--call %s is of run %d, not of run %d; leave the run out", f.call, id.Run, run)
		}
		return &scope{call: id}, id.Run, nil
	case f.task != "":
		batchText, indexText, found := strings.Cut(f.task, "/")
		batch, batchErr := strconv.ParseInt(batchText, 10, 64)
		index, indexErr := strconv.ParseInt(indexText, 10, 64)
		if !found || batchErr != nil || indexErr != nil || batch < 1 || index < 0 {
			return nil, 0, usageError("--task %q: want BATCH/INDEX, such as 1/40; batches count from 1, tasks from 0", f.task)
		}
		return &scope{batch: batch, task: index}, run, nil
	}
	return nil, run, nil
}

func (a *app) log(ctx context.Context, flags *logFlags, id int64) error {
	asked, id, err := flags.parseScope(id)
	if err != nil {
		return err
	}
	return a.withBook(ctx, func(book *runlog.Reader) error {
		run, err := findRun(ctx, book, id)
		if err != nil {
			return err
		}
		var parts []record.OutputPart
		if asked != nil {
			if parts, err = book.OutputScope(ctx, run.ID, asked.call, asked.batch, asked.task); err == nil && len(parts) == 0 {
				err = asked.exists(ctx, book, run.ID)
			}
			if err != nil {
				return err
			}
		}
		return a.printLog(ctx, book, run.ID, flags, parts, asked != nil)
	})
}

// exists makes sure that the call or the task is there, since it has printed
// nothing.
func (s *scope) exists(ctx context.Context, book *runlog.Reader, run int64) error {
	if !s.call.IsZero() {
		_, err := book.Call(ctx, s.call)
		return err
	}
	batches, err := book.Batches(ctx, run)
	if err != nil {
		return err
	}
	for i := range batches {
		if b := &batches[i]; b.Batch == s.batch && (b.Tasks < 0 || s.task < b.Tasks) {
			return nil
		}
	}
	return &exitError{exitNotFound, fmt.Errorf("run %d has no task %d/%d; labbook show %d lists its batches", run, s.batch, s.task, run)}
}

// printLog prints the output of a run, or parts of it.
func (a *app) printLog(ctx context.Context, book *runlog.Reader, run int64, flags *logFlags, parts []record.OutputPart, onlyParts bool) error {
	list := jsonList{w: a.stdout}
	w := newLogWriter(a, flags.raw)
	var gaps record.Gaps
	asked := &outputParts{parts: parts}
	var last int64
	for {
		chunks, err := book.Output(ctx, run, last, chunksPerRead)
		if err != nil {
			return err
		}
		if len(chunks) == 0 {
			break
		}
		for i := range chunks {
			chunk := &chunks[i]
			last = chunk.Seq
			if flags.stream != "" && chunk.Stream != record.Stream(flags.stream) && chunk.Stream != record.Both {
				continue
			}
			gap := gaps.Before(chunk)
			pieces := []record.Output{*chunk}
			if onlyParts {
				gap = asked.between(chunk.Stream, chunk.Offset-gap, chunk.Offset)
				pieces = asked.of(chunk)
			}
			if !a.json {
				w.leftOut(gap)
			}
			for j := range pieces {
				if a.json {
					err = list.add(&pieces[j])
				} else {
					w.write(pieces[j].Bytes)
					err = w.err
				}
				if err != nil {
					return err
				}
			}
		}
	}
	if a.json {
		return list.close()
	}
	return w.close()
}

// chunksPerRead is how much output is in memory at once.
const chunksPerRead = 32

// A logWriter prints output, and where some was left out.
type logWriter struct {
	to, aside io.Writer        // aside is for the marks of raw output
	harmless  *safetext.Writer // nil for raw output
	midLine   bool
	err       error
}

func newLogWriter(a *app, raw bool) *logWriter {
	w := &logWriter{to: a.stdout, aside: a.stderr}
	if !raw {
		w.harmless = safetext.NewWriter(a.stdout)
	}
	return w
}

func (w *logWriter) write(b []byte) {
	if w.err != nil || len(b) == 0 {
		return
	}
	w.midLine = b[len(b)-1] != '\n'
	if w.harmless != nil {
		_, w.err = w.harmless.Write(b)
	} else {
		_, w.err = w.to.Write(b)
	}
}

// leftOut marks that output was left out. Raw output stays what it is; of it the
// mark goes to stderr.
func (w *logWriter) leftOut(bytes int64) {
	switch mark := display.LeftOut(bytes); {
	case w.err != nil || bytes == 0:
	case w.harmless == nil:
		_, _ = fmt.Fprintln(w.aside, mark) // only a comment
	default:
		if w.err = w.harmless.Close(); w.err == nil && w.midLine {
			mark = "\n" + mark
		}
		if w.err == nil {
			_, w.err = fmt.Fprintln(w.to, mark)
		}
		w.midLine = false
	}
}

func (w *logWriter) close() error {
	if w.err == nil && w.harmless != nil {
		w.err = w.harmless.Close()
	}
	return w.err
}

// outputParts cuts out of chunks what a call or task printed.
type outputParts struct{ parts []record.OutputPart }

// of returns the pieces of a chunk that belong to the parts.
func (p *outputParts) of(chunk *record.Output) (pieces []record.Output) {
	p.each(chunk.Stream, chunk.Offset, chunk.End(), func(from, to int64) {
		piece := *chunk
		piece.Offset, piece.Bytes = from, chunk.Bytes[from-chunk.Offset:to-chunk.Offset]
		pieces = append(pieces, piece)
	})
	return pieces
}

// between returns how many bytes of the parts lie between two offsets.
func (p *outputParts) between(stream record.Stream, from, to int64) (bytes int64) {
	p.each(stream, from, to, func(from, to int64) { bytes += to - from })
	return bytes
}

// each visits what the parts and a stretch of a stream have in common. The parts
// are in order.
func (p *outputParts) each(stream record.Stream, from, to int64, visit func(from, to int64)) {
	first, _ := slices.BinarySearchFunc(p.parts, from, func(part record.OutputPart, from int64) int {
		return cmp.Or(cmp.Compare(part.Stream, stream), cmp.Compare(part.End(), from+1))
	})
	for _, part := range p.parts[first:] {
		if part.Stream != stream || part.Offset >= to {
			return
		}
		visit(max(from, part.Offset), min(to, part.End()))
	}
}
