package diffargs

import (
	"math"
	"math/big"
	"math/rand/v2"
	"reflect"
	"strings"
	"time"
)

// Types that random types are made of, besides those that reflect can make.
type (
	celsius float64
	label   string
	layer   struct {
		Width  int
		hidden bool    //nolint:unused // it counts all the same
		scale  float32 //nolint:unused // it counts all the same
		Name   label
		Loss   *layer
		_      int64
		Cache  []int `labbook:"-"`
	}
	tree struct {
		Value any
		Kids  []tree
		ByTag map[string]*tree
	}
	shape  interface{ area() float64 }
	square struct{ Side float64 }
	disc   struct{ Of *square }
)

func (s square) area() float64 { return s.Side * s.Side }
func (d disc) area() float64   { return 0 }

var randomLeaves = []reflect.Type{
	reflect.TypeFor[bool](), reflect.TypeFor[int](), reflect.TypeFor[int8](), reflect.TypeFor[int16](),
	reflect.TypeFor[int32](), reflect.TypeFor[int64](), reflect.TypeFor[uint](), reflect.TypeFor[uint8](),
	reflect.TypeFor[uint16](), reflect.TypeFor[uint32](), reflect.TypeFor[uint64](), reflect.TypeFor[float32](),
	reflect.TypeFor[float64](), reflect.TypeFor[complex64](), reflect.TypeFor[complex128](), reflect.TypeFor[string](),
	reflect.TypeFor[celsius](), reflect.TypeFor[label](), reflect.TypeFor[layer](), reflect.TypeFor[tree](),
	reflect.TypeFor[any](), reflect.TypeFor[shape](), reflect.TypeFor[time.Time](), reflect.TypeFor[big.Int](),
	reflect.TypeFor[struct{}](),
}

func randomType(r *rand.Rand, depth int) reflect.Type {
	if depth == 0 || r.IntN(3) == 0 {
		return randomLeaves[r.IntN(len(randomLeaves))]
	}
	elem := randomType(r, depth-1)
	switch r.IntN(5) {
	case 0:
		return reflect.SliceOf(elem)
	case 1:
		return reflect.ArrayOf(r.IntN(4), elem)
	case 2:
		return reflect.PointerTo(elem)
	case 3:
		if key := randomType(r, depth-1); key.Comparable() && !hasInterface(key) {
			return reflect.MapOf(key, elem)
		}
		return reflect.MapOf(reflect.TypeFor[string](), elem)
	default:
		fields := []reflect.StructField{{Name: "A", Type: elem}}
		for _, name := range []string{"B", "C"}[:r.IntN(3)] {
			fields = append(fields, reflect.StructField{Name: name, Type: randomType(r, depth-1)})
		}
		return reflect.StructOf(fields)
	}
}

// hasInterface reports whether values of t can be such that a map refuses them
// as keys.
func hasInterface(t reflect.Type) bool {
	switch t.Kind() {
	case reflect.Interface:
		return true
	case reflect.Array:
		return hasInterface(t.Elem())
	case reflect.Struct:
		for f := range t.Fields() {
			if hasInterface(f.Type) {
				return true
			}
		}
	}
	return false
}

// randomFill sets v, which is settable and zero, to a value with few choices at
// each place, so that two of them are equal often enough.
func randomFill(r *rand.Rand, v reflect.Value, depth int) {
	switch v.Type() {
	case reflect.TypeFor[time.Time]():
		zone := time.FixedZone("z", r.IntN(3)*3600)
		v.Set(reflect.ValueOf(time.Unix(int64(r.IntN(3)), int64(r.IntN(2))).In(zone)))
		return
	case reflect.TypeFor[big.Int]():
		n := big.NewInt(int64(r.IntN(5) - 2))
		v.Set(reflect.ValueOf(*n.Lsh(n, uint(r.IntN(3)*40))))
		return
	case reflect.TypeFor[shape]():
		if shapes := []shape{nil, square{float64(r.IntN(2))}, disc{}, &square{1}, disc{&square{2}}}; depth > 0 {
			if s := shapes[r.IntN(len(shapes))]; s != nil {
				v.Set(reflect.ValueOf(s))
			}
		}
		return
	}
	switch v.Kind() {
	case reflect.Bool:
		v.SetBool(r.IntN(2) == 0)
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		v.SetInt([]int64{0, 1, -1, 100}[r.IntN(4)])
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		v.SetUint([]uint64{0, 1, 200}[r.IntN(3)])
	case reflect.Float32, reflect.Float64:
		v.SetFloat(randomFloat(r))
	case reflect.Complex64, reflect.Complex128:
		v.SetComplex(complex(randomFloat(r), randomFloat(r)))
	case reflect.String:
		v.SetString(randomStrings[max(r.IntN(100)-90, r.IntN(4), 0)])
	case reflect.Slice:
		if n := randomLength(r, v.Type().Elem(), depth); n >= 0 {
			v.Set(reflect.MakeSlice(v.Type(), n, n+r.IntN(3)))
			for i := range n {
				randomFill(r, v.Index(i), depth-1)
			}
		}
	case reflect.Array:
		for i := range v.Len() {
			randomFill(r, v.Index(i), depth-1)
		}
	case reflect.Map:
		if n := randomLength(r, v.Type().Elem(), depth); n >= 0 {
			v.Set(reflect.MakeMap(v.Type()))
			for range n {
				key, value := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
				randomFill(r, key, depth-1)
				randomFill(r, value, depth-1)
				v.SetMapIndex(key, value)
			}
		}
	case reflect.Struct:
		for _, field := range v.Fields() { // unexported ones too
			randomFill(r, reflect.NewAt(field.Type(), field.Addr().UnsafePointer()).Elem(), depth-1)
		}
	case reflect.Pointer:
		if depth > 0 && r.IntN(4) > 0 {
			v.Set(reflect.New(v.Type().Elem()))
			randomFill(r, v.Elem(), depth-1)
		}
	case reflect.Interface:
		if depth > 0 && r.IntN(4) > 0 {
			held := reflect.New(randomType(r, 1)).Elem()
			randomFill(r, held, depth-1)
			if held.Kind() != reflect.Interface || !held.IsNil() {
				v.Set(held)
			}
		}
	}
}

// randomStrings end with some that are packed in a map, or make a tree.
var randomStrings = []string{
	"", "a", "b", "a\x00b", "\u202e", "\xff", strings.Repeat("x", packLimit-2), strings.Repeat("x", packLimit-1),
	strings.Repeat("z", 40_000), strings.Repeat("y", 65_537),
}

func randomFloat(r *rand.Rand) float64 {
	return []float64{
		0, math.Copysign(0, -1), 1, math.Nextafter(1, 2), math.Inf(1),
		math.NaN(), math.Float64frombits(0xFFF8000000000001),
	}[r.IntN(7)]
}

// randomLength returns -1 for nil. Now and then a row of numbers is long enough
// for a tree.
func randomLength(r *rand.Rand, elem reflect.Type, depth int) int {
	switch {
	case depth <= 0:
		return r.IntN(2) - 1
	case r.IntN(50) == 0 && oracleFixed(elem) > 0:
		return 70_000 / oracleFixed(elem)
	default:
		return r.IntN(5) - 1
	}
}

func randomPair(seed uint64) (a, b reflect.Value) {
	r := rand.New(rand.NewPCG(seed, 1))
	t := randomType(r, 3)
	a, b = reflect.New(t).Elem(), reflect.New(t).Elem()
	first, second := r.Uint64(), r.Uint64()
	if r.IntN(2) == 0 {
		second = first
	}
	randomFill(rand.New(rand.NewPCG(first, 2)), a, 3)
	randomFill(rand.New(rand.NewPCG(second, 2)), b, 3)
	return a, b
}
