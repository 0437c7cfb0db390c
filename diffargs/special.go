package diffargs

import (
	"encoding/binary"
	"math/big"
	"net/netip"
	"reflect"
	"time"
	"unsafe"
)

// fillSpecial sets the body of a type that is not walked.
func (pl *plan) fillSpecial() {
	switch pl.treatment {
	case selfDefined:
		t := pl.typ
		pl.body = func(e *encoder, p unsafe.Pointer) error { return e.selfDefined(t, p) }
	case leftOut:
		pl.fixed, pl.body = 0, encodeNothing
	case asTime:
		pl.fixed, pl.body = 16, encodeTime
	case asBigInt:
		pl.body = encodeBigInt
	case asBigFloat:
		pl.body = encodeBigFloat
	case asBigRat:
		pl.body = encodeBigRat
	case asAddr:
		pl.body = encodeAddr
	case asLocation:
		pl.body = encodeLocation
	case asErrno:
		pl.fixed, pl.body = 8, encodeErrno
	case asReflectType:
		pl.fixed, pl.body = len(Digest{}), encodeReflectType
	}
}

// bytes writes b as a string.
func (e *encoder) bytes(b []byte) {
	e.text(unsafe.Pointer(unsafe.SliceData(b)), len(b))
}

func (e *encoder) selfDefined(t reflect.Type, p unsafe.Pointer) error {
	key, err := reflect.NewAt(t, p).Interface().(Digester).AppendKey(nil)
	if err != nil {
		return &UnkeyableError{Type: t, Reason: "its AppendKey method returned an error", Err: err}
	}
	e.bytes(key)
	return nil
}

// encodeTime writes the instant and the offset from UTC. Neither the monotonic
// clock nor the name of the zone is part of it.
func encodeTime(e *encoder, p unsafe.Pointer) error {
	t := (*time.Time)(p)
	_, offset := t.Zone()
	e.buf = binary.LittleEndian.AppendUint64(e.buf, uint64(t.Unix()))
	e.buf = binary.LittleEndian.AppendUint32(e.buf, uint32(t.Nanosecond()))
	e.buf = binary.LittleEndian.AppendUint32(e.buf, uint32(int32(offset)))
	return nil
}

func encodeBigInt(e *encoder, p unsafe.Pointer) error {
	n := (*big.Int)(p)
	e.buf = append(e.buf, byte(n.Sign()))
	e.bytes(n.Bytes())
	return nil
}

// encodeBigFloat writes the value, and what shapes results that are computed
// with it: precision and rounding mode. The accuracy of the operation that it
// came from is not part of it.
func encodeBigFloat(e *encoder, p unsafe.Pointer) error {
	f := (*big.Float)(p)
	e.buf = binary.LittleEndian.AppendUint32(e.buf, uint32(f.Prec()))
	e.buf = append(e.buf, byte(f.Mode()))
	e.bytes(f.Append(nil, 'p', 0))
	return nil
}

func encodeBigRat(e *encoder, p unsafe.Pointer) error {
	r := (*big.Rat)(p)
	e.buf = append(e.buf, byte(r.Sign()))
	e.bytes(r.Num().Bytes())
	e.bytes(r.Denom().Bytes())
	return nil
}

func encodeAddr(e *encoder, p unsafe.Pointer) error {
	// MarshalBinary of an address never returns an error.
	address, err := (*netip.Addr)(p).MarshalBinary()
	e.bytes(address)
	return err
}

// encodeLocation writes a time zone by its name: its table comes from the
// machine.
func encodeLocation(e *encoder, p unsafe.Pointer) error {
	e.bytes([]byte((*time.Location)(p).String()))
	return nil
}

func encodeErrno(e *encoder, p unsafe.Pointer) error {
	e.buf = binary.LittleEndian.AppendUint64(e.buf, uint64(*(*uintptr)(p)))
	return nil
}

// runtimeType is the type that stands behind every reflect.Type.
var runtimeType = reflect.ValueOf(reflect.TypeFor[int]()).Type()

func encodeReflectType(e *encoder, p unsafe.Pointer) error {
	t := reflect.NewAt(runtimeType, p).Elem().Interface().(reflect.Type)
	d := typeDigest(t)
	e.buf = append(e.buf, d[:]...)
	return nil
}
