package spool

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"labbook/runlog/event"
)

// allTags are those of a spool whose writer is gone, and how much is damaged.
func allTags(t testing.TB, r *Reader) (all []string, lost int64) {
	t.Helper()
	for {
		all = append(all, tags(t, r)...)
		n, err := r.SkipDamage()
		if err != nil {
			t.Fatal(err)
		}
		if n == 0 {
			return all, r.Lost()
		}
		lost += n
	}
}

// Of a spool that is damaged in the middle all is read but the record that is.
func TestSkipDamage(t *testing.T) {
	t.Parallel()
	w := create(t)
	want := []string{"first", "second", "a much longer one that takes more room", "fourth", "last"}
	ends := []int64{int64(headerSize)}
	for _, tag := range want {
		appendTag(t, w, tag)
		ends = append(ends, w.used)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	version2 := read(t, w.Path())
	version1 := append([]byte(magic1), run[:]...)
	ends1 := []int64{int64(headerSize1)}
	for _, tag := range want {
		bare := event.Append(make([]byte, recordHead), &event.Tag{Tag: tag}) // without padding
		writeHead(bare)
		version1 = append(version1, bare...)
		ends1 = append(ends1, int64(len(version1)))
	}
	for _, test := range []struct {
		whole []byte
		ends  []int64
	}{{version2, ends}, {version1, ends1}} {
		for n := int(test.ends[0]); n < len(test.whole); n++ {
			for _, behind := range []int{0, 5000} {
				data := append(bytes.Clone(test.whole), make([]byte, behind)...)
				data[n] ^= 0x80 // no length that leads to another record by chance
				hit := slices.IndexFunc(test.ends, func(end int64) bool { return int64(n) < end }) - 1
				path := filepath.Join(t.TempDir(), "x-main.spool")
				if err := os.WriteFile(path, data, 0o600); err != nil {
					t.Fatal(err)
				}
				got, lost := allTags(t, open(t, path))
				size := test.ends[hit+1] - test.ends[hit]
				if slices.Equal(got, want) && lost == 0 && data[n] == 0x80 {
					continue // padding says nothing where a record is expected
				}
				if hit == len(want)-1 {
					size = 0 // the end, as far as anybody knows
				}
				if expected := slices.Concat(want[:hit], want[hit+1:]); !slices.Equal(got, expected) || lost != size {
					t.Errorf("with byte %d of record %d flipped: %q and %d bytes lost, want %q and %d", n, hit, got, lost, expected, size)
				}
			}
		}
		// A writer that was killed while it copied has damaged nothing.
		for n := int(test.ends[0]); n < len(test.whole) && test.ends[0] == int64(headerSize); n++ {
			at := test.ends[slices.IndexFunc(test.ends, func(end int64) bool { return int64(n) < end })-1]
			data := append(bytes.Clone(test.whole[:n]), make([]byte, 1000)...)
			copy(data[at:], make([]byte, min(4, int64(n)-at)))
			path := filepath.Join(t.TempDir(), "x-main.spool")
			if err := os.WriteFile(path, data, 0o600); err != nil {
				t.Fatal(err)
			}
			if _, lost := allTags(t, open(t, path)); lost != 0 {
				t.Errorf("killed at byte %d, %d bytes are lost", n, lost)
			}
		}
	}
}

// What a program has recorded is not taken for records as long as there is one where
// the damaged one says; and what looks like many of them hides none.
func TestSkipDamageOfPayloads(t *testing.T) {
	t.Parallel()
	w := create(t)
	inner := slices.Concat(make([]byte, 6), record(&event.Tag{Tag: "inside"}), make([]byte, 8))
	for shift := range 8 { // one of them is where a record could be
		if err := w.Append(&event.Output{Stream: "stdout", Bytes: append(make([]byte, shift), inner...)}); err != nil {
			t.Fatal(err)
		}
		appendTag(t, w, "between")
	}
	const large = 100 << 10
	random := make([]byte, large)
	for i := range random {
		random[i] = byte(i * 7 % 3) // lengths that could be, everywhere
	}
	if err := w.Append(&event.Output{Stream: "stdout", Bytes: random}); err != nil {
		t.Fatal(err)
	}
	appendTag(t, w, "after")
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	data := read(t, w.Path())
	for at := int64(headerSize); at < int64(len(data)); {
		length := int64(binary.LittleEndian.Uint32(data[at:]))
		if length > 40 {
			data[at+30] ^= 0x41
		}
		if length > large {
			data[at] ^= 0x41
		}
		at += aligned(recordHead+length, alignment)
	}
	if err := os.WriteFile(w.Path(), data, 0o600); err != nil {
		t.Fatal(err)
	}
	r := open(t, w.Path())
	var got []string
	for {
		e, err := r.Next()
		if errors.Is(err, io.EOF) {
			if n, err := r.SkipDamage(); err != nil {
				t.Fatal(err)
			} else if n == 0 {
				break
			}
			continue
		}
		if tag, ok := e.(*event.Tag); ok {
			got = append(got, tag.Tag)
		}
	}
	if diff := cmp.Diff(append(slices.Repeat([]string{"between"}, 8), "after"), got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
