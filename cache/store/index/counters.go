package index

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"sync/atomic"
	"time"
	"unsafe"

	"labbook/cache/mapfile"
)

const (
	countersFile = "counters"
	countersSize = 4096

	// farAhead is how much later than now a clock may be before it is taken
	// for damage rather than for one that was set back.
	farAhead = 50 * 365 * 24 * time.Hour
)

var countersMagic = [8]byte{'L', 'B', 'C', 'O', 'U', 'N', 'T', 1}

// cells lie in memory that all processes share.
type cells struct {
	magic   [8]byte
	order   uint64
	clock   atomic.Int64 // the latest time that anybody took
	entries atomic.Int64
	bytes   atomic.Int64
}

// counters are what all processes count together: the time, and estimates of
// what is in the store. Nothing rests on them but the moment of the next look.
type counters struct {
	*cells
	mapping *mapfile.Mapping // nil if the memory is the program's own
}

// ownCounters are for where nothing can be shared.
func ownCounters() *counters { return &counters{cells: new(cells)} }

func openCounters(dir string) (*counters, error) {
	file, err := openPlain(filepath.Join(dir, countersFile), os.O_RDWR|os.O_CREATE)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return nil, err
	}
	if info.Size() < countersSize {
		if err := mapfile.Allocate(file, info.Size(), countersSize); err != nil {
			return nil, err
		}
	}
	mapping, err := mapfile.Map(file, countersSize, mapfile.Shared)
	if err != nil {
		return nil, err
	}
	c := &counters{cells: (*cells)(unsafe.Pointer(&mapping.Bytes()[0])), mapping: mapping}
	err = mapfile.Guard(func() error {
		if c.magic == [8]byte{} {
			c.order, c.magic = 1, countersMagic
		}
		if c.magic != countersMagic || c.order != 1 {
			return fmt.Errorf("%s is no counters file of this version", file.Name())
		}
		return nil
	})
	if err != nil {
		return nil, errors.Join(err, mapping.Unmap())
	}
	// Slots of journals and those who touch them may outlive any close.
	runtime.AddCleanup(c, func(m *mapfile.Mapping) { _ = m.Unmap() }, mapping)
	return c, nil
}

// stamp returns a time that nobody had before: now, or if the clock was set
// back, just after the latest that anybody took.
func (c *counters) stamp(now int64) int64 {
	for {
		last := c.clock.Load()
		next := max(now, last+1)
		if last > now+int64(farAhead) {
			next = now
		}
		if c.clock.CompareAndSwap(last, next) {
			return next
		}
	}
}

// raise makes the next time later than at.
func (c *counters) raise(at, now int64) {
	if at > now+int64(farAhead) {
		return
	}
	for {
		last := c.clock.Load()
		if last >= at || c.clock.CompareAndSwap(last, at) {
			return
		}
	}
}
