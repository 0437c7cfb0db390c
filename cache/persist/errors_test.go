package persist_test

import (
	"errors"
	"math"
	"math/big"
	"reflect"
	"strings"
	"testing"

	"labbook/cache/persist"
)

type (
	hidden    struct{ secret int } //nolint:unused // that it cannot be reached is what is tested
	refusing  struct{ N int }
	panicking struct{ N int }
	embedding struct {
		point
		N int
	}
	selfish struct {
		Next *selfish
		F    func()
	}
	// worded can be stored as a text alone, and leads back to itself.
	worded struct {
		inner *around
		N     string
	}
	around struct{ W *worded }
	// lettered can be stored as a text alone, and chained not at all, which
	// shows only after lettered was tried field by field.
	lettered struct{ A *failing }
	failing  struct {
		C *chained
		F func()
	}
	chained struct {
		A *failing
		N int
	}
)

func (lettered) MarshalText() ([]byte, error)  { return nil, nil }
func (*lettered) UnmarshalText(b []byte) error { return nil }

func (refusing) MarshalBinary() ([]byte, error)   { return nil, errors.New("not today") }
func (*refusing) UnmarshalBinary([]byte) error    { return nil }
func (panicking) MarshalBinary() ([]byte, error)  { return []byte("x"), nil }
func (*panicking) UnmarshalBinary(b []byte) error { panic("no such thing") }
func (w worded) MarshalText() ([]byte, error)     { return []byte(w.N), nil }
func (w *worded) UnmarshalText(b []byte) error    { w.N = string(b); return nil }
func (w worded) Same(other any) bool              { return w.N == other.(worded).N }

func TestCheckType(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		reason string
		typ    reflect.Type
		path   string // of the refusal; "-" for none
		say    string
	}{
		{"plain", reflect.TypeFor[everything](), "-", ""},
		{"recursive", reflect.TypeFor[tree](), "-", ""},
		{"an error is an interface", reflect.TypeFor[error](), "-", ""},
		{"text, where nothing else would do", reflect.TypeFor[around](), "-", ""},
		{"big floats by their gob form", reflect.TypeFor[*big.Float](), "-", ""},
		{"tagged fields", reflect.TypeFor[tagged](), "-", ""},
		{"a function", reflect.TypeFor[func()](), "", "one process"},
		{"a channel", reflect.TypeFor[struct{ C []chan int }](), ".C[]", "one process"},
		{"an address", reflect.TypeFor[map[string]uintptr](), "[]", "address"},
		{"an unexported field", reflect.TypeFor[map[string][]hidden](), "[][].secret", `labbook:"-"`},
		{"an embedded unexported type", reflect.TypeFor[embedding](), ".point", "not exported"},
		{"a recursive type", reflect.TypeFor[struct{ S selfish }](), ".S.F", "function"},
		{"a type that a text came to the aid of", reflect.TypeFor[[]lettered](), "-", ""},
		{"a type that was met on the way there", reflect.TypeFor[struct {
			L lettered
			C *chained
		}](), ".C.A.F", "function"},
		{"a pointer as key", reflect.TypeFor[map[*int]int](), "[key]", "pointer"},
		{"a pointer within a key", reflect.TypeFor[map[[2]struct{ P *int }]int](), "[key]", "pointer"},
		{"too many elements without a size", reflect.TypeFor[[1 << 30]struct{}](), "", "without a size"},
		{"the same, nested", reflect.TypeFor[[1 << 20][1 << 20]struct{}](), "", "without a size"},
	} {
		t.Run(test.reason, func(t *testing.T) {
			t.Parallel()
			err := persist.CheckType(test.typ)
			if test.path == "-" {
				if err != nil {
					t.Error(err)
				}
				return
			}
			var unsupported *persist.UnsupportedError
			if !errors.As(err, &unsupported) || unsupported.Path != test.path || !strings.Contains(err.Error(), test.say) {
				t.Errorf("got %v, want an error at %q that says %q", err, test.path, test.say)
			}
		})
	}
}

func TestTextServesWhereNothingElseWould(t *testing.T) {
	t.Parallel()
	got := again(t, []around{{&worded{inner: &around{}, N: "a"}}, {}}).([]around)
	if got[0].W.N != "a" || got[1].W != nil {
		t.Errorf("got %+v", got)
	}
}

func TestBigFloatKeepsItsPrecision(t *testing.T) {
	t.Parallel()
	want := new(big.Float).SetPrec(200).SetMode(big.ToZero).SetFloat64(math.Pi)
	got := again(t, want).(*big.Float)
	if got.Cmp(want) != 0 || got.Prec() != 200 || got.Mode() != big.ToZero {
		t.Errorf("got %v with precision %d and mode %v", got, got.Prec(), got.Mode())
	}
}

func TestUnsupportedValues(t *testing.T) {
	t.Parallel()
	type local struct{ N int }
	for _, test := range []struct {
		reason string
		value  any
		say    string
	}{
		{"an unregistered type in an interface", map[string][]any{"k": {1, local{}}}, `["k"][1] of type persist_test.local cannot be stored: it is held by an interface and not registered; call persist.Register[labbook/cache/persist_test.local]()`},
		{"the same behind something shared", []any{[]any{local{}}}, `[0][0] of type`},
		{"an unregistered type as a key", map[any]int{local{}: 1}, "[key] of type persist_test.local"},
		{"a pointer in a key's interface", map[any]int{(*big.Int)(nil): 1, big.NewInt(1): 2}, "a key cannot hold a pointer"},
		{"keys that become equal", map[float64]int{math.NaN(): 1, math.Float64frombits(0x7ff8000000000001): 2}, "two of its keys"},
		{"a type that refuses itself", []refusing{{}}, "[0] of type persist_test.refusing cannot be stored: its method MarshalBinary: not today"},
		{"a function", struct{ F func() }{}, ".F of type func() cannot be stored"},
		{"too many elements without a size", make([]struct{}, 1<<30), "without a size"},
	} {
		t.Run(test.reason, func(t *testing.T) {
			t.Parallel()
			_, err := persist.Marshal(test.value)
			var unsupported *persist.UnsupportedError
			if !errors.As(err, &unsupported) || !strings.Contains(err.Error(), test.say) {
				t.Errorf("got %v, want %q", err, test.say)
			}
		})
	}
}

func TestMismatch(t *testing.T) {
	t.Parallel()
	type before struct {
		A int
		B string
		P []point
	}
	stored := before{1, "b", []point{{1, 2}}}
	for _, test := range []struct {
		reason string
		stored any
		into   any
		say    string
	}{
		{"a field is gone", stored, &struct {
			A int
			B string
		}{}, `found a field "P" that it does not have`},
		{"a field is new", stored, &struct {
			A int
			B string
			P []point
			C int
		}{}, "found 3 fields"},
		{"a field has another name", stored, &struct {
			A  int
			BB string
			P  []point
		}{}, `field "B"`},
		{"a field has another type", stored, &struct {
			A string
			B string
			P []point
		}{}, ".A: want string, found an integer"},
		{"deep within", stored, &struct {
			A int
			B string
			P []struct {
				X float64
				Y int
			}
		}{}, ".P[0].Y: want int, found a float of 64 bits"},
		{"a number that is too large", []any{300}[0], new(int8), "want int8, found 300, which it cannot hold"},
		{"a number that is negative", -1, new(uint), "want uint, found -1, which"},
		{"a number beyond any signed one", uint64(1 << 63), new(int64), "which it cannot hold"},
		{"floats of the wrong width", []float64{1}, new([]float32), "want []float32, found an item with tag 86"},
		{"a wider float", 1.5, new(float32), "want float32, found a float of 64 bits"},
		{"integers for floats", []int{1}, new([]float64), "found an item with tag 79"},
		{"signs", []int8{1}, new([]uint8), "found an item with tag 72"},
		{"the wrong number of elements", []int{1, 2}, new([3]int), "want [3]int, found 2 numbers"},
		{"the wrong number of strings", []string{"a"}, new([2]string), "want [2]string, found an array of 1"},
		{"null", (*int)(nil), new(int), "want int, found null"},
		{"text", "x", new(bool), "want a boolean, found a text"},
		{"a map with other values", map[string]int{"a": 1}, new(map[string]string), `["a"]: want string`},
		{"a map with other keys", map[string]int{"a": 1}, new(map[int]int), "[key]: want int, found a text"},
		{"a type that lacks a method", []any{point{}}, new([]shape), `[0]: want a type that implements labbook/cache/persist_test.shape, found "labbook/cache/persist_test.point"`},
		{"a time", "2026", new([]bool), "want []bool"},
		{"what its own method refuses", []byte("x"), new(panicking), "1 bytes that its method UnmarshalBinary refuses: panic: no such thing"},
		{"a reference to something else", [2]any{[]int{1}, 1}, new([2]*int), "[0]"},
	} {
		t.Run(test.reason, func(t *testing.T) {
			t.Parallel()
			data, err := persist.Marshal(test.stored)
			if err != nil {
				t.Fatal(err)
			}
			err = persist.Unmarshal(data, test.into)
			var mismatch *persist.MismatchError
			if !errors.As(err, &mismatch) || !strings.Contains(err.Error(), test.say) {
				t.Errorf("got %v, want %q", err, test.say)
			}
			if into := reflect.ValueOf(test.into).Elem(); !into.IsZero() {
				t.Errorf("left half filled: %v", into)
			}
		})
	}
}

func TestUnmarshalWantsAPointer(t *testing.T) {
	t.Parallel()
	for _, into := range []any{nil, 5, (*int)(nil)} {
		if err := persist.Unmarshal([]byte{1}, into); err == nil {
			t.Errorf("no error for %T", into)
		}
	}
}

func TestRegisterPanics(t *testing.T) {
	t.Parallel()
	refused := func(reason string, register func()) {
		defer func() {
			if recover() == nil {
				t.Errorf("%s was registered", reason)
			}
		}()
		register()
	}
	refused("a type that cannot be stored", persist.Register[func()])
	refused("an interface", persist.Register[shape])
	type twin struct{ A int }
	persist.Register[twin]()
	persist.Register[twin]()
	func() {
		type twin struct{ B int }
		refused("another type of one name", persist.Register[twin])
	}()
}
