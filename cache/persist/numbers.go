package persist

import (
	"bytes"
	"encoding/binary"
	"math/bits"
	"reflect"
	"slices"
	"unsafe"
)

// The tags of typed arrays say kind, byte order and width of their elements
// (RFC 8746): 64 + these.
const (
	tagTypedArray   = 64
	typedFloat      = 1 << 4
	typedSigned     = 1 << 3
	typedLittle     = 1 << 2
	tagClampedBytes = 68
)

const (
	// arrayAlignment is what divides the offset of a long array, so that it can
	// be used where a file is mapped, and by the widest of vector instructions.
	arrayAlignment = 64
	// longArray is the size from which on the padding is worth its bytes, a
	// tenth at most in the mean. What is shorter is copied in no time.
	longArray = 256
)

// padding is empty chunks, as many as may be needed.
var padding = bytes.Repeat([]byte{emptyBytes}, arrayAlignment-1)

var littleEndian = binary.NativeEndian.Uint16([]byte{1, 0}) == 1

// Numbers are how the elements of a numeric slice or array are laid out, in
// memory and in a stream.
type numbers struct {
	tag    uint64
	memory int // bytes of one number in memory; of a complex number, of one part
	stream int // bytes of one number in a stream: int and uint have 8 on every machine
	parts  int // numbers of one element: 2 if it is complex
	signed bool
}

// numbersOf tells for an element type whether slices of it are stored as typed
// arrays.
func numbersOf(t reflect.Type) (n numbers, ok bool) {
	n = numbers{memory: int(t.Size()), stream: int(t.Size()), parts: 1}
	kind := 0
	switch t.Kind() {
	case reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		kind, n.signed = typedSigned, true
	case reflect.Int:
		kind, n.signed, n.stream = typedSigned, true, 8
	case reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
	case reflect.Uint:
		n.stream = 8
	case reflect.Float32, reflect.Float64:
		kind = typedFloat
	case reflect.Complex64, reflect.Complex128:
		kind = typedFloat
		n.memory, n.stream, n.parts = n.memory/2, n.stream/2, 2
	default:
		return numbers{}, false
	}
	// The width stands there as its logarithm, counted from 16 bits for floats.
	width := bits.TrailingZeros(uint(n.stream))
	if kind == typedFloat {
		width--
	}
	n.tag = tagTypedArray | uint64(kind|width)
	if n.stream > 1 {
		n.tag |= typedLittle
	}
	return n, true
}

// isBytes reports whether the array is a byte string, which needs no tag.
func (n numbers) isBytes() bool { return n.tag == tagTypedArray }

// raw reports whether memory and stream agree on this machine.
func (n numbers) raw() bool {
	return n.memory == n.stream && (n.memory == 1 || littleEndian)
}

// room is about what count elements take in a stream, padding included.
func (n numbers) room(count int) int {
	size := count * n.parts * n.stream
	if size >= longArray {
		size += arrayAlignment / 2
	}
	return size + 8
}

// encode writes count elements.
func (n numbers) encode(e *encoder, at unsafe.Pointer, count int) error {
	total := count * n.parts
	size := total * n.stream
	memory := unsafe.Slice((*byte)(at), total*n.memory)
	long := n.stream > 1 && size >= longArray && !e.inKey
	if long && e.frames != nil {
		return n.encodeShuffled(e, memory, size)
	}
	if !n.isBytes() {
		e.head(majorTag, n.tag)
	}
	if long {
		e.buf = append(e.buf, indefiniteBytes)
		short := -(e.offset() + headSize(uint64(size))) & (arrayAlignment - 1)
		e.buf = append(e.buf, padding[:short]...)
	}
	e.head(majorBytes, uint64(size))
	if n.raw() {
		if err := e.content(memory); err != nil {
			return err
		}
	} else {
		for piece := range slices.Chunk(memory, flushSize) {
			e.buf = appendConverted(e.buf, piece, n.memory, n.stream, n.signed, littleEndian)
			if err := e.flushFull(); err != nil {
				return err
			}
		}
	}
	if long {
		e.buf = append(e.buf, itemBreak)
	}
	return nil
}

// content takes an array of these numbers, in whichever byte order it is. It is
// the caller's own if it had to be brought together, else part of what the
// decoder reads.
func (n numbers) content(d *decoder, t reflect.Type) (content []byte, little, own bool, err error) {
	start := d.pos
	h, err := d.head()
	if err != nil {
		return nil, false, false, err
	}
	little = n.stream == 1
	switch {
	case h.major == majorTag && h.n == tagShuffled:
		content, little, err = n.shuffledContent(d, t)
		return content, little, true, err
	case h.major == majorTag:
		if !n.fitTag(h.n) {
			return nil, false, false, d.mismatch(start, typeName(t))
		}
		little = little || h.n&typedLittle != 0
		if h, err = d.head(); err != nil {
			return nil, false, false, err
		}
	case !n.isBytes():
		return nil, false, false, d.mismatch(start, typeName(t))
	}
	if h.major != majorBytes {
		return nil, false, false, d.mismatch(start, typeName(t))
	}
	if d.mapped != nil && (h.indefinite || h.n >= mapSize) {
		content, err = d.takeMappedString(h)
	} else if own = d.source != nil && (h.indefinite || h.n > uint64(d.remaining())); own {
		content, err = d.collectString(h)
	} else {
		content, err = d.bytes(h)
	}
	if err != nil {
		return nil, false, false, err
	}
	return content, little, own, n.whole(d, len(content))
}

// fitTag reports whether tag stands for arrays of these numbers.
func (n numbers) fitTag(tag uint64) bool {
	return tag == n.tag || n.stream > 1 && tag == n.tag&^typedLittle || n.isBytes() && tag == tagClampedBytes
}

// whole checks the size of an array.
func (n numbers) whole(d *decoder, size int) error {
	if size%(n.stream*n.parts) != 0 {
		return d.damaged("an array of %d bytes is no whole number of elements of %d", size, n.stream*n.parts)
	}
	return nil
}

// collectString takes the content of a byte string into memory of its own.
func (d *decoder) collectString(h head) ([]byte, error) {
	if !h.indefinite {
		return d.collect(h.n)
	}
	var c collector
	for {
		n, more, err := d.chunk(h.major)
		if err != nil || !more {
			return c.memory, err
		}
		if err := c.read(d, n); err != nil {
			return nil, err
		}
	}
}

// store copies content into memory for as many elements.
func (n numbers) store(at unsafe.Pointer, content []byte, little bool, t reflect.Type) error {
	if len(content) == 0 {
		return nil
	}
	memory := unsafe.Slice((*byte)(at), len(content)/n.stream*n.memory)
	if n.memory == n.stream {
		copy(memory, content)
		if n.memory > 1 && little != littleEndian {
			reverseEach(memory, n.memory)
		}
		return nil
	}
	if i := narrow(memory, content, little, n.signed); i >= 0 {
		return atIndex(&MismatchError{Want: typeName(t), Found: "a number that takes 64 bits"}, i)
	}
	return nil
}

// appendConverted appends the numbers in memory to b, little endian and stream
// bytes wide. It is what machines do that are not like that themselves.
func appendConverted(b, memory []byte, width, stream int, signed, little bool) []byte {
	for number := range slices.Chunk(memory, width) {
		at := len(b)
		b = append(b, number...)
		if !little {
			slices.Reverse(b[at:])
		}
		fill := byte(0)
		if signed && b[len(b)-1]&0x80 != 0 {
			fill = 0xff
		}
		for len(b) < at+stream {
			b = append(b, fill)
		}
	}
	return b
}

// reverseEach turns the bytes of each number around.
func reverseEach(b []byte, width int) {
	for number := range slices.Chunk(b, width) {
		slices.Reverse(number)
	}
}

// narrow stores numbers of 64 bits as numbers of 32 in this machine's order. It
// returns the index of one that does not fit, or -1.
func narrow(memory, content []byte, little, signed bool) int {
	for i := range len(content) / 8 {
		number := content[8*i : 8*i+8]
		wide := binary.BigEndian.Uint64(number)
		if little {
			wide = binary.LittleEndian.Uint64(number)
		}
		short := uint32(wide)
		if signed && int64(int32(short)) != int64(wide) || !signed && uint64(short) != wide {
			return i
		}
		binary.NativeEndian.PutUint32(memory[4*i:], short)
	}
	return -1
}
