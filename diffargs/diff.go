package diffargs

import (
	"fmt"
	"reflect"
)

// maxDifferences bounds what Diff returns. Nobody reads more.
const maxDifferences = 50

// Diff says where two values differ. The result is empty exactly if their
// digests are equal. It goes down only where digests differ, and sums up rows
// of numbers in one Difference each. After 50 differences the last one says how
// many more there are, at the path "…".
func Diff(before, after *Snapshot) []Difference {
	d := differ{index: index{}, open: map[[2]Digest]bool{}}
	if before.Root != nil && after.Root != nil {
		d.index.add(before.Root)
		d.index.add(after.Root)
		d.nodes("", before.Root, after.Root)
	} else if before.Root != after.Root {
		d.add(Difference{Kind: Value, Detail: "one snapshot is empty"})
	}
	if d.omitted > 0 {
		d.found = append(d.found, Difference{
			Path: "…", Kind: Value, Detail: counted(d.omitted, "more difference", "more differences"),
		})
	}
	return d.found
}

// DiffValues says where two values differ, as Diff does of snapshots with the
// default limits. The error is that of Of.
func DiffValues(before, after any) ([]Difference, error) {
	a, err := Take(reflect.ValueOf(before), Limits{})
	if err != nil {
		return nil, fmt.Errorf("take snapshot of the value before: %w", err)
	}
	b, err := Take(reflect.ValueOf(after), Limits{})
	if err != nil {
		return nil, fmt.Errorf("take snapshot of the value after: %w", err)
	}
	return Diff(a, b), nil
}

type differ struct {
	found   []Difference
	omitted int
	index   index // of both snapshots: equal digests are equal values
	open    map[[2]Digest]bool
	cuts    int // comparisons that were given up, because they are open or too many
	steps   int
}

// maxSteps bounds the comparisons of one diff: equal parts are kept once, but a
// value can reach them by more paths than anybody can walk.
const maxSteps = 100_000

func (d *differ) add(difference Difference) {
	if len(d.found) < maxDifferences {
		d.found = append(d.found, difference)
	} else {
		d.omitted++
	}
}

// count is how many differences were found; it tells whether looking further
// down has explained anything.
func (d *differ) count() int { return len(d.found) + d.omitted }

// nodes finds the differences between two values at one path.
func (d *differ) nodes(path string, a, b *Node) {
	if a.Digest == b.Digest {
		return
	}
	pair := [2]Digest{a.Digest, b.Digest}
	if d.steps++; d.open[pair] || d.steps > maxSteps {
		d.cuts++
		return
	}
	d.open[pair] = true
	defer delete(d.open, pair)

	a, b = d.index.whole(a), d.index.whole(b)
	explained, cuts := d.count(), d.cuts
	if a.TypeDigest != b.TypeDigest {
		d.types(path, a, b)
	} else {
		d.values(path, a, b)
	}
	// What was given up is explained where it is open, except at the root.
	if d.count() == explained && (d.cuts == cuts || len(d.open) == 1) {
		d.add(Difference{
			Path: path, Kind: Value, Before: a.Preview, After: b.Preview,
			Detail: "where they differ lies beyond what the snapshots hold",
		})
	}
}

// values compares values of one type.
func (d *differ) values(path string, a, b *Node) {
	switch a.Form {
	case Scalar:
		d.scalars(path, a, b)
	case Instant:
		d.instants(path, a, b)
	case Text:
		d.texts(path, a, b)
	case Numbers:
		d.rows(path, a, b)
	case Sequence:
		d.sequences(path, a, b)
	case Struct:
		d.fields(path, a, b)
	case Map:
		d.entries(path, a, b)
	case Pointer, Interface:
		if a.Nil != b.Nil {
			d.add(Difference{Path: path, Kind: Value, Before: a.Preview, After: b.Preview})
		} else {
			d.children(path, a, b)
		}
	default:
		d.add(Difference{Path: path, Kind: Value, Before: a.Preview, After: b.Preview})
	}
}

// children compares, place by place, the children that both nodes have.
func (d *differ) children(path string, a, b *Node) {
	for i := range min(len(a.Children), len(b.Children)) {
		d.nodes(path+a.Children[i].Step, a.Children[i], b.Children[i])
	}
}

// nilness reports, and adds, a nil slice or map against an empty one.
func (d *differ) nilness(path string, a, b *Node) bool {
	if a.Nil == b.Nil || a.Len > 0 || b.Len > 0 {
		return false
	}
	name := func(n *Node) string {
		if n.Nil {
			return "nil"
		}
		return "empty"
	}
	d.add(Difference{Path: path, Kind: NilVsEmpty, Before: name(a), After: name(b)})
	return true
}

// counted returns "1 element" or "2 elements".
func counted(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}
