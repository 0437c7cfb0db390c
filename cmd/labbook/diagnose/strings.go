package diagnose

import (
	"encoding/hex"
	"fmt"
	"io"
	"math"
	"strconv"
	"unicode/utf8"
)

// A stretch is the beginning of a string, and how long that is in all.
type stretch struct {
	start []byte
	total uint64
}

// take reads up to limit bytes of a string, in one piece or in chunks, and skips
// the rest.
func (d *diagnosis) take(h head, limit int) (s stretch, err error) {
	if !h.isIndefinite() {
		return s, d.takeChunk(&s, h.arg, limit)
	}
	for range maxChunks {
		chunk, err := d.head()
		switch {
		case err != nil:
			return s, err
		case chunk.isBreak():
			return s, nil
		case chunk.major != h.major || chunk.isIndefinite():
			return s, ErrNoCBOR
		}
		if err := d.takeChunk(&s, chunk.arg, limit); err != nil {
			return s, err
		}
	}
	return s, errEnough
}

func (d *diagnosis) takeChunk(s *stretch, length uint64, limit int) error {
	if length > math.MaxInt64-s.total {
		return ErrNoCBOR
	}
	s.total += length
	n := int(min(length, uint64(max(limit-len(s.start), 0))))
	at := len(s.start)
	s.start = append(s.start, make([]byte, n)...)
	if _, err := io.ReadFull(d.in, s.start[at:]); err != nil {
		return err
	}
	return d.skip(int64(length) - int64(n))
}

// skip goes on behind n bytes without reading those that were not read yet.
func (d *diagnosis) skip(n int64) error {
	if buffered := int64(d.in.Buffered()); n > buffered {
		if _, err := d.file.Seek(n-buffered, io.SeekCurrent); err != nil {
			return err
		}
		d.in.Reset(d.file)
		return nil
	}
	_, err := d.in.Discard(int(n))
	return err
}

func (d *diagnosis) text(h head) error {
	s, err := d.take(h, maxText)
	if err != nil {
		return err
	}
	more := ""
	if s.total > uint64(len(s.start)) {
		more = fmt.Sprintf("…(%d bytes)", s.total)
		// The cut may have split a character.
		for range utf8.UTFMax - 1 {
			if r, size := utf8.DecodeLastRune(s.start); r == utf8.RuneError && size == 1 {
				s.start = s.start[:len(s.start)-1]
			}
		}
	}
	return d.write(strconv.Quote(string(s.start)) + more)
}

func (d *diagnosis) bytes(h head) error {
	s, err := d.take(h, maxBytes)
	if err != nil {
		return err
	}
	more := ""
	if s.total > uint64(len(s.start)) {
		more = fmt.Sprintf("…(%d bytes)", s.total)
	}
	return d.write("h'" + hex.EncodeToString(s.start) + "'" + more)
}
