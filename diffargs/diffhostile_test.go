package diffargs

import (
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// damaged changes something in some nodes of a snapshot, as no value would have
// it.
func damaged(r *rand.Rand, n *Node, all []*Node) {
	if r.IntN(4) == 0 {
		other := all[r.IntN(len(all))]
		switch r.IntN(11) {
		case 0:
			n.Digest[r.IntN(32)]++
		case 1:
			n.TypeDigest = other.TypeDigest
		case 2:
			n.Form = other.Form
		case 3:
			n.Number, n.Data, n.Len, n.Chunks = other.Number, other.Data, other.Len, other.Chunks
		case 4:
			n.Step, n.Key = other.Step, other.Key
		case 5:
			n.Nil = !n.Nil
		case 6:
			n.Children, n.Len = append(slices.Clip(n.Children), &Node{Digest: other.Digest, Type: other.Type}), n.Len+1
		case 7:
			n.Type = other.Type
		case 8:
			n.Children, n.Len = nil, 0
		case 9:
			n.Digest = other.Digest
		default:
			n.Data = nil
			n.Statistics = &Statistics{}
		}
	}
	for _, child := range n.Children {
		damaged(r, child, all)
	}
}

func nodesOf(n *Node) []*Node {
	all := []*Node{n}
	for _, child := range n.Children {
		all = append(all, nodesOf(child)...)
	}
	return all
}

// Whatever can be read can be compared, and differs exactly if its digest does.
func TestDiffOfDamagedSnapshots(t *testing.T) {
	t.Parallel()
	kinds := map[Kind]int{}
	for seed := range uint64(4_000) {
		r := rand.New(rand.NewPCG(seed, 3))
		a, b := randomPair(seed)
		before, after := mustTake(t, a.Interface(), Limits{}), mustTake(t, b.Interface(), Limits{})
		all := append(nodesOf(before.Root), nodesOf(after.Root)...)
		for range 1 + r.IntN(3) {
			damaged(r, before.Root, all)
			damaged(r, after.Root, all)
		}
		var x, y Snapshot
		if x.UnmarshalBinary(mustMarshal(t, before)) != nil || y.UnmarshalBinary(mustMarshal(t, after)) != nil {
			continue
		}
		got := Diff(&x, &y)
		if (len(got) == 0) != (x.Digest() == y.Digest()) {
			t.Fatalf("seed %d: digests %s and %s, differences %v", seed, x.Digest(), y.Digest(), got)
		}
		for _, d := range got {
			kinds[d.Kind]++
		}
	}
	if len(kinds) < 10 {
		t.Errorf("only %v were found", kinds)
	}
}

// Equal parts are kept once, so that a small snapshot can stand for rows without
// end, in every order of the work.
func TestDiffOfEndlessSnapshots(t *testing.T) {
	t.Parallel()
	build := func(salt byte, leaf *Node) *Snapshot {
		n := leaf
		for depth := range byte(7) {
			inner := n
			n = &Node{Form: Sequence, Len: 1000, Digest: Digest{salt, depth}, Type: "x", TypeDigest: Digest{depth}}
			for i := range n.Len {
				child := &Node{Form: inner.Form, Len: inner.Len, Number: inner.Number, Data: inner.Data, Digest: inner.Digest, TypeDigest: inner.TypeDigest, Type: "x"}
				child.Step = indexStep(i)
				if i == 0 {
					child = inner
				}
				n.Children = append(n.Children, child)
			}
		}
		return &Snapshot{Root: n}
	}
	leaf := func(salt byte) *Node {
		return &Node{Form: Numbers, Number: reflect.Uint8, Len: 2, Data: []byte{salt, 2}, Digest: Digest{salt, 99}, Type: "x"}
	}
	structs := func(salt byte) *Node {
		return &Node{Form: Struct, Len: 1, Digest: Digest{salt, 99}, Type: "x", Children: []*Node{{Step: ".A", Digest: Digest{salt, 98}}}}
	}
	for _, pair := range [][2]*Snapshot{{build(1, leaf(1)), build(2, leaf(2))}, {build(1, structs(1)), build(2, structs(2))}} {
		if got := Diff(pair[0], pair[1]); len(got) == 0 {
			t.Error("no differences")
		}
	}
}

// What may be compared can come to its end anywhere, also between two looks at one
// value.
func TestBudgetEndsAnywhere(t *testing.T) {
	t.Parallel()
	for _, n := range []int{500, 501, 502, 503, 510, 550, 600, 700} {
		row, other := make([]float64, n), make([]float32, n)
		for i := range row {
			row[i], other[i] = float64(i), float32(i)
		}
		before, after := make([]any, 100), make([]any, 100)
		for i := range before {
			before[i], after[i] = [][]float64{row}, [][]float32{other}
		}
		a, b := mustTake(t, before, Limits{}), mustTake(t, after, Limits{})
		for budget := range 150 {
			d := differ{index: index{}, open: map[[2]Digest]bool{}, budget: 1000 * budget}
			d.index.add(a.Root)
			d.index.add(b.Root)
			d.nodes("", a.Root, b.Root)
			if d.count() == 0 {
				t.Errorf("with %d bytes to compare, nothing differs", d.budget)
			}
		}
	}
}

// Elements that were not stored, or not compared, may differ as well.
func TestCountsOfWhatIsNotAllThere(t *testing.T) {
	t.Parallel()
	before, after := make([]any, 100), make([]any, 100)
	for i := range before {
		before[i], after[i] = [][]float64{{1, 2, 3}}, [][]float32{{1, 2, 3}}
	}
	for _, test := range []struct {
		reason string
		nodes  int
		budget int
		want   string
	}{
		{"all are compared", 0, maxCompared, "100 of 100 elements are of another number type"},
		{"not all are stored", 41, maxCompared, "at least 10 of 100 elements are of another number type"},
		{"not all are compared", 0, 10_000, "at least "},
	} {
		a, b := mustTake(t, before, Limits{Nodes: test.nodes}), mustTake(t, after, Limits{Nodes: test.nodes})
		d := differ{index: index{}, open: map[[2]Digest]bool{}, budget: test.budget}
		d.index.add(a.Root)
		d.index.add(b.Root)
		d.nodes("", a.Root, b.Root)
		if list := d.differences(); len(list) == 0 || !strings.HasPrefix(list[0].Detail, test.want) {
			t.Errorf("%s: %+v", test.reason, list)
		}
	}
}
