package cache

import (
	"bytes"
	"encoding/gob"
	"encoding/json"
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"labbook/cache/persist"
)

func TestRecompute(t *testing.T) {
	t.Parallel()
	runs(t.Name()) // as a run of the test before may have left it
	f := NewFunction(memory(t), counted)
	if a, b, c, d := f.Call(t.Name()), f.Call(t.Name()), f.Recompute(t.Name()), f.Call(t.Name()); a != 1 || b != 1 || c != 2 || d != 2 {
		t.Errorf("computed, loaded, computed again, loaded: %d %d %d %d; want 1 1 2 2", a, b, c, d)
	}
}

// counted returns how often it ran.
func counted(test string) int64 { return count(test).Add(1) }

func TestSeed(t *testing.T) {
	t.Parallel()
	f := NewFunction(memory(t), half)
	if err := f.Seed([]any{t.Name(), 3}, 77); err != nil {
		t.Fatal(err)
	}
	if n, err := f.Call(t.Name(), 3); n != 77 || err != nil || runs(t.Name()) != 0 {
		t.Errorf("half(3) = %d, %v after it was seeded with 77", n, err)
	}
	if err := f.Seed([]any{t.Name(), 3}, 78); err != nil {
		t.Fatal(err)
	}
	if n, _ := f.Call(t.Name(), 3); n != 78 {
		t.Errorf("half(3) = %d after it was seeded again", n)
	}
	for says, err := range map[string]error{
		"argument arg1 is missing":            f.Seed([]any{t.Name()}, 1),
		"it has 1 results, and 2 are given":   f.Seed([]any{t.Name(), 1}, 1, error(nil)),
		"result 1: string is given where int": f.Seed([]any{t.Name(), 1}, "x"),
		"caching is off":                      NewFunction(nil, half).Seed([]any{t.Name(), 1}, 1),
	} {
		if err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("Seed: %v; want it to say %q", err, says)
		}
	}
}

func TestStats(t *testing.T) {
	t.Parallel()
	f := NewFunction(memory(t), half)
	for _, n := range []int{2, 2, 2, 3, 4} {
		_, _ = f.Call(t.Name(), n) // an odd one is an error, as it should be
	}
	got := f.Stats()
	if got.Computing <= 0 {
		t.Error("computing took no time")
	}
	got.Computing, got.Saved = 0, 0
	if diff := cmp.Diff(Stats{Hits: 2, Misses: 2, Errors: 1}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	off := NewFunction(nil, half)
	_, _ = off.Call(t.Name(), 2)
	if off.Stats().Bypasses != 1 {
		t.Errorf("with caching off: %+v", off.Stats())
	}
}

func TestShelve(t *testing.T) {
	t.Parallel()
	runs(t.Name()) // as a run of the test before may have left it
	m := memory(t)
	f := NewFunction(m, half)
	first, err := f.Shelve(t.Name(), 8)
	if err != nil || runs(t.Name()) != 1 {
		t.Fatalf("Shelve: %v", err)
	}
	second, err := f.Shelve(t.Name(), 8)
	if err != nil || second != first || runs(t.Name()) != 0 {
		t.Errorf("shelved again: %v, %v", second, err)
	}
	if got, err := Fetch[int](first); got != 4 || err != nil || !first.Contains() {
		t.Errorf("Fetch = %v, %v", got, err)
	}
	// It never loads: what is damaged shows when it is fetched.
	for _, file := range entryFiles(t, m) {
		if err := os.Truncate(file, 300); err != nil {
			t.Fatal(err)
		}
	}
	var gone *GoneError
	if _, err := Fetch[int](first); !errors.As(err, &gone) || gone.Ref != first || !strings.Contains(err.Error(), "Shelve it again") {
		t.Errorf("Fetch of a damaged result: %v", err)
	}
	if err := first.Forget(); err != nil || first.Contains() {
		t.Errorf("Forget: %v", err)
	}
	if _, err := Fetch[int](first); !errors.As(err, &gone) {
		t.Errorf("Fetch of a deleted result: %v", err)
	}
	if _, err := f.Shelve(t.Name(), 3); !errors.Is(err, errOdd) {
		t.Errorf("Shelve of a call that fails: %v", err)
	}
	if _, err := NewFunction(nil, half).Shelve(t.Name(), 2); !errors.Is(err, ErrOff) {
		t.Errorf("Shelve with caching off: %v", err)
	}
	unstorable := NewFunction(New(t.TempDir(), Options{Warnings: &bytes.Buffer{}}), textOrNumber)
	if _, err := unstorable.Shelve(t.Name(), true); err == nil || !strings.Contains(err.Error(), "could not be stored") {
		t.Errorf("Shelve of what cannot be stored: %v", err)
	}
}

func TestRefsTravel(t *testing.T) {
	t.Parallel()
	ref, err := NewFunction(memory(t), describe).Shelve(t.Name(), &shape{Name: "a", Sides: []float64{1}})
	if err != nil {
		t.Fatal(err)
	}
	asJSON, err := json.Marshal(ref)
	if err != nil {
		t.Fatal(err)
	}
	var asGob bytes.Buffer
	if err := gob.NewEncoder(&asGob).Encode(ref); err != nil {
		t.Fatal(err)
	}
	asCBOR, err := persist.Marshal(ref)
	if err != nil {
		t.Fatal(err)
	}
	for name, decode := range map[string]func(*Ref) error{
		"JSON": func(r *Ref) error { return json.Unmarshal(asJSON, r) },
		"gob":  func(r *Ref) error { return gob.NewDecoder(&asGob).Decode(r) },
		"CBOR": func(r *Ref) error { return persist.Unmarshal(asCBOR, r) },
	} {
		var back Ref
		if err := decode(&back); err != nil || back.Key != ref.Key || back.Function != ref.Function {
			t.Errorf("%s: %v, %v", name, back, err)
			continue
		}
		back.Dir = ref.Dir
		var s shape
		var words []string
		if err := back.Load(&s, &words); err != nil || s.Name != "a" || len(words) != 2 {
			t.Errorf("%s: loaded %v, %q, %v", name, s, words, err)
		}
	}
	var s shape
	var mismatch *persist.MismatchError
	if err := ref.Load(&s); !errors.As(err, &mismatch) {
		t.Errorf("one variable for two results: %v", err)
	}
	if err := ref.Load(&s, s); err == nil || !strings.Contains(err.Error(), "no pointer") {
		t.Errorf("no pointer: %v", err)
	}
}

func TestExplainWithoutALabBook(t *testing.T) {
	t.Parallel()
	f := NewFunction(memory(t), half)
	why, err := f.Explain(t.Name(), 4)
	if err != nil || why.Hit || why.Entry != nil || !strings.Contains(why.Summary, "nothing is recorded") {
		t.Errorf("before the call: %+v, %v", why, err)
	}
	if _, err := f.Call(t.Name(), 4); err != nil {
		t.Fatal(err)
	}
	runs(t.Name())
	why, err = f.Explain(t.Name(), 4)
	if err != nil || !why.Hit || why.Entry == nil || why.Cost <= 0 || !strings.HasPrefix(why.String(), "hit: computed in ") {
		t.Errorf("after the call: %v, %v", &why, err)
	}
	if runs(t.Name()) != 0 {
		t.Error("Explain has run the function")
	}
	for _, file := range entryFiles(t, f.core.memory) {
		if err := os.Truncate(file, 300); err != nil {
			t.Fatal(err)
		}
	}
	why, err = f.Explain(t.Name(), 4)
	if err != nil || why.Hit || why.Reason != "corrupt" || !strings.Contains(why.String(), "miss: entry ") {
		t.Errorf("of a damaged result: %v, %v", &why, err)
	}
	why, err = NewFunction(nil, half).Explain(t.Name(), 4)
	if err != nil || why.Hit || why.Reason != "bypassed" {
		t.Errorf("with caching off: %v, %v", &why, err)
	}
}
