package persist

import (
	"errors"
	"io"
	"strings"
	"unsafe"
)

const (
	// margin is what a piece of a stream leaves free before it: room for the end
	// of the piece before, so that no item that fits is ever cut in two, and one
	// can be looked at again.
	margin = 64
	// maxHead is the longest beginning of an item.
	maxHead = 9
	// maxJoined is how much is brought together in one piece of memory in order
	// to be looked at as a whole.
	maxJoined = 4 << 10
	// windowSize is how much of a stream is read at a time.
	windowSize = 64 << 10
	// minTrust is how much memory a stream of unknown length gets on its word.
	minTrust = 1 << 20
)

// A source gives a stream piece by piece. Each stays there until the next is
// asked for, and has a margin before it that the caller may write to. The end
// is io.EOF.
type source interface {
	next() ([]byte, error)
}

// An input is where a decoder gets more from than it has in memory.
type input struct {
	source   source
	mapped   *mappedSource // source, if arrays stay in a mapping
	direct   io.Reader     // what source reads from, unchanged; nil if there is no such thing
	size     int           // of the whole stream; -1 if nobody knows
	believed int           // how much memory the stream may have on its word, if more than minTrust
	most     int           // how long the stream may be; 0 is any length
	failure  error         // why there was no more, unless it was the end
}

// left is how much is still to come, if that is known.
func (d *decoder) left() (n int, known bool) {
	switch {
	case d.source == nil:
		return d.remaining(), true
	case d.size >= 0:
		return d.size - d.pos, true
	default:
		return 0, false
	}
}

// trust is how much memory the stream gets for what is not there yet.
func (d *decoder) trust() int {
	trust := max(minTrust, d.believed)
	if d.most > 0 {
		trust = min(trust, d.most)
	}
	return trust
}

// available reports whether the next n bytes, which are few, are in memory.
func (d *decoder) available(n int) bool { return d.remaining() >= n || d.source != nil && d.fill(n) }

// between returns what was read, if it is still there.
func (d *decoder) between(start, end int) []byte {
	if start < d.base {
		return nil
	}
	return d.data[start-d.base : end-d.base]
}

// fill brings at least n bytes into memory, unless it returns false.
func (d *decoder) fill(n int) bool {
	for d.remaining() < n {
		if d.source == nil || d.failure != nil {
			return false
		}
		// The margin takes what is left, and as much of what was read as fits.
		from := max(d.base, min(d.pos, d.base+len(d.data)-margin))
		var joined []byte
		var saved [margin]byte
		kept := d.base + len(d.data) - from
		if kept > margin {
			joined = append(joined, d.between(from, from+kept)...)
		} else {
			copy(saved[margin-kept:], d.between(from, from+kept))
		}
		piece, err := d.source.next()
		if err != nil {
			// What was in the piece before may be gone.
			joined = append(joined, saved[margin-min(kept, margin):][:kept-len(joined)]...)
			d.data, d.base = joined, from
			d.fail(err)
			return false
		}
		if joined != nil {
			joined = append(joined, piece[margin:]...)
			d.data = joined
		} else {
			copy(piece[margin-kept:], saved[margin-kept:])
			d.data = piece[margin-kept:]
		}
		d.base = from
		if end := d.base + len(d.data); d.most > 0 && end > d.most {
			d.fail(&TooLargeError{Limit: int64(d.most)})
			return false
		}
	}
	return true
}

// fail keeps why the stream goes no further.
func (d *decoder) fail(err error) {
	if err == io.EOF { //nolint:errorlint // only as it is does it mean the end
		return
	}
	if e, ok := errors.AsType[*SyntaxError](err); ok && e.Offset < 0 {
		e.Offset = d.base + len(d.data)
	}
	d.failure = err
}

// read fills dst.
func (d *decoder) read(dst []byte) error {
	for len(dst) > 0 {
		if d.remaining() == 0 {
			if d.direct != nil && len(dst) >= windowSize {
				return d.readDirect(dst)
			}
			if !d.fill(1) {
				return d.cutShort()
			}
		}
		n := copy(dst, d.rest())
		d.pos += n
		dst = dst[n:]
	}
	return nil
}

// readDirect fills dst with what comes after all that is in memory.
func (d *decoder) readDirect(dst []byte) error {
	if d.most > 0 && len(dst) > d.most-d.pos {
		return &TooLargeError{Limit: int64(d.most)}
	}
	n, err := io.ReadFull(d.direct, dst)
	d.pos += n
	d.data, d.base = nil, d.pos
	if err == nil {
		return nil
	}
	if !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		d.fail(err)
	}
	return d.cutShort()
}

// collect takes the next n bytes into memory of their own.
func (d *decoder) collect(n uint64) ([]byte, error) {
	var c collector
	if err := c.read(d, n); err != nil {
		return nil, err
	}
	return c.memory, nil
}

// A collector brings together what may be longer than its stream: it is not
// believed more than the decoder trusts before the bytes are there.
type collector struct{ memory []byte }

// read appends the next n bytes.
func (c *collector) read(d *decoder, n uint64) error {
	for n > 0 {
		if len(c.memory) == cap(c.memory) {
			if err := c.extend(d, n, 1); err != nil {
				return err
			}
		}
		at := len(c.memory)
		step := int(min(n, uint64(cap(c.memory)-at)))
		c.memory = c.memory[:at+step]
		if err := d.read(c.memory[at:]); err != nil {
			return err
		}
		n -= uint64(step)
	}
	return nil
}

// extend makes room for the next n bytes, or for as many as the decoder trusts
// in, but for least.
func (c *collector) extend(d *decoder, n uint64, least int) error {
	have := len(c.memory)
	left, known := d.left()
	if known && n > uint64(left) {
		d.pos += d.remaining() // where it ends
		return d.cutShort()
	}
	if d.most > 0 && n > uint64(d.most-d.pos) {
		return &TooLargeError{Limit: int64(d.most)}
	}
	if !known {
		n = min(n, uint64(max(d.trust(), have, least)))
	}
	longer := newMemory(have + int(n))
	copy(longer, c.memory)
	c.memory = longer[:have]
	return nil
}

// newMemory returns n bytes, aligned for any number, with anything in them.
func newMemory(n int) []byte {
	if n >= 1<<20 {
		// make would clear them, which takes a third of the time that it takes
		// to read them from a file.
		var b strings.Builder
		b.Grow(n)
		if at := unsafe.StringData(b.String()); at != nil && uintptr(unsafe.Pointer(at))%8 == 0 {
			return unsafe.Slice(at, n)
		}
	}
	words := make([]uint64, (n+7)/8)
	return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(words))), n)
}

// A readerSource gives what a reader reads.
type readerSource struct {
	reader io.Reader
	buffer []byte
}

func (s *readerSource) next() ([]byte, error) {
	for range 100 {
		n, err := s.reader.Read(s.buffer[margin:])
		if n > 0 {
			return s.buffer[:margin+n], nil
		}
		if err != nil {
			return nil, err
		}
	}
	return nil, io.ErrNoProgress
}
