package store_test

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"labbook/cache/store"
)

func TestPutStreamWritesWhatPutWrites(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		reason string
		size   int
	}{
		{"nothing", 0},
		{"a few bytes", 3},
		{"more than any buffer, and no round number", 300_001},
	} {
		t.Run(test.reason, func(t *testing.T) {
			t.Parallel()
			payload := bytes.Repeat([]byte("0123456789abcdef"), test.size/16+1)[:test.size]
			whole, streamed := store.Open(t.TempDir(), store.Limits{}), store.Open(t.TempDir(), store.Limits{})
			put(t, whole, keyOf(1), payload)
			_, err := streamed.PutStream(function, keyOf(1), meta(), func(w io.Writer) error {
				for len(payload) > 0 { // in pieces that fit nothing
					n := min(len(payload), 1000)
					if _, err := w.Write(payload[:n]); err != nil {
						return err
					}
					payload = payload[n:]
				}
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
			want, err := os.ReadFile(whole.Path(function, keyOf(1)))
			if err != nil {
				t.Fatal(err)
			}
			got, err := os.ReadFile(streamed.Path(function, keyOf(1)))
			if err != nil || !bytes.Equal(got, want) {
				t.Errorf("%d bytes, not the %d of Put, or others (%v)", len(got), len(want), err)
			}

			r, err := streamed.OpenPayload(function, keyOf(1))
			if err != nil {
				t.Fatal(err)
			}
			defer r.Close()
			read, err := io.ReadAll(r)
			entry, getErr := whole.Get(function, keyOf(1))
			if err != nil || getErr != nil || !bytes.Equal(read, entry.Payload) || r.Size != int64(test.size) {
				t.Errorf("read %d of %d bytes, %v, %v", len(read), r.Size, err, getErr)
			}
		})
	}
}

var errBroken = errors.New("broken")

func TestPutStreamThatFailsLeavesNothing(t *testing.T) {
	t.Parallel()
	s := store.Open(t.TempDir(), store.Limits{})
	put(t, s, keyOf(1), []byte("before"))
	_, err := s.PutStream(function, keyOf(1), meta(), func(w io.Writer) error {
		_, err := w.Write(make([]byte, 1<<20))
		return errors.Join(err, errBroken)
	})
	if !errors.Is(err, errBroken) {
		t.Errorf("PutStream: %v", err)
	}
	if e, err := s.Get(function, keyOf(1)); err != nil || string(e.Payload) != "before" {
		t.Errorf("the entry that was there: %v, %v", e, err)
	}
	left, err := filepath.Glob(filepath.Join(s.Dir(), "*", "tmp", "*"))
	if diff := cmp.Diff([]string(nil), left); diff != "" || err != nil {
		t.Errorf("left behind: %s, %v", diff, err)
	}
}

func TestOpenPayloadRefusesDamage(t *testing.T) {
	t.Parallel()
	s := store.Open(t.TempDir(), store.Limits{})
	if _, err := s.OpenPayload(function, keyOf(1)); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("no entry: %v", err)
	}
	put(t, s, keyOf(1), []byte("payload"))
	path := s.Path(function, keyOf(1))
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		reason string
		bytes  []byte
	}{
		{"empty", nil},
		{"cut in its beginning", whole[:100]},
		{"cut in its payload", whole[:len(whole)-1]},
		{"longer than it says", append(bytes.Clone(whole), 0)},
		{"a flipped bit in its header", flip(whole, 150)},
		{"a flipped bit in its beginning", flip(whole, 30)},
	} {
		if err := os.WriteFile(path, test.bytes, 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := s.OpenPayload(function, keyOf(1))
		wantCorrupt(t, err, test.reason)
	}
}

func flip(b []byte, at int) []byte {
	b = bytes.Clone(b)
	b[at] ^= 1
	return b
}
