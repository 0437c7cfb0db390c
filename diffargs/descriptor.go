package diffargs

import (
	"cmp"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// typeHeader opens the message of every type digest. It carries the version of
// the whole grammar, since every digest of a value covers a type digest.
const typeHeader = string(rune(tagType)) + "labbook/diffargs 1\n"

// nilType is the digest of the type of an untyped nil.
var nilType = hash([]byte(typeHeader + "nil"))

func typeDigest(t reflect.Type) Digest {
	d := descriptor{names: map[reflect.Type]int{}}
	d.text = append(d.text, typeHeader...)
	d.describe(t)
	return hash(d.text)
}

// A descriptor writes what a type is by its name and its structure, with
// nothing in it that the process or the machine made up.
type descriptor struct {
	text  []byte
	names map[reflect.Type]int // named types already written, by order
}

func (d *descriptor) describe(t reflect.Type) {
	if t.PkgPath() == "" {
		if treatmentOf(t) == asReflectType {
			d.text = append(d.text, "reflect.Type!"...)
			return
		}
		d.structure(t)
		return
	}
	if number, written := d.names[t]; written {
		d.text = append(d.text, '#')
		d.text = strconv.AppendInt(d.text, int64(number), 10)
		return
	}
	d.names[t] = len(d.names)
	d.name(t.PkgPath(), t.Name())
	if treatmentOf(t) != walked {
		// What the type looks like inside does not matter to its encoding, and
		// for types of the standard library changes from release to release.
		d.text = append(d.text, '!')
		return
	}
	d.text = append(d.text, '=')
	d.structure(t)
}

func (d *descriptor) name(pkgPath, name string) {
	if pkgPath != "" {
		d.text = strconv.AppendQuote(d.text, pkgPath)
		d.text = append(d.text, '.')
	}
	d.text = append(d.text, name...)
}

func (d *descriptor) structure(t reflect.Type) {
	switch t.Kind() {
	case reflect.Array:
		d.text = append(d.text, '[')
		d.text = strconv.AppendInt(d.text, int64(t.Len()), 10)
		d.text = append(d.text, ']')
		d.describe(t.Elem())
	case reflect.Slice:
		d.text = append(d.text, "[]"...)
		d.describe(t.Elem())
	case reflect.Pointer:
		d.text = append(d.text, '*')
		d.describe(t.Elem())
	case reflect.Map:
		d.text = append(d.text, "map["...)
		d.describe(t.Key())
		d.text = append(d.text, ']')
		d.describe(t.Elem())
	case reflect.Struct:
		d.text = append(d.text, "struct{"...)
		for _, f := range keyFields(t) {
			if f.Anonymous {
				d.text = append(d.text, '+')
			}
			d.name(f.PkgPath, f.Name)
			d.text = append(d.text, ' ')
			d.describe(f.Type)
			d.text = append(d.text, ';')
		}
		d.text = append(d.text, '}')
	case reflect.Interface:
		d.methods(t)
	case reflect.Func:
		d.signature(t)
	case reflect.Chan:
		d.text = append(d.text, t.ChanDir().String()...)
		d.text = append(d.text, ' ')
		d.describe(t.Elem())
	default:
		d.text = append(d.text, t.Kind().String()...)
	}
}

// methods writes an interface by the names of its methods. Their signatures
// are left out: what such a value holds counts by its own type.
func (d *descriptor) methods(t reflect.Type) {
	d.text = append(d.text, "interface{"...)
	methods := make([]reflect.Method, t.NumMethod())
	for i := range methods {
		methods[i] = t.Method(i)
	}
	slices.SortFunc(methods, func(a, b reflect.Method) int {
		return cmp.Or(strings.Compare(a.Name, b.Name), strings.Compare(a.PkgPath, b.PkgPath))
	})
	for _, m := range methods {
		d.name(m.PkgPath, m.Name)
		d.text = append(d.text, ';')
	}
	d.text = append(d.text, '}')
}

// signature writes a function type. No value of one is ever hashed, but a
// reflect.Type can stand for it, and an array of none of them is harmless.
func (d *descriptor) signature(t reflect.Type) {
	d.text = append(d.text, "func("...)
	for in := range t.Ins() {
		d.describe(in)
		d.text = append(d.text, ';')
	}
	if t.IsVariadic() {
		d.text = append(d.text, "..."...)
	}
	d.text = append(d.text, ')')
	for out := range t.Outs() {
		d.describe(out)
		d.text = append(d.text, ';')
	}
}

// keyFields returns the fields of a struct that count, in declared order. A
// blank field cannot be read by any program, and a lock or the like is state of
// the process.
func keyFields(t reflect.Type) []reflect.StructField {
	var fields []reflect.StructField
	for f := range t.Fields() {
		if f.Name == "_" || f.Tag.Get("labbook") == "-" || treatmentOf(f.Type) == leftOut {
			continue
		}
		fields = append(fields, f)
	}
	return fields
}
