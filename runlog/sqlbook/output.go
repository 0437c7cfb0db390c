package sqlbook

import (
	"database/sql"
	"errors"
	"strings"

	"labbook/runlog/event"
	"labbook/runlog/record"
)

// An outputKeeper takes in the output of a run so that no more of it stays than
// the limit: a head of half of that, and a tail. Where they part, offsets jump.
// What comes waits until the end of the transaction, since of a flood most is
// gone again by then and never needs to be written.
type outputKeeper struct {
	a     *applier
	index outputIndexer
	limit int64 // 0 for none

	seq                  int64 // of the last chunk
	head                 int64 // of the last chunk of the head
	headBytes, tailBytes int64 // in the lab-book and, of the head, waiting

	first, last []record.Output // that wait: for the head, and behind it
	lastBytes   int64
	dropped     bool // of what waited for the tail, the oldest is gone again
}

// takeOutput takes in a chunk.
func (a *applier) takeOutput(e *event.Output) error {
	if len(e.Bytes) == 0 {
		return nil
	}
	if a.output == nil {
		k := &outputKeeper{a: a, limit: a.book.outputLimit, index: newOutputIndexer(a, a.run)}
		if err := k.load(); err != nil {
			return err
		}
		a.output = k
	}
	a.output.add(record.Output{Stream: e.Stream, Offset: e.Offset, At: e.At, Bytes: e.Bytes})
	return nil
}

// flushOutput writes what waits.
func (a *applier) flushOutput() error {
	if a.output == nil {
		return nil
	}
	return a.output.flush()
}

// load reads how much is kept of the run.
func (k *outputKeeper) load() error {
	err := k.a.tx.QueryRowContext(k.a.ctx, "SELECT head, head_bytes, tail_bytes FROM output_kept WHERE run = ?", k.a.run).
		Scan(&k.head, &k.headBytes, &k.tailBytes)
	isNew := errors.Is(err, sql.ErrNoRows)
	if err != nil && !isNew {
		return err
	}
	if k.seq, err = k.a.id("SELECT coalesce(max(id) & ?, 0) FROM output WHERE id BETWEEN ? AND ?",
		maxSeq, outputID(k.a.run, 0), outputID(k.a.run, maxSeq)); err != nil {
		return err
	}
	if isNew && k.seq > 0 || k.limit > 0 && k.headBytes > k.limit/2 {
		return k.recount()
	}
	return nil
}

// recount finds head and tail in what the lab-book has, which was taken in with
// another limit.
func (k *outputKeeper) recount() error {
	k.head, k.headBytes, k.tailBytes = 0, 0, 0
	return k.eachSize(0, func(seq, size int64) bool {
		if k.tailBytes == 0 && (k.limit == 0 || k.headBytes+size <= k.limit/2) {
			k.head = seq
			k.headBytes += size
		} else {
			k.tailBytes += size
		}
		return true
	})
}

// eachSize visits the chunks after a sequence number, without their bytes.
func (k *outputKeeper) eachSize(after int64, visit func(seq, size int64) bool) error {
	rows, err := k.a.tx.QueryContext(k.a.ctx, "SELECT "+seqOfID+", length(bytes) FROM output WHERE id > ? AND id <= ? ORDER BY id",
		outputID(k.a.run, after), outputID(k.a.run, maxSeq))
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }() // rows.Err says what there is to say
	for rows.Next() {
		var seq, size int64
		if err := rows.Scan(&seq, &size); err != nil {
			return err
		}
		if !visit(seq, size) {
			break
		}
	}
	return rows.Err()
}

func (k *outputKeeper) add(c record.Output) {
	k.seq++
	c.Seq = k.seq
	if k.tailBytes == 0 && len(k.last) == 0 && !k.dropped {
		room := k.limit/2 - k.headBytes
		if k.limit == 0 || int64(len(c.Bytes)) <= room {
			k.addToHead(c)
			return
		}
		if room > 0 {
			var piece record.Output
			piece, c = cutOutput(c, room)
			k.addToHead(piece)
			k.seq++
			c.Seq = k.seq
		}
	}
	k.last = append(k.last, c)
	k.lastBytes += int64(len(c.Bytes))
	if k.limit == 0 {
		return
	}
	for excess := k.lastBytes - k.room(); excess > 0; excess = k.lastBytes - k.room() {
		k.dropped = true
		if len(k.last) == 1 {
			_, k.last[0] = cutOutput(c, excess)
			k.lastBytes -= excess
			return
		}
		k.lastBytes -= int64(len(k.last[0].Bytes))
		k.last = k.last[1:]
	}
}

func (k *outputKeeper) addToHead(c record.Output) {
	k.first = append(k.first, c)
	k.head, k.headBytes = c.Seq, k.headBytes+int64(len(c.Bytes))
}

// cutOutput cuts a chunk in two.
func cutOutput(c record.Output, at int64) (before, after record.Output) {
	before, after = c, c
	before.Bytes, after.Bytes = c.Bytes[:at:at], c.Bytes[at:]
	after.Offset += at
	return before, after
}

// room is how long the tail may be, if there is a limit.
func (k *outputKeeper) room() int64 { return max(k.limit-k.headBytes, 1) }

func (k *outputKeeper) flush() error {
	if k.limit > 0 && k.tailBytes > 0 {
		excess := k.tailBytes + k.lastBytes - k.room()
		if k.dropped {
			excess = k.tailBytes // what is older than the dropped goes too
		}
		if excess > 0 {
			if err := k.trim(excess); err != nil {
				return err
			}
		}
	}
	if err := k.insert(k.first); err != nil {
		return err
	}
	// What is behind the head may go, and its blocks with it.
	if len(k.first) > 0 && len(k.last) > 0 {
		if err := k.index.finishBlock(); err != nil {
			return err
		}
	}
	if err := k.insert(k.last); err != nil {
		return err
	}
	if err := k.index.finish(); err != nil {
		return err
	}
	k.tailBytes += k.lastBytes
	return k.a.exec("INSERT OR REPLACE INTO output_kept (run, head, head_bytes, tail_bytes) VALUES (?, ?, ?, ?)",
		k.a.run, k.head, k.headBytes, k.tailBytes)
}

func (k *outputKeeper) insert(chunks []record.Output) error {
	for rest := chunks; len(rest) > 0; {
		query, n := insertOutput, 1
		if len(rest) >= outputRows {
			query, n = insertOutputRows, outputRows
		}
		args := make([]any, 0, n*outputColumns)
		for i := range rest[:n] {
			c := &rest[i]
			args = append(args, outputID(k.a.run, c.Seq), k.a.run, c.Seq, c.Stream, c.Offset, nanos(c.At), c.Bytes)
		}
		if err := k.a.exec(query, args...); err != nil {
			return err
		}
		rest = rest[n:]
	}
	for i := range chunks {
		if err := k.index.add(&chunks[i]); err != nil {
			return err
		}
	}
	return nil
}

// A statement costs more than a small chunk, as with hits.
const (
	outputRows    = 32
	outputColumns = 7
	outputPlaces  = "(?, ?, ?, ?, ?, ?, ?)"
	insertOutput  = "INSERT OR FAIL INTO output (id, run, seq, stream, offset, at, bytes) VALUES " + outputPlaces
)

var insertOutputRows = insertOutput + strings.Repeat(", "+outputPlaces, outputRows-1)

// maxSeq bounds the number of a chunk in its run.
const maxSeq int64 = 1<<32 - 1

// seqOfID is the number of a chunk in its run, by its number in the lab-book. The
// column seq says the same unless the file was damaged: whoever goes through pages
// by it could then be led back to where they were, for ever.
const seqOfID = "id & 4294967295"

// outputID is the number of a chunk in the lab-book.
func outputID(run, seq int64) int64 { return run<<32 | seq }

// trim removes at least so many bytes of the tail, or all of it, the oldest chunks
// first.
func (k *outputKeeper) trim(excess int64) error {
	var through, freed int64
	err := k.eachSize(k.head, func(seq, size int64) bool {
		through, freed = seq, freed+size
		return freed < excess
	})
	if err != nil || through == 0 {
		return err
	}
	if err := k.a.exec("DELETE FROM output WHERE id > ? AND id <= ?", outputID(k.a.run, k.head), outputID(k.a.run, through)); err != nil {
		return err
	}
	k.tailBytes -= freed
	return k.index.trim(k.head, through)
}
