package index

import "hash/maphash"

// A table finds the slot of a key in a journal. It holds slot numbers only: the
// keys are in the slots.
type table struct {
	seed   maphash.Seed
	places []uint32 // 0 is free
	used   int
}

func newTable() table { return table{seed: maphash.MakeSeed(), places: make([]uint32, 64)} }

// find returns the number of a slot, 0 if there is none.
func (t *table) find(slots []slot, function uint32, key *Key) uint32 {
	for at := t.start(function, key); ; at = (at + 1) & (len(t.places) - 1) {
		n := t.places[at]
		if n == 0 || slots[n].function == function && slots[n].key == *key {
			return n
		}
	}
}

// insert adds a slot that find does not find.
func (t *table) insert(slots []slot, n uint32) {
	if t.used++; t.used > len(t.places)/4*3 {
		old := t.places
		t.places = make([]uint32, 2*len(old))
		for _, m := range old {
			if m != 0 {
				t.place(slots, m)
			}
		}
	}
	t.place(slots, n)
}

func (t *table) place(slots []slot, n uint32) {
	at := t.start(slots[n].function, &slots[n].key)
	for t.places[at] != 0 {
		at = (at + 1) & (len(t.places) - 1)
	}
	t.places[at] = n
}

func (t *table) start(function uint32, key *Key) int {
	return int((maphash.Bytes(t.seed, key[:]) + uint64(function)*0x9e3779b97f4a7c15) & uint64(len(t.places)-1))
}
