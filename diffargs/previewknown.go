package diffargs

import (
	"math/big"
	"net/netip"
	"reflect"
	"strconv"
	"time"
)

// readable returns v free of the restrictions on unexported fields, if that
// takes no more than a small copy.
func readable(v reflect.Value) reflect.Value {
	switch {
	case v.CanInterface():
		if v.CanAddr() || v.Type().Size() > previewCopy || v.Kind() != reflect.Struct && v.Kind() != reflect.Array {
			return v
		}
		// Fields and elements of the copy are addressable.
		c := reflect.New(v.Type()).Elem()
		c.Set(v)
		return c
	case v.CanAddr():
		return reflect.NewAt(v.Type(), v.Addr().UnsafePointer()).Elem()
	default:
		return v
	}
}

// known writes values whose fields say nothing to people.
func (w *previewer) known(v reflect.Value) bool {
	const maxBits = 4096 // More would take long to write in decimal.
	if v.Type() == reflect.TypeFor[time.Duration]() {
		w.write(time.Duration(v.Int()).String())
		return true
	}
	if v.Kind() != reflect.Struct && v.Kind() != reflect.Pointer {
		return false
	}
	switch nativePlans.get(v.Type()).treatment {
	case asTime:
		w.write(v.Convert(reflect.TypeFor[time.Time]()).Interface().(time.Time).Format(time.RFC3339Nano))
	case asBigInt:
		n := v.Convert(reflect.TypeFor[big.Int]()).Interface().(big.Int)
		if n.BitLen() > maxBits {
			w.write("big.Int of " + strconv.Itoa(n.BitLen()) + " bits")
		} else {
			w.text = n.Append(w.text, 10)
		}
	case asBigFloat:
		f := v.Convert(reflect.TypeFor[big.Float]()).Interface().(big.Float)
		if exponent := f.MantExp(nil); f.Prec() > maxBits || exponent > maxBits || exponent < -maxBits {
			w.write("big.Float of " + strconv.Itoa(int(f.Prec())) + " bits")
		} else {
			w.text = f.Append(w.text, 'g', 20)
		}
	case asBigRat:
		r := v.Convert(reflect.TypeFor[big.Rat]()).Interface().(big.Rat)
		if r.Num().BitLen()+r.Denom().BitLen() > maxBits {
			w.write("big.Rat of " + strconv.Itoa(r.Num().BitLen()+r.Denom().BitLen()) + " bits")
		} else {
			w.write(r.RatString())
		}
	case asAddr:
		w.write(v.Convert(reflect.TypeFor[netip.Addr]()).Interface().(netip.Addr).String())
	case asLocation:
		location := v.Convert(reflect.TypeFor[time.Location]()).Interface().(time.Location)
		w.write(location.String())
	case asReflectType:
		if v.IsNil() {
			return false
		}
		w.write(typeName(v.Interface().(reflect.Type)))
	default:
		return false
	}
	return true
}
