package diffargs

import (
	"reflect"
	"slices"
	"unsafe"
)

// packLimit is the longest key or value that stands in a map's entry as it is.
// Longer ones stand there by their hash, so that sorting a map needs little
// memory whatever it holds.
const packLimit = 1024

func (e *encoder) mapping(pl *plan, p unsafe.Pointer) error {
	if *(*unsafe.Pointer)(p) == nil {
		e.buf = appendCount(e.buf, 0)
		return nil
	}
	count := reflect.NewAt(pl.typ, p).Elem().Len()
	e.buf = appendCount(e.buf, uint64(count)+1)

	start, first := len(e.buf), len(e.spans)
	// Half of the room is for sorting.
	e.spans = slices.Grow(e.spans, 2*count)
	e.records.enterMap()
	err := pl.ranging(e, pl, p)
	e.records.leaveMap()
	if err != nil {
		return err
	}
	if e.graph.splitsEntries(pl) {
		e.graph.endMap()
	}
	entries := e.spans[first:]
	e.recordEntries(pl, p, entries)
	sortEntries(e.buf, entries, e.spans[len(e.spans):cap(e.spans)])

	// The stream is written behind the entries, then moved over them.
	s := e.beginStream(true)
	for i := range entries {
		e.buf = append(e.buf, e.buf[entries[i].start:entries[i].end]...)
		e.flushChunks(s)
	}
	e.endStream(s)
	e.buf = append(e.buf[:start], e.buf[s.start-1:]...)
	e.spans = e.spans[:first]
	return nil
}

// entry writes one entry of a map.
func (e *encoder) entry(pl *plan, key, value unsafe.Pointer) error {
	start := len(e.buf)
	split := e.graph.splitsEntries(pl)
	var outer outerEdges
	if split {
		outer = e.graph.beginEntry()
	}
	if err := e.packed(pl.key, key); err != nil {
		return below("[key "+previewAt(pl.key, key)+"]", err)
	}
	if err := e.packed(pl.elem, value); err != nil {
		return below("["+previewAt(pl.key, key)+"]", err)
	}
	if split {
		e.graph.endEntry(e, pl, start, outer)
	}
	e.spans = append(e.spans, entrySpan{start: start, end: len(e.buf)})
	return nil
}

func previewAt(pl *plan, p unsafe.Pointer) string {
	return PreviewValue(reflect.NewAt(pl.typ, p).Elem(), 60)
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
