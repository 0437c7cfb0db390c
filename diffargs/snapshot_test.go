package diffargs

import (
	"encoding/hex"
	"errors"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"
	"unsafe"

	"github.com/google/go-cmp/cmp"
)

func mustTake(t testing.TB, v any, limits Limits) *Snapshot {
	t.Helper()
	s, err := Take(reflect.ValueOf(v), limits)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func mustMarshal(t testing.TB, s *Snapshot) []byte {
	t.Helper()
	b, err := s.MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestSnapshotKeepsTheDigitsDataSet(t *testing.T) {
	t.Parallel()
	digits := matrix(1797, 64)
	s := mustTake(t, digits, Limits{})
	if !s.Root.isComplete() {
		t.Fatalf("%d of %d rows", len(s.Root.Children), s.Root.Len)
	}
	for i, row := range s.Root.Children {
		for j, want := range digits[i] {
			if got := row.numberAt(j).float(); got != want {
				t.Fatalf("[%d][%d] is %v, want %v", i, j, got, want)
			}
		}
	}
	if size := len(mustMarshal(t, s)); size > 1_300_000 {
		t.Errorf("%d bytes for 920,064 bytes of numbers", size)
	}
}

func TestSnapshotTree(t *testing.T) {
	t.Parallel()
	type inner struct{ X any }
	type outer struct {
		Name string
		In   *inner
		M    map[int]bool
		skip int `labbook:"-"`
	}
	s := mustTake(t, outer{"abc", &inner{2.5}, map[int]bool{10: true, 9: false}, 1}, Limits{})
	var lines []string
	var walk func(path string, n *Node)
	walk = func(path string, n *Node) {
		lines = append(lines, path+" "+n.Type+" "+n.Preview)
		for _, child := range n.Children {
			walk(path+child.Step, child)
		}
	}
	walk("", s.Root)
	want := []string{
		` diffargs.outer outer{Name: "abc", In: &inner{X: 2.5}, M: map[int]bool[2] 9: false, 10: true}`,
		`.Name string "abc"`,
		`.In *diffargs.inner &inner{X: 2.5}`,
		`.In diffargs.inner inner{X: 2.5}`,
		`.In.X interface {} 2.5`,
		`.In.X float64 2.5`,
		`.M map[int]bool map[int]bool[2] 9: false, 10: true`,
		`.M[9] bool false`,
		`.M[10] bool true`,
	}
	if diff := cmp.Diff(want, lines); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if got, want := s.Root.Children[0].Digest, mustDigest(t, "abc"); got != want {
		t.Errorf("a field has digest %s in the snapshot, %s alone", got, want)
	}
}

func TestSnapshotStatistics(t *testing.T) {
	t.Parallel()
	numbers := make([]float64, 200_000)
	for i := range numbers {
		numbers[i] = float64(i % 5)
	}
	numbers[7], numbers[8], numbers[9] = math.NaN(), -10, 20
	root := mustTake(t, numbers, Limits{}).Root
	sum := 0.0
	for i, f := range numbers {
		if i != 7 {
			sum += f
		}
	}
	want := &Statistics{Min: -10, Max: 20, Mean: sum / 199_999, NaNs: 1, Zeros: 40_000}
	if diff := cmp.Diff(want, root.Statistics); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if root.Data != nil || len(root.Chunks) != 25 {
		t.Errorf("%d bytes kept of 1.6 MB, %d chunks", len(root.Data), len(root.Chunks))
	}
	if got := mustTake(t, nans(200_000, 0x7FF8000000000000)[199_999:], Limits{ArrayBytes: 1}).Root.Statistics; *got != (Statistics{NaNs: 1}) {
		t.Errorf("nothing but NaN: %+v", got)
	}
	for _, row := range []any{
		make([]int, 9), make([]int8, 9), make([]int16, 9), make([]int32, 9), make([]int64, 9), make([]uint, 9),
		make([]uint8, 9), make([]uint16, 9), make([]uint32, 9), make([]uint64, 9), make([]float32, 9),
	} {
		if got := mustTake(t, row, Limits{ArrayBytes: 1}).Root.Statistics; got == nil || *got != (Statistics{Zeros: 9}) {
			t.Errorf("%T: %+v", row, got)
		}
	}
}

// The chunks of a snapshot are the leaves of the digest, on any machine.
func TestSnapshotChunks(t *testing.T) {
	t.Parallel()
	numbers := nans(30_001, 0xFFFFFFFFFFFFFFFF)
	native, portable := newEncoder(), &encoder{plans: portablePlans}
	defer native.release()
	at := reflect.ValueOf(numbers).UnsafePointer()
	a := native.leavesOf(nativePlans.get(reflect.TypeFor[float64]()), at, len(numbers))
	b := portable.leavesOf(portablePlans.get(reflect.TypeFor[float64]()), at, len(numbers))
	if diff := cmp.Diff(a, b); diff != "" || len(a) != 4 {
		t.Errorf("%d chunks, by memory and by element:\n%s", len(a), diff)
	}
	message := append([]byte{tagValue}, nativePlans.get(reflect.TypeOf(numbers)).digest[:]...)
	root := hash(appendTree(nil, uint64(8*len(numbers)), a))
	message = append(appendCount(message, uint64(len(numbers))+1), root[:]...)
	if got, want := hash(message), mustDigest(t, numbers); got != want {
		t.Errorf("digest from the chunks %s, want %s", got, want)
	}
}

// What is kept of long rows while a snapshot is taken is kept of each row of its
// own: values of maps lie at one place one after the other, and memory can be
// seen as rows of more than one type.
func TestSnapshotOfRowsAtOnePlace(t *testing.T) {
	t.Parallel()
	type table [10_000]float64
	arrays, tables := map[int][10_000]float64{}, map[string]struct{ T table }{}
	for i := range 20 {
		var row [10_000]float64
		row[i] = 1
		arrays[i], tables[strings.Repeat("x", i)] = row, struct{ T table }{row}
	}
	numbers := nans(20_000, 0x7FF8000000000001)
	bits := unsafe.Slice((*uint64)(unsafe.Pointer(&numbers[0])), len(numbers))
	for _, v := range []any{
		arrays, tables,
		[]any{arrays, arrays[3], arrays[4]},
		struct {
			F []float64
			B []uint64
			P []float64
			A any
		}{numbers, bits, numbers[:15_000], numbers},
	} {
		s := mustTake(t, v, Limits{})
		if got, want := s.Digest(), mustDigest(t, v); got != want {
			t.Errorf("%T: digest %s in a snapshot, %s alone", v, got, want)
		}
		for _, child := range s.Root.Children {
			for _, other := range s.Root.Children {
				if child != other && child.Digest == other.Digest && child.Type == other.Type {
					t.Errorf("%T: %s and %s have one digest", v, child.Step, other.Step)
				}
			}
		}
	}
}

func TestSnapshotLimits(t *testing.T) {
	t.Parallel()
	count := func(n *Node) (nodes, bytes, depth int) {
		var walk func(n *Node, level int)
		walk = func(n *Node, level int) {
			nodes, bytes, depth = nodes+1, bytes+len(n.Data), max(depth, level)
			for _, child := range n.Children {
				walk(child, level+1)
			}
		}
		walk(n, 1)
		return nodes, bytes, depth
	}
	var wide []any
	for i := range 200 {
		wide = append(wide, []any{i, []float64{float64(i), 1}, map[int]int{1: i}, chainOf(i, i)})
	}
	nodes, bytes, depth := count(mustTake(t, wide, Limits{Nodes: 500, Depth: 4, TotalBytes: 1000}).Root)
	// Every number keeps its own few bytes beyond the limit for rows.
	if nodes > 500 || bytes > 1000+500*8 || depth > 4 || nodes < 200 {
		t.Errorf("%d nodes, %d bytes, %d deep", nodes, bytes, depth)
	}
	if _, _, depth := count(mustTake(t, chainOf(5000, 1), Limits{Depth: 1 << 30}).Root); depth > maxSnapshotDepth {
		t.Errorf("%d deep", depth)
	}
}

func TestSnapshotBytes(t *testing.T) {
	t.Parallel()
	s := mustTake(t, []int8(nil), Limits{})
	s.Sketch = nil
	b := mustMarshal(t, s)
	typeDigest, digest := nativePlans.get(reflect.TypeFor[[]int8]()).digest, mustDigest(t, []int8(nil))
	want := "LBSNAP" + "\x02" + "\x00" +
		"\x01" + "\x06[]int8" + string(typeDigest[:]) +
		"\x04" + "\x05" + "\x03" + "\x00" + string(digest[:]) +
		"\x00" + "\x0b[]int8(nil)" + "\x00" + "\x00" + "\x00"
	if string(b) != want {
		t.Errorf("got\n%s\nwant\n%s", hex.Dump(b), hex.Dump([]byte(want)))
	}
	long := mustTake(t, []uint8(strings.Repeat("\x02", 70_000)), Limits{ArrayBytes: 1})
	long.Sketch = []uint64{1, 0x0807060504030201}
	b = mustMarshal(t, long)
	root := long.Root
	want = "LBSNAP" + "\x02" +
		"\x02" + "\x01\x00\x00\x00\x00\x00\x00\x00" + "\x01\x02\x03\x04\x05\x06\x07\x08" +
		"\x01" + "\x07[]uint8" + string(root.TypeDigest[:]) +
		"\x04" + "\x18" + "\x08" + "\x00" + string(root.Digest[:]) +
		"\x00" + "\x32" + root.Preview + "\xf0\xa2\x04" +
		"\x02" + string(root.Chunks[0][:]) + string(root.Chunks[1][:]) +
		"\x00\x00\x00\x00\x00\x00\x00\x40" + "\x00\x00\x00\x00\x00\x00\x00\x40" + "\x00\x00\x00\x00\x00\x00\x00\x40" + "\x00" + "\x00" +
		"\x00"
	want = strings.Replace(want, "\x32"+root.Preview, string(appendCount(nil, uint64(len(root.Preview))))+root.Preview, 1)
	if string(b) != want {
		t.Errorf("got\n%s\nwant\n%s", hex.Dump(b), hex.Dump([]byte(want)))
	}
}

func TestSnapshotRoundTrip(t *testing.T) {
	t.Parallel()
	values := different()
	values["digits"] = matrix(50, 64)
	values["long text"] = strings.Repeat("a", 2<<20)
	values["many"] = manyLabels(1)
	for name, v := range values {
		s := mustTake(t, v, Limits{})
		var back Snapshot
		if err := back.UnmarshalBinary(mustMarshal(t, s)); err != nil {
			t.Errorf("%s: %v", name, err)
		} else if diff := cmp.Diff(s, &back); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	if _, err := new(Snapshot).MarshalBinary(); err == nil || !new(Snapshot).Digest().IsZero() {
		t.Error("an empty snapshot is written, or has a digest")
	}
}

func TestDamagedSnapshots(t *testing.T) {
	t.Parallel()
	good := mustMarshal(t, mustTake(t, map[string]any{"a": []float64{1, 2}, "b": struct{ C *int }{}}, Limits{}))
	var s Snapshot
	for n := range good {
		if err := s.UnmarshalBinary(good[:n]); err == nil {
			t.Errorf("the first %d of %d bytes are a snapshot", n, len(good))
		}
	}
	if err := s.UnmarshalBinary(append(slices.Clip(good), 0)); err == nil {
		t.Error("a byte too many is taken")
	}
	newer := append([]byte(nil), good...)
	newer[6] = 3
	var version *SnapshotVersionError
	if err := s.UnmarshalBinary(newer); !errors.As(err, &version) || version.Version != 3 {
		t.Errorf("a newer version: %v", err)
	}
	if s.Root != nil {
		t.Error("a failure sets the snapshot")
	}
	// A count of 2^35 types must not be believed.
	huge := append([]byte("LBSNAP\x02\x00"), 0x80, 0x80, 0x80, 0x80, 0x80, 0x01)
	if err := s.UnmarshalBinary(huge); !errors.Is(err, errDamaged) {
		t.Errorf("a count that cannot be: %v", err)
	}
	// Whoever reads a node relies on its parts, so those are checked once.
	for reason, n := range map[string]*Node{
		"a number without a value": {Form: Scalar, Number: reflect.Int, Data: []byte{1}},
		"a number of no kind":      {Form: Scalar},
		"a short time":             {Form: Instant, Data: make([]byte, 15)},
		"a row that is too short":  {Form: Numbers, Number: reflect.Int16, Len: 3, Data: make([]byte, 5)},
		"too few chunks":           {Form: Numbers, Number: reflect.Int8, Len: 70_000, Chunks: make([]Digest, 1)},
		"nothing of a long row":    {Form: Numbers, Number: reflect.Int8, Len: 70_000},
		"text of wide characters":  {Form: Text, Number: reflect.Int16, Len: 1, Data: make([]byte, 2)},
		"a leaf with children":     {Form: Opaque, Children: []*Node{{}}},
		"a pointer to two":         {Form: Pointer, Len: 2, Children: []*Node{{}, {}}},
		"more children than parts": {Form: Struct, Len: 1, Children: []*Node{{}, {}}},
	} {
		if err := s.UnmarshalBinary(mustMarshal(t, &Snapshot{Root: n})); !errors.Is(err, errDamaged) {
			t.Errorf("%s: %v", reason, err)
		}
	}
	deep := append([]byte("LBSNAP\x02\x00"), 1, 0)
	deep = append(deep, make([]byte, 32)...)
	for range 2 * maxSnapshotDepth {
		deep = append(append(deep, byte(Sequence), 0, 0, 0), make([]byte, 32)...)
		deep = append(deep, 0, 0, 1, 1)
	}
	deep = append(append(deep, byte(Opaque), 0, 0, 0), make([]byte, 32+4)...)
	if err := s.UnmarshalBinary(deep); !errors.Is(err, errDamaged) {
		t.Errorf("nodes without end: %v", err)
	}
}

func FuzzUnmarshalSnapshot(f *testing.F) {
	for _, v := range []any{1, "abc", []float64{1}, map[string]any{"a": nil}, []any{[]int8{1}, &ring{}}, different()["cyclic"]} {
		f.Add(mustMarshal(f, mustTake(f, v, Limits{})))
	}
	f.Add(mustMarshal(f, mustTake(f, make([]byte, 70_000), Limits{ArrayBytes: 1})))
	f.Fuzz(func(t *testing.T, data []byte) {
		var s Snapshot
		if s.UnmarshalBinary(data) != nil {
			return
		}
		var again Snapshot
		if err := again.UnmarshalBinary(mustMarshal(t, &s)); err != nil {
			t.Fatalf("what was read cannot be written and read again: %v", err)
		}
		if again.Digest() != s.Digest() {
			t.Fatalf("digest %s, then %s", s.Digest(), again.Digest())
		}
		// Whatever was read can be compared.
		if got := Diff(&s, &again); len(got) > 0 {
			t.Fatalf("differs from itself: %v", got)
		}
		other := mustTake(t, map[string]any{"a": []float64{1, 2}}, Limits{})
		if got := Diff(&s, other); len(got) == 0 && s.Digest() != other.Digest() {
			t.Fatal("no differences between different digests")
		}
		mutated := s
		root := *s.Root
		root.Digest[0]++
		mutated.Root = &root
		if got := Diff(&s, &mutated); len(got) == 0 {
			t.Fatal("no differences between different digests")
		}
	})
}
