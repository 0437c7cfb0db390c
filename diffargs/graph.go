package diffargs

import (
	"errors"
	"reflect"
	"unsafe"
)

// A graph is how cyclic and deep values are encoded: its nodes are the objects
// that the value reaches, each scanned by itself, so that depth takes no stack.
// A node that reaches no cycle has the digest that the encoder would have given
// it. The others have infinite unfoldings; two of them are equal if their
// unfoldings are, however the pointers are laid out.
type graph struct {
	nodes []node
	index objectMap[int32]
	links []edge // of the nodes whose components are not complete

	// Of the scan at hand:
	phase  phase
	node   int32
	edges  []edge
	rank   uint32 // of the next edge
	keyed  bool   // an entry of the map at hand has become a node
	wanted int32  // in phase locating: the node that is looked for
}

// phase says what a scan of a node is for.
type phase uint8

const (
	exploring phase = iota // finding the nodes that it refers to
	resolving              // its digest, all that it refers to being resolved
	linking                // its edges to infinite nodes
	locating               // where it refers to a certain node
)

type node struct {
	plan     *plan
	at       unsafe.Pointer // of the value
	parent   int32          // the node that it was found from
	infinite bool
	digest   Digest // of an infinite node: of what it holds besides its edges
	edges    []edge // of an infinite node, to others

	// Of the search for components:
	order, low  int32 // order is 0 until the node is entered
	first, last int32 // its edges among the links
	open        bool
}

// An edge leads to another node. Edges of one node have ranks in the order of
// the encoding, except that the entries of a map, which have no order, share a
// rank.
type edge struct {
	rank uint32
	to   int32
}

// graphDigest returns the digest of the value at p by way of the graph.
func (e *encoder) graphDigest(pl *plan, p unsafe.Pointer) (Digest, error) {
	e.buf, e.leaves, e.depth = e.buf[:0], e.leaves[:0], 0
	e.memo.empty(maxKeptMemory)
	g := &graph{}
	g.nodes = append(g.nodes, node{plan: pl, at: p, parent: -1})
	e.graph = g
	defer func() {
		e.graphed += len(g.nodes)
		e.graph = nil
	}()

	if err := g.explore(e); err != nil {
		return Digest{}, err
	}
	if root := &g.nodes[0]; !root.infinite {
		return root.digest, nil
	}
	if err := g.link(e); err != nil {
		return Digest{}, err
	}
	return g.canonical(), nil
}

// scan encodes a node and returns the hash of that.
func (g *graph) scan(e *encoder, n int32, phase phase) (Digest, error) {
	g.begin(e, n, phase)
	return e.digest(g.nodes[n].plan, g.nodes[n].at)
}

func (g *graph) begin(e *encoder, n int32, phase phase) {
	g.phase, g.node, g.edges, g.rank = phase, n, nil, 0
	e.buf, e.leaves, e.spans = e.buf[:0], e.leaves[:0], e.spans[:0]
}

// outline finds the nodes that a node refers to. It writes no more of the
// encoding than that takes.
func (g *graph) outline(e *encoder, n int32) error {
	g.begin(e, n, exploring)
	g.edges = g.links[len(g.links):]
	if err := g.nodes[n].plan.body(e, g.nodes[n].at); err != nil {
		return err
	}
	at := &g.nodes[n]
	at.first = int32(len(g.links))
	g.links = append(g.links, g.edges...)
	at.last = int32(len(g.links))
	return nil
}

// skips reports whether a part can be left out of the scan at hand, because the
// scan is only for the nodes that parts refer to. When one is being located,
// errors of other parts would be mistaken for it.
func (g *graph) skips(pl *plan) bool {
	return g != nil && (g.phase == exploring || g.phase == locating) && !pl.recursive
}

// refer writes an object that can be infinite: its digest, or zeros and an
// edge to its node.
func (g *graph) refer(e *encoder, o object, p unsafe.Pointer) {
	place, known := g.index.at(o)
	to := g.index.entries[place].value
	if !known {
		to = int32(len(g.nodes))
		g.index.entries[place].value = to
		g.nodes = append(g.nodes, node{plan: o.plan, at: stable(o, p), parent: g.node})
	}
	target := &g.nodes[to]
	if g.phase == resolving || g.phase == linking && !target.infinite {
		e.buf = append(e.buf, target.digest[:]...)
		return
	}
	e.buf = append(e.buf, make([]byte, len(Digest{}))...)
	g.edges = append(g.edges, edge{g.rank, to})
	g.rank++
}

// stable returns a place where the value at p stays: while a map is walked,
// its keys and values are at hand one at a time.
func stable(o object, p unsafe.Pointer) unsafe.Pointer {
	if p == o.address {
		return p
	}
	c := reflect.New(o.plan.typ)
	c.Elem().Set(reflect.NewAt(o.plan.typ, p).Elem())
	return c.UnsafePointer()
}

// link finds the edges between infinite nodes. It makes nodes of entries of
// maps that reach infinite ones, because those entries cannot be sorted yet.
func (g *graph) link(e *encoder) error {
	for n := range int32(len(g.nodes)) {
		if !g.nodes[n].infinite {
			continue
		}
		label, err := g.scan(e, n, linking)
		if err != nil {
			return g.locate(e, n, err)
		}
		g.nodes[n].digest, g.nodes[n].edges = label, g.edges
	}
	return nil
}

// An outerEdges is what was found of a map's node before an entry.
type outerEdges struct {
	edges []edge
	rank  uint32
}

// splitsEntries reports whether entries of a map become nodes. Only maps of a
// recursive type have such entries, and those are never inside one another.
func (g *graph) splitsEntries(pl *plan) bool {
	return g != nil && g.phase == linking && pl.recursive
}

func (g *graph) beginEntry() outerEdges {
	outer := outerEdges{g.edges, g.rank}
	g.edges, g.rank = nil, 0
	return outer
}

// endEntry makes a node of the entry of a map that begins at start in the
// buffer, if it reaches infinite nodes. A mark takes its place in the buffer.
func (g *graph) endEntry(e *encoder, pl *plan, start int, outer outerEdges) {
	edges := g.edges
	g.edges, g.rank = outer.edges, outer.rank
	if len(edges) == 0 {
		return
	}
	message := append([]byte{tagEntry}, pl.digest[:]...)
	message = append(message, e.buf[start:]...)
	g.edges = append(g.edges, edge{g.rank, int32(len(g.nodes))})
	g.nodes = append(g.nodes, node{infinite: true, digest: hash(message), edges: edges})
	g.keyed = true
	e.buf = append(e.buf[:start], 2)
}

func (g *graph) endMap() {
	if g.keyed {
		g.rank++
	}
	g.keyed = false
}

// isWanted reports whether o is the object that locate looks for. The encoder
// then returns an error, which gathers the path on its way up.
func (g *graph) isWanted(o object) bool {
	if g.phase != locating {
		return false
	}
	n := g.index.find(o)
	return n != nil && *n == g.wanted
}

// locate completes the path of an error about a part of node n.
func (g *graph) locate(e *encoder, n int32, err error) error {
	for n > 0 {
		g.wanted = n
		n = g.nodes[n].parent
		_, found := g.scan(e, n, locating)
		step, ok := errors.AsType[*UnkeyableError](found)
		if !ok {
			break
		}
		err = below(step.Path, err)
	}
	return err
}
