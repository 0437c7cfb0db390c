package main

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/charmbracelet/x/ansi"
	"github.com/spf13/cobra"

	"labbook/cache/store"
	"labbook/cmd/labbook/diagnose"
	"labbook/runlog"
	"labbook/runlog/display"
	"labbook/runlog/record"
	"labbook/runlog/safetext"
)

func (a *app) cacheShowCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "show ENTRY",
		Short: "Show all that is known of an entry, and verify it",
		Long: `Show all that is known of an entry: what it was computed from and by, what it takes
and saves, where it is, and what the stored result looks like inside (in the
diagnostic notation of CBOR, long arrays by their beginning). It is read to the
last byte and verified.

Exit status: 0 if the entry is good, 1 if it is corrupt or of a newer labbook.`,
		Example:           "  labbook cache show 3f9a01\n  labbook cache show 12.57 --json",
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: a.completeEntries(false),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.withCache(func(s *store.Store) error {
				places, err := a.selectEntries(cmd.Context(), s, args)
				if err != nil {
					return err
				}
				return a.cacheShow(cmd.Context(), s, places[0])
			})
		},
	}
}

// A fullReport is what show --json prints.
type fullReport struct {
	entryReport
	GoVersion string         `json:"go_version"`
	Host      string         `json:"host"`
	Origin    record.CallID  `json:"origin,omitzero"` // the call, if this lab-book has it
	Problem   *problemReport `json:"problem"`         // null if the entry is good
	Result    string         `json:"result"`          // what is stored, in short
}

func (a *app) cacheShow(ctx context.Context, s *store.Store, place store.Place) error {
	p := a.progress()
	defer p.end()
	var info store.Info
	err := p.meanwhile("verifying the entry", func() (err error) {
		info, err = s.VerifyEntry(ctx, place.Function, place.Key)
		return err
	})
	if errors.Is(err, store.ErrNotFound) {
		return noEntry("there is no entry %s", place.Path)
	}
	uses, usesErr := usesOf(ctx, s, p)
	if usesErr != nil {
		return usesErr
	}
	p.end()
	report := fullReport{entryReport: newEntryReport(uses, &info, s.Pinned(place.Function, place.Key)), GoVersion: info.Header.GoVersion, Host: info.Header.Host}
	if err != nil {
		if ctx.Err() != nil {
			return err
		}
		problem := newProblem(&info, err)
		report.Problem = &problem
	} else {
		report.Origin = a.originOf(ctx, &info)
		report.Result = resultIn(&info)
	}
	if a.json {
		err = a.printJSON(report)
	} else {
		err = a.printEntry(&report)
	}
	if err == nil && report.Problem != nil {
		err = &exitError{code: exitFailed} // what is wrong was printed
	}
	return err
}

// originOf finds the run that computed an entry in the lab-book, if there is a
// lab-book and it has that.
func (a *app) originOf(ctx context.Context, info *store.Info) record.CallID {
	dir, err := a.bookDir()
	if err != nil || info.OriginRun == "" {
		return record.CallID{}
	}
	book, err := runlog.Open(ctx, dir)
	if err != nil {
		return record.CallID{}
	}
	defer book.Close()
	run, err := book.RunID(ctx, info.OriginRun)
	if err != nil || run == 0 {
		return record.CallID{}
	}
	return record.CallID{Run: run, Call: info.OriginCall}
}

// resultIn describes what is stored in an entry that was verified.
func resultIn(info *store.Info) string {
	file, err := os.Open(info.Path)
	if err != nil {
		return "" // gone meanwhile
	}
	defer file.Close()
	payload := io.NewSectionReader(file, info.Size-info.PayloadSize, info.PayloadSize)
	text, err := diagnose.CBOR(payload)
	if err == nil {
		return text
	}
	start := make([]byte, min(32, info.PayloadSize))
	n, _ := payload.ReadAt(start, 0) // what there is will do
	return "no CBOR: " + hex.EncodeToString(start[:n]) + map[bool]string{true: "…"}[info.PayloadSize > int64(n)]
}

func (a *app) printEntry(r *fullReport) error {
	var t table
	row := func(name, value string) {
		if value != "" {
			t.add(name, value)
		}
	}
	row("entry", display.Digest(r.Key)+"  "+r.Function)
	if r.Problem != nil {
		row("verified", "✗ "+r.Problem.Problem+": "+r.Problem.Detail)
	} else {
		row("verified", "✓ to the last byte")
	}
	if r.Pinned {
		row("pinned", "yes: nothing evicts it")
	}
	if !r.Created.IsZero() {
		row("created", fmt.Sprintf("%s, %s", display.Moment(r.Created, a.now()), a.computedBy(r)))
		row("took", display.Duration(r.Duration))
	}
	row("last used", display.Moment(r.LastUsed, a.now()))
	if r.Bytes > 0 {
		size := display.Bytes(r.Bytes) + " on disk"
		if r.Problem == nil {
			size += ", of which the result takes " + display.Bytes(r.PayloadBytes)
		}
		row("size", size)
	}
	row("made by", strings.Trim(r.GoVersion+map[bool]string{true: " on " + r.Host}[r.Host != ""], " "))
	row("file", r.Path)
	row("key", r.Key)
	if r.Problem == nil {
		row("digest", r.PayloadDigest)
	}
	if err := t.write(a.stdout, ""); err != nil {
		return err
	}
	var parts table
	for _, p := range r.Parts {
		parts.add(string(p.Kind), p.Name, display.Digest(p.Digest), p.Preview)
	}
	if err := parts.write(a.stdout, "  "); err != nil || r.Result == "" {
		return err
	}
	width := a.width()
	if width == 0 {
		width = 80
	}
	text := strings.ReplaceAll(ansi.Wrap(safetext.Line(r.Result), max(width-2, 20), ""), "\n", "\n  ")
	_, err := fmt.Fprintf(a.stdout, "\nresult\n  %s\n", text)
	return err
}

// computedBy names who computed an entry.
func (a *app) computedBy(r *fullReport) string {
	switch {
	case !r.Origin.IsZero():
		return "by call " + r.Origin.String()
	case r.OriginRun != "":
		return fmt.Sprintf("by call %d of run %s, which is not in this lab-book", r.OriginCall, r.OriginRun)
	}
	return "by a program that was not recorded"
}
