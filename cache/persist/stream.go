package persist

import (
	"bytes"
	"fmt"
	"io"
	"math"
	"os"
)

// Encode writes v to w, as [Dump] writes it to a file: no copy is made of long
// numeric slices, and little is held of what is compressed. What follows on w
// is for others.
func Encode(w io.Writer, v any, opts ...Option) error {
	o, err := toStore(opts, None)
	if err == nil {
		err = o.store(w, func(e *encoder) error { return encodeRoot(e, v) })
	}
	if err != nil {
		return fmt.Errorf("encode %T: %w", v, err)
	}
	return nil
}

// Decode reads r to its end, which holds what [Encode] or [Dump] wrote, or an
// array of numpy's. Memory is taken as the bytes come in, at most some small
// multiple of them, and long numeric slices are read to where they stay.
func Decode[T any](r io.Reader, opts ...Option) (T, error) {
	var v T
	o, err := toLoad(opts)
	if err == nil && o.modeSet {
		err = &OptionError{"Map", "only files can be mapped"}
	}
	if err == nil {
		err = o.load(r, sizeOf(r), func(d *decoder) error { return decodeRoot(d, &v) })
	}
	if err != nil {
		return v, fmt.Errorf("decode %T: %w", v, err)
	}
	return v, nil
}

// store writes a stream to w.
func (o *options) store(w io.Writer, write func(*encoder) error) error {
	if o.codec == None {
		e := newEncoder(w)
		if err := write(e); err != nil {
			return err
		}
		return e.flush()
	}
	c := &compressor{out: w, codec: o.codec, level: o.level}
	e := newEncoder(c)
	e.frames = c
	err := write(e)
	if err == nil {
		err = e.flush()
	}
	return c.close(err)
}

// load reads a stream from r, which holds size bytes, or an unknown number.
func (o *options) load(r io.Reader, size int64, read func(*decoder) error) error {
	if size > math.MaxInt-margin {
		return &TooLargeError{Limit: math.MaxInt}
	}
	window := windowSize
	if size >= 0 {
		window = max(min(window, int(size)), 1)
	}
	in := &readerSource{reader: r, buffer: newBlock(margin + window)[:margin+window]}
	defer func() { freeBlock(in.buffer) }()
	d := &decoder{input: input{source: in, direct: r, size: int(size), most: int(min(o.most, math.MaxInt))}}
	d.fill(sniffSize) // or as much as there is
	if d.failure != nil {
		return d.failure
	}
	codec := codecOfStream(d.data)
	if codec == None {
		if o.most > 0 && size > o.most {
			return &TooLargeError{Limit: o.most}
		}
		return read(d)
	}
	expanding := newDecompressor(codec, io.MultiReader(bytes.NewReader(bytes.Clone(d.data)), r), believed(size))
	defer expanding.close()
	return read(&decoder{input: input{source: expanding, size: -1, most: d.most, believed: believed(size)}})
}

// usualRatio is how much smaller compressed data is, as a rule, at the most:
// what promises more has to prove it.
const usualRatio = 8

func believed(size int64) int { return int(min(max(size, 0), math.MaxInt/usualRatio)) * usualRatio }

// sizeOf is how much r still holds, or -1.
func sizeOf(r io.Reader) int64 {
	switch r := r.(type) {
	case interface{ Len() int }: // of packages bytes and strings
		return int64(r.Len())
	case *io.SectionReader:
		if at, err := r.Seek(0, io.SeekCurrent); err == nil {
			return r.Size() - at
		}
	case *os.File:
		info, err := r.Stat()
		if err != nil || !info.Mode().IsRegular() {
			return -1
		}
		at, err := r.Seek(0, io.SeekCurrent)
		if err != nil || at > info.Size() {
			return -1
		}
		return info.Size() - at
	}
	return -1
}
