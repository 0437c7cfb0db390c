package main

import (
	"strings"
	"testing"
	"time"

	"labbook/runlog/event"
	"labbook/runlog/record"
)

// What was recorded is made harmless for a terminal in messages, too.
func TestErrorsAreHarmless(t *testing.T) {
	t.Parallel()
	at := time.Unix(1_700_000_000, 0)
	call := func(id int64, function int64, outcome record.Outcome) event.Event {
		key := make([]byte, 32)
		key[0] = byte(function)
		return &event.CallEnd{Call: id, Scope: event.Scope{Task: -1}, Function: function, Key: key, Outcome: outcome, Started: at}
	}
	named := func(number int64, name string) event.Event {
		return &event.Function{Number: number, Function: record.Function{Name: name, CodeDigest: strings.Repeat("0", 64), CodeKind: "source"}}
	}
	dir := bookOf(t,
		&event.RunStart{Run: record.Run{Name: "hostile", Started: at}},
		named(1, "lab.hits\x1b[2J"), named(2, "lab.misses\x1b[2J"), call(1, 1, record.Hit), call(2, 2, record.Miss),
	)
	for _, args := range [][]string{{"why-miss", "1.1"}, {"why-miss", "hits"}, {"why-hit", "1.2"}, {"why-hit", "misses"}} {
		stdout, stderr, code := labbook(t, dir, args...)
		if stdout != "" || code == 0 || strings.Contains(stderr, "\x1b") || !strings.Contains(stderr, "␛[2J") || strings.Count(stderr, "\n") != 1 {
			t.Errorf("%q: %d, %q, %q", args, code, stdout, stderr)
		}
	}
}
