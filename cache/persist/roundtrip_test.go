package persist_test

import (
	"math"
	"math/big"
	"math/rand" //nolint:depguard // testing/quick takes no other
	"net/netip"
	"net/url"
	"reflect"
	"testing"
	"testing/quick"
	"time"

	"labbook/cache/persist"
)

type (
	level   int8
	weights []float32
	point   struct{ X, Y float64 }
	tree    struct {
		Name string
		Kids []*tree
		Left *tree
	}
	shape  interface{ Area() float64 }
	square struct{ Side float64 }
	stamp  struct {
		time.Time
		Name string
	}
	tagged struct {
		Kept   int
		Logger func() `labbook:"-"`
		memo   int    `labbook:"-"`
		_      int
	}
	everything struct {
		B    bool
		I    int
		I8   int8
		I16  int16
		I32  int32
		I64  int64
		U    uint
		U8   uint8
		U16  uint16
		U32  uint32
		U64  uint64
		F32  float32
		F64  float64
		C64  complex64
		C128 complex128
		S    string
		T    time.Time
		D    time.Duration
		Big  *big.Int
		P    *point
		PP   **int
		PS   *[]int
		A    [3]int16
		AS   [2]string
		AB   [4]byte
		Raw  []byte
		Is   []int
		I8s  []int8
		U16s []uint16
		Fs   []float64
		Cs   []complex64
		Bs   []bool
		Ss   []string
		Ps   []point
		Rows [][]float32
		M    map[string]int
		MI   map[int16][]string
		MP   map[point]*point
		MA   map[[2]int32]string
		Any  any
		Anys []any
	}
)

func (s square) Area() float64 { return s.Side * s.Side }

func init() {
	persist.Register[square]()
	persist.Register[*tree]()
	persist.Register[point]()
}

// again stores v and loads it as a value of its type.
func again(t testing.TB, v any) any {
	t.Helper()
	data, err := persist.Marshal(v)
	if err != nil {
		t.Fatalf("marshal %T: %v", v, err)
	}
	into := reflect.New(reflect.TypeOf(v))
	if err := persist.Unmarshal(data, into.Interface()); err != nil {
		t.Fatalf("unmarshal %T: %v\n%x", v, err, data)
	}
	return into.Elem().Interface()
}

func TestRoundTrip(t *testing.T) {
	t.Parallel()
	vienna := time.FixedZone("CEST", 2*3600)
	five, nothing := 5, []int(nil)
	pointer := &five
	for _, test := range []struct {
		reason string
		value  any
	}{
		{"a boolean", true},
		{"the least and the greatest integers", []any{
			int8(-128), int8(127), int16(-1 << 15), int32(-1 << 31), int64(-1 << 63), int64(1<<63 - 1),
			uint8(255), uint16(65535), uint32(1<<32 - 1), uint64(1<<64 - 1), int(-1), uint(0),
		}},
		{"integers at the borders of CBOR's widths", []int64{23, 24, 255, 256, 65535, 65536, 1<<32 - 1, 1 << 32, -24, -25, -256, -257}},
		{"the same, one by one", [4]any{23, 24, 65536, -257}},
		{"a named integer", level(-3)},
		{"negative zero", math.Copysign(0, -1)},
		{"a NaN with bits of its own", math.Float64frombits(0x7ff8_0000_dead_beef)},
		{"a signalling NaN of 32 bits", []float32{math.Float32frombits(0x7fa0_0001)}},
		{"infinities", []float64{math.Inf(1), math.Inf(-1)}},
		{"complex numbers", []any{complex64(1 - 2i), 3 + 4i, []complex128{1i, complex(math.NaN(), -0.5)}}},
		{"text", "κόσμε"},
		{"bytes in a string", "a\xff\x00b"},
		{"nothing in a string", ""},
		{"nil slices", [][]float64{nil, {}, {1}}},
		{"nil byte slices", [][]byte{nil, {}, {1}}},
		{"nil maps", []map[string]int{nil, {}, {"a": 1}}},
		{"a nil pointer", (*point)(nil)},
		{"a pointer to a nil slice is not nil", []*[]int{nil, &nothing}},
		{"a pointer to a nil pointer is not nil", []**int{nil, new(*int), &pointer}},
		{"pointers to interfaces", []*any{nil, new(any)}},
		{"a nil interface", []any{nil}},
		{"a nil pointer in an interface", []any{(*tree)(nil)}},
		{"UTC", time.Date(2026, 11, 21, 15, 4, 5, 123456789, time.UTC)},
		{"an offset", time.Date(2026, 11, 21, 15, 4, 5, 0, vienna)},
		{"a zone without an offset is not UTC", time.Date(2026, 1, 1, 0, 0, 0, 1, time.FixedZone("GMT", 0))},
		{"the zero time", time.Time{}},
		{"an offset in seconds, as before zones were invented", time.Date(1850, 1, 1, 0, 0, 0, 5, time.FixedZone("LMT", 3921))},
		{"years of five digits", []time.Time{time.Date(12026, 1, 1, 0, 0, 0, 0, time.UTC).In(vienna), time.Date(-5, 1, 1, 0, 0, 0, 0, vienna)}},
		{"big integers", []*big.Int{
			nil, new(big.Int), big.NewInt(-1), new(big.Int).SetUint64(1<<64 - 1), new(big.Int).Lsh(big.NewInt(1), 64),
			new(big.Int).Neg(new(big.Int).Lsh(big.NewInt(1), 64)), new(big.Int).Sub(big.NewInt(-1), new(big.Int).Lsh(big.NewInt(1), 64)),
			new(big.Int).Exp(big.NewInt(-7), big.NewInt(999), nil),
		}},
		{"a big integer that is no pointer", *big.NewInt(-12345)},
		{"arrays", [2][3]int{{1, 2, 3}, {4, 5, 6}}},
		{"arrays of nothing", [][0]int{{}, {}}},
		{"elements without a size", []struct{}{{}, {}, {}}},
		{"a named slice", weights{1, 2}},
		{"maps with all sorts of keys", map[any]string{1: "a", "1": "b", 1.0: "c", true: "d", point{1, 2}: "e", int8(1): "f"}},
		{"a map with arrays long enough for padding as keys", map[[64]int64]int{{1}: 1, {2}: 2}},
		{"a map with a time as key", map[time.Time]int{time.Unix(5, 0).UTC(): 5}},
		{"a map with a zero of either sign is one entry", map[float64]int{math.Copysign(0, -1): 1}},
		{"interfaces with methods", []shape{square{2}, nil}},
		{"fields of an embedded struct's own methods do not hide the others", stamp{time.Unix(1, 0).UTC(), "name"}},
		{"types with methods of their own", netip.MustParseAddrPort("[::1]:80")},
		{"the same as keys", map[netip.Addr]int{netip.MustParseAddr("10.0.0.1"): 1}},
		{"methods on the pointer", url.URL{Scheme: "https", Host: "example.org", Path: "/a b", User: url.UserPassword("u", "p")}},
		{"an address keeps its length of four", []byte{127, 0, 0, 1}},
		{"nested interfaces", map[string]any{"a": []any{1, map[string]any{"b": []float64{1}}}, "n": nil}},
		{"everything, empty", everything{}},
	} {
		t.Run(test.reason, func(t *testing.T) {
			t.Parallel()
			got := again(t, test.value)
			if d := persist.Difference(reflect.ValueOf(test.value), reflect.ValueOf(got)); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestRoundTripRandom(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewSource(1))
	for _, sample := range []any{
		everything{},
		[]everything{},
		map[string]everything{},
		tree{},
		[]tree{},
		[][][]int{},
		map[uint8]map[string][]float64{},
		[][2]map[bool]point{},
		[]complex128{},
		[7]float32{},
		map[[2]string][]*string{},
		[]*[]*[]int{},
	} {
		typ := reflect.TypeOf(sample)
		for range 40 {
			value := randomValue(random, typ, 4)
			got := again(t, value.Interface())
			if d := persist.Difference(value, reflect.ValueOf(got)); d != "" {
				t.Fatalf("%v: %s", typ, d)
			}
		}
	}
}

// randomValue is quick.Value, but knows what to put into times, big integers
// and interfaces, and comes to an end in recursive types.
func randomValue(random *rand.Rand, t reflect.Type, depth int) reflect.Value {
	v := reflect.New(t).Elem()
	n := random.Intn(4)
	if random.Intn(20) == 0 {
		n = 100
	}
	switch t {
	case reflect.TypeFor[time.Time]():
		v.Set(reflect.ValueOf(time.Unix(random.Int63n(1<<34), random.Int63n(1e9)).In(time.FixedZone("", random.Intn(80000)-40000))))
		return v
	case reflect.TypeFor[big.Int]():
		v.Set(reflect.ValueOf(*new(big.Int).Rand(random, new(big.Int).Lsh(big.NewInt(1), uint(random.Intn(200))))))
		return v
	}
	switch t.Kind() {
	case reflect.Struct:
		for i := range t.NumField() {
			v.Field(i).Set(randomValue(random, t.Field(i).Type, depth-1))
		}
	case reflect.Pointer:
		if depth > 0 && n > 0 {
			v.Set(reflect.New(t.Elem()))
			v.Elem().Set(randomValue(random, t.Elem(), depth-1))
		}
	case reflect.Slice:
		if n > 0 {
			n = min(n-1, 1+10*max(depth, 0))
			if depth <= 0 {
				n = 0
			}
			v.Set(reflect.MakeSlice(t, n, n))
		}
		fallthrough
	case reflect.Array:
		for i := range v.Len() {
			v.Index(i).Set(randomValue(random, t.Elem(), depth-1))
		}
	case reflect.Map:
		if n > 0 {
			v.Set(reflect.MakeMap(t))
			for range min(n-1, 5) {
				v.SetMapIndex(randomValue(random, t.Key(), depth-1), randomValue(random, t.Elem(), depth-1))
			}
		}
	case reflect.Interface:
		held := []any{nil, 1, "x", 2.5, int16(3), []float64{1}, square{2}, []any{}, uint64(1 << 63)}
		if h := held[random.Intn(len(held))]; h != nil {
			v.Set(reflect.ValueOf(h))
		}
	default:
		q, _ := quick.Value(t, random)
		v.Set(q)
	}
	return v
}

func TestTaggedFieldsAreLeftOut(t *testing.T) {
	t.Parallel()
	got := again(t, tagged{Kept: 1, Logger: func() {}, memo: 2}).(tagged)
	if got.Kept != 1 || got.Logger != nil || got.memo != 0 {
		t.Errorf("got %d, logger kept: %t, memo %d", got.Kept, got.Logger != nil, got.memo)
	}
}

func TestLocalTimeComesBackLocal(t *testing.T) {
	t.Parallel()
	want := time.Now()
	got := again(t, want).(time.Time)
	if !got.Equal(want) || got.String() != want.Round(0).String() {
		t.Errorf("stored %v, loaded %v", want, got)
	}
}

func TestMarshalValues(t *testing.T) {
	t.Parallel()
	// What a call returns: results by their static types, some of which are interfaces.
	results := reflect.ValueOf(func() ([]float64, any, *tree, error) {
		return []float64{1, 2}, 7, &tree{Name: "root"}, nil
	}).Call(nil)
	data, err := persist.MarshalValues(results)
	if err != nil {
		t.Fatal(err)
	}
	var types []reflect.Type
	for _, r := range results {
		types = append(types, r.Type())
	}
	got, err := persist.UnmarshalValues(data, types)
	if err != nil {
		t.Fatal(err)
	}
	for i := range results {
		if d := persist.Difference(results[i], got[i]); d != "" {
			t.Errorf("result %d: %s", i, d)
		}
	}
	if _, err := persist.UnmarshalValues(data, types[:3]); err == nil {
		t.Error("four results were read as three")
	}
	none, err := persist.MarshalValues(nil)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := persist.UnmarshalValues(none, nil); err != nil || len(got) != 0 {
		t.Errorf("no results: %v, %v", got, err)
	}
}

func TestUnmarshalDoesNotKeepItsInput(t *testing.T) {
	t.Parallel()
	want := everything{Raw: []byte("raw"), Fs: make([]float64, 100_000), S: "text", Ss: []string{"a"}}
	data, err := persist.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	var got everything
	if err := persist.Unmarshal(data, &got); err != nil {
		t.Fatal(err)
	}
	for i := range data {
		data[i] = 0xff
	}
	if d := persist.Difference(reflect.ValueOf(want), reflect.ValueOf(got)); d != "" {
		t.Error("after the input was overwritten:", d)
	}
}
