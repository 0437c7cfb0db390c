package store_test

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"labbook/cache/store"
)

func TestPlacesAndFind(t *testing.T) {
	t.Parallel()
	s := store.Open(t.TempDir(), store.Limits{})
	for i := range 5 {
		put(t, s, keyOf(i), nil)
	}
	if err := s.Put("other.F", store.Key{1, 0xac}, meta(), nil); err != nil {
		t.Fatal(err)
	}
	ours := func(n ...int) (places []store.Place) {
		for _, i := range n {
			places = append(places, store.Place{Function: function, Key: keyOf(i), Path: s.Path(function, keyOf(i))})
		}
		return places
	}
	other := store.Place{Function: "other.F", Key: store.Key{1, 0xac}, Path: s.Path("other.F", store.Key{1, 0xac})}
	for _, test := range []struct {
		reason string
		digits string
		want   []store.Place
	}{
		{"a whole shard, in every function", "01", append(ours(1), other)},
		{"half a shard", "0", append(ours(0, 1, 2, 3, 4), other)},
		{"letters of either case", "01AB", ours(1)},
		{"one tells them apart", "01ac", []store.Place{other}},
		{"a whole key", fmt.Sprintf("%x", keyOf(3)), ours(3)},
		{"more than a key", fmt.Sprintf("%x", keyOf(3)) + "0", nil},
		{"none", "ff", nil},
		{"no digits", "xy", nil},
	} {
		var got []store.Place
		for place, err := range s.Find(test.digits) {
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, place)
		}
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.reason, diff)
		}
	}
	for _, functions := range [][]string{nil, {function}, {"other.F", function}, {"none.F"}} {
		var want, got []store.Place
		if len(functions) != 1 || functions[0] == function {
			want = ours(0, 1, 2, 3, 4)
		}
		if len(functions) != 1 {
			want = append(want, other)
		}
		for place, err := range s.Places(functions...) {
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, place)
		}
		slices.SortFunc(got, func(x, y store.Place) int { return strings.Compare(x.Function, y.Function) })
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%q (-want +got):\n%s", functions, diff)
		}
	}
}

func TestListIsEntriesWithoutHeaders(t *testing.T) {
	t.Parallel()
	s := store.Open(t.TempDir(), store.Limits{})
	for i := range 700 {
		put(t, s, keyOf(i), payloadOf(i))
	}
	if err := os.WriteFile(s.Path(function, keyOf(5)), []byte("a letter"), 0o600); err != nil {
		t.Fatal(err)
	}
	type found struct {
		Info  store.Info
		Error string
	}
	collect := func(entries func(func(store.Info, error) bool)) (all []found) {
		for info, err := range entries {
			info.Header = store.Header{}
			all = append(all, found{info, fmt.Sprint(err)})
		}
		slices.SortFunc(all, func(x, y found) int { return strings.Compare(x.Info.Path, y.Info.Path) })
		return all
	}
	want, got := collect(s.Entries(function)), collect(s.List(t.Context()))
	if len(want) != 700 {
		t.Fatalf("%d entries", len(want))
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-Entries +List):\n%s", diff)
	}
}

func TestParsePath(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := store.Open(dir, store.Limits{})
	long := "example.org/" + strings.Repeat("very/", 40) + "long.Name"
	for _, name := range []string{function, long, ""} {
		if err := s.Put(name, keyOf(1), meta(), nil); err != nil {
			t.Fatal(err)
		}
		want := s.PlaceOf(name, keyOf(1))
		if got, err := s.ParsePath(want.Path); err != nil || got != want {
			t.Errorf("%q: got %v, %v", name, got, err)
		}
	}
	// By another way to the same folder.
	linked := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(dir, linked); err == nil {
		relative, _ := filepath.Rel(dir, s.Path(function, keyOf(1)))
		if got, err := s.ParsePath(filepath.Join(linked, relative)); err != nil || got != s.PlaceOf(function, keyOf(1)) {
			t.Errorf("through a link: %v, %v", got, err)
		}
	}
	elsewhere := store.Open(t.TempDir(), store.Limits{})
	for _, path := range []string{
		"", dir, elsewhere.Path(function, keyOf(1)), filepath.Dir(s.Path(function, keyOf(1))), s.Path(function, keyOf(1)) + "0",
		filepath.Join(dir, "Upper", "00", strings.Repeat("0", 62)),
	} {
		if got, err := s.ParsePath(path); err == nil {
			t.Errorf("%q: got %v, want an error", path, got)
		}
	}
}

func TestRecognized(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		reason string
		paths  []string // those with a slash at the end are folders
		want   bool
	}{
		{"nothing", nil, true},
		{"what a store leaves when all is removed", []string{".gitignore", ".notes/", ".index/"}, true},
		{"an entry's folder", []string{"main.f/00/"}, true},
		{"a function's last entry was removed by hand", []string{"main.f/"}, true},
		{"entries beside something else", []string{"main.f/00/", "main.f/tmp/", "letter.txt"}, true},
		{"documents", []string{"letter.txt"}, false},
		{"a project", []string{"src/main.go", "docs/"}, false},
		{"git's objects, which are sharded too", []string{"objects/00/", "objects/pack/", "refs/"}, false},
	} {
		dir := t.TempDir()
		for _, path := range test.paths {
			full := filepath.Join(dir, path)
			err := os.MkdirAll(filepath.Dir(full), 0o700)
			if strings.HasSuffix(path, "/") {
				err = errors.Join(err, os.MkdirAll(full, 0o700))
			} else {
				err = errors.Join(err, os.WriteFile(full, nil, 0o600))
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		if got, err := store.Open(dir, store.Limits{}).Recognized(); err != nil || got != test.want {
			t.Errorf("%s: %t, %v", test.reason, got, err)
		}
	}
	if _, err := store.Open(filepath.Join(t.TempDir(), "none"), store.Limits{}).Recognized(); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no folder: %v", err)
	}
}

func TestLeftoversAreFound(t *testing.T) {
	t.Parallel()
	s := store.Open(t.TempDir(), store.Limits{})
	put(t, s, keyOf(1), nil)
	folder := filepath.Join(filepath.Dir(filepath.Dir(s.Path(function, keyOf(1)))), "tmp")
	for name, age := range map[string]time.Duration{"old": 2 * time.Hour, "young": time.Minute} {
		path := filepath.Join(folder, name)
		if err := os.WriteFile(path, []byte("half"), 0o600); err != nil {
			t.Fatal(err)
		}
		when := time.Now().Add(-age)
		if err := os.Chtimes(path, when, when); err != nil {
			t.Fatal(err)
		}
	}
	found := 0
	for leftover, err := range s.Leftovers(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		found++
		if leftover.Size != 4 || filepath.Base(leftover.Path) != "old" || leftover.Age < 2*time.Hour {
			t.Errorf("%+v", leftover)
		}
		if err := errors.Join(leftover.Remove(), leftover.Remove()); err != nil {
			t.Error(err)
		}
		if _, err := os.Lstat(leftover.Path); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("it is still there: %v", err)
		}
	}
	if found != 1 {
		t.Errorf("%d leftovers", found)
	}
}
