package cache

import (
	"reflect"
	"sync"
	"testing"
	"time"
)

type copied struct {
	Numbers []float64
	Nested  map[string][]copied
	Next    *copied
	Any     any
	At      time.Time
	Array   [2][]int
	_       int
	Func    func()
}

type lockedBox struct {
	sync.Mutex
	Values []int
}

// A copy is equal, shares nothing that can be changed, and keeps cycles.
func TestCopyArguments(t *testing.T) {
	t.Parallel()
	original := func() *copied {
		c := &copied{
			Numbers: []float64{1, 2}, Nested: map[string][]copied{"a": {{Numbers: []float64{3}}}, "b": nil}, Any: []any{[]int{4}, nil},
			At: time.Unix(1, 2), Array: [2][]int{{5}, nil},
		}
		c.Next = c
		return c
	}
	arg := original()
	slice := []int{1, 2, 3}
	args := []reflect.Value{reflect.ValueOf(arg), reflect.ValueOf(slice), reflect.ValueOf(slice), reflect.ValueOf([]int(nil)), reflect.Zero(reflect.TypeFor[error]())}
	copies := copyArguments(args)
	got := copies[0].Interface().(*copied)
	if got == arg || got.Next != got || !reflect.DeepEqual(got, arg) {
		t.Fatalf("the copy is %+v", got)
	}
	got.Numbers[0], got.Nested["a"][0].Numbers[0], got.Array[0][0] = 9, 9, 9
	got.Any.([]any)[0].([]int)[0] = 9
	got.Nested["c"] = nil
	if !reflect.DeepEqual(arg, original()) {
		t.Errorf("the original has changed: %+v", arg)
	}
	if copies[1].Pointer() != copies[2].Pointer() || copies[1].Pointer() == args[1].Pointer() {
		t.Error("what two arguments share they do not share any more, or it was not copied")
	}
	if !copies[3].IsNil() || !copies[4].IsNil() {
		t.Error("nil does not stay nil")
	}
}

// What is tied to its place stays in it.
func TestTiedArgumentsAreNotCopied(t *testing.T) {
	t.Parallel()
	box := &lockedBox{Values: []int{1}}
	box.Lock()
	defer box.Unlock()
	boxes := []*lockedBox{box}
	copies := copyArguments([]reflect.Value{reflect.ValueOf(box), reflect.ValueOf(boxes)})
	if copies[0].Interface() != box || copies[1].Interface().([]*lockedBox)[0] != box {
		t.Error("a mutex was copied")
	}
	if copies[1].Pointer() == reflect.ValueOf(boxes).Pointer() {
		t.Error("the list was not copied")
	}
}

// A list that is longer than a stack is deep is copied as far as that.
func TestLongListsAreCopiedInPart(t *testing.T) {
	t.Parallel()
	var list *copied
	for range 1_000_000 {
		list = &copied{Next: list}
	}
	got := copyArguments([]reflect.Value{reflect.ValueOf(list)})[0].Interface().(*copied)
	fresh := 0
	for a, b := list, got; a != b; a, b = a.Next, b.Next {
		fresh++
	}
	if fresh != maxCopyDepth {
		t.Errorf("%d nodes were copied, want %d", fresh, maxCopyDepth)
	}
}
