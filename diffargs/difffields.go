package diffargs

// fields compares structs by the names of their fields, since their types may
// not be the same.
func (d *differ) fields(path string, a, b *Node) {
	inAfter := childrenByStep(b)
	inBefore := childrenByStep(a)
	var removed []*Node
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
				Path: path + y.Step, Kind: Renamed, Before: removed[i].Step[1:], After: y.Step[1:],
				Detail: "the value is equal: " + y.Preview,
			})
			removed = append(removed[:i], removed[i+1:]...)
			continue
		}
		d.add(Difference{Path: path + y.Step, Kind: Added, After: y.Preview, Detail: "the struct has a new field"})
	}
	for _, x := range removed {
		d.add(Difference{Path: path + x.Step, Kind: Removed, Before: x.Preview, Detail: "the struct lost a field"})
	}
}

func childrenByStep(n *Node) map[string]*Node {
	children := make(map[string]*Node, len(n.Children))
	for _, child := range n.Children {
		children[child.Step] = child
	}
	return children
}

func indexOfDigest(nodes []*Node, digest Digest) int {
	for i, n := range nodes {
		if n.Digest == digest {
			return i
		}
	}
	return -1
}

// entries compares maps by the digests of their keys.
func (d *differ) entries(path string, a, b *Node) {
	if d.nilness(path, a, b) {
		return
	}
	// NaN can be the key of several entries. Equal ones cancel out first.
	after := map[Digest][]*Node{}
	for _, y := range b.Children {
		after[y.Key] = append(after[y.Key], y)
	}
	var unequal []*Node
	for _, x := range a.Children {
		if i := indexOfDigest(after[x.Key], x.Digest); i >= 0 {
			after[x.Key] = append(after[x.Key][:i:i], after[x.Key][i+1:]...)
		} else {
			unequal = append(unequal, x)
		}
	}
	for _, x := range unequal {
		if same := after[x.Key]; len(same) > 0 {
			d.nodes(path+x.Step, x, same[0])
			after[x.Key] = same[1:]
		} else if b.isComplete() {
			d.add(Difference{Path: path + x.Step, Kind: Removed, Before: x.Preview})
		}
	}
	if !a.isComplete() {
		return
	}
	for _, y := range b.Children {
		if left := after[y.Key]; len(left) > 0 && left[0] == y {
			d.add(Difference{Path: path + y.Step, Kind: Added, After: y.Preview})
			after[y.Key] = left[1:]
		}
	}
}
