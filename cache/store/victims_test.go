package store

import (
	"errors"
	"slices"
	"testing"
	"time"

	"labbook/cache/store/index"
)

// What is put while a pass looks at the store does not go, however full it is.
func TestWhatIsPutMeanwhileStays(t *testing.T) {
	t.Parallel()
	s := Open(t.TempDir(), Limits{})
	keys := []Key{{1}, {2}, {3}}
	p := &index.Pass{State: &index.State{Folders: []string{folderName("f")}}, Began: 100, Relisted: true}
	for i, key := range keys {
		if err := s.Put("f", key, Meta{}, nil); err != nil {
			t.Fatal(err)
		}
		p.Records = append(p.Records, index.Record{Key: key, Size: 1, Changed: []int64{50, 101, 60}[i], Used: int64(1 + i)})
	}
	var c Collection
	if again, err := s.evict(t.Context(), p, Limits{MaxBytes: 1, MaxAge: time.Second}, Limits{MaxBytes: 1}, nil, &c); again || err != nil {
		t.Fatal(again, err)
	}
	left := slices.DeleteFunc(keys, func(key Key) bool { return !s.Contains("f", key) })
	if !slices.Equal(left, []Key{{2}}) || c.Evicted != 2 {
		t.Errorf("left are %v, %+v", left, c)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

// Who reads an entry while a pass is about to remove it does not make the index
// believe that it is still there.
func TestWhatIsReadBeforeItGoesIsGone(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s, reader := Open(dir, Limits{}), Open(dir, Limits{})
	if err := s.Put("f", Key{1}, Meta{}, nil); err != nil {
		t.Fatal(err)
	}
	err := s.index.Update(t.Context(), true, s.listFiles, func(p *index.Pass) error {
		if _, err := reader.Get("f", Key{1}); err != nil {
			return err
		}
		p.Relisted = true // so that all of it goes in one look
		var c Collection
		_, err := s.evict(t.Context(), p, Limits{MaxEntries: 1, MaxAge: 1}, Limits{}, nil, &c)
		if c.Evicted != 1 {
			t.Errorf("evicted: %+v", c)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if usage, err := s.Usage(t.Context()); err != nil || usage.Entries != 0 {
		t.Errorf("the index has %d entries, %v; there are none", usage.Entries, err)
	}
	if err := errors.Join(s.Close(), reader.Close()); err != nil {
		t.Error(err)
	}
}
