package whyhit

import (
	"context"
	"reflect"
	"strings"
	"testing"
)

func TestCountArguments(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		function any
		want     int
	}{
		{func() {}, 0},
		{func(context.Context) error { return nil }, 0},
		{func(int) {}, 1},
		{func(context.Context, int, ...string) (int, error) { return 0, nil }, 2},
		{func(map[string][]func(int, bool) (int, error), chan<- int, [3]int) {}, 3},
		{func(struct {
			A, B int `x:"a,)\"b"`
		}, interface{ Do(a, b int) }) {
		}, 2},
	} {
		signature := reflect.TypeOf(test.function).String()
		if got, ok := countArguments(signature); got != test.want || !ok {
			t.Errorf("%s has %d arguments, %t; want %d", signature, got, ok, test.want)
		}
	}
	for _, wrong := range []string{"", "int", "func", "func(", "func(int", `func("`, "func([)"} {
		if got, ok := countArguments(wrong); ok {
			t.Errorf("%q has %d arguments", wrong, got)
		}
	}
}

func FuzzCountArguments(f *testing.F) {
	f.Add(`func(struct { A int "x\"" }, ...int) (int, error)`)
	f.Fuzz(func(_ *testing.T, signature string) { _, _ = countArguments(signature) })
}

// A change behind a long equal beginning is shown.
func TestFromDifference(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("/bin:", 50)
	for _, test := range []struct{ reason, before, after, was, is string }{
		{"short", "/bin:a", "/bin:b", "/bin:a", "/bin:b"},
		{"long, and other at once", "a" + long, "b" + long, "a" + long, "b" + long},
		{"long and equal for long", long + "a", long + "b", "…" + strings.Repeat("/bin:", 6) + "a", "…" + strings.Repeat("/bin:", 6) + "b"},
		{"one is the beginning of the other", long, long + "é", "…" + strings.Repeat("/bin:", 6), "…" + strings.Repeat("/bin:", 6) + "é"},
	} {
		if was, is := fromDifference(test.before, test.after); was != test.was || is != test.is {
			t.Errorf("%s: %q → %q, want %q → %q", test.reason, was, is, test.was, test.is)
		}
	}
}
