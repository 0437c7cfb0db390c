package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"labbook/cache/store/index"
)

// pin has an entry that is here be pinned if it is so in the other store.
func (m *merge) pin(info *Info) error {
	if !m.pinned[pin{info.Function, info.Key}] {
		return nil
	}
	err := m.into.Pin(info.Function, info.Key)
	if err == nil || errors.Is(err, ErrNotFound) {
		return nil
	}
	return &sinkError{err}
}

// usedThere returns when an entry was last used in the other store.
func (m *merge) usedThere(info *Info) time.Time {
	if used, known := m.theirs.LastUsed(info.Function, info.Key); known {
		return used
	}
	return info.Created
}

// noteUse remembers what the index here does not know of an entry yet.
func (m *merge) noteUse(merged *Merged) {
	info := &merged.Info
	used := m.usedThere(info)
	ours, known := m.ours.LastUsed(info.Function, info.Key)
	switch merged.Outcome {
	case MergeTaken, MergeReplaced:
		m.unknown = true
	case MergeThere:
		m.unknown = m.unknown || !known
	default:
		return
	}
	if known && ours.Before(used) {
		m.uses[pin{info.Function, info.Key}] = used.UnixNano()
	}
}

// tellIndex has the index here find what was taken, and know of uses elsewhere.
// What keeps it from that is no error of the merge: the entries are here.
func (m *merge) tellIndex(ctx context.Context) {
	if m.dry || !m.unknown && len(m.uses) == 0 {
		return
	}
	err := m.into.index.Update(ctx, true, m.into.listFiles, func(p *index.Pass) error {
		if !p.Relisted {
			if err := p.Relist(ctx); err != nil {
				return err
			}
		}
		byFolder := map[pin]int64{}
		for of, used := range m.uses {
			byFolder[pin{m.into.folder(of.function).name, of.key}] = used
		}
		for i := range p.Records {
			r := &p.Records[i]
			r.Used = max(r.Used, min(byFolder[pin{p.Folders[r.Function], r.Key}], p.Began))
		}
		return nil
	})
	if err != nil {
		m.into.report(fmt.Errorf("tell index of merged entries: %w", err))
	}
}
