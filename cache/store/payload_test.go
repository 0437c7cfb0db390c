package store_test

import (
	"bytes"
	"errors"
	"io"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"labbook/cache/store"
)

func TestGetMapped(t *testing.T) {
	t.Parallel()
	s := store.Open(t.TempDir(), store.Limits{})
	if _, err := s.GetMapped(function, keyOf(0)); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("got %v", err)
	}
	for i, size := range []int{0, 1, 16 << 10, 1 << 20} {
		payload := bytes.Repeat([]byte{byte(i), 7}, size)
		put(t, s, keyOf(i), payload)
		for range 2 { // what is written to memory does not reach the file
			got, err := s.GetMapped(function, keyOf(i))
			if err != nil {
				t.Fatal(err)
			}
			want, err := s.Get(function, keyOf(i))
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(got.Payload, payload) {
				t.Errorf("%d bytes: another payload", size)
			}
			if diff := cmp.Diff(want, got, cmpopts.IgnoreUnexported(store.Entry{}), cmpopts.IgnoreFields(store.Entry{}, "Payload")); diff != "" {
				t.Errorf("%d bytes (-want +got):\n%s", size, diff)
			}
			if h, err := got.Header(); err != nil || h.Function != function {
				t.Errorf("header %+v, %v", h, err)
			}
			if err := got.Verify(); err != nil {
				t.Error(err)
			}
			for j := range got.Payload {
				got.Payload[j] = 'x'
			}
			if err := errors.Join(got.Unmap(), got.Unmap()); err != nil {
				t.Error(err)
			}
		}
	}
}

func TestGetMappedWithALongHeader(t *testing.T) {
	t.Parallel()
	s := store.Open(t.TempDir(), store.Limits{})
	m := meta()
	m.Parts[0].Preview = strings.Repeat("long ", 10_000)
	if err := s.Put(function, keyOf(1), m, []byte("payload")); err != nil {
		t.Fatal(err)
	}
	e, err := s.GetMapped(function, keyOf(1))
	if err != nil || string(e.Payload) != "payload" {
		t.Fatal(err)
	}
	if h, err := e.Header(); err != nil || h.Parts[0].Preview != m.Parts[0].Preview {
		t.Errorf("the header: %v", err)
	}
	if err := e.Unmap(); err != nil {
		t.Error(err)
	}
}

func TestDamageToMappedEntries(t *testing.T) {
	t.Parallel()
	s := store.Open(t.TempDir(), store.Limits{})
	for at, reason := range map[int64]string{3: "magic", 20: "length", 100: "key", 200: "header"} {
		put(t, s, keyOf(1), make([]byte, 1<<20))
		flip(t, s.Path(function, keyOf(1)), at)
		_, err := s.GetMapped(function, keyOf(1))
		wantCorrupt(t, err, reason)
	}
	put(t, s, keyOf(1), make([]byte, 1<<20))
	if err := os.Truncate(s.Path(function, keyOf(1)), 1<<19); err != nil {
		t.Fatal(err)
	}
	_, err := s.GetMapped(function, keyOf(1))
	wantCorrupt(t, err, "cut short")

	put(t, s, keyOf(1), make([]byte, 1<<20))
	flip(t, s.Path(function, keyOf(1)), 1<<19)
	e, err := s.GetMapped(function, keyOf(1))
	if err != nil {
		t.Fatal(err)
	}
	if e.Mapped() && e.Verify() == nil {
		t.Error("a flipped bit of the payload was not found")
	}
	if err := e.Unmap(); err != nil {
		t.Error(err)
	}
}

func flip(t *testing.T, path string, at int64) {
	t.Helper()
	file, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	var b [1]byte
	if _, err := file.ReadAt(b[:], at); err != nil {
		t.Fatal(err)
	}
	b[0] ^= 4
	if _, err := file.WriteAt(b[:], at); err != nil {
		t.Fatal(err)
	}
}

func TestPutStream(t *testing.T) {
	t.Parallel()
	s := store.Open(t.TempDir(), store.Limits{})
	for i, size := range []int{0, 1, 1000, 1 << 20} {
		payload := bytes.Repeat([]byte("payload"), size)
		stored, err := s.PutStream(function, keyOf(i), meta(), func(w io.Writer) error {
			for rest := payload; len(rest) > 0; {
				n := min(len(rest), 1+len(rest)/3)
				if _, err := w.Write(rest[:n]); err != nil {
					return err
				}
				rest = rest[n:]
			}
			return nil
		})
		if err != nil || stored != (store.Stored{PayloadSize: int64(len(payload)), PayloadDigest: store.Digest(payload)}) {
			t.Errorf("stored %+v, %v", stored, err)
		}
		streamed, err := os.ReadFile(s.Path(function, keyOf(i)))
		if err != nil {
			t.Fatal(err)
		}
		put(t, s, keyOf(i), payload)
		whole, err := os.ReadFile(s.Path(function, keyOf(i)))
		if err != nil || !bytes.Equal(streamed, whole) {
			t.Errorf("%d bytes: Put and PutStream make different files, %v", len(payload), err)
		}
	}
	// An error leaves what is there, and nothing else.
	ours := errors.New("cannot be encoded")
	for _, i := range []int{1, 9} {
		_, err := s.PutStream(function, keyOf(i), meta(), func(w io.Writer) error {
			_, _ = w.Write(make([]byte, 1<<20)) // an error comes anyway
			return ours
		})
		if !errors.Is(err, ours) {
			t.Errorf("got %v", err)
		}
	}
	if e, err := s.Get(function, keyOf(1)); err != nil || string(e.Payload) != "payload" {
		t.Errorf("what was there: %v", err)
	}
	if s.Contains(function, keyOf(9)) {
		t.Error("something is there")
	}
	wantNoLeftovers(t, s)
	if u := usage(t, s); u.Entries != 4 {
		t.Errorf("%d entries are known", u.Entries)
	}
	closeStore(t, s)
}
