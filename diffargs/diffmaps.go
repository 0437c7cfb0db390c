package diffargs

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
)

// entries compares maps by the digests of their keys.
func (d *differ) entries(path string, a, b *Node) {
	if d.nilness(path, a, b) {
		return
	}
	pairs, removed, added := pairEntries(a, b)
	if d.isSet(a) && d.isSet(b) && len(pairs) == 0 && len(removed)+len(added) > 1 {
		d.sets(path, a, b, removed, added)
		return
	}
	d.alike(path, pairs, max(a.Len, b.Len), valueUnit, a.isComplete() && b.isComplete())
	removed, added = d.renamedKeys(path, removed, added)
	for _, side := range []struct {
		kind        Kind
		own, others []*Node
	}{{Removed, removed, added}, {Added, added, removed}} {
		if len(side.own) > maxKeys {
			d.add(Difference{
				Path: path, Kind: side.kind, Before: counted(a.Len, "key", "keys"), After: counted(b.Len, "key", "keys"),
				Detail: fmt.Sprintf("%d keys %s: %s", len(side.own), side.kind, keyNames(side.own)),
			})
			continue
		}
		d.keys(path, side.kind, side.own, side.others)
	}
}

// pairEntries pairs entries of equal keys and unequal values, and returns those
// of which the key is on one side only.
func pairEntries(a, b *Node) (pairs [][2]*Node, removed, added []*Node) {
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
			pairs = append(pairs, [2]*Node{x, same[0]})
			after[x.Key] = same[1:]
		} else if b.isComplete() {
			removed = append(removed, x)
		}
	}
	if !a.isComplete() {
		return pairs, removed, nil
	}
	for _, y := range b.Children {
		if left := after[y.Key]; len(left) > 0 && left[0] == y {
			added = append(added, y)
			after[y.Key] = left[1:]
		}
	}
	return pairs, removed, added
}

// isSet reports whether a map stands for the set of its keys: its values are
// empty structs, or all are true.
func (d *differ) isSet(n *Node) bool {
	for _, child := range n.Children {
		isEmpty := child.Form == Struct && child.Len == 0
		isTrue := child.Type == "bool" && len(child.Data) == 1 && child.Data[0] == 1
		if !isEmpty && !isTrue {
			return false
		}
	}
	return n.isComplete()
}

// sets sums up what was added to a set, and what was removed.
func (d *differ) sets(path string, a, b *Node, removed, added []*Node) {
	difference := Difference{
		Path: path, Kind: Value,
		Before: elementUnit.counted(a.Len), After: elementUnit.counted(b.Len),
	}
	switch {
	case len(removed) == 0:
		difference.Kind = Added
		difference.Detail = elementUnit.counted(len(added)) + " added"
	case len(added) == 0:
		difference.Kind = Removed
		difference.Detail = elementUnit.counted(len(removed)) + " removed"
	default:
		difference.Detail = fmt.Sprintf("%s added, %d removed", elementUnit.counted(len(added)), len(removed))
	}
	if len(added) > 0 {
		difference.Detail += "\nadded: " + keyNames(added)
	}
	if len(removed) > 0 {
		difference.Detail += "\nremoved: " + keyNames(removed)
	}
	d.add(difference)
}

// renamedKeys adds the entries whose value is now under another key, if no
// other key can be meant, and returns the others.
func (d *differ) renamedKeys(path string, removed, added []*Node) (stillRemoved, stillAdded []*Node) {
	byDigest := func(nodes []*Node) map[Digest][]*Node {
		groups := map[Digest][]*Node{}
		for _, n := range nodes {
			groups[n.Digest] = append(groups[n.Digest], n)
		}
		return groups
	}
	before, after := byDigest(removed), byDigest(added)
	renamed := func(n *Node) bool { return len(before[n.Digest]) == 1 && len(after[n.Digest]) == 1 }
	for _, x := range removed {
		if !renamed(x) {
			stillRemoved = append(stillRemoved, x)
			continue
		}
		y := after[x.Digest][0]
		detail := "the value is equal: " + y.Preview
		if alike := keysAlike(x, y); alike != "" {
			detail = alike + "; " + detail
		}
		d.add(Difference{Path: path + y.Step, Kind: Renamed, Before: keyName(x), After: keyName(y), Detail: detail})
	}
	for _, y := range added {
		if !renamed(y) {
			stillAdded = append(stillAdded, y)
		}
	}
	return stillRemoved, stillAdded
}

// maxKeys is how many keys of a map are listed one by one.
const maxKeys = 8

// keys adds the entries that are on one side only.
func (d *differ) keys(path string, kind Kind, nodes, others []*Node) {
	for _, n := range nodes {
		difference := Difference{Path: path + n.Step, Kind: kind}
		if kind == Added {
			difference.After = n.Preview
		} else {
			difference.Before = n.Preview
		}
		for _, other := range others[:min(len(others), maxKeys)] {
			if alike := keysAlike(n, other); alike != "" {
				difference.Detail = fmt.Sprintf("there is %s on the other side: %s", keyName(other), alike)
			}
		}
		d.add(difference)
	}
}

func keyName(n *Node) string { return strings.TrimSuffix(strings.TrimPrefix(n.Step, "["), "]") }

// keyNames lists keys, as many as are good to read.
func keyNames(nodes []*Node) string {
	names := make([]string, 0, maxKeys)
	for _, n := range nodes[:min(len(nodes), maxKeys)] {
		names = append(names, keyName(n))
	}
	text := strings.Join(names, ", ")
	if len(nodes) > maxKeys {
		text += ", …"
	}
	return text
}

// keysAlike says in what two keys that are texts differ, if it is not much.
func keysAlike(a, b *Node) string {
	x, errX := strconv.Unquote(keyName(a))
	y, errY := strconv.Unquote(keyName(b))
	switch {
	case errX != nil || errY != nil:
		return "" // no texts, or too long ones
	case equalFold(x, y):
		return "the keys differ only in upper and lower case"
	case equalButSpace(x, y):
		return "the keys differ only in white space"
	default:
		return ""
	}
}

// withoutSpace returns a text without white space and marks that nobody sees.
func withoutSpace(text string) string {
	return strings.Map(func(r rune) rune {
		if isInvisible(r) {
			return -1
		}
		return r
	}, text)
}

// isInvisible reports whether a character is white space, or is not seen at
// all.
func isInvisible(r rune) bool { return unicode.IsSpace(r) || unicode.Is(unicode.Cf, r) }
