package diagnose

import (
	"bytes"
	"encoding/hex"
	"errors"
	"io"
	"math"
	"strings"
	"testing"
	"unicode/utf8"
)

// The examples are those of RFC 8949, appendix A, and of RFC 8746.
func TestCBOR(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ reason, input, want string }{
		{"an integer", "1903e8", "1000"},
		{"the largest", "1bffffffffffffffff", "18446744073709551615"},
		{"a negative one", "3903e7", "-1000"},
		{"the least", "3bffffffffffffffff", "-18446744073709551616"},
		{"half floats", "83f93c00f97bfff98001", "[1.0, 65504.0, -5.9604645e-08]"},
		{"a float, not an integer", "fb4010000000000000", "4.0"},
		{"a short float", "fa47c35000", "100000.0"},
		{"no finite numbers", "84f97c00f97e00fbfff0000000000000fa7f800000", "[Infinity, NaN, -Infinity, Infinity]"},
		{"simple values", "86f4f5f6f7f0f8ff", "[false, true, null, undefined, simple(16), simple(255)]"},
		{"bytes", "4401020304", "h'01020304'"},
		{"more bytes than are shown", "5820" + strings.Repeat("ab", 32), "h'" + strings.Repeat("ab", 16) + "'…(32 bytes)"},
		{"text", "62225c", `"\"\\"`},
		{"controls stay harmless", "641b5b324a", `"\x1b[2J"`},
		{"text in chunks", "7f657374726561646d696e67ff", `"streaming"`},
		{"long text is cut between characters", "7850" + strings.Repeat("c3a4", 40), `"` + strings.Repeat("ä", 30) + `"…(80 bytes)`},
		{"a character that the cut would split", "7851" + "61" + strings.Repeat("c3a4", 40), `"a` + strings.Repeat("ä", 29) + `"…(81 bytes)`},
		{"arrays", "8301820203820405", "[1, [2, 3], [4, 5]]"},
		{"without a length", "9f01820203ff", "[1, [2, 3]]"},
		{"nothing in them", "84809fffa0bfff", "[[], [], {}, {}]"},
		{"a map", "a26161016162820203", `{"a": 1, "b": [2, 3]}`},
		{"a map without a length", "bf61610161629f0203ffff", `{"a": 1, "b": [2, 3]}`},
		{"a tag", "c11a514b67b0", "1(1363896240)"},
		{"the tags around every stored value", "d9d9f7da4c4200018101", "[1]"},
		{"float64, little endian", "d85650000000000000f03f0000000000000040", "float64[2](1.0, 2.0)"},
		{"float32, big endian", "d851443f800000", "float32[1](1.0)"},
		{"int16, below zero", "d84d44ffff0100", "int16[2](-1, 1)"},
		{"uint8", "d84046010203040506", "uint8[6](1, 2, 3, 4, …)"},
		{"int8", "d84841ff", "int8[1](-1)"},
		{"float16", "d85042" + "3c00", "float16[1](1.0)"},
		{"int64", "d84f48feffffffffffffff", "int64[1](-2)"},
		{"padded with empty chunks, as arrays are", "d8565f404040480000000000000040ff", "float64[1](2.0)"},
		{"the tag of an array around something else", "d85601", "86(1)"},
		{"an array of half a number", "d85641ff", "float64[0]()"},
	} {
		input, err := hex.DecodeString(test.input)
		if err != nil {
			t.Fatal(test.reason, err)
		}
		if got, err := CBOR(bytes.NewReader(input)); err != nil || got != test.want {
			t.Errorf("%s: %s, %v; want %s", test.reason, got, err, test.want)
		}
	}
}

func TestNoCBOR(t *testing.T) {
	t.Parallel()
	for _, input := range []string{"", "1c", "1f", "3f", "df00", "ff", "8201", "a101", "5f01ff", "5f5f41", "62ff", "19ff", "5bffffffffffffffff00", "7f4161ff"} {
		b, err := hex.DecodeString(input)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := CBOR(bytes.NewReader(b)); !errors.Is(err, ErrNoCBOR) {
			t.Errorf("%s: %q, %v", input, got, err)
		}
	}
}

// TestIsBounded has it look at what is long, deep, or says so.
func TestIsBounded(t *testing.T) {
	t.Parallel()
	long := append([]byte{0x9a, 0, 1, 0, 0}, bytes.Repeat([]byte{0x18, 0xff}, 1<<16)...)
	deep := bytes.Repeat([]byte{0x81}, 1<<20)
	chunks := append([]byte{0x5f}, bytes.Repeat([]byte{0x40}, 1<<20)...)
	tags := bytes.Repeat([]byte{0xd9, 0xd9, 0xf7}, 1<<20)
	for reason, input := range map[string][]byte{"long": long, "deep": deep, "chunks": chunks, "tags": tags} {
		r := &countingReader{ReadSeeker: bytes.NewReader(input)}
		got, err := CBOR(r)
		if err != nil || len(got) > maxDiagnosis+100 || !strings.HasSuffix(got, "…") || r.read > 16<<10 {
			t.Errorf("%s: %d bytes of text from %d, %v", reason, len(got), r.read, err)
		}
	}
	// What comes behind a large array is shown, and the array is not read.
	large := append([]byte{0x82, 0xd8, 0x56, 0x5a, 0x01, 0, 0, 0}, make([]byte, 1<<24)...)
	large = append(large, 0x07)
	r := &countingReader{ReadSeeker: bytes.NewReader(large)}
	if got, err := CBOR(r); err != nil || got != "[float64[2097152](0.0, 0.0, 0.0, 0.0, …), 7]" || r.read > 16<<10 {
		t.Errorf("%s, %v, %d bytes read", got, err, r.read)
	}
}

type countingReader struct {
	io.ReadSeeker
	read int
}

func (r *countingReader) Read(b []byte) (int, error) {
	n, err := r.ReadSeeker.Read(b)
	r.read += n
	return n, err
}

func FuzzCBOR(f *testing.F) {
	for _, seed := range []string{"d9d9f7da4c42000181d8565f4040480000000000000040ff", "a26161016162820203", "7f657374726561646d696e67ff", "5bffffffffffffffff00", "c249010000000000000000"} {
		b, _ := hex.DecodeString(seed)
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, input []byte) {
		got, err := CBOR(bytes.NewReader(input))
		if len(got) > maxDiagnosis+300 || !utf8.ValidString(got) || strings.ContainsAny(got, "\x1b\n\r\x00") {
			t.Errorf("%q, %v", got, err)
		}
		if err != nil && !errors.Is(err, ErrNoCBOR) {
			t.Errorf("%q, %v", got, err)
		}
	})
}

func TestHalfFloat(t *testing.T) {
	t.Parallel()
	for bits, want := range map[uint16]float64{
		0: 0, 1: math.Ldexp(1, -24), 0x03ff: math.Ldexp(1023, -24), 0x0400: math.Ldexp(1, -14), 0x3c00: 1, 0xc000: -2, 0x7bff: 65504, 0x7c00: math.Inf(1),
	} {
		if got := halfFloat(bits); got != want {
			t.Errorf("%#04x: %v, want %v", bits, got, want)
		}
	}
	if !math.IsNaN(halfFloat(0x7e00)) || !math.Signbit(halfFloat(0x8000)) {
		t.Error("NaN or -0")
	}
}
