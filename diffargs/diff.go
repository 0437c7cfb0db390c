package diffargs

import (
	"fmt"
	"reflect"
)

// maxDifferences bounds what Diff returns. Nobody reads more.
const maxDifferences = 50

// Diff says where two values differ. The result is empty exactly if their
// digests are equal. It goes down only where digests differ, and sums up rows
// of numbers, and elements that differ alike, in one Difference each. After 50
// differences the last one says how many more there are, at the path "…".
//
// The work is bounded whatever the snapshots hold: 100,000 comparisons of
// values, and of numbers and texts 128 MiB, each some n·log n steps.
func Diff(before, after *Snapshot) []Difference {
	d := differ{index: index{}, open: map[[2]Digest]bool{}, budget: maxCompared}
	if before.Root != nil && after.Root != nil {
		d.index.add(before.Root)
		d.index.add(after.Root)
		d.nodes("", before.Root, after.Root)
	} else if before.Root != after.Root {
		d.add(Difference{Kind: Value, Detail: "one snapshot is empty"})
	}
	return d.differences()
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
	found   []finding
	omitted int
	index   index // of both snapshots: equal digests are equal values
	open    map[[2]Digest]bool
	cuts    int // comparisons that were given up, because they are open or too many
	steps   int
	budget  int // bytes of numbers and texts that may still be compared
}

// A finding is a difference and, if it is one between two numbers or texts of
// their own, their nodes: many of them are summed up as a row is.
type finding struct {
	Difference
	a, b *Node
}

const (
	// maxSteps bounds the comparisons of one diff: equal parts are kept once, but
	// a value can reach them by more paths than anybody can walk.
	maxSteps = 100_000
	// maxCompared bounds the bytes of numbers and texts that are compared, for
	// the same reason.
	maxCompared = 128 << 20
	// maxFindings bounds what is found before it is summed up.
	maxFindings = 1 << 15
)

func (d *differ) add(difference Difference) { d.addOf(difference, nil, nil) }

func (d *differ) addOf(difference Difference, a, b *Node) {
	if len(d.found) < maxFindings {
		d.found = append(d.found, finding{difference, a, b})
	} else {
		d.omitted++
	}
}

// count is how many differences were found; it tells whether looking further
// down has explained anything.
func (d *differ) count() int { return len(d.found) + d.omitted }

// differences returns what was found, and how many are left out.
func (d *differ) differences() []Difference {
	var list []Difference
	for _, f := range d.found[:min(len(d.found), maxDifferences)] {
		list = append(list, f.Difference)
	}
	if more := d.count() - len(list); more > 0 {
		list = append(list, Difference{Path: "…", Kind: Value, Detail: counted(more, "more difference", "more differences")})
	}
	return list
}

// affords reports whether so many bytes may still be compared, and counts them.
func (d *differ) affords(bytes int) bool {
	if bytes > d.budget {
		d.cuts++
		return false
	}
	d.budget -= bytes
	return true
}

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
	if a.Form != b.Form {
		// No type has values of two forms, but a damaged snapshot can.
		return
	}
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
		d.references(path, a, b)
	default:
		d.add(Difference{Path: path, Kind: Value, Before: a.Preview, After: b.Preview})
	}
}

// references compares what pointers and interfaces hold.
func (d *differ) references(path string, a, b *Node) {
	if a.Nil == b.Nil {
		d.children(path, a, b)
		return
	}
	difference := Difference{Path: path, Kind: Value, Before: a.Preview, After: b.Preview}
	for _, n := range []*Node{a, b} {
		looks := 1000
		if n.Form == Pointer && len(n.Children) == 1 && d.index.isZero(n.Children[0], &looks) {
			difference.Detail = "nil against a pointer to the zero value"
		}
	}
	d.add(difference)
}

// isZero reports whether a value is the zero value of its type, if so many
// looks at its parts tell.
func (x index) isZero(n *Node, looks *int) bool {
	if *looks--; *looks < 0 {
		return false
	}
	switch n = x.whole(n); n.Form {
	case Scalar:
		return isAllZero(n.Data)
	case Text:
		return n.Len == 0
	case Numbers, Sequence, Map, Pointer, Interface:
		return n.Nil
	case Struct:
		for _, child := range n.Children {
			if !x.isZero(child, looks) {
				return false
			}
		}
		return n.isComplete()
	default:
		return false
	}
}

func isAllZero(data []byte) bool {
	for _, b := range data {
		if b != 0 {
			return false
		}
	}
	return true
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
