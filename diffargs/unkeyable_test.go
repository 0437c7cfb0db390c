package diffargs

import (
	"errors"
	"os"
	"reflect"
	"sync"
	"sync/atomic"
	"testing"
	"unsafe"
)

var errBroken = errors.New("no key today")

func TestUnkeyable(t *testing.T) {
	t.Parallel()
	type options struct{ Callback func() }
	type server struct {
		Opts options
		Next *server
	}
	tests := []struct {
		reason string
		value  any
		static bool // the type alone tells
		want   string
	}{
		{
			"a function", func() {}, true,
			"func() cannot be part of a key (functions cannot be compared); pass a value that stands for it, such as a name",
		},
		{
			"a field, even if it is nil",
			server{},
			true,
			`.Opts.Callback: func() cannot be part of a key (functions cannot be compared); leave the field, or one around it, out with the tag labbook:"-"`,
		},
		{
			"below pointers and slices",
			[]*server{},
			true,
			`[].Opts.Callback: func() cannot be part of a key (functions cannot be compared); leave the field, or one around it, out with the tag labbook:"-"`,
		},
		{
			"a channel in a map",
			map[string]chan int{},
			true,
			"[]: chan int cannot be part of a key (a channel belongs to one process); pass a value that stands for it, such as a name",
		},
		{
			"a key",
			map[chan int]int{},
			true,
			"[key]: chan int cannot be part of a key (a channel belongs to one process); pass a value that stands for it, such as a name",
		},
		{
			"an address",
			[1]unsafe.Pointer{},
			true,
			"[]: unsafe.Pointer cannot be part of a key (an address belongs to one process); pass a value that stands for it, such as a name",
		},
		{
			"what may be an address", uintptr(1), true,
			"uintptr cannot be part of a key (it may be an address; a number can be a uint64); pass a value that stands for it, such as a name",
		},
		{
			"a sync.Map",
			struct{ M *sync.Map }{},
			true,
			`.M: sync.Map cannot be part of a key (what it holds is private; a map can be); leave the field, or one around it, out with the tag labbook:"-"`,
		},
		{
			"an atomic pointer",
			struct{ P atomic.Pointer[int] }{},
			true,
			`.P: atomic.Pointer[int] cannot be part of a key (what it holds is private); leave the field, or one around it, out with the tag labbook:"-"`,
		},
		{
			"an open file", os.Stdin, true,
			"os.File cannot be part of a key (an open file belongs to one process; its path or its contents can be); pass a value that stands for it, such as a name",
		},
		{
			"what an interface holds",
			map[string]any{"a\n": []any{0, struct{ F any }{func() {}}}},
			false,
			`["a\n"][1].F: func() cannot be part of a key (functions cannot be compared); leave the field, or one around it, out with the tag labbook:"-"`,
		},
		{
			"an error of AppendKey",
			[]broken{{}},
			false,
			"[0]: diffargs.broken cannot be part of a key (its AppendKey method returned an error: no key today); pass a value that stands for it, such as a name",
		},
	}
	for _, test := range tests {
		_, err := Of(test.value)
		var unkeyable *UnkeyableError
		if !errors.As(err, &unkeyable) || err.Error() != test.want {
			t.Errorf("%s:\n got %v\nwant %s", test.reason, err, test.want)
		}
		if static := CheckType(reflect.TypeOf(test.value)); (static != nil) != test.static || test.static && static.Error() != test.want {
			t.Errorf("%s: CheckType says %v", test.reason, static)
		}
		if _, err := Take(reflect.ValueOf(test.value), Limits{}); err == nil || err.Error() != test.want {
			t.Errorf("%s: Take says %v", test.reason, err)
		}
		// A failure leaves nothing behind for the next digest.
		if got, want := mustDigest(t, []any{1}), oracleDigest(reflect.ValueOf([]any{1})); string(got[:]) != want {
			t.Fatalf("%s: the next digest is wrong", test.reason)
		}
	}
	if _, err := Of(broken{}); !errors.Is(err, errBroken) {
		t.Errorf("error %v does not wrap what AppendKey returned", err)
	}
	if err := CheckType(reflect.TypeFor[struct {
		F func() `labbook:"-"`
		_ [0]func()
		A [0]chan int
		E error
	}]()); err != nil {
		t.Errorf("fields that are left out, or hold nothing: %v", err)
	}
}
