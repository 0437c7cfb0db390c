package codeid

import (
	"errors"
	"reflect"
	"strings"
	"sync"
	"testing"
)

type bound struct{ n int }

func (b bound) method() int { return b.n }

func TestCheck(t *testing.T) {
	t.Parallel()
	n := len(t.Name())
	b := bound{n: n}
	for _, test := range []struct {
		reason string
		fn     any
		want   []string // what the refusal says; none for a function that is fine
	}{
		{"a function", strings.ToUpper, nil},
		{"a method expression", bound.method, nil},
		{"a method expression by pointer", (*bound).method, nil},
		{"an instance", instance[int], nil},
		{"a literal", func(x int) int { return x }, nil},
		{"a captured variable", func() int { return n }, []string{"captures n", "check_test.go:", "pass what it needs as arguments"}},
		{"a bound method", b.method, []string{"method value", "codeid.bound.method", "receiver"}},
		{"a function made by reflection", reflect.MakeFunc(reflect.TypeFor[func()](), nil).Interface(), []string{"made by reflection"}},
		{"a method by reflection", reflect.ValueOf(b).Interface(), []string{"no function"}},
		{"nil", nil, []string{"no function"}},
		{"a nil function", (func())(nil), []string{"func()", "nil"}},
	} {
		err := Check(test.fn)
		if test.want == nil {
			if err != nil {
				t.Errorf("%s: %v", test.reason, err)
			}
			continue
		}
		if _, refused := errors.AsType[*RefusedError](err); !refused {
			t.Errorf("%s: %v, want a refusal", test.reason, err)
			continue
		}
		for _, want := range test.want {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%s: %q does not say %q", test.reason, err, want)
			}
		}
	}
}

func TestOfIsSharedAndSafe(t *testing.T) {
	t.Parallel()
	identities := make([]*Identity, 8)
	var work sync.WaitGroup
	for i := range identities {
		work.Go(func() {
			if i%2 == 0 {
				identities[i] = Of(TestOfIsSharedAndSafe)
			} else {
				identities[i] = Of(TestCheck)
			}
		})
	}
	work.Wait()
	for i, id := range identities {
		if id != identities[i%2] || id == identities[(i+1)%2] {
			t.Errorf("identity %d is not shared", i)
		}
	}
	if got, want := identities[0].Name, "labbook/cache/codeid.TestOfIsSharedAndSafe"; got != want {
		t.Errorf("name %q, want %q", got, want)
	}
}

func TestOfPanics(t *testing.T) {
	t.Parallel()
	defer func() {
		if text, _ := recover().(string); !strings.Contains(text, "no function") {
			t.Errorf("panic %q", text)
		}
	}()
	Of(3)
}
