package cache

import (
	"bytes"
	"sync"

	"labbook/diffargs"
)

// waits are the calls of this process that wait for flights, by which circles
// are found out: calls that would wait for each other for ever. Alone each of
// them would end, if the depth of a recursion is no part of the key.
var waits = struct {
	mu    sync.Mutex
	calls map[*invocation]*flight
}{calls: map[*invocation]*flight{}}

// beginWait notes that the call waits for a flight, until over is called. It is
// not ok if the flight cannot land before this call does.
func (inv *invocation) beginWait(theirs *flight) (over func(), ok bool) {
	waits.mu.Lock()
	defer waits.mu.Unlock()
	if inv.isAwaitedBy(theirs) {
		return nil, false
	}
	waits.calls[inv] = theirs
	return func() {
		waits.mu.Lock()
		defer waits.mu.Unlock()
		delete(waits.calls, inv)
	}, true
}

// isAwaitedBy reports whether a flight waits, by what was called in it, for one
// that this call is inside of. The caller holds waits.mu.
func (inv *invocation) isAwaitedBy(f *flight) bool {
	needed := map[*flight]bool{f: true}
	for queue := []*flight{f}; len(queue) > 0; queue = queue[1:] {
		if inv.isInside(queue[0]) {
			return true
		}
		for call, other := range waits.calls {
			if !needed[other] && call.isInside(queue[0]) {
				needed[other] = true
				queue = append(queue, other)
			}
		}
	}
	return false
}

// claimed are the keys that calls of this process have claimed and are
// computing: callKey → diffargs.Digest.
var claimed sync.Map

// isBeyondItsClaims reports whether the key is greater than all that were
// claimed by calls that this one is inside of.
func (inv *invocation) isBeyondItsClaims() bool {
	for call := inv.scope.Call; call != 0; {
		id := callKey{inv.rec.UUID(), call}
		if held, ok := claimed.Load(id); ok {
			digest := held.(diffargs.Digest)
			if bytes.Compare(digest[:], inv.key.digest[:]) >= 0 {
				return false
			}
		}
		parent, ok := parents.Load(id)
		if !ok {
			break
		}
		call = parent.(int64)
	}
	return true
}
