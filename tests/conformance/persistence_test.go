package conformance

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"math/big"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"time"
	"unsafe"

	"github.com/google/go-cmp/cmp"

	"labbook/cache/persist"
	"labbook/cache/persist/npy"
)

var codecs = map[persist.Codec]string{persist.None: "", persist.Zstd: ".zst", persist.Gzip: ".gz", persist.LZ4: ".lz4"}

// A catalogue has one value of every kind.
type catalogue struct {
	Bool      bool
	Ints      [4]int64
	Small     int8
	Unsigned  uint64
	Floats    []float64
	Singles   []float32
	Complex   complex128
	Text      string
	NoText    string
	Bytes     []byte
	Long      []int32
	Matrix    [][]float64
	Map       map[string][]int
	Keyed     map[[2]int]bool
	Pointer   *catalogue
	None      *catalogue
	Any       any
	Mixed     []any
	When      time.Time
	Big       *big.Int
	Nil       []int
	Empty     []int
	NilMap    map[string]int
	EmptyMap  map[string]int
	Rows      []tableRow
	Anonymous struct{ X, Y int16 }
}

type tableRow struct {
	Name  string
	Value float64
}

func everyKind() catalogue {
	long := make([]int32, 300_000) // several frames of a compressed file
	for i := range long {
		long[i] = int32(i * i)
	}
	return catalogue{
		Bool: true, Ints: [4]int64{0, -1, math.MaxInt64, math.MinInt64}, Small: -128, Unsigned: math.MaxUint64,
		Floats:  []float64{0, math.Copysign(0, -1), math.NaN(), math.Inf(1), math.SmallestNonzeroFloat64},
		Singles: []float32{1.5, float32(math.Inf(-1))}, Complex: complex(1, -2),
		Text: "é\x00\n", NoText: "\xff\xfe", Bytes: []byte{0, 1, 255}, Long: long,
		Matrix: [][]float64{{1}, {2, 3}, nil, {}}, Map: map[string][]int{"b": {1}, "a": nil, "": {}},
		Keyed: map[[2]int]bool{{1, 2}: true, {2, 1}: false}, Pointer: &catalogue{Text: "inner"},
		Any: map[string]any{"x": 1, "y": []any{nil, "z", 2.5, true}}, Mixed: []any{int8(1), uint16(2), float32(3), []byte("4")},
		When: time.Date(2024, 2, 29, 23, 59, 59, 999_999_999, time.FixedZone("", 5*3600+1800)), Big: new(big.Int).Lsh(big.NewInt(-1), 200),
		Empty: []int{}, EmptyMap: map[string]int{}, Rows: []tableRow{{"a", 1}, {"b", 2}}, Anonymous: struct{ X, Y int16 }{1, -1},
	}
}

// same tells apart what == does not, and takes NaN for equal.
var same = cmp.Options{
	cmp.Comparer(func(a, b float64) bool { return math.Float64bits(a) == math.Float64bits(b) }),
	cmp.Comparer(func(a, b *big.Int) bool { return a == b || a != nil && b != nil && a.Cmp(b) == 0 }),
	cmp.Comparer(func(a, b time.Time) bool {
		_, x := a.Zone()
		_, y := b.Zone()
		return a.Equal(b) && x == y
	}),
}

func TestRoundTripsOfEveryKindWithEveryCompression(t *testing.T) {
	t.Parallel()
	want := everyKind()
	for codec := range codecs {
		path := filepath.Join(t.TempDir(), "catalogue")
		if err := persist.Dump(path, want, persist.Compress(codec)); err != nil {
			t.Errorf("%s: %v", codec, err)
			continue
		}
		got, err := persist.Load[catalogue](path)
		if err != nil {
			t.Errorf("%s: %v", codec, err)
		}
		if diff := cmp.Diff(want, got, same); diff != "" {
			t.Errorf("%s (-dumped +loaded):\n%s", codec, diff)
		}
	}
}

func TestCompressionIsSelectedByOptionExtensionAndMagic(t *testing.T) {
	t.Parallel()
	magic := map[persist.Codec]string{persist.None: "\xd9\xd9\xf7", persist.Zstd: "\x28\xb5\x2f\xfd", persist.Gzip: "\x1f\x8b", persist.LZ4: "\x04\x22\x4d\x18"}
	dir := t.TempDir()
	x := ramp("", 1000)
	for codec, extension := range codecs {
		byOption, byExtension := filepath.Join(dir, codec.String()), filepath.Join(dir, "x"+extension)
		contrary := filepath.Join(dir, codec.String()+"-contrary.gz")
		moved := filepath.Join(dir, codec.String()+"-moved.lz4")
		if err := errors.Join(
			persist.Dump(byOption, x, persist.Compress(codec)),
			persist.Dump(byExtension, x),
			persist.Dump(contrary, x, persist.Compress(codec)),
			persist.Dump(filepath.Join(dir, "old"+extension), x), os.Rename(filepath.Join(dir, "old"+extension), moved),
		); err != nil {
			t.Fatal(err)
		}
		for _, path := range []string{byOption, byExtension, contrary, moved} {
			if content := read(t, path); !strings.HasPrefix(content, magic[codec]) {
				t.Errorf("%s begins with %x; want %s", path, content[:4], codec)
			}
			if got, err := persist.Load[[]float64](path); err != nil || !slices.Equal(got, x) {
				t.Errorf("load %s: %v", path, err)
			}
		}
	}
	var sizes []int64
	for _, level := range []int{1, 9} {
		path := filepath.Join(dir, "level.gz")
		if err := persist.Dump(path, strings.Repeat("levels, labels and ladles. ", 9999), persist.Level(level)); err != nil {
			t.Fatal(err)
		}
		sizes = append(sizes, int64(len(read(t, path))))
	}
	if sizes[1] >= sizes[0] {
		t.Errorf("levels 1 and 9 take %v bytes", sizes)
	}
}

func TestUnknownOrImpossibleOptionsAreClearErrors(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	there := filepath.Join(dir, "there")
	if err := persist.Dump(there, []float64{1}); err != nil {
		t.Fatal(err)
	}
	dump := func(name string, opts ...persist.Option) error {
		return persist.Dump(filepath.Join(dir, name), 1, opts...)
	}
	load := func(opts ...persist.Option) error {
		_, err := persist.Load[[]float64](there, opts...)
		return err
	}
	_, create := persist.Create(filepath.Join(dir, "x.zst"), []float64{1})
	_, open := persist.Open[[]float64](there, persist.Mode(99))
	_, decode := persist.Decode[[]float64](strings.NewReader(read(t, there)), persist.Map(persist.ReadOnly))
	for name, row := range map[string]struct {
		err    error
		option string
	}{
		"an unknown codec":               {dump("x", persist.Compress(99)), "Compress"},
		"a level that does not exist":    {dump("x.gz", persist.Level(10)), "Level"},
		"level 0":                        {dump("x.zst", persist.Level(0)), "Level"},
		"a level of nothing":             {dump("x", persist.Level(3)), "Level"},
		"mapping what is being stored":   {dump("x", persist.Map(persist.ReadOnly)), "Map"},
		"a codec for loading":            {load(persist.Compress(persist.Zstd)), "Compress"},
		"an unknown mode":                {load(persist.Map(99)), "Map"},
		"an unknown mode of Open":        {open, "Map"},
		"nothing may be loaded":          {load(persist.MaxSize(0)), "MaxSize"},
		"a mapping that is compressed":   {create, "Compress"},
		"mapping what comes from a pipe": {decode, "Map"},
	} {
		if option, ok := errors.AsType[*persist.OptionError](row.err); !ok || option.Option != row.option {
			t.Errorf("%s: %v; want an OptionError about %s", name, row.err, row.option)
		}
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 1 {
		t.Errorf("the mistakes left %v, %v", left, err)
	}
}

func address[T any](s []T) uintptr { return uintptr(unsafe.Pointer(unsafe.SliceData(s))) }

// An offset has fields of odd lengths before its arrays.
type offset struct {
	Before string
	Bytes  []byte
	Floats []float64
	Middle string
	Shorts []int16
	Rows   [][]float32
}

func TestMappedArraysAreAlignedAtAnyOffset(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for n := range 70 {
		want := offset{strings.Repeat("x", n), make([]byte, 300+n), ramp("", 100), "y", make([]int16, 1000), [][]float32{make([]float32, 64), make([]float32, 65)}}
		path := filepath.Join(dir, fmt.Sprint(n))
		if err := persist.Dump(path, want); err != nil {
			t.Fatal(err)
		}
		m, err := persist.Open[offset](path, persist.ReadOnly)
		if err != nil {
			t.Fatal(err)
		}
		v := &m.Value
		if diff := cmp.Diff(want, *v); diff != "" {
			t.Errorf("after %d bytes (-dumped +mapped):\n%s", n, diff)
		}
		for _, at := range []uintptr{address(v.Floats), address(v.Shorts), address(v.Rows[0]), address(v.Rows[1])} {
			if at%64 != 0 {
				t.Errorf("after %d bytes an array is at %x, which 64 does not divide", n, at)
			}
		}
		if err := m.Close(); err != nil || m.Value.Floats != nil {
			t.Errorf("close: %v", err)
		}
	}
}

// joblib's modes r, c, r+ and w+.
func TestMappingModes(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "x")
	made, err := persist.Create(path, make([]float64, 1000))
	if err != nil {
		t.Fatal(err)
	}
	if made.Warning != nil {
		t.Skipf("nothing is mapped here: %v", made.Warning)
	}
	made.Value[0] = 1 // w+
	copied, err := persist.Open[[]float64](path, persist.CopyOnWrite)
	if err != nil {
		t.Fatal(err)
	}
	copied.Value[1] = 2 // c
	written, err := persist.Open[[]float64](path, persist.ReadWrite)
	if err != nil {
		t.Fatal(err)
	}
	written.Value[2] = 3 // r+
	shown, err := persist.Open[[]float64](path, persist.ReadOnly)
	if err != nil {
		t.Fatal(err)
	}
	for name, row := range map[string]struct {
		got  []float64
		want []float64
	}{
		"made, and seeing what others write": {made.Value[:3], []float64{1, 0, 3}},
		"a copy of its own":                  {copied.Value[:2], []float64{1, 2}},
		"written":                            {written.Value[:3], []float64{1, 0, 3}},
		"read":                               {shown.Value[:3], []float64{1, 0, 3}},
	} {
		if !slices.Equal(row.got, row.want) {
			t.Errorf("%s: %v, want %v", name, row.got, row.want)
		}
	}
	if err := errors.Join(made.Close(), copied.Close(), written.Close(), shown.Close()); err != nil {
		t.Error(err)
	}
	if got, err := persist.Load[[]float64](path); err != nil || !slices.Equal(got[:3], []float64{1, 0, 3}) {
		t.Errorf("the file holds %v, %v", got[:3], err)
	}
}

func TestMappingCompressedDataWarnsAndLoads(t *testing.T) {
	t.Parallel()
	x := ramp("", 1000)
	for codec, extension := range codecs {
		path := filepath.Join(t.TempDir(), "x"+extension)
		if err := persist.Dump(path, x); err != nil {
			t.Fatal(err)
		}
		var told []error
		got, err := persist.Load[[]float64](path, persist.Map(persist.CopyOnWrite), persist.Warn(func(w error) { told = append(told, w) }))
		if err != nil || !slices.Equal(got, x) {
			t.Errorf("%s: %v", codec, err)
		}
		m, err := persist.Open[[]float64](path, persist.ReadOnly)
		if err != nil || !slices.Equal(m.Value, x) {
			t.Errorf("%s: %v", codec, err)
			continue
		}
		if codec == persist.None {
			continue // a system without mappings warns here too
		}
		for _, warning := range append(told, m.Warning) {
			if w, ok := errors.AsType[*persist.NotMappedError](warning); !ok || w.Path != path || !strings.Contains(w.Reason, codec.String()) || len(told) != 1 {
				t.Errorf("%s: warned of %v and of %v", codec, told, m.Warning)
			}
		}
		if err := m.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestAnyReaderOrWriter(t *testing.T) {
	t.Parallel()
	want := everyKind()
	for codec := range codecs {
		reader, writer := io.Pipe()
		go func() {
			writer.CloseWithError(persist.Encode(writer, want, persist.Compress(codec)))
		}()
		got, err := persist.Decode[catalogue](iotest.HalfReader(reader))
		if err != nil {
			t.Errorf("%s through a pipe: %v", codec, err)
		}
		if diff := cmp.Diff(want, got, same); diff != "" {
			t.Errorf("%s through a pipe (-encoded +decoded):\n%s", codec, diff)
		}
		if err := persist.Encode(&full{room: 1000}, want, persist.Compress(codec)); !errors.Is(err, errFull) {
			t.Errorf("%s to a writer that is full: %v", codec, err)
		}
		if _, err := persist.Decode[catalogue](iotest.ErrReader(errAsked)); !errors.Is(err, errAsked) {
			t.Errorf("from a reader that fails: %v", err)
		}
	}
}

var errFull = errors.New("it is full")

type full struct{ room int }

func (f *full) Write(b []byte) (int, error) {
	n := min(len(b), f.room)
	f.room -= n
	if n < len(b) {
		return n, errFull
	}
	return n, nil
}

// allocated tells how many bytes of memory are taken meanwhile.
func allocated(t *testing.T, do func() error) int64 {
	t.Helper()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	if err := do(); err != nil {
		t.Fatal(err)
	}
	runtime.ReadMemStats(&after)
	return int64(after.TotalAlloc - before.TotalAlloc)
}

func TestDumpAndLoadMakeNoFullCopy(t *testing.T) { //nolint:paralleltest // it counts what the whole process allocates
	if raceEnabled {
		t.Skip("the race detector makes pools forget, so that more is allocated")
	}
	const size = 32 << 20
	x := ramp("", size/8)
	for codec, extension := range codecs {
		path := filepath.Join(t.TempDir(), "x"+extension)
		if got := allocated(t, func() error { return persist.Dump(path, x) }); got > size/2 {
			t.Errorf("%s: to dump %d bytes takes %d", codec, size, got)
		}
		got := allocated(t, func() error {
			_, err := persist.Load[[]float64](path)
			return err
		})
		// Of a compressed file nobody knows how long the value will be: its
		// memory grows, and all that it had counts here.
		if most := map[bool]int64{true: size * 3 / 2, false: 3 * size}[codec == persist.None]; got > most {
			t.Errorf("%s: to load %d bytes takes %d", codec, size, got)
		}
	}
	path := filepath.Join(t.TempDir(), "x")
	if err := persist.Dump(path, x); err != nil {
		t.Fatal(err)
	}
	got := allocated(t, func() error {
		m, err := persist.Open[[]float64](path, persist.ReadOnly)
		if err != nil {
			return err
		}
		if m.Warning != nil {
			t.Skipf("nothing is mapped here: %v", m.Warning)
		}
		return m.Close()
	})
	if got > 1<<20 {
		t.Errorf("to map %d bytes takes %d", size, got)
	}
}

// The array 1, 2, 3 as the first version stored it, and as the programs gzip,
// zstd and lz4 compress that.
var goldenFiles = map[string]string{
	"none": "2dn32kxCAAHYVlgYAAAAAAAA8D8AAAAAAAAAQAAAAAAAAAhA",
	"gzip": "H4sIAAAAAAAAA7t58/stHycGxhthERIMYPDBHkIzOEAoDgcAL+rexiQAAAA=",
	"zstd": "KLUv/SQkDQEAyNnZ99pMQgAB2FZYGADwPwBAAAAAAAAACEACAGCGC3wBDs+lUg==",
	"lz4":  "BCJNGGRApyEAAADR2dn32kxCAAHYVlgYAAEAIfA/BwCwAABAAAAAAAAACEAAAAAAmoPKIQ==",
}

func TestOldGoldenFilesStillLoad(t *testing.T) {
	t.Parallel()
	for name, text := range goldenFiles {
		if got, err := persist.Decode[[]float64](base64.NewDecoder(base64.StdEncoding, strings.NewReader(text))); err != nil || !slices.Equal(got, []float64{1, 2, 3}) {
			t.Errorf("%s: %v, %v", name, got, err)
		}
	}
	stream, err := persist.Marshal([]float64{1, 2, 3})
	if err != nil || base64.StdEncoding.EncodeToString(stream) != goldenFiles["none"] {
		t.Errorf("it is stored as %x, %v: what the format is has changed, and with it the version has to", stream, err)
	}
}

// bigEndianNPY is numpy.array([[1, 2, 3], [4, 5, 6]], dtype=">f8"), saved.
const bigEndianNPY = "k05VTVBZAQB2AHsnZGVzY3InOiAnPmY4JywgJ2ZvcnRyYW5fb3JkZXInOiBGYWxzZSwgJ3NoYXBlJzogKDIsIDMpLCB9ICAgICAgICAgICAgICAgICAgICAg" +
	"ICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAo/8AAAAAAAAEAAAAAAAAAAQAgAAAAAAABAEAAAAAAAAEAUAAAAAAAAQBgAAAAAAAA="

func TestByteOrderOfTheOtherEndianness(t *testing.T) {
	t.Parallel()
	// RFC 8746: tags 65 to 67 and 73 to 75 are big-endian integers, 81 and 82
	// floats, with as many bytes an element as decode by them.
	bigEndian := func(tag byte, elements any) []byte {
		content, err := binary.Append(nil, binary.BigEndian, elements)
		if err != nil {
			t.Fatal(err)
		}
		return append([]byte{0xd8, tag, 0x58, byte(len(content))}, content...)
	}
	mustDecode(t, bigEndian(65, []uint16{1, 2, 65535}), []uint16{1, 2, 65535})
	mustDecode(t, bigEndian(66, []uint32{1, 1 << 31}), []uint32{1, 1 << 31})
	mustDecode(t, bigEndian(67, []uint64{1, 1 << 63}), []uint64{1, 1 << 63})
	mustDecode(t, bigEndian(73, []int16{1, -2}), []int16{1, -2})
	mustDecode(t, bigEndian(74, []int32{1, -2}), []int32{1, -2})
	mustDecode(t, bigEndian(75, []int64{1, -2}), []int64{1, -2})
	mustDecode(t, bigEndian(81, []float32{1, -2.5}), []float32{1, -2.5})
	mustDecode(t, bigEndian(82, []float64{1, -2.5}), []float64{1, -2.5})

	saved, err := base64.StdEncoding.DecodeString(bigEndianNPY)
	if err != nil {
		t.Fatal(err)
	}
	got, err := npy.Read[float64](bytes.NewReader(saved))
	if want := (npy.Array[float64]{Data: []float64{1, 2, 3, 4, 5, 6}, Shape: []int{2, 3}}); err != nil || !cmp.Equal(got, want) {
		t.Errorf("numpy's array is %v, %v; want %v", got, err, want)
	}
}

func mustDecode[T comparable](t *testing.T, stream []byte, want []T) {
	t.Helper()
	var got []T
	if err := persist.Unmarshal(stream, &got); err != nil || !slices.Equal(got, want) {
		t.Errorf("%x is %v, %v; want %v", stream, got, err, want)
	}
}

func TestTruncatedOrHostileInputIsAnError(t *testing.T) { //nolint:paralleltest // it counts what the whole process allocates
	small := catalogue{Floats: ramp("", 40), Map: map[string][]int{"a": {1}}, Text: "text", Pointer: &catalogue{}}
	for codec := range codecs {
		var dumped bytes.Buffer
		if err := persist.Encode(&dumped, small, persist.Compress(codec)); err != nil {
			t.Fatal(err)
		}
		whole := dumped.Bytes()
		for n := range whole {
			if _, err := persist.Decode[catalogue](bytes.NewReader(whole[:n])); err == nil {
				t.Errorf("%s: the first %d of %d bytes are taken for all", codec, n, len(whole))
			}
		}
		for bit := range 8 * len(whole) {
			flipped := bytes.Clone(whole)
			flipped[bit/8] ^= 1 << (bit % 8)
			// Whether it is an error is up to what was flipped, but it has to end.
			_, _ = persist.Decode[catalogue](bytes.NewReader(flipped))
		}
		if _, err := persist.Decode[catalogue](io.MultiReader(bytes.NewReader(whole), strings.NewReader("more"))); err == nil {
			t.Errorf("%s: what follows is not noticed", codec)
		}
	}
	// Each claims to be followed by far more than there is.
	for name, stream := range map[string]string{
		"an array":     "\x9b\x00\x00\x00\x10\x00\x00\x00\x00",
		"numbers":      "\xd8\x56\x5b\x00\x00\x00\x10\x00\x00\x00\x00",
		"text":         "\x7b\x00\x00\x00\x10\x00\x00\x00\x00",
		"a map":        "\xbb\x00\x00\x00\x10\x00\x00\x00\x00",
		"nested lists": strings.Repeat("\x81", 100_000),
	} {
		got := allocated(t, func() error {
			_, numbersErr := persist.Decode[[]float64](strings.NewReader(stream))
			_, mapErr := persist.Decode[map[string]int](strings.NewReader(stream))
			_, anyErr := persist.Decode[any](strings.NewReader(stream))
			if numbersErr == nil || mapErr == nil || anyErr == nil {
				t.Errorf("%s: %v, %v, %v", name, numbersErr, mapErr, anyErr)
			}
			return nil
		})
		if got > 64<<20 {
			t.Errorf("%s: %d bytes of input take %d of memory", name, len(stream), got)
		}
	}
}
