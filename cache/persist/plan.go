package persist

import (
	"fmt"
	"math"
	"reflect"
	"sync"
	"unsafe"
)

// A plan is how values of one type are stored. It is compiled once per type,
// so that storing a value asks reflection nothing that its type can answer.
//
// The functions get a pointer to the value. Decode finds zeroed memory there.
type plan struct {
	typ   reflect.Type
	least int // the fewest bytes that a value takes
	nodes nodeCount

	encode func(e *encoder, p unsafe.Pointer) error
	decode func(d *decoder, p unsafe.Pointer) error
	walk   func(w *walker, p unsafe.Pointer) error // finds the nodes; nil if there are none
}

// A nodeCount says how many pointers, slices and maps a value may hold. One
// alone cannot be shared.
type nodeCount int

const (
	noNode nodeCount = iota
	oneNode
	manyNodes
)

func (n nodeCount) plus(other nodeCount) nodeCount { return min(n+other, manyNodes) }

// each is the count of several values that hold n each.
func (n nodeCount) each() nodeCount { return n.plus(n) }

// maxLeast bounds plan.least, so that sums and products of it stay small.
const maxLeast = math.MaxInt32 / 2

// times is the least that n values take together.
func (p *plan) times(n int) int {
	return int(min(float64(p.least)*float64(n), maxLeast))
}

var plans sync.Map // reflect.Type → *plan

func planOf(t reflect.Type) (*plan, error) {
	if found, ok := plans.Load(t); ok {
		return found.(*plan), nil
	}
	c := compiler{begun: make(map[reflect.Type]*plan)}
	root, err := c.plan(t)
	if err != nil {
		return nil, err
	}
	// Only now: until the root is known to be sound, a plan that leans on a
	// type that was still being compiled may turn out to be of no use.
	for _, p := range c.order {
		plans.LoadOrStore(p.typ, p)
	}
	return root, nil
}

// A compiler makes the plans that one type needs.
type compiler struct {
	begun map[reflect.Type]*plan
	order []*plan // the keys of begun, in the order in which they were begun
}

// plan returns the plan of t. While t itself is being compiled, that is a plan
// that will be completed in place: a type may contain itself, through a
// pointer, slice or map.
func (c *compiler) plan(t reflect.Type) (*plan, error) {
	if found, ok := plans.Load(t); ok {
		return found.(*plan), nil
	}
	if p, ok := c.begun[t]; ok {
		return p, nil
	}
	p := &plan{typ: t, least: 1, nodes: manyNodes}
	mark := len(c.order)
	c.begun[t] = p
	c.order = append(c.order, p)

	err := c.compile(p)
	if err != nil {
		for _, begun := range c.order[mark:] {
			delete(c.begun, begun.typ)
		}
		c.order = c.order[:mark]
		if !textForm(t) {
			return nil, err
		}
		// What was compiled with p in mind is gone, p is not.
		c.begun[t] = p
		c.order = append(c.order, p)
		planText(p)
	}
	return p, nil
}

func (c *compiler) compile(p *plan) error {
	t := p.typ
	switch {
	case t == typeTime:
		planTime(p)
		return nil
	case t == typeBigInt:
		planBigInt(p)
		return nil
	case planBinary(p):
		return nil
	}
	switch t.Kind() {
	case reflect.Bool:
		planBool(p)
	case reflect.String:
		planString(p)
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		planInt(p)
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		planUint(p)
	case reflect.Float32, reflect.Float64:
		planFloat(p)
	case reflect.Complex64, reflect.Complex128:
		planComplex(p)
	case reflect.Slice:
		return c.planSlice(p)
	case reflect.Array:
		return c.planArray(p)
	case reflect.Map:
		return c.planMap(p)
	case reflect.Struct:
		return c.planStruct(p)
	case reflect.Pointer:
		return c.planPointer(p)
	case reflect.Interface:
		planInterface(p)
	case reflect.Func:
		return unsupported(t, "a function lives in one process; store what it is made from")
	case reflect.Chan:
		return unsupported(t, "a channel lives in one process")
	case reflect.Uintptr, reflect.UnsafePointer:
		return unsupported(t, "an address means nothing to another process")
	default:
		return unsupported(t, fmt.Sprintf("kind %v is unknown", t.Kind()))
	}
	return nil
}

func unsupported(t reflect.Type, reason string) error {
	return &UnsupportedError{Type: t, Reason: reason}
}
