package persist_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/google/go-cmp/cmp"

	"labbook/cache/persist"
)

var codecs = []persist.Codec{persist.None, persist.Zstd, persist.Gzip, persist.LZ4}

var extensions = map[persist.Codec]string{persist.None: ".cbor", persist.Zstd: ".zst", persist.Gzip: ".gz", persist.LZ4: ".lz4"}

// noise is numbers that hardly compress.
func noise[T any](n int, number func(*rand.Rand) T) []T {
	random := rand.New(rand.NewPCG(3, 4))
	v := make([]T, n)
	for i := range v {
		v[i] = number(random)
	}
	return v
}

func float(random *rand.Rand) float64 { return random.NormFloat64() }

// kinds are values of every kind, some in more than one frame.
func kinds() map[string]any {
	text := "text"
	number := 5
	return map[string]any{
		"bool": true, "int": -3, "uint8": uint8(200), "float": 2.5, "complex": 1 + 2i, "text": text, "no text": "\xff\xfe",
		"long text": strings.Repeat("all work and no play ", 30_000),
		"time":      time.Date(2026, 11, 25, 10, 0, 0, 5, time.UTC),
		"bytes":     noise(600_000, func(r *rand.Rand) byte { return byte(r.Uint32()) }),
		"int8s":     noise(70_001, func(r *rand.Rand) int8 { return int8(r.Uint32()) }),
		"int16s":    noise(40_001, func(r *rand.Rand) int16 { return int16(r.Uint32()) }),
		"uint32s":   noise(30_003, func(r *rand.Rand) uint32 { return r.Uint32() % 1000 }),
		"ints":      noise(80_005, func(r *rand.Rand) int { return r.IntN(1000) - 500 }),
		"uints":     noise(1_003, func(r *rand.Rand) uint { return r.UintN(1000) }),
		"float32s":  noise(30_007, func(r *rand.Rand) float32 { return r.Float32() }),
		"floats":    noise(20_009, float),
		"complexes": noise(40_001, func(r *rand.Rand) complex128 { return complex(r.NormFloat64(), float64(r.IntN(5))) }),
		"no floats": []float64{}, "nil floats": []float64(nil), "few floats": []float64{1, 2, 3},
		"array":      [100]int32{5: 7},
		"bools":      []bool{true, false},
		"texts":      words(3000),
		"rows":       [][]float32{noise(100, func(r *rand.Rand) float32 { return r.Float32() }), nil, {}, make([]float32, 30_000)},
		"structs":    []point{{1, 2}, {3, 4}},
		"everything": everything{Fs: noise(9000, float), S: text, P: &point{1, 2}, M: map[string]int{"a": 1}, Any: []float64{1}, Anys: []any{1, "a", nil}},
		"pointers":   []*int{&number, nil, &number},
		"tree":       &tree{Name: "a", Kids: []*tree{{Name: "b"}}},
	}
}

// load reads as the type of want, whatever that is.
func load(t *testing.T, want any, read func(into any) error) {
	t.Helper()
	into := reflect.New(reflect.TypeOf(want))
	if err := read(into.Interface()); err != nil {
		t.Fatal(err)
	}
	if d := persist.Difference(reflect.ValueOf(want), into.Elem()); d != "" {
		t.Error(d)
	}
}

func TestEveryKindInEveryCodec(t *testing.T) {
	t.Parallel()
	for name, value := range kinds() {
		if raceEnabled && name == "bytes" {
			continue // their comparison takes minutes, and goes the ways of other kinds
		}
		for _, codec := range codecs {
			t.Run(fmt.Sprintf("%s/%v", name, codec), func(t *testing.T) {
				t.Parallel()
				var out bytes.Buffer
				if err := persist.Encode(&out, value, persist.Compress(codec)); err != nil {
					t.Fatal(err)
				}
				data := out.Bytes()
				load(t, value, func(into any) error { return persist.Unmarshal(data, into) })
				types := []reflect.Type{reflect.TypeOf(value)}
				values := []reflect.Value{reflect.ValueOf(value)}
				var stream bytes.Buffer
				if err := persist.EncodeValues(&stream, values, persist.Compress(codec)); err != nil {
					t.Fatal(err)
				}
				got, err := persist.DecodeValues(&stream, types)
				if err != nil {
					t.Fatal(err)
				}
				if d := persist.Difference(values[0], got[0]); d != "" {
					t.Error(d)
				}
				for reason, reader := range map[string]io.Reader{
					"its length is known":       bytes.NewReader(data),
					"its length is not known":   struct{ io.Reader }{bytes.NewReader(data)},
					"it comes in halves":        iotest.HalfReader(bytes.NewReader(data)),
					"the end comes with a part": iotest.DataErrReader(bytes.NewReader(data)),
				} {
					load(t, value, func(into any) error { return persist.DecodeInto(reader, into) })
					if t.Failed() {
						t.Fatal(reason)
					}
				}
			})
		}
	}
}

func TestExtensionAndMagic(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	want := noise(10_000, func(r *rand.Rand) int { return r.IntN(100) })
	for _, codec := range codecs {
		path := filepath.Join(dir, "v"+extensions[codec])
		if err := persist.Dump(path, want); err != nil {
			t.Fatal(err)
		}
		if got := persist.CodecOfFile(t, path); got != codec {
			t.Errorf("%s is compressed with %v", path, got)
		}
		// The name says nothing when it is loaded.
		other := filepath.Join(dir, "v.gz."+codec.String())
		if err := os.Rename(path, other); err != nil {
			t.Fatal(err)
		}
		got, err := persist.Load[[]int](other)
		if err != nil {
			t.Fatal(err)
		}
		if d := persist.Difference(reflect.ValueOf(want), reflect.ValueOf(got)); d != "" {
			t.Error(d)
		}
		// An option outweighs the name.
		for _, asked := range codecs {
			if err := persist.Dump(path, want, persist.Compress(asked)); err != nil {
				t.Fatal(err)
			}
			if got := persist.CodecOfFile(t, path); got != asked {
				t.Errorf("asked for %v, %s is compressed with %v", asked, path, got)
			}
		}
	}
}

func TestLevels(t *testing.T) {
	t.Parallel()
	want := strings.Repeat("what is long and says little ", 3000) + strings.Repeat("x", 100)
	for codec, most := range map[persist.Codec]int{persist.Zstd: 22, persist.Gzip: 9, persist.LZ4: 9} {
		for level := 1; level <= most; level++ {
			var out bytes.Buffer
			if err := persist.Encode(&out, want, persist.Compress(codec), persist.Level(level)); err != nil {
				t.Fatal(err)
			}
			if out.Len() > len(want)/20 {
				t.Errorf("%v at level %d makes %d bytes of %d", codec, level, out.Len(), len(want))
			}
			got, err := persist.Decode[string](&out)
			if err != nil || got != want {
				t.Errorf("%v at level %d: %v", codec, level, err)
			}
		}
	}
}

// Frames of ours can be told apart, and so be read on all cores.
func TestFrames(t *testing.T) {
	t.Parallel()
	const size = 150_000
	array := noise(size, float)
	for _, codec := range codecs[1:] {
		var out bytes.Buffer
		if err := persist.Encode(&out, array, persist.Compress(codec)); err != nil {
			t.Fatal(err)
		}
		const before = 8 + 5 + 1 + 2 + 5 + 5 // the marks, and the heads of a shuffled array
		want := []int{before, 512 << 10, 512 << 10, 8*size - 1<<20}
		if d := cmp.Diff(want, persist.Frames(t, out.Bytes())); d != "" {
			t.Errorf("%v: %s", codec, d)
		}
	}
}

// Integers become smaller than zlib makes them, and no codec leaves arrays as
// they are: that is what shuffling is for.
func TestShuffledNumbersAreSmall(t *testing.T) {
	t.Parallel()
	v := make([]int64, 100_000)
	for i := range v {
		v[i] = int64(i)
	}
	for _, codec := range codecs[1:] {
		var out bytes.Buffer
		if err := persist.Encode(&out, v, persist.Compress(codec)); err != nil {
			t.Fatal(err)
		}
		if out.Len() > 8*len(v)/50 {
			t.Errorf("%v makes %d bytes of %d", codec, out.Len(), 8*len(v))
		}
	}
}

// What we write is what the usual programs read, and the other way round.
func TestUsualPrograms(t *testing.T) {
	t.Parallel()
	value := everything{S: strings.Repeat("text ", 120_000), I: 5}
	plain, err := persist.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	for codec, program := range map[persist.Codec]string{persist.Zstd: "zstd", persist.Gzip: "gzip", persist.LZ4: "lz4"} {
		t.Run(program, func(t *testing.T) {
			t.Parallel()
			path, err := exec.LookPath(program)
			if err != nil {
				t.Skip(program, "is not installed")
			}
			var ours bytes.Buffer
			if err := persist.Encode(&ours, value, persist.Compress(codec)); err != nil {
				t.Fatal(err)
			}
			expand := exec.CommandContext(t.Context(), path, "-dc")
			expand.Stdin = &ours
			got, err := expand.Output()
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(got, plain) {
				t.Errorf("%s -dc gives %d bytes, not the stream of %d", program, len(got), len(plain))
			}
			for _, level := range []string{"-1", "-9"} {
				compress := exec.CommandContext(t.Context(), path, level, "-c")
				compress.Stdin = bytes.NewReader(plain)
				theirs, err := compress.Output()
				if err != nil {
					t.Fatal(err)
				}
				load(t, value, func(into any) error { return persist.Unmarshal(theirs, into) })
			}
		})
	}
}

// The stream within a compressed file can be loaded without its compression.
func TestExpandedStream(t *testing.T) {
	t.Parallel()
	want := noise(70_000, float)
	var out bytes.Buffer
	if err := persist.Encode(&out, want, persist.Compress(persist.Gzip)); err != nil {
		t.Fatal(err)
	}
	plain := persist.Expand(t, out.Bytes())
	if len(plain) < 8*len(want) {
		t.Fatalf("%d bytes hold no %d numbers", len(plain), len(want))
	}
	load(t, want, func(into any) error { return persist.Unmarshal(plain, into) })
	load(t, want, func(into any) error { return persist.DecodeInto(iotest.HalfReader(bytes.NewReader(plain)), into) })
}

func TestDamagedFrames(t *testing.T) {
	t.Parallel()
	value := []any{noise(70_000, float), "the end"}
	for _, codec := range codecs[1:] {
		var out bytes.Buffer
		if err := persist.Encode(&out, value, persist.Compress(codec)); err != nil {
			t.Fatal(err)
		}
		data := out.Bytes()
		check := func(reason string, data []byte) {
			t.Helper()
			_, err := persist.Decode[[]any](bytes.NewReader(data))
			if err == nil {
				t.Errorf("%v, %s: no error", codec, reason)
				return
			}
			_, syntax := errors.AsType[*persist.SyntaxError](err)
			_, mismatch := errors.AsType[*persist.MismatchError](err)
			if !syntax && !mismatch || strings.Contains(err.Error(), "byte -1") {
				t.Errorf("%v, %s: %v", codec, reason, err)
			}
		}
		for n := 6; n < len(data); n += 1 + len(data)/25 {
			check(fmt.Sprintf("cut after %d of %d bytes", n, len(data)), data[:n])
		}
		check("cut before the last byte", data[:len(data)-1])
		check("something after the end", append(bytes.Clone(data), "and more"...))
		// All frames have checksums.
		for i := 40; i < len(data); i += len(data) / 25 {
			flipped := bytes.Clone(data)
			flipped[i] ^= 0x10
			check(fmt.Sprintf("byte %d of %d flipped", i, len(data)), flipped)
		}
	}
}

func TestReadersErrorComesBack(t *testing.T) {
	t.Parallel()
	broken := errors.New("the line is dead")
	for _, codec := range codecs {
		var out bytes.Buffer
		if err := persist.Encode(&out, []any{noise(70_000, float), "text"}, persist.Compress(codec)); err != nil {
			t.Fatal(err)
		}
		for _, n := range []int{0, 3, 500, out.Len() / 2, out.Len() - 1} {
			r := io.MultiReader(bytes.NewReader(out.Bytes()[:n]), iotest.ErrReader(broken))
			if _, err := persist.Decode[[]any](r); !errors.Is(err, broken) {
				t.Errorf("%v, after %d bytes: %v", codec, n, err)
			}
		}
	}
}

// fullDisk is a writer that takes so many bytes.
type fullDisk struct{ left int }

var errFull = errors.New("the disk is full")

func (w *fullDisk) Write(p []byte) (int, error) {
	if w.left -= len(p); w.left < 0 {
		return 0, errFull
	}
	return len(p), nil
}

func TestWritersErrorComesBack(t *testing.T) {
	t.Parallel()
	value := []any{noise(150_000, float), "text"}
	for _, codec := range codecs {
		for _, n := range []int{0, 100, 700_000} {
			if err := persist.Encode(&fullDisk{n}, value, persist.Compress(codec)); !errors.Is(err, errFull) {
				t.Errorf("%v, after %d bytes: %v", codec, n, err)
			}
		}
		err := persist.Encode(io.Discard, []any{noise(150_000, float), func() {}}, persist.Compress(codec))
		if _, ok := errors.AsType[*persist.UnsupportedError](err); !ok {
			t.Errorf("%v, a function: %v", codec, err)
		}
	}
}
