package conformance

import (
	"bytes"
	"context"
	"encoding/gob"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"labbook/cache"
	"labbook/cache/persist"
	"labbook/runlog/record"
)

func ramp(test string, n int) []float64 {
	count(test)
	xs := make([]float64, n)
	for i := range xs {
		xs[i] = float64(i)
	}
	return xs
}

// mustContain checks what is stored for some arguments.
func mustContain[F any](t *testing.T, f *cache.Function[F], want bool, args ...any) {
	t.Helper()
	if has, err := f.Contains(args...); has != want || err != nil {
		t.Errorf("Contains%v is %v, %v; want %v", args, has, err, want)
	}
}

// damage flips a bit in the last byte of every entry.
func damage(t *testing.T, m *cache.Memory) {
	t.Helper()
	dir, err := m.Dir()
	if err != nil {
		t.Fatal(err)
	}
	entries := entryFiles(t, dir)
	if len(entries) == 0 {
		t.Fatal("there is no entry to damage")
	}
	for _, path := range entries {
		content := []byte(read(t, path))
		content[len(content)-1] ^= 1
		write(t, path, string(content))
	}
}

func TestCheckingNeverExecutesNeverDeletes(t *testing.T) {
	t.Parallel()
	// Nothing in memory, so that what is asked is the disk.
	m := memoryIn(t, t.TempDir(), cache.Options{MemoryBytes: -1})
	f := cache.NewFunction(m, ramp, cache.ValidIf(func(cache.Entry) bool { return false }))
	mustContain(t, f, false, t.Name(), 10)
	if e, err := f.Explain(t.Name(), 10); e.Hit || err != nil {
		t.Errorf("Explain says %v, %v of what is not stored", e, err)
	}
	mustRun(t, 0, "it was only asked")
	f.Call(t.Name(), 10)
	mustRun(t, 1, "it was called")
	for range 2 {
		mustContain(t, f, true, t.Name(), 10)
		if e, err := f.Explain(t.Name(), 10); e.Hit || e.Reason != record.Invalidated || err != nil {
			t.Errorf("Explain says %v, %v of what is not valid", e, err)
		}
	}
	damage(t, m)
	for range 2 {
		if e, err := f.Explain(t.Name(), 10); e.Hit || e.Reason != record.Corrupt || err != nil {
			t.Errorf("Explain says %v, %v of what is damaged", e, err)
		}
		mustContain(t, f, true, t.Name(), 10)
	}
	mustRun(t, 0, "it was only asked")
	if _, err := f.Contains(t.Name(), "ten"); err == nil || !strings.Contains(err.Error(), "string") {
		t.Errorf("asked for an argument of another type: %v", err)
	}
}

// What is stored is damaged, and shelving does not notice: it has not loaded it.
func TestShelvingNeverLoads(t *testing.T) {
	t.Parallel()
	m := memoryIn(t, t.TempDir(), cache.Options{MemoryBytes: -1})
	f := cache.NewFunction(m, ramp)
	ref, err := f.Shelve(t.Name(), 10)
	if err != nil {
		t.Fatal(err)
	}
	mustRun(t, 1, "shelving computes what is not there")
	if got, err := cache.Fetch[[]float64](ref); err != nil || len(got) != 10 {
		t.Errorf("loaded %v, %v", got, err)
	}
	damage(t, m)
	again, err := f.Shelve(t.Name(), 10)
	if err != nil || again != ref {
		t.Errorf("shelved again: %v, %v; want %v", again, err, ref)
	}
	mustRun(t, 0, "shelving does not look into what is there")
	var gone *cache.GoneError
	if _, err := cache.Fetch[[]float64](ref); !errors.As(err, &gone) {
		t.Errorf("a damaged result is loaded: %v; want a GoneError", err)
	}
	if err := ref.Forget(); err != nil || ref.Contains() {
		t.Errorf("forgotten: %v, and there: %v", err, ref.Contains())
	}
	mustContain(t, f, false, t.Name(), 10)
}

func TestForcedCallRecomputesAndStores(t *testing.T) {
	t.Parallel()
	var told warnings
	m := memoryIn(t, t.TempDir(), cache.Options{Messages: &told, Verbose: 1})
	f := cache.NewFunction(m, ramp)
	f.Recompute(t.Name(), 3)
	mustRun(t, 1, "nothing was there")
	f.Call(t.Name(), 3)
	mustRun(t, 0, "a forced call has stored its result")
	damage(t, m)
	f.Recompute(t.Name(), 3)
	mustRun(t, 1, "a forced call does not care what is there")
	if got := cache.Wrap(m, ramp)(t.Name(), 3); !cmp.Equal(got, []float64{0, 1, 2}) {
		t.Errorf("loaded %v", got)
	}
	mustRun(t, 0, "a forced call has replaced what was there")
	if n := strings.Count(told.String(), "computing "); n != 2 {
		t.Errorf("at level 1 it tells of %d computations, want 2:\n%s", n, &told)
	}
}

// A kept is a struct with a reference, as a program stores it.
type kept struct {
	Label string
	Ref   cache.Ref
}

func init() {
	roles["load"] = func(args []string) error {
		var k kept
		if err := json.Unmarshal([]byte(args[0]), &k); err != nil {
			return err
		}
		var xs []float64
		if err := k.Ref.Load(&xs); err != nil {
			return err
		}
		fmt.Fprint(os.Stdout, k.Label, xs)
		return nil
	}
	roles["ramp"] = func(args []string) error {
		xs := cache.Wrap(cache.New(args[0], cache.Options{}), ramp)(args[1], 4)
		n, _ := ran.Load(args[1])
		fmt.Fprint(os.Stdout, xs, n == nil)
		return nil
	}
}

func TestReferencesSurviveSerialisation(t *testing.T) {
	t.Parallel()
	f := cache.NewFunction(memory(t), ramp)
	ref, err := f.Shelve(t.Name(), 4)
	if err != nil {
		t.Fatal(err)
	}
	before := kept{"kept", ref}
	text, err := json.Marshal(before)
	if err != nil {
		t.Fatal(err)
	}
	var gobbed bytes.Buffer
	if err := gob.NewEncoder(&gobbed).Encode(before); err != nil {
		t.Fatal(err)
	}
	stream, err := persist.Marshal(before)
	if err != nil {
		t.Fatal(err)
	}
	for name, read := range map[string]func(*kept) error{
		"JSON":    func(k *kept) error { return json.Unmarshal(text, k) },
		"gob":     func(k *kept) error { return gob.NewDecoder(&gobbed).Decode(k) },
		"persist": func(k *kept) error { return persist.Unmarshal(stream, k) },
	} {
		var after kept
		if err := read(&after); err != nil || after != before {
			t.Errorf("%s: it came back as %+v, %v; want %+v", name, after, err, before)
		}
		if xs, err := cache.Fetch[[]float64](after.Ref); err != nil || len(xs) != 4 {
			t.Errorf("%s: it refers to %v, %v", name, xs, err)
		}
	}
	if got := answers(t, process(t, "load", string(text))); got[0] != "kept[0 1 2 3]" {
		t.Errorf("another process loads %q", got[0])
	}
	mustRun(t, 1, "references do not compute")
}

// A Go function is no value that could be stored. What joblib's users want of a
// stored one is that another process has the same cached function: it wraps it.
func TestFunctionsSurviveInAnotherProcess(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	cache.Wrap(memoryIn(t, dir, cache.Options{}), ramp)(t.Name(), 4)
	if got := answers(t, process(t, "ramp", dir, t.Name())); got[0] != "[0 1 2 3] true" {
		t.Errorf("another process has %q; want the result, without a run", got[0])
	}
}

func sums(test string, flat []float64, rows [][]float32, fixed [3]int16) (sum float64) {
	count(test)
	for _, x := range flat {
		sum += x
	}
	for _, row := range rows {
		for _, x := range row {
			sum += float64(x)
		}
	}
	for _, x := range fixed {
		sum += float64(x)
	}
	return sum
}

func TestArraysAsKeys(t *testing.T) {
	t.Parallel()
	cached := cache.Wrap(memory(t), sums)
	// More than one chunk of the digest.
	flat, rows, fixed := ramp("", 100_000), [][]float32{{1, 2}, {3}}, [3]int16{1, 2, 3}
	want := cached(t.Name(), flat, rows, fixed)
	clone := append([]float64(nil), flat...)
	if got := cached(t.Name(), clone, [][]float32{{1, 2}, {3}}, fixed); got != want {
		t.Errorf("the sum is %v, then %v", want, got)
	}
	mustRun(t, 1, "equal arrays are one argument")
	clone[99_999]++
	if got := cached(t.Name(), clone, rows, fixed); got != want+1 {
		t.Errorf("the sum is %v, want %v", got, want+1)
	}
	cached(t.Name(), flat, [][]float32{{1}, {2, 3}}, fixed)
	cached(t.Name(), flat[:99_999], rows, fixed)
	mustRun(t, 3, "the last element, the shape and the length count")
}

func TestValidationCallback(t *testing.T) {
	t.Parallel()
	t.Run("constant", func(t *testing.T) {
		t.Parallel()
		for _, valid := range []bool{true, false} {
			f := cache.NewFunction(memory(t), ramp, cache.ValidIf(func(cache.Entry) bool { return valid }))
			for range 3 {
				f.Call(t.Name(), 2)
			}
			mustRun(t, map[bool]int64{true: 1, false: 3}[valid], fmt.Sprint("the callback says always ", valid))
		}
	})
	t.Run("long runs only", func(t *testing.T) {
		t.Parallel()
		const long = 20 * time.Millisecond
		asked := map[bool]cache.Entry{} // about a long run
		longRuns := cache.ValidIf(func(e cache.Entry) bool {
			asked[e.Duration >= long] = e
			return e.Duration >= long
		})
		m := memory(t)
		f := cache.NewFunction(m, lasting, longRuns, cache.Names("test", "atLeast"))
		begun := time.Now()
		for range 2 {
			f.Call(t.Name(), long)
			f.Call(t.Name(), 0)
		}
		if len(asked) != 2 {
			t.Fatalf("it was asked about %+v; want the long run and the short one", asked)
		}
		mustRun(t, 3, "the short run only is no result")
		e := asked[true]
		if e.Function == "" || e.Bytes == 0 || e.Created.Before(begun.Add(-time.Second)) || e.Created.After(time.Now()) ||
			len(e.Parts) == 0 || e.Parts[len(e.Parts)-1].Name != "atLeast" || e.Key == asked[false].Key {
			t.Errorf("it was told %+v, then %+v", e, asked[false])
		}
	})
	t.Run("expires after", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			f := cache.NewFunction(cache.New(t.TempDir(), cache.Options{}), ramp, cache.ExpiresAfter(time.Hour))
			f.Call(t.Name(), 2)
			<-time.After(59 * time.Minute)
			f.Call(t.Name(), 2)
			mustRun(t, 1, "it has not expired")
			<-time.After(2 * time.Minute)
			if e, err := f.Explain(t.Name(), 2); e.Hit || e.Reason != record.Expired || err != nil {
				t.Errorf("Explain says %v, %v; want that it has expired", e, err)
			}
			f.Call(t.Name(), 2)
			f.Call(t.Name(), 2)
			mustRun(t, 1, "it has expired; the new one has not")
		})
	})
	t.Run("invalid", func(t *testing.T) {
		t.Parallel()
		m := memory(t)
		mustPanic(t, "no callback", func() { cache.Wrap(m, ramp, cache.ValidIf(nil)) })
		mustPanic(t, "no time to live", func() { cache.Wrap(m, ramp, cache.ExpiresAfter(0)) })
		mustPanic(t, "a negative time to live", func() { cache.Wrap(m, ramp, cache.ExpiresAfter(-time.Hour)) })
	})
}

// lasting keeps busy for a while.
func lasting(test string, atLeast time.Duration) time.Duration {
	count(test)
	begun := time.Now()
	for time.Since(begun) < atLeast {
		ramp("", 1000)
	}
	return atLeast
}

type requestKey struct{}

func fetch(ctx context.Context, test string, n int) (string, error) {
	count(test)
	request, _ := ctx.Value(requestKey{}).(string)
	return fmt.Sprint(request, n), ctx.Err()
}

func TestContextTakingFunctionsLikewise(t *testing.T) {
	t.Parallel()
	valid := true
	f := cache.NewFunction(memory(t), fetch, cache.ValidIf(func(cache.Entry) bool { return valid }))
	ctx := func(request string) context.Context { return context.WithValue(t.Context(), requestKey{}, request) }

	mustContain(t, f, false, t.Name(), 1)
	if got, err := f.Call(ctx("a"), t.Name(), 1); got != "a1" || err != nil {
		t.Errorf("it returned %q, %v; want what the function makes of the caller's context", got, err)
	}
	if got, err := f.Call(ctx("b"), t.Name(), 1); got != "a1" || err != nil {
		t.Errorf("it returned %q, %v; want what is stored, whatever the context", got, err)
	}
	mustRun(t, 1, "a context is no part of the key")
	mustContain(t, f, true, t.Name(), 1)
	mustContain(t, f, true, ctx("c"), t.Name(), 1)
	if ref, err := f.Shelve(ctx("d"), t.Name(), 1); err != nil {
		t.Error(err)
	} else if got, err := cache.Fetch[string](ref); got != "a1" || err != nil {
		t.Errorf("the reference is to %q, %v", got, err)
	}
	if ref, err := f.Shelve(ctx("d"), t.Name(), 2); err != nil {
		t.Error(err)
	} else if got, err := cache.Fetch[string](ref); got != "d2" || err != nil {
		t.Errorf("the reference is to %q, %v; want what Shelve computed with its context", got, err)
	}
	mustRun(t, 1, "shelving what was not there")
	if got, err := f.Recompute(ctx("e"), t.Name(), 1); got != "e1" || err != nil {
		t.Errorf("the forced call returned %q, %v", got, err)
	}
	valid = false
	if got, err := f.Call(ctx("f"), t.Name(), 1); got != "f1" || err != nil {
		t.Errorf("it returned %q, %v; want it computed, since what is stored is not valid", got, err)
	}
	valid = true
	if err := f.Forget(ctx("g"), t.Name(), 1); err != nil {
		t.Error(err)
	}
	mustContain(t, f, false, t.Name(), 1)
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := f.Call(cancelled, t.Name(), 1); !errors.Is(err, context.Canceled) {
		t.Errorf("with a context that is over it returned %v", err)
	}
	mustContain(t, f, false, t.Name(), 1)
}
