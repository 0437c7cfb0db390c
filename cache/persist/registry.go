package persist

import (
	"fmt"
	"math/big"
	"reflect"
	"strconv"
	"strings"
	"sync"
	"time"
)

// The registry says which types interfaces may hold: a name in a stream is
// worth nothing unless the program that reads it has that type. It only grows,
// and a type has one name in every program.
var registry = struct {
	sync.RWMutex
	byName map[string]reflect.Type
	byType map[reflect.Type]string
}{byName: map[string]reflect.Type{}, byType: map[reflect.Type]string{}}

// Register makes T known as a type that interfaces may hold. Call it when the
// program starts, in those that store and in those that load: from a variable
// declaration or an init function. Registering a type again is harmless.
//
// It panics if T cannot be stored, or if another type has the same name: two
// types declared within functions may.
func Register[T any]() {
	t := reflect.TypeFor[T]()
	if t.Kind() == reflect.Interface {
		panic(fmt.Sprintf("persist: register %v: an interface is no type that an interface can hold", t))
	}
	if err := CheckType(t); err != nil {
		panic(fmt.Sprintf("persist: register %v: %v", t, err))
	}
	name := typeName(t)
	registry.Lock()
	defer registry.Unlock()
	if other, ok := registry.byName[name]; ok && other != t {
		panic(fmt.Sprintf("persist: register %v: another type is called %s too; rename one of them", t, name))
	}
	registry.byName[name] = t
	registry.byType[t] = name
}

func registeredName(t reflect.Type) (string, bool) {
	registry.RLock()
	defer registry.RUnlock()
	name, ok := registry.byType[t]
	return name, ok
}

func registeredType(name string) (reflect.Type, bool) {
	registry.RLock()
	defer registry.RUnlock()
	t, ok := registry.byName[name]
	return t, ok
}

func init() {
	registerFamily[bool]()
	registerFamily[string]()
	registerFamily[int]()
	registerFamily[int8]()
	registerFamily[int16]()
	registerFamily[int32]()
	registerFamily[int64]()
	registerFamily[uint]()
	registerFamily[uint8]()
	registerFamily[uint16]()
	registerFamily[uint32]()
	registerFamily[uint64]()
	registerFamily[float32]()
	registerFamily[float64]()
	registerFamily[complex64]()
	registerFamily[complex128]()
	registerFamily[time.Time]()
	registerFamily[time.Duration]()
	registerFamily[any]()
	Register[*big.Int]()
}

// registerFamily registers a type with what is most often made of it.
func registerFamily[T any]() {
	if reflect.TypeFor[T]().Kind() != reflect.Interface {
		Register[T]()
	}
	Register[[]T]()
	Register[[][]T]()
	Register[map[string]T]()
}

// typeName names a type in the way of Go's source, but with whole package
// paths, so that types of packages with one name stay apart.
func typeName(t reflect.Type) string {
	if t.Name() != "" {
		if t.PkgPath() == "" {
			return t.Name()
		}
		return t.PkgPath() + "." + t.Name()
	}
	switch t.Kind() {
	case reflect.Pointer:
		return "*" + typeName(t.Elem())
	case reflect.Slice:
		return "[]" + typeName(t.Elem())
	case reflect.Array:
		return "[" + strconv.Itoa(t.Len()) + "]" + typeName(t.Elem())
	case reflect.Map:
		return "map[" + typeName(t.Key()) + "]" + typeName(t.Elem())
	case reflect.Struct:
		var fields []string
		for f := range t.Fields() {
			text := f.Name + " " + typeName(f.Type)
			if f.Anonymous {
				text = typeName(f.Type)
			}
			if f.Tag != "" {
				text += " " + strconv.Quote(string(f.Tag))
			}
			fields = append(fields, text)
		}
		return "struct{" + strings.Join(fields, "; ") + "}"
	case reflect.Interface:
		if t.NumMethod() == 0 {
			return "any"
		}
	}
	return t.String()
}
