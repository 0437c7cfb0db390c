package persist

import (
	"bytes"
	"fmt"
	"io"
	"path/filepath"
	"strings"
)

// A Codec is a way to compress what is stored.
type Codec int

// Compressed data is a sequence of frames of its codec, as the programs zstd,
// gzip and lz4 write them, and read them.
const (
	None Codec = iota // as it is
	Zstd              // small and fast: the one to choose
	Gzip              // understood everywhere
	LZ4               // faster to read, larger
)

// frameSize is how much of a stream goes into a frame of its own. Frames are
// compressed and read in parallel: each is large enough to be worth it, and
// small enough to stay in the cache of a core.
const frameSize = 512 << 10

// maxFrame is the content of the largest frame that is read in parallel. Other
// writers make one frame of everything, which is read piece by piece.
const maxFrame = 1 << 20

// A method is how a codec works.
type method struct {
	name      string
	extension string
	magic     []byte
	maxLevel  int // levels start at 1
	level     int // where none was asked for

	// compress appends src as one complete frame to dst.
	compress func(dst, src []byte, level int) ([]byte, error)
	// split takes one frame that expand can read, and that holds size bytes.
	// errWhole says that what comes next is to be read as one stream.
	split func(r *frameReader) (frame []byte, size int, err error)
	// expand writes the content of a frame to dst, which has its size.
	expand func(dst, frame []byte) error
	// stream reads all frames, of whatever kind.
	stream func(r io.Reader) (io.ReadCloser, error)
}

var methods = [...]method{
	None: {name: "none"},
	Zstd: zstdMethod,
	Gzip: gzipMethod,
	LZ4:  lz4Method,
}

// String returns the name of the codec: none, zstd, gzip or lz4.
func (c Codec) String() string {
	if c < 0 || int(c) >= len(methods) {
		return fmt.Sprintf("Codec(%d)", int(c))
	}
	return methods[c].name
}

// codecOfPath is the codec that the extension of a file's name asks for.
func codecOfPath(path string) Codec {
	extension := strings.ToLower(filepath.Ext(path))
	for c, m := range methods {
		if m.extension != "" && m.extension == extension {
			return Codec(c)
		}
	}
	return None
}

// sniffSize is how many bytes tell what a stream is.
const sniffSize = 8

// codecOfStream tells from the first bytes of a stream how it is compressed.
// None of these can begin an item of CBOR that has nothing after it.
func codecOfStream(start []byte) Codec {
	for c, m := range methods {
		if m.magic != nil && bytes.HasPrefix(start, m.magic) {
			return Codec(c)
		}
	}
	return None
}
