package whymiss

import (
	"context"
	"sync"

	"labbook/diffargs"
	"labbook/runlog/record"
)

// maxRemembered bounds the snapshots that are held at once, by their bytes in the
// lab-book; in memory they are somewhat larger.
const maxRemembered = 32 << 20

// A memory is a history that remembers values and how they differ: the misses of a
// run are compared with the same calls, and a call with many that share arguments.
// It may be used by several goroutines at once.
type memory struct {
	History

	mutex  sync.Mutex
	size   int // of the values, in bytes
	values map[string]*diffargs.Snapshot
	diffs  map[[2]diffargs.Digest][]diffargs.Difference

	explained map[record.CallID]Explanation // of calls that have ended
}

// Remember returns h with a memory: who explains a run again and again, while it goes
// on, asks only for what is new. What is on record of a call that has ended does not
// change, as far as its explanation goes. It takes some tens of megabytes at most.
func Remember(h History) History { return remember(h) }

// remember returns h with a memory, as it is if it has one.
func remember(h History) *memory {
	if m, ok := h.(*memory); ok {
		return m
	}
	return &memory{History: h, values: map[string]*diffargs.Snapshot{}, diffs: map[[2]diffargs.Digest][]diffargs.Difference{}, explained: map[record.CallID]Explanation{}}
}

// RunsRemoved asks the history that may know.
func (m *memory) RunsRemoved(ctx context.Context, before int64) (bool, error) {
	if forgetful, ok := m.History.(interface {
		RunsRemoved(ctx context.Context, before int64) (bool, error)
	}); ok {
		return forgetful.RunsRemoved(ctx, before)
	}
	return false, nil
}

// snapshot returns the value with a digest, nil for one that is missing or cannot
// be read. What had to be read for it is added to read, in bytes.
func (m *memory) snapshot(ctx context.Context, digest string, read *int) (*diffargs.Snapshot, error) {
	m.mutex.Lock()
	known, found := m.values[digest]
	m.mutex.Unlock()
	if found {
		return known, nil
	}
	blob, err := m.Snapshot(ctx, digest)
	if err != nil {
		return nil, err
	}
	*read += len(blob)
	var s *diffargs.Snapshot
	if blob != nil {
		s = new(diffargs.Snapshot)
		if err := s.UnmarshalBinary(blob); err != nil || s.Root == nil || s.Digest().String() != digest {
			s = nil // damaged, of a newer format or of another value: as good as missing
		}
	}
	m.mutex.Lock()
	defer m.mutex.Unlock()
	if m.size += len(blob); m.size > maxRemembered {
		clear(m.values)
		m.size = len(blob)
	}
	m.values[digest] = s
	return s, nil
}

// maxExplanations bounds how many explanations are remembered.
const maxExplanations = 10_000

// explain explains a call of a run, unless it did so when the call was as it is.
func (m *memory) explain(ctx context.Context, call *record.Call) (Explanation, error) {
	m.mutex.Lock()
	known, found := m.explained[call.ID]
	m.mutex.Unlock()
	if found && known.Outcome == call.Outcome {
		return known, nil
	}
	e, err := explainGuarded(ctx, m, call.ID)
	if err != nil || e.Outcome == record.Running {
		return e, err
	}
	m.mutex.Lock()
	defer m.mutex.Unlock()
	if len(m.explained) == maxExplanations {
		clear(m.explained)
	}
	m.explained[call.ID] = e
	return e, nil
}

// maxDiffs bounds how many pairs of values are remembered.
const maxDiffs = 10_000

// diff compares two values.
func (m *memory) diff(before, after *diffargs.Snapshot) []diffargs.Difference {
	pair := [2]diffargs.Digest{before.Digest(), after.Digest()}
	m.mutex.Lock()
	known, found := m.diffs[pair]
	m.mutex.Unlock()
	if found {
		return known
	}
	list := diffargs.Diff(before, after)
	m.mutex.Lock()
	defer m.mutex.Unlock()
	if len(m.diffs) == maxDiffs {
		clear(m.diffs)
	}
	m.diffs[pair] = list
	return list
}
