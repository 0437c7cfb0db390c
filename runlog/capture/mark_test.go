//go:build unix

package capture

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"

	"labbook/runlog/event"
	"labbook/runlog/record"
)

const token = "0123456789abcdef"

// stripAll strips a stream that comes in pieces, each of which is overwritten
// afterwards as a buffer is.
func stripAll(pieces [][]byte) (clean []byte, scopes []event.OutputScope) {
	m := newMarks(record.Stdout, token)
	for _, piece := range pieces {
		b := bytes.Clone(piece)
		c, s := m.strip(b)
		clean, scopes = append(clean, c...), append(scopes, s...)
		for i := range b {
			b[i] = '!'
		}
	}
	return append(clean, m.flush()...), scopes
}

// cut cuts b at random places.
func cut(b []byte, random *rand.Rand) (pieces [][]byte) {
	for len(b) > 0 {
		n := 1 + random.IntN(min(len(b), 1+random.IntN(40)))
		pieces, b = append(pieces, b[:n]), b[n:]
	}
	return pieces
}

func TestMarksAreTakenOutOfAnyPieces(t *testing.T) {
	t.Parallel()
	for seed := range uint64(2000) {
		random := rand.New(rand.NewPCG(seed, 1))
		var stream, want []byte
		var scopes []event.OutputScope
		for range random.IntN(12) {
			text := []byte([]string{"plain\n", "\x1b", "\x1b_", "\x1b_labbook;", "\x1b[31mred\x1b[0m", "\x1b\\", "", "ü", markIntro + token[:8], "\x1b_labbook;fedcba9876543210;1;2;3\x1b\\"}[random.IntN(10)])
			if random.IntN(2) == 0 {
				stream, want = append(stream, text...), append(want, text...)
				continue
			}
			scope := event.Scope{Call: random.Int64N(5), Batch: random.Int64N(1 << 62), Task: random.Int64N(3) - 1}
			stream = fmt.Append(stream, beginMark(token, scope), string(text), endMark(token))
			if len(text) > 0 {
				scopes = append(scopes, event.OutputScope{Stream: record.Stdout, Offset: int64(len(want)), Bytes: int64(len(text)), Scope: scope})
			}
			want = append(want, text...)
		}
		clean, got := stripAll(cut(stream, random))
		if !bytes.Equal(clean, want) {
			t.Fatalf("seed %d: of %q\n%q is left, want\n%q", seed, stream, clean, want)
		}
		if diff := cmp.Diff(scopes, got); diff != "" {
			t.Fatalf("seed %d: scopes of %q (-want +got):\n%s", seed, stream, diff)
		}
	}
}

// What is no mark passes, whatever it looks like.
func TestBrokenMarksPass(t *testing.T) {
	t.Parallel()
	intro := markIntro + token
	for _, text := range []string{intro, intro + ";1;2", intro + ";1;x;3" + markEnd, intro + ";1;2;3", intro + fmt.Sprintf("%0200d", 0) + markEnd} {
		clean, scopes := stripAll([][]byte{[]byte(text)})
		if string(clean) != text || len(scopes) > 0 {
			t.Errorf("of %q %q is left, scopes %v", text, clean, scopes)
		}
	}
}

// FuzzMarks strips any bytes in any pieces: what is left is the same as without
// pieces, no longer than before, and without a whole mark.
func FuzzMarks(f *testing.F) {
	f.Add([]byte("a"+beginMark(token, event.Scope{Call: 1})+"b"+endMark(token)), uint64(1))
	f.Add([]byte(markIntro+token+markIntro+token+markEnd), uint64(2))
	f.Fuzz(func(t *testing.T, stream []byte, seed uint64) {
		whole, scopes := stripAll([][]byte{stream})
		pieces, pieceScopes := stripAll(cut(stream, rand.New(rand.NewPCG(seed, 2))))
		if !bytes.Equal(whole, pieces) {
			t.Errorf("in one piece %q, in several %q", whole, pieces)
		}
		if diff := cmp.Diff(scopes, pieceScopes); diff != "" {
			t.Errorf("scopes (-one piece +several):\n%s", diff)
		}
		for _, s := range scopes {
			if s.Offset < 0 || s.Bytes <= 0 || s.Offset+s.Bytes > int64(len(whole)) {
				t.Errorf("a scope of %d bytes at %d, in %d", s.Bytes, s.Offset, len(whole))
			}
		}
	})
}
