package sqlbook

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"slices"

	"labbook/runlog/record"
	"labbook/runlog/safetext"
	"labbook/runlog/trigram"
)

// The index of output
//
//	document = token { " " token }
//	token    = trigram | "any"
//	trigram  = 5 digits of base 32, "0" to "v"     24 bits, of a folded text
//
// There is a document for each block of chunks. It has the trigrams of all lines,
// as package safetext leaves them, that begin, go on or end in the block; of those
// that began before it, from their beginning; of those that go on behind it, as
// they are at its end. So whatever is found in a line has its trigrams in the
// document of the block in which the line ends. A block of which that cannot be
// said has the token "any": it always has to be looked at.
//
// Why not SQLite's own trigrams: its tokenizer takes each character of a text for
// a token, however often the same three are there, which is 8 MB of log lines a
// second here. A document of distinct trigrams takes a third of the time for the
// same answers, and blocks make it cheap for programs that print little at once.
const anyToken = "any"

const (
	// indexedSchema is the first schema with an index of output.
	indexedSchema = 2
	// blockBytes is from which size on a block of output is complete.
	blockBytes = 64 << 10
	// maxReread bounds how much is read again to find the beginning of a line.
	maxReread = 1 << 20
	// maxOpenRuns bounds of how many runs the open lines are remembered.
	maxOpenRuns = 8
)

// An openLine is a line of a stream, as far as it is in the lab-book.
type openLine struct {
	text  safetext.PlainLine
	seq   int64 // of the last chunk of the stream, 0 for none
	end   int64 // of that chunk, in the stream
	known bool  // text is all of the line
}

// A lineCache has the open lines of runs that are being taken in. Its owner
// serialises access.
type lineCache struct {
	runs map[int64]map[record.Stream]*openLine
}

func (c *lineCache) reset() { c.runs = nil }

func (c *lineCache) of(run int64) map[record.Stream]*openLine {
	if c.runs == nil || len(c.runs) >= maxOpenRuns && c.runs[run] == nil {
		c.runs = map[int64]map[record.Stream]*openLine{}
	}
	if c.runs[run] == nil {
		c.runs[run] = map[record.Stream]*openLine{}
	}
	return c.runs[run]
}

// An outputIndexer puts the output of a run into the index, chunk by chunk.
type outputIndexer struct {
	a        *applier
	run      int64
	lines    map[record.Stream]*openLine
	checked  map[record.Stream]bool // that lines is right about
	trigrams *trigram.Set
	document []byte

	// The block so far.
	first, last int64 // seq; 0 for none
	size        int
	streams     []record.Stream // in the block
	isAny       bool
}

func newOutputIndexer(a *applier, run int64) outputIndexer {
	return outputIndexer{
		a: a, run: run, lines: a.book.openLines.of(run), checked: map[record.Stream]bool{}, trigrams: &a.book.trigrams,
	}
}

// add takes the next chunk, which is in the lab-book already.
func (x *outputIndexer) add(c *record.Output) error {
	line, err := x.line(c)
	if err != nil {
		return err
	}
	if line.seq == 0 || line.end != c.Offset {
		x.trigrams.Add(line.text.Rest())
		line.text.Forget()
		line.known = true
	}
	if x.first == 0 {
		x.first = c.Seq
	}
	if !slices.Contains(x.streams, c.Stream) {
		x.streams = append(x.streams, c.Stream)
		x.isAny = x.isAny || !line.known
	}
	rest := c.Bytes
	for {
		part, after, found := bytes.Cut(rest, newline)
		if !found {
			break
		}
		line.text.End(part, x.trigrams.Add)
		line.known = true
		rest = after
	}
	line.text.Feed(rest, x.trigrams.Add)
	line.seq, line.end = c.Seq, c.Offset+int64(len(c.Bytes))
	x.last = c.Seq
	if x.size += len(c.Bytes); x.size >= blockBytes {
		return x.finishBlock()
	}
	return nil
}

var newline = []byte("\n")

// finishBlock writes the block, if there is anything in it.
func (x *outputIndexer) finishBlock() error {
	if x.first == 0 {
		return nil
	}
	for _, stream := range x.streams {
		x.trigrams.Add(x.lines[stream].text.Rest())
	}
	x.document = x.document[:0]
	if x.isAny {
		x.document = append(x.document, anyToken...)
	} else {
		for _, t := range x.trigrams.List() {
			x.document = append(appendTrigram(x.document, t), ' ')
		}
	}
	x.trigrams.Clear()
	first, last := x.first, x.last
	x.first, x.last, x.size, x.streams, x.isAny = 0, 0, 0, x.streams[:0], false
	if len(x.document) == 0 {
		return nil
	}
	return x.write(first, last, string(x.document))
}

// finish writes the last block.
func (x *outputIndexer) finish() error { return x.finishBlock() }

// write writes a block, in the place of one that is there.
func (x *outputIndexer) write(first, last int64, document string) error {
	id := outputID(x.run, first)
	err := x.a.exec("INSERT INTO output_block (id, last) VALUES (?, ?) ON CONFLICT (id) DO UPDATE SET last = excluded.last", id, outputID(x.run, last))
	if err != nil {
		return err
	}
	return x.a.exec("INSERT OR REPLACE INTO output_index (rowid, trigrams) VALUES (?, ?)", id, document)
}

const digits = "0123456789abcdefghijklmnopqrstuv"

func appendTrigram(to []byte, t trigram.Trigram) []byte {
	return append(to, digits[t>>20&31], digits[t>>15&31], digits[t>>10&31], digits[t>>5&31], digits[t&31])
}

// trim takes note that the chunks between two were removed, the first of them
// excluded.
func (x *outputIndexer) trim(after, through int64) error {
	err := x.a.exec("DELETE FROM output_block WHERE id > ?1 AND id <= ?2 AND last <= ?2", outputID(x.run, after), outputID(x.run, through))
	if err != nil {
		return err
	}
	// Lines that reach into the gap now end at it, or begin behind it, and the
	// index knows them only whole.
	if err := x.markAny(after, true); err != nil {
		return err
	}
	streams, err := streamsOf(x.a.ctx, x.a.tx, x.run)
	if err != nil {
		return err
	}
	for _, stream := range streams {
		seq, err := x.a.id("SELECT "+seqOfID+" FROM output WHERE run = ? AND stream = ? AND id > ? ORDER BY id LIMIT 1", x.run, stream, outputID(x.run, through))
		if err == nil && seq != 0 {
			err = x.markAny(seq, false)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// markAny has the block of a chunk be looked at by every search; if asked to, only
// if it goes on behind the chunk.
func (x *outputIndexer) markAny(seq int64, onlyIfLonger bool) error {
	var id, last int64
	row := x.a.tx.QueryRowContext(x.a.ctx, "SELECT id, last FROM output_block WHERE id <= ? ORDER BY id DESC LIMIT 1", outputID(x.run, seq))
	if err := row.Scan(&id, &last); err != nil && !errors.Is(err, sql.ErrNoRows) {
		return err
	}
	if last < outputID(x.run, seq) {
		id, last = outputID(x.run, seq), outputID(x.run, seq) // its block had no trigrams
	}
	if onlyIfLonger && last == outputID(x.run, seq) {
		return nil
	}
	return x.write(id&maxSeq, last&maxSeq, anyToken)
}

// line returns the open line of the chunk's stream, without the chunk.
func (x *outputIndexer) line(c *record.Output) (*openLine, error) {
	line := x.lines[c.Stream]
	if x.checked[c.Stream] && line != nil {
		return line, nil
	}
	last, err := x.a.id("SELECT "+seqOfID+" FROM output WHERE run = ? AND stream = ? AND id < ? ORDER BY id DESC LIMIT 1",
		x.run, c.Stream, outputID(x.run, c.Seq))
	if err != nil {
		return nil, err
	}
	if line == nil || line.seq != last {
		if line, err = x.reread(c.Stream, last); err != nil {
			return nil, err
		}
		x.lines[c.Stream] = line
	}
	x.checked[c.Stream] = true
	return line, nil
}

// reread reads the line that is open after the last chunk of a stream.
func (x *outputIndexer) reread(stream record.Stream, last int64) (*openLine, error) {
	line := &openLine{seq: last, known: true}
	if last == 0 {
		return line, nil
	}
	rows, err := x.a.tx.QueryContext(x.a.ctx,
		"SELECT offset, bytes FROM output WHERE run = ? AND stream = ? AND id <= ? ORDER BY id DESC", x.run, stream, outputID(x.run, last))
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }() // rows.Err says what there is to say
	var parts [][]byte                  // the last one first
	begin, size := int64(-1), 0
	for rows.Next() {
		var offset int64
		var part []byte
		if err := rows.Scan(&offset, &part); err != nil {
			return nil, err
		}
		switch {
		case begin < 0:
			line.end = offset + int64(len(part))
		case offset+int64(len(part)) != begin:
			return line.feed(parts), rows.Err()
		}
		begin = offset
		if i := bytes.LastIndexByte(part, '\n'); i >= 0 {
			return line.feed(append(parts, part[i+1:])), rows.Err()
		}
		parts, size = append(parts, part), size+len(part)
		if size > maxReread {
			line.known = false
			return line, rows.Err()
		}
	}
	return line.feed(parts), rows.Err()
}

// feed feeds the parts of the line, the last of which comes first.
func (l *openLine) feed(parts [][]byte) *openLine {
	for _, part := range slices.Backward(parts) {
		l.text.Feed(part, func([]byte) {})
	}
	return l
}

// indexAnew makes the index fit the output, whatever either was before. It takes
// some seconds for each 100 MB, in one transaction.
func (b *Book) indexAnew(ctx context.Context) error {
	return b.transactOn(ctx, func(conn *sql.Conn, tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, "DELETE FROM output_block"); err != nil { // a trigger empties the index
			return err
		}
		return b.indexAllOutput(ctx, conn, tx)
	})
}

// indexAllOutput puts the output of an older lab-book into the index.
// The tables of its first schema are those of this one by then.
func (b *Book) indexAllOutput(ctx context.Context, conn *sql.Conn, tx *sql.Tx) error {
	a := b.newApplier(ctx, conn, tx)
	var x outputIndexer
	run, seq := int64(0), int64(0)
	for {
		chunks, err := outputPage(ctx, tx, run, seq, blockBytes)
		if err != nil {
			return err
		}
		if len(chunks) == 0 {
			if run != 0 {
				if err := x.finish(); err != nil {
					return err
				}
			}
			next, err := a.id("SELECT id >> 32 FROM output WHERE id > ? ORDER BY id LIMIT 1", outputID(run, maxSeq))
			if err != nil || next == 0 {
				return err
			}
			run, seq, x = next, 0, newOutputIndexer(a, next)
			continue
		}
		for i := range chunks {
			if err := x.add(&chunks[i]); err != nil {
				return err
			}
			seq = chunks[i].Seq
		}
	}
}

// outputPage reads chunks of a run after one of them: at least one if there is
// one, and about so many bytes.
func outputPage(ctx context.Context, tx *sql.Tx, run, after int64, size int) (chunks []record.Output, err error) {
	rows, err := tx.QueryContext(ctx, "SELECT "+seqOfID+", stream, offset, bytes FROM output WHERE id > ? AND id <= ? ORDER BY id", outputID(run, after), outputID(run, maxSeq))
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }() // rows.Err says what there is to say
	for size > 0 && rows.Next() {
		var c record.Output
		if err := rows.Scan(&c.Seq, &c.Stream, &c.Offset, &c.Bytes); err != nil {
			return nil, err
		}
		chunks, size = append(chunks, c), size-len(c.Bytes)
	}
	return chunks, rows.Err()
}
