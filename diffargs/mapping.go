package diffargs

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"reflect"
	"slices"
	"unsafe"
)

// packLimit is the longest key or value that stands in a map's entry as it is.
// Longer ones stand there by their hash, so that sorting a map needs little
// memory whatever it holds.
const packLimit = 1024

// An entrySpan is where one entry of a map is in the buffer. Its first bytes
// are at hand, because most comparisons need no more.
type entrySpan struct {
	head       uint64
	start, end int
}

func (e *encoder) mapping(pl *plan, p unsafe.Pointer) error {
	if *(*unsafe.Pointer)(p) == nil {
		e.buf = appendCount(e.buf, 0)
		return nil
	}
	m := reflect.NewAt(pl.typ, p).Elem()
	e.buf = appendCount(e.buf, uint64(m.Len())+1)

	start := len(e.buf)
	entries, err := e.entries(pl, m)
	if err != nil {
		return err
	}
	all := e.buf
	slices.SortFunc(entries, func(a, b entrySpan) int {
		if order := cmp.Compare(a.head, b.head); order != 0 {
			return order
		}
		return bytes.Compare(all[a.start:a.end], all[b.start:b.end])
	})

	// The stream is written behind the entries, then moved over them.
	s := e.beginStream(true)
	for _, entry := range entries {
		e.buf = append(e.buf, e.buf[entry.start:entry.end]...)
		e.flushChunks(s)
	}
	e.endStream(s)
	e.buf = append(e.buf[:start], e.buf[s.start-1:]...)
	return nil
}

// entries writes the entries of m in no particular order.
func (e *encoder) entries(pl *plan, m reflect.Value) ([]entrySpan, error) {
	key, value := reflect.New(pl.key.typ), reflect.New(pl.elem.typ)
	keyAt, valueAt := key.UnsafePointer(), value.UnsafePointer()
	split := e.graph.splitsEntries(pl)
	spans := make([]entrySpan, 0, m.Len())
	for entry := m.MapRange(); entry.Next(); {
		key.Elem().SetIterKey(entry)
		value.Elem().SetIterValue(entry)
		start := len(e.buf)
		var outer outerEdges
		if split {
			outer = e.graph.beginEntry()
		}
		if err := e.packed(pl.key, keyAt); err != nil {
			return nil, below("[key "+PreviewValue(key.Elem(), 60)+"]", err)
		}
		if err := e.packed(pl.elem, valueAt); err != nil {
			return nil, below("["+PreviewValue(key.Elem(), 60)+"]", err)
		}
		if split {
			e.graph.endEntry(e, pl, start, outer)
		}
		spans = append(spans, entrySpan{head: head(e.buf[start:]), start: start, end: len(e.buf)})
	}
	if split {
		e.graph.endMap()
	}
	return spans, nil
}

func (e *encoder) packed(pl *plan, p unsafe.Pointer) error {
	mark := len(e.buf)
	e.buf = append(e.buf, 0)
	if err := pl.encode(e, p); err != nil {
		return err
	}
	if len(e.buf)-mark-1 > packLimit {
		e.buf[mark] = tagPacked
		d := hash(e.buf[mark:])
		e.buf[mark] = 1
		e.buf = append(e.buf[:mark+1], d[:]...)
	}
	return nil
}

// head returns the first bytes of b as a number that sorts as they do.
func head(b []byte) uint64 {
	var first [8]byte
	copy(first[:], b)
	return binary.BigEndian.Uint64(first[:])
}
