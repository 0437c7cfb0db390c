package diffargs

import (
	"math"
	"math/big"
	"math/rand/v2"
	"reflect"
	"testing"
	"time"
)

// mutate changes v, which is settable and shares nothing with another value, in
// one place. It returns whether it found a place, and whether that counts.
func mutate(r *rand.Rand, v reflect.Value) (changed, counts bool) {
	switch v.Type() {
	case reflect.TypeFor[time.Time]():
		t := v.Interface().(time.Time)
		if r.IntN(2) == 0 {
			t = t.Add(1)
		} else {
			_, offset := t.Zone()
			t = t.In(time.FixedZone("", offset+1))
		}
		v.Set(reflect.ValueOf(t))
		return true, true
	case reflect.TypeFor[big.Int]():
		n := v.Interface().(big.Int)
		v.Set(reflect.ValueOf(*new(big.Int).Add(&n, big.NewInt(1))))
		return true, true
	}
	switch v.Kind() {
	case reflect.Bool:
		v.SetBool(!v.Bool())
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		v.SetInt(v.Int() ^ 1<<r.IntN(v.Type().Bits()-1))
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		v.SetUint(v.Uint() ^ 1<<r.IntN(v.Type().Bits()))
	case reflect.Float32, reflect.Float64:
		v.SetFloat(otherFloat(r, v.Float()))
	case reflect.Complex64, reflect.Complex128:
		if c := v.Complex(); r.IntN(2) == 0 {
			v.SetComplex(complex(otherFloat(r, real(c)), imag(c)))
		} else {
			v.SetComplex(complex(real(c), otherFloat(r, imag(c))))
		}
	case reflect.String:
		v.SetString(v.String() + "\x00")
	case reflect.Slice:
		return mutateSlice(r, v)
	case reflect.Array:
		if v.Len() == 0 {
			return false, false
		}
		return mutate(r, v.Index(r.IntN(v.Len())))
	case reflect.Map:
		return mutateMap(r, v)
	case reflect.Struct:
		if v.NumField() == 0 {
			return false, false
		}
		i := r.IntN(v.NumField())
		changed, counts = mutate(r, unlocked(v.Field(i)))
		f := v.Type().Field(i)
		return changed, counts && f.Name != "_" && f.Tag.Get("labbook") != "-"
	case reflect.Pointer:
		switch {
		case v.IsNil():
			v.Set(reflect.New(v.Type().Elem()))
		case r.IntN(4) == 0:
			v.SetZero()
		default:
			return mutate(r, v.Elem())
		}
	case reflect.Interface:
		switch {
		case v.IsNil() && v.NumMethod() == 0:
			v.Set(reflect.ValueOf(1))
		case v.IsNil():
			return false, false
		case r.IntN(4) == 0:
			v.SetZero()
		default:
			held := reflect.New(v.Elem().Type()).Elem()
			held.Set(v.Elem())
			changed, counts = mutate(r, held)
			v.Set(held)
			return changed, counts
		}
	}
	return true, true
}

// otherFloat returns a float that is not x, not even after rounding to 32 bits.
func otherFloat(r *rand.Rand, x float64) float64 {
	switch {
	case x != x:
		return 1
	case r.IntN(4) == 0:
		return math.NaN()
	case r.IntN(3) == 0:
		return -x
	default:
		return float64(math.Nextafter32(float32(x), -7))
	}
}

func mutateSlice(r *rand.Rand, v reflect.Value) (changed, counts bool) {
	n, die := v.Len(), r.IntN(16)
	switch {
	case v.IsNil():
		v.Set(reflect.MakeSlice(v.Type(), 0, 1))
	case die < 4:
		v.Set(reflect.Append(v, reflect.Zero(v.Type().Elem())))
	case n == 0:
		v.SetZero()
	case die < 7:
		v.SetLen(n - 1)
	default:
		return mutate(r, v.Index(r.IntN(n)))
	}
	return true, true
}

func mutateMap(r *rand.Rand, v reflect.Value) (changed, counts bool) {
	n := v.Len()
	if v.IsNil() || n == 0 {
		if v.IsNil() {
			v.Set(reflect.MakeMap(v.Type()))
		} else {
			v.SetZero()
		}
		return true, true
	}
	chosen, lose, i := r.IntN(n), r.IntN(4) == 0, 0
	copied := reflect.MakeMap(v.Type())
	for entry := v.MapRange(); entry.Next(); i++ {
		value := reflect.New(v.Type().Elem()).Elem()
		value.Set(entry.Value())
		if i == chosen {
			if lose {
				changed, counts = true, true
				continue
			}
			changed, counts = mutate(r, value)
		}
		copied.SetMapIndex(entry.Key(), value)
	}
	v.Set(copied)
	return changed, counts
}

// checkMutant changes a copy of a random value in one place.
func checkMutant(t *testing.T, seed, place uint64) (changed bool) {
	t.Helper()
	a, _ := randomPair(seed)
	copied, mutant := deepCopy(a), deepCopy(a)
	if !same(a, copied) {
		t.Fatalf("seed %d: the copy of %v is another value", seed, a.Type())
	}
	checkPair(t, a, copied)
	changed, counts := mutate(rand.New(rand.NewPCG(place, 7)), mutant)
	if equal := same(a, mutant); equal != (!changed || !counts) {
		t.Fatalf("seed %d, place %d: changed %t, counts %t, equal %t\n%s\n%s",
			seed, place, changed, counts, equal, PreviewValue(a, 300), PreviewValue(mutant, 300))
	}
	checkPair(t, a, mutant)
	return changed && counts
}

func TestMutants(t *testing.T) {
	t.Parallel()
	changed := 0
	for seed := range uint64(1000) {
		if checkMutant(t, seed, seed/7) {
			changed++
		}
	}
	if changed < 700 {
		t.Errorf("%d of 1000 values were changed: the mutations are lopsided", changed)
	}
}

func FuzzMutants(f *testing.F) {
	for seed := range uint64(10) {
		f.Add(seed, seed+1)
	}
	f.Fuzz(func(t *testing.T, seed, place uint64) { checkMutant(t, seed, place) })
}
