package diffargs

import (
	"math"
	"reflect"
	"strings"
	"testing"
)

// A Hasher is a shorter way to what OfValue returns, never another answer.
func TestHasher(t *testing.T) {
	t.Parallel()
	check := func(h Hasher, v reflect.Value) {
		t.Helper()
		want, wantErr := OfValue(v)
		got, err := h.OfValue(v)
		if got != want || (err == nil) != (wantErr == nil) {
			t.Fatalf("%v: Hasher %s, %v, OfValue %s, %v", v, got, err, want, wantErr)
		}
	}
	for seed := range uint64(500) {
		a, b := randomPair(seed)
		h := For(a.Type())
		for _, v := range []reflect.Value{a, b} {
			check(h, v)
			check(Hasher{}, v)
			copied := reflect.ValueOf(v.Interface())
			check(h, copied) // which is of another type if v is an interface
			if copied.IsValid() {
				check(For(copied.Type()), copied)
			}
		}
	}
	for _, v := range []any{
		true, false, int8(-1), int16(-300), int32(-1 << 30), 1 << 30, int64(math.MinInt64), uint8(200), uint16(1 << 15),
		uint32(1 << 31), uint(7), uint64(math.MaxUint64), float32(0.1), 0.1, negativeZero(), math.NaN(),
		math.Float64frombits(0xFFF0000000000001), math.Float32frombits(0x7F800001), label("named"),
		fold{"abc"},
		strings.Repeat("x", briefLimit), strings.Repeat("x", briefLimit+1), func() {},
		broken{},
	} {
		check(For(reflect.TypeOf(v)), reflect.ValueOf(v))
		held := reflect.ValueOf([1]any{v}).Index(0)
		check(For(held.Type()), held)
	}
	shapes := reflect.ValueOf([2]shape{disc{&square{2}}})
	check(For(shapes.Type().Elem()), shapes.Index(0))
	check(For(shapes.Type().Elem()), shapes.Index(1))
	check(For(nil), reflect.Value{})
	check(For(reflect.TypeFor[int]()), reflect.Value{})
	check(For(reflect.TypeFor[int]()), reflect.ValueOf("another type"))
	hidden := reflect.ValueOf(struct{ a []int }{}).Field(0)
	check(For(hidden.Type()), hidden)
}

// A value that holds itself needs an address that stays when it is an argument
// of type any.
func TestHasherOfCyclicInterface(t *testing.T) {
	t.Parallel()
	cyclic := []any{nil}
	cyclic[0] = cyclic
	arg := reflect.ValueOf([1]any{cyclic}).Index(0)
	var variable any = cyclic
	want, err := OfValue(reflect.ValueOf(&variable).Elem())
	if err != nil {
		t.Fatal(err)
	}
	if got, err := For(arg.Type()).OfValue(arg); got != want || err != nil {
		t.Errorf("digest %s, %v, want %s", got, err, want)
	}
}

func TestCommonShapesDoNotAllocate(t *testing.T) { //nolint:paralleltest // it counts the allocations of all goroutines
	if raceEnabled {
		t.Skip("the race detector drops pooled encoders")
	}
	type params struct {
		C    float64
		Seed int
		Name string
	}
	words := map[string]string{}
	for i := range 1000 {
		words[strings.Repeat("w", i%10)+string(rune('a'+i))] = "value"
	}
	for name, v := range map[string]any{
		"int": 1 << 30, "float64": 2.5, "string": "abc", "longer string": strings.Repeat("x", 1000),
		"struct": params{1, 42, "abc"}, "pointer": &params{}, "array": [100]float64{},
		"floats": make([]float64, 1000), "more than a chunk of ints": make([]int, 10_000),
		"strings": []string{"a", "b"}, "rows": [][]float64{{1}, {2}}, "structs": []params{{}, {}},
		"map of strings": words, "map of numbers": map[int]float64{1: 1, 2: 2}, "set": map[string]struct{}{"a": {}},
		"map of structs": map[string]params{"a": {}}, "anys": []any{1, 2.5, "abc"},
		"map of anys": map[string]any{"a": 1, "b": []any{"c", map[string]any{}}},
	} {
		arg := reflect.ValueOf(v)
		parameter := reflect.ValueOf([1]any{v}).Index(0)
		hasher, ofInterface := For(arg.Type()), For(parameter.Type())
		for way, digest := range map[string]func(){
			"Of":                     func() { _, _ = Of(v) },
			"OfValue":                func() { _, _ = OfValue(arg) },
			"Hasher":                 func() { _, _ = hasher.OfValue(arg) },
			"Hasher of an interface": func() { _, _ = ofInterface.OfValue(parameter) },
		} {
			digest()
			// The collector may empty the pools meanwhile: hence the runs, and a
			// mean, which AllocsPerRun rounds down.
			if allocations := testing.AllocsPerRun(100, digest); allocations > 0 {
				t.Errorf("%s of %s: %v allocations", way, name, allocations)
			}
		}
	}
}
