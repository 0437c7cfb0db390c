package cache

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"

	"labbook/diffargs"
	"labbook/runlog/event"
	"labbook/runlog/record"
)

// digestedSize is up to what stored size results are digested in any case. Digesting those
// costs a twentieth of storing them, and larger ones up to a third.
const digestedSize = 64 << 10

// mostWithin bounds how many values within its results are recorded of a call.
const mostWithin = 64

// recordResults puts on record which values a call has returned, before its caller can
// change them: a later call that gets one of them as an argument is then known to depend
// on this one. In debug mode these are also the values within them; without it, results
// that it would cost much to digest are left out: large ones, and Files, which would be
// read once more. What cannot be keyed can be no argument, and is left out too.
func (inv *invocation) recordResults(registered *registration, results []reflect.Value, end *event.CallEnd) {
	debug := inv.rec.Debug()
	isCheap := end.StoreError == "" && end.ResultBytes <= digestedSize && !inv.returnFiles
	if !inv.rec.Recording() || !debug && !isCheap {
		return
	}
	values := make([]record.ResultValue, 0, len(results))
	for i, result := range results {
		path := ""
		if len(results) > 1 {
			path = "result" + strconv.Itoa(i)
		}
		if digest, err := digestOf(registered.results[i], result); err == nil {
			values = append(values, record.ResultValue{Path: path, Digest: digest.String()})
		}
		if debug {
			values = appendWithin(values, len(results)+mostWithin, path, result)
		}
	}
	if len(values) > 0 {
		inv.rec.Emit(&event.Result{Call: inv.number, Values: values})
	}
}

// resultHashers are for the results of the function.
func (f *function) resultHashers() []diffargs.Hasher {
	hashers := make([]diffargs.Hasher, len(f.results))
	for i, t := range f.results {
		hashers[i] = diffargs.For(t)
	}
	return hashers
}

// digestOf returns what a value would count as in a key.
func digestOf(hasher diffargs.Hasher, value reflect.Value) (digest diffargs.Digest, err error) {
	err = guarded(func() (err error) {
		digest, err = hasher.OfValue(value)
		return err
	})
	return digest, err
}

// guarded returns a panic as an error: a program that never gives a value to a cached
// function can have a method for its key that panics.
func guarded(f func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("it panicked: %v", p)
		}
	}()
	return f()
}

// appendWithin adds the values one level down in a result, as long as there are fewer
// than most in all: fields, elements, entries of a map that is not too large, and what a
// pointer points to, with its own fields and so on. Zero values are left out: that an
// argument is 0, too, says nothing.
func appendWithin(values []record.ResultValue, most int, path string, result reflect.Value) []record.ResultValue {
	add := func(step string, v reflect.Value) {
		if len(values) >= most || v.IsZero() {
			return
		}
		if digest, err := digestOf(diffargs.Hasher{}, v); err == nil {
			values = append(values, record.ResultValue{Path: path + step, Digest: digest.String()})
		}
	}
	if result.Kind() == reflect.Pointer && !result.IsNil() {
		result = result.Elem()
		add("*", result)
	}
	switch result.Kind() {
	case reflect.Struct:
		for i := range result.NumField() {
			if field := result.Type().Field(i); field.IsExported() && field.Tag.Get("labbook") != "-" {
				add("."+field.Name, result.Field(i))
			}
		}
	case reflect.Slice, reflect.Array:
		for i := range min(result.Len(), most) {
			add("["+strconv.Itoa(i)+"]", result.Index(i))
		}
	case reflect.Map:
		if result.Len() > mostWithin {
			break // which of them would depend on chance
		}
		steps := map[string]reflect.Value{}
		names := make([]string, 0, result.Len())
		for key, value := range result.Seq2() {
			name := "[" + diffargs.Preview(key, previewLength) + "]"
			steps[name], names = value, append(names, name)
		}
		slices.Sort(names)
		for _, name := range slices.Compact(names) {
			add(name, steps[name])
		}
	}
	return values
}
