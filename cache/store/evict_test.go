package store_test

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"labbook/cache/store"
)

// A manualClock goes as the test says, backwards too.
type manualClock struct{ at atomic.Int64 }

func newClock() *manualClock {
	c := new(manualClock)
	c.at.Store(time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC).UnixNano())
	return c
}

func (c *manualClock) now() time.Time        { return time.Unix(0, c.at.Load()) }
func (c *manualClock) pass(by time.Duration) { c.at.Add(int64(by)) }

// An oracle knows naively what a store should hold: entries, what was used
// longest ago first.
type oracle struct {
	entries []oracleEntry
	pinned  map[string]bool // whether there is an entry or not
	last    time.Time       // when anything was used: time does not go back
}

func (o *oracle) stamp(now time.Time) time.Time {
	if now.After(o.last) {
		o.last = now
	}
	return o.last
}

type oracleEntry struct {
	name string
	size int64
	used time.Time
}

func (o *oracle) find(name string) int {
	return slices.IndexFunc(o.entries, func(e oracleEntry) bool { return e.name == name })
}

// use moves an entry to the end.
func (o *oracle) use(name string, now time.Time) {
	if i := o.find(name); i >= 0 {
		e := o.entries[i]
		e.used = o.stamp(now)
		o.entries = append(slices.Delete(o.entries, i, i+1), e)
	}
}

func (o *oracle) put(name string, size int64, now time.Time) {
	o.remove(name)
	o.entries = append(o.entries, oracleEntry{name, size, o.stamp(now)})
}

func (o *oracle) remove(name string) {
	if i := o.find(name); i >= 0 {
		o.entries = slices.Delete(o.entries, i, i+1)
	}
}

func (o *oracle) bytes() (n int64) {
	for _, e := range o.entries {
		n += e.size
	}
	return n
}

// collect returns the names of what goes.
func (o *oracle) collect(limits, target store.Limits, now time.Time) (gone []string) {
	over := func(l store.Limits) bool {
		return l.MaxEntries > 0 && int64(len(o.entries)) > l.MaxEntries || l.MaxBytes > 0 && o.bytes() > l.MaxBytes
	}
	full := over(limits)
	for i := 0; i < len(o.entries); {
		e := o.entries[i]
		tooOld := limits.MaxAge > 0 && now.Sub(e.used) > limits.MaxAge
		if o.pinned[e.name] || !tooOld && (!full || !over(target)) {
			i++
			continue
		}
		gone = append(gone, e.name)
		o.entries = slices.Delete(o.entries, i, i+1)
	}
	return gone
}

func nameOf(function string, key store.Key) string { return fmt.Sprintf("%s %x", function, key[:4]) }

// held returns what is on disk.
func held(t *testing.T, s *store.Store) (names []string) {
	t.Helper()
	for f, err := range s.Functions() {
		if err != nil {
			t.Fatal(err)
		}
		for info, err := range s.Entries(f) {
			if err != nil {
				t.Fatal(err)
			}
			names = append(names, nameOf(f, info.Key))
		}
	}
	slices.Sort(names)
	return names
}

// Whatever programs do in whatever order, exactly that goes which was used
// longest ago.
func TestEvictionIsExact(t *testing.T) {
	t.Parallel()
	for seed := range uint64(12) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			evictionRun(t, rand.New(rand.NewPCG(seed, 1)))
		})
	}
}

func evictionRun(t *testing.T, random *rand.Rand) {
	t.Helper()
	dir, clock := filepath.Join(t.TempDir(), "cache"), newClock()
	limits := store.Limits{MaxEntries: 20 + random.Int64N(40), MaxBytes: 30_000 + random.Int64N(60_000)}
	if random.IntN(2) == 0 {
		limits.MaxAge = time.Duration(1+random.IntN(100)) * time.Minute
	}
	// Closed ones are still in use by those who have a handle from them.
	var opened []*store.Store
	open := func() *store.Store {
		opened = append(opened, store.OpenAt(dir, store.Limits{}, clock.now))
		return opened[len(opened)-1]
	}
	stores := []*store.Store{open(), open(), open()}
	t.Cleanup(func() {
		for _, s := range opened {
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		}
	})
	uses := map[string]*store.Use{}
	expected := oracle{pinned: map[string]bool{}}
	functions := []string{"a.F", "a.f", "pkg/deep.Function"}
	for step := range 800 {
		i := random.IntN(len(stores))
		s := stores[i]
		f := functions[random.IntN(len(functions))]
		var key store.Key
		binary.BigEndian.PutUint32(key[:], random.Uint32N(50)*0x01010101)
		name := nameOf(f, key)
		switch what := random.IntN(100); {
		case what < 35:
			if err := s.Put(f, key, meta(), make([]byte, random.IntN(4000))); err != nil {
				t.Fatal(err)
			}
			info, err := os.Stat(s.Path(f, key))
			if err != nil {
				t.Fatal(err)
			}
			expected.put(name, info.Size(), clock.now())
		case what < 60:
			if _, err := s.Get(f, key); (err == nil) != (expected.find(name) >= 0) {
				t.Fatalf("step %d: get %s: %v", step, name, err)
			}
			expected.use(name, clock.now())
		case what < 80:
			handle := fmt.Sprint(i, name)
			if uses[handle] == nil {
				uses[handle] = s.Use(f, key)
			}
			uses[handle].Touch()
			expected.use(name, clock.now())
		case what < 84:
			if err := s.Remove(f, key); err != nil {
				t.Fatal(err)
			}
			expected.remove(name)
		case what < 86:
			err := s.Pin(f, key)
			if (err == nil) != (expected.find(name) >= 0) {
				t.Fatalf("pin: %v", err)
			}
			if err == nil {
				expected.pinned[name] = true
			}
		case what < 88:
			if err := s.Unpin(f, key); err != nil {
				t.Fatal(err)
			}
			delete(expected.pinned, name)
		case what < 89:
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			stores[i] = open()
		case what < 90:
			if err := s.Rebuild(t.Context()); err != nil {
				t.Fatal(err)
			}
		case what < 91:
			clock.pass(-time.Duration(random.IntN(5)) * time.Second)
		default:
			clock.pass(time.Duration(random.Int64N(int64(time.Minute))))
		}
		if random.IntN(30) > 0 {
			continue
		}
		plan, err := s.Plan(t.Context(), limits)
		if err != nil {
			t.Fatal(err)
		}
		before := held(t, s)
		beforeEntries, beforeBytes := int64(len(expected.entries)), expected.bytes()
		c, err := s.Collect(t.Context(), limits)
		if err != nil {
			t.Fatal(err)
		}
		gone := expected.collect(limits, limits, clock.now())
		var planned []string
		for _, p := range plan {
			planned = append(planned, nameOf(p.Function, p.Key))
		}
		if diff := cmp.Diff(gone, planned); diff != "" {
			t.Fatalf("step %d: planned (-want +got):\n%s", step, diff)
		}
		var want []string
		for _, e := range expected.entries {
			want = append(want, e.name)
		}
		slices.Sort(want)
		after := held(t, s)
		if diff := cmp.Diff(want, after); diff != "" {
			t.Fatalf("step %d: held, of %d before (-want +got):\n%s", step, len(before), diff)
		}
		if c.Entries != beforeEntries || c.Bytes != beforeBytes || c.Evicted != int64(len(gone)) || c.EvictedBytes != beforeBytes-expected.bytes() {
			t.Fatalf("step %d: %+v, with %d entries of %d bytes before and %d of %d after", step, c, beforeEntries, beforeBytes, len(expected.entries), expected.bytes())
		}
		usage, err := s.Usage(t.Context())
		if err != nil || usage.Entries != int64(len(want)) || usage.Bytes != expected.bytes() {
			t.Fatalf("step %d: usage %+v, %v; want %d entries of %d bytes", step, usage, err, len(want), expected.bytes())
		}
	}
}

func collect(t testing.TB, s *store.Store, limits store.Limits) store.Collection {
	t.Helper()
	c, err := s.Collect(t.Context(), limits)
	if err != nil {
		t.Fatal(err)
	}
	return c
}
