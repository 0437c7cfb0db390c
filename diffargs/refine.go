package diffargs

import (
	"bytes"
	"cmp"
	"slices"
)

// refine sorts nodes into classes of nodes with equal unfoldings: it begins
// with classes of equal labels and splits a class when its nodes have unlike
// edges into another one (Hopcroft's way: of the parts of a class all but the
// largest are enough to split others by, which bounds the work by the edges
// times the logarithm of the nodes). It returns the class of each node and how
// many there are.
//
// Every decision depends on labels, ranks, sizes and class numbers only, never
// on the order of the nodes, so that isomorphic graphs get the same numbers.
func (l *linkedNodes) refine() (class []int32, count int) {
	p := newPartition(l)
	for len(p.queue) > 0 {
		splitter := p.queue[0]
		p.queue = p.queue[1:]
		p.queued[splitter] = false
		p.splitBy(splitter)
	}
	return p.class, len(p.begin)
}

// A partition keeps the nodes of a class in one stretch of members.
type partition struct {
	into       [][]edge // edges reversed: of a target, the ranks and sources
	members    []int32
	place      []int32 // of a node in members
	class      []int32 // of a node
	begin, end []int32 // of a class in members
	queue      []int32 // classes to split others by
	queued     []bool
}

func newPartition(l *linkedNodes) *partition {
	n := len(l.labels)
	p := &partition{
		into:    make([][]edge, n),
		members: make([]int32, n),
		place:   make([]int32, n),
		class:   make([]int32, n),
	}
	for source, edges := range l.edges {
		for _, e := range edges {
			p.into[e.to] = append(p.into[e.to], edge{e.rank, int32(source)})
		}
	}
	for i := range p.members {
		p.members[i] = int32(i)
	}
	slices.SortFunc(p.members, func(a, b int32) int {
		return bytes.Compare(l.labels[a][:], l.labels[b][:])
	})
	for i, node := range p.members {
		p.place[node] = int32(i)
		if i == 0 || l.labels[node] != l.labels[p.members[i-1]] {
			p.open(int32(i), int32(i))
			p.enqueue(int32(len(p.begin) - 1))
		}
		p.class[node] = int32(len(p.begin) - 1)
		p.end[len(p.end)-1]++
	}
	return p
}

// open adds a class.
func (p *partition) open(begin, end int32) {
	p.begin, p.end = append(p.begin, begin), append(p.end, end)
	p.queued = append(p.queued, false)
}

func (p *partition) enqueue(class int32) {
	p.queue = append(p.queue, class)
	p.queued[class] = true
}

// A touch is a node with edges into the splitter.
type touch struct {
	node  int32
	ranks []uint32 // of those edges, sorted
}

// splitBy splits all classes by their edges into one.
func (p *partition) splitBy(splitter int32) {
	var sources []edge
	for _, target := range p.members[p.begin[splitter]:p.end[splitter]] {
		sources = append(sources, p.into[target]...)
	}
	slices.SortFunc(sources, func(a, b edge) int {
		return cmp.Or(cmp.Compare(a.to, b.to), cmp.Compare(a.rank, b.rank))
	})
	ranks := make([]uint32, len(sources))
	var touches []touch
	for i, source := range sources {
		ranks[i] = source.rank
		if i == 0 || source.to != sources[i-1].to {
			touches = append(touches, touch{node: source.to, ranks: ranks[i:i]})
		}
		last := &touches[len(touches)-1]
		last.ranks = last.ranks[:len(last.ranks)+1]
	}
	slices.SortFunc(touches, func(a, b touch) int {
		return cmp.Or(cmp.Compare(p.class[a.node], p.class[b.node]), slices.Compare(a.ranks, b.ranks))
	})
	for len(touches) > 0 {
		class := p.class[touches[0].node]
		n := 1
		for n < len(touches) && p.class[touches[n].node] == class {
			n++
		}
		p.split(class, touches[:n])
		touches = touches[n:]
	}
}

// split divides one class by the edges of its nodes: the part without any
// first, then the others by their ranks. The first part keeps the number.
func (p *partition) split(class int32, touches []touch) {
	begin, end := p.begin[class], p.end[class]
	at := end - int32(len(touches))
	for i, t := range touches {
		p.swap(t.node, at+int32(i))
	}
	var parts []int32
	if at > begin {
		parts = append(parts, class)
		p.end[class] = at
	}
	for i, t := range touches {
		here := at + int32(i)
		if i == 0 && at == begin {
			parts = append(parts, class)
			p.end[class] = begin
		} else if i == 0 || slices.Compare(t.ranks, touches[i-1].ranks) != 0 {
			parts = append(parts, int32(len(p.begin)))
			p.open(here, here)
		}
		part := parts[len(parts)-1]
		p.class[t.node] = part
		p.end[part]++
	}
	if len(parts) == 1 {
		return
	}
	spared := class
	if !p.queued[class] {
		for _, part := range parts {
			if p.end[part]-p.begin[part] > p.end[spared]-p.begin[spared] {
				spared = part
			}
		}
	}
	for _, part := range parts {
		if part != spared {
			p.enqueue(part)
		}
	}
}

// swap moves a node to a place within its class.
func (p *partition) swap(node, to int32) {
	from, other := p.place[node], p.members[to]
	p.members[from], p.members[to] = other, node
	p.place[other], p.place[node] = from, to
}
