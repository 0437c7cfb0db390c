package persist

import (
	"bytes"
	"math/rand/v2"
	"testing"
)

// naiveShuffle says what shuffling means.
func naiveShuffle(src []byte, width int) []byte {
	var dst []byte
	for j := range width {
		for i := j; i < len(src); i += width {
			dst = append(dst, src[i])
		}
	}
	return dst
}

func TestShuffle(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2))
	for _, width := range []int{2, 4, 8} {
		for n := range 70 {
			src := make([]byte, n*width)
			for i := range src {
				src[i] = byte(random.Uint32())
			}
			shuffled := make([]byte, len(src))
			shuffle(shuffled, src, width)
			if want := naiveShuffle(src, width); !bytes.Equal(shuffled, want) {
				t.Fatalf("%d numbers of %d bytes: %x, not %x", n, width, shuffled, want)
			}
			back := make([]byte, len(src))
			unshuffle(back, shuffled, width)
			if !bytes.Equal(back, src) {
				t.Fatalf("%d numbers of %d bytes do not come back: %x, not %x", n, width, back, src)
			}
		}
	}
}

func BenchmarkShuffle(b *testing.B) {
	src, dst := make([]byte, 512<<10), make([]byte, 512<<10)
	for _, width := range []int{2, 4, 8} {
		b.Run(string(rune('0'+width)), func(b *testing.B) {
			b.SetBytes(int64(len(src)))
			for b.Loop() {
				shuffle(dst, src, width)
			}
		})
	}
}
