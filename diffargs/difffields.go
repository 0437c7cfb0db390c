package diffargs

import (
	"slices"
	"strings"
)

// fields compares structs by the names of their fields, since their types may
// not be the same.
func (d *differ) fields(path string, a, b *Node) {
	if slices.EqualFunc(a.Children, b.Children, func(x, y *Node) bool { return x.Step == y.Step }) {
		d.children(path, a, b)
		return
	}
	inAfter, inBefore := childrenByStep(a, b)
	var removed, added []*Node
	for _, x := range a.Children {
		if y := inAfter[x.Step]; y != nil {
			d.nodes(path+x.Step, x, y)
		} else if b.isComplete() {
			removed = append(removed, x)
		}
	}
	for _, y := range b.Children {
		if inBefore[y.Step] != nil || !a.isComplete() {
			continue
		}
		if i := indexOfDigest(removed, y.Digest); i >= 0 {
			d.add(Difference{
				Path: path + y.Step, Kind: Renamed, Before: fieldName(removed[i]), After: fieldName(y),
				Detail: "the value is equal: " + y.Preview,
			})
			removed = append(removed[:i], removed[i+1:]...)
			continue
		}
		added = append(added, y)
	}
	for _, y := range added {
		d.add(Difference{
			Path: path + y.Step, Kind: Added, After: y.Preview,
			Detail: "the struct has a new field" + probably(y, removed, added),
		})
	}
	for _, x := range removed {
		d.add(Difference{
			Path: path + x.Step, Kind: Removed, Before: x.Preview,
			Detail: "the struct lost a field" + probably(x, added, removed),
		})
	}
}

func fieldName(n *Node) string { return strings.TrimPrefix(n.Step, ".") }

// probably names the one field on the other side that has the type of a field
// which is the only one of that type on its own side.
func probably(field *Node, others, own []*Node) string {
	ofType := func(fields []*Node) (one *Node, n int) {
		for _, f := range fields {
			if f.TypeDigest == field.TypeDigest {
				one = f
				n++
			}
		}
		return one, n
	}
	other, n := ofType(others)
	if _, alone := ofType(own); n != 1 || alone != 1 {
		return ""
	}
	return "; probably it is " + fieldName(other) + " under another name"
}

func childrenByStep(a, b *Node) (inAfter, inBefore map[string]*Node) {
	of := func(n *Node) map[string]*Node {
		children := make(map[string]*Node, len(n.Children))
		for _, child := range n.Children {
			children[child.Step] = child
		}
		return children
	}
	return of(b), of(a)
}

func indexOfDigest(nodes []*Node, digest Digest) int {
	for i, n := range nodes {
		if n.Digest == digest {
			return i
		}
	}
	return -1
}
