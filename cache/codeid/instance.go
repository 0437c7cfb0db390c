package codeid

import (
	"encoding/binary"
	"slices"
	"strings"

	"labbook/diffargs"
)

// The names of the instances of a generic function are in the executable's table
// of functions, which takes 10 ms to read. They are noted for other processes of
// the same executable, in the frame of other notes:
//
//	magic      = "LBINST" 0
//	instances  = build ID, text; n, then where each lies, i64, and its name, text
const instancesMagic = "LBINST\x00"

// instanceName returns the name of an instance in full: the runtime prints type
// arguments as "[...]".
func instanceName(f *function, notes Notes) (string, bool) {
	build, err := buildID()
	if notes == nil || err != nil {
		names, err := symbolNames()
		name, ok := names[f.entry-anchorEntry()]
		return name, ok && err == nil
	}
	key := diffargs.Sum(appendText(appendText(appendText(nil, "labbook instances"), runningMainFile()), f.symbol))
	if raw, err := notes.Note(key); err == nil {
		if name, ok := notedInstance(raw, build, offsetOf(f.entry)); ok {
			return name, true
		}
	}
	names, err := symbolNames()
	name, ok := names[f.entry-anchorEntry()]
	if err != nil || !ok {
		return "", false
	}
	_ = notes.PutNote(key, encodeInstances(build, f.symbol, names)) // without it, the table is read again
	return name, true
}

// encodeInstances takes those of all names that the runtime prints as elided.
func encodeInstances(build, elided string, names map[uintptr]string) []byte {
	before, _, _ := strings.Cut(elided, "[")
	var found []uintptr
	for offset, name := range names {
		if start, _, _ := strings.Cut(name, "["); start == before {
			found = append(found, offset)
		}
	}
	slices.Sort(found)
	w := newNoteWriter(instancesMagic)
	w.text(build)
	w.number(len(found))
	for _, offset := range found {
		w.b = binary.LittleEndian.AppendUint64(w.b, uint64(int64(offset)))
		w.text(names[offset])
	}
	return w.finish()
}

func notedInstance(raw []byte, build string, offset int64) (name string, ok bool) {
	r := newNoteReader(raw, instancesMagic)
	if r.text() != build {
		return "", false
	}
	for range r.count(9) {
		at, text := r.take(8), r.text()
		if !r.failed && int64(binary.LittleEndian.Uint64([]byte(at))) == offset {
			name, ok = text, true
		}
	}
	return name, ok && r.done()
}
