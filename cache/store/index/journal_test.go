package index

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// A journal without a header may be one whose owner is about to lock it.
func TestYoungJournalsAreLeftAlone(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		reason  string
		content []byte
		age     time.Duration
		stays   bool
	}{
		{"just made", nil, 0, true},
		{"just given room", make([]byte, 4096), 0, true},
		{"never begun", nil, 2 * stillborn, false},
		{"begun by somebody who is dead", bytesOf(ownJournal(1).segment.slots), 0, false},
	} {
		dir := filepath.Join(t.TempDir(), "index")
		x := New(dir, Options{})
		x.Seen("p.f", &Key{1}, 1, 0)
		path := filepath.Join(dir, "journal-0123456789abcdef")
		then := time.Now().Add(-test.age)
		if err := errors.Join(os.WriteFile(path, test.content, 0o600), os.Chtimes(path, then, then)); err != nil {
			t.Fatal(err)
		}
		nothing := func(context.Context, func(string, Key, int64, int64)) error { return nil }
		if err := x.Update(t.Context(), true, nothing, func(*Pass) error { return nil }); err != nil {
			t.Fatal(err)
		}
		if _, err := os.Lstat(path); (err == nil) != test.stays {
			t.Errorf("%s: %v", test.reason, err)
		}
		if err := x.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestTable(t *testing.T) {
	t.Parallel()
	slots, table := newSlots(3001), newTable()
	for n := uint32(1); n <= 3000; n++ {
		// Few keys for many functions, so that places collide.
		slots[n].function, slots[n].key = n/3, Key{byte(n % 3)}
		if at := table.find(slots, slots[n].function, &slots[n].key); at != 0 {
			t.Fatalf("slot %d is there before it was put: %d", n, at)
		}
		table.insert(slots, n)
	}
	for n := uint32(1); n <= 3000; n++ {
		if at := table.find(slots, n/3, &Key{byte(n % 3)}); at != n {
			t.Fatalf("slot %d was found at %d", n, at)
		}
	}
}

// Of what is put while files are listed, the index knows when, whatever time the
// file has.
func TestWhatIsPutWhileListingIsNew(t *testing.T) {
	t.Parallel()
	x := New(filepath.Join(t.TempDir(), "index"), Options{})
	x.Seen("p.f", &Key{1}, 1, 0)
	list := func(_ context.Context, yield func(string, Key, int64, int64)) error {
		yield("p.f", Key{1}, 1, time.Now().UnixNano())
		mark := x.Put("p.f", &Key{2}, 2)
		mark.Done()
		yield("p.f", Key{2}, 2, 5) // the clock of files is behind
		return nil
	}
	err := x.Update(t.Context(), true, list, func(p *Pass) error {
		r, found := p.Find("p.f", Key{2})
		if !found || r.Changed <= p.Began || r.Used <= p.Began {
			t.Errorf("the pass that began at %d has %+v, %v", p.Began, r, found)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := x.Close(); err != nil {
		t.Error(err)
	}
}
