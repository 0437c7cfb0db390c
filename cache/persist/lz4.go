package persist

import (
	"bytes"
	"io"
	"sync"

	"github.com/pierrec/lz4/v4"
)

var lz4Magic = []byte{0x04, 0x22, 0x4d, 0x18}

var lz4Method = method{
	name: "lz4", extension: ".lz4", magic: lz4Magic, maxLevel: 9, level: 1,
	compress: compressLZ4, split: splitLZ4, expand: expandLZ4, stream: streamLZ4,
}

// Level 1 is the fast one, the others search longer and longer.
var lz4Levels = [...]lz4.CompressionLevel{
	1: lz4.Fast, 2: lz4.Level2, 3: lz4.Level3, 4: lz4.Level4, 5: lz4.Level5, 6: lz4.Level6, 7: lz4.Level7, 8: lz4.Level8, 9: lz4.Level9,
}

// Flags of a frame's descriptor.
const (
	lz4Version       = 1 << 6
	lz4VersionMask   = 3 << 6
	lz4BlockChecksum = 1 << 4
	lz4ContentSize   = 1 << 3
	lz4Checksum      = 1 << 2
	lz4Dictionary    = 1 << 0
	lz4Raw           = 1 << 31 // in the size of a block
)

var (
	lz4Writers [len(lz4Levels)]sync.Pool
	lz4Readers sync.Pool
)

func compressLZ4(dst, src []byte, level int) ([]byte, error) {
	out := bytes.NewBuffer(dst)
	w, ok := lz4Writers[level].Get().(*lz4.Writer)
	if !ok {
		w = lz4.NewWriter(out)
	}
	w.Reset(out)
	if err := w.Apply(lz4.CompressionLevelOption(lz4Levels[level]), lz4.ConcurrencyOption(1),
		lz4.BlockSizeOption(lz4.Block1Mb), lz4.SizeOption(uint64(len(src)))); err != nil {
		return nil, err
	}
	if _, err := w.Write(src); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	lz4Writers[level].Put(w)
	return out.Bytes(), nil
}

func splitLZ4(r *frameReader) ([]byte, int, error) {
	const header = 4 + 2 + 8 + 1
	start, err := r.peek(header)
	if err != nil && len(start) == 0 {
		return nil, 0, err
	}
	if len(start) < header || !bytes.HasPrefix(start, lz4Magic) {
		return nil, 0, errWhole
	}
	flags := start[4]
	if flags&lz4VersionMask != lz4Version || flags&lz4ContentSize == 0 || flags&lz4Dictionary != 0 {
		return nil, 0, errWhole
	}
	content := uint64(le32(start[6:])) | uint64(le32(start[10:]))<<32
	if content > maxFrame {
		return nil, 0, errWhole
	}
	if err := r.take(header); err != nil {
		return nil, 0, err
	}
	for {
		if err := r.take(4); err != nil {
			return nil, 0, err
		}
		size := le32(r.frame[len(r.frame)-4:]) &^ lz4Raw
		if size == 0 {
			break
		}
		if size > 4<<20 {
			return nil, 0, errFrameSize
		}
		if flags&lz4BlockChecksum != 0 {
			size += 4
		}
		if err := r.take(int(size)); err != nil {
			return nil, 0, err
		}
	}
	if flags&lz4Checksum != 0 {
		if err := r.take(4); err != nil {
			return nil, 0, err
		}
	}
	return r.frame, int(content), nil
}

func expandLZ4(dst, frame []byte) error {
	in := bytes.NewReader(frame)
	r, ok := lz4Readers.Get().(*lz4.Reader)
	if !ok {
		r = lz4.NewReader(in)
	}
	defer lz4Readers.Put(r)
	r.Reset(in)
	if err := r.Apply(lz4.ConcurrencyOption(1)); err != nil {
		return err
	}
	return readExactly(r, dst)
}

func streamLZ4(r io.Reader) (io.ReadCloser, error) { return io.NopCloser(lz4.NewReader(r)), nil }
