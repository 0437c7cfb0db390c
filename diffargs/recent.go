package diffargs

import (
	"reflect"
	"unsafe"
)

// recentPlans is how an encoder finds the plans of the types that interfaces
// hold: there are few in one value, one after the other, and the planner's own
// map is made for many goroutines.
type recentPlans [16]struct {
	typ  unsafe.Pointer
	plan *plan
}

// planOf returns the plan of t.
func (e *encoder) planOf(t reflect.Type) *plan {
	word := (*[2]unsafe.Pointer)(unsafe.Pointer(&t))[1]
	known := &e.recent[uint32(uintptr(word)>>4)*0x9E3779B9>>28]
	if known.typ != word {
		known.typ, known.plan = word, e.plans.get(t)
	}
	return known.plan
}
