package cache

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"strconv"

	"labbook/cache/persist"
	"labbook/diffargs"
)

type param struct {
	name    string // "" for a context
	ignored bool
}

var (
	contextType = reflect.TypeFor[context.Context]()
	errorType   = reflect.TypeFor[error]()
)

func (f *function) setParams() error {
	names := f.settings.names
	f.context = -1
	for i := range f.typ.NumIn() {
		t := f.typ.In(i)
		if t == contextType {
			if f.context < 0 {
				f.context = i
			}
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

func (f *function) setDependencies() error {
	for _, d := range f.settings.depends {
		p, err := d.part(f)
		if err != nil {
			return err
		}
		twice := func(earlier part) bool { return earlier.name == p.name }
		if slices.ContainsFunc(f.dependencies, twice) {
			return fmt.Errorf("cache.DependsOn names %s twice", p.name)
		}
		f.dependencies = append(f.dependencies, p)
	}
	return nil
}
