package diffargs

import (
	"math/big"
	"net/netip"
	"os"
	"reflect"
	"strings"
	"sync"
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
	if t.Kind() != reflect.Struct || t.NumField() == 0 {
		return walked
	}
	if t.PkgPath() == "sync/atomic" && strings.HasPrefix(t.Name(), "Pointer[") {
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
		return "it may be an address; a number can be a uint64"
	}
	if treatmentOf(t) != refused {
		return ""
	}
	switch t.PkgPath() + "." + t.Name() {
	case "sync.Map":
		return "what it holds is private; a map can be"
	case "os.File":
		return "an open file belongs to one process; its path or its contents can be"
	case "reflect.Value":
		return "what it refers to may not be readable; its Interface() can be"
	default:
		return "what it holds is private"
	}
}
