package cache

import (
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"sync"
)

var fileType = reflect.TypeFor[File]()

// A filePlan says where in the values of a type Files may be.
type filePlan struct {
	fields []int // of a struct: those to look into
}

// filePlans holds, for each type that was asked for, its plan, nil if its
// values hold no File.
var filePlans sync.Map // reflect.Type → *filePlan

func filePlanOf(t reflect.Type) *filePlan {
	if known, ok := filePlans.Load(t); ok {
		return known.(*filePlan)
	}
	var plan *filePlan
	if mayHoldFiles(t, make(map[reflect.Type]bool)) {
		plan = new(filePlan)
		if t.Kind() == reflect.Struct {
			for i := range t.NumField() {
				if f := t.Field(i); !leftOut(f) && mayHoldFiles(f.Type, make(map[reflect.Type]bool)) {
					plan.fields = append(plan.fields, i)
				}
			}
		}
	}
	known, _ := filePlans.LoadOrStore(t, plan)
	return known.(*filePlan)
}

// mayHoldFiles reports whether a File or an interface, which may hold one, can
// be reached from a value of type t. A type that has been seen is answered for
// already, or will be.
func mayHoldFiles(t reflect.Type, seen map[reflect.Type]bool) bool {
	if t == fileType {
		return true
	}
	if seen[t] {
		return false
	}
	seen[t] = true
	switch t.Kind() {
	case reflect.Interface:
		return true
	case reflect.Pointer, reflect.Slice, reflect.Array:
		return mayHoldFiles(t.Elem(), seen)
	case reflect.Map:
		return mayHoldFiles(t.Key(), seen) || mayHoldFiles(t.Elem(), seen)
	case reflect.Struct:
		for f := range t.Fields() {
			if !leftOut(f) && mayHoldFiles(f.Type, seen) {
				return true
			}
		}
	}
	return false
}

// leftOut reports whether a field counts neither in keys nor in results.
func leftOut(f reflect.StructField) bool { return f.Tag.Get("labbook") == "-" }

// holdFiles reports whether values of these types may hold Files.
func holdFiles(types []reflect.Type) bool {
	for _, t := range types {
		if filePlanOf(t) != nil {
			return true
		}
	}
	return false
}

// A foundFile is a File in a value.
type foundFile struct {
	file  File
	where string // the way to it, such as ".Parts[3]"
}

// filesIn returns the Files that v holds, but for empty ones. It looks only
// where the types say that there may be some.
func filesIn(v reflect.Value) []foundFile {
	var w fileWalker
	w.walk(v)
	return w.found
}

// maxFileDepth is how deep values are walked: as deep as results can nest.
const maxFileDepth = 10_000

type fileWalker struct {
	found []foundFile
	steps []fileStep
	seen  map[seenObject]bool // what may be reached more than once
}

// A fileStep is what leads into a value of a kind: the name of a struct's
// field, a map's key, or an index.
type fileStep struct {
	kind  reflect.Kind
	name  string
	key   reflect.Value
	index int
}

type seenObject struct {
	typ     reflect.Type
	address uintptr
	length  int
}

func (w *fileWalker) walk(v reflect.Value) {
	plan := filePlanOf(v.Type())
	if plan == nil || len(w.steps) > maxFileDepth {
		return
	}
	if v.Type() == fileType {
		if file := File(v.String()); file != "" {
			w.found = append(w.found, foundFile{file, w.where()})
		}
		return
	}
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		if !v.IsNil() && !w.wasSeen(v) {
			w.into(fileStep{kind: v.Kind()}, v.Elem())
		}
	case reflect.Slice, reflect.Array:
		if v.Kind() == reflect.Slice && w.wasSeen(v) {
			return
		}
		for i := range v.Len() {
			w.into(fileStep{kind: v.Kind(), index: i}, v.Index(i))
		}
	case reflect.Map:
		if w.wasSeen(v) {
			return
		}
		for entries := v.MapRange(); entries.Next(); {
			step := fileStep{kind: v.Kind(), key: entries.Key()}
			w.into(step, entries.Key())
			w.into(step, entries.Value())
		}
	case reflect.Struct:
		for _, i := range plan.fields {
			w.into(fileStep{kind: v.Kind(), name: v.Type().Field(i).Name}, v.Field(i))
		}
	}
}

// into goes a step further. One through a pointer or an interface does not show
// in the way, but counts for the depth.
func (w *fileWalker) into(step fileStep, v reflect.Value) {
	if filePlanOf(v.Type()) == nil {
		return
	}
	w.steps = append(w.steps, step)
	w.walk(v)
	w.steps = w.steps[:len(w.steps)-1]
}

// wasSeen reports whether the walk has been here. An interface is told apart
// by what it holds.
func (w *fileWalker) wasSeen(v reflect.Value) bool {
	if v.Kind() == reflect.Interface {
		return false
	}
	object := seenObject{typ: v.Type(), address: v.Pointer()}
	if v.Kind() == reflect.Slice {
		object.length = v.Len()
	}
	if w.seen[object] {
		return true
	}
	if w.seen == nil {
		w.seen = make(map[seenObject]bool)
	}
	w.seen[object] = true
	return false
}

func (w *fileWalker) where() string {
	var b strings.Builder
	for _, step := range w.steps {
		switch step.kind {
		case reflect.Struct:
			b.WriteString("." + step.name)
		case reflect.Map:
			fmt.Fprintf(&b, "[%q]", fmt.Sprint(step.key))
		case reflect.Slice, reflect.Array:
			b.WriteString("[" + strconv.Itoa(step.index) + "]")
		}
	}
	return b.String()
}
