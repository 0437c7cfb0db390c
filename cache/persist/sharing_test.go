package persist_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"labbook/cache/persist"
)

type (
	person struct {
		Name   string
		Friend *person
	}
	self  []self
	graph map[string]graph
)

func TestCycles(t *testing.T) {
	t.Parallel()
	t.Run("pointers", func(t *testing.T) {
		t.Parallel()
		anna, bert := &person{Name: "Anna"}, &person{Name: "Bert"}
		anna.Friend, bert.Friend = bert, anna
		got := again(t, anna).(*person)
		if got.Name != "Anna" || got.Friend.Name != "Bert" || got.Friend.Friend != got {
			t.Errorf("got %v", got)
		}
	})
	t.Run("a pointer is read into the variable itself", func(t *testing.T) {
		t.Parallel()
		anna := &person{Name: "Anna"}
		anna.Friend = anna
		data, err := persist.Marshal(anna)
		if err != nil {
			t.Fatal(err)
		}
		var got person
		if err := persist.Unmarshal(data, &got); err != nil {
			t.Fatal(err)
		}
		if got.Friend != &got {
			t.Errorf("the friend of %p is %p", &got, got.Friend)
		}
	})
	t.Run("slices", func(t *testing.T) {
		t.Parallel()
		s := self{nil, nil}
		s[0], s[1] = s, self{s}
		got := again(t, s).(self)
		if &got[0][0] != &got[0] || &got[1][0][0] != &got[0] {
			t.Error("the slice does not hold itself")
		}
	})
	t.Run("maps", func(t *testing.T) {
		t.Parallel()
		m := graph{}
		m["self"] = m
		got := again(t, m).(graph)
		got["more"] = nil
		if len(got["self"]) != 2 {
			t.Error("the map does not hold itself")
		}
	})
	t.Run("interfaces", func(t *testing.T) {
		t.Parallel()
		s := []any{1, nil}
		s[1] = s
		got := again(t, s).([]any)
		if &got[1].([]any)[0] != &got[0] {
			t.Error("the slice does not hold itself")
		}
	})
	t.Run("across results", func(t *testing.T) {
		t.Parallel()
		row := []float64{1, 2}
		got := again(t, [][]float64{row, row, row[:1]}).([][]float64)
		if &got[0][0] != &got[1][0] || &got[0][0] == &got[2][0] {
			t.Error("equal slices do not come back as one, or others do")
		}
	})
}

// Every level doubles what there is to walk: anything but linear cost hangs.
func TestSharingCostsLinearTime(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		reason string
		build  func() any
	}{
		{"slices", func() any {
			s := self{}
			for range 60 {
				s = self{s, s}
			}
			return s
		}},
		{"maps", func() any {
			m := graph{}
			for range 60 {
				m = graph{"a": m, "b": m}
			}
			return m
		}},
		{"pointers", func() any {
			n := &tree{}
			for range 60 {
				n = &tree{Kids: []*tree{n, n}, Left: n}
			}
			return n
		}},
		{"interfaces", func() any {
			s := []any{}
			for range 60 {
				s = []any{s, s}
			}
			return s
		}},
	} {
		t.Run(test.reason, func(t *testing.T) {
			t.Parallel()
			data, err := persist.Marshal(test.build())
			if err != nil {
				t.Fatal(err)
			}
			if len(data) > 3000 {
				t.Errorf("%d bytes", len(data))
			}
			again(t, test.build())
		})
	}
}

func TestDepthIsBounded(t *testing.T) {
	t.Parallel()
	chain := func(n int) *person {
		var p *person
		for i := range n {
			p = &person{Name: fmt.Sprint(i), Friend: p}
		}
		return p
	}
	got := again(t, chain(4000)).(*person)
	length := 0
	for ; got != nil; got = got.Friend {
		length++
	}
	if length != 4000 {
		t.Errorf("a chain of 4000 came back with %d", length)
	}

	_, err := persist.Marshal(chain(1_000_000))
	var unsupported *persist.UnsupportedError
	if !errors.As(err, &unsupported) || !strings.Contains(err.Error(), "nested more than 10000 levels") || len(err.Error()) > 600 {
		t.Errorf("a chain of a million: %v", err)
	}
	deep := append(bytesOf(0x81, 20_000), 0x80)
	var into self
	if err := persist.Unmarshal(deep, &into); err == nil || !strings.Contains(err.Error(), "levels deep") {
		t.Errorf("20,000 arrays within each other: %v", err)
	}
}

func bytesOf(b byte, n int) []byte {
	s := make([]byte, n)
	for i := range s {
		s[i] = b
	}
	return s
}
