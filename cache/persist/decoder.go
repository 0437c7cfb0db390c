package persist

import (
	"encoding/binary"
	"fmt"
	"math"
	"slices"
	"sync"
)

// A decoder reads a stream, of which data is all, or what a source gave last.
// It never changes data.
type decoder struct {
	data  []byte
	base  int // where in the stream data begins
	pos   int // in the stream
	depth int
	slots []slot // what the tags 28 marked, in their order

	// keep is the size from which on an array stays where it lies in data, which
	// the caller gives away, or maps. 0 is never.
	keep   int
	copied int // arrays that long that could not stay

	input
}

var decoders = sync.Pool{New: func() any { return new(decoder) }}

// pooledDecoder returns a decoder for a moment.
func pooledDecoder(data []byte, keep int) *decoder {
	d := decoders.Get().(*decoder)
	d.data, d.keep = data, keep
	return d
}

// release makes the decoder as new, and gives it back.
func (d *decoder) release() {
	*d = decoder{}
	decoders.Put(d)
}

// A head is the beginning of an item: its major type and its number, which is
// a value, a length, or a tag.
type head struct {
	major      byte
	info       byte // the lower five bits of the first byte
	n          uint64
	indefinite bool
}

// remaining is how much is in memory.
func (d *decoder) remaining() int { return d.base + len(d.data) - d.pos }

// rest is what is in memory.
func (d *decoder) rest() []byte { return d.data[d.pos-d.base:] }

func (d *decoder) damaged(problem string, args ...any) error {
	return &SyntaxError{Offset: d.pos, Problem: fmt.Sprintf(problem, args...)}
}

// cutShort says why the stream does not go on where it should.
func (d *decoder) cutShort() error {
	if d.failure != nil {
		return d.failure
	}
	return d.damaged("the data ends within an item")
}

// peek returns the first byte of the next item without taking it.
func (d *decoder) peek() (byte, error) {
	if d.remaining() == 0 && !d.fill(1) {
		return 0, d.cutShort()
	}
	return d.data[d.pos-d.base], nil
}

// head takes the beginning of the next item.
func (d *decoder) head() (head, error) {
	if d.remaining() < maxHead && d.source != nil {
		d.fill(maxHead) // or as much as there is
	}
	first, err := d.peek()
	if err != nil {
		return head{}, err
	}
	h := head{major: first &^ 0x1f, info: first & 0x1f}
	rest := d.rest()[1:]
	size := 0
	switch {
	case h.info < 24:
		h.n = uint64(h.info)
	case h.info <= 27:
		size = 1 << (h.info - 24)
		if len(rest) < size {
			return head{}, d.cutShort()
		}
		var number [8]byte
		copy(number[8-size:], rest[:size])
		h.n = binary.BigEndian.Uint64(number[:])
	case h.info == indefinite && h.major >= majorBytes && h.major <= majorMap:
		h.indefinite = true
	default:
		return head{}, d.damaged("byte %#02x cannot begin an item", first)
	}
	d.pos += 1 + size
	return h, nil
}

// take takes the next n bytes. They stay there until the next item is read.
func (d *decoder) take(n uint64) ([]byte, error) {
	if n > uint64(d.remaining()) {
		switch {
		case d.source == nil:
			return nil, d.cutShort()
		case n > maxJoined:
			return d.collect(n)
		case !d.fill(int(n)):
			return nil, d.cutShort()
		}
	}
	b := d.rest()[:n]
	d.pos += int(n)
	return b, nil
}

// bytes takes the content of a byte string, the head of which was taken. The
// result is part of data wherever the content is in one piece and all of the
// stream is in memory; else it stays there until the next item is read.
func (d *decoder) bytes(h head) ([]byte, error) {
	if !h.indefinite {
		return d.take(h.n)
	}
	var content []byte
	pieces := 0
	for {
		n, more, err := d.chunk(h.major)
		if err != nil || !more {
			return content, err
		}
		piece, err := d.take(n)
		if err != nil {
			return nil, err
		}
		switch {
		case pieces == 0 && d.source == nil:
			content = piece
		case pieces <= 1:
			// Now it has to be put together, in memory of its own.
			content = append(slices.Clip(content), piece...)
		default:
			content = append(content, piece...)
		}
		pieces++
	}
}

// chunk takes the head of the next chunk of a string that holds something, or
// the end of the string.
func (d *decoder) chunk(major byte) (n uint64, more bool, err error) {
	for {
		first, err := d.peek()
		if err != nil {
			return 0, false, err
		}
		switch first {
		case major: // empty, as those before long arrays
			d.pos++
			continue
		case itemBreak:
			d.pos++
			return 0, false, nil
		}
		h, err := d.head()
		if err != nil {
			return 0, false, err
		}
		if h.major != major || h.indefinite {
			return 0, false, d.damaged("a string holds something other than its chunks")
		}
		if h.n > 0 {
			return h.n, true, nil
		}
	}
}

// count takes the number of items of an array or a map, the head of which was
// taken. No count is believed that the remaining bytes could not hold if each
// item takes least bytes.
func (d *decoder) count(h head, least int) (int, error) {
	if h.indefinite {
		return 0, d.damaged("arrays and maps of indefinite length are not supported")
	}
	if left, known := d.left(); h.n > math.MaxInt32 && h.n > math.MaxInt/64 || known && h.n > uint64(left/least) {
		return 0, d.cutShort()
	}
	return int(h.n), nil
}

// room is how many of n items get their memory, of size bytes each, before they
// are there. Items so much larger than their encoding have to prove themselves,
// and so have all where nobody knows how long the stream is.
func (d *decoder) room(n, least, size int) int {
	_, known := d.left()
	switch {
	case n <= 16, known && size <= 64*least:
		return n
	case known:
		return 16
	default:
		return max(16, min(n, d.trust()/max(size, 1)))
	}
}

// null takes a null if one comes next.
func (d *decoder) null() bool {
	if first, err := d.peek(); err == nil && first == itemNull {
		d.pos++
		return true
	}
	return false
}

// tag takes the given tag if it comes next.
func (d *decoder) tag(want uint64) bool {
	if first, err := d.peek(); err != nil || first&^0x1f != majorTag {
		return false
	}
	before := d.pos
	if h, err := d.head(); err == nil && h.n == want {
		return true
	}
	d.pos = before
	return false
}

func (d *decoder) descend() error {
	if d.depth++; d.depth > maxDepth {
		return d.damaged("nested more than %d levels deep", maxDepth)
	}
	return nil
}

func (d *decoder) ascend() { d.depth-- }

// mismatch says what stands where an item began, in place of what was wanted.
// An item that is damaged is that in the first place.
func (d *decoder) mismatch(start int, want string) error {
	if start < d.base {
		return &MismatchError{Want: want, Found: "something else"} // it is gone
	}
	d.pos = start
	h, err := d.head()
	if err != nil {
		return err
	}
	return &MismatchError{Want: want, Found: h.String()}
}

func (h head) String() string {
	switch h.major {
	case majorUint, majorNeg:
		return "an integer"
	case majorBytes:
		return "a byte string"
	case majorText:
		return "a text"
	case majorArray:
		return fmt.Sprintf("an array of %d", h.n)
	case majorMap:
		return fmt.Sprintf("a map of %d", h.n)
	case majorTag:
		return fmt.Sprintf("an item with tag %d", h.n)
	}
	switch h.info {
	case itemFalse & 0x1f, itemTrue & 0x1f:
		return "a boolean"
	case itemNull & 0x1f:
		return "null"
	case itemFloat16 & 0x1f, itemFloat32 & 0x1f, itemFloat64 & 0x1f:
		return fmt.Sprintf("a float of %d bits", 16<<(h.info-itemFloat16&0x1f))
	}
	return fmt.Sprintf("simple value %d", h.n)
}
