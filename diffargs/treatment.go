package diffargs

import (
	"context"
	"math/big"
	"net/netip"
	"os"
	"reflect"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// treatment says how values of a type are encoded.
type treatment uint8

const (
	walked      treatment = iota // by its kind: fields, elements, number
	selfDefined                  // it is a Digester
	leftOut                      // state of the process, not data: nothing is encoded
	refused                      // cannot be part of a key
	asTime                       // the rest are types whose fields do not show what is equal
	asBigInt
	asBigFloat
	asBigRat
	asAddr
	asLocation
	asReflectType
	asErrno
)

var treatments = map[reflect.Type]treatment{
	reflect.TypeFor[time.Time]():       asTime,
	reflect.TypeFor[big.Int]():         asBigInt,
	reflect.TypeFor[big.Float]():       asBigFloat,
	reflect.TypeFor[big.Rat]():         asBigRat,
	reflect.TypeFor[netip.Addr]():      asAddr,
	reflect.TypeFor[time.Location]():   asLocation,
	runtimeType:                        asReflectType,
	reflect.TypeFor[sync.Mutex]():      leftOut,
	reflect.TypeFor[sync.RWMutex]():    leftOut,
	reflect.TypeFor[sync.Once]():       leftOut,
	reflect.TypeFor[sync.WaitGroup]():  leftOut,
	reflect.TypeFor[sync.Cond]():       leftOut,
	reflect.TypeFor[sync.Pool]():       leftOut,
	reflect.TypeFor[sync.Map]():        refused,
	reflect.TypeFor[atomic.Uintptr]():  refused,
	reflect.TypeFor[os.File]():         refused,
	reflect.TypeFor[reflect.Value]():   refused,
	reflect.TypeFor[reflect.MapIter](): refused,
}

func treatmentOf(t reflect.Type) treatment {
	if known, found := treatments[t]; found {
		return known
	}
	if isDigester(t) {
		return selfDefined
	}
	if isContext(t) {
		return refused
	}
	if t.PkgPath() == "syscall" && t.Name() == "Errno" && t.Kind() == reflect.Uintptr {
		return asErrno // Plan 9 has no such type.
	}
	if t.Kind() != reflect.Struct || t.NumField() == 0 {
		return walked
	}
	if isGeneric(t, "sync/atomic", "Pointer") || isGeneric(t, "weak", "Pointer") {
		return refused
	}
	if t.Field(0).PkgPath == "" {
		return walked // All the types above begin with an unexported field.
	}
	// `type Stamp time.Time` has the fields of time.Time and none of its
	// methods; its equality is the same.
	for known, treatment := range treatments {
		if known.Kind() == reflect.Struct && t.ConvertibleTo(known) {
			return treatment
		}
	}
	return walked
}

func isGeneric(t reflect.Type, pkgPath, name string) bool {
	return t.PkgPath() == pkgPath && strings.HasPrefix(t.Name(), name+"[")
}

var contextType = reflect.TypeFor[context.Context]()

// isContext reports whether t is a context. A struct that embeds one is none:
// it may leave that field out.
func isContext(t reflect.Type) bool {
	if !t.Implements(contextType) {
		return false
	}
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t.Kind() == reflect.Struct && t.PkgPath() != contextType.PkgPath() {
		for f := range t.Fields() {
			if f.Anonymous && (f.Type.Implements(contextType) || reflect.PointerTo(f.Type).Implements(contextType)) {
				return false
			}
		}
	}
	return true
}

// refusal says why a type cannot be part of a key; it is empty if nothing
// about the type itself stands against it.
func refusal(t reflect.Type) string {
	switch t.Kind() {
	case reflect.Func:
		return "functions cannot be compared"
	case reflect.Chan:
		return "a channel belongs to one process"
	case reflect.UnsafePointer:
		return "an address belongs to one process"
	case reflect.Uintptr:
		if treatmentOf(t) != asErrno {
			return "it may be an address; a number can be a uint64"
		}
	}
	if treatmentOf(t) != refused {
		return ""
	}
	switch {
	case isContext(t):
		return "a context belongs to one call"
	case t == reflect.TypeFor[sync.Map]():
		return "what it holds is private; a map can be"
	case t == reflect.TypeFor[os.File]():
		return "an open file belongs to one process; its path or its contents can be"
	case t == reflect.TypeFor[reflect.Value]():
		return "what it refers to may not be readable; its Interface() can be"
	case t == reflect.TypeFor[atomic.Uintptr]():
		return "it may be an address; a number can be an atomic.Uint64"
	case t.PkgPath() == "weak":
		return "what it points to may be gone; the value itself can be"
	default:
		return "what it holds is private"
	}
}
