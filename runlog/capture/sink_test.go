//go:build unix

package capture

import (
	"errors"
	"io"
	"testing"
	"time"

	"github.com/google/uuid"

	"labbook/runlog/event"
	"labbook/runlog/record"
	"labbook/runlog/spool"
)

// While nobody takes anything in, the beginning and the end of the output stay, each
// half of the limit.
func TestSinkKeepsBothEnds(t *testing.T) {
	t.Parallel()
	for _, limit := range []int64{2 * segmentSize, 5 * segmentSize, 8 * segmentSize} {
		dir := t.TempDir()
		s, err := newSink(dir, uuid.Must(uuid.NewV7()), limit)
		if err != nil {
			t.Fatal(err)
		}
		s.lost = func(err error) { t.Error(err) }
		const size = 65_532 // no multiple of it is a segment
		printed := make([]byte, size)
		var end int64
		for ; end < 15*segmentSize; end += size {
			s.append(&event.Output{Stream: record.Stdout, Offset: end, At: time.Now(), Bytes: printed})
		}
		if err := s.close(); err != nil {
			t.Fatal(err)
		}
		var beginning, at, sinceGap int64
		isWhole := true
		for _, e := range spooled(t, dir) {
			if e.Offset != at {
				isWhole, sinceGap = false, 0
			}
			at = e.Offset + int64(len(e.Bytes))
			sinceGap += int64(len(e.Bytes))
			if isWhole {
				beginning = at
			}
		}
		if beginning < limit/2 || beginning >= limit/2+segmentSize+size {
			t.Errorf("of the beginning %d bytes are left, want %d and no more than a segment besides", beginning, limit/2)
		}
		if isWhole || at != end || sinceGap < limit/2 {
			t.Errorf("whole %t, up to %d of %d; the last %d bytes are left, want %d", isWhole, at, end, sinceGap, limit/2)
		}
	}
}

// spooled reads all output in the spools of a folder, in the order of their names.
func spooled(t *testing.T, dir string) []*event.Output {
	t.Helper()
	paths, err := spool.List(dir)
	if err != nil {
		t.Fatal(err)
	}
	var all []*event.Output
	for _, path := range paths {
		r, err := spool.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		for {
			e, err := r.Next()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, e.(*event.Output))
		}
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	}
	return all
}
