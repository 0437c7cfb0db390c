package cache_test

import (
	"bytes"
	"context"
	"errors"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"sync/atomic"
	"testing"

	"labbook/cache"
	"labbook/cache/persist"
	"labbook/cache/store"
)

// verified collects what a Memory says of results that it verifies.
type verified struct {
	dir  string
	said bytes.Buffer
}

// open opens the folder anew, as another program would.
func (v *verified) open(memoryBytes int64) *cache.Memory {
	return cache.New(v.dir, cache.Options{Messages: &v.said, Warnings: &v.said, MemoryBytes: memoryBytes})
}

// heard is what was said since it was asked last.
func (v *verified) heard() string {
	defer v.said.Reset()
	return v.said.String()
}

func newVerified(t *testing.T) *verified {
	t.Helper()
	return &verified{dir: t.TempDir()}
}

// askFor has the results verified from now on that a new Memory loads.
func askFor(t *testing.T, share string) {
	t.Helper()
	t.Setenv("LABBOOK_VERIFY", share)
}

var counted atomic.Int64

// countingOn returns another number each time.
func countingOn(int) int64 { return counted.Add(1) }

// Whichever way a result is loaded, it is verified, once for each key, and the
// program gets what is stored.
func TestEveryWayToLoadIsVerified(t *testing.T) { //nolint:paralleltest // it sets an environment variable
	v := newVerified(t)
	stored := cache.Wrap(v.open(0), countingOn, cache.Names("n"))(1)
	askFor(t, "100%")
	const unsteady = "was verified: different, and otherwise when computed once more; result: "
	for way, load := range map[string]func(m *cache.Memory) int64{
		"disk": func(m *cache.Memory) int64 { return cache.Wrap(m, countingOn, cache.Names("n"))(1) },
		"shelve": func(m *cache.Memory) int64 {
			ref, err := cache.NewFunction(m, countingOn, cache.Names("n")).Shelve(1)
			if err != nil {
				t.Fatal(err)
			}
			got, err := cache.Fetch[int64](ref)
			if err != nil {
				t.Fatal(err)
			}
			return got
		},
	} {
		before := counted.Load()
		if got := load(v.open(0)); got != stored {
			t.Errorf("%s: the program got %d, and %d is stored", way, got, stored)
		}
		if said := v.heard(); !strings.Contains(said, unsteady) || counted.Load() != before+2 {
			t.Errorf("%s: computed %d times, and said %q", way, counted.Load()-before, said)
		}
	}

	m := v.open(0)
	f := cache.Wrap(m, countingOn, cache.Names("n"))
	f(1)
	before := counted.Load()
	f(1)
	if counted.Load() != before {
		t.Error("a key was verified twice")
	}
	// The result of a key that was computed in this process comes from memory.
	fresh := f(2)
	if got := f(2); got != fresh || counted.Load() != before+3 {
		t.Errorf("from memory: %d computations, got %d, want %d", counted.Load()-before, got, fresh)
	}
}

func TestNothingIsVerifiedUnasked(t *testing.T) { //nolint:paralleltest // it sets an environment variable
	v := newVerified(t)
	cache.Wrap(v.open(0), countingOn)(1)
	for _, share := range []string{"", "0%"} {
		askFor(t, share)
		before := counted.Load()
		cache.Wrap(v.open(0), countingOn)(1)
		if counted.Load() != before || v.heard() != "" {
			t.Errorf("asked for %q, it computed %d times", share, counted.Load()-before)
		}
	}
	askFor(t, "abc")
	cache.Wrap(v.open(0), countingOn)(1)
	if want := "labbook: LABBOOK_VERIFY=\"abc\": want a percentage from 0% to 100%, such as 5%; nothing is verified\n"; v.heard() != want {
		t.Errorf("for a mistake it does not say %q", want)
	}
}

// A shape has what comes back otherwise than it went.
type shape struct {
	Name  string
	Index map[string][]int
	Memo  *int `labbook:"-"`
	Any   any
	NaN   float64
}

func makeShape(n int) (*shape, error) {
	return &shape{Name: "s", Index: map[string][]int{"a": {n}, "b": nil, "c": {}}, Memo: &n, Any: []string{"x"}, NaN: math.NaN()}, nil
}

func makeZeros(n int) []float64 { return make([]float64, n) }

// What is deterministic is found equal, in whatever form it is stored.
func TestDeterministicResultsAreEqual(t *testing.T) { //nolint:paralleltest // it sets an environment variable
	for name, call := range map[string]func(m *cache.Memory){ //nolint:paralleltest // as above
		"struct":     func(m *cache.Memory) { _, _ = cache.Wrap(m, makeShape)(1) },
		"mapped":     func(m *cache.Memory) { cache.Wrap(m, makeZeros, cache.MMap())(100_000) },
		"compressed": func(m *cache.Memory) { cache.Wrap(m, makeZeros, cache.Compress(persist.Zstd))(300_000) },
		"large":      func(m *cache.Memory) { cache.Wrap(m, makeZeros)(300_000) },
		"no result":  func(m *cache.Memory) { cache.Wrap(m, func(int) {})(1) },
		"context": func(m *cache.Memory) {
			_, _ = cache.Wrap(m, func(ctx context.Context, n ...int) (int, error) { return len(n), ctx.Err() }, cache.Name("context"))(t.Context(), 1, 2)
		},
	} {
		t.Run(name, func(t *testing.T) {
			v := newVerified(t)
			call(v.open(0))
			askFor(t, "100%")
			call(v.open(0))
			if said := v.heard(); said != "" {
				t.Errorf("%s", said)
			}
		})
	}
}

var answer any = 1

// answers returns what it is told to outside of its key.
func answers(int) any { return answer }

func TestResultsThatDiffer(t *testing.T) { //nolint:paralleltest // it sets an environment variable
	v := newVerified(t)
	cache.Wrap(v.open(0), answers)(1)
	askFor(t, "100%")
	for _, test := range []struct {
		answer any
		want   string
	}{
		{1, ""},
		{2, "different, and the same when computed once more; result: 1 → 2"},
		{"one", "different, and the same when computed once more; result: "},
		{nil, "different, and the same when computed once more; result: "},
		{func() {}, "failed; what it returned cannot be stored: "},
		{make(chan int), "failed; what it returned cannot be stored: "},
	} {
		answer = test.answer
		if got := cache.Wrap(v.open(0), answers)(1); got != 1 {
			t.Errorf("the program got %v, and 1 is stored", got)
		}
		if said := v.heard(); test.want == "" && said != "" || !strings.Contains(said, test.want) {
			t.Errorf("%v: it says %q, want %q", test.answer, said, test.want)
		}
	}
	answer = 1
}

// outputsOf writes a file that holds what it is told to outside of its key.
func outputOf(path string) (cache.File, error) {
	text, _ := answer.(string)
	return cache.File(path), os.WriteFile(path, []byte(text), 0o600)
}

// The files that a function makes when it is verified are replaced by those that
// it made; without a copy of these it does not run.
func TestFilesAreBroughtBack(t *testing.T) { //nolint:paralleltest // it sets an environment variable
	v := newVerified(t)
	path := filepath.Join(t.TempDir(), "out.txt")
	answer = "then"
	if _, err := cache.Wrap(v.open(0), outputOf)(path); err != nil {
		t.Fatal(err)
	}
	askFor(t, "100%")
	answer = "now"
	if _, err := cache.Wrap(v.open(0), outputOf)(path); err != nil {
		t.Fatal(err)
	}
	if text, err := os.ReadFile(path); string(text) != "then" || err != nil {
		t.Errorf("the file holds %q, %v", text, err)
	}
	if said := v.heard(); !strings.Contains(said, "; the content of the file "+path+": 4 B → 3 B, from ") || strings.Contains(said, "more\n") {
		t.Errorf("it says %q", said)
	}
	entries := store.Open(v.dir, store.Limits{})
	if err := errors.Join(entries.Clear("labbook.File"), entries.Close()); err != nil {
		t.Fatal(err)
	}
	if _, err := cache.Wrap(v.open(0), outputOf)(path); err != nil {
		t.Fatal(err)
	}
	if text, err := os.ReadFile(path); string(text) != "then" || err != nil {
		t.Errorf("without a copy the file holds %q, %v", text, err)
	}
	if said := v.heard(); !strings.Contains(said, "failed; it was not computed again: of its output file "+path+" no copy is kept") {
		t.Errorf("it says %q", said)
	}
	answer = 1
}

// A sealed value has unexported fields: there is no telling how to copy it.
type sealed struct{ values []int }

func (s sealed) AppendKey(b []byte) ([]byte, error) {
	for _, v := range s.values {
		b = append(b, byte(v))
	}
	return b, nil
}

func changesOpen(x []int) int         { x[0]++; return 1 }
func changesDeep(x map[string]*[]any) { *x["a"] = append((*x["a"])[:0], 9) }
func changesSealed(x sealed, _ []int) { x.values[0]++ }
func changesSealedToo(x sealed) int   { x.values[0]++; return x.values[0] + int(depth.Load()) }

// A function that changes its arguments is told of; the program's stay as they
// are, if they can be copied.
func TestArgumentsThatAreChanged(t *testing.T) { //nolint:paralleltest // it sets an environment variable
	v := newVerified(t)
	open := func() []int { return []int{1} }
	deep := func() map[string]*[]any { return map[string]*[]any{"a": {1, []int{2}}} }
	first := v.open(0)
	cache.Wrap(first, changesOpen)(open())
	cache.Wrap(first, changesDeep)(deep())
	cache.Wrap(first, changesSealed)(sealed{open()}, nil)
	cache.Wrap(first, changesSealedToo)(sealed{open()})
	askFor(t, "100%")
	m := v.open(0)

	x := open()
	cache.Wrap(m, changesOpen)(x)
	y := deep()
	cache.Wrap(m, changesDeep)(y)
	if !reflect.DeepEqual(x, open()) || !reflect.DeepEqual(y, deep()) {
		t.Errorf("the program has got %v and %v", x, y)
	}
	if said := v.heard(); strings.Count(said, `was verified: equal, changing its argument "arg0"`) != 2 {
		t.Errorf("it says %q", said)
	}
	s := sealed{open()}
	cache.Wrap(m, changesSealed)(s, nil)
	if said := v.heard(); !strings.Contains(said, `was verified: equal, changing its argument "arg0"`) {
		t.Errorf("it says %q", said)
	}
	depth.Add(1) // so that it comes out otherwise
	cache.Wrap(m, changesSealedToo)(sealed{open()})
	const once = `different, changing its argument "arg0"; result: 2 → 3 (1 more); it was not computed once more, since its arguments are no longer what they were`
	if said := v.heard(); !strings.Contains(said, once) {
		t.Errorf("it says %q", said)
	}
}

var depth atomic.Int64

// deeply calls itself; each result is verified once, however deep.
func deeply(n int) int64 {
	depth.Add(1)
	if n == 0 {
		return countingOn(0)
	}
	return wrappedDeeply(n-1) + 1
}

var wrappedDeeply func(int) int64

func TestRecursionIsVerifiedInLinearTime(t *testing.T) { //nolint:paralleltest // it sets an environment variable
	v := newVerified(t)
	wrappedDeeply = cache.Wrap(v.open(0), deeply)
	want := wrappedDeeply(20)
	askFor(t, "100%")
	wrappedDeeply = cache.Wrap(v.open(0), deeply)
	depth.Store(0)
	if got := wrappedDeeply(20); got != want {
		t.Errorf("the program got %d, and %d is stored", got, want)
	}
	if got := depth.Load(); got != 22 { // the innermost twice
		t.Errorf("computed %d times, want 22", got)
	}
}

// A handle can be stored, but is no argument.
type handle struct {
	n    byte
	done chan struct{}
}

func (h *handle) MarshalBinary() ([]byte, error)    { return []byte{h.n}, nil }
func (h *handle) UnmarshalBinary(data []byte) error { h.n = data[0]; return nil }

func makeHandle(int) *handle {
	n, _ := answer.(int)
	return &handle{byte(n), make(chan struct{})}
}

// What has no digest is compared by its stored form.
func TestResultsWithoutDigests(t *testing.T) { //nolint:paralleltest // it sets an environment variable
	v := newVerified(t)
	cache.Wrap(v.open(0), makeHandle)(1)
	askFor(t, "100%")
	cache.Wrap(v.open(0), makeHandle)(1)
	if said := v.heard(); said != "" {
		t.Errorf("of what is equal it says %q", said)
	}
	answer = 2
	defer func() { answer = 1 }()
	if got := cache.Wrap(v.open(0), makeHandle)(1); got.n != 1 {
		t.Errorf("the program got %d, and 1 is stored", got.n)
	}
	const want = "different, and the same when computed once more; the stored forms of the results differ; where, cannot be told: "
	if said := v.heard(); !strings.Contains(said, want) {
		t.Errorf("it says %q", said)
	}
}

// A touchy value is never an argument of a cached function, and would not do.
type touchy struct{ N int }

func (touchy) AppendKey([]byte) ([]byte, error) { panic("not for keys") }

func makeTouchy(int) touchy {
	n, _ := answer.(int)
	return touchy{n}
}

// The program goes on whatever comparing comes to.
func TestResultsWithDigestsThatPanic(t *testing.T) { //nolint:paralleltest // it sets an environment variable
	v := newVerified(t)
	cache.Wrap(v.open(0), makeTouchy)(1)
	askFor(t, "100%")
	answer = 2
	defer func() { answer = 1 }()
	if got := cache.Wrap(v.open(0), makeTouchy)(1); got.N != 1 {
		t.Errorf("the program got %d, and 1 is stored", got.N)
	}
	if said := v.heard(); !strings.Contains(said, "different, and the same when computed once more") || !strings.Contains(said, "it panicked: not for keys") {
		t.Errorf("it says %q", said)
	}
}

var wrappedPing, wrappedPong func(int) int

func ping(n int) int { return wrappedPong(n) + 1 }

// pong calls back when it is verified only.
func pong(n int) int {
	if os.Getenv("LABBOOK_VERIFY") != "" {
		_ = wrappedPing(n)
	}
	return n
}

// A result can be verified inside of a computation that it calls in turn, which
// then must not wait for itself.
func TestVerifyingInsideOfACircle(t *testing.T) { //nolint:paralleltest // it sets an environment variable
	v := newVerified(t)
	wrappedPong = cache.Wrap(v.open(0), pong)
	wrappedPong(1)
	askFor(t, "100%")
	m := v.open(0)
	wrappedPing, wrappedPong = cache.Wrap(m, ping), cache.Wrap(m, pong)
	if got := wrappedPing(1); got != 2 {
		t.Errorf("got %d, want 2", got)
	}
}
