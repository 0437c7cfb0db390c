package store_test

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"labbook/cache/store"
)

func TestFunctions(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := store.Open(dir, store.Limits{})
	long := "example.org/" + strings.Repeat("very/", 40) + "long.Name"
	want := []string{"", "a.F", "a.f", long, "main.main", "x/y.(*T).Method[...]"}
	for _, name := range want {
		if err := s.Put(name, keyOf(1), meta(), nil); err != nil {
			t.Fatal(err)
		}
	}
	// What is not the store's.
	for _, foreign := range []string{"Upper", "with space", "%zz", "tail~abc"} {
		if err := os.Mkdir(filepath.Join(dir, foreign), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "a.file"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	var got []string
	for name, err := range s.Functions() {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, name)
	}
	slices.Sort(got)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestFunctionsOfNothing(t *testing.T) {
	t.Parallel()
	for name, err := range store.Open(filepath.Join(t.TempDir(), "none"), store.Limits{}).Functions() {
		t.Errorf("%q, %v", name, err)
	}
}

func TestEntries(t *testing.T) {
	t.Parallel()
	s := store.Open(t.TempDir(), store.Limits{})
	payload := []byte("payload")
	for i := range 300 {
		put(t, s, keyOf(i*7%300), payload)
	}
	all := list(t, s)
	if len(all) != 300 {
		t.Fatalf("%d entries", len(all))
	}
	for i, info := range all {
		if i > 0 && slices.Compare(all[i-1].Key[:], info.Key[:]) >= 0 {
			t.Fatalf("key %x after %x", info.Key, all[i-1].Key)
		}
	}
	got := all[0]
	stat, err := os.Stat(got.Path)
	if err != nil {
		t.Fatal(err)
	}
	want := store.Info{
		Function: function, Key: keyOf(0), Path: s.Path(function, keyOf(0)), Size: stat.Size(), PayloadSize: int64(len(payload)),
		Created: meta().Created, Duration: meta().Duration, OriginRun: meta().OriginRun, OriginCall: meta().OriginCall,
		PayloadDigest: store.Digest(payload), Header: got.Header,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(meta().Parts, got.Header.Parts); diff != "" {
		t.Error(diff)
	}
}

func TestEntriesGoOnAfterDamage(t *testing.T) {
	t.Parallel()
	s := store.Open(t.TempDir(), store.Limits{})
	for i := range 3 {
		put(t, s, keyOf(i), []byte("payload"))
	}
	if err := os.Truncate(s.Path(function, keyOf(1)), 200); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(filepath.Dir(s.Path(function, keyOf(1))), "notes.txt"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	var good, bad int
	for info, err := range s.Entries(function) {
		var corrupt *store.CorruptError
		switch {
		case err == nil:
			good++
		case errors.As(err, &corrupt) && info.Path == corrupt.Path && info.Key == keyOf(1):
			bad++
		default:
			t.Error(err)
		}
	}
	if good != 2 || bad != 1 {
		t.Errorf("%d good, %d bad", good, bad)
	}
	for range s.Entries(function) { //nolint:errcheck // what it yields was looked at above
		break // an iteration may be left
	}
}

func TestClear(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := store.Open(dir, store.Limits{})
	for i := range 5 {
		put(t, s, keyOf(i), nil)
	}
	if err := s.Put("other.F", keyOf(1), meta(), nil); err != nil {
		t.Fatal(err)
	}
	folder := filepath.Dir(filepath.Dir(s.Path(function, keyOf(1))))
	if err := s.Clear(function); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Lstat(folder); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the folder is still there: %v", err)
	}
	if !s.Contains("other.F", keyOf(1)) {
		t.Error("another function's entry is gone")
	}

	// What a person put there is no entry.
	put(t, s, keyOf(1), nil)
	notes := filepath.Join(filepath.Dir(s.Path(function, keyOf(1))), "notes.txt")
	if err := os.WriteFile(notes, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := s.Clear(function); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Lstat(notes); err != nil || s.Contains(function, keyOf(1)) {
		t.Errorf("notes: %v, entry contained: %t", err, s.Contains(function, keyOf(1)))
	}
}
