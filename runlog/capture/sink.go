//go:build unix

package capture

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"slices"
	"sync"

	"github.com/google/uuid"

	"labbook/runlog/event"
	"labbook/runlog/record"
	"labbook/runlog/spool"
)

// segmentSize is how much output goes into one spool. Each is taken in and
// removed as a whole.
const segmentSize = 4 << 20

// A sink spools the output of a run in segments. It never waits for those who
// take them in: it drops what they do not come to, see Options.Limit.
type sink struct {
	dir   string
	run   uuid.UUID
	limit int64

	mu       sync.Mutex
	spool    *spool.Writer // the segment that is written to
	segments int           // so far
	bytes    int64         // of output so far
	inSpool  int64         // of output in the current segment
	passed   []string      // segments behind the beginning, the oldest first
	err      error
	lost     func(error)             // is told of the first error
	tails    map[record.Stream]*tail // once there is an error
}

// A tail is the end of what could not be spooled of a stream.
type tail struct{ event.Output }

// tailSize bounds the tail of each stream. Both fit into what the spool keeps
// room for.
const tailSize = 2 << 10

func (t *tail) add(e *event.Output) {
	t.Stream, t.At = e.Stream, e.At
	t.Bytes = append(t.Bytes, e.Bytes[max(0, len(e.Bytes)-tailSize):]...)
	t.Bytes = t.Bytes[max(0, len(t.Bytes)-tailSize):]
	t.Offset = e.Offset + int64(len(e.Bytes)-len(t.Bytes))
}

func newSink(dir string, run uuid.UUID, limit int64) (*sink, error) {
	s := &sink{dir: dir, run: run, limit: limit}
	return s, s.next()
}

// next begins a segment. If it cannot the last one stays open.
func (s *sink) next() error {
	w, err := spool.Create(s.dir, s.run, fmt.Sprintf("output-%06d", s.segments+1))
	if err != nil {
		return err
	}
	last, began := s.spool, s.bytes-s.inSpool
	s.spool, s.inSpool = w, 0
	s.segments++
	if last != nil {
		path := last.Path()
		if err := last.Close(); err != nil {
			return err
		}
		if s.limit > 0 && began >= s.limit/2 { // else it is of the beginning
			s.passed = append(s.passed, path)
		}
		// So many hold as much as the end is to have, even if the current one has
		// just begun.
		for int64(len(s.passed)) > (s.limit/2+segmentSize-1)/segmentSize {
			if err := os.Remove(s.passed[0]); err != nil && !errors.Is(err, fs.ErrNotExist) {
				return err
			}
			s.passed = s.passed[1:]
		}
	}
	return nil
}

// append spools an event. After a failure what the streams end with is spooled when
// they do, and how the program ended.
func (s *sink) append(e event.Event) {
	if s == nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err == nil {
		if s.err = s.spoolEvent(e); s.err == nil {
			return
		}
		s.lost(s.err)
	}
	switch e := e.(type) {
	case *event.Output:
		s.keepTail(e)
	case *event.Exit:
		s.spoolTails()
		_ = s.spool.AppendLast(e) // that it is lost was said
	}
}

func (s *sink) spoolEvent(e event.Event) error {
	if s.inSpool >= segmentSize {
		if err := s.next(); err != nil {
			return err
		}
	}
	if output, ok := e.(*event.Output); ok {
		s.bytes += int64(len(output.Bytes))
		s.inSpool += int64(len(output.Bytes))
	}
	return s.spool.Append(e)
}

// keepTail keeps what may be the end of a stream.
func (s *sink) keepTail(e *event.Output) {
	if s.tails == nil {
		s.tails = map[record.Stream]*tail{}
	}
	if s.tails[e.Stream] == nil {
		s.tails[e.Stream] = &tail{}
	}
	s.tails[e.Stream].add(e)
}

// spoolTails spools the ends of the streams, in the order in which they were
// printed.
func (s *sink) spoolTails() {
	tails := slices.SortedFunc(maps.Values(s.tails), func(a, b *tail) int { return a.At.Compare(b.At) })
	for _, t := range tails {
		_ = s.spool.AppendLast(&t.Output) // that it is lost was said
	}
	s.tails = nil
}

func (s *sink) close() error {
	if s == nil {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.spool == nil {
		return s.err
	}
	s.spoolTails()
	return errors.Join(s.err, s.spool.Close())
}
