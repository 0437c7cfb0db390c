package store

import (
	"sync/atomic"

	"labbook/cache/store/index"
)

// Use is a handle for entries that a program serves from its memory: it tells
// the store that they are in use. Its methods may be called by any number of
// goroutines at once.
type Use struct {
	store  *Store
	folder *folder
	key    Key
	slot   atomic.Pointer[index.Slot]
}

// Use returns the handle of an entry. It is never nil, and needs no closing.
func (s *Store) Use(function string, key Key) *Use {
	return &Use{store: s, folder: s.folder(function), key: key}
}

// Touch says that the entry is being used now. It takes some nanoseconds, no
// call of the system and no memory, but for the first time. The use is known to
// all processes at once, and survives the end of this one.
func (u *Use) Touch() {
	if slot := u.slot.Load(); slot != nil && slot.Touch() {
		return
	}
	if slot := u.store.index.Slot(u.folder.name, &u.key); slot != nil {
		slot.Touch()
		u.slot.Store(slot)
	}
}
