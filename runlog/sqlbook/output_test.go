package sqlbook

import (
	"context"
	"database/sql"
	"fmt"
	"math"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"testing"

	"labbook/runlog/event"
	"labbook/runlog/record"
	"labbook/runlog/trigram"
)

func printed(stream record.Stream, offset int64, text string) *event.Output {
	return &event.Output{Stream: stream, Offset: offset, At: start, Bytes: []byte(text)}
}

// kept describes what the lab-book has of the output of a run.
func kept(t testing.TB, b *Book, run int64) string {
	t.Helper()
	chunks, err := b.Output(t.Context(), run, 0, math.MaxInt32)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for i := range chunks {
		sign := map[record.Stream]string{record.Stdout: "", record.Stderr: "!"}[chunks[i].Stream]
		all = append(all, fmt.Sprintf("%s%d:%s", sign, chunks[i].Offset, chunks[i].Bytes))
	}
	return strings.Join(all, " ")
}

func TestOutputLimit(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		reason  string
		limit   int64
		batches [][]string // "!" begins what is printed on stderr
		want    string
	}{
		{"within the limit", 8, [][]string{{"abcd", "efgh"}}, "0:abcd 4:efgh"},
		{"the middle goes", 8, [][]string{{"ab", "cd", "ef", "gh", "ij", "kl"}}, "0:ab 2:cd 8:ij 10:kl"},
		{"as well if it was there before", 8, [][]string{{"ab", "cd", "ef"}, {"gh"}, {"ij"}, {"kl"}}, "0:ab 2:cd 8:ij 10:kl"},
		{"all that was there before goes if more comes than fits", 8, [][]string{{"abcd", "ef", "gh"}, {"ij", "kl", "mn"}}, "0:abcd 10:kl 12:mn"},
		{"nothing stays that is older than what went", 8, [][]string{{"abcd", "e"}, {"fgh", "ijk"}}, "0:abcd 8:ijk"},
		{"a chunk on the border is cut", 8, [][]string{{"abcdefgh"}}, "0:abcd 4:efgh"},
		{"a chunk that does not fit is cut", 8, [][]string{{"abcdefghijklmn"}}, "0:abcd 10:klmn"},
		{"also one that comes later", 8, [][]string{{"abcd", "ef"}, {"ghijklmn"}}, "0:abcd 10:klmn"},
		{"both streams share it", 8, [][]string{{"ab", "!cd", "ef", "!gh", "ij", "!kl"}}, "0:ab !0:cd 4:ij !4:kl"},
		{"no limit", 0, [][]string{{"abcd", "efgh"}, {"ijkl"}}, "0:abcd 4:efgh 8:ijkl"},
		{"a limit of nearly nothing", 1, [][]string{{"abcd"}, {"efgh"}}, "7:h"},
		{"nothing is nothing", 8, [][]string{{"ab", "", "cd"}}, "0:ab 2:cd"},
	} {
		t.Run(test.reason, func(t *testing.T) {
			t.Parallel()
			b := create(t)
			b.LimitOutput(test.limit)
			offsets := map[record.Stream]int64{}
			for _, batch := range test.batches {
				var events []event.Event
				for _, text := range batch {
					stream := record.Stdout
					text, isError := strings.CutPrefix(text, "!")
					if isError {
						stream = record.Stderr
					}
					events = append(events, printed(stream, offsets[stream], text))
					offsets[stream] += int64(len(text))
				}
				apply(t, b, runUUID, events...)
			}
			if got := kept(t, b, 1); got != test.want {
				t.Errorf("kept %q, want %q", got, test.want)
			}
		})
	}
}

func TestOutputLimitChanges(t *testing.T) {
	t.Parallel()
	b := create(t)
	for _, step := range []struct {
		limit int64
		text  string
		want  string
	}{
		{0, "abcdefgh", "0:abcdefgh"},
		{0, "ijkl", "0:abcdefgh 8:ijkl"},
		{24, "mn", "0:abcdefgh 8:ijkl 12:mn"},
		{20, "op", "0:abcdefgh 8:ijkl 12:mn 14:op"},
		{18, "q", "0:abcdefgh 8:ijkl 12:mn 14:op 16:q"},
		{18, "rs", "0:abcdefgh 12:mn 14:op 16:q 17:rs"},
		{0, "tu", "0:abcdefgh 12:mn 14:op 16:q 17:rs 19:tu"},
		{6, "vw", "17:rs 19:tu 21:vw"}, // the head is too long by now
		{6, "xy", "19:tu 21:vw 23:xy"},
	} {
		b.LimitOutput(step.limit)
		chunks := kept(t, b, 1)
		end := int64(0)
		if i := strings.LastIndexByte(chunks, ' '); chunks != "" {
			var text string
			if _, err := fmt.Sscanf(chunks[i+1:], "%d:%s", &end, &text); err != nil {
				t.Fatal(err)
			}
			end += int64(len(text))
		}
		apply(t, b, runUUID, printed(record.Stdout, end, step.text))
		if got := kept(t, b, 1); got != step.want {
			t.Fatalf("after %q with the limit %d: %q, want %q", step.text, step.limit, got, step.want)
		}
	}
}

// Whatever is printed, no more is kept than the limit, nearly as much is if there
// is enough, the beginning and the end are, and nothing is another's.
func TestOutputLimitHolds(t *testing.T) {
	t.Parallel()
	for seed := range uint64(40) {
		r := rand.New(rand.NewPCG(seed, 2))
		b := create(t)
		limit := 1 + r.Int64N(400)
		b.LimitOutput(limit)
		texts := map[record.Stream]string{}
		var total, largest int64
		for range 1 + r.IntN(10) {
			var events []event.Event
			for range 1 + r.IntN(100) {
				stream := []record.Stream{record.Stdout, record.Stderr}[r.IntN(2)]
				text := strings.Repeat(fmt.Sprint(r.IntN(10)), 1+r.IntN(30))
				events = append(events, printed(stream, int64(len(texts[stream])), text))
				texts[stream] += text
				total, largest = total+int64(len(text)), max(largest, int64(len(text)))
			}
			apply(t, b, runUUID, events...)
			chunks, err := b.Output(t.Context(), 1, 0, math.MaxInt32)
			if err != nil {
				t.Fatal(err)
			}
			size, ends, seq := int64(0), map[record.Stream]int64{}, int64(0)
			for i := range chunks {
				c := &chunks[i]
				if got, want := string(c.Bytes), texts[c.Stream][c.Offset:c.End()]; got != want {
					t.Fatalf("seed %d: at %d of %s is %q, want %q", seed, c.Offset, c.Stream, got, want)
				}
				if c.Offset < ends[c.Stream] || c.Seq <= seq {
					t.Fatalf("seed %d: chunk %d at %d comes after %d at %d", seed, c.Seq, c.Offset, seq, ends[c.Stream])
				}
				size, ends[c.Stream], seq = size+int64(len(c.Bytes)), c.End(), c.Seq
			}
			if least := min(total, limit-largest); size > limit || size < least {
				t.Fatalf("seed %d: %d of %d bytes are kept, want between %d and %d", seed, size, total, least, limit)
			}
			if total <= limit && size != total {
				t.Fatalf("seed %d: %d of %d bytes are kept, and the limit is %d", seed, size, total, limit)
			}
		}
	}
}

// blocksWith returns in which blocks of output a text may be, as "run:first-last".
func blocksWith(t testing.TB, b *Book, text string) string {
	t.Helper()
	var set trigram.Set
	set.Add([]byte(text))
	blocks, err := b.OutputBlocks(t.Context(), &trigram.Query{All: set.List()}, 0, 0, 100)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, o := range blocks {
		all = append(all, fmt.Sprintf("%d:%d-%d", o.Run, o.First, o.Last))
	}
	return strings.Join(all, " ")
}

// printing is a run that prints texts on stdout, in batches.
type printing struct {
	book   *Book
	offset int64
}

func (p *printing) print(t testing.TB, texts ...string) {
	t.Helper()
	var events []event.Event
	for _, text := range texts {
		events = append(events, printed(record.Stdout, p.offset, text))
		p.offset += int64(len(text))
	}
	apply(t, p.book, runUUID, events...)
}

func TestOutputIndex(t *testing.T) {
	t.Parallel()
	p := printing{book: create(t)}
	p.print(t, "connection refu", "sed\nnext ti")
	p.print(t, "me\x1b[3", "1mred\n")
	p.print(t, "10%\r", "20%\r", "30%")
	p.print(t, strings.Repeat("x\n", blockBytes/2), "behind\n")
	for _, test := range []struct{ reason, text, want string }{
		{"in two chunks", "refused", "1:1-2"},
		{"in two batches: where it ends", "next time", "1:3-4"},
		{"with an escape sequence in it, cut in two", "timered", "1:3-4"},
		{"the last state of a progress bar", "30%", "1:8-8 1:5-7"},
		{"not those before", "20%", ""},
		{"a block ends when it is large", "behind", "1:9-9"},
		{"not in any line", "sednext", ""},
		{"nowhere", "refusal", ""},
	} {
		if got := blocksWith(t, p.book, test.text); got != test.want {
			t.Errorf("%s: %q is in blocks %q, want %q", test.reason, test.text, got, test.want)
		}
	}
}

// Another process that goes on with a run reads the open line again.
func TestOutputIndexGoesOn(t *testing.T) {
	t.Parallel()
	first := create(t)
	second, err := Create(t.Context(), first.Path())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = second.Close() }()
	p := printing{book: first}
	p.print(t, "one\nthe beg")
	p.book = second
	p.print(t, "inning and the ")
	p.book = first // it does not know what the second has done
	p.print(t, "end\n")
	if got := blocksWith(t, first, "the beginning and the end"); got != "1:3-3" {
		t.Errorf("the line is in blocks %q, want 1:3-3", got)
	}
	p.print(t, strings.Repeat("x", maxReread), "yyy")
	p.book = second
	p.print(t, "zzz\n")
	if got := blocksWith(t, first, "yyyzzz"); got != "1:6-6" {
		t.Errorf("of a line too long to be read again the end is in %q, want 1:6-6, to be looked at in any case", got)
	}
	p.print(t, "next\n")
	if got := blocksWith(t, first, "nowhere"); got != "1:6-6" {
		t.Errorf("blocks %q are looked at in any case, want 1:6-6 alone", got)
	}
}

// Where output was removed, lines begin and end that the index knew only whole.
func TestOutputIndexAfterTrim(t *testing.T) {
	t.Parallel()
	p := printing{book: create(t)}
	p.book.LimitOutput(24)
	p.print(t, "0123456789\n\n")
	p.print(t, "\x1b]123", "shown")
	if got := blocksWith(t, p.book, "shown"); got != "" {
		t.Fatalf("what is in an escape sequence is in blocks %q", got)
	}
	p.print(t, "456789") // and the beginning of the sequence goes
	if got, want := kept(t, p.book, 1), "0:0123456789\n\n 17:shown 22:456789"; got != want {
		t.Fatalf("kept %q, want %q", got, want)
	}
	if got := blocksWith(t, p.book, "shown"); got != "1:3-3" {
		t.Errorf("what is shown now is in blocks %q, want 1:3-3", got)
	}
	if got := blocksWith(t, p.book, "012"); !strings.Contains(got, "1:1-1") {
		t.Errorf("the head is in blocks %q, want 1:1-1 among them", got)
	}
	p.print(t, "new line\n")
	p.print(t, strings.Repeat("y", 12))
	if got := blocksWith(t, p.book, "new line"); strings.Contains(got, "1:5-5") {
		t.Errorf("what was removed is in blocks %q", got)
	}
}

// The beginning of a line can go with all that was there before the transaction
// in which it goes on.
func TestOutputIndexAfterTrimOfAll(t *testing.T) {
	t.Parallel()
	p := printing{book: create(t)}
	p.book.LimitOutput(24)
	p.print(t, "0123456789\n\n")
	p.print(t, "\x1b]12345")
	p.print(t, "shown", "6789")
	if got, want := kept(t, p.book, 1), "0:0123456789\n\n 19:shown 24:6789"; got != want {
		t.Fatalf("kept %q, want %q", got, want)
	}
	if got := blocksWith(t, p.book, "shown6789"); got != "1:3-4" {
		t.Errorf("what is shown now is in blocks %q, want 1:3-4", got)
	}
}

// count counts the rows of a table.
func count(t testing.TB, b *Book, table string) (n int) {
	t.Helper()
	if err := b.db.QueryRowContext(t.Context(), "SELECT count(*) FROM "+table).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

func TestDeleteOutput(t *testing.T) {
	t.Parallel()
	b := create(t)
	for _, run := range []string{"one", "two", "three"} {
		apply(t, b, run, printed(record.Stdout, 0, "a needle\n"), &event.OutputScope{Stream: record.Stdout, Bytes: 9, Scope: event.Scope{Call: 1, Task: -1}})
	}
	err := b.transact(t.Context(), func(tx *sql.Tx) error {
		for _, want := range []int64{1, 0} {
			if n, err := deleteOutput(t.Context(), tx, 2, 1); err != nil || n != want {
				return fmt.Errorf("%d chunks are deleted, want %d, %w", n, want, err)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if got := blocksWith(t, b, "needle"); got != "3:1-1 1:1-1" {
		t.Errorf("the needle is in blocks %q, want those of runs 3 and 1", got)
	}
	for _, table := range []string{"output", "output_block", "output_kept"} {
		if n := count(t, b, table); n != 2 {
			t.Errorf("%s has %d rows, want one for each of the other runs", table, n)
		}
	}
	var indexed int
	if err := b.db.QueryRowContext(t.Context(), "SELECT count(*) FROM output_index WHERE output_index MATCH ?", `"`+string(appendTrigram(nil, 'n'<<16|'e'<<8|'e'))+`"`).Scan(&indexed); err != nil || indexed != 2 {
		t.Errorf("the index has %d blocks, %v; want 2", indexed, err)
	}
	// The run can go on.
	apply(t, b, "two", printed(record.Stdout, 9, "more\n"))
	if got := kept(t, b, 2); got != "9:more\n" {
		t.Errorf("then more is printed, and %q is kept", got)
	}
}

// The output of a lab-book of schema 1 is indexed when it is opened.
func TestMigrateOutput(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "labbook.sqlite")
	bookWithOldOutput(t, path)
	b, err := Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = b.Close() }()
	if got := blocksWith(t, b, "a needle"); got != "2:1-2 1:3-1001" && got != "2:1-2 1:2-1001" {
		t.Errorf("needles are in blocks %q", got)
	}
	if got := blocksWith(t, b, "straw 999"); !strings.HasPrefix(got, "1:") {
		t.Errorf("the last straw is in blocks %q", got)
	}
	b.LimitOutput(2000)
	apply(t, b, "old 1", printed(record.Stdout, 1_000_000, "new\n"))
	if n := len(kept(t, b, 1)); n > 4000 {
		t.Errorf("once more comes, %d bytes are kept", n)
	}
}

// bookWithOldOutput makes a lab-book of schema 1 with the output of two runs.
func bookWithOldOutput(t *testing.T, path string) {
	t.Helper()
	db, err := sql.Open("sqlite", dsn(path, "rwc"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	exec := func(query string, args ...any) {
		if _, err := db.ExecContext(context.WithoutCancel(t.Context()), query, args...); err != nil {
			t.Fatal(err)
		}
	}
	script, err := migrationFiles.ReadFile("migrations/001_labbook.sql")
	if err != nil {
		t.Fatal(err)
	}
	db.SetMaxOpenConns(1)
	exec("BEGIN")
	exec(string(script))
	exec(fmt.Sprintf("PRAGMA user_version = 1; PRAGMA application_id = %d", applicationID))
	exec("INSERT INTO run (uuid) VALUES ('old 1'), ('old 2')")
	insert := func(run, seq, offset int64, text string) {
		exec("INSERT INTO output (run, seq, stream, offset, at, bytes) VALUES (?, ?, 'stdout', ?, 0, ?)", run, seq, offset, []byte(text))
	}
	insert(1, 1, 0, strings.Repeat("much\n", blockBytes/5))
	offset := int64(blockBytes / 5 * 5)
	for seq := range int64(1000) {
		text := fmt.Sprintf("straw %d\n", seq)
		if seq == 500 {
			text = "a needle\n"
		}
		insert(1, seq+2, offset, text)
		offset += int64(len(text))
	}
	insert(2, 1, 0, "a nee")
	insert(2, 2, 5, "dle\n")
	exec("COMMIT")
}
