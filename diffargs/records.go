package diffargs

import (
	"encoding/binary"
	"math/bits"
	"reflect"
	"sync/atomic"
	"unsafe"
)

// records keep what the first digest of a value comes by while a snapshot is
// taken: long rows are then read from memory once, though they are part of the
// digests of all that is around them and of the sketch, and the sketch has the
// elements and entries of collections without walking those again.
type records struct {
	rows     map[place][]Digest   // the leaves of their trees
	words    map[numberRow]uint64 // the sum of the bits of their numbers
	elements map[place]*bottom
	entries  map[unsafe.Pointer]*entryRecord
	maps     int  // being walked, whose order is not certain
	complete bool // the first digest is done
}

// A place tells rows of elements apart. It keeps their memory from being used
// again for others.
type place struct {
	elem  *plan
	data  unsafe.Pointer
	count int
}

// An entryRecord has hashes of the keys of a map and of its entries.
type entryRecord struct{ keys, entries bottom }

const (
	// leastRecorded is how long a collection is that is worth a record.
	leastRecorded = fewParts / 2
	// mostRecorded bounds the work for collections of short collections.
	mostRecorded = 256
	// recordedBytes is how much of an encoding its hash is of.
	recordedBytes = 128
)

func newRecords() *records { return &records{} }

// leaves returns the leaves of the tree of n elements, whose memory is their
// encoding. Values of maps are at one place one after the other while a map is
// walked, so nothing is kept of them.
func (rs *records) leaves(elem *plan, data unsafe.Pointer, n int) []Digest {
	memory := unsafe.Slice((*byte)(data), n*int(elem.size))
	if rs.maps > 0 {
		return appendLeaves(nil, memory, elem.layout)
	}
	at := place{elem, data, n}
	if known, found := rs.rows[at]; found {
		return known
	}
	if rs.rows == nil {
		rs.rows, rs.words = map[place][]Digest{}, map[numberRow]uint64{}
	}
	r := row(data, n, elem)
	if !r.hasWords() {
		rs.rows[at] = appendLeaves(nil, memory, elem.layout)
		return rs.rows[at]
	}
	var words atomic.Uint64
	rs.rows[at] = appendLeavesAnd(nil, memory, elem.layout, func(chunk int) { words.Add(r.chunkWords(chunk)) })
	rs.words[r] = words.Load()
	return rs.rows[at]
}

// wordsOf returns the sum of the bits of a row's numbers.
func (rs *records) wordsOf(r *numberRow) uint64 {
	if known, found := rs.words[*r]; found {
		return known
	}
	return r.words()
}

func (rs *records) enterMap() {
	if rs != nil {
		rs.maps++
	}
}

func (rs *records) leaveMap() {
	if rs != nil {
		rs.maps--
	}
}

// isOpen reports whether a collection of n parts is to be recorded: which ones
// are must not depend on the order of maps.
func (rs *records) isOpen(n, known int) bool {
	return !rs.complete && rs.maps == 0 && n >= leastRecorded && known < mostRecorded
}

// partsOf returns where hashes of the n elements at data are to be kept, nil if
// none are. Elements of a fixed size need not come by here on every machine.
func (e *encoder) partsOf(elem *plan, data unsafe.Pointer, n int) *bottom {
	rs := e.records
	if rs == nil || e.graph != nil || !rs.isOpen(n, len(rs.elements)) || elem.fixed >= 0 || isSequence(elem) {
		return nil
	}
	if rs.elements == nil {
		rs.elements = map[place]*bottom{}
	}
	kept := &bottom{most: wholesKept}
	rs.elements[place{elem, data, n}] = kept
	return kept
}

// recordEntries keeps hashes of the entries of the map at p.
func (e *encoder) recordEntries(pl *plan, p unsafe.Pointer, entries []entrySpan) {
	rs := e.records
	if rs == nil || e.graph != nil || !rs.isOpen(len(entries), len(rs.entries)) {
		return
	}
	r := &entryRecord{bottom{most: wholesKept}, bottom{most: wholesKept}}
	for i := range entries {
		entry := e.buf[entries[i].start:entries[i].end]
		key, value := entry, []byte(nil)
		if n := keyLength(pl.key, entry); n > 0 {
			key, value = entry[:n], entry[n:]
		}
		k := hashEncoding(key)
		r.keys.add(k)
		switch pl.elem.kind {
		case reflect.Float32, reflect.Float64:
			if value != nil && pl.elem.treatment == walked {
				number := number{pl.elem.kind, value[1:]}
				r.entries.add((k ^ rounded(number.float(), entryBits, 0)) * stirs2)
				continue
			}
		}
		r.entries.add((k ^ hashEncoding(value)) * stirs2)
	}
	if rs.entries == nil {
		rs.entries = map[unsafe.Pointer]*entryRecord{}
	}
	rs.entries[*(*unsafe.Pointer)(p)] = r
}

// keyLength returns how many bytes of an entry are its key, 0 if that takes
// more than a look at the beginning.
func keyLength(key *plan, entry []byte) int {
	switch {
	case entry[0] != 0:
		return 1 + len(Digest{})
	case key.fixed > 0:
		return 1 + key.fixed
	case key.kind == reflect.String && key.treatment == walked:
		n, size := binary.Uvarint(entry[1:])
		if n > chunkSize {
			n = uint64(len(Digest{}))
		}
		return 1 + size + int(n)
	}
	return 0
}

// hashEncoding returns a hash of an encoding's length and its first bytes.
func hashEncoding(b []byte) uint64 {
	h := uint64(len(b)+1) * golden
	b = b[:min(len(b), recordedBytes)]
	for ; len(b) >= 8; b = b[8:] {
		high, low := bits.Mul64(h^binary.LittleEndian.Uint64(b), stirs1)
		h = high ^ low
	}
	if len(b) >= 4 {
		h ^= uint64(binary.LittleEndian.Uint32(b)) | uint64(binary.LittleEndian.Uint32(b[len(b)-4:]))<<32
	} else if len(b) > 0 {
		h ^= uint64(b[0]) | uint64(b[len(b)/2])<<8 | uint64(b[len(b)-1])<<16
	}
	high, low := bits.Mul64(h, stirs2)
	return high ^ low
}
