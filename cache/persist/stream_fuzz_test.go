package persist_test

import (
	"bytes"
	"io"
	"reflect"
	"testing"
	"testing/iotest"

	"labbook/cache/persist"
)

// FuzzDecode reads anything as a stream: what Unmarshal, which has all of it in
// memory, says of it is what Decode has to say, however it comes in.
func FuzzDecode(f *testing.F) {
	for _, seed := range []any{
		1, "text", make([]float64, 100),
		everything{},
		[]any{2.5, []int32{1}, nil},
		map[string][]float32{"a": make([]float32, 70)},
		&tree{Name: "a", Kids: []*tree{{}}},
	} {
		data, err := persist.Marshal(seed)
		if err != nil {
			f.Fatal(err)
		}
		for i := range hostileTargets {
			f.Add(data, byte(i))
		}
	}
	f.Add(unhex(f, "da4c534846 83 1856 10 5810 0102030405060708090a0b0c0d0e0f10"), byte(5))
	f.Fuzz(func(t *testing.T, data []byte, target byte) {
		if persist.IsCompressed(data) {
			return // FuzzDecodeCompressed
		}
		typ := hostileTargets[int(target)%len(hostileTargets)]
		want := reflect.New(typ)
		wantErr := persist.Unmarshal(data, want.Interface())
		for name, r := range map[string]io.Reader{
			"known length": bytes.NewReader(data), "unknown": struct{ io.Reader }{bytes.NewReader(data)}, "byte by byte": iotest.OneByteReader(bytes.NewReader(data)),
		} {
			got := reflect.New(typ)
			err := persist.DecodeInto(r, got.Interface())
			if (err == nil) != (wantErr == nil) {
				t.Fatalf("%s: Unmarshal says %v, Decode says %v", name, wantErr, err)
			}
			if err == nil {
				if d := persist.Difference(want.Elem(), got.Elem()); d != "" {
					t.Fatalf("%s: %s", name, d)
				}
			}
		}
		before := bytes.Clone(data)
		got := reflect.New(typ)
		if err := persist.DecodeMapped(data, got.Interface()); (err == nil) != (wantErr == nil) {
			t.Fatalf("mapped: Unmarshal says %v, and this is %v", wantErr, err)
		} else if err == nil {
			if d := persist.Difference(want.Elem(), got.Elem()); d != "" {
				t.Fatalf("mapped: %s", d)
			}
		}
		if !bytes.Equal(data, before) {
			t.Fatal("what is mapped was written to")
		}
	})
}

// FuzzDecodeCompressed reads anything that begins as a compressed stream.
func FuzzDecodeCompressed(f *testing.F) {
	for _, codec := range codecs[1:] {
		for _, seed := range []any{1, make([]float64, 100), everything{S: "text"}} {
			var out bytes.Buffer
			if err := persist.Encode(&out, seed, persist.Compress(codec)); err != nil {
				f.Fatal(err)
			}
			f.Add(out.Bytes())
			f.Add(append(bytes.Clone(out.Bytes()), out.Bytes()...))
		}
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if !persist.IsCompressed(data) {
			return
		}
		// As fast as it comes, and byte by byte, it is the same.
		whole, err := persist.Decode[everything](bytes.NewReader(data), persist.MaxSize(4<<20))
		bytewise, bytewiseErr := persist.Decode[everything](iotest.OneByteReader(bytes.NewReader(data)), persist.MaxSize(4<<20))
		if (err == nil) != (bytewiseErr == nil) {
			t.Fatalf("at once %v, byte by byte %v", err, bytewiseErr)
		}
		if d := persist.Difference(reflect.ValueOf(whole), reflect.ValueOf(bytewise)); d != "" {
			t.Fatal(d)
		}
	})
}

// FuzzRoundTrip stores and reads numbers and texts in every codec.
func FuzzRoundTrip(f *testing.F) {
	f.Add([]byte("0123456789abcdef"), byte(1), 3)
	f.Add(make([]byte, 1000), byte(0), 700)
	f.Fuzz(func(t *testing.T, content []byte, codec byte, repeat int) {
		repeat = max(1, min(repeat, 64<<10/(len(content)+1)))
		content = bytes.Repeat(content, repeat)
		var v roundTrip
		v.Text, v.Bytes = string(content), content
		for i := 0; i+8 <= len(content); i += 8 {
			n := uint64(content[i]) | uint64(content[i+3])<<20 | uint64(content[i+7])<<56
			v.Wide, v.Narrow, v.Half = append(v.Wide, n), append(v.Narrow, int32(n)), append(v.Half, uint16(n))
		}
		if len(content) == 0 {
			v.Bytes = []byte{}
		}
		var out bytes.Buffer
		if err := persist.Encode(&out, v, persist.Compress(codecs[int(codec)%len(codecs)])); err != nil {
			t.Fatal(err)
		}
		got, err := persist.Decode[roundTrip](&out)
		if err != nil {
			t.Fatal(err)
		}
		if d := persist.Difference(reflect.ValueOf(v), reflect.ValueOf(got)); d != "" {
			t.Fatal(d)
		}
	})
}

type roundTrip struct {
	Text   string
	Bytes  []byte
	Wide   []uint64
	Narrow []int32
	Half   []uint16
}
