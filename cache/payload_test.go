package cache

import (
	"os"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"labbook/cache/persist"
)

// ramp returns n numbers, more than which fit into a small result.
func ramp(test string, n int) []float64 {
	count(test).Add(1)
	xs := make([]float64, n)
	for i := range xs {
		xs[i] = float64(i % 1000)
	}
	return xs
}

const large = largeResult / 4 // as many float64 are twice a large result

// allocated returns how many bytes do allocates.
func allocated(do func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	do()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

func TestLargeResultsAreStreamed(t *testing.T) { //nolint:paralleltest // it counts what the process allocates
	cached := Wrap(memory(t), ramp)
	want := ramp(t.Name(), large)
	cached(t.Name(), 1) // which reads the source
	runs(t.Name())
	var first, second []float64
	bytes := allocated(func() { first = cached(t.Name(), large) })
	if size := uint64(8 * large); bytes > size+size/2 {
		t.Errorf("computing and storing %d bytes allocates %d", size, bytes)
	}
	bytes = allocated(func() { second = cached(t.Name(), large) })
	if size := uint64(8 * large); bytes > size+size/2 {
		t.Errorf("loading %d bytes allocates %d", size, bytes)
	}
	if !slices.Equal(first, want) || !slices.Equal(second, want) || runs(t.Name()) != 1 {
		t.Error("a large result is not what it was, or was not loaded")
	}
}

func TestWaitingForALargeResult(t *testing.T) {
	t.Parallel()
	cached := Wrap(memory(t), ramp)
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			if got := cached(t.Name(), large); len(got) != large || got[999] != 999 {
				t.Error("a wrong result")
			}
		})
	}
	group.Wait()
	if n := runs(t.Name()); n != 1 {
		t.Errorf("it ran %d times", n)
	}
}

func TestMMap(t *testing.T) { //nolint:paralleltest // it counts what the process allocates
	m := memory(t)
	cached := Wrap(m, ramp, MMap())
	first := cached(t.Name(), large)
	runs(t.Name())
	var second []float64
	if bytes := allocated(func() { second = cached(t.Name(), large) }); bytes > 64<<10 {
		t.Errorf("a mapped hit allocates %d bytes", bytes)
	}
	want := ramp(t.Name(), large)
	if !slices.Equal(first, want) || !slices.Equal(second, want) || runs(t.Name()) != 1 {
		t.Fatal("a mapped result is not what it was, or was not loaded")
	}
	// Each is its owner's.
	first[0], second[1] = 77, 78
	third := cached(t.Name(), large)
	if !slices.Equal(third, want) || second[0] != 0 {
		t.Error("what is written into a mapped result shows elsewhere")
	}
	// Deleting the entry leaves what is mapped alone.
	for _, file := range entryFiles(t, m) {
		if err := os.Remove(file); err != nil {
			t.Skip(err) // some systems delete no file that is mapped
		}
	}
	if !slices.Equal(third, want) {
		t.Error("a mapped result went with its file")
	}
	if got := Wrap(m, letters, MMap())(t.Name(), 3); strings.Join(got, "") != "abc" {
		t.Errorf("a small result: %q", got)
	}
}

func TestCompress(t *testing.T) {
	t.Parallel()
	for _, codec := range []persist.Codec{persist.Zstd, persist.Gzip, persist.LZ4} {
		m := memory(t)
		compressed, plain := Wrap(m, ramp, Compress(codec)), Wrap(New(m.dir, Options{}), ramp, MMap())
		for _, n := range []int{10, large} {
			first := compressed(t.Name(), n)
			if !slices.Equal(first, compressed(t.Name(), n)) || !slices.Equal(first, plain(t.Name(), n)) {
				t.Errorf("%v: what was compressed is not what it was", codec)
			}
			if n := runs(t.Name()); n != 1 {
				t.Errorf("%v: it ran %d times; a codec is no part of the key", codec, n)
			}
		}
		for _, file := range entryFiles(t, m) {
			if info, err := os.Stat(file); err != nil || info.Size() > large {
				t.Errorf("%v: an entry of %d bytes takes %d (%v)", codec, 8*large, info.Size(), err)
			}
		}
	}
	defer func() {
		if recover() == nil {
			t.Error("a codec that does not exist is taken")
		}
	}()
	Wrap(nil, ramp, Compress(persist.Codec(99)))
}

func TestSmallTypes(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		f    any
		want bool
	}{
		{square, true},
		{sum, true},
		{describe, false}, // it has slices
		{func() [100]float64 { return [100]float64{} }, true},
		{func() [largeResult]byte { return [largeResult]byte{} }, false},
		{func() struct{ A, B int } { return struct{ A, B int }{} }, true},
		{func() struct{ A string } { return struct{ A string }{} }, false},
	} {
		f, err := newFunction(nil, test.f, nil)
		if err != nil {
			t.Fatal(err)
		}
		if f.isSmall != test.want {
			t.Errorf("%T: small is %v, want %v", test.f, f.isSmall, test.want)
		}
	}
}
