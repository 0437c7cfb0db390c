package diffargs

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"slices"
)

// An entrySpan is where one entry of a map is in the buffer, and eight bytes of
// it as a number: to compare entries by those is all that most of them need.
type entrySpan struct {
	head       uint64
	start, end int
}

// radixLimit is the number of entries below which comparing them is faster
// than counting bytes.
const radixLimit = 48

// sortEntries sorts entries of all bytewise. There is room for as many again.
func sortEntries(all []byte, entries, room []entrySpan) {
	sortFrom(all, entries, room, 0)
}

// sortFrom sorts entries that have their first bytes in common.
func sortFrom(all []byte, entries, room []entrySpan, common int) {
	ended := false
	for i := range entries {
		entry := &entries[i]
		rest := all[min(entry.start+common, entry.end):entry.end]
		ended = ended || len(rest) == 0
		entry.head = head(rest)
	}
	if len(entries) < radixLimit || ended {
		slices.SortFunc(entries, func(a, b entrySpan) int {
			if order := cmp.Compare(a.head, b.head); order != 0 {
				return order
			}
			return bytes.Compare(all[a.start:a.end], all[b.start:b.end])
		})
		return
	}
	sortByHead(entries, room)
	for len(entries) > 0 {
		n := 1
		for n < len(entries) && entries[n].head == entries[0].head {
			n++
		}
		if n > 1 {
			sortFrom(all, entries[:n], room, common+8)
		}
		entries = entries[n:]
	}
}

// sortByHead is a radix sort: it orders by one byte of the heads at a time, the
// last one first, and skips bytes that all have in common.
func sortByHead(entries, room []entrySpan) {
	var unlike uint64
	for i := range entries {
		unlike |= entries[i].head ^ entries[0].head
	}
	from, to := entries, room[:len(entries)]
	for shift := 0; shift < 64; shift += 8 {
		if byte(unlike>>shift) == 0 {
			continue
		}
		var places [256]int
		for i := range from {
			places[byte(from[i].head>>shift)]++
		}
		next := 0
		for b, count := range places {
			places[b] = next
			next += count
		}
		for i := range from {
			place := &places[byte(from[i].head>>shift)]
			to[*place] = from[i]
			*place++
		}
		from, to = to, from
	}
	if &from[0] != &entries[0] {
		copy(entries, from)
	}
}

// head returns the first bytes of b as a number that sorts as they do.
func head(b []byte) uint64 {
	if len(b) >= 8 {
		return binary.BigEndian.Uint64(b)
	}
	var first [8]byte
	copy(first[:], b)
	return binary.BigEndian.Uint64(first[:])
}
