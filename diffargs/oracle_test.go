package diffargs

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math"
	"math/big"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/zeebo/blake3"
)

// The oracle follows the grammar of the package documentation as slowly and
// plainly as it can. It knows values that are not infinite.

func oracleHash(message string) string {
	if len(message) <= 4096 {
		d := sha256.Sum256([]byte(message))
		return string(d[:])
	}
	d := blake3.Sum256([]byte(message))
	return string(d[:])
}

func oracleCount(n int) string { return string(binary.AppendUvarint(nil, uint64(n))) }

func oracleNumber(n uint64, bytes int) string {
	return string(binary.LittleEndian.AppendUint64(nil, n)[:bytes])
}

func oracleDigest(v reflect.Value) string {
	return oracleHash("v" + oracleType(v.Type()) + oracleBody(v))
}

func oracleType(t reflect.Type) string {
	return oracleHash("tlabbook/diffargs 1\n" + oracleDescriptor(t, &[]reflect.Type{}))
}

func oracleDescriptor(t reflect.Type, seen *[]reflect.Type) string {
	name := ""
	if t.PkgPath() != "" {
		if i := slices.Index(*seen, t); i >= 0 {
			return fmt.Sprintf("#%d", i)
		}
		*seen = append(*seen, t)
		name = fmt.Sprintf("%q.%s", t.PkgPath(), t.Name())
		switch reflect.Zero(t).Interface().(type) {
		case time.Time, big.Int:
			return name + "!"
		}
		name += "="
	}
	switch t.Kind() {
	case reflect.Array:
		return fmt.Sprintf("%s[%d]%s", name, t.Len(), oracleDescriptor(t.Elem(), seen))
	case reflect.Slice:
		return name + "[]" + oracleDescriptor(t.Elem(), seen)
	case reflect.Pointer:
		return name + "*" + oracleDescriptor(t.Elem(), seen)
	case reflect.Map:
		key := oracleDescriptor(t.Key(), seen)
		return name + "map[" + key + "]" + oracleDescriptor(t.Elem(), seen)
	case reflect.Struct:
		name += "struct{"
		for f := range t.Fields() {
			if f.Tag.Get("labbook") == "-" || f.Name == "_" {
				continue
			}
			if f.Anonymous {
				name += "+"
			}
			if f.PkgPath != "" {
				name += fmt.Sprintf("%q.", f.PkgPath)
			}
			name += f.Name + " " + oracleDescriptor(f.Type, seen) + ";"
		}
		return name + "}"
	case reflect.Interface:
		name += "interface{"
		for m := range t.Methods() {
			if m.PkgPath != "" {
				name += fmt.Sprintf("%q.", m.PkgPath)
			}
			name += m.Name + ";"
		}
		return name + "}"
	default:
		return name + t.Kind().String()
	}
}

// oracleRecursive reports whether an interface, or a type that holds itself,
// is among the types that t is made of.
func oracleRecursive(t reflect.Type, path ...reflect.Type) bool {
	if slices.Contains(path, t) {
		return true
	}
	path = append(slices.Clone(path), t)
	if t == reflect.TypeFor[time.Time]() || t == reflect.TypeFor[big.Int]() {
		return false
	}
	switch t.Kind() {
	case reflect.Interface:
		return true
	case reflect.Array:
		return t.Len() > 0 && oracleRecursive(t.Elem(), path...)
	case reflect.Slice, reflect.Pointer:
		return oracleRecursive(t.Elem(), path...)
	case reflect.Map:
		return oracleRecursive(t.Key(), path...) || oracleRecursive(t.Elem(), path...)
	case reflect.Struct:
		for f := range t.Fields() {
			if f.Tag.Get("labbook") != "-" && f.Name != "_" && oracleRecursive(f.Type, path...) {
				return true
			}
		}
	}
	return false
}

// oracleFixed returns how many bytes every value of t is encoded in, or -1.
func oracleFixed(t reflect.Type) int {
	switch t.Kind() {
	case reflect.Bool:
		return 1
	case reflect.Int, reflect.Uint:
		return 8
	case reflect.Array:
		if t.Len() == 0 {
			return 0
		}
		switch n := oracleFixed(t.Elem()); {
		case n < 0:
			return -1
		case n*t.Len() > 65536:
			return 32
		default:
			return n * t.Len()
		}
	case reflect.Struct:
		if t == reflect.TypeFor[time.Time]() {
			return 16
		}
		if t == reflect.TypeFor[big.Int]() {
			return -1
		}
		sum := 0
		for f := range t.Fields() {
			if f.Tag.Get("labbook") == "-" || f.Name == "_" {
				continue
			}
			n := oracleFixed(f.Type)
			if n < 0 {
				return -1
			}
			sum += n
		}
		return sum
	case reflect.String, reflect.Slice, reflect.Map, reflect.Pointer, reflect.Interface:
		return -1
	default:
		return int(t.Size())
	}
}

func oraclePart(v reflect.Value) string {
	if (v.Kind() == reflect.Slice || v.Kind() == reflect.Map) && oracleRecursive(v.Type()) {
		return oracleDigest(v)
	}
	return oracleBody(v)
}

func oracleHeld(v reflect.Value) string {
	if (v.Kind() == reflect.Struct || v.Kind() == reflect.Array) && oracleRecursive(v.Type()) {
		return oracleDigest(v)
	}
	return oraclePart(v)
}

func oracleItems(items []string, fixed bool) string {
	all, mark, tree := strings.Join(items, ""), "\x00", "\x01"
	if fixed {
		mark, tree = "", ""
	}
	if len(all) <= 65536 {
		return mark + all
	}
	message := "m" + oracleNumber(uint64(len(all)), 8)
	for rest := all; rest != ""; {
		chunk := rest[:min(65536, len(rest))]
		d := blake3.Sum256([]byte(chunk))
		message += string(d[:])
		rest = rest[len(chunk):]
	}
	return tree + oracleHash(message)
}

func oraclePacked(v reflect.Value) string {
	part := oraclePart(v)
	if len(part) <= 1024 {
		return "\x00" + part
	}
	return "\x01" + oracleHash("p"+part)
}

func oracleFloat(f float64, bits int) string {
	switch {
	case bits == 32 && f != f:
		return oracleNumber(0x7FC00000, 4)
	case bits == 32:
		return oracleNumber(uint64(math.Float32bits(float32(f))), 4)
	case f != f:
		return oracleNumber(0x7FF8000000000000, 8)
	default:
		return oracleNumber(math.Float64bits(f), 8)
	}
}

func oracleBody(v reflect.Value) string {
	if v.CanInterface() && v.Kind() != reflect.Interface {
		switch x := v.Interface().(type) {
		case time.Time:
			_, offset := x.Zone()
			return oracleNumber(uint64(x.Unix()), 8) + oracleNumber(uint64(x.Nanosecond()), 4) + oracleNumber(uint64(offset), 4)
		case big.Int:
			return oracleNumber(uint64(x.Sign()), 1) + oracleCount(len(x.Bytes())) + oracleItems([]string{string(x.Bytes())}, true)
		}
	}
	switch v.Kind() {
	case reflect.Bool:
		if v.Bool() {
			return "\x01"
		}
		return "\x00"
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return oracleNumber(uint64(v.Int()), oracleFixed(v.Type()))
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return oracleNumber(v.Uint(), oracleFixed(v.Type()))
	case reflect.Float32, reflect.Float64:
		return oracleFloat(v.Float(), v.Type().Bits())
	case reflect.Complex64, reflect.Complex128:
		return oracleFloat(real(v.Complex()), v.Type().Bits()/2) + oracleFloat(imag(v.Complex()), v.Type().Bits()/2)
	case reflect.String:
		return oracleCount(v.Len()) + oracleItems([]string{v.String()}, true)
	case reflect.Slice, reflect.Array:
		head := ""
		if v.Kind() == reflect.Slice {
			if v.IsNil() {
				return oracleCount(0)
			}
			head = oracleCount(v.Len() + 1)
		} else if v.Len() == 0 {
			return ""
		}
		var items []string
		for i := range v.Len() {
			items = append(items, oraclePart(v.Index(i)))
		}
		return head + oracleItems(items, oracleFixed(v.Type().Elem()) >= 0)
	case reflect.Map:
		if v.IsNil() {
			return oracleCount(0)
		}
		var items []string
		for it := v.MapRange(); it.Next(); {
			items = append(items, oraclePacked(it.Key())+oraclePacked(it.Value()))
		}
		slices.Sort(items)
		return oracleCount(v.Len()+1) + oracleItems(items, false)
	case reflect.Struct:
		body := ""
		for i := range v.NumField() {
			if f := v.Type().Field(i); f.Tag.Get("labbook") != "-" && f.Name != "_" {
				body += oraclePart(v.Field(i))
			}
		}
		return body
	case reflect.Pointer:
		if v.IsNil() {
			return "\x00"
		}
		return "\x01" + oracleDigest(v.Elem())
	case reflect.Interface:
		if v.IsNil() {
			return "\x00"
		}
		return "\x01" + oracleType(v.Elem().Type()) + oracleHeld(v.Elem())
	}
	panic("the oracle knows no " + v.Kind().String())
}
