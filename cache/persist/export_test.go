package persist

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"os"
	"testing"

	"labbook/cache/mapfile"
)

// Difference is for the tests that see the package from outside.
var Difference = difference

// DecodeInto is Decode for a type that is not known to the compiler.
func DecodeInto(r io.Reader, into any) error {
	return new(options).load(r, sizeOf(r), func(d *decoder) error { return decodeRoot(d, into) })
}

// CodecOfFile tells how a file is compressed.
func CodecOfFile(t *testing.T, path string) Codec {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return codecOfStream(data)
}

// Expand returns the stream within a compressed one.
func Expand(t *testing.T, data []byte) []byte {
	t.Helper()
	r, err := methods[codecOfStream(data)].stream(bytes.NewReader(data), 8*len(data))
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	plain, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return plain
}

// EncodeRaw compresses anything.
func EncodeRaw(w io.Writer, data []byte, codec Codec) error {
	if codec == None {
		_, err := w.Write(data)
		return err
	}
	c := &compressor{out: w, codec: codec, level: methods[codec].level}
	_, err := c.Write(data)
	return c.close(err)
}

// ReadOnlyFile returns memory that cannot be written.
func ReadOnlyFile(t *testing.T, path string) []byte {
	t.Helper()
	m, err := mapfile.Open(path, mapfile.ReadOnly)
	if errors.Is(err, errors.ErrUnsupported) {
		t.Skip("this system has no mappings")
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = m.Unmap() })
	return m.Bytes()
}

// IsCompressed reports whether data begins as a compressed stream.
func IsCompressed(data []byte) bool { return codecOfStream(data) != None }

// DecodeMapped decodes as from a mapped file that holds data.
func DecodeMapped(data []byte, into any) error {
	d := &decoder{keep: mapSize, input: newMappedInput(bytes.NewReader(data), data)}
	defer d.mapped.close()
	return decodeRoot(d, into)
}

// Frames returns the sizes of what the frames of a compressed stream hold, which
// are to be read one by one.
func Frames(t *testing.T, data []byte) (sizes []int) {
	t.Helper()
	r := frameReader{in: bufio.NewReader(bytes.NewReader(data))}
	for {
		frame, size, err := methods[codecOfStream(data)].split(&r)
		if err == io.EOF { //nolint:errorlint // only as it is does it mean the end
			return sizes
		}
		if err != nil {
			t.Fatal(err)
		}
		if err := methods[codecOfStream(data)].expand(make([]byte, size), frame); err != nil {
			t.Fatal(err)
		}
		r.frame = nil
		sizes = append(sizes, size)
	}
}
