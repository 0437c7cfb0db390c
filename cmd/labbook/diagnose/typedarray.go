package diagnose

import (
	"encoding/binary"
	"fmt"
	"math"
	"strconv"
	"strings"
)

// A typedArray is one of the kinds of arrays of RFC 8746.
type typedArray struct {
	name   string
	size   int // of a number, in bytes
	format func(bits uint64) string
	order  binary.ByteOrder
}

// typedArrays are those kinds, by their tags.
var typedArrays = func() map[uint64]typedArray {
	arrays := map[uint64]typedArray{}
	add := func(tag uint64, name string, size int, format func(bits uint64) string) {
		little := uint64(4) // the bit of the tag that says so
		arrays[tag] = typedArray{name, size, format, binary.BigEndian}
		if size > 1 {
			arrays[tag|little] = typedArray{name, size, format, binary.LittleEndian}
		}
	}
	for i, size := range []int{1, 2, 4, 8} {
		unsigned := func(bits uint64) string { return strconv.FormatUint(bits, 10) }
		signed := func(bits uint64) string {
			shift := 64 - 8*size
			return strconv.FormatInt(int64(bits<<shift)>>shift, 10)
		}
		add(uint64(64+i), fmt.Sprintf("uint%d", 8*size), size, unsigned)
		add(uint64(72+i), fmt.Sprintf("int%d", 8*size), size, signed)
	}
	add(80, "float16", 2, func(bits uint64) string { return formatFloat(halfFloat(uint16(bits)), 32) })
	add(81, "float32", 4, func(bits uint64) string { return formatFloat(float64(math.Float32frombits(uint32(bits))), 32) })
	add(82, "float64", 8, func(bits uint64) string { return formatFloat(math.Float64frombits(bits), 64) })
	return arrays
}()

// describe says how many numbers there are, and which come first.
func (a typedArray) describe(s stretch) string {
	count := s.total / uint64(a.size)
	var numbers []string
	for b := s.start; len(b) >= a.size; b = b[a.size:] {
		numbers = append(numbers, a.format(a.bits(b)))
	}
	if uint64(len(numbers)) < count {
		numbers = append(numbers, "…")
	}
	return fmt.Sprintf("%s[%d](%s)", a.name, count, strings.Join(numbers, ", "))
}

func (a typedArray) bits(b []byte) uint64 {
	switch a.size {
	case 1:
		return uint64(b[0])
	case 2:
		return uint64(a.order.Uint16(b))
	case 4:
		return uint64(a.order.Uint32(b))
	default:
		return a.order.Uint64(b)
	}
}
