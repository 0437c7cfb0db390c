package diffargs

import (
	"bytes"
	"encoding/binary"
	"math"
	"reflect"
	"testing"
)

// NaNs are found wherever they are, and nothing else is taken for one.
func TestCanonicalFloats(t *testing.T) {
	t.Parallel()
	others := []uint64{
		0, 1 << 63, 1, 1<<63 | 1, math.Float64bits(1), math.Float64bits(math.MaxFloat64),
		math.Float64bits(math.Inf(1)), math.Float64bits(math.Inf(-1)),
	}
	nans := []uint64{
		0x7FF0000000000001, 0x7FF7FFFFFFFFFFFF, 0x7FF8000000000000, 0x7FFFFFFFFFFFFFFF,
		0xFFF0000000000001, 0xFFF8000000000000, 0xFFFFFFFFFFFFFFFF,
	}
	for n := range 36 {
		row := make([]byte, 0, 8*n)
		for i := range n {
			row = binary.NativeEndian.AppendUint64(row, others[i%len(others)])
		}
		if !floats64.isCanonical(row) {
			t.Errorf("%d floats: a NaN is seen where none is", n)
		}
		for i := range n {
			for _, nan := range nans {
				with := bytes.Clone(row)
				binary.NativeEndian.PutUint64(with[8*i:], nan)
				if floats64.isCanonical(with) {
					t.Errorf("%x at %d of %d is not seen", nan, i, n)
				}
				want := bytes.Clone(row)
				binary.LittleEndian.PutUint64(want[8*i:], canonicalNaN64)
				if got := floats64.appendCanonical(nil, with); littleEndian && !bytes.Equal(got, want) {
					t.Errorf("%x at %d of %d: %x, want %x", nan, i, n, got, want)
				}
			}
		}
	}
	for _, bits := range []uint32{0x7F800001, 0x7FC00000, 0x7FFFFFFF, 0xFF800001, 0xFFFFFFFF} {
		row := make([]byte, 35*4)
		for i := range 35 {
			with := bytes.Clone(row)
			binary.NativeEndian.PutUint32(with[4*i:], bits)
			if floats32.isCanonical(with) {
				t.Errorf("%x at %d is not seen", bits, i)
			}
		}
	}
	if row := binary.NativeEndian.AppendUint32(nil, 0x7F800000); !floats32.isCanonical(row) {
		t.Error("infinity is taken for a NaN")
	}
}

func TestLayouts(t *testing.T) {
	t.Parallel()
	if !littleEndian {
		t.Skip("memory is no encoding on this machine")
	}
	tests := []struct {
		reason string
		typ    reflect.Type
		want   layout
	}{
		{"no gaps", reflect.TypeFor[struct{ A, B int32 }](), exact},
		{"a gap at the end", reflect.TypeFor[struct {
			A int64
			B bool
		}](), scattered},
		{"a gap inside", reflect.TypeFor[struct {
			A bool
			B int16
		}](), scattered},
		{"a field left out", reflect.TypeFor[struct {
			A int32
			B int32 `labbook:"-"`
		}](), scattered},
		{"a blank field", reflect.TypeFor[struct{ A, _ int32 }](), scattered},
		{"a blank field first", reflect.TypeFor[struct{ _, A int32 }](), scattered},
		{"points", reflect.TypeFor[[3]struct{ X, Y float64 }](), floats64},
		{"floats and integers", reflect.TypeFor[struct {
			X float64
			N int64
		}](), scattered},
		{"floats of two sizes", reflect.TypeFor[struct {
			X       float64
			Y, Z    float32
			Padding [0]int
		}](), scattered},
		{"a text", reflect.TypeFor[string](), scattered},
		{"a long array", reflect.TypeFor[[100_000]int8](), scattered},
		{"a Digester", reflect.TypeFor[broken](), scattered},
	}
	for _, test := range tests {
		if got := nativePlans.get(test.typ).layout; got != test.want {
			t.Errorf("%s: layout %d, want %d", test.reason, got, test.want)
		}
		if got := portablePlans.get(test.typ).layout; got != scattered {
			t.Errorf("%s: layout %d element by element", test.reason, got)
		}
	}
}
