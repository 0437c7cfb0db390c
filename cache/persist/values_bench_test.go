package persist_test

import (
	"reflect"
	"testing"

	"labbook/cache/persist"
)

// What a call of a cached function stores and finds again is mostly tiny.
func BenchmarkValues(b *testing.B) {
	for _, test := range []struct {
		name   string
		values []any
	}{
		{"int", []any{42}},
		{"float and string", []any{2.5, "abc"}},
		{"struct", []any{point{1, 2}}},
		{"slice", []any{[]float64{1, 2, 3}}},
	} {
		var values []reflect.Value
		var types []reflect.Type
		for _, v := range test.values {
			values = append(values, reflect.ValueOf(v))
			types = append(types, reflect.TypeOf(v))
		}
		data, err := persist.MarshalValues(values)
		if err != nil {
			b.Fatal(err)
		}
		b.Run("marshal/"+test.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := persist.MarshalValues(values); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run("unmarshal/"+test.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := persist.UnmarshalValues(data, types); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
