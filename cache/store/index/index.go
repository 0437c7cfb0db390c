package index

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"labbook/cache/mapfile"
)

// Index is the index in one folder. Its methods may be called by any number of
// goroutines at once. None of those that record returns an error: what cannot
// be recorded is told to Options.OnProblem, and found by the next listing.
type Index struct {
	dir     string
	options Options

	mutex      sync.Mutex // for what follows
	journal    *journal   // nil before it is needed
	incomplete bool       // something could not be recorded
	homeless   bool       // the journal has no file, since the store was deleted
	timer      *time.Timer

	counters atomic.Pointer[counters]
	fresh    atomic.Bool // the shared clock is not far behind
}

// Options of an Index.
type Options struct {
	// Now is the time; nil means time.Now.
	Now func() time.Time

	// OnProblem is told what keeps the index from working.
	OnProblem func(error)

	// OnCrowd is called when more journals of other programs are found than
	// there should be: somebody should merge them.
	OnCrowd func()
}

const (
	// clockAge is by how much the time of a touch may be behind. Their order
	// is exact all the same.
	clockAge = 50 * time.Millisecond

	// crowd is how many journals are too many.
	crowd = 16
)

// New returns the index in dir. Nothing happens on disk before something is
// recorded.
func New(dir string, options Options) *Index { return &Index{dir: dir, options: options} }

func (x *Index) now() int64 {
	if x.options.Now != nil {
		return x.options.Now().UnixNano()
	}
	return time.Now().UnixNano()
}

// Stamp returns a time that nobody had before, 0 if nothing was recorded yet.
func (x *Index) Stamp() (at int64) {
	if c := x.counters.Load(); c != nil {
		now := x.now()
		at = now // where the memory is gone
		_ = mapfile.Guard(func() error { at = c.stamp(now); return nil })
	}
	return at
}

// Begin is Stamp for who is going to record something in any case.
func (x *Index) Begin() int64 {
	x.mutex.Lock()
	x.open()
	x.mutex.Unlock()
	return x.Stamp()
}

// Totals returns estimates of how many entries there are, and of their bytes.
func (x *Index) Totals() (entries, size int64) {
	if c := x.counters.Load(); c != nil {
		_ = mapfile.Guard(func() error { entries, size = c.entries.Load(), c.bytes.Load(); return nil }) // zeros are an estimate too
	}
	return entries, size
}

// A Mark is an entry that is about to be put.
type Mark struct {
	index                  *Index
	counters               *counters
	segment                *segment
	slot                   *slot
	size                   int64
	before, changed, usedB int64
}

// Put records an entry that is about to appear. The caller calls Done once it
// is there, or Undo. What is recorded twice is found whenever the program is
// killed.
func (x *Index) Put(folder string, key *Key, size int64) (m Mark) {
	x.record(folder, key, func(j *journal, c *counters, s *slot) {
		at := c.stamp(x.now())
		m = Mark{x, c, j.segment, s, size, s.size.Load(), s.changed.Load(), s.used.Load()}
		s.size.Store(size)
		s.changed.Store(at)
		s.used.Store(at)
	})
	return m
}

// Done says that the entry is there.
func (m *Mark) Done() {
	if m.slot == nil {
		return
	}
	m.index.guard(m.segment, func() {
		at := m.counters.clock.Add(1)
		m.slot.size.Store(m.size)
		m.slot.changed.Store(at)
		m.slot.used.Store(at)
		if m.changed > 0 && m.before >= 0 {
			m.counters.bytes.Add(m.size - m.before)
		} else {
			m.counters.bytes.Add(m.size)
			m.counters.entries.Add(1)
		}
	})
}

// Undo says that the entry did not appear.
func (m *Mark) Undo() {
	if m.slot == nil {
		return
	}
	m.index.guard(m.segment, func() {
		m.slot.size.Store(m.before)
		m.slot.changed.Store(m.changed)
		m.slot.used.Store(m.usedB)
	})
}

// Seen records the use of an entry that was there at a time that Stamp gave.
func (x *Index) Seen(folder string, key *Key, size, at int64) {
	x.record(folder, key, func(_ *journal, c *counters, s *slot) {
		if at == 0 {
			at = c.stamp(x.now())
		}
		if changed := s.changed.Load(); changed == 0 || s.size.Load() < 0 && changed < at {
			s.size.Store(size)
			s.changed.Store(at)
		}
		if s.used.Load() < at {
			s.used.Store(at)
		}
	})
}

// Removed records that an entry is gone since a time that Begin gave before it
// was removed.
func (x *Index) Removed(folder string, key *Key, at int64) {
	x.record(folder, key, func(_ *journal, c *counters, s *slot) {
		if before := s.size.Load(); s.changed.Load() > 0 && before > 0 {
			c.bytes.Add(-before)
		}
		c.entries.Add(-1)
		s.size.Store(removedSize)
		s.changed.Store(at)
	})
}

// record calls do with the slot of an entry.
func (x *Index) record(folder string, key *Key, do func(j *journal, c *counters, s *slot)) {
	x.mutex.Lock()
	defer x.mutex.Unlock()
	j, c := x.open()
	err := mapfile.Guard(func() error {
		s, err := j.entry(folder, key)
		if err == nil {
			do(j, c, s)
		}
		return err
	})
	if err != nil {
		x.incomplete = true
		x.problem(fmt.Errorf("record use of cache: %w", err))
	}
}

// open returns the journal, which is made if there is none. The caller holds
// the mutex.
func (x *Index) open() (*journal, *counters) {
	if x.journal != nil {
		return x.journal, x.counters.Load()
	}
	c, j, err := x.create()
	if err != nil {
		if x.homeless = errors.Is(err, fs.ErrNotExist); !x.homeless {
			x.problem(fmt.Errorf("use index of cache: %w", err))
		}
		x.incomplete = true
		c, j = ownCounters(), ownJournal(os.Getpid())
		c.stamp(x.now())
	}
	x.counters.Store(c)
	x.journal = j
	return j, c
}

func (x *Index) create() (*counters, *journal, error) {
	// The store itself is not made: who deleted it does not want it back
	// before there is an entry.
	if err := os.Mkdir(x.dir, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, nil, err
	}
	if err := checkFolder(x.dir); err != nil {
		return nil, nil, err
	}
	files, err := os.ReadDir(x.dir)
	if err != nil {
		return nil, nil, err
	}
	journals := 0
	for _, f := range files {
		if isJournal(f.Name()) {
			journals++
		}
	}
	c, err := openCounters(x.dir)
	if err != nil {
		return nil, nil, err
	}
	j, err := createJournal(x.dir, os.Getpid(), x.now())
	if err == nil && journals >= crowd && x.options.OnCrowd != nil {
		x.options.OnCrowd()
	}
	return c, j, err
}

// Check begins a new journal if somebody deleted this one.
func (x *Index) Check() {
	x.mutex.Lock()
	defer x.mutex.Unlock()
	if x.journal != nil && (x.homeless || !x.journal.named()) {
		_ = x.journal.close() // nobody can see it anyway
		x.journal = nil
	}
}

// Close gives the journal up. What is recorded afterwards begins a new one.
func (x *Index) Close() error {
	x.mutex.Lock()
	defer x.mutex.Unlock()
	if x.timer != nil {
		x.timer.Stop()
		x.timer = nil
	}
	x.fresh.Store(false)
	if x.journal == nil {
		return nil
	}
	err := x.journal.close()
	x.journal = nil
	return err
}

func (x *Index) problem(err error) {
	if x.options.OnProblem != nil && !errors.Is(err, errors.ErrUnsupported) {
		x.options.OnProblem(err)
	}
}

// guard calls do, which uses mapped memory. Where that is gone, the journal is
// given up.
func (x *Index) guard(s *segment, do func()) {
	if err := mapfile.Guard(func() error { do(); return nil }); err != nil {
		s.gone.Store(true)
		x.problem(fmt.Errorf("record use of cache: %w", err))
	}
}

// A Slot is the place of one entry in the journal.
type Slot struct {
	index    *Index
	counters *counters
	segment  *segment
	slot     *slot
}

// Slot returns the place of an entry, nil if there is none to be had.
func (x *Index) Slot(folder string, key *Key) (place *Slot) {
	x.record(folder, key, func(j *journal, c *counters, s *slot) { place = &Slot{x, c, j.segment, s} })
	return place
}

// Touch records that the entry is being used now. It reports false if the
// caller should ask for another Slot.
func (p *Slot) Touch() (ok bool) {
	if p.segment.gone.Load() {
		return false
	}
	before := debug.SetPanicOnFault(true)
	defer func() {
		debug.SetPanicOnFault(before)
		if !ok {
			p.fault(recover())
		}
	}()
	if !p.index.fresh.Load() {
		p.index.refresh(p.counters)
	}
	// Who was the last to be used is so still.
	if clock := &p.counters.clock; p.slot.used.Load() != clock.Load() {
		p.slot.used.Store(clock.Add(1))
	}
	return true
}

func (p *Slot) fault(r any) {
	if _, isFault := r.(interface{ Addr() uintptr }); !isFault {
		panic(r)
	}
	p.segment.gone.Store(true)
}

// refresh brings the shared clock up to date and leaves it alone for a while.
func (x *Index) refresh(c *counters) {
	c.stamp(x.now())
	if x.options.Now != nil {
		return // a clock of a test's own
	}
	x.mutex.Lock()
	defer x.mutex.Unlock()
	if x.journal == nil || x.fresh.Swap(true) {
		return
	}
	if x.timer == nil {
		x.timer = time.AfterFunc(clockAge, func() { x.fresh.Store(false) })
	} else {
		x.timer.Reset(clockAge)
	}
}
