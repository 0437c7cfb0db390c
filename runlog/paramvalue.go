package runlog

import (
	"encoding"
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"time"
)

// parseParam sets v, a parameter's value or one element of it, from text.
func parseParam(v reflect.Value, text string) error {
	if u, ok := reflect.TypeAssert[encoding.TextUnmarshaler](v.Addr()); ok {
		if text == "" {
			return nil // the zero value, which has no text in most types
		}
		return u.UnmarshalText([]byte(text))
	}
	if v.Type() == durationType {
		d, err := time.ParseDuration(text)
		if err != nil {
			return fmt.Errorf("%q is no duration such as 1m30s", text)
		}
		v.SetInt(int64(d))
		return nil
	}
	wrong := fmt.Errorf("%q is no %s", text, v.Type())
	switch v.Kind() {
	case reflect.Bool:
		b, err := strconv.ParseBool(text)
		if err != nil {
			return wrong
		}
		v.SetBool(b)
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		n, err := strconv.ParseInt(text, 0, v.Type().Bits())
		if err != nil {
			return wrong
		}
		v.SetInt(n)
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		n, err := strconv.ParseUint(text, 0, v.Type().Bits())
		if err != nil {
			return wrong
		}
		v.SetUint(n)
	case reflect.Float32, reflect.Float64:
		x, err := strconv.ParseFloat(text, v.Type().Bits())
		if err != nil {
			return wrong
		}
		v.SetFloat(x)
	case reflect.String:
		v.SetString(text)
	case reflect.Slice:
		list := reflect.MakeSlice(v.Type(), 0, 0)
		if text != "" {
			for element := range strings.SplitSeq(text, ",") {
				e := reflect.New(v.Type().Elem()).Elem()
				if err := parseParam(e, strings.TrimSpace(element)); err != nil {
					return err
				}
				list = reflect.Append(list, e)
			}
		}
		v.Set(list)
	default:
		return fmt.Errorf("a %s cannot be read from a flag; use bool, numbers, string, time.Duration, encoding.TextUnmarshaler, or slices of those", v.Type())
	}
	return nil
}

// formatParam prints v so that parseParam reads it back.
func formatParam(v reflect.Value) string {
	if m, ok := reflect.TypeAssert[encoding.TextMarshaler](v.Addr()); ok {
		if text, err := m.MarshalText(); err == nil {
			return string(text)
		}
	}
	switch v.Kind() {
	case reflect.Float32, reflect.Float64:
		return strconv.FormatFloat(v.Float(), 'g', -1, v.Type().Bits())
	case reflect.Slice:
		elements := make([]string, v.Len())
		for i := range elements {
			elements[i] = formatParam(v.Index(i))
		}
		return strings.Join(elements, ",")
	default:
		return fmt.Sprint(v.Interface())
	}
}

// zeroText is a text that every usable type takes, to find out whether a type
// is one.
func zeroText(t reflect.Type) string {
	switch {
	case t == durationType:
		return "0s"
	case t.Kind() == reflect.Bool:
		return "false"
	case t.Kind() == reflect.String, t.Kind() == reflect.Slice, reflect.PointerTo(t).Implements(reflect.TypeFor[encoding.TextUnmarshaler]()):
		return ""
	default:
		return "0"
	}
}
