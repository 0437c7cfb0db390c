package diffargs

import (
	"errors"
	"reflect"
	"unsafe"
)

var (
	errCyclic = errors.New("value is cyclic")
	errDeep   = errors.New("value is deep")
)

func (e *encoder) pointer(pl *plan, p unsafe.Pointer) error {
	target := *(*unsafe.Pointer)(p)
	if target == nil {
		e.buf = append(e.buf, 0)
		return nil
	}
	e.buf = append(e.buf, 1)
	return e.refer(object{plan: pl.elem, address: target}, target)
}

// container writes a slice or a map of a recursive type.
func (e *encoder) container(pl *plan, p unsafe.Pointer) error {
	if pl.kind == reflect.Slice {
		s := (*sliceHeader)(p)
		return e.refer(object{plan: pl, address: s.data, length: s.len}, p)
	}
	return e.refer(object{plan: pl, address: *(*unsafe.Pointer)(p)}, p)
}

func encodeEmptyInterface(e *encoder, p unsafe.Pointer) error {
	v := *(*any)(p)
	return e.contents(reflect.TypeOf(v), (*[2]unsafe.Pointer)(p))
}

func (e *encoder) methodInterface(t reflect.Type, p unsafe.Pointer) error {
	held := reflect.NewAt(t, p).Elem().Elem()
	if !held.IsValid() {
		return e.contents(nil, nil)
	}
	return e.contents(held.Type(), (*[2]unsafe.Pointer)(p))
}

// contents writes what an interface of these words holds, a value of type t.
func (e *encoder) contents(t reflect.Type, words *[2]unsafe.Pointer) error {
	if t == nil {
		e.buf = append(e.buf, 0)
		return nil
	}
	pl := e.planOf(t)
	if pl.err != nil {
		return pl.err
	}
	e.buf = append(e.buf, 1)
	e.buf = append(e.buf, pl.digest[:]...)
	p := words[1]
	if pl.direct {
		p = unsafe.Pointer(&words[1])
	}
	if pl.recursive && (pl.kind == reflect.Struct || pl.kind == reflect.Array) {
		return e.refer(object{plan: pl, address: words[1]}, p)
	}
	return pl.encode(e, p)
}

// refer writes the digest of an object whose value is at p.
func (e *encoder) refer(o object, p unsafe.Pointer) error {
	if e.graph != nil && o.plan.recursive {
		if e.graph.isWanted(o) {
			return &UnkeyableError{}
		}
		e.graph.refer(e, o, p)
		return nil
	}
	place, found := e.memo.at(o)
	if known := &e.memo.entries[place].value; found && !known.IsZero() {
		e.buf = append(e.buf, known[:]...)
		return nil
	} else if found {
		return errCyclic
	}
	if e.depth >= maxDepth {
		return errDeep
	}
	e.depth++
	d, err := e.digest(o.plan, p)
	e.depth--
	if err != nil {
		return err
	}
	e.memo.entries[place].value = d
	e.buf = append(e.buf, d[:]...)
	return nil
}
