package diffargs

import (
	"encoding/binary"
	"math"
	"reflect"
	"unsafe"
)

// A Hasher digests values of one type. It is for who digests many of them, such
// as the arguments of a function that is called again and again: what is known
// of the type is looked up once, and numbers and short texts need no memory at
// all. Many goroutines may use one at once. The zero Hasher is for any type.
type Hasher struct {
	plan *plan
}

// For returns the Hasher for values of t. It digests none if [CheckType] has an
// error for t.
func For(t reflect.Type) Hasher {
	if t == nil {
		return Hasher{}
	}
	return Hasher{nativePlans.get(t)}
}

// OfValue returns what [OfValue] returns for v. That is fast if v is of the
// Hasher's type.
func (h Hasher) OfValue(v reflect.Value) (Digest, error) {
	if h.plan == nil || !v.IsValid() || v.Type() != h.plan.typ {
		return OfValue(v)
	}
	if h.plan.treatment == walked {
		if d, done := h.plan.brief(v); done {
			return d, nil
		}
	}
	e := newEncoder()
	defer e.release()
	return e.reflected(h.plan, v)
}

// briefLimit bounds the texts whose message is put together on the stack.
const briefLimit = 127

// brief returns the digest of a number or a short text.
func (pl *plan) brief(v reflect.Value) (d Digest, done bool) {
	var room [1 + len(Digest{}) + 1 + briefLimit]byte
	room[0] = tagValue
	copy(room[1:], pl.digest[:])
	message := room[:1+len(Digest{})]
	switch pl.kind {
	case reflect.Bool:
		message = append(message, 0)
		if v.Bool() {
			message[len(message)-1] = 1
		}
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		message = binary.LittleEndian.AppendUint64(message, uint64(v.Int()))[:len(message)+pl.fixed]
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		message = binary.LittleEndian.AppendUint64(message, v.Uint())[:len(message)+pl.fixed]
	case reflect.Float32:
		message = binary.LittleEndian.AppendUint32(message, canonicalBits32(math.Float32bits(float32(v.Float()))))
	case reflect.Float64:
		message = binary.LittleEndian.AppendUint64(message, canonicalBits64(math.Float64bits(v.Float())))
	case reflect.String:
		s := v.String()
		if len(s) > briefLimit {
			return Digest{}, false
		}
		message = append(append(message, byte(len(s))), s...)
	default:
		return Digest{}, false
	}
	return hash(message), true
}

// reflected returns the digest of v, whose plan is pl.
func (e *encoder) reflected(pl *plan, v reflect.Value) (Digest, error) {
	switch {
	case v.CanAddr():
		return e.value(pl, v.Addr().UnsafePointer())
	case !v.CanInterface():
		return Digest{}, errUnexported
	case pl.kind != reflect.Interface:
		// This is the way without an allocation.
		return e.boxed(pl, v.Interface())
	case pl.typ.NumMethod() == 0:
		e.held = v.Interface()
		return e.value(pl, unsafe.Pointer(&e.held))
	}
	p, err := addressOf(v)
	if err != nil {
		return Digest{}, err
	}
	return e.value(pl, p)
}
