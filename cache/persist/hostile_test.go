package persist_test

import (
	"errors"
	"reflect"
	"runtime"
	"strings"
	"testing"

	"labbook/cache/persist"
)

// frugal takes far more memory than it takes bytes when it is stored.
type frugal struct{ _ [1 << 16]byte }

func (*frugal) MarshalBinary() ([]byte, error) { return nil, nil }
func (*frugal) UnmarshalBinary(b []byte) error { return errIfAny(b) }
func errIfAny(b []byte) error {
	if len(b) > 0 {
		return errors.New("not empty")
	}
	return nil
}

func TestDamaged(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		reason string
		input  string
		into   any
		say    string
	}{
		{"nothing", "", new(int), "damaged at byte 0: the data ends"},
		{"marks alone", start, new(int), "the data ends"},
		{"half a number", "1900", new(int), "the data ends"},
		{"something after the value", "0101", new(int), "something follows"},
		{"no item", "1c", new(int), "cannot begin an item"},
		{"a break", "ff", new(any), "cannot begin an item"},
		{"a text that is longer than all", "7b7fffffffffffffff 61", new(string), "the data ends"},
		{"an array that is longer than all", "9b7fffffffffffffff 01", new([]any), "the data ends"},
		{"an array that is a little longer", "8301", new([]string), "the data ends"},
		{"a map that is longer than all", "bbffffffffffffffff 01", new(map[int]int), "the data ends"},
		{"numbers that are more than all", "d856 5bfffffffffffffff8 00", new([]float64), "the data ends"},
		{"half an element", "d856 44 00000000", new([]float64), "no whole number of elements"},
		{"a chunk that is no chunk", "5f 6161 ff", new([]byte), "something other than its chunks"},
		{"chunks within chunks", "5f 5f ff ff", new([]byte), "something other than its chunks"},
		{"chunks without an end", "5f 40 40", new([]byte), "the data ends"},
		{"an array without a length", "9f 01 ff", new([]string), "indefinite length"},
		{"a key twice", "a2 6161 01 6161 02", new(map[string]int), "a key twice"},
		{"a reference to nothing", "d81d 00", new(*int), "not there"},
		{"a reference before what it means", "82 d81d00 d81c01", new([]*int), "not there"},
		{"a type without a name", "d81b 82 01 01", new(any), "the name of a type"},
		{"a field twice", "a2 6158 f93c00 6158 f93c00", new(point), "or twice"},
		{"a field twice, after another order", "a2 6159 f93c00 6159 f93c00", new(point), "or twice"},
		{"a key that nothing compares", "a1 d81b 82 65 5b5d696e74 80 01", new(map[any]int), "cannot be compared"},
	} {
		t.Run(test.reason, func(t *testing.T) {
			t.Parallel()
			err := persist.Unmarshal(unhex(t, test.input), test.into)
			var syntax *persist.SyntaxError
			var mismatch *persist.MismatchError
			if !errors.As(err, &syntax) && !errors.As(err, &mismatch) || !strings.Contains(err.Error(), test.say) {
				t.Errorf("got %v, want %q", err, test.say)
			}
		})
	}
}

func TestNewerVersion(t *testing.T) {
	t.Parallel()
	err := persist.Unmarshal(unhex(t, "d9d9f7 da4c420002 01"), new(int))
	var version *persist.VersionError
	if !errors.As(err, &version) || version.Version != 2 {
		t.Errorf("got %v", err)
	}
}

func TestReferencesHaveTypes(t *testing.T) {
	t.Parallel()
	type two struct {
		A *int
		B *string
	}
	var into two
	err := persist.Unmarshal(unhex(t, "a2 6141 d81c05 6142 d81d00"), &into)
	var mismatch *persist.MismatchError
	if !errors.As(err, &mismatch) || mismatch.Path != ".B" {
		t.Errorf("a pointer to an int as one to a string: %v", err)
	}
}

// A few bytes must not cost much memory, however much they promise.
func TestMemoryIsBounded(t *testing.T) { //nolint:paralleltest // it counts what the whole process allocates
	for _, test := range []struct {
		reason string
		input  []byte
		into   any
		most   uint64
	}{
		{"a million nil slices that are not there", append(unhex(t, "9a000f4240"), make([]byte, 1000)...), new([][]int), 1 << 16},
		{"as many elements as bytes, each far larger", append(unhex(t, "990800"), make([]byte, 2048)...), new([]frugal), 4 << 20},
		{"the same in a map", append(unhex(t, "b90400"), make([]byte, 2048)...), new(map[int]frugal), 4 << 20},
		{"more structs than their fields have room", append(unhex(t, "990800"), make([]byte, 2048)...), new([]everything), 1 << 16},
		{"as many strings as bytes", append(unhex(t, "990800"), make([]byte, 2048)...), new([]string), 1 << 17},
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		err := persist.Unmarshal(test.input, test.into)
		runtime.ReadMemStats(&after)
		if err == nil {
			t.Errorf("%s: no error", test.reason)
		}
		if took := after.TotalAlloc - before.TotalAlloc; took > test.most {
			t.Errorf("%s: %d bytes took %d", test.reason, len(test.input), took)
		}
	}
}

var hostileTargets = []reflect.Type{
	reflect.TypeFor[any](), reflect.TypeFor[everything](), reflect.TypeFor[*tree](), reflect.TypeFor[self](),
	reflect.TypeFor[graph](), reflect.TypeFor[[]float64](), reflect.TypeFor[map[any]any](), reflect.TypeFor[[]frugal](),
	reflect.TypeFor[[2]map[point][]*int](),
}

// FuzzUnmarshal reads anything into various types. What can be read can be
// stored and read again, and is then the same.
func FuzzUnmarshal(f *testing.F) {
	for _, seed := range []any{
		1, "text",
		[]float64{1, 2, 3},
		everything{},
		map[any]any{1: "a", "b": []any{2.5}},
		&tree{Name: "a", Kids: []*tree{{}}},
		[2]map[point][]*int{{{1, 2}: {nil, new(int)}}},
		make([]int, 100),
		graph{"a": {}},
	} {
		data, err := persist.Marshal(seed)
		if err != nil {
			f.Fatal(err)
		}
		for i := range hostileTargets {
			f.Add(data, byte(i))
		}
	}
	f.Add(unhex(f, "82 d81c 81 d81d00 d81d01"), byte(3))
	f.Fuzz(func(t *testing.T, data []byte, target byte) {
		typ := hostileTargets[int(target)%len(hostileTargets)]
		first := reflect.New(typ)
		if err := persist.Unmarshal(data, first.Interface()); err != nil {
			return
		}
		stored, err := persist.MarshalValues([]reflect.Value{first.Elem()})
		if err != nil {
			if _, ok := errors.AsType[*persist.UnsupportedError](err); !ok {
				t.Fatal(err)
			}
			return
		}
		second, err := persist.UnmarshalValues(stored, []reflect.Type{typ})
		if err != nil {
			t.Fatalf("%v\n%x", err, stored)
		}
		again, err := persist.MarshalValues(second)
		if err != nil {
			t.Fatal(err)
		}
		if string(again) != string(stored) {
			t.Fatalf("stored %x, then %x", stored, again)
		}
	})
}
