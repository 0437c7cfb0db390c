package store

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"labbook/cache/store/index"
)

// indexFolder is where the index is. No function's folder begins with a dot.
const indexFolder = ".index"

// Collection is what Collect found and did.
type Collection struct {
	Entries, Bytes        int64 // before
	Evicted, EvictedBytes int64
	Pinned, PinnedBytes   int64 // among those before; they count towards the limits
}

// Candidate is an entry that Collect would remove.
type Candidate struct {
	Function string
	Key      Key
	Size     int64 // of the file
	LastUsed time.Time
}

// Collect removes what exceeds limits now: first what nobody used for longer
// than MaxAge, then what was used longest ago, but neither what is pinned nor
// what is put meanwhile. It waits for other processes that are at it. Entries
// that cannot be removed stay, and the error names them.
func (s *Store) Collect(ctx context.Context, limits Limits) (Collection, error) {
	return s.collect(ctx, limits, limits, true)
}

func (s *Store) collect(ctx context.Context, limits, target Limits, wait bool) (c Collection, err error) {
	if empty, err := s.isEmpty(); empty || err != nil {
		return c, err
	}
	pins, err := s.pins()
	if err != nil {
		return c, err
	}
	err = s.index.Update(ctx, wait, s.listFiles, func(p *index.Pass) error {
		for {
			again, err := s.evict(ctx, p, limits, target, pins, &c)
			if !again || err != nil {
				return err
			}
		}
	})
	return c, err
}

// evict removes entries from the store and from p. Once it meets one that is
// gone already, of which p then may have more, it lists what there is and asks
// to be called again, since less may have to go.
func (s *Store) evict(ctx context.Context, p *index.Pass, limits, target Limits, pins pinSet, c *Collection) (again bool, err error) {
	entries, size := p.Totals()
	c.Entries, c.Bytes = entries+c.Evicted, size+c.EvictedBytes
	c.Pinned, c.PinnedBytes = pins.count(p.State)
	victims := limits.victims(p.State, target, s.now(), func(r *index.Record) bool {
		return r.Changed > p.Began || pins.has(p.Folders[r.Function], r.Key)
	})
	var errs []error
	for block := range slices.Chunk(victims, evictedAtOnce) {
		if err := ctx.Err(); err != nil {
			return false, errors.Join(append(errs, err)...)
		}
		isMissing := false
		for i, u := range s.unlinkAll(p.State, block, !p.Relisted) {
			r, err := &p.Records[block[i]], u.err
			switch {
			case errors.Is(err, errNotTried):
			case err == nil:
				c.Evicted++
				c.EvictedBytes += r.Size
				p.Gone(block[i], u.at)
			case errors.Is(err, fs.ErrNotExist):
				isMissing = true
				p.Gone(block[i], u.at)
			default:
				errs = append(errs, fmt.Errorf("evict entry: %w", err))
			}
		}
		if isMissing && !p.Relisted {
			return true, errors.Join(append(errs, p.Relist(ctx))...)
		}
	}
	return false, errors.Join(errs...)
}

const (
	// evictedAtOnce bounds how many entries are evicted before others that were
	// used earlier are looked at again.
	evictedAtOnce = 4096

	// unlinkers is how many threads remove files: the file system is at work in
	// as many folders at once.
	unlinkers = 4
)

// errNotTried is what came of an entry that unlinkAll did not come to.
var errNotTried = errors.New("another entry was gone already")

// An unlinking is what came of one file, and a time just before.
type unlinking struct {
	at  int64
	err error
}

// unlinkAll removes the files of the records and returns what came of each,
// after it has sorted them so that those of one folder stand together. If
// careful, it leaves the rest once one is gone already.
func (s *Store) unlinkAll(state *index.State, records []int, careful bool) []unlinking {
	slices.SortFunc(records, func(a, b int) int {
		x, y := &state.Records[a], &state.Records[b]
		return cmp.Or(cmp.Compare(x.Function, y.Function), bytes.Compare(x.Key[:], y.Key[:]))
	})
	outcomes := make([]unlinking, len(records))
	var isMissing atomic.Bool
	var group sync.WaitGroup
	for u := range unlinkers {
		first, end := len(records)*u/unlinkers, len(records)*(u+1)/unlinkers
		group.Go(func() {
			var path []byte
			for i := first; i < end; i++ {
				if isMissing.Load() {
					outcomes[i].err = errNotTried
					continue
				}
				r := &state.Records[records[i]]
				path = appendEntryPath(path[:0], filepath.Join(s.dir, state.Folders[r.Function]), &r.Key)
				o := &outcomes[i]
				o.at = s.index.Stamp()
				o.err = unlink(string(path))
				if careful && errors.Is(o.err, fs.ErrNotExist) {
					isMissing.Store(true)
				}
			}
		})
	}
	group.Wait()
	return outcomes
}

// Plan returns what Collect would remove, what was used longest ago first. It
// changes nothing.
func (s *Store) Plan(ctx context.Context, limits Limits) ([]Candidate, error) {
	if empty, err := s.isEmpty(); empty || err != nil {
		return nil, err
	}
	pins, err := s.pins()
	if err != nil {
		return nil, err
	}
	state, err := s.index.Read(ctx, s.listFiles)
	if err != nil {
		return nil, err
	}
	victims := limits.victims(state, limits, s.now(), func(r *index.Record) bool { return pins.has(state.Folders[r.Function], r.Key) })
	plan := make([]Candidate, 0, len(victims))
	for _, i := range victims {
		r := &state.Records[i]
		plan = append(plan, Candidate{s.functionOf(state.Folders[r.Function]), r.Key, r.Size, time.Unix(0, r.Used)})
	}
	return plan, nil
}
