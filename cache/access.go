package cache

import (
	"errors"
	"fmt"
	"reflect"
	"time"

	"labbook/cache/store"
)

// ErrOff is what methods return that need a stored result where caching is off.
var ErrOff = errors.New("caching is off")

// look fits loose arguments to the function and computes their key. Without a
// store, and without an error, caching is off.
func (f *function) look(args []any) (entries *store.Store, k key, values []reflect.Value, err error) {
	if values, err = f.arguments(args); err != nil {
		return nil, key{}, nil, err
	}
	if entries, err = f.memory.entries(); err != nil || entries == nil || f.self().name == "" || f.clashes {
		return nil, key{}, values, err
	}
	k, err = f.key(values, nil)
	return entries, k, values, err
}

// Contains reports whether a result for these arguments is stored, in the folder:
// memory may hold one that was evicted. It runs
// nothing, deletes nothing, and does not look into the result: one that has
// expired or is damaged is stored too, see Explain. It costs the digests of the
// arguments and one look at the file system.
func (f *Function[F]) Contains(args ...any) (bool, error) {
	entries, k, _, err := f.core.look(args)
	if err != nil || entries == nil {
		return false, err
	}
	return entries.Contains(f.core.name(), keyOf(k.digest)), nil
}

// Forget deletes the stored result for these arguments, if there is one.
func (f *Function[F]) Forget(args ...any) error {
	entries, k, _, err := f.core.look(args)
	if err != nil || entries == nil {
		return err
	}
	err = entries.Remove(f.core.name(), keyOf(k.digest))
	f.core.memory.forget(k.digest)
	return err
}

// Clear deletes all stored results of the function, of every version of its
// code.
func (f *Function[F]) Clear() error {
	entries, err := f.core.memory.entries()
	if err != nil || entries == nil || f.core.name() == "" || f.core.clashes {
		return err
	}
	err = entries.Clear(f.core.name())
	f.core.memory.forgetAll()
	return err
}

// Seed stores a result that is known already, as if the function had computed
// it for these arguments: from an earlier analysis, or from another program. The
// results are those of the function without the error. What is stored for these
// arguments is replaced. The error says which argument or result does not fit,
// or why nothing could be stored; it is ErrOff if caching is off.
//
//	err := square.Seed([]any{12.0}, 144.0)
func (f *Function[F]) Seed(args []any, results ...any) error {
	core := f.core
	entries, k, values, err := core.look(args)
	if err != nil {
		return err
	}
	if entries == nil {
		return fmt.Errorf("seed %s: %w", core.name(), ErrOff)
	}
	if len(results) != len(core.results) {
		return fmt.Errorf("seed %s: it has %d results, and %d are given; leave out the error", core.name(), len(core.results), len(results))
	}
	fitted := make([]reflect.Value, len(results))
	for i, t := range core.results {
		if fitted[i], err = fit(results[i], t); err != nil {
			return fmt.Errorf("seed %s: result %d: %w", core.name(), i+1, err)
		}
	}
	inv := invocation{function: core, args: values, key: k}
	if fitted, err = inv.withOutputs(entries, fitted); err != nil {
		return fmt.Errorf("seed %s: %w", core.name(), err)
	}
	meta := store.Meta{Created: time.Now(), Parts: core.parts(&k, values)}
	_, err = core.put(entries, &k, meta, fitted)
	core.memory.forget(k.digest)
	if err != nil {
		return fmt.Errorf("seed %s: %w", core.name(), err)
	}
	return nil
}
