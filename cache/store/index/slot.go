package index

import (
	"math"
	"sync/atomic"
	"unsafe"
)

// Key is what an entry is found by.
type Key = [32]byte

const slotSize = 64

// Kinds of slots. Zero is one that nobody wrote.
const (
	kindEntry = 1
	kindName  = 2
)

// removedSize is the size of an entry that is gone.
const removedSize = -1

// A slot is what a journal has of one entry. It lies in mapped memory that
// other processes read at any time, so that its moving parts are atomic, and
// its kind is written last.
type slot struct {
	kind     atomic.Uint32
	function uint32 // the number of its name slot, from 1; for a name its length
	key      Key
	size     atomic.Int64
	changed  atomic.Int64
	used     atomic.Int64
}

// A header is the first slot of a journal.
type header struct {
	magic   [8]byte
	order   uint64 // 1, as the machine that writes it has it
	process uint64
	created int64
	_       [32]byte
}

var journalMagic = [8]byte{'L', 'B', 'J', 'O', 'U', 'R', 'N', 1}

// slotsOf sees memory as slots. It has to start at a multiple of 8.
func slotsOf(b []byte) []slot {
	if len(b) < slotSize {
		return nil
	}
	return unsafe.Slice((*slot)(unsafe.Pointer(&b[0])), len(b)/slotSize)
}

// newSlots returns memory of the program itself.
func newSlots(n int) []slot { return make([]slot, n) }

// bytesOf is the inverse of slotsOf.
func bytesOf(slots []slot) []byte {
	if len(slots) == 0 {
		return nil
	}
	return unsafe.Slice((*byte)(unsafe.Pointer(&slots[0])), len(slots)*slotSize)
}

// copyBetween copies slots that others may touch meanwhile.
func copyBetween(to, from []slot) {
	for i := range from {
		t, f := (*[slotSize / 8]atomic.Uint64)(unsafe.Pointer(&to[i])), (*[slotSize / 8]atomic.Uint64)(unsafe.Pointer(&from[i]))
		for j := range f {
			t[j].Store(f[j].Load())
		}
	}
}

func headerOf(slots []slot) *header { return (*header)(unsafe.Pointer(&slots[0])) }

// nameSpace is where in a name slot the text starts.
const nameSpace = 8

// slotsForName is how many slots a name takes.
func slotsForName(length int) int { return (nameSpace + length + slotSize - 1) / slotSize }

// maxName bounds names in files; folders have less.
const maxName = 4096

// scan calls add for what a journal has to say that is newer than cutoff. It
// reports whether all of it made sense: the journal may be anybody's.
func scan(slots []slot, cutoff int64, add func(name string, r Record)) (sound bool) {
	if len(slots) == 0 {
		return true // killed when it began
	}
	if h := headerOf(slots); h.magic != journalMagic || h.order != 1 {
		return h.magic == [8]byte{}
	}
	sound = true
	var names []string
	for at := 1; at < len(slots); {
		s := &slots[at]
		switch s.kind.Load() {
		case kindName:
			length := int(s.function)
			if length > maxName || at+slotsForName(length) > len(slots) {
				return false
			}
			names = append(names, string(bytesOf(slots[at:])[nameSpace:nameSpace+length]))
			at += slotsForName(length)
			continue
		case kindEntry:
			if s.function < 1 || int64(s.function) > int64(len(names)) {
				sound = false
				break
			}
			changed, used, size := s.changed.Load(), s.used.Load(), s.size.Load()
			if changed <= cutoff {
				changed, size = 0, 0 // somebody merged that already
			}
			if used <= cutoff {
				used = 0
			}
			if changed >= tooLate || used >= tooLate || size < removedSize {
				sound = false
				break
			}
			if changed <= 0 && used <= 0 {
				break
			}
			add(names[s.function-1], Record{Key: s.key, Size: size, Changed: max(changed, 0), Used: max(used, 0)})
		default:
			return sound && s.kind.Load() == 0
		}
		at++
	}
	return sound
}

// tooLate bounds times: what is later cannot come from a clock.
const tooLate = math.MaxInt64 / 2
