package tui

import (
	"context"
	"slices"

	"labbook/runlog/record"
)

// A run may have printed gigabytes. What is held of it is a window of
// consecutive chunks, at most windowBytes and one chunk; a step up or down moves
// it by about stepChunks. chunksPerRead keeps one read of the lab-book short.
const (
	windowBytes   = 512 << 10
	stepChunks    = 512
	chunksPerRead = 32
)

// An outputWindow is a part of a run's output. It is made by a command and never
// changed afterwards.
type outputWindow struct {
	chunks         []record.Output
	lines          []outputLine
	atStart, atEnd bool
}

// outputReader reads windows of one run's output. Its methods run in commands.
type outputReader struct {
	book Book
	run  int64
}

// end returns the window at the end of the output.
func (r outputReader) end(ctx context.Context) (outputWindow, error) {
	last, err := r.lastSeq(ctx)
	if err != nil {
		return outputWindow{}, err
	}
	// Chunks may be so large that fewer of them fill the window. A step that is
	// within one read surely reaches the last.
	for step := int64(stepChunks); ; step /= 4 {
		after := max(last-step, 0)
		chunks, isEnd, err := r.read(ctx, after, 0, windowBytes)
		if err != nil {
			return outputWindow{}, err
		}
		if isEnd || chunks[len(chunks)-1].Seq >= last {
			first := beginOfLast(chunks)
			return newOutputWindow(chunks[first:], after == 0 && first == 0, true), nil
		}
	}
}

// start returns the window at the beginning.
func (r outputReader) start(ctx context.Context) (outputWindow, error) {
	chunks, isEnd, err := r.read(ctx, 0, 0, windowBytes)
	if err != nil {
		return outputWindow{}, err
	}
	end := endOfFirst(chunks, windowBytes)
	return newOutputWindow(chunks[:end], true, isEnd && end == len(chunks)), nil
}

// down returns the window with what follows it, for which chunks at its
// beginning may have to go. It moves by half a window, so that what is on the
// screen stays in it.
func (r outputReader) down(ctx context.Context, w outputWindow) (outputWindow, error) {
	after := int64(0)
	if len(w.chunks) > 0 {
		after = w.chunks[len(w.chunks)-1].Seq
	}
	more, isEnd, err := r.read(ctx, after, 0, windowBytes/2)
	if err != nil {
		return outputWindow{}, err
	}
	if len(more) == 0 {
		w.atEnd = isEnd
		return w, nil
	}
	kept := endOfFirst(more, windowBytes/2)
	chunks := append(slices.Clip(w.chunks), more[:kept]...)
	first := beginOfLast(chunks)
	return newOutputWindow(chunks[first:], w.atStart && first == 0, isEnd && kept == len(more)), nil
}

// endOfFirst returns how many chunks, from the first on, make up so many bytes.
func endOfFirst(chunks []record.Output, bytes int) int {
	size, end := 0, 0
	for end < len(chunks) && size < bytes {
		size += len(chunks[end].Bytes)
		end++
	}
	return end
}

// beginOfLast returns from which chunk on they fill a window, up to the last.
func beginOfLast(chunks []record.Output) int {
	size, first := 0, len(chunks)
	for first > 0 && size < windowBytes {
		first--
		size += len(chunks[first].Bytes)
	}
	return first
}

// up returns the window with what precedes it, for which chunks at its end may
// have to go.
func (r outputReader) up(ctx context.Context, w outputWindow) (outputWindow, error) {
	if len(w.chunks) == 0 {
		return r.start(ctx)
	}
	before, isStart, err := r.preceding(ctx, w.chunks[0].Seq)
	if err != nil {
		return outputWindow{}, err
	}
	chunks := slices.Concat(before, w.chunks)
	end := endOfFirst(chunks, windowBytes)
	return newOutputWindow(chunks[:end], isStart, w.atEnd && end == len(chunks)), nil
}

// preceding returns the chunks just before a sequence number, at most half a
// window of them, and whether the output starts with them.
func (r outputReader) preceding(ctx context.Context, before int64) (chunks []record.Output, isStart bool, err error) {
	// Should numbers be missing, it takes a longer step to find a chunk.
	for step := int64(stepChunks); ; step *= 2 {
		after := max(before-1-step, 0)
		for from := after; from < before-1; {
			page, isEnd, err := r.read(ctx, from, before, windowBytes)
			if err != nil {
				return nil, false, err
			}
			chunks = append(chunks, page...)
			size := 0
			for i, chunk := range slices.Backward(chunks) {
				if size += len(chunk.Bytes); size > windowBytes/2 && i > 0 {
					after = chunks[i-1].Seq
					chunks = slices.Clone(chunks[i:])
					break
				}
			}
			if isEnd || len(page) == 0 {
				break
			}
			from = page[len(page)-1].Seq
		}
		if len(chunks) > 0 || after == 0 {
			return chunks, after == 0, nil
		}
	}
}

// read returns chunks after a sequence number and before another, 0 for none:
// all of them, or as many as make up so many bytes. It tells whether that was
// the end of the output.
func (r outputReader) read(ctx context.Context, after, before int64, bytes int) (chunks []record.Output, isEnd bool, err error) {
	for size := 0; size < bytes; {
		page, err := r.book.Output(ctx, r.run, after, chunksPerRead)
		if err != nil {
			return nil, false, err
		}
		if len(page) == 0 {
			return chunks, true, nil
		}
		for _, chunk := range page {
			if before != 0 && chunk.Seq >= before {
				return chunks, false, nil
			}
			chunks = append(chunks, chunk)
			size += len(chunk.Bytes)
		}
		after = page[len(page)-1].Seq
	}
	return chunks, false, nil
}

// lastSeq returns the number of the last chunk, 0 if there is none. The
// lab-book is only read forwards, so it looks whether there is anything after a
// number: twice as far each time, then halving, some 40 look-ups for a million
// chunks.
func (r outputReader) lastSeq(ctx context.Context) (int64, error) {
	next := func(after int64) (int64, error) {
		chunks, err := r.book.Output(ctx, r.run, after, 1)
		if err != nil || len(chunks) == 0 {
			return 0, err
		}
		return chunks[0].Seq, nil
	}
	last, err := next(0)
	if err != nil || last == 0 {
		return 0, err
	}
	end := last // nothing lies beyond, once it is more than last
	for step := int64(1); end == last; step *= 2 {
		seq, err := next(last + step)
		switch {
		case err != nil:
			return 0, err
		case seq == 0:
			end = last + step
		default:
			last, end = seq, seq
		}
	}
	for last < end {
		middle := last + (end-last)/2
		seq, err := next(middle)
		switch {
		case err != nil:
			return 0, err
		case seq == 0:
			end = middle
		default:
			last = seq
		}
	}
	return last, nil
}
