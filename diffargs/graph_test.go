package diffargs

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"unsafe"
)

// A vertex can hold others in every way in which a value can hold itself.
type vertex struct {
	Label int
	Next  *vertex
	Out   []*vertex
	Named map[string]*vertex
	Set   map[*vertex]int
	Any   any
}

type edgePlan struct {
	next, any  int // -1 for none
	out        []int
	named, set map[int]int // of places to vertices; of vertices to values
	label      int
}

func randomGraph(r *rand.Rand, size int) []edgePlan {
	plans := make([]edgePlan, size)
	for i := range plans {
		p := &plans[i]
		p.label = r.IntN(2)
		p.next, p.any = r.IntN(size+1)-1, r.IntN(size+1)-1
		for range r.IntN(3) {
			p.out = append(p.out, r.IntN(size))
		}
		p.named, p.set = map[int]int{}, map[int]int{}
		for range r.IntN(2) {
			p.named[r.IntN(2)] = r.IntN(size)
		}
		for range r.IntN(3) {
			p.set[r.IntN(size)] = r.IntN(2)
		}
	}
	return plans
}

// build lays a graph out in memory with several copies of each vertex, an edge
// leading to any copy of its target, and returns one of the first vertex.
func build(r *rand.Rand, plans []edgePlan, copies int) *vertex {
	vertices := make([]vertex, len(plans)*copies)
	pick := func(target int) *vertex { return &vertices[target*copies+r.IntN(copies)] }
	for i := range vertices {
		v, p := &vertices[i], &plans[i/copies]
		v.Label = p.label
		if p.next >= 0 {
			v.Next = pick(p.next)
		}
		if p.any >= 0 {
			v.Any = pick(p.any)
		}
		for _, target := range p.out {
			v.Out = append(v.Out, pick(target))
		}
		for place, target := range p.named {
			if v.Named == nil {
				v.Named = map[string]*vertex{}
			}
			v.Named[fmt.Sprint(place)] = pick(target)
		}
		for target, value := range p.set {
			if v.Set == nil {
				v.Set = map[*vertex]int{}
			}
			v.Set[pick(target)] = value
		}
	}
	return pick(0)
}

// unfoldingsEqual decides by following all paths for as many steps as there are
// vertices whether two graphs unfold to the same.
func unfoldingsEqual(a, b []edgePlan) bool {
	both := slices.Concat(a, b)
	classes := make([]string, len(both))
	class := func(base, target int) string {
		if target < 0 {
			return "nil"
		}
		return classes[base+target]
	}
	for range both {
		next := make([]string, len(both))
		for i := range both {
			p, base := &both[i], 0
			if i >= len(a) {
				base = len(a)
			}
			var out, named, set []string
			for _, target := range p.out {
				out = append(out, class(base, target))
			}
			for place, target := range p.named {
				named = append(named, fmt.Sprint(place, class(base, target)))
			}
			for target, value := range p.set {
				set = append(set, fmt.Sprint(value, class(base, target)))
			}
			slices.Sort(named)
			slices.Sort(set)
			next[i] = fmt.Sprint(p.label, class(base, p.next), class(base, p.any), out, named, set)
		}
		// Short names, since the texts double with each step.
		names := map[string]string{}
		for i, text := range next {
			if names[text] == "" {
				names[text] = fmt.Sprint("#", len(names))
			}
			next[i] = names[text]
		}
		classes = next
	}
	return classes[0] == classes[len(a)]
}

func TestUnrolledGraphsAreEqual(t *testing.T) {
	t.Parallel()
	for seed := range uint64(100) {
		r := rand.New(rand.NewPCG(seed, 3))
		plans := randomGraph(r, 1+r.IntN(8))
		want := mustDigest(t, build(r, plans, 1))
		for copies := 1; copies <= 4; copies++ {
			if got := mustDigest(t, build(r, plans, copies)); got != want {
				t.Fatalf("seed %d: digest %s with one copy of each vertex, %s with %d", seed, want.Short(), got.Short(), copies)
			}
		}
	}
}

func TestGraphsAreEqualJustIfTheyUnfoldAlike(t *testing.T) {
	t.Parallel()
	equal, seeds := 0, uint64(1000)
	if raceEnabled {
		seeds = 200
	}
	for seed := range seeds {
		r := rand.New(rand.NewPCG(seed, 4))
		a := randomGraph(r, 1+r.IntN(3))
		b := slices.Clone(a)
		if i := r.IntN(len(b)); r.IntN(2) == 0 {
			b[i] = randomGraph(r, len(b))[0]
		} else if r.IntN(4) > 0 {
			// Another vertex that is the same as vertex i, with edges to it.
			b = append(b, b[i])
			b[r.IntN(len(b))].next = len(b) - 1
		}
		want := unfoldingsEqual(a, b)
		if want {
			equal++
		}
		x, y := build(r, a, 1), build(r, b, 1+r.IntN(2))
		if got := mustDigest(t, x) == mustDigest(t, y); got != want {
			t.Fatalf("seed %d: equal digests: %t, equal unfoldings: %t\n%+v\n%+v", seed, got, want, a, b)
		}
		differences, err := DiffValues(x, y)
		if err != nil {
			t.Fatal(err)
		}
		if (len(differences) == 0) != want {
			t.Fatalf("seed %d: equal: %t, differences: %v", seed, want, differences)
		}
	}
	if total := int(seeds); equal < total/10 || equal > total*9/10 {
		t.Errorf("%d of %d pairs are equal: the generator is lopsided", equal, total)
	}
}

func mustDigest(t testing.TB, v any) Digest {
	t.Helper()
	d, err := Of(v)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestCyclesWithoutPointers(t *testing.T) {
	t.Parallel()
	slice := func(rounds int) []any {
		first := []any{nil, 1}
		last := first
		for range rounds - 1 {
			last = []any{last, 1}
		}
		first[0] = last
		return first
	}
	mapping := func(rounds int) map[string]any {
		first := map[string]any{"n": 1.5}
		last := first
		for range rounds - 1 {
			last = map[string]any{"n": 1.5, "self": last}
		}
		first["self"] = last
		return first
	}
	if a, b := mustDigest(t, slice(1)), mustDigest(t, slice(3)); a != b {
		t.Errorf("slices that hold themselves: %s in one step, %s in three", a, b)
	}
	if a, b := mustDigest(t, mapping(1)), mustDigest(t, mapping(2)); a != b {
		t.Errorf("maps that hold themselves: %s in one step, %s in two", a, b)
	}
	other := mapping(2)
	other["n"] = 2.5
	if a, b := mustDigest(t, mapping(1)), mustDigest(t, other); a == b {
		t.Errorf("another number in one of two rounds has the same digest %s", a)
	}
}

// A doubly linked list of equal values is where refining in rounds takes a
// round per element.
func TestDoublyLinkedList(t *testing.T) {
	t.Parallel()
	type element struct{ prev, next *element }
	list := func(n int) *element {
		head := &element{}
		for last := head; n > 1; n-- {
			last.next = &element{prev: last}
			last = last.next
		}
		return head
	}
	const n = 5_000
	if first, second := mustDigest(t, list(n)), mustDigest(t, list(n)); first != second {
		t.Error("lists of one length differ")
	}
	if mustDigest(t, list(n)) == mustDigest(t, list(n+1)) {
		t.Error("lists of different lengths are equal")
	}
}

type chain struct {
	Value any
	Next  *chain
}

func chainOf(n int, last any) *chain {
	c := &chain{Value: last}
	for i := range n - 1 {
		c = &chain{Value: i, Next: c}
	}
	return c
}

func TestDeepValues(t *testing.T) {
	t.Parallel()
	n := 300_000
	if testing.Short() || raceEnabled {
		n = 30_000
	}
	long := chainOf(n, 0)
	if mustDigest(t, long) != mustDigest(t, chainOf(n, 0)) {
		t.Error("equal long lists differ")
	}
	if mustDigest(t, long) == mustDigest(t, chainOf(n, 1)) {
		t.Error("the last value of a long list does not count")
	}
	nested := func(n int) any {
		var v any
		for range n {
			v = [1]any{[]any{map[int]any{1: v}}}
		}
		return v
	}
	if mustDigest(t, nested(20_000)) == mustDigest(t, nested(20_001)) {
		t.Error("depth does not count")
	}
}

// The digest of a part does not depend on whether the whole was too deep for
// the stack.
func TestDeepAndShallowAgree(t *testing.T) {
	t.Parallel()
	shared := chainOf(maxDepth-5, "end")
	e := &encoder{plans: nativePlans}
	pl := nativePlans.get(reflect.TypeOf(shared))
	byGraph, err := e.graphDigest(pl, unsafe.Pointer(&shared))
	if err != nil {
		t.Fatal(err)
	}
	if byStack := mustDigest(t, shared); byStack != byGraph {
		t.Errorf("digest %s on the stack, %s by the graph", byStack, byGraph)
	}
	deep := chainOf(3*maxDepth, "end")
	middle := deep
	for range maxDepth {
		middle = middle.Next
	}
	type both struct{ A, B *chain }
	copied := chainOf(3*maxDepth, "end")
	copiedMiddle := chainOf(2*maxDepth, "end")
	// The middle first, so that the rest of it is known when the head comes.
	if mustDigest(t, both{middle, deep}) != mustDigest(t, both{copiedMiddle, copied}) {
		t.Error("sharing the rest of a list shows in the digest")
	}
}

func TestSharedPartsAreEncodedOnce(t *testing.T) {
	t.Parallel()
	doubled := func() any {
		var v any = 1
		for range 200 {
			s := []any{v, v}
			v = map[string]any{"a": s, "b": s, "c": &s}
		}
		return v
	}
	if first, second := mustDigest(t, doubled()), mustDigest(t, doubled()); first != second {
		t.Error("equal values differ")
	}
}

func TestPathOfAnErrorInDepth(t *testing.T) {
	t.Parallel()
	_, err := Of(chainOf(600, map[string]any{"f": func() {}}))
	var unkeyable *UnkeyableError
	if !errors.As(err, &unkeyable) {
		t.Fatalf("error %v, want an *UnkeyableError", err)
	}
	if want := strings.Repeat(".Next", 599) + `.Value["f"]`; unkeyable.Path != want {
		t.Errorf("path %q, want .Next 599 times, then %q", unkeyable.Path, `.Value["f"]`)
	}
}

// An error that shows only when a part is encoded has the path of the deepest
// such part, which is encoded first, although those around it have it, too.
func TestPathOfALateErrorInDepth(t *testing.T) {
	t.Parallel()
	type late struct {
		P    *broken
		Next *late
	}
	shared := &broken{}
	v := &late{P: shared}
	for range 10 {
		v = &late{shared, v}
	}
	for range maxDepth {
		v = &late{nil, v}
	}
	_, err := Of(v)
	unkeyable, ok := errors.AsType[*UnkeyableError](err)
	if !ok || !errors.Is(err, errBroken) {
		t.Fatalf("error %v, want an *UnkeyableError that wraps %v", err, errBroken)
	}
	if want := strings.Repeat(".Next", maxDepth+10) + ".P"; unkeyable.Path != want {
		t.Errorf("path %q, want .Next %d times, then .P", unkeyable.Path, maxDepth+10)
	}
}

// Which way leads where counts, even where the same places are reached.
func TestRanksCount(t *testing.T) {
	t.Parallel()
	type fork struct{ Left, Right *fork }
	type sign struct {
		Value int
		Self  *sign
	}
	type ways struct {
		A, B *sign
		Back *ways
	}
	p, q := &sign{Value: 1}, &sign{Value: 2}
	p.Self, q.Self = p, q
	straight, crossed := &ways{A: p, B: q}, &ways{A: q, B: p}
	straight.Back, crossed.Back = straight, crossed
	if mustDigest(t, [2]*ways{straight, crossed}) == mustDigest(t, [2]*ways{straight, straight}) {
		t.Error("ways that lead to each other's places are taken for one")
	}
	loop := &fork{}
	loop.Left = loop
	left, right := &fork{Left: loop, Right: &fork{}}, &fork{Left: &fork{}, Right: loop}
	if mustDigest(t, left) == mustDigest(t, right) {
		t.Error("left and right are taken for one")
	}
}
