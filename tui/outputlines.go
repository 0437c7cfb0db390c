package tui

import (
	"slices"
	"strings"

	"github.com/charmbracelet/x/ansi"

	"labbook/runlog/display"
	"labbook/runlog/record"
	"labbook/runlog/safetext"
)

// An outputLine is a line of either stream, safe to show.
type outputLine struct {
	text    string
	chunk   int32 // that it began in, an index of the window's chunks
	nth     int32 // of the lines that began there
	isError bool  // standard error
	isMark  bool  // not printed: it says that output was left out
}

// newOutputWindow cuts chunks into lines. Each stream has lines of its own, and
// a line stands where it ended.
func newOutputWindow(chunks []record.Output, atStart, atEnd bool) outputWindow {
	w := outputWindow{chunks: chunks, atStart: atStart, atEnd: atEnd}
	streams := map[bool]*streamLines{false: {}, true: {isError: true}}
	var gaps record.Gaps
	for i := range chunks {
		c := &chunks[i]
		lines := streams[c.Stream == record.Stderr]
		// What stands before the first chunk of a stream may lie outside.
		if isKnown := atStart || gaps.Knows(c.Stream); !isKnown {
			gaps.Pass(c)
		} else if gap := gaps.Before(c); gap > 0 {
			w.lines = lines.leftOut(w.lines, int32(i), gap)
		}
		if len(c.Bytes) > 0 {
			w.lines = lines.feed(w.lines, int32(i), c.Bytes)
		}
	}
	rests := make([]outputLine, 0, 2)
	for _, isError := range []bool{false, true} {
		rests = streams[isError].rest(rests)
	}
	slices.SortStableFunc(rests, func(a, b outputLine) int { return int(a.chunk) - int(b.chunk) })
	w.lines = append(w.lines, rests...)
	return w
}

// streamLines cuts one stream into lines.
type streamLines struct {
	cleaner safetext.Lines
	isError bool
	isOpen  bool  // a line has begun and not ended
	chunk   int32 // that the current line began in
	nth     int32
}

func (s *streamLines) feed(lines []outputLine, chunk int32, bytes []byte) []outputLine {
	if !s.isOpen {
		s.chunk, s.nth = chunk, 0
	}
	s.cleaner.Feed(bytes, func(text string) {
		lines = append(lines, s.line(text))
		if s.chunk == chunk {
			s.nth++
		} else {
			s.chunk, s.nth = chunk, 0
		}
	})
	s.isOpen = bytes[len(bytes)-1] != '\n'
	return lines
}

// leftOut ends the line and marks that so much was left out before a chunk.
func (s *streamLines) leftOut(lines []outputLine, chunk int32, bytes int64) []outputLine {
	lines = s.rest(lines)
	*s = streamLines{isError: s.isError}
	return append(lines, outputLine{text: display.LeftOut(bytes), chunk: chunk, nth: -1, isError: s.isError, isMark: true})
}

func (s *streamLines) line(text string) outputLine {
	return outputLine{text: expandTabs(text), chunk: s.chunk, nth: s.nth, isError: s.isError}
}

func (s *streamLines) rest(lines []outputLine) []outputLine {
	if rest := s.cleaner.Rest(); rest != "" {
		return append(lines, s.line(rest))
	}
	return lines
}

// expandTabs puts spaces up to each eighth column in the place of tabs.
func expandTabs(text string) string {
	if !strings.Contains(text, "\t") {
		return text
	}
	var b strings.Builder
	column := 0
	for i, piece := range strings.Split(text, "\t") {
		if i > 0 {
			stop := 8 - column%8
			b.WriteString(spaces(stop))
			column += stop
		}
		b.WriteString(piece)
		column += ansi.StringWidth(piece)
	}
	return b.String()
}
