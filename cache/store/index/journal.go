package index

import (
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"

	"labbook/cache/mapfile"
)

const (
	journalPrefix = "journal-"

	// firstSlots is how many slots a journal begins with: a page.
	firstSlots = 64

	// maxSlots bounds a journal, at 64 GiB.
	maxSlots = 1 << 30
)

// A journal is what one process has to say. Its methods are called by one
// goroutine at a time, except for what a [Slot] does.
type journal struct {
	path    string   // "" if the journal is in memory of the program's own
	file    *os.File // holds the lock
	segment *segment
	n       int // slots in use
	table   table
	names   map[string]uint32 // name of a folder → number
	count   uint32            // of names
}

// A segment is a mapping of a journal. A journal that grew has a new one; the
// old one stays for as long as somebody has a slot in it, and shows the same
// memory.
type segment struct {
	slots []slot
	gone  *atomic.Bool // nobody reads it any more
}

// ownJournal is a journal for where no file can be had: what it says goes into
// the snapshot, if there is one, and is lost with the program.
func ownJournal(process int) *journal {
	j := &journal{segment: &segment{newSlots(firstSlots), new(atomic.Bool)}}
	j.begin(process, 0)
	return j
}

// createJournal makes a journal that is locked from before anybody else can
// take it for a dead program's.
func createJournal(dir string, process int, now int64) (*journal, error) {
	for {
		path := filepath.Join(dir, journalPrefix+fmt.Sprintf("%016x", rand.Uint64()))
		file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
		if errors.Is(err, fs.ErrExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		j := &journal{path: path, file: file, segment: &segment{gone: new(atomic.Bool)}}
		// Until it has a header nobody takes it for a dead program's. Who looks
		// whether it is one may hold the lock for a moment.
		if taken, err := lock(file); err != nil || canLock && !taken {
			if err = errors.Join(err, file.Close(), os.Remove(path)); err != nil {
				return nil, err
			}
			continue
		}
		if err = j.mapSlots(0, firstSlots); err == nil {
			err = mapfile.Guard(func() error { j.begin(process, now); return nil })
		}
		if err != nil {
			return nil, errors.Join(err, file.Close(), os.Remove(path))
		}
		return j, nil
	}
}

// begin writes the header.
func (j *journal) begin(process int, now int64) {
	h := headerOf(j.segment.slots)
	h.order, h.process, h.created = 1, uint64(process), now
	h.magic = journalMagic
	j.n, j.table, j.names = 1, newTable(), make(map[string]uint32)
}

// named reports whether the journal's file is still what its name stands for.
func (j *journal) named() bool {
	if j.path == "" {
		return true
	}
	here, err := os.Lstat(j.path)
	if err != nil {
		return false
	}
	own, err := j.file.Stat()
	return err == nil && os.SameFile(here, own)
}

// mapSlots makes room for slots, behind those that there are.
func (j *journal) mapSlots(from, to int) error {
	if to > maxSlots {
		return errors.New("the journal is full")
	}
	if err := mapfile.Allocate(j.file, int64(from)*slotSize, int64(to)*slotSize); err != nil {
		return err
	}
	mapping, err := mapfile.Map(j.file, int64(to)*slotSize, mapfile.Shared)
	if err != nil {
		return err
	}
	j.segment = &segment{slotsOf(mapping.Bytes()), j.segment.gone}
	runtime.AddCleanup(j.segment, func(m *mapfile.Mapping) { _ = m.Unmap() }, mapping)
	return nil
}

// reserve returns the number of the first of n new slots.
func (j *journal) reserve(n int) (int, error) {
	if have := len(j.segment.slots); j.n+n > have {
		if j.path == "" {
			slots := newSlots(2 * have)
			j.segment.gone.Store(true) // who has slots there asks for them anew
			copyBetween(slots, j.segment.slots)
			j.segment = &segment{slots, new(atomic.Bool)}
		} else if err := j.mapSlots(have, 2*have); err != nil {
			return 0, err
		}
	}
	j.n += n
	return j.n - n, nil
}

// entry returns the slot of an entry, a new one if there is none.
func (j *journal) entry(folder string, key *Key) (*slot, error) {
	function, err := j.function(folder)
	if err != nil {
		return nil, err
	}
	if n := j.table.find(j.segment.slots, function, key); n != 0 {
		return &j.segment.slots[n], nil
	}
	n, err := j.reserve(1)
	if err != nil {
		return nil, err
	}
	s := &j.segment.slots[n]
	s.function, s.key = function, *key
	s.kind.Store(kindEntry)
	j.table.insert(j.segment.slots, uint32(n))
	return s, nil
}

// function returns the number of a folder.
func (j *journal) function(folder string) (uint32, error) {
	if number, ok := j.names[folder]; ok {
		return number, nil
	}
	if len(folder) > maxName {
		return 0, fmt.Errorf("a folder's name of %d bytes is too long", len(folder))
	}
	n, err := j.reserve(slotsForName(len(folder)))
	if err != nil {
		return 0, err
	}
	slots := j.segment.slots[n:]
	copy(bytesOf(slots)[nameSpace:], folder)
	slots[0].function = uint32(len(folder))
	slots[0].kind.Store(kindName)
	j.count++
	j.names[strings.Clone(folder)] = j.count
	return j.count, nil
}

// isJournal reports whether a file may be one by its name.
func isJournal(name string) bool {
	number, ok := strings.CutPrefix(name, journalPrefix)
	b, err := hex.DecodeString(number)
	return ok && err == nil && len(b) == 8
}

// close gives the lock up: the next look takes what the journal says and
// removes it.
func (j *journal) close() error {
	j.segment.gone.Store(true)
	if j.file == nil {
		return nil
	}
	return errors.Join(unlock(j.file), j.file.Close())
}
