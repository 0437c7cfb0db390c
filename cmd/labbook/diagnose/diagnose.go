// Package diagnose describes stored values to people.
package diagnose

import (
	"bufio"
	"encoding/binary"
	"errors"
	"io"
	"math/big"
	"strconv"
	"strings"
)

// Bounds on what is shown of a payload, and on the work that this takes.
const (
	maxDiagnosis = 2000 // bytes of text
	maxNesting   = 24
	maxNumbers   = 4  // of a typed array
	maxBytes     = 16 // of a byte string
	maxText      = 60 // bytes of a text
	maxChunks    = 1 << 10
)

// ErrNoCBOR says that what was to be shown is something else.
var ErrNoCBOR = errors.New("this is no CBOR")

// errEnough ends a diagnosis that is long enough.
var errEnough = errors.New("enough")

// CBOR describes a CBOR item in the manner of RFC 8949's diagnostic
// notation, up to some length, on one line. Long arrays
// of numbers show their beginning: float64[1000](0.5, 1.5, …). It reads hardly
// more than it shows.
func CBOR(r io.ReadSeeker) (string, error) {
	d := &diagnosis{file: r, in: bufio.NewReaderSize(r, 4<<10)}
	err := d.item(0)
	switch {
	case errors.Is(err, errEnough):
		return d.out.String() + " …", nil
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return d.out.String(), ErrNoCBOR
	}
	return d.out.String(), err
}

type diagnosis struct {
	file io.ReadSeeker
	in   *bufio.Reader
	out  strings.Builder
}

// Major types of CBOR.
const (
	majorUint = iota
	majorNegative
	majorBytes
	majorText
	majorArray
	majorMap
	majorTag
	majorSimple
)

// indefinite is the argument of a head that leaves the length to a break.
const indefinite = 31

// A head is the beginning of an item.
type head struct {
	major, info byte
	arg         uint64
}

func (h head) isBreak() bool      { return h.major == majorSimple && h.info == indefinite }
func (h head) isIndefinite() bool { return h.info == indefinite }

func (d *diagnosis) head() (h head, err error) {
	b, err := d.in.ReadByte()
	if err != nil {
		return h, err
	}
	h = head{major: b >> 5, info: b & 31}
	switch {
	case h.info < 24:
		h.arg = uint64(h.info)
	case h.info < 28:
		var arg [8]byte
		n := 1 << (h.info - 24)
		if _, err := io.ReadFull(d.in, arg[8-n:]); err != nil {
			return h, err
		}
		h.arg = binary.BigEndian.Uint64(arg[:])
	case h.info < indefinite || h.major == majorUint || h.major == majorNegative || h.major == majorTag:
		return h, ErrNoCBOR
	}
	return h, nil
}

func (d *diagnosis) write(text string) error {
	d.out.WriteString(text)
	if d.out.Len() > maxDiagnosis {
		return errEnough
	}
	return nil
}

func (d *diagnosis) item(depth int) error {
	h, err := d.head()
	if err != nil {
		return err
	}
	return d.rest(h, depth)
}

// rest describes an item whose head was read.
func (d *diagnosis) rest(h head, depth int) error {
	if depth > maxNesting {
		return errEnough
	}
	switch h.major {
	case majorUint:
		return d.write(strconv.FormatUint(h.arg, 10))
	case majorNegative:
		return d.write(new(big.Int).Not(new(big.Int).SetUint64(h.arg)).String())
	case majorBytes:
		return d.bytes(h)
	case majorText:
		return d.text(h)
	case majorArray:
		return d.sequence(h, "[", "]", depth, d.item)
	case majorMap:
		return d.sequence(h, "{", "}", depth, d.pair)
	case majorTag:
		return d.tagged(h.arg, depth)
	}
	return d.simple(h)
}

// sequence describes items between brackets.
func (d *diagnosis) sequence(h head, opening, closing string, depth int, element func(depth int) error) error {
	if err := d.write(opening); err != nil {
		return err
	}
	for i := uint64(0); h.isIndefinite() || i < h.arg; i++ {
		if h.isIndefinite() {
			if next, err := d.in.Peek(1); err != nil {
				return err
			} else if next[0] == majorSimple<<5|indefinite {
				_, _ = d.in.Discard(1) // it was just seen
				break
			}
		}
		if i > 0 {
			if err := d.write(", "); err != nil {
				return err
			}
		}
		if err := element(depth + 1); err != nil {
			return err
		}
	}
	return d.write(closing)
}

func (d *diagnosis) pair(depth int) error {
	if err := d.item(depth); err != nil {
		return err
	}
	if err := d.write(": "); err != nil {
		return err
	}
	return d.item(depth)
}

// Tags that the format of stored values puts around every one of them.
const (
	tagCBOR   = 55799
	tagStored = 0x4C420001
)

func (d *diagnosis) tagged(tag uint64, depth int) error {
	if tag == tagCBOR || tag == tagStored {
		return d.item(depth + 1)
	}
	numbers, isNumbers := typedArrays[tag]
	if !isNumbers {
		return d.annotated(tag, depth)
	}
	h, err := d.head()
	if err != nil {
		return err
	}
	if h.major != majorBytes {
		if err := d.write(strconv.FormatUint(tag, 10) + "("); err != nil {
			return err
		}
		if err := d.rest(h, depth+1); err != nil {
			return err
		}
		return d.write(")")
	}
	s, err := d.take(h, maxNumbers*numbers.size)
	if err != nil {
		return err
	}
	return d.write(numbers.describe(s))
}

func (d *diagnosis) annotated(tag uint64, depth int) error {
	if err := d.write(strconv.FormatUint(tag, 10) + "("); err != nil {
		return err
	}
	if err := d.item(depth + 1); err != nil {
		return err
	}
	return d.write(")")
}
