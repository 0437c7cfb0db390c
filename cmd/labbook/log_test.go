package main

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"labbook/runlog/event"
	"labbook/runlog/record"
	"labbook/runlog/search"
	"labbook/runlog/sqlbook"
)

// bookOf makes a lab-book of one run with these events, and returns its folder.
func bookOf(t *testing.T, events ...event.Event) string {
	t.Helper()
	dir := t.TempDir()
	book, err := sqlbook.Create(t.Context(), filepath.Join(dir, "labbook.sqlite"))
	if err != nil {
		t.Fatal(err)
	}
	if err := book.Apply(t.Context(), "spool", "01234567-89ab-4def-8123-456789abcdef", events, 0, 1); err != nil {
		t.Fatal(err)
	}
	if err := book.Close(); err != nil {
		t.Fatal(err)
	}
	return dir
}

// labbook runs the command on a lab-book.
func labbook(t *testing.T, dir string, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	var out, errs strings.Builder
	code = run(t.Context(), append([]string{"--dir", dir}, args...), strings.NewReader(""), &out, &errs)
	return out.String(), errs.String(), code
}

func TestLogOfScope(t *testing.T) {
	t.Parallel()
	at := time.Unix(1_700_000_000, 0)
	printed := func(stream record.Stream, offset int64, text string) event.Event {
		return &event.Output{Stream: stream, Offset: offset, At: at, Bytes: []byte(text)}
	}
	in := func(stream record.Stream, offset, bytes int64, scope event.Scope) event.Event {
		return &event.OutputScope{Stream: stream, Offset: offset, Bytes: bytes, Scope: scope}
	}
	first, second, call := event.Scope{Batch: 1, Task: 0}, event.Scope{Batch: 1, Task: 1}, event.Scope{Call: 3, Batch: 1, Task: 1}
	dir := bookOf(t,
		&event.RunStart{Run: record.Run{Name: "loud", Started: at}},
		&event.BatchStart{Batch: 1, Scope: event.Scope{Task: -1}, Label: "folds", Tasks: 3, Started: at},
		&event.Function{Number: 1, Function: record.Function{Name: "lab.train", CodeDigest: strings.Repeat("0", 64), CodeKind: "source"}},
		&event.CallEnd{Call: 3, Scope: second, Function: 1, Key: make([]byte, 32), Outcome: record.Miss, Started: at},
		&event.CallEnd{Call: 4, Scope: second, Function: 1, Key: make([]byte, 32), Outcome: record.Miss, Started: at},
		printed(record.Stdout, 0, "begin\nfirst\nsec"), printed(record.Stderr, 0, "oops\n"), printed(record.Stdout, 15, "ond\nfirst again\n"),
		printed(record.Stdout, 1000, "call\nend\n"), // and 969 bytes were left out
		in(record.Stdout, 6, 6, first), in(record.Stdout, 12, 7, second), in(record.Stderr, 0, 5, first), in(record.Stdout, 19, 12, first),
		in(record.Stdout, 31, 974, call), // all that was left out, and a line
	)
	for _, test := range []struct {
		reason string
		args   string
		stdout string
		stderr string
		code   int
	}{
		{"a task", "log --task 1/0", "first\noops\nfirst again\n", "", 0},
		{"of one stream", "log 1 --task 1/0 --stream stderr", "oops\n", "", 0},
		{"a task that printed across two chunks, and whose call did", "log --task 1/1", "second\n[… 969 B of output left out …]\ncall\n", "", 0},
		{"a call", "log --call 1.3", "[… 969 B of output left out …]\ncall\n", "", 0},
		{"a call, byte by byte", "log --call 1.3 --raw", "call\n", "[… 969 B of output left out …]\n", 0},
		{"a call that printed nothing", "log --call 1.4", "", "", 0},
		{"a task that printed nothing", "log --task 1/2", "", "", 0},
		{"no such task", "log --task 1/3", "", "labbook: run 1 has no task 1/3; labbook show 1 lists its batches\n", 3},
		{"no such call", "log --call 1.9", "", "labbook: call 1.9: there is no such call in the lab-book\n", 3},
		{"no task", "log --task 1", "", "labbook: --task \"1\": want BATCH/INDEX, such as 1/40; batches count from 1, tasks from 0\n", 2},
		{"no call", "log --call 3", "", "labbook: --call: call id \"3\": want RUN.CALL, such as 12.57\n", 2},
		{"a call of another run", "log 2 --call 1.3", "", "labbook: --call 1.3 is of run 1, not of run 2; leave the run out\n", 2},
		{"both", "log --call 1.3 --task 1/1", "", "labbook: --task does not go with --call; ask for one of them\n", 2},
	} {
		t.Run(test.reason, func(t *testing.T) {
			t.Parallel()
			stdout, stderr, code := labbook(t, dir, strings.Fields(test.args)...)
			if stdout != test.stdout || stderr != test.stderr || code != test.code {
				t.Errorf("labbook %s: %q, %q, %d; want %q, %q, %d", test.args, stdout, stderr, code, test.stdout, test.stderr, test.code)
			}
		})
	}
	stdout, _, _ := labbook(t, dir, "log", "--task", "1/1", "--json")
	if !strings.Contains(stdout, `"offset":12,`) || !strings.Contains(stdout, `"offset":1000,`) || strings.Count(stdout, `"seq"`) != 3 {
		t.Errorf("as JSON: %s", stdout)
	}
	stdout, _, _ = labbook(t, dir, "show", "1.3")
	if want := "printed  974 B  labbook log --call 1.3\n"; !strings.Contains(strings.ReplaceAll(stdout, "   ", "  "), want) {
		t.Errorf("show 1.3 has no line %q:\n%s", want, stdout)
	}
	if stdout, _, _ = labbook(t, dir, "show", "1.4"); strings.Contains(stdout, "printed") {
		t.Errorf("show 1.4, which printed nothing:\n%s", stdout)
	}
	if stdout, _, _ = labbook(t, dir, "show", "1.3", "--json"); !strings.Contains(stdout, `"printed_bytes": 974`) {
		t.Errorf("show 1.3 --json: %s", stdout)
	}
}

func TestFoundTextColours(t *testing.T) {
	t.Parallel()
	dir := bookOf(t, &event.Output{Stream: record.Stdout, At: time.Unix(1_700_000_000, 0), Bytes: []byte("one two one\n")})
	stdout, _, code := labbook(t, dir, "log", "--grep", "one")
	if strings.Contains(stdout, "\x1b") || code != 0 {
		t.Errorf("colours where there is no terminal: %q, %d", stdout, code)
	}
	var out strings.Builder
	p := foundText{w: &out, isColored: true}
	line := search.Line{Run: &record.Run{ID: 1, Name: "a\x1b"}, Stream: record.Stdout, Text: "one two one", Matches: [][]int{{0, 3}, {4, 4}, {8, 11}}}
	if err := p.print(&line); err != nil {
		t.Fatal(err)
	}
	if want := "run 1 a␛ stdout 0001-01-01 00:00:00: \x1b[1;31mone\x1b[m two \x1b[1;31mone\x1b[m\n"; out.String() != want {
		t.Errorf("in colours %q, want %q", out.String(), want)
	}
}
