package persist

import "encoding/binary"

// Compressors find little in numbers as they lie in memory: the bytes that are
// alike are as far apart as the numbers are wide. Shuffled, all first bytes
// come first, then all second bytes, and so on: bytes of one significance make
// long runs.

const (
	halves   = 0x0000_0000_ffff_ffff
	quarters = 0x0000_ffff_0000_ffff
	eighths  = 0x00ff_00ff_00ff_00ff
)

// shuffle writes the bytes of src, numbers of width 2, 4 or 8, to dst by their
// significance. Both have the same length, which width divides.
func shuffle(dst, src []byte, width int) {
	n := len(src) / width
	done := n &^ 7
	switch width {
	case 2:
		shuffle2(dst[:n], dst[n:2*n], src, done)
	case 4:
		shuffle4(dst, src, n, done)
	case 8:
		shuffle8(dst, src, n, done)
	default:
		done = 0
	}
	for i := done; i < n; i++ {
		for j := range width {
			dst[j*n+i] = src[i*width+j]
		}
	}
}

// unshuffle undoes shuffle.
func unshuffle(dst, src []byte, width int) {
	n := len(src) / width
	done := n &^ 7
	switch width {
	case 2:
		unshuffle2(dst, src[:n], src[n:2*n], done)
	case 4:
		unshuffle4(dst, src, n, done)
	case 8:
		unshuffle8(dst, src, n, done)
	default:
		done = 0
	}
	for i := done; i < n; i++ {
		for j := range width {
			dst[i*width+j] = src[j*n+i]
		}
	}
}

func shuffle2(low, high, src []byte, n int) {
	for i := 0; i < n; i += 8 {
		a, b := load(src, 2*i), load(src, 2*i+8)
		store(low, i, gather2(a)|gather2(b)<<32)
		store(high, i, gather2(a>>8)|gather2(b>>8)<<32)
	}
}

func unshuffle2(dst, low, high []byte, n int) {
	for i := 0; i < n; i += 8 {
		a, b := load(low, i), load(high, i)
		store(dst, 2*i, spread2(a)|spread2(b)<<8)
		store(dst, 2*i+8, spread2(a>>32)|spread2(b>>32)<<8)
	}
}

// gather2 brings every other byte together in the lower half.
func gather2(x uint64) uint64 {
	x &= eighths
	x = (x | x>>8) & quarters
	return (x | x>>16) & halves
}

// spread2 undoes gather2.
func spread2(x uint64) uint64 {
	x &= halves
	x = (x | x<<16) & quarters
	return (x | x<<8) & eighths
}

// A square of 4 by 4 bytes is turned over in each half of four words: what one
// half has comes from the first four of eight numbers.
func shuffle4(dst, src []byte, n, done int) {
	p0, p1, p2, p3 := dst[:n], dst[n:2*n], dst[2*n:3*n], dst[3*n:4*n]
	for i := 0; i < done; i += 8 {
		a, b, c, d := load(src, 4*i), load(src, 4*i+8), load(src, 4*i+16), load(src, 4*i+24)
		x0, x1 := a&halves|c<<32, a>>32|c&^halves
		x2, x3 := b&halves|d<<32, b>>32|d&^halves
		x0, x2 = swap(x0, x2, 16, quarters)
		x1, x3 = swap(x1, x3, 16, quarters)
		x0, x1 = swap(x0, x1, 8, eighths)
		x2, x3 = swap(x2, x3, 8, eighths)
		store(p0, i, x0)
		store(p1, i, x1)
		store(p2, i, x2)
		store(p3, i, x3)
	}
}

func unshuffle4(dst, src []byte, n, done int) {
	p0, p1, p2, p3 := src[:n], src[n:2*n], src[2*n:3*n], src[3*n:4*n]
	for i := 0; i < done; i += 8 {
		x0, x1, x2, x3 := load(p0, i), load(p1, i), load(p2, i), load(p3, i)
		x0, x2 = swap(x0, x2, 16, quarters)
		x1, x3 = swap(x1, x3, 16, quarters)
		x0, x1 = swap(x0, x1, 8, eighths)
		x2, x3 = swap(x2, x3, 8, eighths)
		store(dst, 4*i, x0&halves|x1<<32)
		store(dst, 4*i+8, x2&halves|x3<<32)
		store(dst, 4*i+16, x0>>32|x1&^halves)
		store(dst, 4*i+24, x2>>32|x3&^halves)
	}
}

func shuffle8(dst, src []byte, n, done int) {
	p0, p1, p2, p3 := dst[:n], dst[n:2*n], dst[2*n:3*n], dst[3*n:4*n]
	p4, p5, p6, p7 := dst[4*n:5*n], dst[5*n:6*n], dst[6*n:7*n], dst[7*n:8*n]
	for i := 0; i < done; i += 8 {
		s := src[8*i : 8*i+64 : 8*i+64]
		x0, x1, x2, x3, x4, x5, x6, x7 := turn8(load(s, 0), load(s, 8), load(s, 16), load(s, 24),
			load(s, 32), load(s, 40), load(s, 48), load(s, 56))
		store(p0, i, x0)
		store(p1, i, x1)
		store(p2, i, x2)
		store(p3, i, x3)
		store(p4, i, x4)
		store(p5, i, x5)
		store(p6, i, x6)
		store(p7, i, x7)
	}
}

func unshuffle8(dst, src []byte, n, done int) {
	p0, p1, p2, p3 := src[:n], src[n:2*n], src[2*n:3*n], src[3*n:4*n]
	p4, p5, p6, p7 := src[4*n:5*n], src[5*n:6*n], src[6*n:7*n], src[7*n:8*n]
	for i := 0; i < done; i += 8 {
		x0, x1, x2, x3, x4, x5, x6, x7 := turn8(load(p0, i), load(p1, i), load(p2, i), load(p3, i),
			load(p4, i), load(p5, i), load(p6, i), load(p7, i))
		s := dst[8*i : 8*i+64 : 8*i+64]
		store(s, 0, x0)
		store(s, 8, x1)
		store(s, 16, x2)
		store(s, 24, x3)
		store(s, 32, x4)
		store(s, 40, x5)
		store(s, 48, x6)
		store(s, 56, x7)
	}
}

// turn8 exchanges rows and columns of a square of 8 by 8 bytes.
func turn8(x0, x1, x2, x3, x4, x5, x6, x7 uint64) (_, _, _, _, _, _, _, _ uint64) {
	x0, x4 = swap(x0, x4, 32, halves)
	x1, x5 = swap(x1, x5, 32, halves)
	x2, x6 = swap(x2, x6, 32, halves)
	x3, x7 = swap(x3, x7, 32, halves)
	x0, x2 = swap(x0, x2, 16, quarters)
	x1, x3 = swap(x1, x3, 16, quarters)
	x4, x6 = swap(x4, x6, 16, quarters)
	x5, x7 = swap(x5, x7, 16, quarters)
	x0, x1 = swap(x0, x1, 8, eighths)
	x2, x3 = swap(x2, x3, 8, eighths)
	x4, x5 = swap(x4, x5, 8, eighths)
	x6, x7 = swap(x6, x7, 8, eighths)
	return x0, x1, x2, x3, x4, x5, x6, x7
}

// swap exchanges what mask selects of y with what it selects of x, shifted.
func swap(x, y uint64, shift uint, mask uint64) (_, _ uint64) {
	t := (x>>shift ^ y) & mask
	return x ^ t<<shift, y ^ t
}

func load(b []byte, i int) uint64     { return binary.LittleEndian.Uint64(b[i:]) }
func store(b []byte, i int, x uint64) { binary.LittleEndian.PutUint64(b[i:], x) }
