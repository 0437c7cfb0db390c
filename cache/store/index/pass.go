package index

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"time"

	"labbook/cache/mapfile"
)

const (
	snapshotFile = "snapshot"
	newSnapshot  = "snapshot.new"
	lockFile     = "lock"

	// margin is how long it may take from taking a time to writing it into a
	// slot. It has to be longer for nobody but who used an entry and was
	// stopped right then: the use counts as one that was not noticed.
	margin = time.Second

	// stillborn is how old a journal is without a header if its owner died before
	// writing one.
	stillborn = time.Hour

	// retry is how long to wait for a lock before looking again.
	retry = 2 * time.Millisecond
)

// ErrBusy says that another process is merging.
var ErrBusy = errors.New("another process is at it")

// A Lister calls yield for every entry that is on disk.
type Lister func(ctx context.Context, yield func(folder string, key Key, size, modified int64)) error

// A Pass is a look at all that there is, by one process at a time.
type Pass struct {
	*State
	Began    int64 // a time; what changed later must not be judged
	Relisted bool  // the state is what is on disk

	dirty bool
	list  Lister
	told  func(*State) []Record // what journals say by now
}

// Gone says that the entry of a record is no longer there. At is a time that
// Stamp gave just before it was removed: who saw the entry since the pass began
// did so before, and who puts it again does so later.
func (p *Pass) Gone(record int, at int64) {
	r := &p.Records[record]
	r.Size, r.Changed = removedSize, max(r.Changed, p.Began, at)
	p.dirty = true
}

// Relist makes the state what is on disk. Times of use are kept;
// what was never used counts as used when its file was written. Journals are read
// once more behind that: whoever put what was found has told of it before, and the
// time of a new file can be earlier than that of a use before it.
func (p *Pass) Relist(ctx context.Context) error {
	var found []Record
	err := p.list(ctx, func(folder string, key Key, size, modified int64) {
		// Below zero, the time of a file yields to any use that is known.
		found = append(found, Record{Key: key, Function: p.number(folder), Size: size, Changed: p.Began, Used: -min(max(modified, 1), p.Began)})
	})
	if err != nil {
		return err
	}
	for i := range p.Records {
		if r := &p.Records[i]; r.Size >= 0 && r.Changed <= p.Began {
			r.Size, r.Changed = removedSize, p.Began // wins over nobody who is found
		}
	}
	p.merge(found)
	p.merge(p.told(p.State))
	for i := range p.Records {
		if r := &p.Records[i]; r.Used < 0 {
			r.Used = -r.Used
		}
	}
	p.Relisted, p.dirty = true, true
	return nil
}

// Read returns what is known, without waiting for anybody and without writing
// anything. Where there is no snapshot, it lists.
func (x *Index) Read(ctx context.Context, list Lister) (*State, error) {
	x.mutex.Lock()
	own := x.journal
	x.mutex.Unlock()
	// Journals come first: one that is gone afterwards is in the snapshot.
	journals := x.journals(own, false)
	defer closeAll(journals)
	var recent []Record
	state, _, err := x.readSnapshot(func(s *State, cutoff int64) int {
		recent, _ = x.recent(s, own, journals, cutoff)
		return len(recent)
	})
	if err != nil {
		p := &Pass{State: &State{numbers: make(map[string]uint32)}, Began: x.now(), list: list, told: x.toldSince(0)}
		recent, _ = x.recent(p.State, own, journals, 0)
		p.merge(recent)
		if err := p.Relist(ctx); err != nil {
			return nil, fmt.Errorf("list cache: %w", err)
		}
		return p.State, nil
	}
	state.merge(recent)
	return state, nil
}

// Update merges what all processes recorded, calls work with it, and keeps what
// that makes of it. Without wait it returns [ErrBusy] if another process is at
// it.
func (x *Index) Update(ctx context.Context, wait bool, list Lister, work func(*Pass) error) error {
	x.Check()
	x.mutex.Lock()
	own, counters := x.open()
	incomplete := x.incomplete
	x.mutex.Unlock()
	if err := checkFolder(x.dir); err != nil {
		return fmt.Errorf("use index of cache: %w", err)
	}
	held, err := x.lock(ctx, wait)
	if err != nil {
		return err
	}
	defer held.Close()

	entries, size := x.Totals()
	p := &Pass{Began: x.Stamp(), list: list}
	journals := x.journals(own, true)
	defer closeAll(journals)
	var recent []Record
	var sound bool
	var cutoff int64
	p.State, cutoff, err = x.readSnapshot(func(s *State, cutoff int64) int {
		recent, sound = x.recent(s, own, journals, cutoff)
		return len(recent)
	})
	if err != nil {
		p.State, cutoff, incomplete = &State{numbers: make(map[string]uint32)}, 0, true
		recent, sound = x.recent(p.State, own, journals, cutoff)
	}
	p.merge(recent)
	p.told = x.toldSince(cutoff)
	incomplete = incomplete || !sound
	p.raiseClock(counters, x.now())
	if incomplete {
		if err := p.Relist(ctx); err != nil {
			return fmt.Errorf("list cache: %w", err)
		}
	}
	workErr := work(p)

	trueEntries, trueSize := p.Totals()
	_ = mapfile.Guard(func() error { // an estimate
		counters.entries.Add(trueEntries - entries)
		counters.bytes.Add(trueSize - size)
		return nil
	})
	if p.dirty || hasDead(journals) || len(recent) > 1024+len(p.Records)/8 {
		err = x.keep(p, max(cutoff, p.Began-int64(margin)), journals)
	}
	if incomplete && err == nil {
		x.mutex.Lock()
		x.incomplete = false
		x.mutex.Unlock()
	}
	return errors.Join(workErr, err)
}

// keep writes a snapshot and removes the journals that it makes superfluous.
func (x *Index) keep(p *Pass, cutoff int64, journals []*foreign) error {
	if err := x.writeSnapshot(p.State, cutoff); err != nil {
		return fmt.Errorf("write index of cache: %w", err)
	}
	for _, j := range journals {
		if !j.dead {
			continue
		}
		j.close()
		if err := os.Remove(j.path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("clean index of cache: %w", err)
		}
	}
	return nil
}

// raiseClock makes sure that what happens next counts as later than all that
// is known.
func (p *Pass) raiseClock(c *counters, now int64) {
	latest := int64(0)
	for i := range p.Records {
		latest = max(latest, p.Records[i].Used, p.Records[i].Changed)
	}
	_ = mapfile.Guard(func() error { c.raise(latest, now); return nil }) // the order of few uses
}

// lock waits for the lock of the index.
func (x *Index) lock(ctx context.Context, wait bool) (*os.File, error) {
	file, err := openPlain(filepath.Join(x.dir, lockFile), os.O_RDWR|os.O_CREATE)
	if err != nil {
		return nil, fmt.Errorf("lock index of cache: %w", err)
	}
	for {
		taken, err := lock(file)
		if taken || !canLock {
			return file, nil
		}
		if err == nil && !wait {
			err = ErrBusy
		}
		if err == nil {
			timer := time.NewTimer(retry)
			select {
			case <-ctx.Done():
				err = ctx.Err()
			case <-timer.C:
			}
			timer.Stop()
		}
		if err != nil {
			_ = file.Close() // what keeps the lock from us says more
			return nil, fmt.Errorf("lock index of cache: %w", err)
		}
	}
}

func (x *Index) readSnapshot(room func(s *State, cutoff int64) int) (state *State, cutoff int64, err error) {
	file, err := openPlain(filepath.Join(x.dir, snapshotFile), os.O_RDONLY)
	if err != nil {
		return nil, 0, err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return nil, 0, err
	}
	return readSnapshot(file, info.Size(), room)
}

func (x *Index) writeSnapshot(s *State, cutoff int64) (err error) {
	path := filepath.Join(x.dir, newSnapshot)
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	w := bufio.NewWriterSize(file, 256<<10)
	err = writeSnapshot(w, s, cutoff)
	if err == nil {
		err = w.Flush()
	}
	if closeErr := file.Close(); err == nil {
		err = closeErr
	}
	if err == nil {
		err = os.Rename(path, filepath.Join(x.dir, snapshotFile))
	}
	if err != nil {
		_ = os.Remove(path) // the next one does
	}
	return err
}

// recent returns what journals say that no snapshot knows. sound is false if a
// dead program's journal is damaged: then nobody else knows what it said.
func (x *Index) recent(s *State, own *journal, journals []*foreign, cutoff int64) (records []Record, sound bool) {
	var ours []slot
	if own != nil {
		x.mutex.Lock()
		ours = own.segment.slots[:own.n]
		x.mutex.Unlock()
	}
	each := func(add func(name string, r Record)) (sound bool) {
		// What can be read counts.
		_ = mapfile.Guard(func() error { scan(ours, cutoff, add); return nil })
		sound = true
		for _, j := range journals {
			whole := false
			_ = mapfile.Guard(func() error { whole = scan(j.slots, cutoff, add); return nil })
			sound = sound && (whole || !j.dead)
		}
		return sound
	}
	count := 0 // for the memory: to come by more and more of it takes longer than to look twice
	each(func(string, Record) { count++ })
	records = make([]Record, 0, count)
	sound = each(func(name string, r Record) {
		r.Function = s.number(name)
		records = append(records, r)
	})
	return records, sound
}

// toldSince returns a function that reads what all journals say by the time it is
// called.
func (x *Index) toldSince(cutoff int64) func(*State) []Record {
	return func(s *State) []Record {
		x.mutex.Lock()
		own := x.journal
		x.mutex.Unlock()
		journals := x.journals(own, false)
		defer closeAll(journals)
		records, _ := x.recent(s, own, journals, cutoff) // what can be read counts
		return records
	}
}

// A foreign journal is another process's, or one of a dead program.
type foreign struct {
	path    string
	slots   []slot
	dead    bool
	release func()
}

func (j *foreign) close() {
	if j.release != nil {
		j.release()
		j.release, j.slots = nil, nil
	}
}

func closeAll(journals []*foreign) {
	for _, j := range journals {
		j.close()
	}
}

func hasDead(journals []*foreign) bool {
	for _, j := range journals {
		if j.dead {
			return true
		}
	}
	return false
}

// journals opens all journals but the own one. With judge it finds out whose
// programs are dead.
func (x *Index) journals(own *journal, judge bool) (journals []*foreign) {
	files, err := os.ReadDir(x.dir)
	if err != nil {
		return nil // then there are none
	}
	for _, f := range files {
		path := filepath.Join(x.dir, f.Name())
		if !isJournal(f.Name()) || own != nil && path == own.path {
			continue
		}
		if j := openForeign(path, judge); j != nil {
			journals = append(journals, j)
		}
	}
	return journals
}

// openForeign returns nil for a journal that is gone or cannot be read.
func openForeign(path string, judge bool) *foreign {
	flags := os.O_RDONLY
	if judge {
		flags = os.O_RDWR
	}
	file, err := openPlain(path, flags)
	if err != nil {
		return nil
	}
	defer file.Close()
	j := &foreign{path: path}
	if judge {
		// Nobody takes up a journal of somebody else's, so that the lock need
		// not be held on to.
		j.dead, err = lock(file)
		if err != nil {
			return nil
		}
	}
	content, release, err := contentOf(file)
	if err != nil {
		return nil
	}
	j.slots, j.release = slotsOf(content), release
	if j.dead && !j.begun() {
		// It may be so young that its owner did not lock it yet.
		info, err := file.Stat()
		j.dead = err == nil && time.Since(info.ModTime()) > stillborn
	}
	return j
}

// begun reports whether the journal has a header, which its owner writes once
// it holds the lock.
func (j *foreign) begun() (begun bool) {
	_ = mapfile.Guard(func() error { // what cannot be read has none
		begun = len(j.slots) > 0 && headerOf(j.slots).magic != [8]byte{}
		return nil
	})
	return begun
}

// contentOf maps a file, or reads it where there are no mappings.
func contentOf(file *os.File) (content []byte, release func(), err error) {
	info, err := file.Stat()
	if err != nil {
		return nil, nil, err
	}
	if info.Size() > math.MaxInt-slotSize {
		return nil, nil, fmt.Errorf("%s is too large", file.Name())
	}
	mapping, err := mapfile.Map(file, info.Size(), mapfile.ReadOnly)
	if err == nil {
		return mapping.Bytes(), func() { _ = mapping.Unmap() }, nil
	}
	if !errors.Is(err, errors.ErrUnsupported) {
		return nil, nil, err
	}
	memory := newSlots(int(info.Size()+slotSize-1) / slotSize) // aligned
	n, err := file.ReadAt(bytesOf(memory), 0)
	if n < int(info.Size()) {
		return nil, nil, err
	}
	return bytesOf(memory)[:n], func() {}, nil
}
