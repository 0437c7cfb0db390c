package sqlbook

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"

	"labbook/runlog/record"
	"labbook/runlog/trigram"
)

// OutputStreams returns the streams that a run has output of, in alphabetical
// order.
func (b *Book) OutputStreams(ctx context.Context, run int64) ([]record.Stream, error) {
	streams, err := streamsOf(ctx, b.db, run)
	if err != nil {
		return nil, fmt.Errorf("read output of run %d: %w", run, err)
	}
	return streams, nil
}

// streamsOf costs a look-up for each stream, however much there is in it.
func streamsOf(ctx context.Context, q interface {
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}, run int64,
) (streams []record.Stream, err error) {
	last := record.Stream("")
	for {
		err := q.QueryRowContext(ctx, "SELECT stream FROM output WHERE run = ? AND stream > ? ORDER BY stream LIMIT 1", run, last).Scan(&last)
		switch {
		case errors.Is(err, sql.ErrNoRows):
			return slices.Clip(streams), nil
		case err != nil:
			return nil, err
		}
		streams = append(streams, last)
	}
}

// StreamOutput returns what a run printed on one of its streams, in order, from
// the chunk after afterSeq.
func (b *Book) StreamOutput(ctx context.Context, run int64, stream record.Stream, afterSeq int64, count int) ([]record.Output, error) {
	return b.streamOutput(ctx, run, "id > ? AND id <= ? ORDER BY id", stream, afterSeq, maxSeq, count)
}

// StreamOutputBefore returns what a run printed on one of its streams before the
// chunk beforeSeq, the last chunk first.
func (b *Book) StreamOutputBefore(ctx context.Context, run int64, stream record.Stream, beforeSeq int64, count int) ([]record.Output, error) {
	return b.streamOutput(ctx, run, "id < ? AND id >= ? ORDER BY id DESC", stream, beforeSeq, 0, count)
}

func (b *Book) streamOutput(ctx context.Context, run int64, where string, stream record.Stream, seq, end int64, count int) ([]record.Output, error) {
	rows, err := b.db.QueryContext(ctx, "SELECT "+seqOfID+", stream, offset, at, bytes FROM output WHERE run = ? AND stream = ? AND "+where+" LIMIT ?",
		run, stream, outputID(run, min(seq, maxSeq)), outputID(run, end), limit(count))
	chunks, err := collect(rows, err, scanOutput)
	if err != nil {
		return nil, fmt.Errorf("read output of run %d: %w", run, err)
	}
	return chunks, nil
}

func scanOutput(row scanner) (o record.Output, err error) {
	return o, row.Scan(&o.Seq, &o.Stream, &o.Offset, at(&o.At), &o.Bytes)
}

// OutputBlocks returns stretches of output, newest run first and last stretch of a
// run first, which a query of trigrams does not rule out: no line of which a part
// is in any other stretch satisfies it. It starts before the stretch that begins
// with that chunk of that run; run 0 is the newest.
func (b *Book) OutputBlocks(ctx context.Context, query *trigram.Query, beforeRun, beforeSeq int64, count int) ([]record.OutputBlock, error) {
	before := int64(1<<63 - 1)
	if beforeRun != 0 {
		before = outputID(beforeRun, beforeSeq)
	}
	rows, err := b.db.QueryContext(ctx, `SELECT output_block.id, output_block.last FROM output_index JOIN output_block ON output_block.id = output_index.rowid
		WHERE output_index MATCH ? AND output_index.rowid < ? ORDER BY output_index.rowid DESC LIMIT ?`, matchText(query), before, limit(count))
	blocks, err := collect(rows, err, func(row scanner) (o record.OutputBlock, err error) {
		err = row.Scan(&o.First, &o.Last)
		o.Run, o.First, o.Last = o.First>>32, o.First&maxSeq, o.Last&maxSeq
		return o, err
	})
	if err != nil {
		return nil, fmt.Errorf("search output: %w", err)
	}
	return blocks, nil
}

// matchText writes a query for the index.
func matchText(q *trigram.Query) string {
	var b strings.Builder
	b.WriteString(anyToken + " OR (")
	writeMatch(&b, q)
	b.WriteByte(')')
	return b.String()
}

func writeMatch(b *strings.Builder, q *trigram.Query) {
	and := ""
	for _, t := range q.All {
		b.WriteString(and)
		and = " AND "
		b.WriteByte('"')
		b.Write(appendTrigram(nil, t))
		b.WriteByte('"')
	}
	for _, group := range q.Any {
		b.WriteString(and)
		and = " AND "
		for i := range group {
			b.WriteString(map[bool]string{true: "(", false: " OR "}[i == 0])
			b.WriteByte('(')
			writeMatch(b, &group[i])
			b.WriteByte(')')
		}
		b.WriteByte(')')
	}
}

// OutputScope returns which parts of a run's streams a call (if it is not zero) or
// a task of a batch printed, in order of the stream and of the offset; parts that
// follow one another are one. What calls inside the call printed is theirs.
func (b *Book) OutputScope(ctx context.Context, run int64, call record.CallID, batch, task int64) ([]record.OutputPart, error) {
	where, args := "call = ?", []any{call.Pack()}
	if call.IsZero() {
		where, args = "batch = ? AND task = ?", []any{batch, task}
	}
	rows, err := b.db.QueryContext(ctx, "SELECT stream, offset, bytes FROM output_scope WHERE run = ? AND bytes > 0 AND "+where+" ORDER BY stream, offset",
		append([]any{run}, args...)...)
	if err != nil {
		return nil, fmt.Errorf("read who printed in run %d: %w", run, err)
	}
	defer func() { _ = rows.Close() }() // rows.Err says what there is to say
	parts := []record.OutputPart{}
	for rows.Next() {
		var p record.OutputPart
		if err := rows.Scan(&p.Stream, &p.Offset, &p.Bytes); err != nil {
			return nil, fmt.Errorf("read who printed in run %d: %w", run, err)
		}
		if n := len(parts); n > 0 && parts[n-1].Stream == p.Stream && parts[n-1].End() >= p.Offset {
			parts[n-1].Bytes = max(parts[n-1].Bytes, p.End()-parts[n-1].Offset)
			continue
		}
		parts = append(parts, p)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("read who printed in run %d: %w", run, err)
	}
	return parts, nil
}
