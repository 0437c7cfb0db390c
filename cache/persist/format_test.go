package persist_test

import (
	"bytes"
	"encoding/hex"
	"math"
	"math/big"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"labbook/cache/persist"
)

// start is what every stream begins with: CBOR's mark, "LB", version 1.
const start = "d9d9f7 da4c420001 "

func unhex(t testing.TB, text string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(text, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestFormat(t *testing.T) {
	t.Parallel()
	type pair struct {
		A int
		B *string
	}
	text, number := "é", 7
	for _, test := range []struct {
		reason string
		value  any
		want   string
	}{
		{"booleans", []bool{true, false}, "82 f5 f4"},
		{"integers", [4]any{1, -1, 500, -500}, "84 01 20 1901f4 3901f3"},
		{"an integer of a type that is not int", [1]any{int64(1)}, "81 d81b 82 65 696e743634 01"},
		{"floats keep their width", [2]any{0.5, float32(0.5)}, "82 fb3fe0000000000000 d81b 82 67 666c6f61743332 fa3f000000"},
		{"a complex number", complex64(1 + 2i), "82 fa3f800000 fa40000000"},
		{"text", "é", "62 c3a9"},
		{"no text", "\xff", "41 ff"},
		{"bytes", []byte{1, 2}, "42 0102"},
		{"bytes in an array", [2]byte{1, 2}, "42 0102"},
		{"signed bytes", []int8{1, -1}, "d848 42 01ff"},
		{"int16", []int16{1, -2}, "d84d 44 0100 feff"},
		{"int32", []int32{1}, "d84e 44 01000000"},
		{"int64", []int64{1}, "d84f 48 0100000000000000"},
		{"int has 64 bits everywhere", []int{-2}, "d84f 48 feffffffffffffff"},
		{"uint16", []uint16{1}, "d845 42 0100"},
		{"uint32", []uint32{1}, "d846 44 01000000"},
		{"uint64", []uint64{1}, "d847 48 0100000000000000"},
		{"uint has 64 bits everywhere", []uint{1}, "d847 48 0100000000000000"},
		{"float32", []float32{1}, "d855 44 0000803f"},
		{"float64", []float64{1}, "d856 48 000000000000f03f"},
		{"complex64", []complex64{1 + 2i}, "d855 48 0000803f 00000040"},
		{"complex128", []complex128{1}, "d856 50 000000000000f03f 0000000000000000"},
		{"an empty slice", []float64{}, "d856 40"},
		{"a nil slice", []float64(nil), "f6"},
		{
			// 8 bytes of marks, 2 of tag, 1 of 5f, 3 of head: 50 empty chunks.
			"a long array starts at 64", make([]float32, 64),
			"d855 5f" + strings.Repeat("40", 50) + "590100" + strings.Repeat("00", 256) + "ff",
		},
		{"a short array", make([]float32, 63), "d855 58fc" + strings.Repeat("00", 252)},
		{"a map is sorted by the bytes of its keys", map[string]int{"b": 1, "aa": 2, "a": 3}, "a3 6161 03 6162 01 626161 02"},
		{
			"arrays in keys are short, so that keys do not depend on where they stand",
			map[[32]int64]int{{1}: 1},
			"a1 d84f 590100 0100000000000000" + strings.Repeat("00", 248) + "01",
		},
		{"a struct", pair{A: 1, B: &text}, "a2 6141 01 6142 62c3a9"},
		{"a nil pointer", pair{}, "a2 6141 00 6142 f6"},
		{"a pointer to what may be null", []*any{new(any), nil}, "82 81f6 f6"},
		{"a shared pointer", []*int{&number, &number}, "82 d81c07 d81d00"},
		{"UTC", time.Date(2026, 11, 21, 15, 4, 5, 600, time.UTC), "c0 781c" + hex.EncodeToString([]byte("2026-11-21T15:04:05.0000006Z"))},
		{"an offset", time.Date(2026, 11, 21, 15, 4, 5, 0, time.FixedZone("", -5400)), "c0 7819" + hex.EncodeToString([]byte("2026-11-21T15:04:05-01:30"))},
		{"none", time.Date(2026, 11, 21, 15, 4, 5, 0, time.FixedZone("", 0)), "c0 7819" + hex.EncodeToString([]byte("2026-11-21T15:04:05+00:00"))},
		{"a strange offset", time.Unix(-1, 5).In(time.FixedZone("", 61)), "d81b 84 69" + hex.EncodeToString([]byte("time.Time")) + "20 05 183d"},
		{"big integers that are small", big.NewInt(-500), "3901f3"},
		{"a big integer", new(big.Int).Lsh(big.NewInt(1), 64), "c2 49 010000000000000000"},
		{"a negative one", new(big.Int).Not(new(big.Int).Lsh(big.NewInt(1), 64)), "c3 49 010000000000000000"},
		{"a registered type", [1]shape{square{1}}, "81 d81b 82 7821" + hex.EncodeToString([]byte("labbook/cache/persist_test.square")) + "a1 6453696465 fb3ff0000000000000"},
	} {
		t.Run(test.reason, func(t *testing.T) {
			t.Parallel()
			got, err := persist.Marshal(test.value)
			if err != nil {
				t.Fatal(err)
			}
			if want := unhex(t, start+test.want); !bytes.Equal(got, want) {
				t.Errorf("got\n%x\nwant\n%x", got, want)
			}
		})
	}
}

func TestReadsOtherWriters(t *testing.T) {
	t.Parallel()
	type pair struct{ A, B int }
	for _, test := range []struct {
		reason string
		input  string
		want   any
	}{
		{"no marks", "01", 1},
		{"CBOR's mark alone", "d9d9f7 01", 1},
		{"big endian", "d852 50 3ff0000000000000 4000000000000000", []float64{1, 2}},
		{"big endian integers", "d84b 48 fffffffffffffffe", []int{-2}},
		{"big endian integers of two bytes", "d841 44 0001 0002", []uint16{1, 2}},
		{"tagged bytes", "d840 42 0102", []byte{1, 2}},
		{"clamped bytes", "d844 42 0102", []byte{1, 2}},
		{"plain numbers", "83 01 1818 20", []int64{1, 24, -1}},
		{"plain floats of all widths", "83 f93c00 fa40000000 fb4008000000000000", []float64{1, 2, 3}},
		{"plain bytes", "82 01 18ff", []byte{1, 255}},
		{"floats of 16 bits", "84 f90001 f98000 f97c00 f97bff", []float32{0x1p-24, float32(math.Copysign(0, -1)), float32(math.Inf(1)), 65504}},
		{"chunks", "5f 4101 40 420203 ff", []byte{1, 2, 3}},
		{"a text in chunks", "7f 6161 6162 ff", "ab"},
		{"an array in chunks that split its elements", "d845 5f 4101 42 0002 4100 ff", []uint16{1, 2}},
		{"fields in another order", "a2 6142 02 6141 01", pair{1, 2}},
		{"heads that are longer than need be", "1b0000000000000001", 1},
		{"a map in any order", "a2 6162 01 6161 02", map[string]int{"a": 2, "b": 1}},
		{"small numbers as big ones", "c2 42 0001", *big.NewInt(1)},
	} {
		t.Run(test.reason, func(t *testing.T) {
			t.Parallel()
			into := reflect.New(reflect.TypeOf(test.want))
			if err := persist.Unmarshal(unhex(t, test.input), into.Interface()); err != nil {
				t.Fatal(err)
			}
			if d := persist.Difference(reflect.ValueOf(test.want), into.Elem()); d != "" {
				t.Error(d)
			}
		})
	}
}

// Long arrays start on a boundary wherever they are in a stream.
func TestAlignment(t *testing.T) {
	t.Parallel()
	for n := range 200 {
		marker := bytes.Repeat([]byte{0xA5}, 512)
		array := make([]uint64, 64)
		for i := range array {
			array[i] = 0xA5A5_A5A5_A5A5_A5A5
		}
		data, err := persist.Marshal([]any{strings.Repeat("x", n), array, array[:1:1], array[1:]})
		if err != nil {
			t.Fatal(err)
		}
		if at := bytes.Index(data, marker); at < 0 || at%64 != 0 {
			t.Fatalf("after a text of %d bytes, an array starts at %d", n, at)
		}
		if at := bytes.LastIndex(data, marker[:63*8]); at < 0 || at%64 != 0 {
			t.Fatalf("after a text of %d bytes, the last array starts at %d", n, at)
		}
	}
}

// Equal maps have equal bytes, whatever order they are walked in.
func TestMapsAreDeterministic(t *testing.T) {
	t.Parallel()
	m := map[any]map[int]string{}
	for i := range 50 {
		m[i], m[float64(i)] = map[int]string{i: "x", -i: "y"}, nil
	}
	first, err := persist.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	for range 10 {
		other, err := persist.Marshal(m)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(first, other) {
			t.Fatal(cmp.Diff(first, other))
		}
	}
}
