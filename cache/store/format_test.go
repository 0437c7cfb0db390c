package store

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"hash/crc32"
	"os"
	"strings"
	"testing"
	"time"

	"labbook/runlog/record"
)

func sample(payload []byte) ([]byte, Key, error) {
	key := Key{0: 1, 15: 2, 31: 3}
	start, _, err := encodeStart("p.F", key, Meta{
		Created: time.Unix(0, 0x0102030405060708), Duration: 0x1122, OriginRun: "01890a5d-ac96-774b-bcce-b302099a8057", OriginCall: 57,
		Parts: []record.Part{{Position: 1, Kind: record.PartArgument, Name: "x", Digest: "ab", Preview: "a < b"}},
	}, payload, "go1.26.0", "host")
	return append(start, payload...), key, err
}

func TestExactBytes(t *testing.T) {
	t.Parallel()
	got, _, err := sample([]byte("payload"))
	if err != nil {
		t.Fatal(err)
	}
	header := `{"function":"p.F","key":"0100000000000000000000000000000200000000000000000000000000000003",` +
		`"parts":[{"position":1,"kind":"argument","name":"x","digest":"ab","preview":"a < b"}],` +
		`"go_version":"go1.26.0","host":"host","created":"1972-04-20T13:17:39.790382856Z"}`
	header += strings.Repeat(" ", 319-len(header)) + "\n"
	want := unhex(t, `
		4c42454e545259 01
		40010000 00000000
		0700000000000000
		0807060504030201
		2211000000000000
		01890a5dac96774bbcceb302099a8057
		3900000000000000
		`+hex.EncodeToString(digestOf("payload"))+`
		01000000000000000000000000000002
		HEADERSUM
		0000000000000000
		PREFIXSUM`, map[string][]byte{"HEADERSUM": got[112:116], "PREFIXSUM": got[124:128]})
	want = append(append(want, header...), "payload"...)
	if !bytes.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", hex.Dump(got), hex.Dump(want))
	}
	// CRC-32C, bit by bit.
	for _, sum := range []struct {
		what        string
		bytes, want []byte
	}{{"header", got[128:448], got[112:116]}, {"prefix", got[:124], got[124:128]}} {
		crc := ^uint32(0)
		for _, b := range sum.bytes {
			crc ^= uint32(b)
			for range 8 {
				crc = crc>>1 ^ crc&1*0x82f63b78
			}
		}
		crc = ^crc
		if got := []byte{byte(crc), byte(crc >> 8), byte(crc >> 16), byte(crc >> 24)}; !bytes.Equal(got, sum.want) {
			t.Errorf("the checksum of the %s is %x, and should be %x", sum.what, sum.want, got)
		}
	}
}

func digestOf(s string) []byte {
	d := Digest([]byte(s))
	return d[:]
}

func unhex(t *testing.T, text string, parts map[string][]byte) []byte {
	t.Helper()
	for name, value := range parts {
		text = strings.ReplaceAll(text, name, hex.EncodeToString(value))
	}
	b, err := hex.DecodeString(strings.Join(strings.Fields(text), ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestDigestIsBlake3(t *testing.T) {
	t.Parallel()
	// The first test vector of its authors.
	if got := hex.EncodeToString(digestOf("")); got != "af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262" {
		t.Error(got)
	}
}

func TestPayloadsAreAligned(t *testing.T) {
	t.Parallel()
	for n := range 130 {
		start, _, err := encodeStart(strings.Repeat("f", n), Key{}, Meta{}, nil, "go1.26.0", "host")
		if err != nil {
			t.Fatal(err)
		}
		if len(start)%alignment != 0 || start[len(start)-1] != '\n' {
			t.Errorf("a name of %d: the payload starts at %d", n, len(start))
		}
	}
}

// A prefix that is sound in itself must not be believed when it comes to
// memory.
func TestLengthsAreChecked(t *testing.T) {
	t.Parallel()
	s := Open(t.TempDir(), Limits{})
	for _, length := range []uint64{1 << 50, 1<<63 - 1, 1<<64 - 1, 5} {
		key := Key{1}
		if err := s.Put("f", key, Meta{}, nil); err != nil {
			t.Fatal(err)
		}
		p := prefix{headerLength: 64, payloadLength: length, keyStart: [keyStart]byte(key[:])}
		for _, rest := range []int{10, 2 * firstRead} {
			if err := os.WriteFile(s.Path("f", key), append(p.append(nil), make([]byte, rest)...), 0o600); err != nil {
				t.Fatal(err)
			}
			_, err := s.Get("f", key)
			if _, ok := errors.AsType[*CorruptError](err); !ok {
				t.Errorf("a payload of %d bytes, allegedly: %v", length, err)
			}
		}
	}
}

func TestHeadersAreBounded(t *testing.T) {
	t.Parallel()
	if _, _, err := encodeStart("f", Key{}, Meta{Parts: []record.Part{{Preview: strings.Repeat("x", maxHeader)}}}, nil, "", ""); err == nil {
		t.Error("no error")
	}
}

func FuzzDecodeEntry(f *testing.F) {
	for _, payload := range []string{"", "payload", strings.Repeat("x", 1000)} {
		whole, _, err := sample([]byte(payload))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(whole, true)
		f.Add(whole[:len(whole)-1], true)
		f.Add(whole[:prefixSize], false)
	}
	_, key, _ := sample(nil)
	f.Fuzz(func(t *testing.T, b []byte, mend bool) {
		if mend && len(b) >= prefixSize {
			// Else nothing would ever come past the checksum.
			b = bytes.Clone(b)
			binary.LittleEndian.PutUint32(b[checkedSize:], crc32.Checksum(b[:checkedSize], castagnoli))
		}
		e, err := decodeEntry(b, key)
		if err != nil {
			_, isProblem := errors.AsType[problem](err)
			_, isNewer := errors.AsType[newerVersionError](err)
			if !isProblem && !isNewer {
				t.Fatalf("%T: %v", err, err)
			}
			return
		}
		if Digest(e.Payload) != e.PayloadDigest || !bytes.HasSuffix(b, e.Payload) {
			t.Fatal("a payload that is not that of the file")
		}
		_, _ = e.Header() // must not panic; fuzzed JSON may be no header
	})
}
