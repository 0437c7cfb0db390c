package persist

import (
	"fmt"
	"math"
	"math/big"
	"reflect"
	"time"
)

// difference is the path of the first place where two values of one type
// differ in anything that is promised to come back, and "" if there is none.
// It compares the slow and obvious way, and by bits.
func difference(x, y reflect.Value) string {
	return differ{}.at(x, y, "value")
}

type differ map[[2]uintptr]bool

func (seen differ) at(x, y reflect.Value, path string) string {
	if x.Type() != y.Type() {
		return fmt.Sprintf("%s: type %v, then %v", path, x.Type(), y.Type())
	}
	unless := func(equal bool) string {
		if equal {
			return ""
		}
		return fmt.Sprintf("%s: %#v, then %#v", path, x, y)
	}
	switch a := x.Interface().(type) {
	case time.Time:
		b := y.Interface().(time.Time)
		_, before := a.Zone()
		_, after := b.Zone()
		return unless(a.Equal(b) && before == after && (a.Location() == time.UTC) == (b.Location() == time.UTC))
	case big.Int:
		b := y.Interface().(big.Int)
		return unless(a.Cmp(&b) == 0)
	case interface{ Same(any) bool }:
		return unless(a.Same(y.Interface()))
	}
	switch x.Kind() {
	case reflect.Float32, reflect.Float64:
		return unless(math.Float64bits(x.Float()) == math.Float64bits(y.Float()))
	case reflect.Complex64, reflect.Complex128:
		a, b := x.Complex(), y.Complex()
		return unless(math.Float64bits(real(a)) == math.Float64bits(real(b)) && math.Float64bits(imag(a)) == math.Float64bits(imag(b)))
	case reflect.Slice, reflect.Map, reflect.Pointer, reflect.Interface:
		if x.IsNil() || y.IsNil() {
			return unless(x.IsNil() == y.IsNil())
		}
	}
	switch x.Kind() {
	case reflect.Slice, reflect.Map, reflect.Pointer:
		pair := [2]uintptr{x.Pointer(), y.Pointer()}
		if seen[pair] && x.Kind() != reflect.Slice {
			return ""
		}
		seen[pair] = true
	}
	switch x.Kind() {
	case reflect.Slice, reflect.Array:
		if x.Len() != y.Len() {
			return unless(false)
		}
		for i := range x.Len() {
			if d := seen.at(x.Index(i), y.Index(i), fmt.Sprintf("%s[%d]", path, i)); d != "" {
				return d
			}
		}
		return ""
	case reflect.Map:
		if x.Len() != y.Len() {
			return unless(false)
		}
		for entries := x.MapRange(); entries.Next(); {
			other := y.MapIndex(entries.Key())
			if !other.IsValid() { // a key that holds NaN is not found by looking it up
				other = seen.entry(y, entries.Key())
			}
			if !other.IsValid() {
				return fmt.Sprintf("%s: key %#v is gone", path, entries.Key())
			}
			if d := seen.at(entries.Value(), other, fmt.Sprintf("%s[%v]", path, entries.Key())); d != "" {
				return d
			}
		}
		return ""
	case reflect.Struct:
		for i := range x.NumField() {
			if !x.Type().Field(i).IsExported() {
				continue
			}
			if d := seen.at(x.Field(i), y.Field(i), path+"."+x.Type().Field(i).Name); d != "" {
				return d
			}
		}
		return ""
	case reflect.Pointer, reflect.Interface:
		return seen.at(x.Elem(), y.Elem(), path+".*")
	default:
		return unless(x.Equal(y))
	}
}

// entry returns the value of the entry of m whose key looks like key.
func (seen differ) entry(m, key reflect.Value) reflect.Value {
	for entries := m.MapRange(); entries.Next(); {
		if seen.at(key, entries.Key(), "") == "" {
			return entries.Value()
		}
	}
	return reflect.Value{}
}
