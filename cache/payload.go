package cache

import (
	"errors"
	"io"
	"reflect"

	"labbook/cache/persist"
	"labbook/cache/store"
)

// largeResult is from which size on the stored form of a result is never in
// memory as a whole: it goes to the disk piece by piece.
const largeResult = 1 << 20

// errLarge says that a result is a large one.
var errLarge = errors.New("a large result")

// decodePayload reads what is stored of a call: its results, whose types are
// given as storedTypes returns them, and its outputs. The results keep parts of
// a payload that is not small, which nobody else may have.
func decodePayload(payload []byte, types []reflect.Type) (results []reflect.Value, outputs []output, err error) {
	decode := persist.UnmarshalValues
	if len(payload) > smallResult {
		decode = persist.UnmarshalValuesKeep
	}
	values, err := decode(payload, types)
	if err != nil {
		return nil, nil, err
	}
	results, outputs = takeOutputs(values, types)
	return results, outputs, nil
}

// A found is a stored result. What was mapped is decoded already, since that is
// fastest while its file is open.
type found struct {
	*store.Entry
	isDecoded bool
	values    []reflect.Value
	problem   error // of decoding
}

// get returns the stored result, large ones mapped if the function asks for it.
func (f *function) get(entries *store.Store, k *key) (found, error) {
	if !f.settings.mapped {
		entry, err := entries.Get(f.name(), keyOf(k.digest))
		return found{Entry: entry}, err
	}
	var mapped found
	entry, err := entries.UseMapped(f.name(), keyOf(k.digest), func(e *store.Entry, payload io.ReaderAt) {
		mapped.isDecoded = true
		mapped.values, mapped.problem = persist.UnmarshalValuesMapped(payload, e.Payload, f.stored)
	})
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		// What cannot be mapped can perhaps be read: a process has room for
		// some ten thousand mappings.
		entry, err = entries.Get(f.name(), keyOf(k.digest))
		return found{Entry: entry}, err
	}
	mapped.Entry = entry
	return mapped, err
}

// decode returns the results, whose types are as storedTypes returns them.
func (r *found) decode(types []reflect.Type) (results []reflect.Value, outputs []output, err error) {
	if !r.isDecoded {
		return decodePayload(r.Payload, types)
	}
	if r.problem != nil {
		return nil, nil, r.problem
	}
	results, outputs = takeOutputs(r.values, types)
	return results, outputs, nil
}

// A kept is what was stored of a call.
type kept struct {
	payload []byte // nil if it is large, or could not be encoded
	digest  [32]byte
	bytes   int64
}

// put stores values under the key.
func (f *function) put(entries *store.Store, k *key, meta store.Meta, values []reflect.Value) (kept, error) {
	payload, err := f.encode(values)
	if err == nil {
		meta.PayloadDigest = store.Digest(payload)
		return kept{payload, meta.PayloadDigest, int64(len(payload))}, entries.Put(f.name(), keyOf(k.digest), meta, payload)
	}
	if !errors.Is(err, errLarge) {
		return kept{}, err
	}
	stored, err := entries.PutStream(f.name(), keyOf(k.digest), meta, func(w io.Writer) error {
		return persist.EncodeValues(w, values, f.settings.encoding...)
	})
	return kept{nil, stored.PayloadDigest, stored.PayloadSize}, err
}

// encode returns the stored form of values, or errLarge.
func (f *function) encode(values []reflect.Value) ([]byte, error) {
	if f.isSmall {
		return persist.MarshalValues(values)
	}
	var b limitedBuffer
	if err := persist.EncodeValues(&b, values, f.settings.encoding...); err != nil {
		return nil, err
	}
	return b.bytes, nil
}

// A limitedBuffer holds what is written to it, unless that is a large result.
type limitedBuffer struct{ bytes []byte }

func (b *limitedBuffer) Write(p []byte) (int, error) {
	if len(b.bytes)+len(p) > largeResult {
		return 0, errLarge
	}
	b.bytes = append(b.bytes, p...)
	return len(p), nil
}

// areSmall reports whether no value of these types can be large.
func areSmall(types []reflect.Type) bool {
	size := 0
	for _, t := range types {
		switch t.Kind() {
		case reflect.Bool, reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64,
			reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64,
			reflect.Float32, reflect.Float64, reflect.Complex64, reflect.Complex128:
		case reflect.Struct:
			for f := range t.Fields() {
				if !areSmall([]reflect.Type{f.Type}) {
					return false
				}
			}
		case reflect.Array:
			if !areSmall([]reflect.Type{t.Elem()}) {
				return false
			}
		default:
			return false
		}
		size += int(t.Size())
	}
	return size < largeResult/2
}
