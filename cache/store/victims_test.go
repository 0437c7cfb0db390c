package store

import (
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
