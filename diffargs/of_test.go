package diffargs

import (
	"math"
	"math/big"
	"net/netip"
	"net/url"
	"reflect"
	"regexp"
	"sync"
	"sync/atomic"
	"testing"
	"time"
	"unsafe"
)

type (
	meters        float64
	stamp         time.Time
	pairOf[T any] struct{ A, B T }
	locked        struct {
		mu    sync.Mutex
		once  sync.Once
		N     int
		extra func() `labbook:"-"`
		_     [0]func()
	}
	fold   struct{ name string }
	deeper struct {
		fold
		N int
	}
	broken struct{}
)

func (f *fold) AppendKey(b []byte) ([]byte, error) {
	return append(b, f.name[:min(1, len(f.name))]...), nil
}

func (broken) AppendKey([]byte) ([]byte, error) { return nil, errBroken }

func negativeZero() float64 { return math.Copysign(0, -1) }

// different are values of which no two are equal.
func different() map[string]any {
	one, berlin := 1, time.FixedZone("", 3600)
	noon := time.Date(2024, 5, 1, 12, 0, 0, 0, time.UTC)
	var nilPointer *int
	type local struct{ A int }
	cyclic := &ring{Value: 1}
	cyclic.Next = cyclic
	long := make([]int, 20_000)
	longer := make([]int, 20_000)
	longer[19_999] = 1
	return map[string]any{
		"nil": nil, "false": false, "true": true,
		"int 0": 0, "int 1": 1, "int -1": -1, "int8 1": int8(1), "int16 1": int16(1), "int32 1": int32(1), "int64 1": int64(1),
		"uint 1": uint(1), "uint8 1": uint8(1), "uint16 1": uint16(1), "uint32 1": uint32(1), "uint64 1": uint64(1),
		"float32 1": float32(1), "float64 1": 1.0, "meters 1": meters(1), "next after 1": math.Nextafter(1, 2),
		"0.0": 0.0, "-0.0": negativeZero(), "NaN": math.NaN(), "NaN32": float32(math.NaN()), "inf": math.Inf(1), "-inf": math.Inf(-1),
		"complex": complex(1, 0), "complex -0": complex(1, negativeZero()), "complex64": complex64(1),
		"empty string": "", "a": "a", "ab": "ab", "a NUL": "a\x00", "label a": label("a"),
		"nil ints": []int(nil), "no ints": []int{}, "int 0s": []int{0}, "two int 0s": []int{0, 0},
		"1 2": []int{1, 2}, "2 1": []int{2, 1}, "array 1 2": [2]int{1, 2}, "int64s": []int64{1, 2}, "long": long, "longer": longer,
		"nil bytes": []byte(nil), "bytes a": []byte("a"), "runes a": []rune("a"),
		"strings a bc": []string{"a", "bc"}, "strings ab c": []string{"ab", "c"}, "rows": [][]int{{1}, {2}}, "row": [][]int{{1, 2}},
		"no rows": [][]int{}, "nil row": [][]int{nil}, "empty row": [][]int{{}},
		"nil map": map[string]int(nil), "no map": map[string]int{}, "map a1": map[string]int{"a": 1}, "map a2": map[string]int{"a": 2},
		"map b1": map[string]int{"b": 1}, "map a1 b1": map[string]int{"a": 1, "b": 1}, "map any": map[string]any{"a": 1},
		"NaN keys 1 2": map[float64]int{math.NaN(): 1, math.NaN(): 2}, "NaN keys 1 1": map[float64]int{math.NaN(): 1, math.NaN(): 1},
		"NaN key 1": map[float64]int{math.NaN(): 1},
		"pointer":   &one, "nil pointer": nilPointer, "pointer pointer": new(*int),
		"anys 1": []any{1}, "anys int8 1": []any{int8(1)}, "anys nil": []any{nil}, "anys pointer": []any{&one}, "anys anys": []any{[]any{1}},
		"struct": struct{ A int }{1}, "struct other field": struct{ B int }{1}, "struct more": struct{ A, B int }{1, 0}, "local": local{1},
		"struct int8": struct{ A int8 }{1}, "pair int": pairOf[int]{1, 0}, "pair int8": pairOf[int8]{1, 0},
		"embedded": struct{ local }{local{1}}, "not embedded": struct{ local local }{local{1}},
		"noon": noon, "noon elsewhere": noon.In(berlin), "later": noon.Add(1), "zero time": time.Time{}, "stamp": stamp(noon),
		"big 1": big.NewInt(1), "big -1": big.NewInt(-1), "big 0": new(big.Int), "big value": *big.NewInt(1), "rat": big.NewRat(1, 2),
		"big float": big.NewFloat(1), "big float more bits": new(big.Float).SetPrec(100).SetInt64(1), "duration": time.Duration(1),
		"address": netip.MustParseAddr("::1"), "zoned": netip.MustParseAddr("::1%eth0"), "mapped": netip.MustParseAddr("::ffff:1.2.3.4"),
		"v4": netip.MustParseAddr("1.2.3.4"), "no address": netip.Addr{}, "prefix": netip.MustParsePrefix("1.2.3.0/24"),
		"url": &url.URL{Host: "a"}, "url user": &url.URL{Host: "a", User: url.User("b")},
		"regexp": regexp.MustCompile("a+"), "regexp longest": regexp.MustCompilePOSIX("a+"), "UTC": time.UTC,
		"locked": &locked{}, "locked 1": &locked{N: 1}, "fold": fold{"a"}, "fold b": fold{"b"}, "deeper": deeper{}, "deeper 1": deeper{N: 1},
		"type int": reflect.TypeFor[int](), "type func": reflect.TypeFor[func(int)](), "type other func": reflect.TypeFor[func() int](),
		"cyclic": cyclic, "unrolled and different": &ring{Value: 2, Next: cyclic}, "not cyclic": &ring{Value: 1},
	}
}

type ring struct {
	Value int
	Next  *ring
}

func TestDifferentValues(t *testing.T) {
	t.Parallel()
	values := different()
	names := map[Digest]string{}
	for name, v := range values {
		d := mustDigest(t, v)
		if other, taken := names[d]; taken {
			t.Errorf("%s and %s have the same digest", name, other)
		}
		names[d] = name
		if again := mustDigest(t, v); again != d {
			t.Errorf("%s: digest %s, then %s", name, d, again)
		}
		if byValue, err := OfValue(reflect.ValueOf(v)); err != nil || byValue != d {
			t.Errorf("%s: Of %s, OfValue %s, %v", name, d, byValue, err)
		}
	}
	for name, v := range values {
		for other, w := range values {
			differences, err := DiffValues(v, w)
			if err != nil {
				t.Fatal(err)
			}
			if (len(differences) == 0) != (name == other) {
				t.Errorf("%s against %s: differences %v", name, other, differences)
			}
		}
	}
}

func TestEqualValues(t *testing.T) {
	t.Parallel()
	now := time.Now()
	one, another := 1, 1
	capacious := new(big.Int).Lsh(big.NewInt(1), 1000)
	capacious.Rsh(capacious, 1000)
	half := big.NewFloat(0.5)
	computed := new(big.Float).Sub(big.NewFloat(1), half)
	cyclic := &ring{Value: 1}
	cyclic.Next = cyclic
	unrolled := &ring{Value: 1, Next: &ring{Value: 1}}
	unrolled.Next.Next = unrolled
	used := &locked{}
	used.mu.Lock()
	used.once.Do(func() {})
	var counter atomic.Int64
	counter.Store(5)
	var same atomic.Int64
	same.Store(5)
	tests := []struct {
		reason string
		a, b   any
	}{
		{"payloads of NaN do not count", math.NaN(), math.Float64frombits(0xFFF8000000000123)},
		{"nor in a row", []float32{1, math.Float32frombits(0x7F800001)}, []float32{1, float32(math.NaN())}},
		{"nor in a long row", nans(50_000, 0x7FF8000000000000), nans(50_000, 0xFFFFFFFFFFFFFFFF)},
		{"capacity does not count", make([]int, 2), make([]int, 2, 100)},
		{"the order of a map's iteration does not count", map[int]int{1: 1, 2: 2, 3: 3}, map[int]int{3: 3, 2: 2, 1: 1}},
		{"NaN keys are in no order", map[float64]int{math.NaN(): 1, math.NaN(): 2}, map[float64]int{math.NaN(): 2, math.NaN(): 1}},
		{"pointers count by what they point to", &one, &another},
		{"sharing is invisible", []*int{&one, &one}, []*int{&one, &another}},
		{"the monotonic clock does not count", now, now.Round(0)},
		{"nor does the name of a zone", now.In(time.FixedZone("A", 60)), now.In(time.FixedZone("B", 60))},
		{"nor room in a big.Int", capacious, big.NewInt(1)},
		{"nor how a big.Float was computed", half, computed},
		{"a fraction is reduced", big.NewRat(2, 4), big.NewRat(1, 2)},
		{"locks are left out", used, &locked{}},
		{"so are tagged fields", locked{extra: func() {}}, locked{}},
		{"a Digester says what counts", fold{"abc"}, fold{"axy"}},
		{"within others, too", []fold{{"abc"}}, []fold{{"axy"}}},
		{"atomic numbers count by value", &counter, &same},
		{"cycles count by their unfolding", cyclic, unrolled},
		{"a type is a type", reflect.TypeFor[[]int](), reflect.ValueOf([]int{}).Type()},
	}
	for _, test := range tests {
		a, b := mustDigest(t, test.a), mustDigest(t, test.b)
		differences, err := DiffValues(test.a, test.b)
		if a != b || len(differences) > 0 || err != nil {
			t.Errorf("%s: digests %s and %s, differences %v, %v", test.reason, a.Short(), b.Short(), differences, err)
		}
	}
	if mustDigest(t, deeper{fold: fold{"abc"}, N: 1}) == mustDigest(t, deeper{fold: fold{"abc"}, N: 2}) {
		t.Error("the promoted method of an embedded Digester hides a field")
	}
}

func nans(n int, bits uint64) []float64 {
	row := make([]float64, n)
	row[n-1] = math.Float64frombits(bits)
	return row
}

func TestStaticTypeCounts(t *testing.T) {
	t.Parallel()
	var anything any = 3
	static, err := OfValue(reflect.ValueOf(&anything).Elem())
	if err != nil {
		t.Fatal(err)
	}
	if dynamic := mustDigest(t, anything); static == dynamic {
		t.Errorf("an any that holds an int has the digest of the int, %s", dynamic)
	}
	copied, err := OfValue(reflect.ValueOf([1]any{3}).Index(0))
	if err != nil || copied != static {
		t.Errorf("addressable %s, not addressable %s, %v", static, copied, err)
	}
	anything = int8(3)
	if other, err := OfValue(reflect.ValueOf(&anything).Elem()); err != nil || other == static {
		t.Errorf("an any holding an int8 and one holding an int: %s, %v", other, err)
	}
	hidden := reflect.ValueOf(struct{ a int }{3}).Field(0)
	if _, err := OfValue(hidden); err == nil {
		t.Error("a value that cannot be read has a digest")
	}
	if _, err := Take(hidden, Limits{}); err == nil {
		t.Error("a value that cannot be read has a snapshot")
	}
	readable := struct{ a int }{3}
	if got, err := OfValue(reflect.ValueOf(&readable).Elem().Field(0)); err != nil || got != mustDigest(t, 3) {
		t.Errorf("an unexported field that is addressable: %s, %v, want the digest of 3", got, err)
	}
}

// A value with a data word of its own is read from there.
func TestDirectInterfaces(t *testing.T) {
	t.Parallel()
	x := 7
	for _, v := range []any{&x, struct{ P *int }{&x}, [1]*int{&x}, map[int]int{1: 2}, struct{ M map[int]int }{map[int]int{1: 2}}, struct{ P *int }{}} {
		if got, want := mustDigest(t, v), oracleDigest(reflect.ValueOf(v)); string(got[:]) != want {
			t.Errorf("%T: %s, want %x", v, got, want)
		}
	}
	if isDirect(reflect.TypeFor[int]()) || isDirect(reflect.TypeFor[uintptr]()) || !isDirect(reflect.TypeFor[unsafe.Pointer]()) {
		t.Error("isDirect is wrong about numbers or pointers")
	}
}

func TestConcurrentUse(t *testing.T) {
	t.Parallel()
	values := different()
	want := map[string]Digest{}
	var mu sync.Mutex
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			for name, v := range values {
				d, err := Of(v)
				mu.Lock()
				if first, known := want[name]; err != nil || known && first != d {
					t.Errorf("%s: digest %s, elsewhere %s, %v", name, d, first, err)
				}
				want[name] = d
				mu.Unlock()
			}
		})
	}
	group.Wait()
}
