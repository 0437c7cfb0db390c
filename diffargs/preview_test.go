package diffargs

import (
	"math"
	"math/big"
	"net/netip"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

func TestPreview(t *testing.T) {
	t.Parallel()
	type params struct {
		C    float64
		Seed int
		when time.Time
		skip string `labbook:"-"`
	}
	type handler struct{ F func(int) }
	noon := time.Date(2024, 5, 1, 12, 0, 0, 0, time.UTC)
	nested := map[string]any{}
	for i := range 60 {
		nested[strings.Repeat("k", i)] = nested
	}
	tests := []struct {
		reason string
		value  any
		max    int
		want   string
	}{
		{"a number", 3, 80, "3"},
		{"a text", "abc", 80, `"abc"`},
		{"terminal escapes are harmless", "\x1b[31m\u202e\n\xff", 80, `"\x1b[31m\u202e\n\xff"`},
		{"nil", nil, 80, "nil"},
		{"a nil pointer", (*int)(nil), 80, "nil"},
		{"floats", []float64{0, 0.5, -1, math.NaN(), math.Inf(1)}, 80, "[]float64[5] 0 0.5 -1 NaN +Inf"},
		{"float32 in its own precision", float32(0.1), 80, "0.1"},
		{"more than fits", make([]float64, 1797), 24, "[]float64[1797] 0 0 0 0…"},
		{"complex", complex(1, -2), 80, "(1-2i)"},
		{"unexported and left-out fields", params{C: 1, Seed: 42, when: noon, skip: "secret"}, 80, "params{C: 1, Seed: 42, when: 2024-05-01T12:00:00Z}"},
		{"a pointer", &params{}, 20, "&params{C: 0, Seed:…"},
		{"what has no digest", handler{}, 80, "handler{F: func(int)}"},
		{"a function", func() {}, 80, "func()"},
		{"a map in order", map[int]string{10: "b", 9: "a"}, 80, `map[int]string[2] 9: "a", 10: "b"`},
		{"a large map", make1000(), 80, "map[int]int[1000]"},
		{"nil and empty", [][]int{nil, {}}, 80, "[][]int[2] []int(nil) []int[0]"},
		{"a nil map", map[string]int(nil), 80, "map[string]int(nil)"},
		{"any", []any{1, "a", nil, []any(nil)}, 80, `[]any[4] 1 "a" nil []any(nil)`},
		{"a duration", 90 * time.Second, 80, "1m30s"},
		{"a named time", stamp(noon), 80, "2024-05-01T12:00:00Z"},
		{"a large integer", big.NewInt(-5), 80, "-5"},
		{"a very large integer", new(big.Int).Lsh(big.NewInt(1), 1<<20), 80, "big.Int of 1048577 bits"},
		{"a fraction", big.NewRat(2, 4), 80, "1/2"},
		{"a large float", new(big.Float).SetMantExp(big.NewFloat(1), 1<<30), 80, "big.Float of 53 bits"},
		{"a zone", time.UTC, 80, "UTC"},
		{"an address", netip.MustParseAddr("::1"), 80, "::1"},
		{"a type", reflect.TypeFor[[]layer](), 80, "[]layer"},
		{"bytes", []byte("ab"), 80, "[]uint8[2] 97 98"},
		{"nothing fits", "abc", 0, ""},
		{"one character fits", "abc", 1, "…"},
		{"characters, not bytes", "ääää", 6, `"ääää"`},
		{"cut between characters", "äääää", 6, `"ääää…`},
	}
	for _, test := range tests {
		got := Preview(test.value, test.max)
		if got != test.want {
			t.Errorf("%s: %s, want %s", test.reason, got, test.want)
		}
		if n := utf8.RuneCountInString(got); n > test.max {
			t.Errorf("%s: %d characters, want at most %d", test.reason, n, test.max)
		}
	}
	// Each of these would take for ever if all of it were looked at.
	huge := make([]struct{}, math.MaxInt)
	for _, v := range []any{nested, huge, [1 << 20]struct{ A []any }{}, os.Stdin, reflect.ValueOf(nested)} {
		if got := Preview(v, 100); utf8.RuneCountInString(got) > 100 || got == "" {
			t.Errorf("%T: %q", v, got)
		}
	}
	budget := previewValues
	w := previewer{limit: 1000, budget: &budget}
	if w.value(reflect.ValueOf(nested), 0); budget > 0 || budget < -previewValues {
		t.Errorf("%d values were looked at, want about %d", previewValues-budget, previewValues)
	}
	if a, b := Preview(reflect.ValueOf(3), 10), PreviewValue(reflect.ValueOf(3), 10); a != "3" || b != "3" {
		t.Errorf("of a reflect.Value: %s and %s", a, b)
	}
	// A field that cannot be read the usual way.
	if got := PreviewValue(reflect.ValueOf(params{when: noon}).FieldByName("when"), 80); !strings.HasPrefix(got, "Time{") {
		t.Errorf("an unexported time: %s", got)
	}
}

func make1000() map[int]int {
	m := map[int]int{}
	for i := range 1000 {
		m[i] = i
	}
	return m
}
