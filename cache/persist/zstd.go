package persist

import (
	"encoding/binary"
	"errors"
	"io"
	"sync"

	"github.com/klauspost/compress/zstd"
)

var zstdMethod = method{
	name: "zstd", extension: ".zst", magic: []byte{0x28, 0xb5, 0x2f, 0xfd}, maxLevel: 22, level: 1,
	compress: compressZstd, split: splitZstd, expand: expandZstd, stream: streamZstd,
}

// How far back a frame may refer: a decoder takes as much memory before it
// starts. All decoders have to take 8 MiB, which is what zstd's levels up to 19
// ask for; the program zstd takes 128 MiB without being told to.
const (
	minWindow = 8 << 20
	maxWindow = 128 << 20
)

var (
	zstdEncoders [zstd.SpeedBestCompression + 1]sync.Pool
	zstdDecoders sync.Pool
)

// compressZstd takes zstd's own levels, which the library knows four of.
func compressZstd(dst, src []byte, level int) ([]byte, error) {
	speed := zstd.EncoderLevelFromZstd(level)
	e, ok := zstdEncoders[speed].Get().(*zstd.Encoder)
	if !ok {
		var err error
		e, err = zstd.NewWriter(nil, zstd.WithEncoderLevel(speed), zstd.WithEncoderConcurrency(1), zstd.WithWindowSize(frameSize),
			zstd.WithSingleSegment(true)) // which makes small frames tell their size too
		if err != nil {
			return nil, err
		}
	}
	dst = e.EncodeAll(src, dst)
	zstdEncoders[speed].Put(e)
	return dst, nil
}

func splitZstd(r *frameReader) ([]byte, int, error) {
	start, err := r.peek(zstd.HeaderMaxSize)
	if err != nil && len(start) == 0 {
		return nil, 0, err
	}
	var h zstd.Header
	if err := h.Decode(start); err != nil || h.Skippable || !h.HasFCS || h.FrameContentSize > maxFrame || h.DictionaryID != 0 {
		return nil, 0, errWhole // where what is wrong is found out
	}
	if err := r.take(h.HeaderSize); err != nil {
		return nil, 0, err
	}
	for last := false; !last; {
		if err := r.take(3); err != nil {
			return nil, 0, err
		}
		b := r.frame[len(r.frame)-3:]
		head := uint32(b[0]) | uint32(b[1])<<8 | uint32(b[2])<<16
		last = head&1 != 0
		size := int(head >> 3)
		if head>>1&3 == 1 {
			size = 1 // one byte, to be repeated
		}
		if err := r.take(size); err != nil {
			return nil, 0, err
		}
	}
	if h.HasCheckSum {
		if err := r.take(4); err != nil {
			return nil, 0, err
		}
	}
	return r.frame, int(h.FrameContentSize), nil
}

var errFrameSize = errors.New("a frame does not hold as many bytes as it says")

func expandZstd(dst, frame []byte) error {
	d, ok := zstdDecoders.Get().(*zstd.Decoder)
	if !ok {
		var err error
		d, err = zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(maxFrame), zstd.WithDecoderLowmem(true))
		if err != nil {
			return err
		}
	}
	defer zstdDecoders.Put(d)
	content, err := d.DecodeAll(frame, dst[:0])
	if err == nil && (len(content) != len(dst) || len(dst) > 0 && &content[0] != &dst[0]) {
		err = errFrameSize
	}
	return err
}

func streamZstd(r io.Reader, believed int) (io.ReadCloser, error) {
	window := min(max(minWindow, believed), maxWindow)
	d, err := zstd.NewReader(r, zstd.WithDecoderMaxWindow(uint64(window)), zstd.WithDecoderLowmem(true))
	if err != nil {
		return nil, err
	}
	return d.IOReadCloser(), nil
}

func le32(b []byte) uint32 { return binary.LittleEndian.Uint32(b) }
