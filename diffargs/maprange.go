package diffargs

import (
	"reflect"
	"sync"
	"unsafe"
)

// A rangeFunc writes the entries of the map at p, which is not nil, in no
// particular order.
type rangeFunc func(e *encoder, pl *plan, p unsafe.Pointer) error

// rangeFuncOf returns the fastest way over maps of a type. Reflection costs
// several times as much as a loop that is compiled for the type, so the common
// types are walked as a map of the same shape: one whose keys are hashed alike
// and whose keys and values lie in memory alike. A map does not know its own
// type, and nothing is written to it.
func rangeFuncOf(key, elem *plan) rangeFunc {
	switch shapeOf(key) {
	case textShape:
		return rangeOver[string](key, elem)
	case word64Shape:
		return rangeOver[uint64](key, elem)
	case word32Shape:
		return rangeOver[uint32](key, elem)
	default:
		return rangeByReflection(key, elem)
	}
}

func rangeOver[K comparable](key, elem *plan) rangeFunc {
	switch shapeOf(elem) {
	case textShape:
		return rangeTyped[K, string]()
	case word64Shape, float64Shape:
		return rangeTyped[K, uint64]()
	case word32Shape:
		return rangeTyped[K, uint32]()
	case byteShape:
		return rangeTyped[K, uint8]()
	case emptyShape:
		return rangeTyped[K, struct{}]()
	case sliceShape:
		return rangeTyped[K, []byte]()
	case pointerShape:
		return rangeTyped[K, unsafe.Pointer]()
	case anyShape:
		return rangeTyped[K, any]()
	default:
		return rangeByReflection(key, elem)
	}
}

// A memoryShape is how values of a type lie in memory and, of whole numbers and
// texts, how they are hashed as keys.
type memoryShape uint8

const (
	otherShape memoryShape = iota
	textShape
	word64Shape
	word32Shape
	byteShape
	float64Shape
	emptyShape
	sliceShape
	pointerShape
	anyShape
)

func shapeOf(pl *plan) memoryShape {
	switch pl.kind {
	case reflect.String:
		return textShape
	case reflect.Int64, reflect.Uint64:
		return word64Shape
	case reflect.Int, reflect.Uint:
		if pl.size == 8 {
			return word64Shape
		}
		return word32Shape
	case reflect.Int32, reflect.Uint32:
		return word32Shape
	case reflect.Int8, reflect.Uint8, reflect.Bool:
		return byteShape
	case reflect.Float64:
		return float64Shape
	case reflect.Struct:
		if pl.size == 0 && pl.typ.Align() == 1 {
			return emptyShape
		}
	case reflect.Slice:
		return sliceShape
	case reflect.Pointer:
		return pointerShape
	case reflect.Interface:
		if pl.typ.NumMethod() == 0 {
			return anyShape
		}
	}
	return otherShape
}

// rangeTyped walks maps as map[K]V. The entry at hand has a place of its own,
// which is used again: a variable of the loop would be allocated for each.
func rangeTyped[K comparable, V any]() rangeFunc {
	type place struct {
		key   K
		value V
	}
	places := &sync.Pool{New: func() any { return new(place) }}
	return func(e *encoder, pl *plan, p unsafe.Pointer) error {
		at := places.Get().(*place)
		for key, value := range *(*map[K]V)(p) {
			at.key, at.value = key, value
			if err := e.entry(pl, unsafe.Pointer(&at.key), unsafe.Pointer(&at.value)); err != nil {
				return err
			}
		}
		*at = place{}
		places.Put(at)
		return nil
	}
}

// rangeByReflection walks maps of any type.
func rangeByReflection(key, elem *plan) rangeFunc {
	type cursor struct {
		entry      reflect.MapIter
		key, value reflect.Value
	}
	cursors := &sync.Pool{New: func() any {
		return &cursor{key: reflect.New(key.typ), value: reflect.New(elem.typ)}
	}}
	return func(e *encoder, pl *plan, p unsafe.Pointer) error {
		c := cursors.Get().(*cursor)
		key, value := c.key.Elem(), c.value.Elem()
		c.entry.Reset(reflect.NewAt(pl.typ, p).Elem())
		for c.entry.Next() {
			key.SetIterKey(&c.entry)
			value.SetIterValue(&c.entry)
			if err := e.entry(pl, c.key.UnsafePointer(), c.value.UnsafePointer()); err != nil {
				return err
			}
		}
		c.entry.Reset(reflect.Value{})
		key.SetZero()
		value.SetZero()
		cursors.Put(c)
		return nil
	}
}
