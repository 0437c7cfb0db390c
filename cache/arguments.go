package cache

import (
	"context"
	"fmt"
	"reflect"
)

// arguments fits loose arguments to the function's parameters.
func (f *function) arguments(args []any) ([]reflect.Value, error) {
	given := args
	values := make([]reflect.Value, f.typ.NumIn())
	for i := range values {
		t := f.typ.In(i)
		isRest := f.typ.IsVariadic() && i == len(values)-1
		switch {
		case t == contextType:
			ctx := context.Background()
			if len(args) > 0 {
				if given, ok := args[0].(context.Context); ok {
					ctx, args = given, args[1:]
				}
			}
			values[i] = reflect.ValueOf(&ctx).Elem()
		case isRest:
			rest := reflect.Zero(t)
			for ; len(args) > 0; args = args[1:] {
				v, err := fit(args[0], t.Elem())
				if err != nil {
					return nil, fmt.Errorf("%s: argument %s: %w", f.name(), f.params[i].name, err)
				}
				rest = reflect.Append(rest, v)
			}
			values[i] = rest
		case len(args) == 0:
			return nil, fmt.Errorf("%s: argument %s is missing", f.name(), f.params[i].name)
		default:
			v, err := fit(args[0], t)
			if err != nil {
				return nil, fmt.Errorf("%s: argument %s: %w", f.name(), f.params[i].name, err)
			}
			values[i], args = v, args[1:]
		}
	}
	if len(args) > 0 {
		return nil, fmt.Errorf("%s: it takes fewer than these %d arguments", f.name(), len(given))
	}
	return values, nil
}

func fit(arg any, t reflect.Type) (reflect.Value, error) {
	v := reflect.New(t).Elem()
	switch {
	case arg == nil && canBeNil(t):
	case arg != nil && reflect.TypeOf(arg).AssignableTo(t):
		v.Set(reflect.ValueOf(arg))
	default:
		return v, fmt.Errorf("%T is given where %s is wanted", arg, t)
	}
	return v, nil
}

func canBeNil(t reflect.Type) bool {
	switch t.Kind() {
	case reflect.Chan, reflect.Func, reflect.Interface, reflect.Map, reflect.Pointer, reflect.Slice, reflect.UnsafePointer:
		return true
	}
	return false
}
