package diffargs

import (
	"cmp"
	"slices"
)

// canonical returns the digest of the root, an infinite node: the hash of the
// smallest graph that unfolds to the same, its nodes numbered by what they are.
func (g *graph) canonical() Digest {
	compact := make([]int32, len(g.nodes))
	links := linkedNodes{}
	for n := range g.nodes {
		if g.nodes[n].infinite {
			compact[n] = int32(len(links.labels))
			links.labels = append(links.labels, g.nodes[n].digest)
			links.edges = append(links.edges, g.nodes[n].edges)
		}
	}
	for _, edges := range links.edges {
		for i := range edges {
			edges[i].to = compact[edges[i].to]
		}
	}
	// The first refinement finds which nodes are equal. The order of the
	// classes depends on how often the value repeats each of them. The second
	// one, of the classes, depends on nothing but the unfolding; it leaves every
	// class alone in its own, and so orders them.
	class, count := links.refine()
	smallest, root := links.merge(class, count), class[0]
	number, _ := smallest.refine()
	return smallest.digest(number, number[root])
}

// linkedNodes are infinite nodes and the edges between them.
type linkedNodes struct {
	labels []Digest
	edges  [][]edge
}

// merge returns the graph of the classes.
func (l *linkedNodes) merge(class []int32, count int) *linkedNodes {
	merged := &linkedNodes{labels: make([]Digest, count), edges: make([][]edge, count)}
	for n, c := range class {
		if merged.edges[c] != nil {
			continue
		}
		merged.labels[c] = l.labels[n]
		edges := slices.Clone(l.edges[n])
		for i := range edges {
			edges[i].to = class[edges[i].to]
		}
		merged.edges[c] = edges
	}
	return merged
}

// digest hashes the graph with its nodes in the order of their numbers.
func (l *linkedNodes) digest(number []int32, root int32) Digest {
	byNumber := make([]int, len(number))
	for n, i := range number {
		byNumber[i] = n
	}
	message := []byte{tagCycle}
	message = appendCount(message, uint64(len(number)))
	message = appendCount(message, uint64(root))
	for _, n := range byNumber {
		message = append(message, l.labels[n][:]...)
		edges := slices.Clone(l.edges[n])
		for i := range edges {
			edges[i].to = number[edges[i].to]
		}
		slices.SortFunc(edges, compareEdges)
		message = appendCount(message, uint64(len(edges)))
		for _, edge := range edges {
			message = appendCount(message, uint64(edge.rank))
			message = appendCount(message, uint64(edge.to))
		}
	}
	return hash(message)
}

func compareEdges(a, b edge) int {
	return cmp.Or(cmp.Compare(a.rank, b.rank), cmp.Compare(a.to, b.to))
}
