package cache

import (
	"sync"
	"sync/atomic"

	"labbook/diffargs"
)

// mostTold bounds what a told remembers: some 10 MB.
const mostTold = 1 << 16

// A told is a set of what a run has been told of. To tell it twice does no harm, so
// that a program that calls with ever new arguments may forget what it has told,
// rather than take more and more memory. It is safe for concurrent use.
type told struct {
	digests sync.Map // diffargs.Digest → struct{}
	count   atomic.Int64
}

// add adds a digest and reports whether it was missing.
func (t *told) add(digest diffargs.Digest) bool {
	if _, known := t.digests.LoadOrStore(digest, struct{}{}); known {
		return false
	}
	if t.count.Add(1) == mostTold {
		t.digests.Clear()
		t.count.Store(0)
	}
	return true
}
