package persist_test

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"path/filepath"
	"runtime"
	"testing"

	"labbook/cache/persist"
)

// allocated is how many bytes do takes from the heap, all in all.
func allocated(t *testing.T, do func() error) uint64 {
	t.Helper()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	err := do()
	runtime.ReadMemStats(&after)
	if err != nil {
		t.Fatal(err)
	}
	return after.TotalAlloc - before.TotalAlloc
}

// What every frame that is being compressed or read may take, on each core.
func pipeline() uint64 { return uint64(runtime.GOMAXPROCS(0)+4) * 4 << 20 }

// A dump makes no copy of an array, and a load makes one.
func TestNoFullCopy(t *testing.T) { //nolint:paralleltest // it counts what the whole process allocates
	if raceEnabled {
		t.Skip("the race detector makes pools forget, so that more is allocated")
	}
	const size = 64 << 20
	v := make([]float64, size/8)
	random := rand.New(rand.NewPCG(5, 6))
	for i := range v {
		v[i] = float64(random.IntN(1 << 30))
	}
	for _, codec := range codecs {
		path := filepath.Join(t.TempDir(), "v"+extensions[codec])
		small := uint64(1 << 20)
		if codec != persist.None {
			small = pipeline() + 16<<20 // the windows of the encoders
		}
		if took := allocated(t, func() error { return persist.Dump(path, v) }); took > small {
			t.Errorf("%v: dumping %d bytes took %d", codec, size, took)
		}
		var got []float64
		took := allocated(t, func() (err error) {
			got, err = persist.Load[[]float64](path)
			return err
		})
		if took > size+small {
			t.Errorf("%v: loading %d bytes took %d", codec, size, took)
		}
		if len(got) != len(v) || got[len(v)-1] != v[len(v)-1] {
			t.Errorf("%v: the array is another one", codec)
		}
		stream := new(bytes.Buffer)
		if err := persist.Encode(stream, v, persist.Compress(codec)); err != nil {
			t.Fatal(err)
		}
		// Where nobody knows how much comes, what was read is copied as it grows.
		took = allocated(t, func() error {
			_, err := persist.Decode[[]float64](struct{ io.Reader }{stream})
			return err
		})
		if took > 5*size/2+small {
			t.Errorf("%v: reading %d bytes from a stream took %d", codec, size, took)
		}
	}
}

// A stream that promises much and holds little takes little.
func TestStreamsAreNotBelieved(t *testing.T) { //nolint:paralleltest // it counts what the whole process allocates
	for _, test := range []struct {
		reason string
		input  string
		into   any
	}{
		{"numbers", "d856 5b00000fffffffffff", new([]float64)},
		{"numbers in chunks", "d856 5f 40 5b00000fffffffffff", new([]float64)},
		{"shuffled numbers", "da4c534846 83 1856 1a00080000 5b00000ffffffffff8", new([]float64)},
		{"a text", "7b00000fffffffffff", new(string)},
		{"bytes", "5b00000fffffffffff", new([]byte)},
		{"an array", "9b00000fffffffffff", new([]everything)},
		{"an array of texts", "9b00000fffffffffff", new([]string)},
		{"a map", "bb00000fffffffffff", new(map[string]everything)},
		{"numbers without a tag", "9b00000fffffffffff", new([]int64)},
	} {
		plain := append(unhex(t, start+test.input), make([]byte, 10_000)...)
		for _, codec := range codecs {
			var stream bytes.Buffer
			if err := persist.EncodeRaw(&stream, plain, codec); err != nil {
				t.Fatal(err)
			}
			for name, r := range map[string]io.Reader{"known": bytes.NewReader(stream.Bytes()), "unknown": struct{ io.Reader }{bytes.NewReader(stream.Bytes())}} {
				took := allocated(t, func() error {
					if err := persist.DecodeInto(r, test.into); err == nil {
						return fmt.Errorf("%s, %v: no error", test.reason, codec)
					}
					return nil
				})
				// A foreign frame may refer back as far as 8 MiB.
				if took > 12<<20 {
					t.Errorf("%s, %v, length %s: %d bytes took %d", test.reason, codec, name, stream.Len(), took)
				}
			}
		}
	}
}

// What a frame says of how far back it refers is not believed either.
func TestHugeWindow(t *testing.T) { //nolint:paralleltest // it counts what the whole process allocates
	one := unhex(t, "28b52ffd 00 68 090000 01") // 8 MiB, and the integer 1
	var got int
	took := allocated(t, func() error { return persist.DecodeInto(bytes.NewReader(one), &got) })
	if got != 1 || took > 12<<20 {
		t.Errorf("%d bytes that hold %d took %d", len(one), got, took)
	}
	huge := unhex(t, "28b52ffd 00 88 090000 01") // 128 MiB
	took = allocated(t, func() error {
		if err := persist.DecodeInto(bytes.NewReader(huge), &got); err == nil {
			return fmt.Errorf("a window of 128 MiB was accepted")
		}
		return nil
	})
	if took > 12<<20 {
		t.Errorf("refusing %d bytes took %d", len(huge), took)
	}
}
