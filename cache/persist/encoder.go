package persist

import (
	"bytes"
	"encoding/binary"
	"io"
	"reflect"
	"sync"
)

// CBOR's major types, as they stand in the upper three bits of an item's
// first byte.
const (
	majorUint  = 0 << 5
	majorNeg   = 1 << 5
	majorBytes = 2 << 5
	majorText  = 3 << 5
	majorArray = 4 << 5
	majorMap   = 5 << 5
	majorTag   = 6 << 5
	majorOther = 7 << 5
)

// Items of one byte, and the first bytes of floats.
const (
	itemFalse   = 0xf4
	itemTrue    = 0xf5
	itemNull    = 0xf6
	itemFloat16 = 0xf9
	itemFloat32 = 0xfa
	itemFloat64 = 0xfb
	itemBreak   = 0xff

	emptyBytes      = majorBytes
	indefiniteBytes = majorBytes | indefinite
	indefinite      = 31 // in the lower five bits
)

const (
	tagTime        = 0
	tagPositiveBig = 2
	tagNegativeBig = 3
	tagObject      = 27
	tagShareable   = 28
	tagReference   = 29
	tagSelf        = 55799
	tagShuffled    = 0x4C53_4846 // "LSHF"
	tagStream      = 0x4C42_0000 // "LB", then the version in the lower 16 bits

	formatVersion = 1
)

// maxDepth bounds how deep values nest, so that a long linked list, or hostile
// input, is an error instead of the end of the stack and of the program.
const maxDepth = 10_000

// flushSize is how much an encoder with a writer gathers before it writes, and
// from which size on it writes an array from where it lies.
const flushSize = 64 << 10

type encoder struct {
	buf     []byte
	out     io.Writer   // nil: everything stays in buf
	written int         // bytes that went to out
	frames  *compressor // out, if that compresses
	depth   int

	// inKey is set within a map key: keys are sorted by their bytes, which
	// therefore must not depend on where in the stream they stand.
	inKey bool

	shared  map[node]int // see share
	sharing int          // nodes marked as shareable

	roots [4]root // room for those of most values
}

func newEncoder(out io.Writer) *encoder {
	e := &encoder{out: out}
	e.head(majorTag, tagSelf)
	e.head(majorTag, tagStream|formatVersion)
	return e
}

// pooled is how large a buffer is kept for the next value. Most results of
// cached functions are smaller by far.
const pooled = 4 << 10

var encoders = sync.Pool{New: func() any { return newEncoder(nil) }}

// pooledEncoder returns an encoder that writes to memory, for a moment.
func pooledEncoder() *encoder { return encoders.Get().(*encoder) }

// result takes what was written.
func (e *encoder) result() []byte {
	if len(e.buf) <= pooled {
		return bytes.Clone(e.buf)
	}
	b := e.buf
	e.buf = nil
	return b
}

// release makes the encoder as new, and gives it back.
func (e *encoder) release() {
	if e.buf == nil || cap(e.buf) > 2*pooled {
		return
	}
	*e = encoder{buf: append(e.buf[:0], streamStart...)}
	encoders.Put(e)
}

// offset is where in the stream the next byte goes.
func (e *encoder) offset() int { return e.written + len(e.buf) }

// head writes the beginning of an item in its shortest form.
func (e *encoder) head(major byte, n uint64) { e.buf = appendHead(e.buf, major, n) }

func appendHead(b []byte, major byte, n uint64) []byte {
	switch {
	case n < 24:
		return append(b, major|byte(n))
	case n <= 0xff:
		return append(b, major|24, byte(n))
	case n <= 0xffff:
		return binary.BigEndian.AppendUint16(append(b, major|25), uint16(n))
	case n <= 0xffff_ffff:
		return binary.BigEndian.AppendUint32(append(b, major|26), uint32(n))
	default:
		return binary.BigEndian.AppendUint64(append(b, major|27), n)
	}
}

func headSize(n uint64) int {
	switch {
	case n < 24:
		return 1
	case n <= 0xff:
		return 2
	case n <= 0xffff:
		return 3
	case n <= 0xffff_ffff:
		return 5
	default:
		return 9
	}
}

func (e *encoder) null() { e.buf = append(e.buf, itemNull) }

func (e *encoder) int(n int64) {
	if n < 0 {
		e.head(majorNeg, uint64(^n))
		return
	}
	e.head(majorUint, uint64(n))
}

func (e *encoder) text(s string) {
	e.head(majorText, uint64(len(s)))
	e.buf = append(e.buf, s...)
}

// bytes writes a byte string.
func (e *encoder) bytes(b []byte) error {
	e.head(majorBytes, uint64(len(b)))
	return e.content(b)
}

// content writes the content of a byte string, long ones from where they lie.
func (e *encoder) content(b []byte) error {
	if e.out == nil || len(b) < flushSize {
		e.buf = append(e.buf, b...)
		return e.flushFull()
	}
	if err := e.flush(); err != nil {
		return err
	}
	if e.frames != nil {
		e.written += len(b)
		return e.frames.writeFrom(b, 0)
	}
	n, err := e.out.Write(b)
	e.written += n
	return err
}

// flushFull writes the buffer out if it is worth writing.
func (e *encoder) flushFull() error {
	if e.out == nil || len(e.buf) < flushSize {
		return nil
	}
	return e.flush()
}

func (e *encoder) flush() error {
	n, err := e.out.Write(e.buf)
	e.written += n
	e.buf = e.buf[:0]
	return err
}

// descend counts a level of nesting; ascend takes it back. After an error the
// encoder is of no use, so that nobody has to ascend then.
func (e *encoder) descend(t reflect.Type) error {
	if e.depth++; e.depth > maxDepth {
		return tooDeep(t)
	}
	return nil
}

func (e *encoder) ascend() { e.depth-- }

func tooDeep(t reflect.Type) error {
	return &UnsupportedError{Type: t, Reason: "it is nested more than 10000 levels deep; keep the elements of a long chain in a slice"}
}
