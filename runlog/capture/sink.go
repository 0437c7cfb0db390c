//go:build unix

package capture

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"sync"

	"github.com/google/uuid"

	"labbook/runlog/event"
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
}

func newSink(dir string, run uuid.UUID, limit int64) (*sink, error) {
	s := &sink{dir: dir, run: run, limit: limit}
	return s, s.next()
}

// next begins a segment.
func (s *sink) next() error {
	if s.spool != nil {
		path := s.spool.Path()
		if err := s.spool.Close(); err != nil {
			return err
		}
		if s.limit > 0 && s.bytes > s.limit/2 {
			s.passed = append(s.passed, path)
		}
		// The current one counts too: after it has been filled, there are
		// as many bytes as the end is to have at least.
		for int64(len(s.passed)) > max(1, s.limit/2/segmentSize) {
			if err := os.Remove(s.passed[0]); err != nil && !errors.Is(err, fs.ErrNotExist) {
				return err
			}
			s.passed = s.passed[1:]
		}
	}
	s.segments++
	w, err := spool.Create(s.dir, s.run, fmt.Sprintf("output-%06d", s.segments))
	s.spool, s.inSpool = w, 0
	return err
}

// append spools an event. After a failure it spools no more; there is nobody in
// the helper to tell.
func (s *sink) append(e event.Event) {
	if s == nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err != nil {
		return
	}
	if s.inSpool >= segmentSize {
		if s.err = s.next(); s.err != nil {
			return
		}
	}
	if output, ok := e.(*event.Output); ok {
		s.bytes += int64(len(output.Bytes))
		s.inSpool += int64(len(output.Bytes))
	}
	s.err = s.spool.Append(e)
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
	return errors.Join(s.err, s.spool.Close())
}
