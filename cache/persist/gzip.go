package persist

import (
	"bytes"
	"encoding/binary"
	"io"
	"sync"

	"github.com/klauspost/compress/gzip"
)

var gzipMagic = []byte{0x1f, 0x8b}

var gzipMethod = method{
	name: "gzip", extension: ".gz", magic: gzipMagic, maxLevel: 9, level: 3,
	compress: compressGzip, split: splitGzip, expand: expandGzip, stream: streamGzip,
}

// Only whoever inflates a member of a gzip file finds its end, unless its extra
// field tells the size of the member, as ours does.
const (
	gzipFixed = 10 // bytes of a header before the extra field
	gzipExtra = 2 + 2 + 2 + 4
	gzipTail  = 8
	flagExtra = 1 << 2
)

var gzipMark = []byte{8, 0, 'L', 'B', 4, 0} // sizes of all extra fields, and of this one

var (
	gzipWriters [gzip.BestCompression + 1]sync.Pool
	gzipReaders sync.Pool
)

func compressGzip(dst, src []byte, level int) ([]byte, error) {
	start := len(dst)
	out := bytes.NewBuffer(dst)
	w, ok := gzipWriters[level].Get().(*gzip.Writer)
	if !ok {
		var err error
		if w, err = gzip.NewWriterLevel(out, level); err != nil {
			return nil, err
		}
	}
	w.Reset(out)
	w.Extra = append(append([]byte(nil), gzipMark[2:]...), 0, 0, 0, 0)
	if _, err := w.Write(src); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	gzipWriters[level].Put(w)
	frame := out.Bytes()[start:]
	binary.LittleEndian.PutUint32(frame[gzipFixed+len(gzipMark):], uint32(len(frame)))
	return out.Bytes(), nil
}

func splitGzip(r *frameReader) ([]byte, int, error) {
	start, err := r.peek(gzipFixed + gzipExtra)
	if err != nil && len(start) == 0 {
		return nil, 0, err
	}
	if len(start) < gzipFixed+gzipExtra || !bytes.HasPrefix(start, gzipMagic) || start[3] != flagExtra || !bytes.HasPrefix(start[gzipFixed:], gzipMark) {
		return nil, 0, errWhole
	}
	size := le32(start[gzipFixed+len(gzipMark):])
	if size < gzipFixed+gzipExtra+gzipTail || size > 2*maxFrame {
		return nil, 0, errWhole
	}
	if err := r.take(int(size)); err != nil {
		return nil, 0, err
	}
	content := le32(r.frame[len(r.frame)-4:])
	if content > maxFrame {
		return nil, 0, errFrameSize
	}
	return r.frame, int(content), nil
}

func expandGzip(dst, frame []byte) error {
	in := bytes.NewReader(frame)
	r, ok := gzipReaders.Get().(*gzip.Reader)
	if !ok {
		r = new(gzip.Reader)
	}
	defer gzipReaders.Put(r)
	if err := r.Reset(in); err != nil {
		return err
	}
	r.Multistream(false)
	if err := readExactly(r, dst); err != nil {
		return err
	}
	if in.Len() > 0 {
		return errFrameSize
	}
	return nil
}

// readExactly reads dst from r, and the end of r.
func readExactly(r io.Reader, dst []byte) error {
	if _, err := io.ReadFull(r, dst); err != nil {
		return err
	}
	var more [1]byte
	if n, err := io.ReadFull(r, more[:]); n > 0 {
		return errFrameSize
	} else if err != io.EOF {
		return err
	}
	return nil
}

func streamGzip(r io.Reader, _ int) (io.ReadCloser, error) {
	z, err := gzip.NewReader(r)
	if err != nil {
		return nil, err // and not a nil *gzip.Reader, which would be closed
	}
	return z, nil
}
