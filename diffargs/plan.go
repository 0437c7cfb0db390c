package diffargs

import (
	"reflect"
	"sync"
	"unsafe"
)

// A plan is how values of one type are encoded, worked out once per type.
// Plans refer to each other as their types do. They are never changed once
// they can be found.
type plan struct {
	typ       reflect.Type
	kind      reflect.Kind
	treatment treatment
	digest    Digest // of the type
	size      uintptr
	err       *UnkeyableError // why no value of the type can be digested

	// body writes the whole encoding of the value at p.
	body func(e *encoder, p unsafe.Pointer) error

	fixed     int    // bytes of every encoding; -1 if they differ
	layout    layout // what the memory of a value has to do with its encoding
	recursive bool   // a value can hold, at any depth, an interface or a value of its own type
	direct    bool   // an interface holds the value in its data word, not a pointer to it

	key, elem *plan
	ranging   rangeFunc // over the entries of a map
	fields    []field
}

type field struct {
	name   string
	index  int // in the struct
	offset uintptr
	plan   *plan
}

// encode writes the value at p as part of another one.
func (pl *plan) encode(e *encoder, p unsafe.Pointer) error {
	if pl.recursive && (pl.kind == reflect.Slice || pl.kind == reflect.Map) {
		return e.container(pl, p)
	}
	if e.graph.skips(pl) {
		return nil
	}
	return pl.body(e, p)
}

// A planner finds and makes plans. One that is portable makes no use of how
// the machine lays out memory; both kinds write the same bytes.
type planner struct {
	portable bool
	made     sync.Map // reflect.Type → *plan
	mu       sync.Mutex
	making   map[reflect.Type]*plan
}

var nativePlans = &planner{portable: !littleEndian}

func (ps *planner) get(t reflect.Type) *plan {
	if made, found := ps.made.Load(t); found {
		return made.(*plan)
	}
	ps.mu.Lock()
	defer ps.mu.Unlock()
	ps.making = map[reflect.Type]*plan{}
	pl := ps.plan(t)
	// Only now is every plan that is reachable from these complete.
	for t, made := range ps.making {
		ps.made.Store(t, made)
	}
	return pl
}

// plan returns the plan for t, which may not be complete yet if t is part of
// itself.
func (ps *planner) plan(t reflect.Type) *plan {
	if made, found := ps.made.Load(t); found {
		return made.(*plan)
	}
	if pl, found := ps.making[t]; found {
		return pl
	}
	survey := typeSurvey{states: map[reflect.Type]surveyState{}}
	pl := &plan{
		typ:       t,
		kind:      t.Kind(),
		treatment: treatmentOf(t),
		size:      t.Size(),
		fixed:     -1,
		err:       survey.unkeyable(t),
		recursive: survey.recursive,
	}
	ps.making[t] = pl
	if pl.err != nil {
		return pl
	}
	pl.digest = typeDigest(t)
	pl.direct = isDirect(t)
	if pl.treatment == walked {
		ps.fill(pl)
	} else {
		pl.fillSpecial()
	}
	if ps.portable {
		pl.layout = scattered
	}
	return pl
}

// fill sets what depends on the kind of type.
func (ps *planner) fill(pl *plan) {
	t := pl.typ
	switch pl.kind {
	case reflect.String:
		pl.body = encodeString
	case reflect.Pointer:
		pl.elem = ps.plan(t.Elem())
		pl.body = func(e *encoder, p unsafe.Pointer) error { return e.pointer(pl, p) }
	case reflect.Slice:
		pl.elem = ps.plan(t.Elem())
		pl.body = func(e *encoder, p unsafe.Pointer) error { return e.slice(pl, p) }
	case reflect.Array:
		ps.fillArray(pl)
	case reflect.Map:
		pl.key, pl.elem = ps.plan(t.Key()), ps.plan(t.Elem())
		pl.ranging = rangeFuncOf(pl.key, pl.elem)
		if ps.portable {
			pl.ranging = rangeByReflection(pl.key, pl.elem)
		}
		pl.body = func(e *encoder, p unsafe.Pointer) error { return e.mapping(pl, p) }
	case reflect.Interface:
		if t.NumMethod() == 0 {
			pl.body = encodeEmptyInterface
		} else {
			pl.body = func(e *encoder, p unsafe.Pointer) error { return e.methodInterface(t, p) }
		}
	case reflect.Struct:
		ps.fillStruct(pl)
	default:
		pl.layout = scalarLayout(pl.kind)
		pl.fixed, pl.body = scalarBody(pl.kind)
	}
}

func (ps *planner) fillArray(pl *plan) {
	count := pl.typ.Len()
	if count == 0 {
		pl.fixed, pl.layout, pl.body = 0, exact, encodeNothing
		return
	}
	elem := ps.plan(pl.typ.Elem())
	pl.elem = elem
	pl.body = func(e *encoder, p unsafe.Pointer) error { return e.items(elem, p, count) }
	if elem.fixed < 0 {
		return
	}
	if total := uint64(elem.fixed) * uint64(count); total <= chunkSize {
		pl.fixed = int(total)
		pl.layout = elem.layout
	} else {
		pl.fixed = len(Digest{})
	}
}

func (ps *planner) fillStruct(pl *plan) {
	pl.fixed = 0
	for _, f := range keyFields(pl.typ) {
		fp := ps.plan(f.Type)
		pl.fields = append(pl.fields, field{f.Name, f.Index[0], f.Offset, fp})
		if fp.fixed < 0 {
			pl.fixed = -1
		} else if pl.fixed >= 0 {
			pl.fixed += fp.fixed
		}
	}
	pl.layout = structLayout(pl)
	if pl.fixed == 0 {
		pl.body = encodeNothing
		return
	}
	fields := pl.fields
	pl.body = func(e *encoder, p unsafe.Pointer) error {
		for i := range fields {
			f := &fields[i]
			if err := f.plan.encode(e, unsafe.Add(p, f.offset)); err != nil {
				return below("."+f.name, err)
			}
		}
		return nil
	}
}

// structLayout finds structs whose memory is their encoding: no gaps, and
// fields of one layout.
func structLayout(pl *plan) layout {
	if pl.fixed <= 0 || uintptr(pl.fixed) != pl.size {
		return scattered
	}
	end, common := uintptr(0), scattered
	for _, f := range pl.fields {
		switch {
		case f.offset != end || uintptr(f.plan.fixed) != f.plan.size || f.plan.layout == scattered:
			return scattered
		case common == scattered:
			common = f.plan.layout
		case common != f.plan.layout:
			return scattered
		}
		end += f.plan.size
	}
	return common
}

// isDirect reports whether an interface holds values of t in its data word.
// The rules for that have changed between releases of Go, so an interface is
// asked: the data word of a zero value is nil just if it is the value.
func isDirect(t reflect.Type) bool {
	if t.Kind() == reflect.Interface || t.Size() != unsafe.Sizeof(uintptr(0)) {
		return false
	}
	zero := reflect.New(t).Elem().Interface()
	return dataWord(&zero) == nil
}

// dataWord returns the second word of an interface. Both words have been what
// they are since Go 1.4, and much code outside the runtime relies on it.
func dataWord(v *any) unsafe.Pointer {
	return (*[2]unsafe.Pointer)(unsafe.Pointer(v))[1]
}
