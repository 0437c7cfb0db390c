package cache

import (
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"reflect"
	"sync"
	"time"

	"labbook/cache/store"
	"labbook/diffargs"
	"labbook/runlog"
)

// A Ref refers to a stored result: a few bytes in the place of what may be many.
// It can be passed to other goroutines, stored, and sent to other processes that
// see the same folder, as JSON, gob, with persist, or as an argument of a cached
// function, whose key it is part of in the place of the result. Two Refs to one
// result are equal whatever folder they name.
type Ref struct {
	Dir      string          `json:"dir" labbook:"-"`
	Function string          `json:"function"`
	Key      diffargs.Digest `json:"key"`
}

// MarshalBinary is for persist, which would leave out the folder as a digest
// does, and for gob.
func (r Ref) MarshalBinary() ([]byte, error) { return json.Marshal(r) }

// UnmarshalBinary reads what MarshalBinary returned.
func (r *Ref) UnmarshalBinary(data []byte) error {
	if err := json.Unmarshal(data, r); err != nil {
		return fmt.Errorf("read reference: %w", err)
	}
	return nil
}

// A GoneError is a Ref to a result that is not stored any more: it was evicted
// or deleted, or is damaged.
type GoneError struct {
	Ref Ref
	Err error // what the store says
}

func (e *GoneError) Error() string {
	return fmt.Sprintf("load result %s of %s: %v; call the function again with the same arguments, or Shelve it again", e.Ref.Key.Short(), e.Ref.Function, e.Err)
}

// Unwrap returns what the store says.
func (e *GoneError) Unwrap() error { return e.Err }

// Shelve returns a reference to the result for these arguments. If it is not
// stored yet, or does not serve, the function runs; what is stored is not
// loaded. Other than the methods that only look, it takes the context of a
// function that has one as the first argument, if one is given. It returns the
// error of the function, or why the result could not be stored.
func (f *Function[F]) Shelve(args ...any) (Ref, error) {
	core := f.core
	begun := time.Now()
	entries, k, values, err := core.look(args)
	if err != nil {
		return Ref{}, err
	}
	if entries == nil {
		return Ref{}, fmt.Errorf("shelve %s: %w", core.name(), ErrOff)
	}
	dir, err := filepath.Abs(entries.Dir())
	if err != nil {
		return Ref{}, fmt.Errorf("shelve %s: %w", core.name(), err)
	}
	ref := Ref{Dir: dir, Function: core.name(), Key: k.digest}
	if info, err := entries.Stat(core.name(), keyOf(k.digest)); err == nil {
		if reason, _ := core.judgeInfo(&info); reason == "" {
			ctx := core.contextOf(values)
			rec := runlog.Active()
			inv := &invocation{function: core, rec: rec, ctx: ctx, args: values, key: k, begun: begun, scope: runlog.ScopeOf(ctx), number: rec.NextCall()}
			inv.detail = "only a reference to it was asked for"
			inv.hit(hitOfInfo(&info))
			entries.Use(core.name(), keyOf(k.digest)).Touch()
			if core.memory.verification != nil {
				inv.verifyShelved(entries)
			}
			return ref, nil
		}
	}
	core.memory.forget(k.digest) // what memory holds is no longer in the folder
	results := core.call(values)
	if core.hasError {
		if err, _ := reflect.TypeAssert[error](results[len(results)-1]); err != nil {
			return Ref{}, err
		}
	}
	info, err := entries.Stat(core.name(), keyOf(k.digest))
	if err == nil && core.settings.expires > 0 {
		if reason, detail := core.judgeAge(info.Created); reason != "" { // the one that was there before
			err = errors.New(detail)
		}
	}
	if err != nil {
		return Ref{}, fmt.Errorf("shelve %s: its result could not be stored; see the warning, or StoreError of the call in the lab-book", core.name())
	}
	return ref, nil
}

// Contains reports whether the result is stored. It costs one look at the file
// system.
func (r Ref) Contains() bool { return r.entries().Contains(r.Function, keyOf(r.Key)) }

// Load loads the results into the variables that these pointers point to, one
// for each result of the function without its error. It costs what a hit does,
// and every Load makes values of their own. A result that is no longer there is
// a *GoneError, a variable of another type a *persist.MismatchError. Files among
// the results are restored as by a hit.
func (r Ref) Load(into ...any) error {
	types := make([]reflect.Type, len(into))
	for i, p := range into {
		v := reflect.ValueOf(p)
		if v.Kind() != reflect.Pointer || v.IsNil() {
			return fmt.Errorf("load result of %s: %T is no pointer to a variable", r.Function, p)
		}
		types[i] = v.Type().Elem()
	}
	entry, err := r.entries().Get(r.Function, keyOf(r.Key))
	if err != nil {
		var corrupt *store.CorruptError
		if errors.Is(err, store.ErrNotFound) || errors.As(err, &corrupt) {
			return &GoneError{r, err}
		}
		return fmt.Errorf("load result of %s: %w", r.Function, err)
	}
	values, outputs, err := decodePayload(entry.Payload, storedTypes(types))
	if err != nil {
		return fmt.Errorf("load result of %s: %w", r.Function, err)
	}
	if _, problem := restoreFiles(r.entries(), outputs); problem != "" {
		return &GoneError{r, errors.New(problem)}
	}
	for i, p := range into {
		reflect.ValueOf(p).Elem().Set(values[i])
	}
	return nil
}

// Fetch loads the result of a function that has one, besides an error: see
// [Ref.Load].
func Fetch[T any](r Ref) (T, error) {
	var v T
	err := r.Load(&v)
	return v, err
}

// Forget deletes the stored result, if it is there.
func (r Ref) Forget() error {
	err := r.entries().Remove(r.Function, keyOf(r.Key))
	deletionsFrom(r.Dir).Add(1)
	return err
}

// String names the result for people.
func (r Ref) String() string { return r.Function + "@" + r.Key.Short() }

// entries opens the folder that the reference names, once a process.
func (r Ref) entries() *store.Store {
	if s, ok := shelves.Load(r.Dir); ok {
		return s.(*store.Store)
	}
	s, _ := shelves.LoadOrStore(r.Dir, store.Open(r.Dir, store.Limits{}))
	return s.(*store.Store)
}

// shelves are the folders that references have named: string → *store.Store.
var shelves sync.Map
