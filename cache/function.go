package cache

import (
	"context"
	"fmt"
	"reflect"
	"runtime"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"

	"labbook/cache/codeid"
	"labbook/cache/persist"
	"labbook/diffargs"
)

// Function is a cached function with more to ask of it than calling it. Its
// methods are safe for concurrent use.
type Function[F any] struct {
	// Call has the type of the function and does what it does, or loads what
	// it did.
	Call F

	core *function
}

// Wrap returns a function that does what fn does, but keeps its results in m.
// It is for functions and method expressions of any type, variadic and generic
// instances included. A hit costs some microseconds plus the time to hash the
// arguments and to load the result.
//
// Wrap panics if fn cannot be cached, for each of these is a mistake in the
// program: fn is no function, or a function literal that captures variables or
// a bound method (neither shows in a key what it holds), an argument's type can
// never be keyed, a result's type can never be stored, or the options do not
// fit fn.
func Wrap[F any](m *Memory, fn F, options ...Option) F {
	return NewFunction(m, fn, options...).Call
}

// NewFunction is Wrap for those who want to ask more of the function.
func NewFunction[F any](m *Memory, fn F, options ...Option) *Function[F] {
	core, err := newFunction(m, fn, options)
	if err != nil {
		panic(fmt.Sprintf("cache: %v", err))
	}
	call, ok := reflect.TypeAssert[F](reflect.MakeFunc(core.typ, core.call))
	if !ok {
		panic(fmt.Sprintf("cache: %T is an interface; give Wrap the function itself", fn))
	}
	return &Function[F]{Call: call, core: core}
}

// Contains reports whether a result for these arguments is stored. It runs
// nothing and deletes nothing. The arguments are those of the function, a
// context.Context may be left out; the error says which does not fit.
func (f *Function[F]) Contains(args ...any) (bool, error) {
	values, err := f.core.arguments(args)
	if err != nil {
		return false, err
	}
	entries, err := f.core.memory.entries()
	if err != nil || entries == nil {
		return false, err
	}
	k, err := f.core.key(values)
	if err != nil {
		return false, err
	}
	return entries.Contains(f.core.name(), k.digest), nil
}

// Forget deletes the stored result for these arguments, if there is one.
func (f *Function[F]) Forget(args ...any) error {
	values, err := f.core.arguments(args)
	if err != nil {
		return err
	}
	entries, err := f.core.memory.entries()
	if err != nil || entries == nil {
		return err
	}
	k, err := f.core.key(values)
	if err != nil {
		return err
	}
	return entries.Remove(f.core.name(), k.digest)
}

// Clear deletes all stored results of the function, of every version of its
// code.
func (f *Function[F]) Clear() error {
	entries, err := f.core.memory.entries()
	if err != nil || entries == nil {
		return err
	}
	return entries.Clear(f.core.name())
}

// A function is a cached function without its type.
type function struct {
	memory   *Memory
	value    reflect.Value
	typ      reflect.Type
	settings settings
	params   []param
	results  []reflect.Type // without the error
	hasError bool
	fileUse

	identify sync.Once
	identity identity

	registered atomic.Pointer[registration]
	flights    sync.Map // diffargs.Digest → *flight
}

type param struct {
	name    string // "" for a context
	ignored bool
}

var (
	contextType = reflect.TypeFor[context.Context]()
	errorType   = reflect.TypeFor[error]()
)

func newFunction(m *Memory, fn any, options []Option) (*function, error) {
	f := &function{memory: m, value: reflect.ValueOf(fn)}
	if !f.value.IsValid() || f.value.Kind() != reflect.Func || f.value.IsNil() {
		return nil, fmt.Errorf("wrap %T: it is no function", fn)
	}
	f.typ = f.value.Type()
	for _, option := range options {
		option(&f.settings)
	}
	if err := codeid.Check(fn); err != nil {
		return nil, err
	}
	what := runtime.FuncForPC(f.value.Pointer()).Name()
	if err := f.setParams(); err != nil {
		return nil, fmt.Errorf("wrap %s: %w", what, err)
	}
	if err := f.setResults(); err != nil {
		return nil, fmt.Errorf("wrap %s: %w", what, err)
	}
	f.planFiles()
	return f, nil
}

func (f *function) setParams() error {
	names := f.settings.names
	for i := range f.typ.NumIn() {
		t := f.typ.In(i)
		if t == contextType {
			f.params = append(f.params, param{})
			continue
		}
		p := param{name: "arg" + strconv.Itoa(i)}
		if len(f.settings.names) > 0 {
			if len(names) == 0 {
				return fmt.Errorf("cache.Names has %d names, too few for its arguments", len(f.settings.names))
			}
			p.name, names = names[0], names[1:]
			if slices.ContainsFunc(f.params, func(earlier param) bool { return earlier.name == p.name }) || p.name == "" {
				return fmt.Errorf("cache.Names names %q twice, or not at all; each argument needs a name of its own", p.name)
			}
		}
		p.ignored = slices.Contains(f.settings.ignored, p.name)
		if err := diffargs.CheckType(t); err != nil && !p.ignored {
			return fmt.Errorf("argument %s: %w", p.name, err)
		}
		f.params = append(f.params, p)
	}
	if len(names) > 0 {
		return fmt.Errorf("cache.Names names %q, but there is no such argument", names[0])
	}
	for _, ignored := range f.settings.ignored {
		if !slices.ContainsFunc(f.params, func(p param) bool { return p.name == ignored }) {
			return fmt.Errorf("cache.Ignore(%q): it has no argument of that name; name them all with cache.Names", ignored)
		}
	}
	return nil
}

func (f *function) setResults() error {
	for i := range f.typ.NumOut() {
		t := f.typ.Out(i)
		if t == errorType && i == f.typ.NumOut()-1 {
			f.hasError = true
			continue
		}
		if err := persist.CheckType(t); err != nil {
			return fmt.Errorf("result %d: %w", i+1, err)
		}
		f.results = append(f.results, t)
	}
	return nil
}

// arguments fits loose arguments to the function's parameters.
func (f *function) arguments(args []any) ([]reflect.Value, error) {
	given := args
	values := make([]reflect.Value, f.typ.NumIn())
	for i := range values {
		t := f.typ.In(i)
		isRest := f.typ.IsVariadic() && i == len(values)-1
		switch {
		case t == contextType:
			if len(args) > 0 {
				if _, ok := args[0].(context.Context); ok {
					args = args[1:]
				}
			}
			values[i] = reflect.ValueOf(context.Background())
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
