package diffargs

import (
	"math"
	"math/big"
	"reflect"
	"slices"
	"strings"
	"time"
)

// same is what the package documentation says of equality, taken from the
// values themselves: it knows no digests and no encoding. It is for values that
// do not hold themselves.
func same(a, b reflect.Value) bool {
	if a.Type() != b.Type() {
		return false
	}
	switch a.Type() {
	case reflect.TypeFor[time.Time]():
		x, y := unlocked(a).Interface().(time.Time), unlocked(b).Interface().(time.Time)
		_, offset := x.Zone()
		_, otherOffset := y.Zone()
		return x.Equal(y) && offset == otherOffset
	case reflect.TypeFor[big.Int]():
		x, y := unlocked(a).Interface().(big.Int), unlocked(b).Interface().(big.Int)
		return x.Cmp(&y) == 0
	}
	switch a.Kind() {
	case reflect.Float32, reflect.Float64:
		return sameFloat(a.Float(), b.Float())
	case reflect.Complex64, reflect.Complex128:
		x, y := a.Complex(), b.Complex()
		return sameFloat(real(x), real(y)) && sameFloat(imag(x), imag(y))
	case reflect.Slice:
		return a.IsNil() == b.IsNil() && sameRows(a, b)
	case reflect.Array:
		return sameRows(a, b)
	case reflect.Map:
		return a.IsNil() == b.IsNil() && sameMaps(a, b)
	case reflect.Pointer, reflect.Interface:
		return a.IsNil() && b.IsNil() || !a.IsNil() && !b.IsNil() && same(a.Elem(), b.Elem())
	case reflect.Struct:
		for i := range a.NumField() {
			if f := a.Type().Field(i); f.Name != "_" && f.Tag.Get("labbook") != "-" && !same(a.Field(i), b.Field(i)) {
				return false
			}
		}
		return true
	}
	return a.Equal(b) // numbers, booleans and text
}

func sameFloat(a, b float64) bool {
	return a != a && b != b || a == b && math.Signbit(a) == math.Signbit(b)
}

func sameRows(a, b reflect.Value) bool {
	if a.Len() != b.Len() {
		return false
	}
	for i := range a.Len() {
		if !same(a.Index(i), b.Index(i)) {
			return false
		}
	}
	return true
}

// sameMaps finds for each entry of one map an equal one of the other: with keys
// such as NaN and pointers, several may be equal.
func sameMaps(a, b reflect.Value) bool {
	type entry struct{ key, value reflect.Value }
	var others []entry
	for other := b.MapRange(); other.Next(); {
		others = append(others, entry{other.Key(), other.Value()})
	}
	for e := a.MapRange(); e.Next(); {
		i := slices.IndexFunc(others, func(o entry) bool { return same(e.Key(), o.key) && same(e.Value(), o.value) })
		if i < 0 {
			return false
		}
		others = slices.Delete(others, i, i+1)
	}
	return len(others) == 0
}

// unlocked returns a value of an unexported field so that it can be read.
func unlocked(v reflect.Value) reflect.Value {
	if v.CanInterface() {
		return v
	}
	return reflect.NewAt(v.Type(), v.Addr().UnsafePointer()).Elem()
}

// deepCopy returns a value that is equal to v and shares nothing with it.
func deepCopy(v reflect.Value) reflect.Value {
	c := reflect.New(v.Type()).Elem()
	switch v.Type() {
	case reflect.TypeFor[time.Time]():
		t := v.Interface().(time.Time)
		_, offset := t.Zone()
		c.Set(reflect.ValueOf(time.Unix(t.Unix(), int64(t.Nanosecond())).In(time.FixedZone("copy", offset))))
		return c
	case reflect.TypeFor[big.Int]():
		n := v.Interface().(big.Int)
		c.Set(reflect.ValueOf(*new(big.Int).Set(&n)))
		return c
	}
	switch v.Kind() {
	case reflect.String:
		c.SetString(strings.Clone(v.String()))
	case reflect.Slice:
		if !v.IsNil() {
			c.Set(reflect.MakeSlice(v.Type(), v.Len(), v.Len()+7))
			for i := range v.Len() {
				c.Index(i).Set(deepCopy(v.Index(i)))
			}
		}
	case reflect.Array:
		for i := range v.Len() {
			c.Index(i).Set(deepCopy(v.Index(i)))
		}
	case reflect.Map:
		if !v.IsNil() {
			c.Set(reflect.MakeMapWithSize(v.Type(), 100))
			for entry := v.MapRange(); entry.Next(); {
				c.SetMapIndex(deepCopy(entry.Key()), deepCopy(entry.Value()))
			}
		}
	case reflect.Pointer:
		if !v.IsNil() {
			c.Set(reflect.New(v.Type().Elem()))
			c.Elem().Set(deepCopy(v.Elem()))
		}
	case reflect.Interface:
		if !v.IsNil() {
			c.Set(deepCopy(v.Elem()))
		}
	case reflect.Struct:
		from := reflect.New(v.Type()).Elem() // Fields of that are addressable.
		from.Set(v)
		for i := range v.NumField() {
			unlocked(c.Field(i)).Set(deepCopy(unlocked(from.Field(i))))
		}
	default:
		c.Set(v)
	}
	return c
}
