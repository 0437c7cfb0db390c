package search

import (
	"context"
	"iter"
	"math"
	"regexp"
	"regexp/syntax"
	"slices"
	"time"

	"labbook/runlog/record"
	"labbook/runlog/trigram"
)

// Book is what a search reads; a *sqlbook.Book is one.
type Book interface {
	Runs(ctx context.Context, query record.RunQuery) ([]record.Run, error)
	OutputStreams(ctx context.Context, run int64) ([]record.Stream, error)
	StreamOutput(ctx context.Context, run int64, stream record.Stream, afterSeq int64, limit int) ([]record.Output, error)
	StreamOutputBefore(ctx context.Context, run int64, stream record.Stream, beforeSeq int64, limit int) ([]record.Output, error)
	OutputBlocks(ctx context.Context, query *trigram.Query, beforeRun, beforeSeq int64, limit int) ([]record.OutputBlock, error)
}

// Options say what to search for, and where. The zero Options match every line.
type Options struct {
	Pattern    string        // a regular expression of package regexp (RE2)
	Fixed      bool          // the pattern is the very text to find
	IgnoreCase bool          // letters of either case are the same
	Context    int           // lines around each match that are wanted too
	Filter     record.Filter // of the runs
	Stream     record.Stream // only of this one, and what was recorded as both; "" for all
	NoIndex    bool          // go through everything

	// Progress, if it is not nil, is told after each bit of output that was read
	// which run it was of, and how many bytes that makes in all.
	Progress func(run, bytes int64)
}

// Line is a line that matches, or one around it.
type Line struct {
	Run     *record.Run // shared by the lines of a run
	Stream  record.Stream
	Seq     int64     // of the chunk that it begins in
	Offset  int64     // in its stream, where it begins
	At      time.Time // when that chunk was printed
	Text    string    // harmless for a terminal
	Matches [][]int   // byte offsets in Text: begin and end of each; nil for a line around a match
	Apart   bool      // it does not follow on the line before it that was found on its stream
}

// Search is ready to go through a lab-book, also several times. It is safe for
// concurrent use if Progress is.
type Search struct {
	options Options
	pattern *regexp.Regexp
	query   trigram.Query
}

// New makes a search. The error says what is wrong with the pattern.
func New(options Options) (*Search, error) {
	text := options.Pattern
	if options.Fixed {
		text = regexp.QuoteMeta(text)
	}
	if _, err := regexp.Compile(text); err != nil {
		return nil, err
	}
	if options.IgnoreCase {
		text = "(?i:" + text + ")"
	}
	pattern, err := regexp.Compile(text)
	if err != nil {
		return nil, err
	}
	s := &Search{options: options, pattern: pattern}
	parsed, err := syntax.Parse(text, syntax.Perl)
	if err != nil {
		return nil, err
	}
	if !options.NoIndex {
		s.query = trigram.NewQuery(parsed)
	}
	return s, nil
}

// IsIndexed reports whether the index narrows the search. If not, it reads all
// output of the runs.
func (s *Search) IsIndexed() bool { return !s.query.IsZero() }

// Lines returns the lines that match and those around them: those of the newest
// run first, of one run in the order in which they were printed. After an error
// there are no more. What is printed or removed meanwhile may be found or not.
func (s *Search) Lines(ctx context.Context, book Book) iter.Seq2[Line, error] {
	return func(yield func(Line, error) bool) {
		if err := s.search(ctx, book, func(line Line) bool { return yield(line, nil) }); err != nil {
			yield(Line{}, err)
		}
	}
}

// pageSize is how many stretches are asked for at once.
const pageSize = 512

func (s *Search) search(ctx context.Context, book Book, yield func(Line) bool) error {
	blocks := blockReader{book: book, query: &s.query}
	read := int64(0)
	for before := int64(0); ; {
		if s.IsIndexed() {
			run, err := blocks.nextRun(ctx)
			if err != nil || run == 0 {
				return err
			}
			before = run + 1
		}
		run, err := s.runBefore(ctx, book, before)
		if err != nil || run == nil {
			return err
		}
		before = run.ID
		where := []record.OutputBlock{{Run: run.ID, First: 0, Last: math.MaxInt64}}
		if s.IsIndexed() {
			if where, err = blocks.of(ctx, run.ID); err != nil {
				return err
			}
		}
		more, err := s.searchRun(ctx, book, run, where, &read, yield)
		if err != nil || !more {
			return err
		}
	}
}

// runBefore returns the newest run with a smaller number that the filter lets
// through; nil if there is none.
func (s *Search) runBefore(ctx context.Context, book Book, before int64) (*record.Run, error) {
	if before == 1 {
		return nil, nil
	}
	runs, err := book.Runs(ctx, record.RunQuery{Filter: s.options.Filter, Before: before, Limit: 1})
	if err != nil || len(runs) == 0 {
		return nil, err
	}
	return &runs[0], nil
}

// searchRun merges what is found on the streams of a run.
func (s *Search) searchRun(ctx context.Context, book Book, run *record.Run, where []record.OutputBlock, read *int64, yield func(Line) bool) (more bool, err error) {
	if len(where) == 0 {
		return true, nil
	}
	streams, err := book.OutputStreams(ctx, run.ID)
	if err != nil {
		return false, err
	}
	streams = slices.DeleteFunc(streams, func(stream record.Stream) bool {
		return s.options.Stream != "" && stream != s.options.Stream && stream != record.Both
	})
	var sources []*source
	defer func() {
		for _, from := range sources {
			from.stop()
		}
	}()
	for _, stream := range streams {
		scan := &streamScan{search: s, run: run, where: where}
		scan.lines = lineReader{book: book, run: run.ID, stream: stream, end: -1, isRead: func(bytes int) {
			if *read += int64(bytes); s.options.Progress != nil {
				s.options.Progress(run.ID, *read)
			}
		}}
		sources = append(sources, newSource(ctx, scan))
	}
	for {
		var first *source
		for _, from := range sources {
			if from.err != nil {
				return false, from.err
			}
			if from.ok && (first == nil || from.line.Seq < first.line.Seq) {
				first = from
			}
		}
		if first == nil {
			return true, nil
		}
		if !yield(first.line) {
			return false, nil
		}
		first.pull()
	}
}

// A source gives what is found on a stream, a line ahead.
type source struct {
	next func() (Line, error, bool)
	stop func()

	line Line
	err  error
	ok   bool // there is a line, or an error
}

func newSource(ctx context.Context, scan *streamScan) *source {
	s := &source{}
	s.next, s.stop = iter.Pull2(func(yield func(Line, error) bool) {
		if err := scan.found(ctx, func(line Line) bool { return yield(line, nil) }); err != nil {
			yield(Line{}, err)
		}
	})
	s.pull()
	return s
}

func (s *source) pull() { s.line, s.err, s.ok = s.next() }

// blockReader reads the stretches of output that may hold a match.
type blockReader struct {
	book   Book
	query  *trigram.Query
	page   []record.OutputBlock // newest first
	before record.OutputBlock   // where the next page begins
	isEnd  bool
}

// fill makes sure that there is something in the page, unless it is the end.
func (r *blockReader) fill(ctx context.Context) error {
	if len(r.page) > 0 || r.isEnd {
		return nil
	}
	page, err := r.book.OutputBlocks(ctx, r.query, r.before.Run, r.before.First, pageSize)
	if err != nil {
		return err
	}
	r.page = page
	if len(page) == 0 {
		r.isEnd = true
		return nil
	}
	r.before = page[len(page)-1]
	return nil
}

// nextRun returns the newest run that may hold a match, 0 if there is none.
func (r *blockReader) nextRun(ctx context.Context) (int64, error) {
	if err := r.fill(ctx); err != nil || len(r.page) == 0 {
		return 0, err
	}
	return r.page[0].Run, nil
}

// of returns the stretches of a run, in the order in which they were printed, and
// passes over those of newer runs.
func (r *blockReader) of(ctx context.Context, run int64) ([]record.OutputBlock, error) {
	var blocks []record.OutputBlock
	for {
		n := slices.IndexFunc(r.page, func(b record.OutputBlock) bool { return b.Run <= run })
		if n < 0 {
			n = len(r.page)
		}
		r.page = r.page[n:]
		if len(r.page) == 0 && n > 0 && r.before.Run > run {
			r.before = record.OutputBlock{Run: run + 1}
		}
		if err := r.fill(ctx); err != nil {
			return nil, err
		}
		if len(r.page) == 0 || r.page[0].Run < run {
			slices.Reverse(blocks)
			return blocks, nil
		}
		if r.page[0].Run == run {
			blocks = append(blocks, r.page[0])
			r.page = r.page[1:]
		}
	}
}
