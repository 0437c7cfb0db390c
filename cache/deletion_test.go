package cache

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"labbook/cache/store"
)

// growing returns more each time that it runs.
func growing(test string) []byte {
	if count(test).Add(1) == 1 {
		return make([]byte, 5)
	}
	return make([]byte, 2*smallResult)
}

// What Recompute returned is what later calls return, wherever the result from
// before is still to be found.
func TestRecomputeReplacesWhatMemoryHolds(t *testing.T) {
	t.Parallel()
	m := memory(t)
	asked := NewFunction(m, counted, ValidIf(func(Entry) bool { return true }))
	asked.Call(t.Name())
	asked.Call(t.Name()) // loads it into memory
	if again, got := asked.Recompute(t.Name()), asked.Call(t.Name()); got != again {
		t.Errorf("recomputed %d, and then loaded %d", again, got)
	}
	runs(t.Name())
	grows := NewFunction(m, growing)
	grows.Call(t.Name())
	if again, got := len(grows.Recompute(t.Name())), len(grows.Call(t.Name())); got != again {
		t.Errorf("recomputed %d bytes, and then loaded %d", again, got)
	}
	// A deletion elsewhere meanwhile changes nothing.
	runs(t.Name())
	first := NewFunction(m, counted)
	first.Call(t.Name())
	m.tier.remove(m.keyForTest(t, asked, "another"))
	if again, got := first.Recompute(t.Name()), first.Call(t.Name()); got != again {
		t.Errorf("recomputed %d, and then loaded %d", again, got)
	}
}

func (m *Memory) keyForTest(t *testing.T, f *Function[func(string) int64], arg string) [32]byte {
	t.Helper()
	_, k, _, err := f.core.look([]any{arg})
	if err != nil {
		t.Fatal(err)
	}
	return k.digest
}

// Deleting reaches all Memories of this process.
func TestDeletionsReachOtherMemories(t *testing.T) {
	t.Parallel()
	m := memory(t)
	other := NewFunction(New(m.dir, Options{}), square)
	f := NewFunction(m, square)
	for reason, remove := range map[string]func() error{
		"Ref.Forget": func() error {
			ref, err := f.Shelve(t.Name(), 3.0)
			if err != nil {
				return err
			}
			return ref.Forget()
		},
		"Forget":         func() error { return f.Forget(t.Name(), 3.0) },
		"Function.Clear": f.Clear,
		"Memory.Clear":   m.Clear,
	} {
		f.Call(t.Name(), 3)
		other.Call(t.Name(), 3)
		runs(t.Name())
		if err := remove(); err != nil {
			t.Fatal(err)
		}
		if other.Call(t.Name(), 3); runs(t.Name()) != 1 {
			t.Errorf("%s: another Memory still has the result", reason)
		}
	}
}

func TestShelveWhatWasEvicted(t *testing.T) {
	t.Parallel()
	m := memory(t)
	f := NewFunction(m, square)
	f.Call(t.Name(), 3)
	for _, file := range entryFiles(t, m) {
		if err := os.Remove(file); err != nil {
			t.Fatal(err)
		}
	}
	ref, err := f.Shelve(t.Name(), 3.0)
	if err != nil {
		t.Fatalf("only memory has it: %v", err)
	}
	if got, err := Fetch[float64](ref); got != 9 || err != nil {
		t.Errorf("Fetch = %v, %v", got, err)
	}
}

// A function without ValidIf keeps results in memory of which one with it knows
// too little.
func TestValidIfBesideAFunctionWithout(t *testing.T) {
	t.Parallel()
	m := memory(t)
	Wrap(m, square)(t.Name(), 3)
	f := NewFunction(m, square, ValidIf(func(e Entry) bool { return len(e.Parts) > 0 }))
	if f.Call(t.Name(), 3); runs(t.Name()) != 1 {
		t.Error("a sound result was computed again")
	}
}

func TestSeedOfFilesThatAreLostComesBack(t *testing.T) {
	t.Parallel()
	path := File(filepath.Join(t.TempDir(), "out"))
	if err := os.WriteFile(string(path), []byte("seeded"), 0o600); err != nil {
		t.Fatal(err)
	}
	f := NewFunction(memory(t), makesFile)
	if err := f.Seed([]any{t.Name()}, path); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(string(path)); err != nil {
		t.Fatal(err)
	}
	got := f.Call(t.Name())
	if text, err := os.ReadFile(string(path)); got != path || string(text) != "seeded" || runs(t.Name()) != 0 {
		t.Errorf("a hit returns %s, which holds %q, %v", got, text, err)
	}
	if err := f.Seed([]any{t.Name()}, path+"gone"); err == nil || !strings.Contains(err.Error(), "does not exist") {
		t.Errorf("seeding a file that is not there: %v", err)
	}
}

func makesFile(test string) File {
	count(test).Add(1)
	return ""
}

// The clash of a function is found whichever function of its name came first,
// and closes all ways to the other's results.
func TestClashBehindAnotherVersion(t *testing.T) {
	t.Parallel()
	m := New(t.TempDir(), Options{Warnings: new(strings.Builder)})
	one := NewFunction(m, square, Name("power"), Version("1"))
	two := NewFunction(m, cube, Name("power"), Version("2"))
	three := NewFunction(m, square, Name("power"), Version("2"))
	if a, b, c := one.Call(t.Name(), 2), two.Call(t.Name(), 2), three.Call(t.Name(), 2); a != 4 || b != 8 || c != 4 {
		t.Errorf("the results are %v, %v and %v", a, b, c)
	}
	if err := three.Seed([]any{t.Name(), 2.0}, 77.0); err == nil {
		t.Error("a result was put in the place of another function's")
	}
	if _, err := three.Shelve(t.Name(), 2.0); err == nil {
		t.Error("a reference to another function's result was made")
	}
	if has, err := three.Contains(t.Name(), 2.0); has || err != nil {
		t.Errorf("Contains = %v, %v", has, err)
	}
	if err := three.Clear(); err != nil {
		t.Fatal(err)
	}
	if got := two.Call(t.Name(), 2); got != 8 || two.Stats().Hits != 1 {
		t.Errorf("the other function's result is %v, or gone", got)
	}
}

func TestRefusedResultsAreNotMapped(t *testing.T) {
	t.Parallel()
	m := memory(t)
	Wrap(m, ramp)(t.Name(), large)
	f := NewFunction(m, ramp, MMap(), ValidIf(func(Entry) bool { return false }))
	values, err := f.core.arguments([]any{t.Name(), large})
	if err != nil {
		t.Fatal(err)
	}
	k, err := f.core.key(values, nil)
	if err != nil {
		t.Fatal(err)
	}
	entries, err := m.entries()
	if err != nil {
		t.Fatal(err)
	}
	inv := &invocation{function: f.core, args: values, key: k}
	if _, ok := inv.load(entries); ok || inv.reason != "invalidated" {
		t.Fatalf("loaded: %v, %s", ok, inv.reason)
	}
	if !inv.isRefusedStill(entries) {
		t.Error("what was refused is looked at again")
	}
	if err := entries.Put(f.core.name(), keyOf(k.digest), store.Meta{}, []byte("another")); err != nil {
		t.Fatal(err)
	}
	if inv.isRefusedStill(entries) {
		t.Error("a new result counts as the one that was refused")
	}
}
