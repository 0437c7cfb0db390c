package persist_test

import (
	"bytes"
	"flag"
	"fmt"
	"math"
	"math/big"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"labbook/cache/persist"
)

var update = flag.Bool("update", false, "write the golden files anew")

// goldens are in testdata, in every codec. They are what version 1 of the format
// wrote, and have to be read for ever.
func goldens() map[string]any {
	long := make([]float64, 100)
	ints := make([]int, 100)
	for i := range long {
		long[i], ints[i] = float64(i)/4, i*i-50
	}
	text, number := "text", 7
	return map[string]any{
		"numbers": []any{true, -3, 2.5, uint8(200), float32(0.5), complex(1, -2), math.Inf(-1)},
		"texts":   []string{"", "é", "\xff", strings.Repeat("long ", 100)},
		"floats":  long,
		"ints":    ints,
		"arrays":  []any{[]byte{1, 2}, []int16{-1, 1}, long[:3], []float64{}, []complex128{1i}},
		"times":   []time.Time{time.Date(2026, 11, 25, 10, 0, 0, 5, time.UTC), time.Unix(-1, 5).In(time.FixedZone("", 61))},
		"bigs":    []*big.Int{big.NewInt(-500), new(big.Int).Lsh(big.NewInt(1), 100)},
		"maps":    map[string][]int{"a": {1}, "b": nil, "c": {}},
		"structs": []point{{1, 2}, {3, -4}},
		"shared":  []*int{&number, nil, &number},
		"held":    [2]shape{square{2}, square{3}},
		"tree":    &tree{Name: text, Kids: []*tree{{Name: "kid"}}},
	}
}

func TestGolden(t *testing.T) {
	t.Parallel()
	for name, value := range goldens() {
		plain, err := persist.Marshal(value)
		if err != nil {
			t.Fatal(err)
		}
		for _, codec := range codecs {
			path := filepath.Join("testdata", name+extensions[codec])
			if *update {
				if err := persist.Dump(path, value); err != nil {
					t.Fatal(err)
				}
			}
			content, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if codec == persist.None && !bytes.Equal(content, plain) {
				t.Errorf("%s is now stored as\n%x, not\n%x", name, plain, content)
			}
			into := reflect.New(reflect.TypeOf(value))
			if err := persist.Unmarshal(content, into.Interface()); err != nil {
				t.Errorf("%s: %v", path, err)
			} else if d := persist.Difference(reflect.ValueOf(value), into.Elem()); d != "" {
				t.Errorf("%s: %s", path, d)
			}
		}
	}
}

// Streams of a machine that keeps the highest byte first, as files.
func TestOtherByteOrder(t *testing.T) {
	t.Parallel()
	const n = 40_000 // long enough not to be copied, if it could be left where it is
	head := func(tag byte, size int) []byte {
		return append(unhex(t, start+fmt.Sprintf("d8%02x 5a%08x", tag, size)), make([]byte, size)...)
	}
	floats := head(82, 8*n)
	at := len(floats) - 8*n
	for i := range n {
		bits := math.Float64bits(float64(i))
		for j := range 8 {
			floats[at+8*i+j] = byte(bits >> (56 - 8*j))
		}
	}
	shorts := head(65, 2*n)
	at = len(shorts) - 2*n
	for i := range n {
		shorts[at+2*i], shorts[at+2*i+1] = byte(i>>8), byte(i)
	}
	for _, codec := range codecs {
		dir := t.TempDir()
		path := filepath.Join(dir, "v")
		store := func(data []byte) {
			t.Helper()
			var out bytes.Buffer
			if err := persist.EncodeRaw(&out, data, codec); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, out.Bytes(), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		store(floats)
		fs, err := persist.Load[[]float64](path)
		if err != nil || len(fs) != n || fs[1] != 1 || fs[n-1] != n-1 {
			t.Errorf("%v: %d floats, %v", codec, len(fs), err)
		}
		store(shorts)
		us, err := persist.Load[[]uint16](path)
		if err != nil || len(us) != n || us[1] != 1 || us[n-1] != n-1 {
			t.Errorf("%v: %d integers, %v", codec, len(us), err)
		}
	}
}

// A shuffled array, as it stands within a compressed stream.
func TestShuffledFormat(t *testing.T) {
	t.Parallel()
	array := make([]int32, 64)
	for i := range array {
		array[i] = 0x01020304
	}
	planes := strings.Repeat("04", 64) + strings.Repeat("03", 64) + strings.Repeat("02", 64) + strings.Repeat("01", 64)
	for _, test := range []struct {
		reason string
		value  any
		want   string
	}{
		{"256 bytes and more are shuffled", array, "da4c534846 83 184e 1a00080000 590100" + planes},
		{"what is shorter is not", array[:2], "d84e 48 0403020104030201"},
		{"bytes never are", make([]byte, 300), "59012c" + strings.Repeat("00", 300)},
		{"nor are keys", map[[64]int32]bool{[64]int32(array): true}, "a1 d84e 590100" + strings.Repeat("04030201", 64) + "f5"},
	} {
		var out bytes.Buffer
		if err := persist.Encode(&out, test.value, persist.Compress(persist.Zstd)); err != nil {
			t.Fatal(err)
		}
		if got, want := persist.Expand(t, out.Bytes()), unhex(t, start+test.want); !bytes.Equal(got, want) {
			t.Errorf("%s: got\n%x\nwant\n%x", test.reason, got, want)
		}
	}
	for _, test := range []struct{ reason, input string }{
		{"not three", "da4c534846 82 184e 04"},
		{"another width", "da4c534846 83 184f 04 44 00000000"},
		{"chunks of nothing", "da4c534846 83 184e 00 44 00000000"},
		{"chunks that cut a number", "da4c534846 83 184e 06 44 00000000"},
		{"chunks of gigabytes", "da4c534846 83 184e 1aff000000 44 00000000"},
		{"half a number", "da4c534846 83 184e 04 42 0000"},
		{"no bytes", "da4c534846 83 184e 04 62 6161"},
	} {
		if err := persist.Unmarshal(unhex(t, test.input), new([]int32)); err == nil {
			t.Errorf("%s: no error", test.reason)
		}
	}
	var got []int32
	if err := persist.Unmarshal(unhex(t, "da4c534846 83 184a 04 48 0000000100000002"), &got); err != nil || len(got) != 2 || got[0] != 1 || got[1] != 2 {
		t.Errorf("the other byte order, in chunks of one number: %v, %v", got, err)
	}
}
