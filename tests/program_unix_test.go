//go:build unix

package tests

import (
	"context"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"labbook/runlog"
	"labbook/runlog/record"
)

var buildOnce = sync.OnceValue(func() error {
	ctx, cancel := context.WithTimeout(context.Background(), 5*deadline)
	defer cancel()
	build := exec.CommandContext(ctx, "go", "build", "-o", built+string(filepath.Separator), "./programs/busy", "./programs/hoard", "./programs/manners", "../cmd/labbook")
	if out, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("build programs: %w\n%s", err, out)
	}
	return nil
})

// programPath builds the programs, once, and returns where one of them is.
func programPath(t *testing.T, name string) string {
	t.Helper()
	if err := buildOnce(); err != nil {
		t.Fatal(err)
	}
	return filepath.Join(built, name+exe)
}

// outputOf returns what a run printed on both streams.
func outputOf(t *testing.T, book *runlog.Reader, run int64) (stdout, stderr []byte) {
	t.Helper()
	for i, chunk := range chunksOf(t, book, run) {
		if chunk.Seq != int64(i)+1 {
			t.Errorf("chunk %d of the output has number %d", i+1, chunk.Seq)
		}
		switch chunk.Stream {
		case record.Stdout, record.Both:
			stdout = append(stdout, chunk.Bytes...)
		case record.Stderr:
			stderr = append(stderr, chunk.Bytes...)
		default:
			t.Errorf("chunk %d of the output is of stream %q", chunk.Seq, chunk.Stream)
		}
	}
	return stdout, stderr
}

func chunksOf(t *testing.T, book *runlog.Reader, run int64) []record.Output {
	t.Helper()
	chunks, err := book.Output(t.Context(), run, 0, 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	return chunks
}

// keptOf compares what is on record of a run's output with what it printed. Of much
// output a part is known to be missing.
func keptOf(t *testing.T, book *runlog.Reader, run int64, printed map[record.Stream]string) (kept, missing int64) {
	t.Helper()
	var gaps record.Gaps
	for _, chunk := range chunksOf(t, book, run) {
		missing += gaps.Before(&chunk)
		kept += int64(len(chunk.Bytes))
		if !strings.HasPrefix(printed[chunk.Stream][chunk.Offset:], string(chunk.Bytes)) {
			t.Errorf("at %d of %s the lab-book has other bytes than were printed", chunk.Offset, chunk.Stream)
		}
	}
	return kept, missing
}
