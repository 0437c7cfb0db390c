package spool

import (
	"errors"
	"math"
	"os"
	"runtime"

	"labbook/cache/mapfile"
)

// room is the end of a spool, as long as it is made ahead of its records, and
// the window onto it. Its owner serialises access.
type room struct {
	file      *os.File
	allocated int64 // how long the file is: zero where there are no records yet
	window          // the one that is written to; without a mapping where files have none
	prepareAt int64 // have the next window made once records reach this far

	next  chan window // where the next window comes from, if it was asked for
	spent window      // the one before, to be given up
}

// A window is a part of a file in memory.
type window struct {
	mapping    *mapfile.Mapping
	start, end int64 // in the file
	err        error
}

// Steps by which a spool grows: its length is a multiple of one of them. The
// first is for programs that record little; at the last one, which large pages
// fit into, growing costs little an event.
const (
	firstStep  = 64 << 10
	secondStep = 1 << 20
	laterStep  = 4 << 20
)

// reserve is kept for the last events, which are small.
const reserve = 8 << 10

// isCoherent says that those who read the file see at once what is written to a
// mapping of it.
const isCoherent = runtime.GOOS != "openbsd"

// step is how a file of that length grows.
func step(length int64) int64 {
	switch {
	case length < firstStep:
		return firstStep
	case length < secondStep:
		return secondStep
	}
	return laterStep
}

// grow makes room for size bytes after used, and then some.
func (r *room) grow(used, size int64) error {
	w := r.prepared()
	if w.err != nil || w.mapping == nil || used < w.start || used+size > w.end {
		// It did not come to be, or is too small for this.
		err := w.unmap()
		w = makeRoom(r.file, r.allocated, used, size)
		if err = errors.Join(err, w.err); err != nil {
			return errors.Join(err, w.unmap())
		}
		r.allocated = w.end
	}
	if err := r.spent.unmap(); err != nil {
		return errors.Join(err, w.unmap())
	}
	r.spent, r.window = r.window, w
	if w.mapping == nil {
		// Some systems, and some file systems, cannot map; the file can be
		// written nevertheless.
		r.end, r.prepareAt = math.MaxInt64, math.MaxInt64
		return nil
	}
	r.prepareAt = w.start + (w.end-w.start)/2
	return nil
}

// makeRoom makes a file longer than it is, so that size bytes fit after used,
// and opens a window onto used and what follows.
func makeRoom(file *os.File, allocated, used, size int64) window {
	need := aligned(used+size, mapfile.Granularity)
	end := aligned(max(used+size, allocated+1), step(allocated))
	err := mapfile.Allocate(file, allocated, end)
	if err != nil && need > allocated && need < end { // perhaps there is room for less
		end = need
		err = mapfile.Allocate(file, allocated, end)
	}
	if err != nil {
		return window{err: err}
	}
	w := window{start: used &^ (mapfile.Granularity - 1), end: end}
	if !isCoherent {
		return w
	}
	w.mapping, err = mapfile.MapRange(file, w.start, w.end-w.start, mapfile.Shared)
	if err == nil {
		w.mapping.Populate()
	}
	return w
}

// prepare has the next window made beside the program, which would otherwise
// wait for its pages.
func (r *room) prepare() {
	r.prepareAt = math.MaxInt64
	next := make(chan window, 1)
	file, allocated, spent := r.file, r.allocated, r.spent
	r.next, r.spent = next, window{}
	go func() {
		err := spent.unmap()
		// The last record in this window may begin in the next one too, if it
		// is not larger than the part that they share.
		w := makeRoom(file, allocated, allocated-mapfile.Granularity, 0)
		w.err = errors.Join(w.err, err)
		next <- w
	}()
}

// prepared returns the window that was asked for, one without a mapping if
// there is none. Whoever needs the room finds out why.
func (r *room) prepared() window {
	if r.next == nil {
		return window{}
	}
	w := <-r.next
	r.next = nil
	r.allocated = max(r.allocated, w.end)
	return w
}

// close gives up the windows.
func (r *room) close() error {
	next := r.prepared()
	return errors.Join(r.unmap(), r.spent.unmap(), next.unmap())
}

func (w *window) unmap() error {
	if w.mapping == nil {
		return nil
	}
	mapping := w.mapping
	w.mapping = nil
	return mapping.Unmap()
}
