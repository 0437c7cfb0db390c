package cache

import (
	"reflect"
	"time"
)

// copyArguments returns copies of arguments, so that a function that changes what
// it is given changes these. Slices, maps and pointers are copied as deep as
// they hold plain data; what has unexported fields may be tied to its place, as
// a mutex is, or to other things, and is left as it is, and so is what lies deeper
// than maxCopyDepth. What is shared by several arguments, or cyclic, stays so.
func copyArguments(args []reflect.Value) []reflect.Value {
	c := argumentCopier{made: map[madeOf]reflect.Value{}, tied: map[reflect.Type]bool{}}
	copies := make([]reflect.Value, len(args))
	for i, arg := range args {
		copies[i] = c.copy(arg)
	}
	return copies
}

// maxCopyDepth bounds the stack that copying takes.
const maxCopyDepth = 10_000

type argumentCopier struct {
	depth int
	made  map[madeOf]reflect.Value
	tied  map[reflect.Type]bool // whether values of a type are left as they are
}

// madeOf is what a copy was made of.
type madeOf struct {
	typ     reflect.Type
	address uintptr
	length  int
}

func (c *argumentCopier) copy(v reflect.Value) reflect.Value {
	switch v.Kind() {
	case reflect.Pointer:
		if v.IsNil() || c.isTied(v.Type().Elem()) {
			return v
		}
		return c.once(v, 0, func() (reflect.Value, func(made reflect.Value)) {
			return reflect.New(v.Type().Elem()).Convert(v.Type()), func(made reflect.Value) { made.Elem().Set(c.copy(v.Elem())) }
		})
	case reflect.Slice:
		if v.IsNil() || c.isTied(v.Type().Elem()) {
			return v
		}
		return c.once(v, v.Len(), func() (reflect.Value, func(made reflect.Value)) {
			return reflect.MakeSlice(v.Type(), v.Len(), v.Len()), func(made reflect.Value) {
				reflect.Copy(made, v)
				c.elements(made)
			}
		})
	case reflect.Map:
		if v.IsNil() || c.isTied(v.Type().Elem()) {
			return v
		}
		return c.once(v, 0, func() (reflect.Value, func(made reflect.Value)) {
			return reflect.MakeMapWithSize(v.Type(), v.Len()), func(made reflect.Value) {
				for entries := v.MapRange(); entries.Next(); {
					made.SetMapIndex(entries.Key(), c.copy(entries.Value()))
				}
			}
		})
	case reflect.Interface:
		if v.IsNil() || c.isTied(v.Elem().Type()) {
			return v
		}
		made := reflect.New(v.Type()).Elem()
		made.Set(c.copy(v.Elem()))
		return made
	case reflect.Struct, reflect.Array:
		if c.isTied(v.Type()) || v.Type() == timeType {
			return v
		}
		made := reflect.New(v.Type()).Elem()
		made.Set(v)
		if v.Kind() == reflect.Array {
			c.elements(made)
			return made
		}
		for i := range made.NumField() {
			if v.Type().Field(i).IsExported() { // others are blank
				made.Field(i).Set(c.copy(made.Field(i)))
			}
		}
		return made
	}
	return v
}

// once copies what can be reached by several ways. The copy is known before what
// it holds is copied.
func (c *argumentCopier) once(v reflect.Value, length int, begin func() (made reflect.Value, fill func(reflect.Value))) reflect.Value {
	of := madeOf{v.Type(), v.Pointer(), length}
	if made, known := c.made[of]; known {
		return made
	}
	if c.depth == maxCopyDepth {
		return v
	}
	c.depth++
	made, fill := begin()
	c.made[of] = made
	fill(made)
	c.depth--
	return made
}

// elements puts copies in the place of the elements of a slice or an array.
func (c *argumentCopier) elements(v reflect.Value) {
	if isFlat(v.Type().Elem().Kind()) {
		return
	}
	for i := range v.Len() {
		v.Index(i).Set(c.copy(v.Index(i)))
	}
}

// isFlat reports whether values of a kind hold nothing that could be changed.
func isFlat(kind reflect.Kind) bool {
	switch kind {
	case reflect.Pointer, reflect.Slice, reflect.Map, reflect.Interface, reflect.Struct, reflect.Array:
		return false
	}
	return true
}

var timeType = reflect.TypeFor[time.Time]()

// isTied reports whether values of a type have unexported fields, by themselves
// and not by what they point to.
func (c *argumentCopier) isTied(t reflect.Type) bool {
	switch t.Kind() {
	case reflect.Array:
		return c.isTied(t.Elem())
	case reflect.Struct:
	default:
		return false
	}
	if t == timeType {
		return false
	}
	if tied, known := c.tied[t]; known {
		return tied
	}
	tied := false
	for f := range t.Fields() {
		tied = tied || !f.IsExported() && f.Name != "_" || c.isTied(f.Type)
	}
	c.tied[t] = tied
	return tied
}
