package cache

import (
	"fmt"
	"reflect"
	"runtime"
	"sync"
	"sync/atomic"

	"labbook/cache/codeid"
)

// Function is a cached function with more to ask of it than calling it. Its
// methods are safe for concurrent use.
//
// The methods that take arguments take those of the function; a
// context.Context among them may be left out. They return an error that says
// which argument does not fit or cannot be keyed.
type Function[F any] struct {
	// Call has the type of the function and does what it does, or loads what
	// it did.
	Call F

	// Recompute has the type of the function, runs it whatever is stored, and
	// stores the result in the place of what was there.
	Recompute F

	core *function
}

// Wrap returns a function that does what fn does, but keeps its results in m.
// It is for functions and method expressions of any type, variadic and generic
// instances included. A hit costs a few microseconds plus the time to hash the
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
	f := &Function[F]{core: core}
	f.Call = wrapped[F](core, core.call)
	f.Recompute = wrapped[F](core, core.recompute)
	return f
}

func wrapped[F any](core *function, call func([]reflect.Value) []reflect.Value) F {
	made, ok := reflect.TypeAssert[F](reflect.MakeFunc(core.typ, call))
	if !ok {
		var f F
		panic(fmt.Sprintf("cache: %T is an interface; give Wrap the function itself", &f))
	}
	return made
}

// A function is a cached function without its type.
type function struct {
	memory   *Memory
	value    reflect.Value
	typ      reflect.Type
	variadic bool
	settings settings
	params   []param
	context  int            // the parameter that is a context; -1 if there is none
	results  []reflect.Type // without the error
	hasError bool
	fileUse

	dependencies []part
	clashes      bool // set with identity

	identify sync.Once
	identity identity

	registered atomic.Pointer[registration]
	tally      tally
}

func newFunction(m *Memory, fn any, options []Option) (*function, error) {
	f := &function{memory: m, value: reflect.ValueOf(fn)}
	if !f.value.IsValid() || f.value.Kind() != reflect.Func || f.value.IsNil() {
		return nil, fmt.Errorf("wrap %T: it is no function", fn)
	}
	f.typ = f.value.Type()
	f.variadic = f.typ.IsVariadic()
	for _, option := range options {
		option(&f.settings)
	}
	if err := codeid.Check(fn); err != nil {
		return nil, err
	}
	what := runtime.FuncForPC(f.value.Pointer()).Name()
	for _, set := range []func() error{f.settings.check, f.setParams, f.setResults, f.setDependencies} {
		if err := set(); err != nil {
			return nil, fmt.Errorf("wrap %s: %w", what, err)
		}
	}
	f.planFiles()
	return f, nil
}
