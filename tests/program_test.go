// Package tests checks what only holds if all packages do their part: programs
// are built, run, changed and killed, and their lab-books read.
package tests

import (
	"fmt"
	"os"
	"slices"
	"testing"

	"labbook/runlog"
	"labbook/runlog/record"
	"labbook/tests/subject"
)

// What these tests share with others goes by short names here.
type ending = subject.Ending

var (
	exe         = subject.Exe
	environment = subject.Environment
	command     = subject.Command
	finish      = subject.Finish
	read        = subject.Read
	write       = subject.Write
)

// built is the folder of the programs that all tests share.
var built string

func TestMain(m *testing.M) {
	os.Exit(testMain(m))
}

func testMain(m *testing.M) int {
	var err error
	if built, err = os.MkdirTemp("", "labbook-programs-*"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer func() { _ = os.RemoveAll(built) }() // the system cleans up what is left
	return m.Run()
}

// openBook opens the lab-book in dir, and closes it when the test ends.
func openBook(t *testing.T, dir string) *runlog.Reader {
	t.Helper()
	book, err := runlog.Open(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := book.Close(); err != nil {
			t.Error(err)
		}
	})
	if err := book.Leftovers(); err != nil {
		t.Errorf("take in what is left: %v", err)
	}
	return book
}

// newestRun returns the run that was started last.
func newestRun(t *testing.T, book *runlog.Reader) record.Run {
	t.Helper()
	runs, err := book.Runs(t.Context(), record.RunQuery{Limit: 1})
	if err != nil {
		t.Fatal(err)
	}
	if len(runs) != 1 {
		t.Fatal("the lab-book has no run")
	}
	return runs[0]
}

// callsOf returns the calls of a run, in order.
func callsOf(t *testing.T, book *runlog.Reader, run int64) []record.Call {
	t.Helper()
	calls, err := book.Calls(t.Context(), record.CallQuery{Filter: record.Filter{Run: run}, Limit: 1 << 20})
	if err != nil {
		t.Fatal(err)
	}
	slices.Reverse(calls)
	return calls
}
