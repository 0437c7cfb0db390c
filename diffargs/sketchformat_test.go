package diffargs

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
	"unsafe"

	"github.com/google/go-cmp/cmp"
)

// Equal values have equal sketches, on all machines.
func TestSketchesOfEqualValues(t *testing.T) {
	t.Parallel()
	for seed := range uint64(3000) {
		a, b := randomPair(seed)
		x, errX := OfValue(a)
		y, errY := OfValue(b)
		if errX != nil || errY != nil {
			continue
		}
		native, portable := sketchBy(t, nativePlans, a), sketchBy(t, portablePlans, a)
		if diff := cmp.Diff(native, portable); diff != "" {
			t.Fatalf("seed %d, %s, by memory and by element:\n%s", seed, a.Type(), diff)
		}
		if len(native) > maxSketch || !slices.IsSorted(native) || len(slices.Compact(slices.Clone(native))) < len(native) {
			t.Fatalf("seed %d: buckets %v", seed, native)
		}
		if other := sketchBy(t, nativePlans, b); x == y && !slices.Equal(native, other) {
			t.Fatalf("seed %d, %s: equal values have sketches\n%v\n%v", seed, a.Type(), native, other)
		}
	}
	for name, v := range different() {
		if v == nil {
			continue
		}
		if a, b := sketch(t, v), sketch(t, different()[name]); !slices.Equal(a, b) {
			t.Errorf("%s: sketches\n%v\n%v", name, a, b)
		}
	}
}

func TestSketchOfNumbersThatAreNone(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(8, 8))
	x := normals(r, 1000)
	for i := 0; i < len(x); i += 7 {
		x[i] = []float64{math.NaN(), math.Inf(1), math.Inf(-1), 1e200, 5e-324}[i%5]
	}
	if inCommon(sketch(t, x), sketch(t, shuffled(r, x))) == 0 {
		t.Error("numbers with NaN and infinities are not found after a shuffle")
	}
	if inCommon(sketch(t, x), sketch(t, withNoise(r, x, 1e-12))) < 4 {
		t.Error("numbers with NaN and infinities are not found after noise")
	}
	for _, x := range [][]float64{
		make([]float64, 1000), nans(1000, 0xFFF8000000000001), slices.Repeat([]float64{math.Inf(1)}, 1000),
		slices.Repeat([]float64{1e300}, 1000), slices.Repeat([]float64{1, -1}, 500),
		{0, 5e-324},
	} {
		_ = sketch(t, x)
	}
	if inCommon(sketch(t, make([]float64, 1000)), sketch(t, make([]float64, 1001))) > 0 {
		t.Error("all that is zero has a bucket in common")
	}
	if inCommon(sketch(t, make([]float64, 1000)), sketch(t, make([]int, 1000))) == 0 {
		t.Error("zeros of another type are not found")
	}
}

// Work is bounded for what has no end, or no size.
func TestSketchEnds(t *testing.T) {
	t.Parallel()
	type self []self
	endless := make(self, 20)
	for i := range endless {
		endless[i] = endless
	}
	twice := any(1)
	for range 100 {
		twice = []any{twice, twice}
	}
	cyclic := map[string]any{}
	for i := range 30 {
		cyclic[fmt.Sprint(i)] = cyclic
	}
	for _, v := range []any{
		endless, twice, cyclic, make([]struct{}, 1<<30), make([][0]int, 1<<30), [1 << 30][0]string{}, chainOf(5000, 1),
	} {
		if got := len(sketch(t, v)); got > maxSketch {
			t.Errorf("%T: %d buckets", v, got)
		}
	}
}

func TestBottomKeepsTheSmallest(t *testing.T) {
	t.Parallel()
	for seed := range uint64(500) {
		r := rand.New(rand.NewPCG(seed, 4))
		b := bottom{most: 1 + r.IntN(8)}
		var all []uint64
		for range r.IntN(30) {
			h := uint64(r.IntN(20))
			all = append(all, h)
			b.add(h)
		}
		slices.Sort(all)
		all = slices.Compact(all)
		if want := all[:min(len(all), b.most)]; !slices.Equal(b.hashes(), want) {
			t.Fatalf("seed %d: %v, want %v", seed, b.hashes(), want)
		}
	}
}

// A gram does not depend on what was before it.
func TestGramsDependOnTheirCodesOnly(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(6, 6))
	for _, n := range []int{3, 4, 5, 8, 12, 16, 24} {
		codes := make([]uint64, n)
		for i := range codes {
			codes[i] = r.Uint64()
		}
		before, all := []uint64{r.Uint64(), r.Uint64()}, bottom{most: 8}
		grams(&all, append(before, codes...), n, 1)
		alone := bottom{most: 8}
		grams(&alone, codes, n, 1)
		if alone.count != 1 || all.count != 3 || !slices.Contains(all.hashes(), alone.hashes()[0]) {
			t.Errorf("grams of %d: %v alone, %v behind others", n, alone.hashes(), all.hashes())
		}
		for i := range codes {
			other := slices.Clone(codes)
			other[i]++
			changed := bottom{most: 8}
			grams(&changed, other, n, 1)
			if changed.hashes()[0] == alone.hashes()[0] {
				t.Errorf("grams of %d do not depend on code %d", n, i)
			}
		}
	}
}

// TestGoldenSketches holds sketches against those that were published: they are
// stored, and looked up by others. A change here means a new sketchVersion.
func TestGoldenSketches(t *testing.T) {
	t.Parallel()
	type config struct {
		Name  string
		Rate  float32
		Sizes []int
		Any   any
		M     map[string]float64
	}
	numbers := make([]float64, 20_000)
	for i := range numbers {
		numbers[i] = float64(i*i%1009) / 3
	}
	noisy := slices.Clone(numbers)
	noisy[7], noisy[8], noisy[9], noisy[10] = math.NaN(), math.Inf(-1), math.Copysign(0, -1), 1e-310
	m := map[string]float64{}
	for i := range 100 {
		m[fmt.Sprint(i)] = math.Sqrt(float64(i))
	}
	var b strings.Builder
	for _, row := range []struct {
		name  string
		value any
	}{
		{"nothing", []int(nil)},
		{"number", 0.1},
		{"text", "the quick brown fox jumps over the lazy dog"},
		{"few numbers", numbers[:10]},
		{"numbers", noisy[:1000]},
		{"many numbers", noisy},
		{"float32", converted[float32](numbers)},
		{"int", converted[int](numbers)},
		{"labels", converted[int8](affine(numbers, 1.0/300, 0))},
		{"rows", rowsOf(numbers, 100)},
		{"complex", []complex128{1i, 2, 3 + 4i, 5}},
		{"config", config{"a", 0.5, []int{3, 1}, config{Name: "b"}, m}},
		{"map", m},
		{"strings", strings.Fields(strings.Repeat("a bc def ghij klmno p qr ", 9))},
		{"records", manyLabels(7)},
		{"long text", strings.Repeat("0123456789 abcdefghijklmnopqrstuvwxyz, ", 1000)},
		{"times", []time.Time{time.Unix(1, 0).UTC(), time.Unix(2, 0).UTC()}},
	} {
		fmt.Fprintf(&b, "%s %016x\n", row.name, sketch(t, row.value))
		if portable := sketchBy(t, portablePlans, reflect.ValueOf(row.value)); !slices.Equal(portable, sketch(t, row.value)) {
			t.Errorf("%s: element by element %016x", row.name, portable)
		}
	}
	checkGolden(t, "sketches.golden", b.String())
}

func TestSketchOfSnapshots(t *testing.T) {
	t.Parallel()
	s := mustTake(t, map[string]any{"a": []float64{1, 2.5, 7}}, Limits{})
	if want := sketch(t, map[string]any{"a": []float64{1, 2.5, 7}}); len(want) == 0 || !slices.Equal(s.Sketch, want) {
		t.Fatalf("sketch %v, want %v", s.Sketch, want)
	}
	good := mustMarshal(t, s)
	head := len(snapshotMagic) + 2 + 8*len(s.Sketch)
	for n := range len(good) + 1 {
		got, err := SketchOf(good[:n])
		if n >= head && (err != nil || !slices.Equal(got, s.Sketch)) || n < head && err == nil {
			t.Errorf("of the first %d bytes, %d of them before the types: %v, %v", n, head, got, err)
		}
	}
	var version *SnapshotVersionError
	if _, err := SketchOf([]byte("LBSNAP\x03\x00")); !errors.As(err, &version) || version.Version != 3 {
		t.Errorf("a newer version: %v", err)
	}
	if _, err := SketchOf([]byte("something else")); !errors.Is(err, errNoSnapshot) {
		t.Errorf("no snapshot: %v", err)
	}
	many := append([]byte("LBSNAP\x02\x19"), make([]byte, 25*8)...)
	if _, err := SketchOf(many); !errors.Is(err, errDamaged) {
		t.Errorf("25 buckets: %v", err)
	}
	huge := append([]byte("LBSNAP\x02"), 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01)
	if _, err := SketchOf(huge); !errors.Is(err, errDamaged) {
		t.Errorf("a count that cannot be: %v", err)
	}
	s.Sketch = make([]uint64, maxSketch+1)
	if _, err := s.MarshalBinary(); err == nil {
		t.Error("a sketch that nobody can read is written")
	}
}

// Snapshots of the version before are in lab-books.
func TestSnapshotOfVersion1(t *testing.T) {
	t.Parallel()
	blob, err := os.ReadFile("testdata/version1.snapshot")
	if err != nil {
		t.Fatal(err)
	}
	if sketch, err := SketchOf(blob); sketch != nil || err != nil {
		t.Errorf("sketch %v, %v", sketch, err)
	}
	s := Snapshot{Sketch: []uint64{1}}
	if err := s.UnmarshalBinary(blob); err != nil || s.Sketch != nil {
		t.Fatalf("sketch %v, %v", s.Sketch, err)
	}
	value := struct {
		Name  string
		X     []float64
		ByKey map[string]int
	}{"abc", make([]float64, 20), map[string]int{"a": 1}}
	now := mustTake(t, value, Limits{ArrayBytes: 64})
	if diff := cmp.Diff(now.Root, s.Root); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	written := mustMarshal(t, now)
	body := len(snapshotMagic) + 2 + 8*len(now.Sketch)
	if !bytes.Equal(written[body:], blob[len(snapshotMagic)+1:]) {
		t.Error("what follows the sketch is not what version 1 wrote")
	}
	for n := range blob {
		if err := s.UnmarshalBinary(blob[:n]); err == nil {
			t.Errorf("the first %d of %d bytes are a snapshot", n, len(blob))
		}
	}
}

func FuzzSketchOf(f *testing.F) {
	f.Add(mustMarshal(f, mustTake(f, []float64{1, 2, 3}, Limits{})))
	f.Add([]byte("LBSNAP\x01\x00"))
	f.Add([]byte("LBSNAP\x02\x18"))
	f.Fuzz(func(t *testing.T, data []byte) {
		got, err := SketchOf(data)
		if err != nil && got != nil || len(got) > maxSketch {
			t.Fatalf("%d buckets, %v", len(got), err)
		}
		var s Snapshot
		if s.UnmarshalBinary(data) == nil && (err != nil || !slices.Equal(got, s.Sketch)) {
			t.Fatalf("sketch %v, %v, of a snapshot with %v", got, err, s.Sketch)
		}
	})
}

// FuzzSketch sketches numbers of any bits.
func FuzzSketch(f *testing.F) {
	f.Add(bytes.Repeat([]byte{1, 2, 3, 0xF0}, 100))
	f.Fuzz(func(t *testing.T, data []byte) {
		x := make([]float64, len(data)/8)
		for i := range x {
			x[i] = math.Float64frombits(binary.LittleEndian.Uint64(data[8*i:]))
		}
		wide := struct {
			F []float64
			W []uint32
			S string
		}{x, unsafe.Slice((*uint32)(unsafe.Pointer(unsafe.SliceData(x))), 2*len(x)), string(data)}
		v := reflect.ValueOf(wide)
		native, portable := sketchBy(t, nativePlans, v), sketchBy(t, portablePlans, v)
		if !slices.Equal(native, portable) || len(native) > maxSketch {
			t.Fatalf("%d buckets by memory, %d by element", len(native), len(portable))
		}
	})
}
