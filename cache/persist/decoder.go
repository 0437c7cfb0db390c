package persist

import (
	"encoding/binary"
	"fmt"
	"slices"
)

// A decoder reads from data, which it never changes.
type decoder struct {
	data  []byte
	pos   int
	depth int
	slots []slot // what the tags 28 marked, in their order

	// keep allows long arrays to stay where they lie in data: the caller gives
	// data away.
	keep bool
}

// A head is the beginning of an item: its major type and its number, which is
// a value, a length, or a tag.
type head struct {
	major      byte
	info       byte // the lower five bits of the first byte
	n          uint64
	indefinite bool
}

func (d *decoder) remaining() int { return len(d.data) - d.pos }

func (d *decoder) damaged(problem string, args ...any) error {
	return &SyntaxError{Offset: d.pos, Problem: fmt.Sprintf(problem, args...)}
}

func (d *decoder) cutShort() error { return d.damaged("the data ends within an item") }

// peek returns the first byte of the next item without taking it.
func (d *decoder) peek() (byte, error) {
	if d.pos >= len(d.data) {
		return 0, d.cutShort()
	}
	return d.data[d.pos], nil
}

// head takes the beginning of the next item.
func (d *decoder) head() (head, error) {
	first, err := d.peek()
	if err != nil {
		return head{}, err
	}
	h := head{major: first &^ 0x1f, info: first & 0x1f}
	rest := d.data[d.pos+1:]
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

// take takes the next n bytes.
func (d *decoder) take(n uint64) ([]byte, error) {
	if n > uint64(d.remaining()) {
		return nil, d.cutShort()
	}
	b := d.data[d.pos : d.pos+int(n)]
	d.pos += int(n)
	return b, nil
}

// bytes takes the content of a byte string, the head of which was taken. The
// result is part of data wherever the content is in one piece.
func (d *decoder) bytes(h head) ([]byte, error) {
	if !h.indefinite {
		return d.take(h.n)
	}
	var content []byte
	pieces := 0
	for {
		// Empty chunks pad long arrays.
		for d.pos < len(d.data) && d.data[d.pos] == h.major {
			d.pos++
		}
		if first, err := d.peek(); err == nil && first == itemBreak {
			d.pos++
			return content, nil
		}
		chunk, err := d.head()
		if err != nil {
			return nil, err
		}
		if chunk.major != h.major || chunk.indefinite {
			return nil, d.damaged("a string holds something other than its chunks")
		}
		piece, err := d.take(chunk.n)
		if err != nil {
			return nil, err
		}
		switch {
		case len(piece) == 0:
			continue
		case pieces == 0:
			content = piece
		case pieces == 1:
			// Now it has to be put together, in memory of its own.
			content = append(slices.Clip(content), piece...)
		default:
			content = append(content, piece...)
		}
		pieces++
	}
}

// count takes the number of items of an array or a map, the head of which was
// taken. No count is believed that the remaining bytes could not hold if each
// item takes least bytes.
func (d *decoder) count(h head, least int) (int, error) {
	if h.indefinite {
		return 0, d.damaged("arrays and maps of indefinite length are not supported")
	}
	if h.n > uint64(d.remaining()/least) {
		return 0, d.cutShort()
	}
	return int(h.n), nil
}

// null takes a null if one comes next.
func (d *decoder) null() bool {
	if d.pos < len(d.data) && d.data[d.pos] == itemNull {
		d.pos++
		return true
	}
	return false
}

// tag takes the given tag if it comes next.
func (d *decoder) tag(want uint64) bool {
	before := d.pos
	if h, err := d.head(); err == nil && h.major == majorTag && h.n == want {
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
