package diffargs

import (
	"cmp"
	"reflect"
	"slices"
	"unsafe"
)

const (
	leavesKept = 4
	wholesKept = 6
	maxVisits  = 1 << 14 // what is beyond so many parts is left out of a sketch
	maxWalk    = 32      // depth; cyclic values have no end
	// fewParts is how many elements or entries are looked into one by one. Of
	// more, each counts as a whole.
	fewParts       = 16
	maxTexts       = 8
	rowPartNumbers = 12
)

// What stands for a step in the path of a part. Elements have no index, so that
// their order does not count; pointers and interfaces are no step.
const (
	stepElement = 0x5EED<<32 + iota
	stepKey
	stepEntry
)

// walk looks into the value at p. The hash of its path is path.
func (s *sketcher) walk(pl *plan, p unsafe.Pointer, path uint64, depth int) {
	if s.visits--; s.visits < 0 || depth > maxWalk {
		return
	}
	switch {
	case pl.treatment == leftOut:
	case pl.treatment != walked:
		s.leaf(path, s.signature(pl, p, 0))
	case isNumber(pl):
		s.leaf(path, s.signature(pl, p, 0))
		s.addRow(row(p, 1, pl))
	case pl.kind == reflect.String:
		s.leaf(path, s.signature(pl, p, 0))
		if len(s.texts) < maxTexts {
			s.texts = append(s.texts, *(*string)(p))
		}
	case pl.kind == reflect.Slice:
		header := (*sliceHeader)(p)
		s.sequence(pl.elem, header.data, header.len, path, depth)
	case pl.kind == reflect.Array:
		if pl.elem != nil {
			s.sequence(pl.elem, p, pl.typ.Len(), path, depth)
		}
	case pl.kind == reflect.Struct:
		for i := range pl.fields {
			f := &pl.fields[i]
			s.walk(f.plan, unsafe.Add(p, f.offset), join(path, hashBytes(f.name)), depth+1)
		}
	case pl.kind == reflect.Map:
		s.mapping(pl, p, path, depth)
	case pl.kind == reflect.Pointer:
		if at := *(*unsafe.Pointer)(p); at != nil {
			s.walk(pl.elem, at, path, depth+1)
			return
		}
		s.leaf(path, 0)
	case pl.kind == reflect.Interface:
		if held := reflect.NewAt(pl.typ, p).Elem().Elem(); held.IsValid() {
			if at, err := addressOf(held); err == nil {
				s.walk(s.e.planOf(held.Type()), at, path, depth+1)
			}
			return
		}
		s.leaf(path, 0)
	}
}

// leaf adds a part that there is nothing more to look into.
func (s *sketcher) leaf(path, signature uint64) {
	if signature == 0 {
		s.zeros.add(mix(path + 1))
		return
	}
	s.leaves.add(join(path, signature))
}

// row returns n values as the row of numbers that they are, with a count of 0
// unless they consist of nothing but numbers of one kind.
func row(data unsafe.Pointer, n int, pl *plan) numberRow {
	kind := soleKind(pl)
	if kind == reflect.Invalid {
		return numberRow{}
	}
	size := numberSize(kind)
	return numberRow{data: data, count: n * int(pl.size/size), stride: size, kind: kind}
}

// addRow adds numbers to those of the whole value.
func (s *sketcher) addRow(r numberRow) {
	s.numbers += r.count
	s.bytes += r.count * numberWidth(r.kind)
	s.rows = append(s.rows, r)
}

// soleKind returns the kind of number that values of a type consist of, all
// their memory of it; Invalid if there is none.
func soleKind(pl *plan) reflect.Kind {
	switch {
	case pl.treatment != walked || pl.size == 0:
		return reflect.Invalid
	case pl.kind == reflect.Complex64:
		return reflect.Float32
	case pl.kind == reflect.Complex128:
		return reflect.Float64
	case isNumber(pl):
		return pl.kind
	case pl.kind == reflect.Array:
		return soleKind(pl.elem)
	case pl.kind != reflect.Struct || len(pl.fields) == 0:
		return reflect.Invalid
	}
	kind, end := soleKind(pl.fields[0].plan), uintptr(0)
	for i := range pl.fields {
		f := &pl.fields[i]
		if f.offset != end || soleKind(f.plan) != kind {
			return reflect.Invalid
		}
		end += f.plan.size
	}
	if end != pl.size {
		return reflect.Invalid
	}
	return kind
}

func (s *sketcher) sequence(elem *plan, data unsafe.Pointer, n int, path uint64, depth int) {
	if n == 0 || elem.fixed == 0 {
		s.leaf(path, 0)
		return
	}
	path = join(path, stepElement)
	if r := row(data, n, elem); r.count > 0 {
		s.addRow(r)
		s.rowPart(path, &r)
		return
	}
	if isSequence(elem) && elem.kind == reflect.Slice && soleKind(elem.elem) != reflect.Invalid {
		s.rowsOfNumbers(elem, data, n, path)
		return
	}
	s.elements(elem, data, n, path)
	if isSequence(elem) || n <= fewParts {
		for i := 0; i < n && s.visits > 0; i++ {
			s.walk(elem, unsafe.Add(data, uintptr(i)*elem.size), path, depth+1)
		}
		return
	}
	s.columns(elem, data, n, elem.size)
}

func isSequence(pl *plan) bool {
	return pl.treatment == walked && (pl.kind == reflect.Slice || pl.kind == reflect.Array)
}

// elements adds elements as parts: all that were hashed one by one, or else
// those at both ends.
func (s *sketcher) elements(elem *plan, data unsafe.Pointer, n int, path uint64) {
	if known := s.e.records.elements[place{elem, data, n}]; known != nil {
		for _, h := range known.hashes() {
			s.wholes.add(join(path, h))
		}
		return
	}
	if elem.fixed < 0 || n < leastRecorded {
		return
	}
	for i := range n {
		if i < minWindow || i >= n-minWindow {
			s.wholes.add(join(path, s.signature(elem, unsafe.Add(data, uintptr(i)*elem.size), 0)))
		}
	}
}

// rowsOfNumbers is for slices of slices of numbers. Only some of the rows are
// parts, so that short ones cost little: those at both ends.
func (s *sketcher) rowsOfNumbers(elem *plan, data unsafe.Pointer, n int, path uint64) {
	rows := unsafe.Slice((*sliceHeader)(data), n)
	ends := max(minWindow, n*min(rows[0].len, 256)/256)
	common := row(nil, 1, elem.elem)
	for i := range rows {
		r := common
		r.data, r.count = rows[i].data, rows[i].len*common.count
		s.addRow(r)
		if i < ends || i >= n-ends {
			s.rowPart(path, &r)
		}
	}
}

// rowPart adds a row as a part. Its first numbers stand for all; if they are
// too much alike to tell it from others, it is none.
func (s *sketcher) rowPart(path uint64, r *numberRow) {
	s.window = r.appendTo(s.window[:0], 0, min(r.count, rowPartNumbers))
	var c changes
	for _, x := range s.window {
		c.add(coarse(x))
	}
	if c.tell() {
		s.wholes.add(join(path, c.hash))
	}
}

// columns adds the numbers that lie at the same place in each of n values.
func (s *sketcher) columns(pl *plan, data unsafe.Pointer, n int, stride uintptr) {
	switch {
	case pl.treatment != walked:
	case isNumber(pl):
		kind := soleKind(pl)
		for offset := uintptr(0); offset < pl.size; offset += numberSize(kind) {
			s.addRow(numberRow{data: unsafe.Add(data, offset), count: n, stride: stride, kind: kind})
		}
	case pl.kind == reflect.Struct:
		for i := range pl.fields {
			f := &pl.fields[i]
			s.columns(f.plan, unsafe.Add(data, f.offset), n, stride)
		}
	}
}

// mapping adds keys and entries as parts.
func (s *sketcher) mapping(pl *plan, p unsafe.Pointer, path uint64, depth int) {
	m := reflect.NewAt(pl.typ, p).Elem()
	keyPath, entryPath := join(path, stepKey), join(path, stepEntry)
	switch known := s.e.records.entries[*(*unsafe.Pointer)(p)]; {
	case m.Len() == 0:
		s.leaf(path, 0)
	case known != nil:
		for _, h := range known.keys.hashes() {
			s.wholes.add(join(keyPath, h))
		}
		for _, h := range known.entries.hashes() {
			s.wholes.add(join(entryPath, h))
		}
	case m.Len() > fewParts:
		s.leaf(path, mix(uint64(m.Len())))
	}
	if m.Len() <= fewParts {
		s.fewEntries(pl, m, keyPath, entryPath, depth)
	}
}

// fewEntries looks into the values of a map, in an order of their keys.
func (s *sketcher) fewEntries(pl *plan, m reflect.Value, keyPath, entryPath uint64, depth int) {
	type entry struct {
		key   uint64
		value reflect.Value
	}
	var entries []entry
	for it := m.MapRange(); it.Next(); {
		key, value := reflect.New(pl.key.typ), reflect.New(pl.elem.typ)
		key.Elem().SetIterKey(it)
		value.Elem().SetIterValue(it)
		k := s.signature(pl.key, key.UnsafePointer(), 0)
		s.wholes.add(join(keyPath, k))
		entries = append(entries, entry{k, value})
	}
	slices.SortFunc(entries, func(a, b entry) int { return cmp.Compare(a.key, b.key) })
	for i, e := range entries {
		if i > 0 && entries[i-1].key == e.key {
			return // Long keys that are much alike have no certain order.
		}
	}
	for _, e := range entries {
		s.walk(pl.elem, e.value.UnsafePointer(), join(entryPath, e.key), depth+1)
	}
}
