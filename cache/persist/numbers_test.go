package persist

import (
	"encoding/binary"
	"math"
	"testing"
	"unsafe"

	"github.com/google/go-cmp/cmp"
)

// What machines do whose memory is not like a stream, against what this one
// does.
func TestConversions(t *testing.T) {
	t.Parallel()
	little := []int32{1, -2, math.MaxInt32, math.MinInt32}
	memory := unsafe.Slice((*byte)(unsafe.Pointer(&little[0])), 16)
	var native, swapped, wide, wideUnsigned []byte
	for _, n := range little {
		native = binary.LittleEndian.AppendUint32(native, uint32(n))
		swapped = binary.BigEndian.AppendUint32(swapped, uint32(n))
		wide = binary.LittleEndian.AppendUint64(wide, uint64(int64(n)))
		wideUnsigned = binary.LittleEndian.AppendUint64(wideUnsigned, uint64(uint32(n)))
	}
	for _, test := range []struct {
		reason    string
		got, want []byte
	}{
		{"as it is", appendConverted(nil, native, 4, 4, true, true), native},
		{"turned around", appendConverted(nil, swapped, 4, 4, true, false), native},
		{"widened with its sign", appendConverted(nil, native, 4, 8, true, true), wide},
		{"widened without", appendConverted(nil, native, 4, 8, false, true), wideUnsigned},
		{"turned around and widened", appendConverted(nil, swapped, 4, 8, true, false), wide},
		{"appended", appendConverted([]byte{7}, native, 4, 4, true, true), append([]byte{7}, native...)},
	} {
		if diff := cmp.Diff(test.want, test.got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.reason, diff)
		}
	}

	reversed := append([]byte(nil), native...)
	reverseEach(reversed, 4)
	if diff := cmp.Diff(swapped, reversed); diff != "" {
		t.Errorf("reversed (-want +got):\n%s", diff)
	}

	narrowed := make([]byte, 16)
	if i := narrow(narrowed, wide, true, true); i != -1 {
		t.Errorf("number %d of 32 bits does not fit 32 bits", i)
	}
	if diff := cmp.Diff(memory, narrowed); diff != "" {
		t.Errorf("narrowed (-want +got):\n%s", diff)
	}
	if i := narrow(narrowed, wide, true, false); i != 1 {
		t.Errorf("the negative number is the second, not that with index %d", i)
	}
	if i := narrow(narrowed, wideUnsigned, true, true); i != 1 {
		t.Errorf("the number above 2^31 is the second, not that with index %d", i)
	}
	if i := narrow(narrowed, wideUnsigned, false, true); i != 0 {
		t.Errorf("in the other byte order the first is too large, not that with index %d", i)
	}
}

// A machine with narrow ints reads and writes what a machine with wide ones
// does.
func TestNarrowIntsInStreams(t *testing.T) {
	t.Parallel()
	layout, _ := numbersOf(typeInt)
	layout.memory = 4
	values := make([]int32, 40_000)
	for i := range values {
		values[i] = int32(i) * -50_000
	}
	e := newEncoder(nil)
	if err := layout.encode(e, unsafe.Pointer(&values[0]), len(values)); err != nil {
		t.Fatal(err)
	}
	var wide []int64
	if err := Unmarshal(e.buf, &wide); err != nil {
		t.Fatal(err)
	}
	if len(wide) != len(values) {
		t.Fatalf("%d of %d", len(wide), len(values))
	}
	for i := range wide {
		if wide[i] != int64(values[i]) {
			t.Fatalf("[%d]: stored %d, loaded %d", i, values[i], wide[i])
		}
	}
	d := &decoder{data: e.buf}
	if err := d.streamHead(); err != nil {
		t.Fatal(err)
	}
	content, little, _, err := layout.content(d, typeInt)
	if err != nil {
		t.Fatal(err)
	}
	back := make([]int32, len(values))
	if err := layout.store(unsafe.Pointer(&back[0]), content, little, typeInt); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(values, back); diff != "" {
		t.Error(diff)
	}
}
