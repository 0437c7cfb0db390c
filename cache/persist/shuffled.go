package persist

import (
	"fmt"
	"reflect"
	"slices"
)

// encodeShuffled writes a long array for a compressor.
func (n numbers) encodeShuffled(e *encoder, memory []byte, size int) error {
	e.head(majorTag, tagShuffled)
	e.head(majorArray, 3)
	e.head(majorUint, n.tag)
	e.head(majorUint, frameSize)
	e.head(majorBytes, uint64(size))
	if size < flushSize {
		// Not worth a frame of its own.
		if !n.raw() {
			memory = appendConverted(nil, memory, n.memory, n.stream, n.signed, littleEndian)
		}
		at := len(e.buf)
		e.buf = slices.Grow(e.buf, size)[:at+size]
		shuffle(e.buf[at:], memory, n.stream)
		return e.flushFull()
	}
	if err := e.flush(); err != nil {
		return err
	}
	e.written += size
	if n.raw() {
		return e.frames.writeFrom(memory, n.stream)
	}
	return e.frames.writeWide(memory, n)
}

// shuffledContent takes what follows the tag of a shuffled array.
func (n numbers) shuffledContent(d *decoder, t reflect.Type) (content []byte, little bool, err error) {
	start := d.pos
	if h, err := d.head(); err != nil {
		return nil, false, err
	} else if h.major != majorArray || h.n != 3 || h.indefinite {
		return nil, false, d.mismatch(start, "a shuffled array")
	}
	tag, err := d.head()
	if err != nil {
		return nil, false, err
	}
	if tag.major != majorUint || !n.fitTag(tag.n) {
		return nil, false, &MismatchError{Want: typeName(t), Found: fmt.Sprintf("a shuffled array with tag %d", tag.n)}
	}
	size, err := d.head()
	if err != nil {
		return nil, false, err
	}
	if size.major != majorUint || size.n == 0 || size.n > maxFrame || size.n%uint64(n.stream) != 0 {
		return nil, false, d.damaged("a shuffled array has no sound size of its chunks")
	}
	h, err := d.head()
	if err != nil {
		return nil, false, err
	}
	if h.major != majorBytes || h.indefinite || h.n%uint64(n.stream*n.parts) != 0 {
		return nil, false, d.damaged("a shuffled array is no byte string of whole elements")
	}
	content, err = d.unshuffled(h.n, size.n, n.stream)
	return content, n.stream == 1 || tag.n&typedLittle != 0, err
}

// unshuffled takes the next n bytes, which are shuffled in chunks.
func (d *decoder) unshuffled(n, chunk uint64, width int) ([]byte, error) {
	var c collector
	var scratch []byte
	defer func() { freeBlock(scratch) }()
	for left := n; left > 0; {
		size := int(min(chunk, left))
		if cap(c.memory)-len(c.memory) < size {
			// A chunk is short: all of it may be believed.
			if err := c.extend(d, left, size); err != nil {
				return nil, err
			}
		}
		if d.remaining() == 0 {
			d.fill(1)
		}
		from := d.rest()
		if len(from) < size {
			if scratch == nil {
				scratch = newBlock(int(min(chunk, n)))
			}
			from = scratch[:size]
			if err := d.read(from); err != nil {
				return nil, err
			}
		} else {
			d.pos += size
		}
		at := len(c.memory)
		c.memory = c.memory[:at+size]
		unshuffle(c.memory[at:], from[:size], width)
		left -= uint64(size)
	}
	return c.memory, nil
}
