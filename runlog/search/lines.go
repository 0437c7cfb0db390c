package search

import (
	"bytes"
	"context"
	"time"

	"labbook/runlog/record"
	"labbook/runlog/safetext"
)

// chunksPerRead is how many chunks are read at once. A program that prints much
// prints 64 KiB at a time.
const chunksPerRead = 16

// A lineReader reads the lines of one stream of a run, from any place on.
type lineReader struct {
	book   Book
	run    int64
	stream record.Stream
	isRead func(bytes int) // is told what is read

	chunk record.Output // being read; none has Seq 0
	at    int           // how far
	ahead []record.Output
	after int64 // Seq of the last chunk that was read ahead
	end   int64 // of the last line in the stream, -1 for none
	line  safetext.PlainLine
}

// A place is where a line begins.
type place struct {
	seq, offset int64
	at          time.Time
	isApart     bool // it is not known what stands before it
}

// peek returns the number of the chunk in which the next line begins, 0 at the
// end.
func (r *lineReader) peek(ctx context.Context) (int64, error) {
	for r.at == len(r.chunk.Bytes) {
		if len(r.ahead) == 0 {
			more, err := r.book.StreamOutput(ctx, r.run, r.stream, r.after, chunksPerRead)
			if err != nil || len(more) == 0 {
				return 0, err
			}
			for i := range more {
				r.isRead(len(more[i].Bytes))
			}
			r.ahead, r.after = more, more[len(more)-1].Seq
		}
		r.chunk, r.ahead, r.at = r.ahead[0], r.ahead[1:], 0
	}
	return r.chunk.Seq, nil
}

// next reads a line and calls yield with each of its texts. There must be one.
func (r *lineReader) next(ctx context.Context, yield func(begin place, text []byte)) error {
	begin := place{seq: r.chunk.Seq, offset: r.chunk.Offset + int64(r.at), at: r.chunk.At}
	begin.isApart = begin.offset != r.end
	each := func(text []byte) {
		yield(begin, text)
		begin.isApart = false
	}
	for {
		part, _, found := bytes.Cut(r.chunk.Bytes[r.at:], newline)
		r.at += len(part)
		if found {
			r.at++
			r.line.End(part, each)
			break
		}
		r.line.Feed(part, each)
		end := r.chunk.End()
		seq, err := r.peek(ctx)
		if err != nil {
			return err
		}
		if seq == 0 || r.chunk.Offset != end {
			r.end = end
			r.line.End(nil, each)
			return nil
		}
	}
	r.end = r.chunk.Offset + int64(r.at)
	return nil
}

var newline = []byte("\n")

// seek moves on to the line that is open where a chunk begins, or that begins
// there, and as many lines before it as are asked for. If that is no further than
// the reader is already it stays where it is.
func (r *lineReader) seek(ctx context.Context, chunk int64, lines int) error {
	begin := int64(-1) // offset of what was looked at
	for {
		page, err := r.book.StreamOutputBefore(ctx, r.run, r.stream, chunk, chunksPerRead)
		if err != nil {
			return err
		}
		for i := range page {
			c := &page[i]
			if c.Seq <= r.chunk.Seq {
				return nil
			}
			if begin >= 0 && c.End() != begin {
				r.jump(chunk-1, record.Output{}, 0)
				return nil
			}
			r.isRead(len(c.Bytes))
			chunk, begin = c.Seq, c.Offset
			for end := bytes.LastIndexByte(c.Bytes, '\n'); end >= 0; end = bytes.LastIndexByte(c.Bytes[:end], '\n') {
				if lines == 0 {
					r.jump(c.Seq, *c, end+1)
					return nil
				}
				lines--
			}
		}
		if len(page) == 0 {
			if r.chunk.Seq == 0 {
				r.jump(0, record.Output{}, 0)
			}
			return nil
		}
	}
}

// jump goes to a place in a chunk, or to the first chunk after a number.
func (r *lineReader) jump(after int64, chunk record.Output, at int) {
	r.chunk, r.at, r.ahead, r.after, r.end = chunk, at, nil, after, -1
}
