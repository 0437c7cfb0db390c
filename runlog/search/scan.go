package search

import (
	"context"

	"labbook/runlog/record"
)

// A streamScan finds what matches on one stream of a run.
type streamScan struct {
	search *Search
	run    *record.Run
	where  []record.OutputBlock // in order
	lines  lineReader

	before  []Line // the last lines that did not match
	due     int    // how many lines are wanted after the last match
	isApart bool   // lines were passed over since the last that was found
}

// found yields what is found. It goes from one stretch to the next and reads in
// each the lines of which a part is in it.
func (s *streamScan) found(ctx context.Context, yield func(Line) bool) error {
	s.isApart = true
	for _, block := range s.where {
		if s.lines.chunk.Seq > block.Last {
			continue // every line that begins before its end is done
		}
		if block.First > 0 {
			if err := s.lines.seek(ctx, block.First, s.search.options.Context); err != nil {
				return err
			}
		}
		for {
			seq, err := s.lines.peek(ctx)
			if err != nil || seq == 0 {
				return err
			}
			if seq > block.Last && s.due == 0 {
				break
			}
			isWanted := true
			err = s.lines.next(ctx, func(begin place, text []byte) {
				isWanted = isWanted && s.look(begin, text, yield)
			})
			if err != nil || !isWanted {
				return err
			}
		}
	}
	return nil
}

// look looks at one line, and returns whether more are wanted.
func (s *streamScan) look(begin place, text []byte, yield func(Line) bool) bool {
	if begin.isApart {
		s.before, s.due, s.isApart = s.before[:0], 0, true
	}
	matches := s.search.pattern.FindAllIndex(text, -1)
	if matches == nil && s.due == 0 && s.search.options.Context == 0 {
		s.isApart = true
		return true
	}
	line := Line{
		Run: s.run, Stream: s.lines.stream, Seq: begin.seq, Offset: begin.offset, At: begin.at,
		Text: string(text), Matches: matches,
	}
	switch {
	case matches != nil:
		for _, before := range s.before {
			if !s.yield(before, yield) {
				return false
			}
		}
		s.before, s.due = s.before[:0], s.search.options.Context
		return s.yield(line, yield)
	case s.due > 0:
		s.due--
		return s.yield(line, yield)
	}
	if len(s.before) == s.search.options.Context {
		s.before, s.isApart = append(s.before[:0], s.before[1:]...), true
	}
	s.before = append(s.before, line)
	return true
}

func (s *streamScan) yield(line Line, yield func(Line) bool) bool {
	line.Apart, s.isApart = s.isApart, false
	return yield(line)
}
