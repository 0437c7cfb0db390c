package diffargs

import (
	"math/bits"
	"unsafe"
)

// An objectMap maps objects to what is known of them. It is a hash table with
// open addressing that is filled, asked, and emptied as a whole: at all three
// it beats Go's map, which a digest of many pointers would spend its time in.
type objectMap[V any] struct {
	slots   []int32 // place of an entry + 1; 0 for none
	entries []objectEntry[V]
}

type objectEntry[V any] struct {
	object object
	value  V
}

// at returns the place of o among the entries, and makes an entry with a zero
// value if there is none.
func (m *objectMap[V]) at(o object) (place int, found bool) {
	if 2*len(m.entries) >= len(m.slots) {
		m.grow()
	}
	mask := uint64(len(m.slots) - 1)
	for slot := o.hash() & mask; ; slot = (slot + 1) & mask {
		place := int(m.slots[slot]) - 1
		if place < 0 {
			m.entries = append(m.entries, objectEntry[V]{object: o})
			m.slots[slot] = int32(len(m.entries))
			return len(m.entries) - 1, false
		}
		if m.entries[place].object == o {
			return place, true
		}
	}
}

// find returns the value of o, nil if there is no entry for it.
func (m *objectMap[V]) find(o object) *V {
	if len(m.slots) == 0 {
		return nil
	}
	mask := uint64(len(m.slots) - 1)
	for slot := o.hash() & mask; ; slot = (slot + 1) & mask {
		place := int(m.slots[slot]) - 1
		if place < 0 {
			return nil
		}
		if m.entries[place].object == o {
			return &m.entries[place].value
		}
	}
}

func (m *objectMap[V]) grow() {
	m.slots = make([]int32, max(64, 2*len(m.slots)))
	mask := uint64(len(m.slots) - 1)
	for place := range m.entries {
		slot := m.entries[place].object.hash() & mask
		for m.slots[slot] != 0 {
			slot = (slot + 1) & mask
		}
		m.slots[slot] = int32(place + 1)
	}
}

// empty forgets all objects, so that nothing keeps them in memory, and keeps
// room for about as many as there were.
func (m *objectMap[V]) empty(kept int) {
	switch {
	case cap(m.entries) > kept:
		*m = objectMap[V]{}
		return
	case len(m.entries) > len(m.slots)/8:
		clear(m.slots)
	default:
		// A few objects in a table that was once needed for many.
		for place := range m.entries {
			m.clearSlot(place)
		}
	}
	clear(m.entries)
	m.entries = m.entries[:0]
}

func (m *objectMap[V]) clearSlot(place int) {
	mask := uint64(len(m.slots) - 1)
	slot := m.entries[place].object.hash() & mask
	for m.slots[slot] != int32(place+1) {
		slot = (slot + 1) & mask
	}
	m.slots[slot] = 0
}

// hash mixes what tells objects apart. Addresses differ in few bits, so each of
// those has to reach the low ones.
func (o object) hash() uint64 {
	const odd = 0x9E3779B97F4A7C15
	h, l := bits.Mul64(uint64(uintptr(o.address))^odd, uint64(uintptr(unsafe.Pointer(o.plan)))+uint64(o.length)*odd|1)
	return h ^ l
}
